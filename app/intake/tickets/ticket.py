"""A ticket as a submission: its key, what makes two the same, and the moment that it may name."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.appeals import history, record
from app.appeals.codes import ActorKind
from app.attachments.linking import Remote
from app.core import clock
from app.core.db import Database
from app.core.errors import Invalid
from app.core.outbound import NOTHING_INSIDE, Allowed
from app.deadlines.calendar import FIRST_YEAR
from app.directory.values import Source
from app.intake.said import said
from app.intake.submission import Submission, source_key
from app.intake.tickets.callers import Desk
from app.intake.tickets.schemas import RemoteIn, TicketIn

# Between the clocks of a source and ours.
CLOCK_SKEW = timedelta(minutes=2)
RECORD_BEGINS = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
# What says which message it is and how it came, not what it says.
_NOT_SAID = {"external_id", "received_at"}


def submission(ticket: TicketIn, desk: Desk, now: datetime, allowed: Allowed = NOTHING_INSIDE) -> Submission:
    """Raises ChannelForbidden, and Invalid for what can be seen without looking anything up. `allowed`: what
    lies inside and may be fetched from."""
    desk.check_channel(ticket.channel)
    if ticket.received_at is not None:
        check_moment("received_at", ticket.received_at, now)
    return Submission(
        **said(ticket),
        channel=ticket.channel,
        source=desk.source.code,
        received_at=ticket.received_at.astimezone(UTC) if ticket.received_at else now,
        arrived_at=now if ticket.received_at else None,
        external_id=ticket.external_id,
        caller=ticket.caller,
        key=source_key(desk.source.code, ticket.external_id),
        request_hash=_meaning(ticket),
        actor_kind=ActorKind.SOURCE,
        actor_id=desk.caller.client_id,
        attachments=files(ticket.attachments, allowed),
    )


def files(given: Sequence[UUID | RemoteIn], allowed: Allowed) -> tuple[UUID | Remote, ...]:
    """What a message names of files, those to be fetched with their URL looked at. Raises Invalid."""
    return tuple(_file(place, one, allowed) for place, one in enumerate(given))


def _file(place: int, one: UUID | RemoteIn, allowed: Allowed) -> UUID | Remote:
    if isinstance(one, UUID):
        return one
    return Remote.checked(one.url, one.name, allowed, field=f"attachments.{place}.url")


def check_moment(field: str, moment: datetime, now: datetime) -> None:
    """Raises Invalid for one in the future, or before the record begins."""
    if moment < RECORD_BEGINS:
        raise Invalid.of(field, "out_of_range", first=RECORD_BEGINS.date(), last=clock.civil_day(now))
    if moment > now + CLOCK_SKEW:
        raise Invalid.of(field, "in_future")


def _meaning(ticket: TicketIn) -> bytes:
    """The same for the same message, however its bytes are arranged, and for ever: a field that is new is
    left out here when it is left out there. The moment is compared apart: a repeat may leave it out."""
    whole = ticket.model_dump(mode="json", exclude_none=True, exclude=_NOT_SAID)
    for late in ("listed", "attachments"):
        if not whole[late]:
            del whole[late]
    if ticket.region:
        whole["region"] = ticket.region.upper()
    return hashlib.sha256(history.canonical(whole)).digest()


async def too_late(
    db: Database,
    source: Source,
    brought: Mapping[int, Submission],
    now: datetime,
    field: str = "received_at",
) -> dict[int, Invalid]:
    """Those that name a moment older than the source may bring. What is here already is never too late: a
    repeat gets its first answer whenever it comes. `field`: where it is named."""
    days = source.late_days
    late = {place: one for place, one in brought.items() if one.received_at < now - clock.days(days)}
    if not late:
        return {}
    async with db.read() as connection:
        here = await record.known(connection, [one.key for one in late.values() if one.key])
    return {
        place: Invalid.of(field, "too_old", days=days) for place, one in late.items() if one.key not in here
    }
