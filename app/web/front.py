"""The front door: what this is, how each body answers, and where to go on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from app.core import clock, http
from app.core.edge import FiguresDb, Lang
from app.core.errors import Invalid
from app.core.i18n import Language, t
from app.core.rooms import join
from app.directory import snapshot
from app.oversight import published
from app.oversight.asked import FIRST_DAY, LAST_DAY
from app.oversight.schemas import FiguresOut, StatisticsIn, StatisticsOut
from app.staff.access import public
from app.web import figures, pages
from app.web.pages import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])
join(router, pages.router)

STATISTICS = "/api/v1/statistics/agencies"
PERIOD = ("from", "to", "as_of")
# The half-year whose figures the ministries published themselves.
PUBLISHED = {"from": "2021-01-01", "to": "2021-06-30", "as_of": "2021-06-30"}
# So many bodies stand on the first page, the others behind a link: it is read on telephones.
FIRST = 12
COUNTED = ("received", "answered", "forwarded_out", "closed_otherwise", "pending", "overdue")


@dataclass(frozen=True, slots=True)
class Row:
    """Figures as they are written in the language; `overdue` is of the pending."""

    name: str
    received: str
    answered: str
    forwarded_out: str
    closed_otherwise: str
    pending: str
    overdue: str
    on_time: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Table:
    period: str
    state: str
    rows: list[Row]
    total: Row
    appeals: str
    url: str
    may_grow: bool
    bodies: str
    all_url: str


@router.get("/")
async def front_door(request: Request, db: FiguresDb, lang: Lang) -> HTMLResponse:
    year = clock.today().year
    this_year = {"from": f"{year}-01-01", "to": f"{year}-12-31"}
    given = request.query_params
    asked = {name: given[name][:40] for name in PERIOD if given.get(name)} or this_year
    shown: dict[str, Any] = {"figures": None, "mistakes": {}, "failed": False}
    try:
        found = await _statistics(db, asked, lang)
        shown["figures"] = _table(found, lang, whole=given.get("bodies") == "all")
    except Invalid as error:
        wrong = error.as_json(lang)["errors"]
        shown["mistakes"] = {found["field"]: found["message"] for found in reversed(wrong)}
    except http.UNAVAILABLE:
        shown["failed"] = True
    return page(
        request,
        "front.html",
        lang,
        status=503 if shown["failed"] else 422 if shown["mistakes"] else 200,
        headers={"Retry-After": "5"} if shown["failed"] else None,
        choices=_choices(asked, this_year, lang),
        typed={name: asked.get(name, "") for name in PERIOD},
        earliest=FIRST_DAY,
        latest=LAST_DAY,
        **shown,
    )


async def _statistics(db: FiguresDb, asked: Mapping[str, str], lang: Language) -> StatisticsOut:
    """The public figures. Raises Invalid for days that are none."""
    try:
        question = StatisticsIn.model_validate(asked)
    except ValidationError as error:
        raise Invalid(errors=http.field_errors(error.errors(), skip=0)) from error
    async with db.read() as connection:
        return await published.agencies(connection, question, snapshot.current(), lang, now=clock.now())


def _table(found: StatisticsOut, lang: Language, *, whole: bool) -> Table:
    """`all_url` is empty where all bodies are shown."""
    asked = _asked(found) | {"lang": lang}
    shown = found.rows if whole else found.rows[:FIRST]
    return Table(
        period=figures.days(found.from_, found.to, lang),
        state=t("web.figures.as_of", lang, day=found.as_of) if found.as_of else t("web.figures.now", lang),
        rows=[_row(row.agency.name, row, lang) for row in shown],
        total=_row(t("web.figures.total", lang), found.total, lang),
        appeals=figures.number(found.total.appeals, lang),
        url=f"{STATISTICS}?{urlencode(asked)}",
        may_grow=found.as_of is None and found.to >= clock.today(),
        bodies=figures.number(len(found.rows), lang),
        all_url=f"/?{urlencode(asked | {'bodies': 'all'})}#figures" if len(shown) < len(found.rows) else "",
    )


def _asked(found: StatisticsOut) -> dict[str, str]:
    days = {"from": found.from_, "to": found.to, "as_of": found.as_of}
    return {name: day.isoformat() for name, day in days.items() if day}


def _row(name: str, of: FiguresOut, lang: Language) -> Row:
    return Row(
        name=name,
        **{field: figures.number(getattr(of, field), lang) for field in COUNTED},
        on_time=figures.share(of.on_time_share, lang),
        is_late=bool(of.overdue),
    )


def _choices(asked: Mapping[str, str], this_year: dict[str, str], lang: Language) -> list[dict[str, Any]]:
    year = this_year["from"][:4]
    periods = {
        t("web.figures.year", lang, year=year): this_year,
        t("web.figures.published", lang): PUBLISHED,
    }
    return [
        {"name": name, "url": f"/?{urlencode(days | {'lang': lang})}#figures", "current": days == asked}
        for name, days in periods.items()
    ]
