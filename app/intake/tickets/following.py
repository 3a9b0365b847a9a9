"""What became of a source's tickets: one of them, and what changed.

Changes come in the order of their transactions. A transaction may be older than another and be committed
later; so nothing is given that is not older than every transaction that is still open, and what comes after
the last place that was given is never before it. By time or by id one would lose what commits late.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Path, Query

from app.appeals.codes import ApplicantType, Status
from app.appeals.numbers import format_number, is_sandbox
from app.attachments import listing
from app.attachments.models import GivenBy
from app.core import clock, paging
from app.core.edge import Lang, Read
from app.core.errors import FieldError, Invalid, problems
from app.core.i18n import Language
from app.core.schema import Moment
from app.directory import snapshot
from app.directory.registry import Directory
from app.intake.parts import answered_last, newest, overdue, speaking
from app.intake.shown import agency_out
from app.intake.tickets.callers import Reader
from app.intake.tickets.errors import TicketNotFound
from app.intake.tickets.schemas import EXTERNAL_ID, ChangesOut, StateOut, TicketFileOut, TicketPartOut

router = APIRouter(prefix="/api/v1", tags=["integrations"])

MOST = 500
OwnId = Annotated[str, Path(examples=["109-2026-000123"])]
LARGEST = 2**63 - 1

HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"

# Each ticket once, at the last of its changes.
CHANGED = """
SELECT e.appeal_id, e.xid::text::bigint AS xid, e.id
FROM event e
WHERE e.source_id = $1 AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) {after}
  AND NOT EXISTS (
      SELECT FROM event later
      WHERE later.appeal_id = e.appeal_id AND later.source_id = $1
        AND later.xid < pg_snapshot_xmin(pg_current_snapshot()) AND (later.xid, later.id) > (e.xid, e.id))
ORDER BY e.xid, e.id LIMIT $2
"""
AFTER_PLACE = "AND (e.xid, e.id) > ($3::text::xid8, $4::bigint)"
# From the first of them on, so that what came before is not looked through (OFFSET 0 keeps the planner from
# looking for the least xid there).
SINCE = """AND e.changed_at >= $3 AND e.xid >= (SELECT min(xid) FROM (
      SELECT xid FROM event WHERE source_id = $1 AND changed_at >= $3 OFFSET 0) since)"""

STATES = """
SELECT a.id AS appeal_id, a.external_id, a.channel, a.received_at, a.registered_on AS first_registered_on,
       h.id, h.part, coalesce(h.stands_for, h.agency_id) AS agency_id, h.registered_on, h.due_on,
       h.status, h.running, h.closed_at, h.close, h.outcome, h.applicant_type,
       coalesce((SELECT max(e.changed_at) FROM event e
                 WHERE e.appeal_id = a.id AND e.source_id = a.source_id), a.received_at) AS updated_at
FROM appeal a JOIN holding h ON h.appeal_id = a.id
WHERE a.id = ANY ($1) ORDER BY h.id
"""
OWN = "SELECT id FROM appeal WHERE source_id = $1 AND external_id = $2 ORDER BY id LIMIT 1"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of changes."""

    xid: int
    id: int

    def cursor(self) -> str:
        return paging.cursor(self.xid, self.id)

    @classmethod
    def of(cls, cursor: str) -> "Place":
        """Raises Invalid for anything that `cursor()` does not give."""
        return cls(*paging.place(cursor, int, int))


