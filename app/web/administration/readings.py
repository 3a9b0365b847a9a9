"""Unusual looking into cases, in numbers: something to ask about, never a verdict, which the page says."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from app.core.edge import FIGURES, Db, Lang
from app.core.errors import Invalid
from app.core.i18n import Language, long_date, t
from app.oversight.looking import api
from app.oversight.looking.api import UnusualIn, UnusualOut
from app.web import figures
from app.web.administration.parts import Cell, Grid, Section, heads, sections_page
from app.web.administration.room import ROOM, given
from app.web.forms import read, said_of
from app.web.office.signed_in import Worker, requires

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

PAGE = f"{ROOM}/readings"
Watching = Annotated[Worker, Depends(requires("readings"))]


@router.get(PAGE)
async def unusual(request: Request, me: Watching, db: Db, lang: Lang) -> HTMLResponse:
    title = t("administration.page.readings", lang)
    try:
        async with db.read() as connection:
            found = await api.list_unusual(
                me.caller, read(UnusualIn, given(request, UnusualIn)), lang, connection
            )
    except Invalid as error:
        return sections_page(request, lang, me, title, [], wrong=said_of(error, lang))
    grid = Grid(
        figures.days(found.from_, found.to, lang),
        heads(lang, "day", "who", "body", "role", "why"),
        [_row(item, lang) for item in found.items],
        t("readings.none", lang),
    )
    words = [t("readings.left_off", lang, count=found.left_off)] if found.left_off else []
    return sections_page(request, lang, me, title, [Section(words=words, grid=grid)], lead=found.note)


def _row(item: UnusualOut, lang: Language) -> list[Cell]:
    return [
        Cell(long_date(item.day, lang)),
        Cell(item.person.name, note=item.person.login),
        Cell(item.agency.name),
        Cell(t(f"administration.role.{item.role}", lang)),
        Cell(item.why),
    ]
