"""The administrator's calls: what moves when a day is declared working or off, the order itself, progress."""

from datetime import date
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, Path

from app.appeals.codes import ApplicantType
from app.appeals.numbers import format_number
from app.core import clock
from app.core.edge import LONG, Db, Lang, Read, Tx
from app.core.errors import Forbidden, Invalid, NotFound, problems
from app.core.i18n import Language
from app.deadlines.calendar import Override
from app.directory import snapshot
from app.directory.registry import Directory
from app.staff import audit
from app.staff.access import StaffCaller, require
from app.staff.models import AuditAct
from app.timekeeping import orders, repository
from app.timekeeping.moves import Move
from app.timekeeping.orders import OrderTaken, TriedOut
from app.timekeeping.schemas import (
    AgencyOut,
    MoveOut,
    OrderIn,
    OrderOut,
    OrdersOut,
    PreviewOut,
    RecalculationOut,
    RecalculationsOut,
    State,
)

router = APIRouter(prefix="/api/v1/admin", tags=["administration"])

Announcing = Annotated[StaffCaller, Depends(require("calendar"))]

MOST_LISTED = 100
Id = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[1])]


@router.get(
    "/calendar/orders",
    summary="Orders about single days",
    description=(
        "Every order that was given about a day, by day. None is ever changed or removed: a later one about "
        "the same day takes its place."
    ),
    responses=problems(Forbidden),
)
async def calendar_orders(_: Announcing, connection: Read) -> OrdersOut:
    found = await repository.overrides(connection)
    deciding = {order.day: order for order in found}
    return OrdersOut(items=[_order(order, in_force=deciding[order.day] is order) for order in found])


def _order(order: Override, *, in_force: bool) -> OrderOut:
    return OrderOut(
        day=order.day,
        working=order.working,
        exchanged_with=order.exchanged_with,
        act=order.act,
        valid_from=order.valid_from,
        in_force=in_force,
    )


@router.post(
    "/calendar/orders/preview",
    dependencies=[LONG],
    summary="What an order about days would move",
    description=(
        "The open cases whose due day would be another one, before and after. Nothing is written; take the "
        "same body for the order itself. It looks at every open case that the days could concern: with many "
        "open cases it takes some seconds."
    ),
    responses=problems(Forbidden, OrderTaken, Invalid),
)
async def preview_order(_: Announcing, said: OrderIn, db: Db, language: Lang) -> PreviewOut:
    return shown_moves(await orders.try_out(db, said), language)


def shown_moves(tried: TriedOut, language: Language) -> PreviewOut:
    directory, today = snapshot.current(), clock.today()
    items = [_move(move, directory, language, today) for move in tried.listed]
    return PreviewOut(looked_at=tried.looked_at, moved=tried.moved, items=items)


def _move(move: Move, directory: Directory, language: Language, today: date) -> MoveOut:
    held = move.holding
    agency = directory.agency_by_id(held.agency_id)
    return MoveOut(
        number=format_number(held.appeal_id, ApplicantType(held.applicant_type), held.part),
        agency=AgencyOut(code=agency.code, name=agency.name(language, today)),
        before=move.before,
        after=move.after,
    )


@router.post(
    "/calendar/orders",
    summary="Announce an order about days",
    description=(
        "From now on these days are working or off, and the worker moves every open due day that follows "
        "from them, telling each applicant. What is announced counts for days from today on: nothing said "
        "afterwards changes whether people worked on a day that has passed."
    ),
    status_code=201,
    responses=problems(Forbidden, OrderTaken, Invalid),
)
async def announce_order(caller: Announcing, said: OrderIn, connection: Tx) -> RecalculationOut:
    id_ = await orders.announce(connection, said, caller.account_id, clock.now())
    days = [named.day.isoformat() for named in said.days]
    await audit.note(connection, caller.account_id, AuditAct.CALENDAR_ORDERED, id_, days=days)
    return await _shown(connection, id_)


@router.get(
    "/recalculations",
    summary="Recalculations of open terms",
    description="The newest hundred, with how far the worker is.",
    responses=problems(Forbidden),
)
async def recalculations(_: Announcing, connection: Read) -> RecalculationsOut:
    rows = await repository.newest(connection, MOST_LISTED)
    return RecalculationsOut(items=[_recalculation(row) for row in rows])


@router.get(
    "/recalculations/{id}",
    summary="One recalculation",
    responses=problems(Forbidden, NotFound),
)
async def recalculation(_: Announcing, id: Id, connection: Read) -> RecalculationOut:
    return await _shown(connection, id)


async def _shown(connection: asyncpg.Connection, id_: int) -> RecalculationOut:
    row = await repository.shown(connection, id_)
    if row is None:
        raise NotFound
    return _recalculation(row)


def _recalculation(row: asyncpg.Record) -> RecalculationOut:
    values: dict[str, Any] = dict(row)
    begun = State.RUNNING if row["pass_began_at"] else State.WAITING
    state = State.FINISHED if row["finished_at"] else begun
    return RecalculationOut(**values, state=state, moved_so_far=row["moved"])
