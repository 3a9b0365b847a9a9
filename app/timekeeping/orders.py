"""Orders about single days: checked, tried out on every open term, announced."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import asyncpg

from app.core import clock, sight
from app.core.db import Database
from app.core.errors import Conflict, FieldError, Invalid
from app.deadlines.calendar import FIRST_YEAR, LAST_YEAR, Calendar, Override, WeekProfile
from app.deadlines.regimes import LAW
from app.directory import load
from app.timekeeping import repository
from app.timekeeping.models import Cause
from app.timekeeping.moves import Move, Reckoner
from app.timekeeping.repository import Span
from app.timekeeping.schemas import DayIn, OrderIn

FIRST, LAST = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)


class OrderTaken(Conflict):
    """Orders are kept by day and day of announcement, so that nothing said before is overwritten."""

    code = "order_taken"


def checked(said: OrderIn, known: Sequence[Override], today: date) -> list[Override]:
    """What is announced today. Raises Invalid, OrderTaken."""
    errors = [
        FieldError(f"days.{place}.{name}", code, params)
        for place, named in enumerate(said.days)
        for name, code, params in _wrong(named, said.days[:place], today)
    ]
    if errors:
        raise Invalid(errors=errors)
    if taken := {named.day for named in said.days} & {o.day for o in known if o.valid_from == today}:
        raise OrderTaken(day=min(taken))
    orders = [
        Override(named.day, named.working, said.act, today, named.exchanged_with) for named in said.days
    ]
    if errors := list(_vain(orders, known)):
        raise Invalid(errors=errors)
    return orders


def _wrong(named: DayIn, before: Sequence[DayIn], today: date) -> Iterator[tuple[str, str, dict[str, date]]]:
    """Field, code and what fills its sentence."""
    for name, day in (("day", named.day), ("exchanged_with", named.exchanged_with)):
        if day is not None and not FIRST <= day <= LAST:
            yield name, "out_of_range", {"first": FIRST, "last": LAST}
    if FIRST <= named.day < today:
        yield "day", "day_passed", {}
    if named.day in (other.day for other in before):
        yield "day", "day_twice", {}
    if named.exchanged_with == named.day:
        yield "exchanged_with", "exchanged_with_itself", {}


def _vain(orders: Sequence[Override], known: Sequence[Override]) -> Iterator[FieldError]:
    """Days that are already as the order says, for bodies of either week."""
    before, after = Calendar(known), Calendar([*known, *orders])
    for place, order in enumerate(orders):
        if all(
            before.for_week(week).is_working_day(order.day) == after.for_week(week).is_working_day(order.day)
            for week in WeekProfile
        ):
            yield FieldError(f"days.{place}.day", "already_working" if order.working else "already_off")


@dataclass(slots=True)
class TriedOut:
    """`listed`: the first of those that move, as many as were asked for."""

    looked_at: int = 0
    moved: int = 0
    listed: list[Move] = field(default_factory=list)


async def try_out(db: Database, said: OrderIn) -> TriedOut:
    """What the order would move. Nothing is written, and others have their turn between the batches."""
    async with db.read() as connection:
        known = await repository.overrides(connection)
    orders = checked(said, known, clock.today())
    span = Span.of([order.day for order in orders])
    return await tried_on_all(db, Reckoner(Calendar([*known, *orders])), span, said.limit)


async def tried_on_all(db: Database, reckoner: Reckoner, span: Span | None, limit: int) -> TriedOut:
    """What would move of the open cases that days of the span concern; None: of all of them."""
    tried = TriedOut()
    with sight.within(sight.EVERYTHING):  # days alone, for who reads no case
        async for batch in repository.batches(db, span):
            moves = reckoner.moves(batch.holdings)
            tried.looked_at += len(batch.holdings)
            tried.moved += len(moves)
            tried.listed += moves[: limit - len(tried.listed)]
    return tried


async def announce(connection: asyncpg.Connection, said: OrderIn, by: int, at: datetime) -> int:
    """Write the order and ask for the recalculation, whose id this gives. Raises as `checked` does."""
    orders = checked(said, await repository.overrides(connection), clock.civil_day(at))
    days = [order.day for order in orders]
    written = await repository.add_overrides(connection, orders)
    if taken := set(days) - written:  # somebody else was quicker
        raise OrderTaken(day=min(taken))
    await load.bump(connection)
    return await repository.add(
        connection, Cause.CALENDAR, LAW.fingerprint, at, act=said.act, days=days, by=by
    )
