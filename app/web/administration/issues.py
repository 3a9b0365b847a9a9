"""Systemic issues: a group of appeals as one matter, with an owner, an instruction, and the weeks after."""

import re
from functools import partial
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse

from app.core import clock
from app.core.edge import FIGURES, Db, Lang
from app.core.errors import Invalid
from app.core.i18n import Language, long_date, t
from app.directory import snapshot
from app.oversight.resonance import issues_api
from app.oversight.resonance.schemas import (
    IssueBriefOut,
    IssueCasesIn,
    IssueIn,
    IssueOut,
    IssuesIn,
    SpanOut,
    WordIn,
)
from app.oversight.resonance.steps import State
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
    heads,
    sections_page,
    typed,
)
from app.web.administration.period import filter_choices
from app.web.administration.resonance import appeals_page
from app.web.administration.room import ROOM, Overseeing, Owning, further, given
from app.web.charts import Series, lines
from app.web.forms import Form, read, said_of
from app.web.office.signed_in import Worker
from app.web.pages import moment

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

PAGE = f"{ROOM}/issues"
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
STEPS = {"done": issues_api.done, "send-back": issues_api.send_back, "close": issues_api.close}
# What may be done next, as the calls have it; who may not is told so.
NEXT = {State.OPEN: ("done", "close"), State.DONE: ("send-back", "close"), State.CLOSED: ()}


@router.get(PAGE)
async def issues(request: Request, me: Owning, db: Db, lang: Lang) -> HTMLResponse:
    return await _issues(request, me, db, lang)


@router.post(PAGE)
async def open_issue(request: Request, me: Overseeing, db: Db, lang: Lang) -> Response:
    async def act(form: Form) -> str:
        numbers = re.split(r"[\s,;]+", form.get("numbers").strip())
        fields = ("topic", "region", "agency", "owner", "instruction", "due_on")
        said: dict[str, object] = {name: form.get(name) for name in fields if form.get(name).strip()}
        question = read(IssueIn, said | ({"numbers": numbers} if numbers != [""] else {}))
        async with db.transaction() as connection:
            opened = await issues_api.open_issue(me.caller, question, lang, connection)
        return f"{PAGE}/{opened.id}?done=issue_opened"

    done = await attempt(request, me, lang, "issue", act)
    return done if isinstance(done, Response) else await _issues(request, me, db, lang, done)


async def _issues(
    request: Request, me: Worker, db: Db, lang: Language, tried: Tried | None = None
) -> HTMLResponse:
    asked = given(request, IssuesIn)
    title = t("administration.page.issues", lang)
    try:
        async with db.read() as connection:
            found = await issues_api.list_issues(me.caller, read(IssuesIn, asked), lang, connection)
    except Invalid as error:
        return sections_page(request, lang, me, title, [], wrong=said_of(error, lang))
    more = further(PAGE, asked, found.next_cursor)
    grid = Grid(
        title,
        heads(lang, "what", "owner", "instruction", "due", "state"),
        [_brief(one, lang) for one in found.items],
        t("administration.issues.none", lang),
        more,
    )
    return sections_page(
        request,
        lang,
        me,
        title,
        [_section(grid, asked, lang) if me.may("oversight") else Section(grid=grid)],
        lead=t(f"administration.issues.{'lead' if me.may('oversight') else 'yours'}", lang),
        tried=tried,
    )


def _section(grid: Grid, asked: dict[str, str], lang: Language) -> Section:
    """As those who open issues see it."""
    return Section(grid=grid, files=links("issues", asked), forms=[_asking(lang)])


def _asking(lang: Language) -> Asking:
    choices = filter_choices(lang)
    return Asking(
        "issue",
        PAGE,
        [
            Field("topic", "choice", choices["topic"]),
            Field("region", "choice", choices["region"]),
            Field("agency", "choice", choices["agency"]),
            Field("numbers", "area"),
            Field("owner"),
            Field("instruction", "area"),
            Field("due_on", "day"),
        ],
        t("administration.issues.open", lang),
        folded=t("administration.issues.new", lang),
    )


def named(one: IssueBriefOut, lang: Language) -> str:
    """What an issue is about, in words."""
    directory, words = snapshot.current(), []
    if one.topic:
        words.append(directory.topic(one.topic).name(lang))
    if one.region:
        words.append(directory.region(one.region).name(lang, clock.today()))
    if one.listed:
        words.append(t("administration.issues.listed", lang, count=one.listed))
    return " · ".join(words)


def _brief(one: IssueBriefOut, lang: Language) -> list[Cell]:
    return [
        Cell(named(one, lang), f"{PAGE}/{one.id}", note=one.agency.name if one.agency else ""),
        Cell(one.owner.name, note=one.owner.login),
        Cell(one.instruction),
        Cell(long_date(one.due_on, lang), late=one.overdue, note=_over(one, lang)),
        Cell(t(f"administration.issues.state.{one.state}", lang)),
    ]


def _over(one: IssueBriefOut, lang: Language) -> str:
    return t("administration.over", lang) if one.overdue else ""


