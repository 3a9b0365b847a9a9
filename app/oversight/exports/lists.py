"""Lists as sheets, read while they are sent: each portion is named as it comes."""

from asyncio import Semaphore
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import TypeVar

import asyncpg
from pydantic import BaseModel

from app.core.db import Database
from app.core.i18n import Language, t
from app.directory.registry import Directory
from app.oversight.cases import Listed
from app.oversight.columns import BY_CODE
from app.oversight.compliance_api import case_out
from app.oversight.compliance_schemas import CaseOut, CasesOfIn
from app.oversight.control import schemas as control
from app.oversight.exports.sheet import Column, Kind, Row, Rows, Sheet, column
from app.oversight.exports.words import coded, told, whose
from app.oversight.forecast.schemas import LateCase, LateIn
from app.oversight.resonance.schemas import IssueBriefOut, IssuesOfIn, RiseOut, RisesOfIn
from app.oversight.schemas import AgencyRef, Asked
from app.oversight.signs.codes import Sign
from app.oversight.signs.schemas import ItemOut

S = TypeVar("S", bound=BaseModel)
Page = Callable[[asyncpg.Connection, str | None], Awaitable[tuple[Sequence[Row], str | None]]]
MOST = 200
"""Of a page of those lists that are read by their call's own pages."""

AT_ONCE = Semaphore(3)
"""Lists of cases that a process reads at once; others wait. Each holds a session while it is read."""

CASE = ("kind", "topic", "channel", "region", "applicant_type", "origin", "status")
DAYS = ("registered_on", "due_on", "closed_on")


async def walked(db: Database, page: Page) -> Rows:
    """Page after page, each in a session of its own: `page` gives rows and the cursor of the next."""
    cursor: str | None = None
    while True:
        async with db.read() as connection:
            rows, cursor = await page(connection, cursor)
        yield rows
        if cursor is None:
            return


def paged(schema: type[S], asked: Asked, cursor: str | None) -> S:
    """The question of a page of the call whose whole list is asked for."""
    given = asked.model_dump(mode="json", by_alias=True, exclude_none=True)
    return schema.model_validate(given | {"cursor": cursor, "limit": MOST})


def cases(asked: CasesOfIn, listed: Listed, db: Database, directory: Directory, lang: Language) -> Sheet:
    """The cases behind a figure."""
    title = BY_CODE[asked.figure].title(lang) if asked.figure in BY_CODE else t("export.judged", lang)
    columns: Sequence[Column] = [
        column("number", Kind.TEXT, lang),
        *whose(lang),
        *(coded(name, lang) for name in CASE),
        *(column(name, Kind.DAY, lang) for name in DAYS),
        coded("close", lang),
        coded("outcome", lang),
    ]
    return Sheet(
        f"cases-{asked.figure}-{listed.first}-{listed.last}",
        title,
        told(asked, (listed.first, listed.last), lang),
        columns,
        _cases(listed, db, directory, lang),
        [t("export.note.walls", lang)],
    )


async def _cases(listed: Listed, db: Database, directory: Directory, lang: Language) -> Rows:
    """By one statement, whose cost does not grow with the number of portions."""
    async with AT_ONCE, db.moment() as connection:
        async for rows in listed.all(connection):
            yield [_case(case_out(row, directory, lang)) for row in rows]


def _case(case: CaseOut) -> Row:
    told = (getattr(case, name) for name in (*CASE, *DAYS, "close", "outcome"))
    return [case.number, *_body(case.agency), *told]


def _body(agency: AgencyRef | None) -> tuple[str | None, str | None]:
    return (agency.code, agency.name) if agency else (None, None)


def on_control(asked: control.CasesOfIn, rows: Rows, on: date, lang: Language) -> Sheet:
    columns = [
        column("number", Kind.TEXT, lang),
        *whose(lang),
        *(coded(name, lang) for name in ("topic", "region", "status")),
        *(column(name, Kind.DAY, lang) for name in ("registered_on", "due_on")),
        column("overdue", Kind.MARK, lang, said="overdue_now"),
        column("control_by", Kind.TEXT, lang),
        column("control_since", Kind.MOMENT, lang),
        column("control_reason", Kind.TEXT, lang),
        column("control_until", Kind.DAY, lang),
        column("control_past", Kind.MARK, lang),
        column("control_order", Kind.NUMBER, lang),
    ]
    return Sheet(f"control-{on}", t("export.sheet.control", lang), told(asked, on, lang), columns, rows)


