"""`GET /api/v1/admin/readings/unusual`: whose looking into cases is worth a question."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Depends, Query
from pydantic import Field

from app.core import clock, sight
from app.core.edge import FIGURES, Lang, Read
from app.core.errors import FieldError, Forbidden, Invalid, Unauthenticated, problems
from app.core.i18n import Language, t
from app.core.limited import seeing
from app.core.schema import Day, Out
from app.directory import snapshot
from app.directory.registry import Directory
from app.oversight.asked import wrong_days
from app.oversight.looking.rules import PersonDay, Rules, Unusual, Why, rules, unusual
from app.oversight.resonance.matching import midnight
from app.oversight.schemas import AgencyRef, Asked
from app.staff.access import StaffCaller, require
from app.staff.errors import SessionOver, TokenExpired, TokenInvalid
from app.staff.permissions import Role

router = APIRouter(prefix="/api/v1/admin/readings", tags=["administration"], dependencies=[FIGURES])

MOST_DAYS, MOST_SHOWN = 31, 500
Watching = Annotated[StaffCaller, Depends(require("readings"))]

# A case is closed when nobody has held it for so long; a day of somebody who searched and found nothing is
# one of no case.
_DAYS = """
WITH looked AS (
    SELECT r.account_id, r.agency_id, r.day, count(DISTINCT (r.appeal_id, r.part)) AS cases,
           count(DISTINCT (r.appeal_id, r.part))
               FILTER (WHERE r.hour = ANY ($3::smallint[]) OR r.day = ANY ($4::date[])) AS odd_hours,
           count(DISTINCT (r.appeal_id, r.part))
               FILTER (WHERE held.closed_at < r.first_at - make_interval(days => $5)) AS closed
    FROM case_reading r
    LEFT JOIN LATERAL (
        SELECT h.closed_at FROM holding h WHERE h.appeal_id = r.appeal_id AND h.part = r.part
        ORDER BY h.id DESC LIMIT 1
    ) held ON true
    WHERE r.day BETWEEN $1 AND $2 GROUP BY r.account_id, r.agency_id, r.day
), searched AS (
    SELECT account_id, agency_id, day, count(*) AS searches
    FROM unnest($6::date[], $7::timestamptz[], $8::timestamptz[]) AS civil(day, begins, ends)
    JOIN desk_lookup ON at >= begins AND at < ends AND by <> 'number'
    GROUP BY account_id, agency_id, day
)
SELECT account_id, of_day.agency_id, account.role, day, coalesce(cases, 0) AS cases,
       coalesce(odd_hours, 0) AS odd_hours, coalesce(closed, 0) AS closed, coalesce(searches, 0) AS searches
FROM (looked FULL JOIN searched USING (account_id, agency_id, day)) AS of_day
JOIN staff_account account ON account.id = account_id
"""
_NAMES = "SELECT id, login, name FROM staff_account WHERE id = ANY ($1::bigint[])"


class UnusualIn(Asked):
    from_: Day | None = Field(
        None, alias="from", description="first civil day; left out: thirty days before `to`"
    )
    to: Day | None = Field(None, description="last civil day, a month later at most; left out: today")
    lang: Language | None = Field(None, description="instead of Accept-Language", examples=["en"])

    @property
    def days(self) -> tuple[date, date]:
        """Raises Invalid."""
        last = self.to or clock.today()
        first = self.from_ or last - timedelta(days=MOST_DAYS - 1)
        errors = list(wrong_days({"from": self.from_, "to": self.to}, first, last))
        if not errors and (last - first).days >= MOST_DAYS:
            errors.append(FieldError("to", "period_too_long", {"days": MOST_DAYS}))
        if errors:
            raise Invalid(errors=errors)
        return first, last


class PersonRef(Out):
    id: int
    login: str = Field(examples=["operator@energy"])
    name: str


class UnusualOut(Out):
    day: date
    person: PersonRef
    agency: AgencyRef
    role: Role = Field(description="as it is now")
    rule: Why
    count: int = Field(description="different cases on that day, or searches", examples=[64])
    usual: float | None = Field(description="the median of the colleagues' days", examples=[14])
    why: str


class UnusualListOut(Out):
    note: str = Field(description="what it does not mean")
    from_: date = Field(alias="from")
    to: date
    rules: Rules
    items: list[UnusualOut] = Field(description="the newest first, at most five hundred")
    left_off: int = Field(description="how many more there are: ask for fewer days")


@router.get(
    "/unusual",
    summary="Unusual looking into cases",
    description=(
        "Days of people, by the rules that the answer states; numbers alone, for whoever keeps people reads "
        "no appeal. Each is something to ask about, and no verdict.\n\n"
        '`curl -H "Authorization: Bearer $TOKEN" '
        "'$HOST/api/v1/admin/readings/unusual?from=2026-11-01&to=2026-11-28'`"
    ),
    responses=problems(Invalid, Unauthenticated, TokenInvalid, TokenExpired, SessionOver, Forbidden),
)
async def list_unusual(
    _: Watching, asked: Annotated[UnusualIn, Query()], lang: Lang, connection: Read
) -> UnusualListOut:
    directory, (first, last) = snapshot.current(), asked.days
    async with seeing(connection, sight.EVERYTHING):  # in numbers, for who reads none of it
        found = unusual(await _days(connection, first, last, directory), rules())
    shown = found[:MOST_SHOWN]
    people = await connection.fetch(_NAMES, sorted({one.of.account_id for one in shown}))
    named = {row["id"]: PersonRef(id=row["id"], login=row["login"], name=row["name"]) for row in people}
    return UnusualListOut(
        **{"from": first},
        to=last,
        note=t("readings.note", lang),
        rules=rules(),
        items=[_item(one, named[one.of.account_id], directory, lang) for one in shown],
        left_off=len(found) - len(shown),
    )


async def _days(
    connection: asyncpg.Connection, first: date, last: date, directory: Directory
) -> Sequence[PersonDay]:
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    by = rules()
    rows = await connection.fetch(
        _DAYS,
        first,
        last,
        by.odd_hours.hours,
        [day for day in span if not directory.calendar.is_working_day(day)],
        by.closed.after_days,
        span,
        [midnight(day) for day in span],
        [midnight(day + timedelta(days=1)) for day in span],
    )
    return [PersonDay(**dict(row)) for row in rows]


def _item(one: Unusual, person: PersonRef, directory: Directory, lang: Language) -> UnusualOut:
    agency = directory.agency_by_id(one.of.agency_id)
    said = t(f"readings.why.{one.why}", lang, count=one.count, usual=round(one.usual or 0))
    return UnusualOut(
        day=one.of.day,
        person=person,
        agency=AgencyRef(code=agency.code, name=agency.name(lang, one.of.day)),
        role=Role(one.of.role),
        rule=one.why,
        count=one.count,
        usual=one.usual,
        why=said,
    )
