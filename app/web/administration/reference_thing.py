"""One thing of the reference data: what is said of it, what people changed, and its forms."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse

from app.core import clock
from app.core.edge import FIGURES, Db, Lang
from app.core.errors import AppError
from app.core.i18n import LANGUAGES, Language, t
from app.directory import changes_api as api
from app.directory.changes_api import ChangesIn
from app.directory.changes_schemas import CompetenceIn, DatedNamesIn, EndIn, NamesIn, SettingsIn, ThingOut
from app.routing import api as routing_api
from app.routing.api import TrialOut
from app.web import figures
from app.web.administration import reference_forms as forms
from app.web.administration import reference_words as words
from app.web.administration.parts import (
    Cell,
    Grid,
    Head,
    Section,
    Tried,
    attempt,
    case,
    heads,
    sections_page,
    typed,
)
from app.web.administration.reference_data import PAGE, Administering, changes_grid, days
from app.web.forms import Form, expired, read, said_of
from app.web.office.signed_in import Worker

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

Kind = Literal["agency", "region", "topic", "channel", "source"]
Code = Annotated[str, Path(max_length=100)]
Act = Callable[[Worker, str, str, Form, Db], Awaitable[ThingOut]]


@router.get(f"{PAGE}/{{kind}}/{{code}}")
async def thing(
    request: Request, kind: Kind, code: Code, me: Administering, db: Db, lang: Lang
) -> HTMLResponse:
    return await _thing(request, kind, code, me, db, lang)


@router.post(f"{PAGE}/{{kind}}/{{code}}/{{what}}")
async def change(
    request: Request,
    kind: Kind,
    code: Code,
    what: Annotated[str, Path(pattern="^(names|settings|contact|end|competence)$")],
    me: Administering,
    db: Db,
    lang: Lang,
) -> Response:
    async def act(form: Form) -> str:
        await ACTS[what](me, kind, code, form, db)
        return f"{PAGE}/{kind}/{code}?done=reference"

    done = await attempt(request, me, lang, what, act)
    return done if isinstance(done, Response) else await _thing(request, kind, code, me, db, lang, done)


@router.post(f"{PAGE}/{{kind}}/{{code}}/{{what}}/preview")
async def preview(
    request: Request,
    kind: Kind,
    code: Code,
    what: Annotated[str, Path(pattern="^(end|competence)$")],
    me: Administering,
    db: Db,
    lang: Lang,
) -> HTMLResponse:
    """What the change would have done with the appeals of the last days; nothing is written."""
    form = await Form.of(request)
    tried = Tried(what, form.fields, [])
    if not me.visitor.sent(form.token):
        return await _thing(request, kind, code, me, db, lang, replace(tried, wrong=[expired(lang)]))
    try:
        found = await _try(me, code, what, form, db)
    except AppError as error:
        if error.status == 404:
            raise
        return await _thing(request, kind, code, me, db, lang, replace(tried, wrong=said_of(error, lang)))
    return await _thing(request, kind, code, me, db, lang, tried, found)


async def _try(me: Worker, code: str, what: str, form: Form, db: Db) -> TrialOut:
    if what == "end":
        end = typed(EndIn, form)
        async with db.moment() as connection:
            return await routing_api.preview_end(me.caller, code, end, connection)
    answer = typed(CompetenceIn, form)
    async with db.moment() as connection:
        return await routing_api.preview_competence(me.caller, code, answer, connection)


async def _rename(me: Worker, kind: Any, code: str, form: Form, db: Db) -> ThingOut:
    if kind in forms.DATED:
        return await api.rename_from(me.caller, kind, code, typed(DatedNamesIn, form), db)
    return await api.rename(me.caller, kind, code, typed(NamesIn, form), db)


async def _set_up(me: Worker, kind: str, code: str, form: Form, db: Db) -> ThingOut:
    return await api.set_up(me.caller, code, read(SettingsIn, forms.settings_of(form)), db)


async def _reach(me: Worker, kind: str, code: str, form: Form, db: Db) -> ThingOut:
    return await api.set_up(me.caller, code, read(SettingsIn, forms.contact_of(form)), db)


async def _end(me: Worker, kind: str, code: str, form: Form, db: Db) -> ThingOut:
    return await api.end(me.caller, code, typed(EndIn, form), db)


async def _answer(me: Worker, kind: str, code: str, form: Form, db: Db) -> ThingOut:
    return await api.answer(me.caller, code, typed(CompetenceIn, form), db)


ACTS: Mapping[str, Act] = {
    "names": _rename,
    "settings": _set_up,
    "contact": _reach,
    "end": _end,
    "competence": _answer,
}


async def _thing(
    request: Request,
    kind: Kind,
    code: str,
    me: Worker,
    db: Db,
    lang: Language,
    tried: Tried | None = None,
    trial: TrialOut | None = None,
) -> HTMLResponse:
    async with db.moment() as connection:
        one = await api.read_thing(me.caller, kind, code, connection)
        asked = ChangesIn(kind=kind, code=code, limit=20)
        made = (await api.list_changes(me.caller, asked, connection)).items
    if tried is not None:  # what was typed stays; the version is that of what stands above it now
        tried = Tried(tried.name, {k: v for k, v in tried.typed.items() if k != "version"}, tried.wrong)
    sections = [Section(facts=_facts(one, lang), grid=_names(one, lang))]
    if kind == "topic":
        lead = [t("reference.competence.lead", lang)]
        sections.append(Section(t("reference.competence", lang), lead, grid=_competence(one, lang)))
    if trial is not None:
        sections.append(_trial(trial, lang))
    sections.append(Section(forms=forms.of(kind, one, f"{PAGE}/{kind}/{code}", lang)))
    sections.append(Section(grid=changes_grid(made, t("reference.changes", lang), lang)))
    return sections_page(
        request,
        lang,
        me,
        _title(one, lang),
        sections,
        back=(PAGE, t("administration.page.reference", lang)),
        tried=tried,
    )


def _title(one: ThingOut, lang: Language) -> str:
    """The name of today, or the nearest one."""
    today = clock.today()
    begun = [name for name in one.names if name.from_ is None or name.from_ <= today]
    name: str = getattr((begun or one.names)[-1 if begun else 0], lang)
    return name


def _facts(one: ThingOut, lang: Language) -> list[tuple[str, str]]:
    found = [(t("administration.head.code", lang), one.code)]
    if one.valid_from is not None:
        both = [cell.text for cell in days(one.valid_from, one.valid_to, lang)]
        names = ("administration.head.from", "administration.head.until")
        found += [(t(name, lang), day) for name, day in zip(names, both, strict=True)]
    if one.successor:
        found.append((t("administration.field.successor", lang), words.body(one.successor, lang)))
    if one.settings:
        values = one.settings.model_dump(mode="json")
        found += [
            (t(f"administration.field.{name}", lang), words.value(name, values[name], lang))
            for name in ("kind", "parent", "opens", "closes", "week", "approval_required", "phone", "email")
        ]
        found.append((t("reference.address", lang), values[f"address_{lang}"] or figures.NOTHING))
    return found


def _names(one: ThingOut, lang: Language) -> Grid:
    languages = [Head(t(f"administration.field.{language}", lang)) for language in LANGUAGES]
    return Grid(
        t("reference.names", lang),
        [*languages, *heads(lang, "from", "until")],
        [
            [Cell(name.kk), Cell(name.ru), Cell(name.en), *days(name.from_, name.to, lang)]
            for name in one.names
        ],
        t("administration.empty", lang),
    )


def _competence(one: ThingOut, lang: Language) -> Grid:
    """What holds today or later: the country first, then regions by name."""
    today = clock.today()
    rows = [row for row in one.competence if row.to is None or row.to >= today]
    rows.sort(key=lambda row: (row.region is not None, words.place(row.region, lang), row.from_))
    return Grid(
        t("reference.competence.caption", lang),
        heads(lang, "where", "body", "from", "until"),
        [
            [
                Cell(words.place(row.region, lang)),
                Cell(words.body(row.agency, lang)),
                *days(row.from_, row.to, lang),
            ]
            for row in rows
        ],
        t("administration.empty", lang),
    )


def _trial(found: TrialOut, lang: Language) -> Section:
    said = t(
        "reference.trial.said",
        lang,
        since=found.since,
        looked_at=figures.number(found.looked_at, lang),
        moved=figures.number(found.moved, lang),
    )
    ways = [
        (
            f"{words.body(way.before, lang)} → {words.body(way.after, lang)}",
            figures.number(way.appeals, lang),
        )
        for way in found.ways
    ]
    grid = Grid(
        t("reference.trial.appeals", lang),
        [
            *heads(lang, "number"),
            Head(t("reference.head.was", lang)),
            Head(t("reference.head.now", lang)),
        ],
        [
            [
                Cell(case(one.number).text),
                Cell(words.body(one.before, lang)),
                Cell(words.body(one.after, lang)),
            ]
            for one in found.items
        ],
        t("reference.trial.none", lang),
    )
    return Section(t("reference.trial", lang), [said], facts=ways, grid=grid)
