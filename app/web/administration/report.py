"""The quarterly report: what a controller puts on the table, for the country or a body and those under it.

The figures are the calls' own, each beside the quarter before and the same quarter a year before; on the
screen every one opens its cases. It is made to be printed on A4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from app.core import clock
from app.core.edge import FIGURES, FiguresDb, Lang
from app.core.errors import FieldError, Invalid
from app.core.i18n import Language, t
from app.directory import snapshot
from app.oversight import compliance_api, weekly_api
from app.oversight.answering import finding, is_late, side
from app.oversight.asked import FIRST_DAY, refuse_unknown
from app.oversight.columns import BY_CODE, COUNTS, Unit
from app.oversight.compliance import SMALL
from app.oversight.compliance_schemas import (
    ComplianceIn,
    ComplianceOut,
    FigureOut,
    RegionsOut,
    SideOut,
    TopicsIn,
    TopicsOut,
    WeeksIn,
    WeeksOut,
)
from app.reception.quarters import Quarter
from app.staff.permissions import Role
from app.web import figures
from app.web.administration.files import links
from app.web.administration.room import ROOM, Overseeing, room_page
from app.web.administration.table import Node, page_of, roots, written
from app.web.administration.trends import drawn, table, week_rows, weeks_of
from app.web.charts import Bar, bars
from app.web.forms import Mistake, read, said_of
from app.web.office.signed_in import Worker
from app.web.pages import moment

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

PAGE = f"{ROOM}/report"
WEEKS = 13
QUARTERS_OFFERED = 8
FACTS = (
    "received",
    "answered",
    "on_time_share",
    "answered_late",
    "answered_last_day",
    "pending",
    "overdue",
    "days_median",
    "days_p90",
    "extended",
    "forwarded_out",
    "repeated",
    "complaints",
    "complaints_upheld",
    "rating_average",
    "resolved_share",
)
OF_BODIES = ("received", "answered", "on_time_share", "overdue", "days_median", "complaints_upheld")
OF_PARTS = ("received", "answered", "on_time_share", "overdue")
OUTCOMES = ("satisfied", "partly_satisfied", "refused", "explained", "taken_note")


@dataclass(frozen=True, slots=True)
class Told:
    """A figure beside those of the quarter before and of the same one a year before, as text."""

    text: str
    url: str
    before: str
    year: str
    small: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Found:
    whole: ComplianceOut
    topics: TopicsOut
    regions: RegionsOut
    weeks: WeeksOut


@router.get(PAGE)
async def report(request: Request, me: Overseeing, db: FiguresDb, lang: Lang) -> HTMLResponse:
    query = request.query_params
    asked = {name: query[name][:200] for name in ("quarter", "agency") if query.get(name)}
    shown: dict[str, Any] = {"quarter": "", "sections": False}
    wrong: list[Mistake] = []
    try:
        quarter = _quarter(asked.get("quarter"))
        refuse_unknown(asked.get("agency"), None, None)
        found = await _found(request, me, db, lang, quarter, asked.get("agency"))
        shown = _shown(found, quarter, asked.get("agency"), me, lang)
    except Invalid as error:
        wrong = said_of(error, lang)
    return room_page(request, "report.html", lang, me, status=422 if wrong else 200, wrong=wrong, **shown)


def _quarter(typed: str | None) -> Quarter:
    """`2026-3` or `2026-Q3`; left out: the last one that is over. Raises Invalid."""
    today = clock.today()
    if typed is None:
        return _before(Quarter.of(today))
    try:
        quarter = Quarter.parse(typed if "q" in typed.lower() else typed.replace("-", "-Q", 1))
    except ValueError:
        raise Invalid.of("quarter", "quarter_of_report") from None
    if quarter.first > today:
        span = {"first": FIRST_DAY, "last": today}
        raise Invalid(errors=[FieldError("quarter", "out_of_range", span)])
    return quarter


def _before(quarter: Quarter) -> Quarter:
    number = quarter.number - 1 or 4
    return Quarter(quarter.year - (number == 4), number)


async def _found(
    request: Request, me: Worker, db: FiguresDb, lang: Language, quarter: Quarter, agency: str | None
) -> Found:
    """All of one moment. Raises NotFound for a body that is none of the reader's."""
    about = {"from": quarter.first.isoformat(), "to": quarter.last.isoformat()}
    about |= {"agency": agency} if agency else {}
    compared = about | {"compare": "both"}
    whole, parts = read(ComplianceIn, compared), read(TopicsIn, compared)
    many = weeks_of(quarter.first, min(quarter.last, clock.today()))
    by_week = read(WeeksIn, about | {"weeks": str(min(many, WEEKS))})
    async with db.moment() as connection:
        common = (lang, connection, Response())
        found = Found(
            await compliance_api.agencies(me.caller, request, whole, *common),
            await compliance_api.topics(me.caller, request, parts, *common),
            await compliance_api.regions(me.caller, request, parts, *common),
            await weekly_api.weeks(me.caller, request, by_week, *common),
        )
    return _without_the_unknown(found)


