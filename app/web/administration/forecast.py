"""What will be late at today's pace, body by body, and how far to trust that."""

from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.core.edge import FIGURES, FiguresDb, Lang
from app.core.errors import Invalid
from app.core.i18n import Language, long_date, t
from app.directory import snapshot
from app.oversight.forecast import api
from app.oversight.forecast.schemas import ForecastIn, ForecastOut, ForecastRow
from app.web import figures
from app.web.administration.files import links
from app.web.administration.parts import Cell, Grid, Section, case, heads, sections_page
from app.web.administration.room import ROOM, Overseeing, further, given
from app.web.forms import read, said_of

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

PAGE = f"{ROOM}/forecast"


@router.get(PAGE)
async def forecast(request: Request, me: Overseeing, db: FiguresDb, lang: Lang) -> HTMLResponse:
    asked = given(request, ForecastIn)
    title = t("administration.page.forecast", lang)
    try:
        async with db.read() as connection:
            found = await api.forecast(me.caller, read(ForecastIn, asked), lang, connection)
    except Invalid as error:
        return sections_page(request, lang, me, title, [], wrong=said_of(error, lang))
    sections = [Section(grid=_bodies(found, lang), files=links("forecast", asked))]
    if asked.get("agency"):
        sections += _one(found, asked, lang)
    above = (PAGE, title) if asked.get("agency") else None
    return sections_page(request, lang, me, title, sections, lead=found.note, back=above)


def _bodies(found: ForecastOut, lang: Language) -> Grid:
    return Grid(
        t("administration.forecast.caption", lang, day=found.on),
        heads(lang, "body", "will_be_late#", "open#", "overdue#", "pace#", "precision#", "recall#"),
        [_body(row, lang) for row in found.rows],
        t("administration.forecast.none", lang),
    )


def _body(row: ForecastRow, lang: Language) -> list[Cell]:
    tried = row.backtest
    small = t("administration.small", lang) if tried and tried.small else ""
    return [
        Cell(row.agency.name, f"{PAGE}?agency={row.agency.code}"),
        Cell(figures.number(row.will_be_late, lang), late=row.will_be_late > 0),
        Cell(figures.number(row.open, lang)),
        Cell(figures.number(row.overdue, lang), late=row.overdue > 0),
        Cell(figures.number(round(row.pace, 1), lang)),
        Cell(figures.share(tried.precision if tried else None, lang), note=small),
        Cell(figures.share(tried.recall if tried else None, lang), note=small),
    ]


def _one(found: ForecastOut, asked: dict[str, str], lang: Language) -> list[Section]:
    """A body's days, and the cases that will be late."""
    directory = snapshot.current()
    more = further(PAGE, asked, found.next_cursor)
    days = [day for row in found.rows for day in row.days]
    by_day = Grid(
        t("administration.forecast.days", lang),
        heads(lang, "due", "due_then#", "late_then#", "done_by"),
        [
            [
                Cell(long_date(day.due_on, lang)),
                Cell(figures.number(day.due, lang)),
                Cell(figures.number(day.late, lang), late=True),
                Cell(_done(day.last_done_on, lang)),
            ]
            for day in days
        ],
        t("administration.forecast.no_days", lang),
    )
    cases = Grid(
        t("administration.forecast.cases", lang),
        heads(lang, "case", "topic", "registered", "due", "done_by"),
        [
            [
                case(one.number),
                Cell(directory.topic(one.topic).name(lang)),
                Cell(long_date(one.registered_on, lang)),
                Cell(long_date(one.due_on, lang)),
                Cell(_done(one.expected_on, lang)),
            ]
            for one in found.cases
        ],
        t("administration.forecast.no_days", lang),
        more,
    )
    return [Section(grid=by_day), Section(grid=cases, files=links("forecast-cases", asked))]


def _done(day: date | None, lang: Language) -> str:
    return long_date(day, lang) if day else t("administration.forecast.never", lang)
