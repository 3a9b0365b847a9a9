"""People and clients, on our own forms over the administrator's calls."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse

from app.core.edge import FIGURES, Db, Lang
from app.core.errors import AppError, Invalid
from app.core.i18n import LANGUAGES, Language, long_date, sort_key, t
from app.directory import snapshot
from app.staff import people_api as api
from app.staff.models import REQUESTS_PER_MINUTE
from app.staff.people_api import (
    ClientIn,
    ClientOut,
    PageIn,
    PasswordIn,
    PeopleIn,
    PersonChangeIn,
    PersonIn,
    PersonOut,
)
from app.staff.permissions import Role, Scope
from app.web import figures
from app.web.administration import reference_words as words
from app.web.administration.parts import (
    Asking,
    Cell,
    Field,
    Grid,
    Section,
    Tried,
    attempt,
    chosen,
    heads,
    sections_page,
    typed,
)
from app.web.administration.period import filter_choices
from app.web.administration.room import ROOM, further, given
from app.web.citizen.choices import Choice
from app.web.forms import Form, expired, read, said_of
from app.web.office.signed_in import Worker, requires
from app.web.pages import moment

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

PAGE, CLIENTS = f"{ROOM}/people", f"{ROOM}/clients"
KeepingPeople = Annotated[Worker, Depends(requires("people"))]
KeepingClients = Annotated[Worker, Depends(requires("clients"))]
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
TURNS = {"close": api.close_person, "open": api.open_person}
SWITCHES = {"close": api.close_client, "open": api.open_client}
Turn = Annotated[str, Path(pattern="^(close|open)$")]


@router.get(PAGE)
async def people(request: Request, me: KeepingPeople, db: Db, lang: Lang) -> HTMLResponse:
    return await _people(request, me, db, lang)


@router.post(PAGE)
async def create(request: Request, me: KeepingPeople, db: Db, lang: Lang) -> Response:
    async def act(form: Form) -> str:
        await api.create_person(me.caller, typed(PersonIn, form), db)
        return f"{PAGE}?done=account"

    done = await attempt(request, me, lang, "person", act)
    return done if isinstance(done, Response) else await _people(request, me, db, lang, done)


@router.post(f"{PAGE}/{{id}}/password")
async def password(request: Request, id: Id, me: KeepingPeople, db: Db, lang: Lang) -> Response:
    async def act(form: Form) -> str:
        await api.set_password(me.caller, id, typed(PasswordIn, form), db)
        return f"{PAGE}?done=password"

    done = await attempt(request, me, lang, "password", act)
    return done if isinstance(done, Response) else await _person(request, id, me, db, lang, done)


@router.post(f"{PAGE}/{{id}}/change")
async def change(request: Request, id: Id, me: KeepingPeople, db: Db, lang: Lang) -> Response:
    async def act(form: Form) -> str:
        position = {
            one: form.get(f"position_{one}") for one in LANGUAGES if form.get(f"position_{one}").strip()
        }
        given_ = {name: form.get(name) for name in ("name", "role", "agency", "version")}
        through = {"provider_name": form.get("provider_name").strip() or None}
        said = read(
            PersonChangeIn,
            given_ | {"position": position} | (through if request.app.state.provider else {}),
        )
        async with db.transaction() as connection:
            await api.change_person(me.caller, id, said, connection)
        return f"{PAGE}/{id}?done=account_changed"

    done = await attempt(request, me, lang, "change", act)
    return done if isinstance(done, Response) else await _person(request, id, me, db, lang, done)


@router.post(f"{PAGE}/{{id}}/{{turn}}")
async def turn_person(
    request: Request, id: Id, turn: Turn, me: KeepingPeople, db: Db, lang: Lang
) -> Response:
    async def act(_: Form) -> str:
        async with db.transaction() as connection:
            await TURNS[turn](me.caller, id, connection)
        return f"{PAGE}?done=account_{turn}"

    done = await attempt(request, me, lang, turn, act)
    return done if isinstance(done, Response) else await _people(request, me, db, lang, done)


@router.get(f"{PAGE}/{{id}}")
async def person(request: Request, id: Id, me: KeepingPeople, db: Db, lang: Lang) -> HTMLResponse:
    return await _person(request, id, me, db, lang)


async def _people(
    request: Request, me: Worker, db: Db, lang: Language, tried: Tried | None = None
) -> HTMLResponse:
    asked = given(request, PeopleIn)
    title = t("administration.page.people", lang)
    try:
        async with db.read() as connection:
            found = await api.list_people(me.caller, read(PeopleIn, asked), connection)
    except Invalid as error:
        return sections_page(request, lang, me, title, [], wrong=said_of(error, lang))
    more = further(PAGE, asked, found.next_cursor)
    grid = Grid(
        title,
        heads(lang, "login", "person", "role", "body", "state"),
        [_account(one, lang) for one in found.items],
        t("administration.people.none", lang),
        more,
    )
    asking = Asking(
        "person",
        PAGE,
        [
            Field("login"),
            Field("name"),
            *_place_fields(lang),
            Field("password", "password"),
        ],
        t("administration.people.create", lang),
        folded=t("administration.people.new", lang),
    )
    return sections_page(request, lang, me, title, [Section(forms=[asking]), Section(grid=grid)], tried=tried)


def _place_fields(lang: Language) -> list[Field]:
    roles = [Choice(role, t(f"administration.role.{role}", lang)) for role in Role]
    agencies = filter_choices(lang)["agency"]
    return [
        Field("role", "choice", roles),
        Field("agency", "choice", agencies, t("administration.head.body", lang)),
    ]


def _account(one: PersonOut, lang: Language) -> list[Cell]:
    turn = "close" if one.active else "open"
    state = t(f"administration.people.{'active' if one.active else 'closed'}", lang)
    words = t(f"administration.people.{turn}", lang)
    return [
        Cell(one.login, f"{PAGE}/{one.id}"),
        Cell(one.name),
        Cell(t(f"administration.role.{one.role}", lang)),
        Cell(snapshot.current().agency(one.agency).name(lang, one.created_at.date())),
        Cell(state, posts=(f"{PAGE}/{one.id}/{turn}", words)),
    ]


async def _person(
    request: Request, id_: int, me: Worker, db: Db, lang: Language, tried: Tried | None = None
) -> HTMLResponse:
    """One account: what it is, changed; its password set anew."""
    asking = Asking(
        "password",
        f"{PAGE}/{id_}/password",
        [Field("password", "password")],
        t("administration.people.set_password", lang),
        folded=t("administration.people.set_password", lang),
    )
    async with db.read() as connection:
        one = await api.read_person(me.caller, id_, connection)
    facts = [
        (t("administration.head.login", lang), one.login),
        (t("administration.head.role", lang), t(f"administration.role.{one.role}", lang)),
        (t("administration.head.body", lang), words.body(one.agency, lang)),
        (t("administration.field.position", lang), words.value("position", one.position, lang)),
    ]
    if tried is not None:  # what was typed stays; the version is that of what stands above it now
        tried = replace(tried, typed={k: v for k, v in tried.typed.items() if k != "version"})
    changing = Asking(
        "change",
        f"{PAGE}/{id_}/change",
        [
            Field("name"),
            *_place_fields(lang),
            *(Field(f"position_{language}") for language in LANGUAGES),
            *([Field("provider_name")] if request.app.state.provider else []),
            Field("version", "hidden"),
        ],
        t("administration.people.change", lang),
        {"name": one.name, "role": one.role, "agency": one.agency, "version": one.version}
        | {"provider_name": one.provider_name or ""}
        | {f"position_{language}": words_ for language, words_ in one.position.items()},
        folded=t("administration.people.changing", lang),
    )
    above = (PAGE, t("administration.page.people", lang))
    return sections_page(
        request, lang, me, one.name, [Section(facts=facts, forms=[changing, asking])], back=above, tried=tried
    )


# Clients


@router.get(CLIENTS)
async def clients(request: Request, me: KeepingClients, db: Db, lang: Lang) -> HTMLResponse:
    return await _clients(request, me, db, lang)


@router.post(CLIENTS)
async def create_client(request: Request, me: KeepingClients, db: Db, lang: Lang) -> HTMLResponse:
    """The key is shown once, on this page, and stands in no address."""
    form = await Form.of(request)
    if not me.visitor.sent(form.token):
        return await _clients(request, me, db, lang, Tried("client", form.fields, [expired(lang)]))
    try:
        said = _client_in(form)
        async with db.transaction() as connection:
            made = await api.create_client(me.caller, said, connection)
    except AppError as error:
        return await _clients(request, me, db, lang, Tried("client", form.fields, said_of(error, lang)))
    return await _clients(request, me, db, lang, key=made.key)


def _client_in(form: Form) -> ClientIn:
    """Raises Invalid."""
    names = ("name", "source", "requests_per_minute", "last_day")
    given_: dict[str, object] = {name: form.get(name).strip() for name in names if form.get(name).strip()}
    return read(ClientIn, given_ | {name: chosen(form, name) for name in ("scopes", "channels")})


@router.post(f"{CLIENTS}/{{id}}/key")
async def key(request: Request, id: Id, me: KeepingClients, db: Db, lang: Lang) -> Response:
    """The new key is shown once, on this page, and stands in no address."""
    form = await Form.of(request)
    if not me.visitor.sent(form.token):
        return await _clients(request, me, db, lang)
    async with db.transaction() as connection:
        made = await api.rotate_key(me.caller, id, connection)
    return await _clients(request, me, db, lang, key=made.key)


@router.post(f"{CLIENTS}/{{id}}/{{turn}}")
async def turn_client(
    request: Request, id: Id, turn: Turn, me: KeepingClients, db: Db, lang: Lang
) -> Response:
    async def act(_: Form) -> str:
        async with db.transaction() as connection:
            await SWITCHES[turn](me.caller, id, connection)
        return f"{CLIENTS}?done=client_{turn}"

    done = await attempt(request, me, lang, turn, act)
    return done if isinstance(done, Response) else await _clients(request, me, db, lang, done)


async def _clients(
    request: Request, me: Worker, db: Db, lang: Language, tried: Tried | None = None, *, key: str = ""
) -> HTMLResponse:
    asked = given(request, PageIn)
    title = t("administration.page.clients", lang)
    try:
        async with db.read() as connection:
            found = await api.list_clients(me.caller, read(PageIn, asked), connection)
    except Invalid as error:
        return sections_page(request, lang, me, title, [], wrong=said_of(error, lang))
    more = further(CLIENTS, asked, found.next_cursor)
    grid = Grid(
        title,
        heads(lang, "client", "source", "channels", "limit#", "used", "key", "state"),
        [_client(one, lang) for one in found.items],
        t("administration.clients.none", lang),
        more,
    )
    shown = [Section(t("administration.clients.new_key", lang), letter=(key, "en"))] if key else []
    forms = Section(forms=[_new_client(lang)])
    return sections_page(request, lang, me, title, [*shown, forms, Section(grid=grid)], tried=tried)


def _scope(scope: Scope, lang: Language) -> str:
    return t(f"administration.scope.{scope.name.lower()}", lang)


def _new_client(lang: Language) -> Asking:
    directory = snapshot.current()
    sources = [Choice(one.code, f"{one.name(lang)} ({one.code})") for one in directory.sources()]
    scopes = [Choice(scope, _scope(scope, lang)) for scope in Scope]
    return Asking(
        "client",
        CLIENTS,
        [
            Field("name", label=t("administration.field.client_name", lang)),
            Field("source", "choice", sorted(sources, key=lambda one: sort_key(one.name, lang))),
            Field("scopes", "many", scopes),
            Field("channels", "many", filter_choices(lang)["channel"]),
            Field("requests_per_minute", "number"),
            Field("last_day", "day", label=t("administration.field.key_last_day", lang)),
        ],
        t("administration.clients.create", lang),
        {"requests_per_minute": str(REQUESTS_PER_MINUTE)}
        | {f"scopes.{scope}": "yes" for scope in (Scope.TICKETS_WRITE, Scope.TICKETS_READ)},
        folded=t("administration.clients.new", lang),
    )


def _client(one: ClientOut, lang: Language) -> list[Cell]:
    directory = snapshot.current()
    turn = "close" if one.active else "open"
    state = t(f"administration.people.{'active' if one.active else 'closed'}", lang)
    names = [directory.channel(code).name(lang) for code in one.channels]
    used = long_date(one.last_used_on, lang) if one.last_used_on else figures.NOTHING
    ends = moment(one.expires_at, lang) if one.expires_at else t("administration.clients.endless", lang)
    return [
        Cell(one.name),
        Cell(one.source),
        Cell(", ".join(names), note=", ".join(_scope(Scope(scope), lang) for scope in one.scopes)),
        Cell(figures.number(one.requests_per_minute, lang)),
        Cell(used),
        Cell(ends, posts=(f"{CLIENTS}/{one.id}/key", t("administration.clients.rotate", lang))),
        Cell(state, posts=(f"{CLIENTS}/{one.id}/{turn}", t(f"administration.people.{turn}", lang))),
    ]


# What was changed
