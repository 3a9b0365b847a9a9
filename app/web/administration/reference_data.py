"""Reference data: what there is, what people changed of it, and one thing with its forms (decision 0015)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse

from app.core import clock
from app.core.edge import Db, Lang
from app.core.errors import AppError, Invalid
from app.core.i18n import LANGUAGES, Language, long_date, t
from app.directory import changes_api as api
from app.directory import snapshot
from app.directory.changes_api import ChangesIn
from app.directory.changes_schemas import (
    ChangeOut,
    CompetenceIn,
    DatedNamesIn,
    EndIn,
    NamesIn,
    NewAgencyIn,
    SettingsIn,
    ThingOut,
)
from app.directory.registry import Directory
from app.directory.values import Agency
from app.routing import api as routing_api
from app.routing.api import TrialOut
from app.staff.permissions import Role
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
from app.web.administration.room import ROOM, given, requires
from app.web.forms import Form, expired, read, said_of
from app.web.office.signed_in import Worker
from app.web.pages import moment

router = APIRouter(include_in_schema=False)

PAGE = f"{ROOM}/reference"
Administering = Annotated[Worker, Depends(requires(Role.ADMIN))]
Kind = Literal["agency", "region", "topic", "channel", "source"]
Code = Annotated[str, Path(max_length=100)]
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Act = Callable[[Worker, str, str, Form, Db], Awaitable[ThingOut]]


@router.get(PAGE)
async def reference(request: Request, me: Administering, db: Db, lang: Lang) -> HTMLResponse:
    return await _all(request, me, db, lang)


@router.post(PAGE)
async def make(request: Request, me: Administering, db: Db, lang: Lang) -> Response:
    async def act(form: Form) -> str:
        made = await api.make_agency(me.caller, typed(NewAgencyIn, form), db)
        return f"{PAGE}/agency/{made.code}?done=reference"

    done = await attempt(request, me, lang, "new", act)
    return done if isinstance(done, Response) else await _all(request, me, db, lang, done)


@router.get(f"{PAGE}/changes")
async def changes(request: Request, me: Administering, db: Db, lang: Lang) -> HTMLResponse:
    return await _changes(request, me, db, lang)


@router.post(f"{PAGE}/changes/{{id}}/take-back")
async def take_back(request: Request, id: Id, me: Administering, db: Db, lang: Lang) -> Response:
    async def act(_: Form) -> str:
        await api.take_back(me.caller, id, db)
        return f"{PAGE}/changes?done=taken_back"

    done = await attempt(request, me, lang, "take_back", act)
    return done if isinstance(done, Response) else await _changes(request, me, db, lang, done)


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
    what: Annotated[str, Path(pattern="^(names|settings|end|competence)$")],
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


async def _end(me: Worker, kind: str, code: str, form: Form, db: Db) -> ThingOut:
    return await api.end(me.caller, code, typed(EndIn, form), db)


async def _answer(me: Worker, kind: str, code: str, form: Form, db: Db) -> ThingOut:
    return await api.answer(me.caller, code, typed(CompetenceIn, form), db)


ACTS: Mapping[str, Act] = {"names": _rename, "settings": _set_up, "end": _end, "competence": _answer}


async def _all(
    request: Request, me: Worker, db: Db, lang: Language, tried: Tried | None = None
) -> HTMLResponse:
    async with db.moment() as connection:
        newest = (await api.list_changes(me.caller, ChangesIn(limit=api.MOST), connection)).items
    directory, today = snapshot.current(), clock.today()
    against = [one for one in newest if one.files_say]
    flagged = Section(
        t("reference.otherwise", lang),
        [t("reference.otherwise.lead", lang)],
        grid=_grid(against, t("reference.otherwise", lang), lang),
    )
    kept = Grid(
        t("reference.changes", lang),
        _change_heads(lang),
        [],
        t("reference.changes.none", lang),
    )
    if newest:
        kept = _grid(newest[:3], t("reference.changes", lang), lang, f"{PAGE}/changes")
    return sections_page(
        request,
        lang,
        me,
        t("administration.page.reference", lang),
        [
            *([flagged] if against else []),
            Section(grid=kept, forms=[forms.new_agency(PAGE, lang)]),
            *(Section(grid=grid) for grid in _grids(directory, today, lang)),
        ],
        lead=t("reference.lead", lang),
        tried=tried,
    )


def _grids(directory: Directory, today: date, lang: Language) -> list[Grid]:
    nothing = t("administration.empty", lang)
    agencies = Grid(
        t("administration.reference.agencies", lang),
        heads(lang, "name", "code", "above", "from", "until"),
        [_agency(one, directory, lang, today) for one in directory.agencies()],
        nothing,
    )
    regions = Grid(
        t("administration.reference.regions", lang),
        heads(lang, "name", "code", "from", "until"),
        [
            [
                *_named("region", one.code, one.name(lang, today)),
                *_days(one.valid_from, one.valid_to, lang),
            ]
            for one in directory.regions()
        ],
        nothing,
    )
    plain = {
        "topic": [(one.code, one.name(lang)) for one in directory.topics()],
        "channel": [(one.code, one.name(lang)) for one in directory.channels()],
        "source": [(one.code, one.name(lang)) for one in directory.sources()],
    }
    captions = {
        "topic": t("administration.reference.topics", lang),
        "channel": t("administration.reference.channels", lang),
        "source": t("reference.sources", lang),
    }
    lists = [
        Grid(captions[kind], heads(lang, "name", "code"), [_named(kind, *one) for one in listed], nothing)
        for kind, listed in plain.items()
    ]
    return [agencies, regions, *lists]


def _named(kind: str, code: str, name: str) -> list[Cell]:
    return [Cell(name, f"{PAGE}/{kind}/{code}"), Cell(code)]


def _agency(one: Agency, directory: Directory, lang: Language, today: date) -> list[Cell]:
    above = directory.parent(one)
    return [
        *_named("agency", one.code, one.name(lang, today)),
        Cell(above.name(lang, today) if above else figures.NOTHING),
        *_days(one.valid_from, one.valid_to, lang),
    ]


def _days(first: date | None, last: date | None, lang: Language) -> list[Cell]:
    return [
        Cell(long_date(first, lang) if first else t("reference.always", lang)),
        Cell(long_date(last, lang) if last else figures.NOTHING),
    ]


# One thing


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
    sections.append(Section(grid=_grid(made, t("reference.changes", lang), lang)))
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
        days = [cell.text for cell in _days(one.valid_from, one.valid_to, lang)]
        names = ("administration.head.from", "administration.head.until")
        found += [(t(name, lang), day) for name, day in zip(names, days, strict=True)]
    if one.successor:
        found.append((t("administration.field.successor", lang), words.body(one.successor, lang)))
    if one.settings:
        values = one.settings.model_dump(mode="json")
        found += [
            (t(f"administration.field.{name}", lang), words.value(name, values[name], lang))
            for name in ("kind", "parent", "opens", "closes", "week", "approval_required")
        ]
    return found


def _names(one: ThingOut, lang: Language) -> Grid:
    languages = [Head(t(f"administration.field.{language}", lang)) for language in LANGUAGES]
    return Grid(
        t("reference.names", lang),
        [*languages, *heads(lang, "from", "until")],
        [
            [Cell(name.kk), Cell(name.ru), Cell(name.en), *_days(name.from_, name.to, lang)]
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
                *_days(row.from_, row.to, lang),
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
        heads(lang, "number", "before", "after"),
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


# What people changed


async def _changes(
    request: Request, me: Worker, db: Db, lang: Language, tried: Tried | None = None
) -> HTMLResponse:
    asked = given(request, ChangesIn)
    title, above = t("reference.changes", lang), (PAGE, t("administration.page.reference", lang))
    try:
        async with db.moment() as connection:
            found = await api.list_changes(me.caller, read(ChangesIn, asked), connection)
    except Invalid as error:
        return sections_page(request, lang, me, title, [], back=above, wrong=said_of(error, lang))
    more = f"{PAGE}/changes?{urlencode(asked | {'cursor': found.next_cursor})}" if found.next_cursor else ""
    grid = _grid(found.items, title, lang, more, "")
    return sections_page(request, lang, me, title, [Section(grid=grid)], back=above, tried=tried)


def _change_heads(lang: Language) -> list[Head]:
    return [
        *heads(lang, "what"),
        Head(t("reference.head.was", lang)),
        Head(t("reference.head.now", lang)),
        *heads(lang, "who", "state"),
    ]


def _grid(
    rows: list[ChangeOut], caption: str, lang: Language, more: str = "", more_words: str | None = None
) -> Grid:
    said = t("reference.changes.all", lang) if more_words is None else more_words
    none = t("reference.changes.none", lang)
    return Grid(caption, _change_heads(lang), [_change(one, lang) for one in rows], none, more, said)


def _change(one: ChangeOut, lang: Language) -> list[Cell]:
    kind = one.what.kind
    files = t("reference.files_say", lang, what=words.said(one.files_say, lang)) if one.files_say else ""
    state = Cell(t("reference.back_taken", lang))
    if one.in_force:
        back = (f"{PAGE}/changes/{one.id}/take-back", t("reference.take_back", lang))
        state = Cell("", posts=back if one.what != "agency_new" else None)
    return [
        Cell(t(f"reference.what.{one.what}", lang), f"{PAGE}/{kind}/{one.code}", note=one.code),
        Cell(words.said(one.was, lang)),
        Cell(words.said(one.said, lang), note=files),
        Cell(one.by_name, note=moment(one.at, lang)),
        state,
    ]
