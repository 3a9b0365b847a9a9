"""Who was received, and what came of it for each person: recorded once, and corrected by a new record.

An oral appeal goes through the one door `register`, in the same transaction as the record (rules R01, R05).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from app.appeals import history
from app.appeals.access_code import access_code
from app.appeals.codes import ActorKind, ApplicantType
from app.appeals.numbers import format_number
from app.core import clock, sight
from app.core.cipher import cipher
from app.core.errors import AppError, Invalid
from app.core.i18n import Language
from app.core.limited import seeing
from app.directory.registry import Directory
from app.intake.register import KeyReused, register
from app.intake.schemas import AgencyOut
from app.intake.submission import Person, Submission, source_key
from app.reception.booking import stored
from app.reception.codes import BookingState, VisitOutcome
from app.reception.errors import (
    BookingOver,
    OutcomeFinal,
    OutcomeRecorded,
    ReceptionNotFound,
    ReceptionNotYet,
    VisitorNotFound,
)
from app.reception.said import initials, said
from app.reception.schemas import OfficialOut, OralIn, OralReceiptOut, VisitIn, VisitOut, WalkInIn
from app.staff.access import StaffCaller

CHANNEL, SOURCE = "personal_reception", "personal-reception"

_RECEPTION = """
SELECT r.id, r.day FROM reception r
JOIN reception_schedule q ON q.id = r.schedule_id AND q.state = 'published'
WHERE r.id = $1 AND r.agency_id = $2 AND r.erased_on IS NULL
"""
_ADD = """
INSERT INTO visitor (reception_id, agency_id, stands, language, subject, phone, email, name, iin, iin_hash,
                     address, added_at, added_by, key, request_hash)
