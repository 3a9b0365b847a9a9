"""The proof in a receipt: of the registration and of each answer, from the record to a signed head."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg

from app.appeals import history
from app.appeals.codes import EventKind
from app.core import clock
from app.core.cipher import cipher
from app.core.i18n import Language, t
from app.seals import rows, tree
from app.seals.api import head_out, key_out
from app.seals.heads import Head
from app.seals.schemas import CommittedOut, ProofOut, ProvenOut, StepOut

log = logging.getLogger("listening_state.seals")

WITHIN = timedelta(minutes=2)
"""So soon a seal is there when the worker is at work and no transaction is open for long."""
PROVEN = (EventKind.REGISTERED, EventKind.ANSWERED, EventKind.DECIDED, EventKind.SELF_CORRECTED)

_EVENTS = f"""
SELECT {rows.COLUMNS}, c.salt, c.body,
       (SELECT s.number FROM seal s WHERE (s.upto_xid, s.upto_id) >= (e.xid, e.id)
        ORDER BY s.upto_xid, s.upto_id LIMIT 1) AS seal
FROM event e
LEFT JOIN content c ON c.appeal_id = e.appeal_id AND c.hash = e.content_hash
WHERE e.appeal_id = $1 AND e.kind = ANY ($2::text[]) ORDER BY e.id
"""
_SEALS = """
SELECT number, at, head, hash, signature, key_id, leaves FROM seal WHERE number = ANY ($1::bigint[])
ORDER BY number
"""
_KEYS = """
SELECT id, public, since, introduced_by, signature FROM seal_key
WHERE id = ANY ($1::text[]) OR id IN (SELECT introduced_by FROM seal_key WHERE id = ANY ($1::text[]))
ORDER BY since, id
"""
_APPLICANT = "SELECT name, iin, bin, address, phone, email, salt FROM applicant WHERE appeal_id = $1"


async def proof(connection: asyncpg.Connection, appeal_id: int, lang: Language) -> ProofOut:
    """Of an appeal that is there; for its author alone: it holds what they wrote and were answered."""
    events = await connection.fetch(_EVENTS, appeal_id, list(PROVEN))
    numbers = sorted({event["seal"] for event in events if event["seal"] is not None})
    seals = {row["number"]: row for row in await connection.fetch(_SEALS, numbers)}
    keys = await connection.fetch(_KEYS, [row["key_id"] for row in seals.values()])
    person = await connection.fetchrow(_APPLICANT, appeal_id)
    shown = [_event(event, seals.get(event["seal"])) for event in events]
    return ProofOut(
        **_state(shown, events, lang),
        events=shown,
        applicant=_applicant(events[0], person),
        heads=[head_out(row) for row in seals.values()],
        keys=[key_out(row) for row in keys],
    )


def _state(shown: Sequence[ProvenOut], events: Sequence[asyncpg.Record], lang: Language) -> dict[str, Any]:
    """How far the registration is proven; an answer that is younger has a seal of its own."""
    if shown[0].head is not None:
        return {"state": "sealed", "sealed_by": None, "sentence": t("seals.proof.sealed", lang)}
    if events[0]["seal"] is not None:
        return {"state": "broken", "sealed_by": None, "sentence": t("seals.proof.broken", lang)}
    by = max(clock.now(), events[0]["at"]) + WITHIN
    shown_by = by.astimezone(clock.ZONE).strftime("%H:%M")
    return {"state": "waiting", "sealed_by": by, "sentence": t("seals.proof.waiting", lang, time=shown_by)}


def _event(event: asyncpg.Record, seal: asyncpg.Record | None) -> ProvenOut:
    leaf, text = rows.event_leaf(event), history.event_text(**history.described(event))
    steps = _path(event, text, leaf.hash, seal) if seal else None
    return ProvenOut(
        kind=event["kind"],
        part=event["part"],
        at=event["at"],
        event=text.decode(),
        hash=event["hash"].hex(),
        leaf=leaf.text.decode(),
        path=steps,
        head=seal["number"] if seal and steps is not None else None,
        content=_content(event),
    )


def _path(event: asyncpg.Record, text: bytes, leaf: bytes, seal: asyncpg.Record) -> list[StepOut] | None:
    """None when the row is not under its seal: then the record was changed."""
    leaves = [seal["leaves"][begin : begin + tree.HASH] for begin in range(0, len(seal["leaves"]), tree.HASH)]
    steps = tree.path(leaves, leaves.index(leaf)) if leaf in leaves else []
    under = tree.root_by(leaf, steps) == Head.read(seal["head"]).root
    if not under or hashlib.sha256(text).digest() != event["hash"]:
        log.error("event %d is not as it was sealed: run `listening-state verify`", event["id"])
        return None
    return [StepOut(side=step.side, hash=step.hash.hex()) for step in steps]


def _content(event: asyncpg.Record) -> CommittedOut | None:
    if event["content_hash"] is None:
        return None
    if event["body"] is None:
        return CommittedOut(erased=True, salt=None, body=None)
    body = cipher().decrypt(event["body"], "content.body")
    return CommittedOut(erased=False, salt=event["salt"].hex(), body=body)


def _applicant(event: asyncpg.Record, row: asyncpg.Record | None) -> CommittedOut | None:
    if "applicant" not in event["data"]:
        return None
    if row is None or row["salt"] is None:
        return CommittedOut(erased=True, salt=None, body=None)
    said = {
        name: cipher().decrypt(row[name], f"applicant.{name}")
        for name in ("name", "iin", "bin", "address", "phone", "email")
        if row[name] is not None
    }
    return CommittedOut(erased=False, salt=row["salt"].hex(), body=history.canonical(said).decode())