@router.get(f"{PAGE}/{{id}}")
async def issue(request: Request, id: Id, me: Owning, db: Db, lang: Lang) -> HTMLResponse:
    return await _issue(request, id, me, db, lang)


@router.get(f"{PAGE}/{{id}}/cases")
async def issue_cases(request: Request, id: Id, me: Owning, db: Db, lang: Lang) -> HTMLResponse:
    asked = given(request, IssueCasesIn)
    async with db.read() as connection:
        found = await issues_api.issue_cases(me.caller, id, read(IssueCasesIn, asked), lang, connection)
    above = (f"{PAGE}/{id}", t("administration.page.issues", lang))
    return appeals_page(request, me, lang, found, f"{PAGE}/{id}/cases", asked, above)


@router.post(f"{PAGE}/{{id}}/{{step}}")
async def take(
    request: Request,
    id: Id,
    step: Annotated[str, Path(pattern="^(done|send-back|close)$")],
    me: Owning,
    db: Db,
    lang: Lang,
) -> Response:
    async def act(form: Form) -> str:
        said = typed(WordIn, form)
        async with db.transaction() as connection:
            await STEPS[step](me.caller, id, said, lang, connection)
        return f"{PAGE}/{id}?done=issue"

    done = await attempt(request, me, lang, step, act)
    return done if isinstance(done, Response) else await _issue(request, id, me, db, lang, done)


async def _issue(
    request: Request, id_: int, me: Worker, db: Db, lang: Language, tried: Tried | None = None
) -> HTMLResponse:
    async with db.read() as connection:
        one = await issues_api.read_issue(me.caller, id_, lang, connection)
    steps = Grid(
        t("administration.issues.steps", lang),
        heads(lang, "step", "who", "word"),
        [
            [
                Cell(t(f"administration.issues.step.{step.step}", lang), note=moment(step.at, lang)),
                Cell(step.by.name),
                Cell(step.word or figures.NOTHING),
            ]
            for step in one.steps
        ],
        t("administration.empty", lang),
    )
    forms = [
        Asking(
            step,
            f"{PAGE}/{id_}/{step}",
            [Field("word", "area")],
            t(f"administration.issues.act.{step}", lang),
            folded=t(f"administration.issues.act.{step}", lang),
        )
        for step in NEXT[one.state]
        if step == "done" or me.may("oversight")
    ]
    return sections_page(
        request,
        lang,
        me,
        named(one, lang),
        [
            Section(words=[one.instruction], facts=_facts(one, lang)),
            _weeks(one, lang),
            Section(t("administration.issues.steps", lang), grid=steps, forms=forms),
        ],
        back=(PAGE, t("administration.page.issues", lang)),
        tried=tried,
    )


def _facts(one: IssueOut, lang: Language) -> list[tuple[str, str]]:
    return [
        (t("administration.head.owner", lang), f"{one.owner.name} ({one.owner.login})"),
        (
            t("administration.head.due", lang),
            " · ".join(filter(None, [long_date(one.due_on, lang), _over(one, lang)])),
        ),
        (t("administration.head.state", lang), t(f"administration.issues.state.{one.state}", lang)),
        (t("administration.issues.opened", lang), f"{long_date(one.opened_on, lang)}, {one.opened_by.name}"),
    ]


def _weeks(one: IssueOut, lang: Language) -> Section:
    weeks = [*one.before.weeks, *one.after.weeks]
    said = t(
        "administration.issues.finding",
        lang,
        before=_a_week(one.before, lang),
        after=_a_week(one.after, lang),
    )
    chart = None
    if len(weeks) > 1:
        name = t("administration.drawn.received", lang)
        ends = (figures.short_day(weeks[0].to, lang), figures.short_day(weeks[-1].to, lang))
        amounts = Series(name, [week.appeals for week in weeks])
        drawn = lines([amounts], ends, said, partial(figures.number, lang=lang))
        chart = (said, drawn, t("administration.issues.source", lang))
    opened = [t("administration.issues.before", lang)] * len(one.before.weeks)
    opened += [t("administration.issues.after", lang)] * len(one.after.weeks)
    grid = Grid(
        t("administration.issues.weeks", lang),
        heads(lang, "week", "appeals#", "when"),
        [
            [
                Cell(f"{figures.short_day(week.from_, lang)} – {figures.short_day(week.to, lang)}"),
                Cell(
                    figures.number(week.appeals, lang),
                    f"{PAGE}/{one.id}/cases?{urlencode({'from': week.from_, 'to': week.to})}",
                    note="" if week.over else t("administration.issues.not_over", lang),
                ),
                Cell(when),
            ]
            for week, when in zip(weeks, opened, strict=True)
        ],
        t("administration.empty", lang),
        f"{PAGE}/{one.id}/cases",
        t("administration.issues.group", lang),
    )
    return Section(t("administration.issues.weeks", lang), chart=chart, grid=grid)


def _a_week(span: SpanOut, lang: Language) -> str:
    if span.a_week is None:
        return figures.NOTHING
    value = figures.tenths(span.a_week, lang)
    return f"{value} ({t('administration.small', lang)})" if span.small else value