@router.get(
    "/tickets",
    summary="What changed",
    description=(
        "Your source's tickets in the order of their changes, each as it stands now. Begin with "
        "`updated_since` (or with nothing, for all), go on with `cursor`, and keep the last `next_cursor`: "
        "it never skips a change, not even one that was under way when you asked. A ticket that changes "
        "again comes again.\n\n"
        "`curl -H 'X-API-Key: …' '$HOST/api/v1/tickets?updated_since=2026-11-23T00:00:00%2B05:00'`"
    ),
    response_model=ChangesOut,
    responses=problems(Invalid),
)
async def changes(
    caller: Reader,
    connection: Read,
    lang: Lang,
    updated_since: Annotated[
        Moment | None, Query(description="not with a cursor", examples=["2026-11-23T00:00:00+05:00"])
    ] = None,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`next_cursor` of the last answer")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> ChangesOut:
    if cursor is not None and updated_since is not None:
        raise Invalid(errors=[FieldError("updated_since", "not_with_cursor")])
    after = Place.of(cursor) if cursor is not None else None
    # Asked for before the page, so that what it holds back is after this place.
    horizon = Place(await connection.fetchval(HORIZON), 0)
    found = await _changed(connection, caller.source_id, after, updated_since, limit + 1)
    page = found[:limit]
    last = Place(page[-1]["xid"], page[-1]["id"]) if page else after or horizon
    found_states = await states(connection, [row["appeal_id"] for row in page], lang)
    return ChangesOut(
        items=[found_states[row["appeal_id"]] for row in page],
        next_cursor=last.cursor(),
        more=len(found) > limit,
    )


async def _changed(
    connection: asyncpg.Connection, source_id: int, after: Place | None, since: datetime | None, limit: int
) -> Sequence[asyncpg.Record]:
    if after is not None:
        statement = CHANGED.format(after=AFTER_PLACE)
        return await connection.fetch(statement, source_id, limit, str(after.xid), after.id)
    if since is not None:
        return await connection.fetch(CHANGED.format(after=SINCE), source_id, limit, since)
    return await connection.fetch(CHANGED.format(after=""), source_id, limit)


@router.get(
    "/tickets/{external_id:path}",
    summary="What became of a ticket",
    description=(
        "By your own id, as it is or percent-encoded.\n\n"
        "`curl -H 'X-API-Key: …' $HOST/api/v1/tickets/109-2026-000123`"
    ),
    response_model=StateOut,
    responses=problems(TicketNotFound, Invalid),
)
async def ticket_state(caller: Reader, connection: Read, lang: Lang, external_id: OwnId) -> StateOut:
    return await state(connection, await find(connection, caller.source_id, external_id), lang)


async def find(connection: asyncpg.Connection, source_id: int, external_id: str) -> int:
    """The appeal that a source's ticket became. Raises TicketNotFound."""
    appeal_id: int | None = None
    if EXTERNAL_ID.fullmatch(external_id):
        appeal_id = await connection.fetchval(OWN, source_id, external_id)
    if appeal_id is None:
        raise TicketNotFound
    return appeal_id


# How a ticket stands


async def state(connection: asyncpg.Connection, appeal_id: int, lang: Language) -> StateOut:
    """Of an appeal that is there."""
    return (await states(connection, [appeal_id], lang))[appeal_id]


async def states(
    connection: asyncpg.Connection, appeal_ids: Sequence[int], lang: Language
) -> Mapping[int, StateOut]:
    """How these appeals, each with an external id, stand now."""
    if not appeal_ids:
        return {}
    held: dict[int, list[asyncpg.Record]] = {}
    for row in await connection.fetch(STATES, appeal_ids):
        held.setdefault(row["appeal_id"], []).append(row)
    directory, today = snapshot.current(), clock.today()
    files = await _files(connection, appeal_ids)
    return {id_: _state(rows, files.get(id_, []), directory, today, lang) for id_, rows in held.items()}


async def _files(
    connection: asyncpg.Connection, appeal_ids: Sequence[int]
) -> Mapping[int, list[TicketFileOut]]:
    """What applicants gave, by appeal; answers' files are theirs, not the source's."""
    found: dict[int, list[TicketFileOut]] = {}
    for one in await listing.of_appeals(connection, appeal_ids):
        if one.given_by is GivenBy.APPLICANT:
            found.setdefault(one.appeal_id, []).append(TicketFileOut(**one.told()))
    return found


def _state(
    holdings: Sequence[asyncpg.Record],
    files: list[TicketFileOut],
    directory: Directory,
    today: date,
    lang: Language,
) -> StateOut:
    parts, first = newest(holdings), holdings[0]
    shown = {part["part"]: _part(part, directory, today, lang) for part in parts}
    main = shown[speaking(parts)["part"]]
    answered = answered_last(parts) if main.status is Status.ANSWERED else None
    whole: dict[str, Any] = dict(main) | {
        "number": format_number(first["appeal_id"], ApplicantType(first["applicant_type"])),
        "registered_on": first["first_registered_on"],
        "overdue": any(part.overdue for part in shown.values()),
        "answered_at": answered["closed_at"] if answered else None,
        "outcome": answered["outcome"] if answered else None,
    }
    return StateOut(
        external_id=first["external_id"],
        channel=first["channel"],
        received_at=first["received_at"],
        updated_at=first["updated_at"],
        sandbox=is_sandbox(first["appeal_id"]),
        parts=list(shown.values()),
        attachments=files,
        **whole,
    )


def _part(row: asyncpg.Record, directory: Directory, today: date, lang: Language) -> TicketPartOut:
    status = Status(row["status"])
    answered = status is Status.ANSWERED and row["closed_at"] is not None
    code = directory.agency_by_id(row["agency_id"]).code
    return TicketPartOut(
        number=format_number(row["appeal_id"], ApplicantType(row["applicant_type"]), row["part"]),
        status=status,
        agency=agency_out(directory, code, row["registered_on"], lang),
        registered_on=row["registered_on"],
        due_on=row["due_on"],
        overdue=overdue(row, today),
        answered_at=row["closed_at"] if answered else None,
        outcome=row["outcome"] if answered else None,
    )
