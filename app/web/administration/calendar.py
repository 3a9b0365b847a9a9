"""Working days and days off: the orders, what a new one would move before it is announced, recalculations.

The recalculations that changed rules asked for stand among them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from app.core.edge import FIGURES, Db, Lang
from app.core.errors import AppError
from app.core.i18n import Language, long_date, t
from app.timekeeping import api
from app.timekeeping.schemas import OrderIn, OrderOut, PreviewOut, RecalculationOut
from app.web import figures
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
)
from app.web.administration.room import ROOM
from app.web.citizen.choices import Choice
from app.web.forms import Form, expired, read, said_of
from app.web.office.signed_in import Worker, requires
from app.web.pages import moment

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

PAGE = f"{ROOM}/calendar"
Administering = Annotated[Worker, Depends(requires("calendar"))]
# So many days one form takes; the call takes a hundred.
ROWS = 4
DAY_FIELDS = ("day", "working", "exchanged_with")
MOST_SHOWN = 200


@router.get(PAGE)
async def calendar(request: Request, me: Administering, db: Db, lang: Lang) -> HTMLResponse:
    return await _page(request, me, db, lang)


@router.post(f"{PAGE}/preview")
async def preview(request: Request, me: Administering, db: Db, lang: Lang) -> HTMLResponse:
    """What the order would move; nothing is written."""
    form = await Form.of(request)
    if not me.visitor.sent(form.token):
        return await _page(request, me, db, lang, Tried("order", form.fields, [expired(lang)]))
    try:
        found = await api.preview_order(me.caller, order_of(form), db, lang)
    except AppError as error:
        return await _page(request, me, db, lang, Tried("order", form.fields, said_of(error, lang)))
    return await _page(request, me, db, lang, Tried("order", form.fields, []), found)


@router.post(f"{PAGE}/orders")
async def announce(request: Request, me: Administering, db: Db, lang: Lang) -> Response:
    async def act(form: Form) -> str:
        said = order_of(form)
        async with db.transaction() as connection:
            await api.announce_order(me.caller, said, connection)
        return f"{PAGE}?done=announced"

    done = await attempt(request, me, lang, "order", act)
    return done if isinstance(done, Response) else await _page(request, me, db, lang, done)


def order_of(form: Form) -> OrderIn:
    """Rows up to the last one that says anything, the first in any case, so that each keeps its place. Raises
    Invalid."""
    filled = [
        row for row in range(ROWS) if any(form.get(f"days.{row}.{name}").strip() for name in DAY_FIELDS)
    ]
    days: list[dict[str, object]] = []
    for row in range(max(filled, default=0) + 1):
        said = {name: form.get(f"days.{row}.{name}").strip() for name in DAY_FIELDS}
        given: dict[str, object] = {name: value for name, value in said.items() if value}
        if said["working"]:
            given["working"] = said["working"] == "yes"
        days.append(given)
    return read(OrderIn, {"act": form.get("act"), "days": days, "limit": MOST_SHOWN})


async def _page(
    request: Request,
    me: Worker,
    db: Db,
    lang: Language,
    tried: Tried | None = None,
    found: PreviewOut | None = None,
) -> HTMLResponse:
    async with db.read() as connection:
        orders = (await api.calendar_orders(me.caller, connection)).items
        again = (await api.recalculations(me.caller, connection)).items
    sections = [Section(t("administration.calendar.new", lang), forms=[_asking(lang)])]
    if found is not None:
        sections.append(moves(found, lang))
    given_ = Grid(
        t("administration.calendar.orders", lang),
        heads(lang, "day", "working", "exchanged_with", "act", "announced", "state"),
        [_order(one, lang) for one in reversed(orders)],
        t("administration.calendar.none", lang),
    )
    counted = Grid(
        t("administration.calendar.recalculations", lang),
        heads(lang, "cause", "at", "state", "looked_at#", "moved#"),
        [_recalculation(one, lang) for one in again],
        t("administration.calendar.no_recalculations", lang),
    )
    rules = [t("administration.calendar.rules", lang)]
    return sections_page(
        request,
        lang,
        me,
        t("administration.page.calendar", lang),
        [
            *sections,
            Section(t("administration.calendar.recalculations", lang), rules, grid=counted),
            Section(t("administration.calendar.orders", lang), grid=given_),
        ],
        lead=t("administration.calendar.lead", lang),
        tried=tried,
    )


def _asking(lang: Language) -> Asking:
    how = [Choice(code, t(f"administration.calendar.{code}", lang)) for code in ("no", "yes")]
    kinds = {"day": "day", "working": "choice", "exchanged_with": "day"}
    fields = [Field("act")]
    for row in range(ROWS):
        for name in DAY_FIELDS:
            label = t(f"administration.calendar.field.{name}", lang, row=row + 1)
            fields.append(Field(f"days.{row}.{name}", kinds[name], how if name == "working" else (), label))
    return Asking(
        "order",
        f"{PAGE}/preview",
        fields,
        t("administration.calendar.preview", lang),
        also=(f"{PAGE}/orders", t("administration.calendar.announce", lang)),
    )


def moves(found: PreviewOut, lang: Language) -> Section:
    said = t("administration.calendar.moved", lang, moved=found.moved, looked_at=found.looked_at)
    grid = Grid(
        t("administration.calendar.moves", lang),
        heads(lang, "number", "body", "before", "after"),
        [
            [
                Cell(case(one.number).text),
                Cell(one.agency.name),
                Cell(long_date(one.before, lang)),
                Cell(long_date(one.after, lang)),
            ]
            for one in found.items
        ],
        t("administration.calendar.nothing_moves", lang),
    )
    return Section(t("administration.calendar.tried", lang), [said], grid=grid)


def _order(one: OrderOut, lang: Language) -> list[Cell]:
    other = long_date(one.exchanged_with, lang) if one.exchanged_with else figures.NOTHING
    state = "in_force" if one.in_force else "replaced"
    return [
        Cell(long_date(one.day, lang)),
        Cell(t(f"administration.calendar.{'yes' if one.working else 'no'}", lang)),
        Cell(other),
        Cell(one.act),
        Cell(long_date(one.valid_from, lang)),
        Cell(t(f"administration.calendar.{state}", lang)),
    ]


def _recalculation(one: RecalculationOut, lang: Language) -> list[Cell]:
    left = t("administration.calendar.left", lang, left=one.left) if one.left else ""
    return [
        Cell(one.act or t("administration.calendar.rules_changed", lang)),
        Cell(moment(one.requested_at, lang)),
        Cell(t(f"administration.calendar.state.{one.state}", lang), note=left),
        Cell(figures.number(one.looked_at, lang)),
        Cell(figures.number(one.moved_so_far, lang)),
    ]
