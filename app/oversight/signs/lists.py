"""From a question about signs to its answer: one statement for a page, two for the overview."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import asyncpg

from app.appeals.codes import ApplicantType
from app.appeals.numbers import format_number
from app.core import clock, paging
from app.core.errors import FieldError, Invalid
from app.core.i18n import Language, t
from app.deadlines.calendar import OfficeHours
from app.directory.registry import Directory
from app.directory.values import Agency, AgencyKind
from app.oversight.asked import days_asked, wrong_days
from app.oversight.reach import Looker, agencies
from app.oversight.schemas import AgencyRef
from app.oversight.signs.codes import CASES_SHOWN, ENOUGH, LAST_HOUR, LONGEST_DAYS, Sign
from app.oversight.signs.queries import OVERVIEW, VOLUMES, page_of
from app.oversight.signs.schemas import (
    CaseRef,
    CountOut,
    ItemOut,
    PeriodIn,
    SignIn,
    SignOut,
    SignsOut,
    SignsRow,
)
from app.staff.access import StaffCaller

PATH = "/api/v1/oversight/signs"
ONE_DAY = timedelta(days=1)
_KINDS = list(AgencyKind)


@dataclass(frozen=True, slots=True)
class Question:
    """Whose closings of which days (both inclusive); `walls`: as whom the caller stands before them."""

    agencies: Sequence[Agency]
    first: date
    last: date
    walls: tuple[int, list[int], bool]


def understood(asked: PeriodIn, caller: StaffCaller, directory: Directory) -> Question:
    """Raises Invalid, Forbidden."""
    first, last = days_asked(asked.from_, asked.to, clock.today())
    errors = list(wrong_days({"from": asked.from_, "to": asked.to}, first, last))
    if not errors and (last - first).days >= LONGEST_DAYS:
        errors.append(FieldError("to", "period_too_long", {"days": LONGEST_DAYS}))
    if errors:
        raise Invalid(errors=errors)
    looker = Looker.of(caller, directory)
    return Question(agencies(looker, asked.agency, directory), first, last, looker.before_a_wall())


def values(question: Question, directory: Directory) -> list[Any]:
    """$1 to $15 of the statements."""
    profiles: dict[tuple[int, time], int] = {}
    of = [profiles.setdefault((one.hours.week, one.hours.closes), len(profiles)) for one in question.agencies]
    hours = [OfficeHours(closes=closes, week=week) for week, closes in profiles]
    marks = [(n, *mark) for n, one in enumerate(hours) for mark in _marks(question, one, directory)]
    columns = [list(column) for column in zip(*marks, strict=True)] or [[]] * 6
    peers = directory.agencies()
    return [
        [one.id for one in question.agencies],
        of,
        *columns,
        *question.walls,
        question.first,
        question.last,
        [one.id for one in peers],
        [_KINDS.index(one.kind) for one in peers],
    ]


def _marks(
    question: Question, hours: OfficeHours, directory: Directory
) -> Iterator[tuple[date, datetime, datetime, datetime, date]]:
    calendar = directory.calendar.for_week(hours.week)
    for n in range((question.last - question.first).days + 1):
        day = question.first + n * ONE_DAY
        closes = datetime.combine(day, hours.closes, clock.ZONE)
        ends = datetime.combine(day + ONE_DAY, time(), clock.ZONE)
        begins = datetime.combine(day, time(), clock.ZONE)
        yield day, begins, ends, closes - LAST_HOUR, calendar.next_working_day(day)


# A page


async def page(
    connection: asyncpg.Connection,
    sign: Sign,
    asked: SignIn,
    caller: StaffCaller,
    directory: Directory,
    lang: Language,
) -> SignOut:
    question = understood(asked, caller, directory)
    after = paging.place(asked.cursor, date, int) if asked.cursor else None
    rows = await connection.fetch(
        page_of(sign, after=after is not None),
        *values(question, directory),
        asked.limit + 1,
        CASES_SHOWN,
        *(after or ()),
    )
    shown = rows[: asked.limit]
    return SignOut(
        **{"from": question.first},
        to=question.last,
        sign=sign,
        what=t(f"signs.what.{sign}", lang),
        note=t("signs.note", lang),
        items=[_item(row, directory, lang) for row in shown],
        next_cursor=paging.cursor(shown[-1]["day"], shown[-1]["key"]) if len(rows) > asked.limit else None,
    )


def _item(row: asyncpg.Record, directory: Directory, lang: Language) -> ItemOut:
    return ItemOut(
        agency=_ref(directory.agency_by_id(row["agency_id"]), row["day"], lang),
        day=row["day"],
        code=row["why"],
        why=t(f"signs.why.{row['why']}", lang, **row["said"]),
        numbers=row["said"],
        count=row["cases"],
        cases=[_case(case) for case in row["named"]],
    )


def _ref(agency: Agency, on: date, lang: Language) -> AgencyRef:
    return AgencyRef(code=agency.code, name=agency.name(lang, on))


def _case(case: Mapping[str, Any]) -> CaseRef:
    number = format_number(case["appeal_id"], ApplicantType(case["applicant_type"]), case["part"])
    told = {name: case[name] for name in CaseRef.model_fields if name in case}
    return CaseRef(number=number, url=f"/api/v1/cases/{number}", **told)


# The overview


async def overview(
    connection: asyncpg.Connection,
    asked: PeriodIn,
    caller: StaffCaller,
    directory: Directory,
    lang: Language,
) -> SignsOut:
    question = understood(asked, caller, directory)
    ids = [agency.id for agency in question.agencies]
    volumes = await connection.fetch(VOLUMES, ids, question.first, question.last)
    counts = await connection.fetch(OVERVIEW, *values(question, directory))
    found: dict[int, dict[str, asyncpg.Record]] = defaultdict(dict)
    for row in counts:
        found[row["agency_id"]][row["sign"]] = row
    closed = defaultdict(int, {row["agency_id"]: row["closed"] for row in volumes})
    return SignsOut(
        **{"from": question.first},
        to=question.last,
        note=t("signs.note", lang),
        rows=_rows(question, closed, found, lang),
    )


def _rows(
    question: Question,
    closed: Mapping[int, int],
    found: Mapping[int, Mapping[str, asyncpg.Record]],
    lang: Language,
) -> list[SignsRow]:
    with_any = (one for one in question.agencies if one.id in closed or one.id in found)
    rows = [
        SignsRow(
            agency=_ref(one, question.last, lang),
            closed=closed[one.id],
            small=closed[one.id] < ENOUGH,
            signs=dict(_counts(one, question, closed[one.id], found.get(one.id, {}))),
        )
        for one in with_any
    ]
    return sorted(rows, key=lambda row: (-row.closed, row.agency.code))


def _counts(
    agency: Agency, question: Question, closed: int, found: Mapping[str, asyncpg.Record]
) -> Iterable[tuple[Sign, CountOut]]:
    about = urlencode({"agency": agency.code, "from": question.first, "to": question.last})
    for sign in Sign:
        items, cases = (int(found[sign][name]) if sign in found else 0 for name in ("items", "cases"))
        share = round(cases / closed, 4) if closed else None
        yield sign, CountOut(items=items, cases=cases, share=share, url=f"{PATH}/{sign}?{about}")
