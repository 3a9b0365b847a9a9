"""Where appeals rise, over hours and over weeks, with a word of who knows of it."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse

from app.core.edge import FIGURES, Db, Lang
from app.core.errors import Invalid
from app.core.i18n import Language, long_date, t
from app.directory import snapshot
from app.oversight.resonance import issues_api, rises_api
from app.oversight.resonance.schemas import (
    AppealOut,
    AppealsIn,
    AppealsOut,
    PageIn,
    RiseOut,
    RisesIn,
    TrendOut,
    TrendsIn,
    WordIn,
)
from app.web import figures
from app.web.administration.files import links
from app.web.administration.parts import (
    Asking,
    Cell,
    Field,
    Grid,
    Section,
    Tried,
    attempt,
    case,
    heads,
    sections_page,
    typed,
)
from app.web.administration.room import ROOM, Overseeing, further, given
from app.web.charts import sparkline
from app.web.forms import Form, read, said_of
from app.web.office.signed_in import Worker
from app.web.pages import moment

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

PAGE = f"{ROOM}/rises"
APPEALS = f"{ROOM}/appeals"
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get(PAGE)
async def rises(request: Request, me: Overseeing, db: Db, lang: Lang) -> HTMLResponse:
    return await _rises(request, me, db, lang)


@router.post(f"{PAGE}/{{id}}")
async def acknowledge(request: Request, id: Id, me: Overseeing, db: Db, lang: Lang) -> Response:
    async def act(form: Form) -> str:
        said = typed(WordIn, form)
        async with db.transaction() as connection:
            await rises_api.acknowledge(me.caller, id, said, lang, connection)
        return f"{PAGE}?done=acknowledged"

    done = await attempt(request, me, lang, f"rise{id}", act)
    return done if isinstance(done, Response) else await _rises(request, me, db, lang, done)


async def _rises(
    request: Request, me: Worker, db: Db, lang: Language, tried: Tried | None = None
) -> HTMLResponse:
    asked = given(request, RisesIn)
    title = t("administration.page.rises", lang)
    try:
        async with db.read() as connection:
            found = await rises_api.rises(me.caller, read(RisesIn, asked), lang, connection)
            trends = await issues_api.trends(me.caller, TrendsIn(), lang, connection)
    except Invalid as error:
        return sections_page(request, lang, me, title, [], wrong=said_of(error, lang))
    sections = [_rise(one, lang) for one in found.items]
    if not sections:
        sections = [Section(words=[t("administration.rises.none", lang)])]
    else:
        more = further(PAGE, asked, found.next_cursor)
        sections.append(Section(more=more, files=links("rises", asked)))
    weeks = Grid(
        t("administration.rises.weeks_caption", lang),
        heads(lang, "what", "weeks12", "a_week#", "last_week#", "state"),
        [_trend(one, lang) for one in trends.rows],
        t("administration.empty", lang),
    )
    sections.append(Section(t("administration.rises.weeks", lang), grid=weeks))
    return sections_page(
        request, lang, me, title, sections, lead=t("administration.rises.lead", lang), tried=tried
    )


def _rise(one: RiseOut, lang: Language) -> Section:
    place = one.region_name or t("administration.no_region", lang)
    facts = [
        (t("administration.head.body", lang), one.agency.name),
        (t("administration.rises.told", lang), moment(one.told_at, lang)),
    ]
    words, forms = [one.sentence], []
    if one.acknowledged:
        said = one.acknowledged
        who = t("administration.rises.acknowledged", lang, name=said.by.name, moment=moment(said.at, lang))
        facts.append((who, said.word))
    else:
        forms = [
            Asking(
                f"rise{one.id}",
                f"{PAGE}/{one.id}",
                [Field("word", "area", rows=2)],
                t("administration.rises.acknowledge", lang),
                folded=t("administration.rises.acknowledge", lang),
            )
        ]
    grid = Grid(
        t("administration.rises.hours", lang),
        heads(lang, "hour", "seen#", "expected#"),
        [
            [
                Cell(moment(hour.hour, lang)),
                Cell(figures.number(hour.seen, lang)),
                Cell(figures.tenths(hour.expected, lang)),
            ]
            for hour in one.hours
        ],
        t("administration.empty", lang),
        f"{PAGE}/{one.id}/cases",
        t("administration.rises.cases", lang, count=one.seen),
    )
    return Section(f"{one.topic_name} · {place}", words=words, facts=facts, grid=grid, forms=forms)


def _trend(one: TrendOut, lang: Language) -> list[Cell]:
    values = [week.appeals for week in one.weeks]
    last = one.weeks[-1] if one.weeks else None
    state = "small" if one.small else "rising" if one.rising else "steady"
    heard = ", ".join(str(value) for value in values)
    return [
        Cell(one.name, note=t(f"administration.rises.by_{one.by}", lang)),
        Cell("", drawn=sparkline(values, heard)),
        Cell(figures.tenths(one.a_week, lang)),
        Cell(figures.number(last.appeals, lang), page_of(last.cases_url)) if last else Cell(figures.NOTHING),
        Cell(t(f"administration.rises.{state}", lang), late=one.rising),
    ]


def page_of(cases_url: str) -> str:
    """The page of a list of appeals that a call names."""
    return f"{APPEALS}?{urlsplit(cases_url).query}"


@router.get(f"{PAGE}/{{id}}/cases")
async def rise_cases(request: Request, id: Id, me: Overseeing, db: Db, lang: Lang) -> HTMLResponse:
    asked = given(request, PageIn)
    async with db.read() as connection:
        found = await rises_api.rise_cases(me.caller, id, read(PageIn, asked), lang, connection)
    above = (PAGE, t("administration.page.rises", lang))
    return appeals_page(request, me, lang, found, f"{PAGE}/{id}/cases", asked, above)


@router.get(APPEALS)
async def appeals(request: Request, me: Overseeing, db: Db, lang: Lang) -> HTMLResponse:
    asked = given(request, AppealsIn)
    async with db.read() as connection:
        found = await issues_api.appeals(me.caller, read(AppealsIn, asked), lang, connection)
    above = (PAGE, t("administration.page.rises", lang))
    return appeals_page(request, me, lang, found, APPEALS, asked, above)


def appeals_page(
    request: Request,
    me: Worker,
    lang: Language,
    found: AppealsOut,
    here: str,
    asked: dict[str, str],
    above: tuple[str, str],
) -> HTMLResponse:
    more = further(here, asked, found.next_cursor)
    grid = Grid(
        t("administration.appeals", lang),
        heads(lang, "case", "body", "topic", "where", "received_at", "due", "state"),
        [_appeal(one, lang) for one in found.items],
        t("administration.cases.none", lang),
        more,
    )
    return sections_page(
        request, lang, me, t("administration.appeals", lang), [Section(grid=grid)], back=above
    )


def _appeal(one: AppealOut, lang: Language) -> list[Cell]:
    directory = snapshot.current()
    where = directory.region(one.region).name(lang, one.registered_on) if one.region else figures.NOTHING
    return [
        case(one.number),
        Cell(one.agency.name),
        Cell(directory.topic(one.topic).name(lang)),
        Cell(where),
        Cell(moment(one.received_at, lang)),
        Cell(long_date(one.due_on, lang), late=one.overdue),
        Cell(t(f"office.status.{one.status}", lang)),
    ]