def on_control_row(one: control.CaseOut) -> Row:
    about = (one.topic, one.region, one.status, one.registered_on, one.due_on, one.overdue)
    it = one.control
    word = (it.by.name if it.by else None, it.at, it.reason, it.until, it.past, it.order)
    return [one.number, *_body(one.agency), *about, *word]


def of_sign(sign: Sign, asked: Asked, days: tuple[date, date], rows: Rows, lang: Language) -> Sheet:
    columns = [
        *whose(lang),
        column("day", Kind.DAY, lang),
        column("code", Kind.TEXT, lang, said="sign_code"),
        column("why", Kind.TEXT, lang),
        column("count", Kind.NUMBER, lang, said="sign_count"),
        column("number", Kind.TEXT, lang),
        *(coded(name, lang) for name in ("kind", "topic")),
        *(column(name, Kind.DAY, lang) for name in ("registered_on", "due_on")),
        column("closed_at", Kind.MOMENT, lang),
        coded("outcome", lang),
    ]
    title = t(f"administration.sign.{sign}", lang)
    notes = [t(f"signs.what.{sign}", lang), t("signs.note", lang)]
    name = f"signs-{sign}-{days[0]}-{days[1]}"
    return Sheet(name, title, told(asked, days, lang), columns, rows, notes)


def of_sign_rows(items: Sequence[ItemOut]) -> list[Row]:
    """A row for each case that an item names."""
    of = ("day", "code", "why", "count")
    names = ("number", "kind", "topic", "registered_on", "due_on", "closed_at", "outcome")
    return [
        [*_body(item.agency), *(getattr(item, name) for name in of), *(getattr(one, name) for name in names)]
        for item in items
        for one in item.cases
    ]


def late(asked: LateIn, rows: Rows, on: date, lang: Language) -> Sheet:
    """The cases of a body that will be late at today's pace."""
    columns = [
        column("number", Kind.TEXT, lang),
        *(coded(name, lang) for name in ("kind", "topic", "status")),
        *(column(name, Kind.DAY, lang) for name in ("registered_on", "due_on", "late_on", "expected_on")),
    ]
    return Sheet(
        f"forecast-cases-{asked.agency}-{on}",
        t("export.sheet.late", lang),
        told(asked, on, lang),
        columns,
        rows,
        [t("forecast.note", lang)],
    )


def late_row(one: LateCase) -> Row:
    return [
        one.number,
        one.kind,
        one.topic,
        one.status,
        one.registered_on,
        one.due_on,
        one.late_on,
        one.expected_on,
    ]


def rises(asked: RisesOfIn, rows: Rows, on: date, lang: Language) -> Sheet:
    columns = [
        column("id", Kind.NUMBER, lang),
        coded("topic", lang),
        coded("region", lang),
        *whose(lang),
        column("seen", Kind.NUMBER, lang),
        column("expected", Kind.DECIMAL, lang),
        column("told_at", Kind.MOMENT, lang),
        column("acknowledged_at", Kind.MOMENT, lang),
        column("acknowledged_by", Kind.TEXT, lang),
        column("word", Kind.TEXT, lang),
    ]
    return Sheet(f"rises-{on}", t("export.sheet.rises", lang), told(asked, on, lang), columns, rows)


def rise_row(one: RiseOut) -> Row:
    said = one.acknowledged
    word = (said.at, said.by.name, said.word) if said else (None, None, None)
    return [one.id, one.topic, one.region, *_body(one.agency), one.seen, one.expected, one.told_at, *word]


def issues(asked: IssuesOfIn, rows: Rows, on: date, lang: Language) -> Sheet:
    columns = [
        column("id", Kind.NUMBER, lang),
        coded("state", lang),
        coded("topic", lang),
        coded("region", lang),
        *whose(lang),
        column("listed", Kind.NUMBER, lang),
        column("owner", Kind.TEXT, lang),
        column("instruction", Kind.TEXT, lang),
        column("due_on", Kind.DAY, lang, said="issue_due_on"),
        column("overdue", Kind.MARK, lang, said="issue_overdue"),
        column("opened_on", Kind.DAY, lang),
        column("opened_by", Kind.TEXT, lang),
    ]
    return Sheet(f"issues-{on}", t("export.sheet.issues", lang), told(asked, on, lang), columns, rows)


def issue_row(one: IssueBriefOut) -> Row:
    about = (one.id, one.state, one.topic, one.region, *_body(one.agency))
    seen_to = (one.listed, one.owner.name, one.instruction, one.due_on, one.overdue)
    return [*about, *seen_to, one.opened_on, one.opened_by.name]
