"""What is changing: weeks, topics and regions of a period, each as a table with links to its cases."""

from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from app.core.edge import FIGURES, FiguresDb, Lang
from app.core.errors import Invalid
from app.core.i18n import Language, t
from app.oversight import compliance_api, weekly_api
from app.oversight.compliance_schemas import (
    PeriodIn,
    RegionsOut,
    SideOut,
    TopicsIn,
    TopicsOut,
    WeeksIn,
    WeeksOut,
)
from app.oversight.weekly import MOST_WEEKS
from app.web import figures
from app.web.administration import period
from app.web.administration.files import links
from app.web.administration.room import ROOM, Overseeing, given, room_page
from app.web.administration.table import CASES, Cell, cells
from app.web.charts import Bar, Series, bars, lines
from app.web.forms import Mistake, read, said_of
from app.web.office.signed_in import Worker

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

PAGE = f"{ROOM}/trends"
FEWEST_WEEKS = 4
SERIES = ("received", "answered", "overdue")
MOST_BARS = 10
SHOWN = ("received", "answered", "overdue", "on_time_share")
BEFORE = {"compare": "before"}


@router.get(PAGE)
async def trends(request: Request, me: Overseeing, db: FiguresDb, lang: Lang) -> HTMLResponse:
    asked = period.usual() | given(request, PeriodIn)
    wrong: list[Mistake] = []
    shown: dict[str, Any] = {"tables": [], "weeks": []}
    try:
        shown = await _shown(request, me, db, lang, asked)
    except Invalid as error:
        wrong = said_of(error, lang)
    return room_page(
        request,
        "trends.html",
        lang,
        me,
        status=422 if wrong else 200,
        wrong=wrong,
        series=SERIES,
        columns=SHOWN,
        **period.shown(asked, PAGE, lang),
        **shown,
    )


async def _shown(
    request: Request, me: Worker, db: FiguresDb, lang: Language, asked: dict[str, str]
) -> dict[str, Any]:
    question = read(TopicsIn, asked | BEFORE)
    many = weeks_of(question.from_, question.to)
    by_week = read(WeeksIn, asked | {"weeks": str(many)})
    async with db.moment() as connection:
        weeks = await weekly_api.weeks(me.caller, request, by_week, lang, connection, Response())
        topics = await compliance_api.topics(me.caller, request, question, lang, connection, Response())
        regions = await compliance_api.regions(me.caller, request, question, lang, connection, Response())
    return {
        "files": {
            "weeks": links("weeks", asked | {"weeks": many}),
            "topic": links("topics", asked | BEFORE),
            "region": links("regions", asked | BEFORE),
        },
        "weeks": week_rows(weeks, asked, lang),
        "tables": [_topics(topics, lang), _regions(regions, lang)],
        "drawn": drawn(weeks, lang),
        "period": figures.days(topics.from_, topics.to, lang),
    }


def weeks_of(first: date | None, last: date | None) -> int:
    """So many weeks as the period has, within what is asked for at once."""
    many = ((last - first).days + 7) // 7 if first and last else 0
    return min(max(many, FEWEST_WEEKS), MOST_WEEKS)


def week_rows(found: WeeksOut, asked: dict[str, str], lang: Language) -> list[dict[str, Any]]:
    """The weeks of all bodies together, each number with its cases; the newest first."""
    about = {name: asked[name] for name in period.FILTERS if asked.get(name)}
    rows = []
    for place, week in enumerate(found.weeks):
        days = {"from": week.from_.isoformat(), "to": week.to.isoformat()}
        values = {name: getattr(found.total, name)[place] for name in SERIES}
        rows.append(
            {
                "name": f"{figures.short_day(week.from_, lang)} – {figures.short_day(week.to, lang)}",
                "cells": [
                    _week_cell(name, value, f"{CASES}?{urlencode({'figure': name} | days | about)}", lang)
                    for name, value in values.items()
                ],
            }
        )
    return rows[::-1]


def drawn(found: WeeksOut, lang: Language) -> dict[str, Any]:
    """The weeks as a chart, under the finding that it shows."""
    total = found.total
    series = [
        Series(t(f"administration.drawn.{name}", lang), getattr(total, name), "late" * (name == "overdue"))
        for name in SERIES
    ]
    said = t(
        "administration.trends.finding",
        lang,
        received=figures.number(sum(total.received), lang),
        answered=figures.number(sum(total.answered), lang),
        overdue=figures.number(total.overdue[-1], lang),
        was=figures.number(total.overdue[0], lang),
    )
    ends = tuple(figures.short_day(week.to, lang) for week in (found.weeks[0], found.weeks[-1]))
    return {
        "said": said,
        "chart": lines(series, (ends[0], ends[1]), said, partial(figures.number, lang=lang)),
    }


def _week_cell(name: str, value: int, url: str, lang: Language) -> Cell:
    late = name == "overdue" and bool(value)
    return Cell(name, figures.number(value, lang), url if value else "", "", small=False, late=late)


def _topics(found: TopicsOut, lang: Language) -> dict[str, Any]:
    return table("topic", [(row.name, row.all) for row in found.rows], lang)


def _regions(found: RegionsOut, lang: Language) -> dict[str, Any]:
    unnamed = t("administration.no_region", lang)
    return table("region", [(row.name or unnamed, row.all) for row in found.rows], lang)


def table(of: str, rows: list[tuple[str, SideOut]], lang: Language) -> dict[str, Any]:
    """Topics or regions, as `of` says. The chart has the first of them, under the finding that it shows."""
    most = rows[:MOST_BARS]
    bars_ = [_bar(name, side, lang) for name, side in most]
    whole = sum(bar.value for bar in (_bar(name, side, lang) for name, side in rows))
    said = ""
    if bars_ and whole:
        count, all_ = figures.number(bars_[0].value, lang), figures.number(whole, lang)
        said = t(f"administration.trends.most_{of}", lang, name=bars_[0].name, count=count, all=all_)
    return {
        "said": said,
        "chart": bars(bars_, said),
        "of": of,
        "title": t(f"administration.trends.{of}s", lang),
        "head": t(f"administration.trends.{of}", lang),
        "rows": [{"name": name, "cells": cells(side, lang, SHOWN)} for name, side in rows],
    }


def _bar(name: str, side: SideOut, lang: Language) -> Bar:
    received, overdue = (int(side.figures[code].value or 0) for code in ("received", "overdue"))
    late = min(overdue, received)
    words = figures.number(received, lang)
    if overdue:
        words = t("administration.drawn.of_them", lang, all=words, overdue=figures.number(overdue, lang))
    return Bar(name, received, late, words)
