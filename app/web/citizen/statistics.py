"""Public statistics: how bodies answer, by channel and month, as charts that each have their table.

Everything stands in the address. The figures are those of the calls (`/api/v1/statistics`), with what they
hide; a topic or a region is told of by body alone.
"""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_date
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from app.core import clock
from app.core.edge import FIGURES, FiguresDb, Lang
from app.core.errors import Invalid
from app.core.i18n import Language, t
from app.directory import snapshot
from app.oversight import months, published
from app.oversight.asked import FIRST_DAY, LAST_DAY
from app.oversight.detail import published_to
from app.oversight.exports.download import Form
from app.oversight.schemas import FiguresOut, MonthsIn, MonthsOut, StatisticsIn, StatisticsOut
from app.staff.access import public
from app.web import figures
from app.web.charts import Bar, Series, bars, lines
from app.web.citizen.choices import bodies, channels, regions, topic_choices
from app.web.forms import Mistake, read, said_of
from app.web.pages import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])

ASKED = ("from", "to", "agency", "channel", "topic", "region")
# The public table of these hides what is small.
GUARDED = ("topic", "region")
COUNTED = ("received", "answered", "forwarded_out", "closed_otherwise", "pending", "overdue")
MOST_BARS = 12
CALL = "/api/v1/statistics"


@router.get("/statistics", dependencies=[FIGURES])
async def statistics(request: Request, db: FiguresDb, lang: Lang) -> HTMLResponse:
    query = request.query_params
    asked = {name: query[name][:100] for name in ASKED if query.get(name)}
    if "from" not in asked and "to" not in asked:
        asked |= _year(clock.today().year)
    shown: dict[str, Any] = {"period": "", "tables": [], "note": None, "published_to": None}
    wrong: list[Mistake] = []
    try:
        shown |= await _shown(db, asked, lang)
    except Invalid as error:
        wrong = said_of(error, lang)
    return page(
        request,
        "citizen/statistics.html",
        lang,
        status=422 if wrong else 200,
        wrong=wrong,
        asked=asked,
        earliest=FIRST_DAY,
        latest=LAST_DAY,
        years=_years(asked, lang),
        choices=_choices(lang),
        **shown,
    )


async def _shown(db: FiguresDb, asked: dict[str, str], lang: Language) -> dict[str, Any]:
    """Raises Invalid, as the calls would."""
    guarded = any(asked.get(name) for name in GUARDED)
    question = read(StatisticsIn, asked)
    async with db.moment() as connection:
        first = _up_to_what_is_published(question) if guarded else question
        found = await published.agencies(connection, first, snapshot.current(), lang, now=clock.now())
        if first is not question and not found.rows:
            # So that what is not published yet does not look as if nothing had come.
            found = await published.agencies(connection, question, snapshot.current(), lang, now=clock.now())
        flow = None
        if not guarded:
            flow = await months.count(connection, read(MonthsIn, asked), snapshot.current(), lang)
    tables = [_by_month(flow, asked, lang), _by_channel(flow, asked, lang)] if flow else []
    tables.append(_by_body(found, asked | {"to": found.to.isoformat()}, lang))
    return {
        "period": figures.days(found.from_, found.to, lang),
        "tables": [table for table in tables if table["rows"] or table.get("not_shown")],
        "published_to": found.published_to,
        "note": found.note,
    }


def _up_to_what_is_published(question: StatisticsIn) -> StatisticsIn:
    """The part of the period that has figures, if any has: of the rest nothing could be shown."""
    last = published_to(None, clock.today())
    began = question.from_ is not None and question.from_ <= last
    over = question.to is None or question.to > last
    return question.model_copy(update={"to": last}) if began and over else question


def _year(year: int) -> dict[str, str]:
    return {"from": f"{year}-01-01", "to": f"{year}-12-31"}


def _years(asked: dict[str, str], lang: Language) -> list[dict[str, Any]]:
    """The last years, with the same filters."""
    this = clock.today().year
    return [
        {
            "name": t("web.figures.year", lang, year=year),
            "url": f"/statistics?{urlencode(asked | _year(year))}",
            "current": _year(year).items() <= asked.items(),
        }
        for year in (this, this - 1, this - 2, 2021)
    ]


def _choices(lang: Language) -> dict[str, Any]:
    return {
        "agency": bodies(lang),
        "channel": channels(lang),
        "topic": topic_choices(lang),
        "region": regions(lang),
    }


# The tables, each with its chart


