"""From a life to the rows that COPY takes; for each appeal that is like it again, under its own number."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.appeals import history
from app.appeals.codes import ContentKind, EventKind, Origin, Status
from app.appeals.effects import FIGURES, Row
from app.appeals.record import NewAppeal
from app.core.db import to_json
from bench.made.lives import Life

COLUMNS = {
    "appeal": (
        *("id", "received_at", "registered_on", "channel", "kind", "topic", "region", "language"),
        *("applicant_type", "source_id", "route", "missing"),
    ),
    "applicant": ("appeal_id",),
    "content": ("appeal_id", "part", "kind", "at", "salt", "body", "hash", "tokens"),
    "holding": (
        *(
            "id",
            "appeal_id",
            "part",
            "agency_id",
            "origin",
            "received_at",
            "registered_on",
            "due_on",
            "regime",
        ),
        *("status", "version", "channel", "kind", "topic", "region", "applicant_type", "running", "extended"),
        *("on_control", "wait_until", "warned", "closed_at", "closed_on", "close", "outcome", "last_hash"),
    ),
    "event": (
        *("appeal_id", "part", "holding_id", "at", "kind", "actor_kind", "data", "content_hash", "previous"),
        "hash",
    ),
    "ledger": ("holding_id", "event_hash", "facts"),
    "counter_delta": (
        *("holding_id", "agency_id", "opened_on", "day", "due_on"),
        *("channel", "applicant_type", "kind", "topic", "region", "working_days"),
        *FIGURES,
    ),
}
"""What is written, in the order of foreign keys."""

_NEVER = {
    "wait_until": None,
    "warned": 0,
    "closed_at": None,
    "closed_on": None,
    "close": None,
    "outcome": None,
}


@dataclass(frozen=True, slots=True)
class Sender:
    """How it came, and whose it is: what is not the same for those that are alike."""

    channel: str
    source_id: int
    applicant_type: str


@dataclass(slots=True)
class Batch:
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    def add(self, table: str, row: Row) -> None:
        self.rows[table].append(tuple(row[name] for name in COLUMNS[table]))


class Pattern:
    """The rows of a life, but for what an appeal has of its own: numbers, hashes and the sender."""

    def __init__(self, life: Life) -> None:
        new = self.new = life.new
        self.head = {name: getattr(new, name) for name in COLUMNS["appeal"] if hasattr(new, name)}
        self.head["missing"] = new.missing.strip("{}").split(",") if new.missing != "{}" else []
        self.contents: list[Row] = [_said(new)]
        self.holdings: list[Row] = [_registered(new)]
        self.events: list[Row] = [_first_event(new)]
        self.ledger: list[Row] = [
            {"holding_id": 1, "event_hash": new.event_hash, "facts": orjson.loads(new.facts)}
        ]
        self.deltas: list[Row] = [_received(new)]
        for effects in life.done:
            self._take(effects.changed, effects.opened)
            newest = len(self.holdings)
            self.contents += effects.contents
            self.events += [row | {"holding_id": row["holding_id"] or newest} for row in effects.events]
            self.ledger += [row | {"holding_id": row["holding_id"] or newest} for row in effects.ledger]
            self.deltas += [
                _counted(row) | {"holding_id": row["holding_id"] or newest} for row in effects.deltas
            ]
        self.facts = [to_json(row["facts"]) for row in self.ledger]

    def _take(self, changed: Sequence[Row], opened: Sequence[Row]) -> None:
        for row in changed:
            held = self.holdings[row["id"] - 1]
            kept = {name: held[name] for name in ("closed_at", "closed_on", "close", "outcome")}
            held |= {name: value for name, value in row.items() if name in held and name != "id"}
            held |= {name: value for name, value in kept.items() if value is not None}
        for row in opened:
            begins = {"running": True, "extended": False, "on_control": False, "status": Status.REGISTERED}
            self.holdings.append(row | begins | _NEVER)

    def add_to(self, batch: Batch, appeal_id: int, holding_ids: Sequence[int], sender: Sender) -> None:
        """Another appeal that went so. `holding_ids`: one for each of the holdings."""
        own = {"channel": sender.channel, "applicant_type": sender.applicant_type, "appeal_id": appeal_id}
        batch.add("appeal", self.head | own | {"id": appeal_id, "source_id": sender.source_id})
        batch.add("applicant", own)
        for row in self.contents:
            batch.add("content", row | own)
        hashes = self._chain(batch, appeal_id, holding_ids, sender)
        for held, id_ in zip(self.holdings, holding_ids, strict=True):
            batch.add("holding", held | own | {"id": id_, "last_hash": hashes[held["last_hash"]]})
        for row, facts in zip(self.ledger, self.facts, strict=True):
            whose = {
                "holding_id": holding_ids[row["holding_id"] - 1],
                "event_hash": hashes[row["event_hash"]],
            }
            batch.add("ledger", whose | {"facts": facts})
        for row in self.deltas:
            batch.add("counter_delta", row | own | {"holding_id": holding_ids[row["holding_id"] - 1]})

    def _chain(
        self, batch: Batch, appeal_id: int, holding_ids: Sequence[int], sender: Sender
    ) -> dict[bytes, bytes]:
        """The events with hashes of their own; gives which hash stands for which of the pattern."""
        hashes: dict[bytes, bytes] = {}
        previous = None
        for row in self.events:
            data = row["data"]
            if "channel" in data:
                data = data | {"channel": sender.channel}
            hash_ = history.event_hash(
                appeal_id=appeal_id,
                part=0,
                kind=row["kind"],
                at=row["at"],
                actor=(row["actor_kind"], row["actor_id"]),
                data=data,
                content=row["content_hash"],
                previous=previous,
            )
            told = {"appeal_id": appeal_id, "holding_id": holding_ids[row["holding_id"] - 1]}
            told |= {"data": to_json(data), "previous": previous, "hash": hash_}
            batch.add("event", row | told)
            hashes[row["hash"]] = previous = hash_
        return hashes


# What the statement of a registration writes (app/appeals/record.py), as rows.


def _said(new: NewAppeal) -> Row:
    tokens = [int(one) for one in new.tokens.strip("{}").split(",") if one]
    told = {"kind": ContentKind.APPEAL, "part": 0, "at": new.received_at, "tokens": tokens}
    return told | {"salt": new.salt, "body": new.body, "hash": new.content_hash}


def _registered(new: NewAppeal) -> Row:
    names = ("agency_id", "received_at", "registered_on", "due_on", "regime", "kind", "topic", "region")
    begins = {"part": 0, "origin": Origin.REGISTERED, "status": Status.REGISTERED, "version": 1}
    clock = {"running": True, "extended": False, "on_control": False, "last_hash": new.event_hash}
    return {name: getattr(new, name) for name in names} | begins | clock | _NEVER


def _first_event(new: NewAppeal) -> Row:
    told = {"part": 0, "holding_id": 1, "at": new.received_at, "kind": EventKind.REGISTERED}
    actor = {"actor_kind": new.actor_kind, "actor_id": new.actor_id, "data": orjson.loads(new.data)}
    return told | actor | {"content_hash": new.content_hash, "hash": new.event_hash}


def _received(new: NewAppeal) -> Row:
    names = ("agency_id", "due_on", "kind", "topic", "region")
    days = {"opened_on": new.registered_on, "day": new.registered_on}
    counted = {"holding_id": 1, "working_days": None, "received": 1, "running": 1}
    return {name: getattr(new, name) for name in names} | days | _counted(counted)


def _counted(row: Row) -> Row:
    """With the figures that are nothing."""
    return dict.fromkeys(FIGURES, 0) | row
