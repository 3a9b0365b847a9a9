"""Who keeps the law how well among those of the same volume: bands with their tables, and a body's components
with the figures that they are made from. The period stands in the address, as the call takes it."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse

from app.core import clock
from app.core.edge import FIGURES, FiguresDb, Lang
from app.core.errors import Invalid, NotFound
from app.core.i18n import Language, t
from app.directory import snapshot
from app.oversight.columns import BY_CODE
from app.oversight.index import api
from app.oversight.index.schemas import (
    NOW,
    BandOut,
    ComponentDefinitionOut,
    ComponentOut,
    DefinitionOut,
    IndexIn,
    IndexOut,
    IndexRowOut,
    InputOut,
    NowOut,
)
from app.web import figures
from app.web.administration import index_periods
from app.web.administration.files import links
from app.web.administration.parts import Cell, Grid, Head, Section, heads, sections_page
from app.web.administration.room import ROOM, Overseeing, given
from app.web.administration.table import CASES
from app.web.citizen.choices import Choice
from app.web.forms import read, said_of
from app.web.office.signed_in import Worker

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

PAGE = f"{ROOM}/index"
TOP = 1


@router.get(PAGE)
async def index(request: Request, me: Overseeing, db: FiguresDb, lang: Lang) -> HTMLResponse:
    asked = given(request, IndexIn)
    title = t("administration.page.index", lang)
    try:
        found, choices = await _found(request, me, db, lang, asked)
    except Invalid as error:
        return sections_page(request, lang, me, title, [], wrong=said_of(error, lang))
    return sections_page(
        request,
        lang,
        me,
        title,
        [section for level in _levels(found) for section in _bands(found, level, asked, lang)],
        lead=_lead(found, lang),
        template="index.html",
        state=_state(found, lang) if found.rows else "",
        beside=_beside(PAGE, found, asked, lang),
        files=links("index", asked),
        choices=choices,
        chosen=found.period or "",
        definition=_definition(found.definition, lang),
    )


async def _found(
    request: Request, me: Worker, db: FiguresDb, lang: Language, asked: dict[str, str]
) -> tuple[IndexOut, list[Choice]]:
    async with db.moment() as connection:
        question = read(IndexIn, asked)
        found = await api.index(me.caller, request, question, lang, connection, Response())
        closed = await api.closed_periods(me.caller, connection)
    return found, index_periods.choices(closed.items, found, lang)


def _levels(found: IndexOut) -> list[int]:
    return sorted({row.level for row in found.rows})


def _lead(found: IndexOut, lang: Language) -> str:
    """Who is first and who last where most are compared; where not all of these are shown, the place of the
    first that is."""
    period = index_periods.name(found.from_, found.to, lang)
    if not found.rows:
        return t("administration.index.nothing", lang, period=period)
    groups: dict[tuple[int, str | None], list[IndexRowOut]] = {}
    for row in found.rows:
        if row.rank is not None:
            groups.setdefault((row.level, row.band), []).append(row)
    if not groups:
        return t("administration.index.none_ranked", lang, period=period)
    top = min(level for level, _ in groups)
    beside = max((rows for (level, _), rows in groups.items() if level == top), key=len)
    first, last = beside[0], beside[-1]
    if len(beside) < (first.of or 0) or last.rank == first.rank:
        return t("administration.index.own", lang, agency=first.agency.name, **_stands(first, period, lang))
    return t(
        "administration.index.first_and_last",
        lang,
        period=period,
        band=_band(found, first.band).name,
        count=len(beside),
        first=first.agency.name,
        first_points=_points(first.total, lang),
        last=last.agency.name,
        last_points=_points(last.total, lang),
    )


def _stands(row: IndexRowOut, period: str, lang: Language) -> dict[str, object]:
    return {"period": period, "rank": row.rank, "of": row.of, "points": _points(row.total, lang)}


def _band(found: IndexOut, code: str | None) -> BandOut:
    return next(band for band in found.definition.bands if band.code == code)


def _state(found: IndexOut, lang: Language) -> str:
    if found.closed_at:
        on = found.closed_at.astimezone(clock.ZONE).date()
        return t("administration.index.closed", lang, day=on)
    if found.closes_on is None:
        return t(f"administration.index.{'older' if found.period else 'no_period'}", lang)
    if found.closes_on <= clock.today():
        return t("administration.index.soon", lang)
    return t("administration.index.open", lang, day=found.closes_on)


def _beside(page: str, found: IndexOut, asked: dict[str, str], lang: Language) -> tuple[str, str] | None:
    """Of a closed period: where today's figures stand beside it, or where they do not; with its words."""
    if not found.closed_at:
        return None
    said = {name: value for name, value in asked.items() if name != "beside"}
    if asked.get("beside") == NOW:
        return f"{page}?{urlencode(said)}", t("administration.index.alone", lang)
    return f"{page}?{urlencode(said | {'beside': NOW})}", t("administration.index.beside", lang)