def _table(
    of: str,
    said: str,
    chart: Any,
    heads: Sequence[str],
    rows: list[dict[str, Any]],
    asked: dict[str, str],
    lang: Language,
) -> dict[str, Any]:
    call, query = "agencies" if of == "body" else "months", urlencode(asked)
    return {
        "of": of,
        "title": t(f"statistics.by_{of}", lang),
        "said": said,
        "chart": chart,
        "first": t(f"statistics.{of}", lang),
        "heads": heads,
        "rows": rows,
        "url": f"{CALL}/{call}?{query}",
        "files": [{"form": form.upper(), "url": f"{CALL}/{call}.{form}?{query}"} for form in Form],
    }


def _by_body(found: StatisticsOut, asked: dict[str, str], lang: Language) -> dict[str, Any]:
    """What is hidden is no bar, and a dash in the table; what would be dashes alone is told apart from it."""
    drawn = [_bar(row.agency.name, row, lang) for row in found.rows if row.received is not None]
    total = found.total.received
    said = ""
    if drawn and total:
        count, whole = figures.number(drawn[0].value, lang), figures.number(total, lang)
        said = t("statistics.most_body", lang, name=drawn[0].name, count=count, all=whole)
    rows: list[dict[str, Any]] = [
        {"name": row.agency.name, "cells": _cells(row, lang)} for row in found.rows if not _says_nothing(row)
    ]
    if rows or found.total.received:
        total_name = t("web.figures.total", lang)
        rows.append({"name": total_name, "cells": _cells(found.total, lang), "total": True})
    heads = [t(f"web.figures.{name}", lang) for name in (*COUNTED, "on_time")]
    chart = bars(drawn[:MOST_BARS], said) if drawn else ""
    not_shown = [row.agency.name for row in found.rows if _says_nothing(row)]
    return _table("body", said, chart, heads, rows, asked, lang) | {"not_shown": not_shown}


def _says_nothing(row: FiguresOut) -> bool:
    """Whether of what there is to it everything is hidden."""
    return row.suppressed and not any(getattr(row, name) for name in COUNTED)


def _bar(name: str, row: FiguresOut, lang: Language) -> Bar:
    received, overdue = row.received or 0, min(row.overdue or 0, row.received or 0)
    count = figures.number(received, lang)
    late = t("statistics.bar_late", lang, count=figures.number(overdue, lang))
    return Bar(name, received, overdue, f"{count}, {late}" if overdue else count)


def _cells(row: FiguresOut, lang: Language) -> list[str]:
    values = [figures.number(getattr(row, name), lang) for name in COUNTED]
    return [*values, figures.share(row.on_time_share, lang)]


def _flow_heads(lang: Language) -> list[str]:
    return [t("web.figures.received", lang), t("web.figures.answered", lang)]


def _by_channel(flow: MonthsOut, asked: dict[str, str], lang: Language) -> dict[str, Any]:
    drawn = [Bar(one.name, one.received, 0, figures.number(one.received, lang)) for one in flow.channels]
    said = ""
    if drawn:
        whole = figures.number(sum(one.value for one in drawn), lang)
        said = t("statistics.most_channel", lang, name=drawn[0].name, count=drawn[0].said, all=whole)
    rows = [
        {
            "name": one.name,
            "cells": [figures.number(one.received, lang), figures.number(one.answered, lang)],
        }
        for one in flow.channels
    ]
    chart = bars(drawn[:MOST_BARS], said)
    return _table("channel", said, chart, _flow_heads(lang), rows, asked, lang)


def _by_month(flow: MonthsOut, asked: dict[str, str], lang: Language) -> dict[str, Any]:
    """Months that lie ahead are left out."""
    now = f"{clock.today():%Y-%m}"
    there = [one for one in flow.months if one.month <= now]
    most = max(there, key=lambda one: one.received, default=None)
    said, chart = "", ""
    if most and most.received and len(there) > 1:
        name, count = _month(most.month, lang), figures.number(most.received, lang)
        said = t("statistics.most_month", lang, name=name, count=count)
        series = [
            Series(t("web.figures.received", lang), [one.received for one in there]),
            Series(t("web.figures.answered", lang), [one.answered for one in there]),
        ]
        ends = _month(there[0].month, lang), _month(there[-1].month, lang)
        chart = lines(series, ends, said, partial(figures.number, lang=lang))
    rows = [
        {
            "name": _month(one.month, lang),
            "cells": [figures.number(one.received, lang), figures.number(one.answered, lang)],
        }
        for one in reversed(there)
    ]
    if not any(one.received or one.answered for one in there):
        rows = []
    return _table("month", said, chart, _flow_heads(lang), rows, asked, lang)


def _month(month: str, lang: Language) -> str:
    """`2021 ж. қаңтар`, `январь 2021`, `January 2021`."""
    day = date.fromisoformat(f"{month}-01")
    name = format_date(day, "LLLL", locale=lang)
    if lang == "en":
        return f"{name} {day.year}"
    return f"{day.year} ж. {name.lower()}" if lang == "kk" else f"{name.lower()} {day.year}"
