"""Reference data: what there is, and what people changed of it (decision 0015)."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse

from app.core import clock
from app.core.edge import FIGURES, Db, Lang
from app.core.errors import Invalid
from app.core.i18n import Language, long_date, t
from app.directory import changes_api as api
from app.directory import snapshot
from app.directory.changes_api import ChangesIn
from app.directory.changes_schemas import (
    ChangeOut,
    NewAgencyIn,
)
from app.directory.registry import Directory
from app.directory.values import Agency
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
    heads,
    sections_page,
    typed,
)
from app.web.administration.room import ROOM, further, given
from app.web.forms import Form, read, said_of
from app.web.office.signed_in import Worker, requires
from app.web.pages import moment

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

PAGE = f"{ROOM}/reference"
Administering = Annotated[Worker, Depends(requires("reference"))]
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]


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
        grid=changes_grid(against, t("reference.otherwise", lang), lang),
    )
    kept = Grid(
        t("reference.changes", lang),
        _change_heads(lang),
        [],
        t("reference.changes.none", lang),
    )
    if newest:
        kept = changes_grid(newest[:3], t("reference.changes", lang), lang, f"{PAGE}/changes")
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
                *days(one.valid_from, one.valid_to, lang),
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
        *days(one.valid_from, one.valid_to, lang),
    ]


def days(first: date | None, last: date | None, lang: Language) -> list[Cell]:
    return [
        Cell(long_date(first, lang) if first else t("reference.always", lang)),
        Cell(long_date(last, lang) if last else figures.NOTHING),
    ]


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
    more = further(f"{PAGE}/changes", asked, found.next_cursor)
    grid = changes_grid(found.items, title, lang, more, "")
    return sections_page(request, lang, me, title, [Section(grid=grid)], back=above, tried=tried)


def _change_heads(lang: Language) -> list[Head]:
    return [
        *heads(lang, "what"),
        Head(t("reference.head.was", lang)),
        Head(t("reference.head.now", lang)),
        *heads(lang, "who", "state"),
    ]


def changes_grid(
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