def _bands(found: IndexOut, level: int, asked: dict[str, str], lang: Language) -> list[Section]:
    """A table a band, from many to few, and at the end those in none."""
    rows = [row for row in found.rows if row.level == level]
    title = t(f"administration.index.level_{'top' if level == TOP else 'under'}", lang)
    sections = []
    for band in [*reversed(found.definition.bands), None]:
        inside = [row for row in rows if row.band == (band.code if band else None)]
        if inside:
            sections.append(Section(title, grid=_table(inside, band, found, asked, lang)))
            title = ""
    return sections


def _table(
    rows: Sequence[IndexRowOut], band: BandOut | None, found: IndexOut, asked: dict[str, str], lang: Language
) -> Grid:
    """Of those in no band only what came is told: the caption says why."""
    received = heads(lang, "body", "received#")
    if band is None:
        few = [[_name(row, asked), Cell(figures.number(row.received, lang))] for row in rows]
        return Grid(t("administration.index.few", lang), received, few, "")
    components = [Head(one.title, number=True) for one in found.definition.components]
    beside = heads(lang, "total_now#") if asked.get("beside") == NOW and found.closed_at else []
    return Grid(
        band.name,
        [received[0], *heads(lang, "rank#", "total#"), *beside, received[1], *components],
        [_line(row, asked, lang) for row in rows],
        "",
    )


def _name(row: IndexRowOut, asked: dict[str, str], note: str = "") -> Cell:
    said = {name: value for name, value in asked.items() if name != "agency"}
    return Cell(row.agency.name, f"{PAGE}/{row.agency.code}?{urlencode(said)}", note=note)


def _line(row: IndexRowOut, asked: dict[str, str], lang: Language) -> list[Cell]:
    return [
        _name(row, asked, row.unranked.sentence if row.unranked else ""),
        Cell(_place(row.rank, row.of, lang)),
        Cell(_points(row.total, lang)),
        *([_then(row.now, lang)] if row.now else []),
        Cell(figures.number(row.received, lang)),
        *(Cell(_points(one.points, lang)) for one in row.components),
    ]


def _place(rank: int | None, of: int | None, lang: Language) -> str:
    return figures.NOTHING if rank is None else t("administration.index.place", lang, rank=rank, of=of)


def _points(points: float | None, lang: Language) -> str:
    return figures.number(None if points is None else round(points, 1), lang)


def _then(now: NowOut, lang: Language) -> Cell:
    difference = now.difference or 0
    moved = f"{'+' if difference > 0 else '−'}{figures.number(abs(difference), lang)}" if difference else ""
    return Cell(_points(now.total, lang), note=moved)


def _definition(of: DefinitionOut, lang: Language) -> dict[str, Any]:
    """In plain words."""
    share = figures.share
    rows = [
        [
            Cell(one.title, note=one.means),
            Cell(share(one.weight, lang)),
            Cell(share(one.floor, lang)),
            Cell(share(one.target, lang)),
        ]
        for one in of.components
    ]
    words = [
        t("administration.index.how", lang),
        t("administration.index.how_bands", lang, least=of.bands[0].least),
        t(
            "administration.index.how_small",
            lang,
            cases=of.least_cases,
            share=share(of.least_weight, lang),
        ),
        t("administration.index.how_closed", lang, days=of.closes_after_days),
    ]
    head = heads(lang, "component", "weight#", "floor#", "target#")
    caption = t("administration.index.definition", lang, day=of.from_)
    return {"words": words, "grid": Grid(caption, head, rows, "")}