def _without_the_unknown(found: Found) -> Found:
    """Of a quarter in which nothing at all was counted nothing is known: that is no row of zeros."""
    sides = [found.whole.total, *(row.own for row in found.whole.rows)]
    sides += [row.with_subtree for row in found.whole.rows if row.with_subtree]
    sides += [row.all for rows in (found.topics.rows, found.regions.rows) for row in rows]
    for how in ("before", "year"):
        beside = getattr(found.whole.total, how)
        if beside and not any(beside.figures[code].value for code in COUNTS):
            for one in sides:
                setattr(one, how, None)
    return found


def _shown(found: Found, quarter: Quarter, agency: str | None, me: Worker, lang: Language) -> dict[str, Any]:
    days = {"from": quarter.first.isoformat(), "to": quarter.last.isoformat()}
    about = days | ({"agency": agency} if agency else {})
    unnamed = t("administration.no_region", lang)
    return {
        "sections": True,
        "quarter": _name(quarter, lang),
        "whose": _whose(agency, me, quarter.last, lang),
        "period": figures.days(quarter.first, quarter.last, lang),
        "before": _name(_before(quarter), lang),
        "year": _name(Quarter(quarter.year - 1, quarter.number), lang),
        "unfinished": clock.today() if clock.today() <= quarter.last else None,
        "made": moment(clock.now(), lang),
        "sentences": _sentences(found, quarter, agency, lang),
        "facts_": [_fact(code, found.whole.total, lang) for code in FACTS],
        "weeks": week_rows(found.weeks, about, lang)[::-1],
        "drawn": drawn(found.weeks, lang),
        "bodies": _bodies(found.whole, agency, lang),
        "body_heads": _heads(OF_BODIES, lang),
        "outcomes": _outcomes(found.whole.total, lang),
        "parts_": [
            _part("topic", [(row.name, row.all) for row in found.topics.rows], lang),
            _part("region", [(row.name or unnamed, row.all) for row in found.regions.rows], lang),
        ],
        "part_heads": _heads(OF_PARTS, lang),
        "means": [(BY_CODE[code].title(lang), BY_CODE[code].meaning(lang)) for code in FACTS],
        "files": {
            "agencies": links("agencies", about | {"compare": "both"}),
            "topic": links("topics", about | {"compare": "both"}),
            "region": links("regions", about | {"compare": "both"}),
        },
        "quarters": _offered(quarter, agency, lang),
    }


def _name(quarter: Quarter, lang: Language) -> str:
    return t("report.quarter", lang, number=quarter.number, year=quarter.year)


def _whose(agency: str | None, me: Worker, on: date, lang: Language) -> str:
    directory = snapshot.current()
    if agency is None and me.caller.role is Role.CONTROLLER:
        return t("report.country", lang)
    return directory.agency(agency or me.caller.agency_code).name(lang, on)


def _offered(shown: Quarter, agency: str | None, lang: Language) -> list[dict[str, Any]]:
    quarter, found = Quarter.of(clock.today()), []
    about = f"&agency={agency}" if agency else ""
    for _ in range(QUARTERS_OFFERED):
        found.append(
            {
                "name": _name(quarter, lang),
                "url": f"{PAGE}?quarter={quarter.year}-{quarter.number}{about}",
                "current": quarter == shown,
            }
        )
        quarter = _before(quarter)
    return found


# What it says first


def _sentences(found: Found, quarter: Quarter, agency: str | None, lang: Language) -> list[str]:
    total = found.whole.total
    values = {code: _text(code, total.figures[code], lang) for code in ("received", "answered", "overdue")}
    share = total.figures["on_time_share"]
    said = [t("report.first", lang, quarter=_name(quarter, lang), **values)]
    if share.value is not None:
        said.append(t("report.share", lang, share=written("on_time_share", share.value, lang)))
    if total.before and (came := total.before.figures["received"].value):
        change = _change("received", total.figures["received"], total.before.figures["received"], lang)
        late = _change("overdue", total.figures["overdue"], total.before.figures["overdue"], lang)
        said.append(t("report.compared", lang, received=change, overdue=late, was=figures.number(came, lang)))
    rows = [node.row for node in roots(found.whole.rows, snapshot.current(), agency)]
    told = finding(rows, {})
    if told.judged > 1:
        said.append(t("administration.late_bodies", lang, late=told.late, judged=told.judged))
    return said


