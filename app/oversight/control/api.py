"""The Administration's list of what is on control, and its orders."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.core import clock
from app.core.cipher import cipher
from app.core.edge import FIGURES, Lang, Read, Tx
from app.core.errors import FieldError, Forbidden, Invalid, NotFound, problems
from app.directory import snapshot
from app.oversight.asked import refuse_unknown, wrong_days
from app.oversight.control import reading
from app.oversight.control.orders import REASON
from app.oversight.control.schemas import CasesIn, CasesOut, OrderIn, OrderOut, OrdersOut
from app.staff.access import Controlling

router = APIRouter(prefix="/api/v1/control", tags=["control"], dependencies=[FIGURES])

Id = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[1])]

_GIVE = """
INSERT INTO control_order (topic, region, agency_id, first, until, reason, given_by, given_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id
"""
_END = "UPDATE control_order SET ended_at = $2, ended_by = $3 WHERE id = $1 AND ended_at IS NULL"


@router.get(
    "/cases",
    summary="What is on control",
    description=(
        "Who took it under control, why and until when, by due day; also what an answer promised to do "
        "later. Texts of appeals are read in the cases themselves.\n\n"
        "`curl -H 'Authorization: Bearer …' '$HOST/api/v1/control/cases?topic=utilities&open=true'`"
    ),
    responses=problems(Forbidden, Invalid),
)
async def cases(_: Controlling, asked: Annotated[CasesIn, Query()], lang: Lang, connection: Read) -> CasesOut:
    refuse_unknown(asked.agency, asked.topic, None)
    return await reading.cases(connection, asked, lang)


@router.get(
    "/orders",
    summary="Orders of control",
    description="The newest 200, with how many cases each took and lifted.",
    responses=problems(Forbidden),
)
async def orders(_: Controlling, lang: Lang, connection: Read) -> OrdersOut:
    return OrdersOut(items=await reading.orders(connection, lang))


@router.post(
    "/orders",
    summary="Take all on a topic under control",
    description=(
        "Every open case on the topic (of the region, with the agency) that was registered on `from` or "
        "later, and those that are registered while the order stands. The worker takes them within seconds, "
        "each by an act of its own in its history; what moves on to another body is followed there."
    ),
    status_code=201,
    responses=problems(Forbidden, Invalid),
)
async def give_order(caller: Controlling, said: OrderIn, lang: Lang, connection: Tx) -> OrderOut:
    refuse_unknown(said.agency, said.topic, said.region)
    today = clock.today()
    days = {"from": said.from_, "until": said.until}
    wrong = list(wrong_days(days, said.from_, said.from_))
    if said.until and said.until < max(today, said.from_):
        wrong.append(FieldError("until", "day_not_ahead"))
    if wrong:
        raise Invalid(errors=wrong)
    directory = snapshot.current()
    id_ = await connection.fetchval(
        _GIVE,
        said.topic,
        said.region.upper() if said.region else None,
        directory.agency(said.agency).id if said.agency else None,
        said.from_,
        said.until,
        cipher().encrypt(said.reason, REASON),
        caller.account_id,
        clock.now(),
    )
    return (await reading.orders(connection, lang, id_))[0]


@router.delete(
    "/orders/{id}",
    summary="End an order of control",
    description=(
        "Nothing more is taken from now on, and the worker lifts what the order took; a second time changes "
        "nothing. What another order or a controller took stays, and so does what waits for a promise."
    ),
    responses=problems(Forbidden, NotFound),
)
async def end_order(caller: Controlling, id: Id, lang: Lang, connection: Tx) -> OrderOut:
    await connection.execute(_END, id, clock.now(), caller.account_id)
    found = await reading.orders(connection, lang, id)
    if not found:
        raise NotFound
    return found[0]