@router.get(f"{PAGE}/{{agency}}")
async def body(
    request: Request, agency: Annotated[str, Path(max_length=60)], me: Overseeing, db: FiguresDb, lang: Lang
) -> HTMLResponse:
    """One body: each component with its figures."""
    if not snapshot.current().has_agency(agency):
        raise NotFound
    asked = given(request, IndexIn)
    above = (f"{PAGE}?{urlencode(asked)}", t("administration.page.index", lang))
    try:
        found, _ = await _found(request, me, db, lang, asked | {"agency": agency})
    except Invalid as error:
        return sections_page(request, lang, me, above[1], [], back=above, wrong=said_of(error, lang))
    row = next((one for one in found.rows if one.agency.code == agency), None)
    if row is None:
        nothing = Section(words=[t("administration.empty", lang)])
        name = snapshot.current().agency(agency).name(lang, clock.today())
        return sections_page(request, lang, me, name, [nothing], back=above)
    return sections_page(
        request,
        lang,
        me,
        row.agency.name,
        [Section(grid=_components(row, found, lang)), *_changed(row, lang)],
        lead=_body_lead(row, found, lang),
        back=above,
        template="index.html",
        state=_state(found, lang),
        beside=_beside(f"{PAGE}/{agency}", found, asked, lang),
        files=links("index", asked | {"agency": agency}),
        choices=[],
        definition=_definition(found.definition, lang),
    )


def _body_lead(row: IndexRowOut, found: IndexOut, lang: Language) -> str:
    period = index_periods.name(found.from_, found.to, lang)
    if row.unranked:
        return f"{period} – {row.unranked.sentence}"
    return t("administration.index.body", lang, **_stands(row, period, lang))


def _components(row: IndexRowOut, found: IndexOut, lang: Language) -> Grid:
    defined = found.definition.components
    return Grid(
        t("administration.index.components", lang, total=_points(row.total, lang)),
        heads(lang, "component", "counted", "among", "share#", "points#", "weight#", "contribution#"),
        [_component(one, of, lang) for one, of in zip(row.components, defined, strict=True)],
        "",
    )


def _component(one: ComponentOut, of: ComponentDefinitionOut, lang: Language) -> list[Cell]:
    counted = one.counted_weight
    spread = figures.share(one.weight, lang) if counted is not None and counted != one.weight else ""
    return [
        Cell(of.title, note=one.left_out or of.means),
        Cell("", links=[_input(input_, lang) for input_ in one.inputs if input_.counts != "of"]),
        Cell("", links=[_input(input_, lang) for input_ in one.inputs if input_.counts == "of"]),
        Cell(figures.share(one.value, lang)),
        Cell(_points(one.points, lang)),
        Cell(
            figures.share(one.weight if counted is None else counted, lang),
            note=t("administration.index.instead", lang, weight=spread) if spread else "",
        ),
        Cell(_points(one.contribution, lang)),
    ]


def _input(one: InputOut, lang: Language) -> Cell:
    """The figure by its name, with the way to its cases."""
    sign = "− " if one.counts == "less" else ""
    words = f"{sign}{BY_CODE[one.figure].title(lang)}: {figures.number(one.value, lang)}"
    return Cell(words, f"{CASES}?{urlsplit(one.cases_url).query}" if one.value else "")


def _changed(row: IndexRowOut, lang: Language) -> list[Section]:
    """With `beside=now`: what is counted otherwise today."""
    if row.now is None:
        return []
    grid = Grid(
        t("administration.index.now_caption", lang, total=_points(row.now.total, lang)),
        heads(lang, "figure", "kept#", "now#", "difference#"),
        [
            [
                Cell(BY_CODE[one.figure].title(lang)),
                Cell(figures.number(one.kept, lang)),
                Cell(figures.number(one.now, lang)),
                Cell(figures.number(one.difference, lang)),
            ]
            for one in row.now.figures
        ],
        t("administration.index.same", lang),
    )
    return [Section(grid=grid)]
