"""The attachments of appeals, as far as events that the reader sees name them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from app.attachments.errors import AttachmentNotFound
from app.attachments.models import GivenBy, State
from app.attachments.schemas import AttachmentOut
from app.core.cipher import cipher
from app.core.i18n import Language, t
from app.core.nested import Row
from app.settings import Settings

# `appeals`: an array of ids.
LIST = """
SELECT a.id, a.appeal_id, a.hash, a.name, a.address, a.given_by, a.created_at, o.size, o.type, o.state,
       o.detail, f.state AS fetch_state, f.detail AS fetch_detail
FROM attachment a
LEFT JOIN stored_object o ON o.address = a.address
LEFT JOIN attachment_fetch f ON f.attachment_id = a.id
WHERE a.appeal_id = ANY ({appeals})
ORDER BY a.appeal_id, a.created_at, a.id
"""

_OF_APPEALS = LIST.format(appeals="$1::bigint[]")


@dataclass(frozen=True, slots=True)
class Attached:
    """`problem`: a code, where it is failed or infected. `since`: when it came, to be fetched or scanned."""

    id: UUID
    appeal_id: int
    hash: bytes
    name: str | None
    address: bytes | None
    size: int | None
    type: str | None
    state: State
    problem: str | None
    given_by: GivenBy
    since: datetime

    def out(self, url: str, language: Language, *, served: bool) -> AttachmentOut:
        """`url`: where it can be had, if it is `served`."""
        return AttachmentOut(
            **self.told(),
            sentence=t(f"attachment.state.{self.state_in_words(served=served)}", language),
            url=url if served else None,
        )

    def told(self) -> dict[str, Any]:
        """How it stands."""
        return {name: getattr(self, name) for name in ("id", "name", "size", "type", "state", "problem")}

    def state_in_words(self, *, served: bool = False) -> str:
        if self.address is None:
            return "not_fetched" if self.state is State.FAILED else "fetching"
        return "unscanned" if served and self.state is not State.CLEAN else self.state.value


@dataclass(frozen=True, slots=True)
class Files:
    """What a reader may see of one appeal, by hash. `base`: where each can be had, by its id."""

    found: Mapping[bytes, Attached]
    base: str
    settings: Settings

    def of(self, events: Iterable[Row], language: Language) -> list[AttachmentOut]:
        """What these events name, each once: what was added to several parts is named by each of them."""
        named = dict.fromkeys(hash_ for event in events for hash_ in named_by(event))
        return [
            one.out(f"{self.base}/{one.id}", language, served=served(one, self.settings))
            for hash_ in named
            if (one := self.found.get(hash_))
        ]


def served(one: Attached, settings: Settings) -> bool:
    """What was found clean; where there is no scanner and that was decided, also what nobody looked at."""
    if one.address is None:
        return False
    unscanned = settings.unscanned == "served" and not settings.scanner_url
    return one.state is State.CLEAN or (unscanned and one.state is State.WAITING)


def named_by(event: Row) -> list[bytes]:
    """The hashes of the attachments that an event names, in its order."""
    return [bytes.fromhex(hash_) for hash_ in event["data"].get("attachments", ())]


async def of_events(
    connection: asyncpg.Connection, appeal_id: int, events: Collection[Row]
) -> dict[bytes, Attached]:
    """By hash, those that these events of the appeal name and that are not erased. Where none is named
    nothing is asked."""
    if not any(named_by(event) for event in events):
        return {}
    return among(await of_appeals(connection, [appeal_id]), events)


def among(attached: Iterable[Attached], events: Iterable[Row]) -> dict[bytes, Attached]:
    """By hash, those that these events name."""
    wanted = {hash_ for event in events for hash_ in named_by(event)}
    return {one.hash: one for one in attached if one.hash in wanted}


async def of_appeals(connection: asyncpg.Connection, appeal_ids: Collection[int]) -> Sequence[Attached]:
    return [attached_of(row) for row in await connection.fetch(_OF_APPEALS, list(appeal_ids))]


def find(attached: Iterable[Attached], id_: UUID) -> Attached:
    """Raises AttachmentNotFound."""
    found = next((one for one in attached if one.id == id_), None)
    if found is None:
        raise AttachmentNotFound
    return found


def attached_of(row: Row) -> Attached:
    """From a row of LIST."""
    state, problem = _state(row)
    return Attached(
        id=row["id"],
        appeal_id=row["appeal_id"],
        hash=row["hash"],
        name=cipher().decrypt_optional(row["name"], "attachment.name"),
        address=row["address"],
        size=row["size"],
        type=row["type"],
        state=state,
        problem=problem,
        given_by=GivenBy(row["given_by"]),
        since=row["created_at"],
    )


def _state(row: Row) -> tuple[State, str | None]:
    if row["address"] is not None:
        state = State(row["state"])
        return state, (row["detail"] or None) if state in (State.FAILED, State.INFECTED) else None
    if row["fetch_state"] == "given_up":
        return State.FAILED, f"fetch_{row['fetch_detail']}"
    return State.WAITING, None
