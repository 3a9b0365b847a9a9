"""What is on control, and the orders: read for controllers."""

from datetime import date
from typing import Any

import asyncpg
import orjson

from app.appeals.codes import ApplicantType
from app.appeals.numbers import format_number
from app.core import clock, paging
from app.core.cipher import cipher
from app.core.i18n import Language
from app.directory import snapshot
from app.directory.registry import Directory
from app.oversight.control.orders import REASON
from app.oversight.control.schemas import (
    CaseOut,
    CasesIn,
    CasesOut,
    ControlOut,
    OrderOut,
    PersonOut,
)
from app.oversight.schemas import AgencyRef

# The newest holding of a part. Why it is on control is the last word of the history about that, of the part
# or of what it was split off from: what a controller said, or the promise of the answer.
_CASES = """
SELECT h.id, h.appeal_id, h.part, h.agency_id, h.topic, h.region, h.applicant_type, h.status, h.registered_on,
       h.due_on, h.running, h.wait_until, said.kind AS said, said.at, said.data, c.body, who.name, who.login
FROM holding h
LEFT JOIN LATERAL (
    SELECT e.* FROM event e
    WHERE e.appeal_id = h.appeal_id
      AND (e.kind = 'control_taken' OR e.part = h.part AND e.data ? 'promised_until')
    ORDER BY e.part = h.part DESC, e.id DESC LIMIT 1
) said ON true
LEFT JOIN content c ON c.appeal_id = h.appeal_id AND c.hash = said.content_hash AND c.kind = 'reason'
LEFT JOIN staff_account who ON who.id = said.actor_id AND said.actor_kind = 'staff'
WHERE h.on_control AND h.stands_for IS NULL AND (h.due_on, h.id) > ($1, $2)
  AND NOT EXISTS (SELECT FROM holding newer
                  WHERE newer.appeal_id = h.appeal_id AND newer.part = h.part AND newer.id > h.id)
  AND ($3::bigint IS NULL OR (said.data ->> 'order')::bigint = $3)
  AND ($4::bigint IS NULL OR h.agency_id = $4) AND ($5::text IS NULL OR h.topic = $5)
  AND ($6::boolean IS NULL OR (h.closed_at IS NULL) = $6)
ORDER BY h.due_on, h.id LIMIT $7
"""
_ORDERS = """
SELECT o.*, giver.name AS giver, giver.login AS giver_login, ender.name AS ender, ender.login AS ender_login
FROM control_order o
JOIN staff_account giver ON giver.id = o.given_by
LEFT JOIN staff_account ender ON ender.id = o.ended_by
WHERE $1::bigint IS NULL OR o.id = $1
ORDER BY o.id DESC LIMIT 200
"""


async def cases(connection: asyncpg.Connection, asked: CasesIn, lang: Language) -> CasesOut:
    """Raises Invalid for a code that nobody knows, or a cursor that is none."""
    directory = snapshot.current()
    agency_id = directory.agency(asked.agency).id if asked.agency else None
    if asked.topic:
        directory.topic(asked.topic)
    rows = await connection.fetch(
        _CASES,
        *(paging.place(asked.cursor, date, int) if asked.cursor else (date.min, 0)),
        asked.order,
        agency_id,
        asked.topic,
        asked.open,
        asked.limit + 1,
    )
    shown, today = rows[: asked.limit], clock.today()
    last = paging.cursor(shown[-1]["due_on"], shown[-1]["id"]) if len(rows) > asked.limit else None
    return CasesOut(items=[_case(row, directory, lang, today) for row in shown], next_cursor=last)


def _case(row: asyncpg.Record, directory: Directory, lang: Language, today: date) -> CaseOut:
    return CaseOut(
        number=format_number(row["appeal_id"], ApplicantType(row["applicant_type"]), row["part"]),
        agency=_agency(row["agency_id"], directory, lang),
        topic=row["topic"],
        region=row["region"] or None,
        status=row["status"],
        registered_on=row["registered_on"],
        due_on=row["due_on"],
        overdue=row["running"] and today > row["due_on"],
        control=_control(row, today),
    )


def _control(row: asyncpg.Record, today: date) -> ControlOut:
    data: dict[str, Any] = row["data"] or {}
    taken = row["said"] == "control_taken"
    until = data.get("control_on") if taken else data.get("promised_until")
    reason = orjson.loads(cipher().decrypt(row["body"], "content.body"))["text"] if row["body"] else None
    day = date.fromisoformat(until) if until else None
    return ControlOut(
        by=PersonOut(name=row["name"], login=row["login"]) if taken and row["login"] else None,
        at=row["at"],
        reason=reason if taken else None,
        until=day,
        past=day is not None and today > day,
        order=data.get("order"),
    )


def _agency(id_: int, directory: Directory, lang: Language) -> AgencyRef:
    agency = directory.agency_by_id(id_)
    return AgencyRef(code=agency.code, name=agency.name(lang, clock.today()))


async def orders(connection: asyncpg.Connection, lang: Language, id_: int | None = None) -> list[OrderOut]:
    """The newest first; of `id_` that one, or none."""
    directory = snapshot.current()
    return [_order(row, directory, lang) for row in await connection.fetch(_ORDERS, id_)]


def _order(row: asyncpg.Record, directory: Directory, lang: Language) -> OrderOut:
    names = ("id", "topic", "region", "until", "given_at", "ended_at", "released_at", "taken", "lifted")
    return OrderOut(
        **{name: row[name] for name in names},
        **{"from": row["first"]},
        agency=_agency(row["agency_id"], directory, lang) if row["agency_id"] else None,
        reason=cipher().decrypt(row["reason"], REASON),
        given_by=PersonOut(name=row["giver"], login=row["giver_login"]),
        ended_by=PersonOut(name=row["ender"], login=row["ender_login"]) if row["ender"] else None,
    )