VALUES ($1, $2, true, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (key) WHERE key IS NOT NULL DO NOTHING
RETURNING id
"""
_BY_KEY = "SELECT id, request_hash FROM visitor WHERE key = $1"
_VISITOR = """
SELECT v.id, v.reception_id, v.agency_id, v.language, v.name AS visitor, v.iin, v.address, v.begins_at,
       coalesce(v.phone, b.phone) AS phone, coalesce(v.email, b.email) AS email, v.booking_id, b.state,
       r.day, r.ends, r.post, r.name, r.through, r.mode, s.ends_at
FROM visitor v JOIN reception r ON r.id = v.reception_id
LEFT JOIN booking b ON b.id = v.booking_id
LEFT JOIN reception_slot s ON s.id = b.slot_id
WHERE v.id = $1 AND v.agency_id = $2 AND r.erased_on IS NULL
FOR NO KEY UPDATE OF v
"""
CURRENT = """
SELECT c.* FROM visit_record c
WHERE c.visitor_id = $1 AND NOT EXISTS (SELECT FROM visit_record later WHERE later.supersedes = c.id)
"""
_RECORD = """
INSERT INTO visit_record (visitor_id, supersedes, reception_id, agency_id, day, came, outcome, through, mode,
                          note, appeal_id, accepted_name, accepted_post, recorded_at, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
RETURNING *
"""
_APPEAL = """
SELECT a.id, a.received_at, a.registered_on, h.due_on, h.agency_id
FROM appeal a JOIN LATERAL (SELECT * FROM holding WHERE appeal_id = a.id ORDER BY id LIMIT 1) h ON true
WHERE a.id = $1
"""


@dataclass(frozen=True, slots=True)
class Added:
    visitor_id: int
    created: bool


async def walk_in(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    reception_id: int,
    came: WalkInIn,
    key: str | None,
    now: datetime,
) -> Added:
    """A person who came without a booking. The same again under a key gives the first one.

    Raises ReceptionNotFound for one that is not the caller's body's, ReceptionNotYet, KeyReused.
    """
    reception = await connection.fetchrow(_RECEPTION, reception_id, caller.agency_id)
    if reception is None:
        raise ReceptionNotFound
    _check_begun(reception["day"], now)
    lock, contact = cipher(), came.contact
    meaning = history.canonical([reception_id, came.model_dump(mode="json", exclude_none=True)])
    digest = hashlib.sha256(f"staff\0{caller.account_id}\0walk-ins\0{key}".encode()).digest() if key else None
    hash_ = hashlib.sha256(meaning).digest() if key else None
    made = await connection.fetchval(
        _ADD,
        reception_id,
        caller.agency_id,
        came.language,
        lock.encrypt_optional(came.subject, "visitor.subject"),
        lock.encrypt_optional(contact.phone if contact else None, "visitor.phone"),
        lock.encrypt_optional(contact.email if contact else None, "visitor.email"),
        *stored(came.person),
        now,
        caller.account_id,
        digest,
        hash_,
    )
    if made is not None:
        return Added(made, created=True)
    first = await connection.fetchrow(_BY_KEY, digest)
    assert first is not None
    if first["request_hash"] != hash_:
        raise KeyReused
    return Added(first["id"], created=False)


@dataclass(frozen=True, slots=True)
class Recorded:
    row: asyncpg.Record
    created: bool


async def record(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    visitor_id: int,
    visit: VisitIn,
    directory: Directory,
    now: datetime,
) -> Recorded:
    """What came of one person's visit. The same again gives the record that is there.

    Raises VisitorNotFound for one that is not the caller's body's, ReceptionNotYet, BookingOver,
    OutcomeRecorded (say which record is superseded), OutcomeFinal, and what `register` may refuse.
    """
    visitor = await connection.fetchrow(_VISITOR, visitor_id, caller.agency_id)
    if visitor is None:
        raise VisitorNotFound
    _check_begun(visitor["day"], now)
    if visitor["booking_id"] and visitor["state"] != BookingState.BOOKED:
        raise BookingOver
    official = _official(visit, visitor)
    current = await connection.fetchrow(CURRENT, visitor_id)
    if current is not None:
        if _same(current, visit, official, visitor["through"]):
            return Recorded(current, created=False)
        _check_correction(current, visit)
    elif visit.supersedes is not None:
        raise Invalid.of("supersedes", "not_the_newest")
    appeal_id = await _registered(connection, caller, visitor, visit, official, directory, now)
    row = await connection.fetchrow(
        _RECORD,
        visitor_id,
        visit.supersedes,
        visitor["reception_id"],
        visitor["agency_id"],
        visitor["day"],
        visit.came,
        visit.outcome,
        visit.through or visitor["through"],
        visitor["mode"],
        cipher().encrypt_optional(visit.note, "visit_record.note"),
        appeal_id,
        official.name,
        official.position,
        now,
        caller.account_id,
    )
    assert row is not None
    return Recorded(row, created=True)


def _check_begun(day: Any, now: datetime) -> None:
    if clock.civil_day(now) < day:
        raise ReceptionNotYet(day=day)


def _official(visit: VisitIn, visitor: asyncpg.Record) -> OfficialOut:
    """Who received the person: as it is told, else the leader of the schedule."""
    if visit.accepted_by:
        return OfficialOut(name=visit.accepted_by.name, position=visit.accepted_by.position)
    lang = visitor["language"]
    return OfficialOut(name=said(visitor["name"], lang), position=said(visitor["post"], lang))


def _same(current: asyncpg.Record, visit: VisitIn, official: OfficialOut, through: str) -> bool:
    """Of a registered appeal what was said is its own content, which is there once."""
    note = cipher().decrypt_optional(current["note"], "visit_record.note")
    return (
        (current["came"], current["outcome"], current["through"], note)
        == (visit.came, visit.outcome, visit.through or through, visit.note)
        and (current["accepted_name"], current["accepted_post"]) == (official.name, official.position)
        and visit.supersedes in (None, current["supersedes"])
    )


def _check_correction(current: asyncpg.Record, visit: VisitIn) -> None:
    if visit.supersedes != current["id"]:
        raise OutcomeRecorded(extra={"record": current["id"]})
    if current["outcome"] == VisitOutcome.REGISTERED:
        raise OutcomeFinal


# The oral appeal


async def _registered(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    visitor: asyncpg.Record,
    visit: VisitIn,
    official: OfficialOut,
    directory: Directory,
    now: datetime,
) -> int | None:
    if visit.appeal is None:
        return None
    said_ = _submission(caller, visitor, visit.appeal, official, directory, now)
    async with seeing(connection, sight.EVERYTHING):  # what is not there yet is nobody's
        (answer,) = await register(connection, [said_], directory)
    if isinstance(answer, AppError):
        raise answer
    return answer.appeal_id


def _submission(
    caller: StaffCaller,
    visitor: asyncpg.Record,
    oral: OralIn,
    official: OfficialOut,
    directory: Directory,
    now: datetime,
) -> Submission:
    lock = cipher()
    key = source_key(SOURCE, f"visitor:{visitor['id']}")
    return Submission(
        kind=oral.kind,
        language=visitor["language"],
        text=oral.text,
        channel=CHANNEL,
        source=SOURCE,
        received_at=_received_at(visitor, now),
        arrived_at=now,
        applicant=Person(
            name=lock.decrypt(visitor["visitor"], "visitor.name"),
            iin=lock.decrypt_optional(visitor["iin"], "visitor.iin"),
            address=lock.decrypt_optional(visitor["address"], "visitor.address"),
            phone=_contact(visitor, "phone"),
            email=_contact(visitor, "email"),
        ),
        addressee=directory.agency_by_id(visitor["agency_id"]).code,
        topic=oral.topic,
        region=oral.region,
        key=key,
        request_hash=hashlib.sha256(key).digest(),
        actor_kind=ActorKind.STAFF,
        actor_id=caller.account_id,
        details={"form": "oral", "accepted_by": _on_receipt(visitor, official, directory)},
    )


def _on_receipt(visitor: asyncpg.Record, official: OfficialOut, directory: Directory) -> dict[str, str]:
    agency = directory.agency_by_id(visitor["agency_id"])
    name = agency.name(visitor["language"], visitor["day"])
    return {"name": initials(official.name), "position": official.position, "agency": name}


def _contact(visitor: asyncpg.Record, name: str) -> str | None:
    owner = "booking" if visitor["booking_id"] else "visitor"
    return cipher().decrypt_optional(visitor[name], f"{owner}.{name}")


def _received_at(visitor: asyncpg.Record, now: datetime) -> datetime:
    """When it was said: what is recorded later was said at the reception, before that ended."""
    ended: datetime = visitor["ends_at"] or datetime.combine(visitor["day"], visitor["ends"], clock.ZONE)
    return min(now, ended) if clock.civil_day(now) > visitor["day"] else now


# As it is shown


async def visit_out(
    connection: asyncpg.Connection, row: asyncpg.Record, directory: Directory, lang: Language
) -> VisitOut:
    """With the receipt, where an oral appeal was registered."""
    appeal = await connection.fetchrow(_APPEAL, row["appeal_id"]) if row["appeal_id"] else None
    out = recorded_out(row)
    return out.model_copy(update={"receipt": _receipt(row, appeal, directory, lang) if appeal else None})


def recorded_out(row: asyncpg.Record) -> VisitOut:
    return VisitOut(
        id=row["id"],
        visitor=row["visitor_id"],
        came=row["came"],
        outcome=row["outcome"],
        through=row["through"],
        note=cipher().decrypt_optional(row["note"], "visit_record.note"),
        accepted_by=_accepted_by(row),
        recorded_at=row["recorded_at"],
        supersedes=row["supersedes"],
        appeal=_number(row["appeal_id"]) if row["appeal_id"] else None,
        receipt=None,
    )


def _accepted_by(row: asyncpg.Record) -> OfficialOut:
    return OfficialOut(name=initials(row["accepted_name"]), position=row["accepted_post"])


def _number(appeal_id: int) -> str:
    """Who is received is a person."""
    return format_number(appeal_id, ApplicantType.INDIVIDUAL)


def _receipt(
    row: asyncpg.Record, appeal: asyncpg.Record, directory: Directory, lang: Language
) -> OralReceiptOut:
    local = appeal["received_at"].astimezone(clock.ZONE)
    agency = directory.agency_by_id(appeal["agency_id"])
    number = _number(appeal["id"])
    return OralReceiptOut(
        number=number,
        access_code=access_code(appeal["id"]),
        date=local.date(),
        time=f"{local:%H:%M}",
        received_at=appeal["received_at"],
        accepted_by=_accepted_by(row),
        agency=AgencyOut(code=agency.code, name=agency.name(lang, local.date())),
        registered_on=appeal["registered_on"],
        due_on=appeal["due_on"],
        url=f"/api/v1/receipts/{number}",
    )
