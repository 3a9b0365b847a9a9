"""Signs: lists for a person to open and read, never a verdict, which each page says."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from app.core.edge import FIGURES, Db, FiguresDb, Lang
from app.core.errors import Invalid
from app.core.i18n import Language, long_date, t
from app.oversight.signs import api
from app.oversight.signs.codes import Sign
from app.oversight.signs.schemas import CountOut, ItemOut, PeriodIn, SignIn, SignsOut
from app.web import figures
from app.web.administration import period
from app.web.administration.files import links
from app.web.administration.parts import Cell, Grid, Head, Section, case, heads, sections_page
from app.web.administration.room import ROOM, Overseeing, further, given
from app.web.forms import read, said_of

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

PAGE = f"{ROOM}/signs"


@router.get(PAGE)
async def signs(request: Request, me: Overseeing, db: FiguresDb, lang: Lang) -> HTMLResponse:
    asked = period.usual() | given(request, PeriodIn)
    title = t("administration.page.signs", lang)
    days = period.shown(asked, PAGE, lang, filters=("agency",))
    try:
        async with db.read() as connection:
            found = await api.signs(me.caller, read(PeriodIn, asked), lang, connection)
    except Invalid as error:
        return sections_page(request, lang, me, title, [], wrong=said_of(error, lang), period=days)
    section = Section(grid=_bodies(found, lang), files=links("signs", asked))
    return sections_page(request, lang, me, title, [section], lead=found.note, period=days)


def _bodies(found: SignsOut, lang: Language) -> Grid:
    columns = [Head(t(f"administration.sign.{sign}", lang), number=True) for sign in Sign]
    days = {"from": found.from_.isoformat(), "to": found.to.isoformat()}

    def count(sign: Sign, agency: str, of: CountOut | None) -> Cell:
        if of is None or not of.items:
            return Cell("0")
        return Cell(
            figures.number(of.cases, lang),
            f"{PAGE}/{sign}?{urlencode(days | {'agency': agency})}",
            note=figures.share(of.share, lang) if of.share is not None else "",
        )

    return Grid(
        t("administration.signs.caption", lang, period=figures.days(found.from_, found.to, lang)),
        [*heads(lang, "body", "closed#"), *columns],
        [
            [
                Cell(row.agency.name),
                Cell(
                    figures.number(row.closed, lang),
                    note=t("administration.small", lang) if row.small else "",
                ),
                *(count(sign, row.agency.code, row.signs.get(sign)) for sign in Sign),
            ]
            for row in found.rows
        ],
        t("administration.empty", lang),
    )


@router.get(f"{PAGE}/{{sign}}")
async def sign(
    request: Request, sign: Annotated[str, Path(max_length=40)], me: Overseeing, db: Db, lang: Lang
) -> HTMLResponse:
    asked = period.usual() | given(request, SignIn)
    above = (PAGE, t("administration.page.signs", lang))
    still = {name: value for name, value in asked.items() if name != "cursor"}
    days = period.shown(still, f"{PAGE}/{sign}", lang, filters=("agency",))
    try:
        async with db.read() as connection:
            found = await api.cases_of_a_sign(me.caller, sign, read(SignIn, asked), lang, connection)
    except Invalid as error:
        wrong = said_of(error, lang)
        return sections_page(request, lang, me, above[1], [], back=above, wrong=wrong, period=days)
    more = further(f"{PAGE}/{sign}", asked, found.next_cursor)
    grid = Grid(
        figures.days(found.from_, found.to, lang),
        heads(lang, "body", "day", "why", "cases"),
        [_item(item, lang) for item in found.items],
        t("administration.signs.none", lang),
        more,
    )
    title = t(f"administration.sign.{found.sign}", lang)
    section = Section(words=[found.note], grid=grid, files=links(f"signs-{found.sign}", asked))
    return sections_page(request, lang, me, title, [section], lead=found.what, back=above, period=days)


def _item(item: ItemOut, lang: Language) -> list[Cell]:
    return [
        Cell(item.agency.name),
        Cell(long_date(item.day, lang)),
        Cell(item.why),
        Cell(figures.number(item.count, lang), links=[case(one.number) for one in item.cases]),
    ]