# Figures


def _fact(code: str, total: SideOut, lang: Language) -> dict[str, Any]:
    """A figure in a line of its own, with what changed."""
    now = total.figures[code]
    before, year = (other.figures[code] if other else None for other in (total.before, total.year))
    return {
        "name": BY_CODE[code].title(lang),
        "now": _told(code, total, lang),
        "besides": [
            {"text": _text(code, other, lang) if other else figures.NOTHING, "change": change}
            for other, change in (
                (before, _change(code, now, before, lang)),
                (year, _change(code, now, year, lang)),
            )
        ],
    }


def _told(code: str, of: SideOut, lang: Language, *, late: bool = False) -> Told:
    figure = of.figures[code]
    known = of.before or of.year
    before, year = (
        _text(code, it.figures[code], lang) if it else figures.NOTHING if known else ""
        for it in (of.before, of.year)
    )
    return Told(
        text=_text(code, figure, lang),
        url=page_of(figure) if (figure.n if figure.n is not None else figure.value) else "",
        before=before,
        year=year,
        small=bool(figure.small) and figure.value is not None,
        late=(code == "overdue" and bool(figure.value)) or (code == "on_time_share" and late),
    )


def _text(code: str, figure: FigureOut, lang: Language) -> str:
    return written(code, figure.value, lang)


def _change(code: str, now: FigureOut, then: FigureOut | None, lang: Language) -> str:
    """Of a number the difference, and in percent of what is not small; of a share in points."""
    if then is None or now.value is None or then.value is None:
        return figures.NOTHING
    unit, step = BY_CODE[code].unit, now.value - then.value
    if unit is Unit.SHARE:
        return t("report.points", lang, value=_signed(round(100 * step, 1), lang))
    said = _signed(round(step, 1 if unit is Unit.SCORE else 2), lang)
    if unit is not Unit.CASES or then.value < SMALL or not step:
        return said
    return t("report.and_percent", lang, value=said, percent=_signed(round(100 * step / then.value), lang))


def _signed(value: float, lang: Language) -> str:
    """With its sign; zero is a zero."""
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{figures.number(abs(value), lang)}"


# Tables


def _heads(codes: Sequence[str], lang: Language) -> list[str]:
    return [t(f"administration.column.{code}", lang) for code in codes]


def _bodies(found: ComplianceOut, agency: str | None, lang: Language) -> list[dict[str, Any]]:
    """Those under none of the others; of a single one also those directly under it."""
    top = roots(found.rows, snapshot.current(), agency)
    rows = [_body(node, 0, lang) for node in top]
    if len(top) == 1:
        rows += [_body(node, 1, lang) for node in top[0].under]
    if len(top) > 1:
        total = [_told(code, found.total, lang) for code in OF_BODIES]
        rows.append({"name": t("web.figures.total", lang), "depth": 0, "cells": total, "total": True})
    return rows


def _body(node: Node, depth: int, lang: Language) -> dict[str, Any]:
    of, late = side(node.row), is_late(node.row)
    cells = [_told(code, of, lang, late=late) for code in OF_BODIES]
    return {"name": node.row.agency.name, "depth": depth, "cells": cells, "total": False}


def _part(of: str, rows: Sequence[tuple[str, SideOut]], lang: Language) -> dict[str, Any]:
    cells = [{"name": name, "cells": [_told(code, one, lang) for code in OF_PARTS]} for name, one in rows]
    return table(of, list(rows), lang) | {"rows": cells}


def _outcomes(total: SideOut, lang: Language) -> dict[str, Any]:
    """What the answers came to."""
    drawn_ = [
        Bar(
            BY_CODE[code].title(lang),
            int(total.figures[code].value or 0),
            0,
            _text(code, total.figures[code], lang),
        )
        for code in OUTCOMES
    ]
    most = max(drawn_, key=lambda bar: bar.value)
    said = t("report.outcomes.finding", lang, name=most.name, count=most.said) if most.value else ""
    rows = [_fact(code, total, lang) for code in OUTCOMES]
    return {"said": said, "chart": bars(drawn_, said) if said else "", "rows": rows}
