"""Control: what is on it, and the orders that take all on a topic."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse

from app.core import clock
from app.core.edge import FIGURES, Db, Lang
from app.core.errors import Invalid
from app.core.i18n import Language, long_date, t
from app.directory import snapshot
from app.oversight.control import api
from app.oversight.control.schemas import CaseOut, CasesIn, OrderIn, OrderOut
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
from app.web.administration.period import filter_choices
from app.web.administration.room import ROOM, further, given
from app.web.forms import Form, read, said_of
from app.web.office.signed_in import Worker, requires
from app.web.pages import moment

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

PAGE = f"{ROOM}/control"
Controlling = Annotated[Worker, Depends(requires("control-orders"))]
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get(PAGE)
async def control(request: Request, me: Controlling, db: Db, lang: Lang) -> HTMLResponse:
    return await _page(request, me, db, lang)


@router.post(f"{PAGE}/orders")
async def give_order(request: Request, me: Controlling, db: Db, lang: Lang) -> Response:
    async def give(form: Form) -> str:
        said = typed(OrderIn, form)
        async with db.transaction() as connection:
            await api.give_order(me.caller, said, lang, connection)
        return f"{PAGE}?done=order"

    done = await attempt(request, me, lang, "order", give)
    return done if isinstance(done, Response) else await _page(request, me, db, lang, done)


@router.post(f"{PAGE}/orders/{{id}}/end")
async def end_order(request: Request, id: Id, me: Controlling, db: Db, lang: Lang) -> Response:
    async def end(_: Form) -> str:
        async with db.transaction() as connection:
            await api.end_order(me.caller, id, lang, connection)
        return f"{PAGE}?done=order_ended"

    done = await attempt(request, me, lang, "end", end)
    return done if isinstance(done, Response) else await _page(request, me, db, lang, done)


async def _page(
    request: Request, me: Worker, db: Db, lang: Language, tried: Tried | None = None
) -> HTMLResponse:
    asked = given(request, CasesIn)
    cases, more, wrong = [], "", []
    async with db.read() as connection:
        try:
            found = await api.cases(me.caller, read(CasesIn, asked), lang, connection)
            cases = [_case(one, lang) for one in found.items]
            more = further(PAGE, asked, found.next_cursor)
        except Invalid as error:
            wrong = said_of(error, lang)
        orders = (await api.orders(me.caller, lang, connection)).items
    listed = Grid(
        t("administration.control.cases", lang),
        heads(lang, "case", "body", "topic", "due", "why", "until"),
        cases,
        t("administration.control.no_cases", lang),
        more,
    )
    given_ = Grid(
        t("administration.control.orders", lang),
        heads(lang, "topic", "where", "from", "until", "taken#", "why", "state"),
        [_order(one, lang) for one in orders],
        t("administration.control.no_orders", lang),
    )
    return sections_page(
        request,
        lang,
        me,
        t("administration.page.control", lang),
        [
            Section(grid=listed, files=links("control", asked)),
            Section(t("administration.control.orders", lang), grid=given_, forms=[_asking(lang)]),
        ],
        lead=t("administration.control.lead", lang),
        tried=tried,
        wrong=wrong,
    )


def _asking(lang: Language) -> Asking:
    choices = filter_choices(lang)
    return Asking(
        "order",
        f"{PAGE}/orders",
        [
            Field("topic", "choice", choices["topic"]),
            Field("region", "choice", choices["region"]),
            Field("agency", "choice", choices["agency"]),
            Field("from", "day"),
            Field("until", "day"),
            Field("reason", "area"),
        ],
        t("administration.control.give", lang),
        typed={"from": clock.today().isoformat()},
        folded=t("administration.control.new", lang),
    )


def _case(one: CaseOut, lang: Language) -> list[Cell]:
    said = one.control
    who = said.by.name if said.by else t("administration.control.promise", lang)
    until = long_date(said.until, lang) if said.until else figures.NOTHING
    return [
        case(one.number),
        Cell(one.agency.name),
        Cell(snapshot.current().topic(one.topic).name(lang)),
        Cell(long_date(one.due_on, lang), late=one.overdue, note=_late(one.overdue, lang)),
        Cell(said.reason or figures.NOTHING, note=f"{who}, {moment(said.at, lang)}"),
        Cell(until, late=said.past, note=_late(said.past, lang)),
    ]


def _late(late: bool, lang: Language) -> str:
    return t("administration.over", lang) if late else ""


def _order(one: OrderOut, lang: Language) -> list[Cell]:
    directory = snapshot.current()
    where: list[str] = []
    if one.region:
        where.append(directory.region(one.region).name(lang, clock.today()))
    if one.agency:
        where.append(one.agency.name)
    state: dict[str, Any] = {"text": t("administration.control.ended", lang)}
    if one.ended_at is None:
        words = t("administration.control.end", lang)
        state = {
            "text": t("administration.control.stands", lang),
            "posts": (f"{PAGE}/orders/{one.id}/end", words),
        }
    return [
        Cell(directory.topic(one.topic).name(lang), f"{PAGE}?order={one.id}"),
        Cell(", ".join(where) or t("administration.everywhere", lang)),
        Cell(long_date(one.from_, lang)),
        Cell(long_date(one.until, lang) if one.until else figures.NOTHING),
        Cell(
            figures.number(one.taken, lang), note=t("administration.control.lifted", lang, count=one.lifted)
        ),
        Cell(one.reason, note=f"{one.given_by.name}, {moment(one.given_at, lang)}"),
        Cell(**state),
    ]
