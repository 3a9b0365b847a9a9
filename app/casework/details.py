"""The applicant, drafts and events as they are shown: opened, and masked where they are."""

from typing import Any

import asyncpg

from app.appeals import drafts
from app.appeals.codes import ApplicantType
from app.casework.schemas import ActorOut, ApplicantOut, ColleagueDraftOut, DraftOut, EventOut
from app.core.cipher import cipher
from app.core.nested import Row

MASKED = ("iin", "bin", "phone")


def applicant(type_: str, head: Row, clear: str | None = None) -> ApplicantOut:
    lock = cipher()
    values = {
        name: lock.decrypt_optional(head[name], f"applicant.{name}")
        for name in ("name", "iin", "bin", "address", "phone", "email")
    }
    masked = {name: mask(values[name]) for name in MASKED if name != clear}
    return ApplicantOut(**(values | masked), type=ApplicantType(type_))


def mask(number: str | None) -> str | None:
    """All but the last four digits hidden; of a very short number, all."""
    if number is None:
        return None
    digits = "".join(character for character in number if character.isdigit())
    shown = digits[-4:] if len(digits) > 6 else ""
    return "•" * (len(digits) - len(shown)) + shown


def own_draft(row: Row) -> DraftOut:
    return DraftOut(**_draft_values(row))


def colleagues_draft(row: Row) -> ColleagueDraftOut:
    return ColleagueDraftOut(**_draft_values(row), author=row["author"] or "—")


def _draft_values(row: Row) -> dict[str, Any]:
    draft = drafts.opened(row["body"])
    return {
        "version": row["version"],
        "text": draft.text,
        "outcome": draft.outcome,
        "language": draft.language,
        "legal_basis": draft.legal_basis,
        "updated_at": row["updated_at"],
    }


def event_out(event: asyncpg.Record) -> EventOut:
    return EventOut(
        part=event["part"],
        at=event["at"],
        kind=event["kind"],
        actor=ActorOut(kind=event["actor_kind"], id=event["actor_id"], name=event["actor_name"]),
        data=event["data"],
        content_hash=_hex(event["content_hash"]),
        previous=_hex(event["previous"]),
        hash=event["hash"].hex(),
    )


def _hex(value: bytes | None) -> str | None:
    return value.hex() if value else None
