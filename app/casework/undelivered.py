"""What the applicant does not know yet because it could not be delivered: a task for the holder's people."""

from datetime import datetime

import asyncpg

from app.appeals import numbers, walls
from app.appeals.codes import ApplicantType
from app.casework import reach
from app.casework.schemas import AgencyOut, NoticeOut, UndeliveredOut
from app.core.errors import NotFound
from app.core.i18n import Language
from app.core.nested import Row
from app.directory.registry import Directory
from app.notices.models import DeliveryState, NoticeState, Settled
from app.staff.access import StaffCaller

_NOT_WALLED = walls.condition(
    me="$2::bigint",
    agencies="$3::bigint[]",
    head="$4::boolean",
    under_review="(h.closed_at IS NULL AND h.stage = 'review')",
)

# `h`: the newest holding of the part that the notice is about: who has it now tells the applicant.
_TASKS = f"""
FROM delivery d
JOIN notice n ON n.id = d.notice_id
JOIN event said ON said.appeal_id = n.appeal_id AND said.hash = n.event_hash
JOIN LATERAL (SELECT held.* FROM holding held WHERE held.appeal_id = n.appeal_id AND held.part = said.part
              ORDER BY held.id DESC LIMIT 1) h ON true
WHERE d.task_at IS NOT NULL AND d.settled_at IS NULL AND d.state <> 'delivered'
  AND h.agency_id = ANY ($1::bigint[])
  AND {_NOT_WALLED}
"""

LIST = f"""
SELECT d.id, d.way, d.state, d.attempts, d.know_by, d.task_at, n.kind, n.appeal_id, n.language, said.part,
       said.at, h.agency_id, h.applicant_type, h.registered_on {_TASKS}
ORDER BY d.know_by NULLS LAST, d.task_at, d.id LIMIT $5
"""

SETTLE = f"""
WITH mine AS (SELECT d.id {_TASKS} AND d.id = $5)
UPDATE delivery
SET settled_at = $6, settled_by = $2, settled_how = $7, state = 'given_up', leased_until = NULL
FROM mine WHERE delivery.id = mine.id
RETURNING delivery.id
"""

# Of one part, as far as the reader sees it: the newest attempt says how it stands.
OF_CASE = """
SELECT n.id, n.kind, n.audience, n.state AS notice_state, said.at, d.way, d.state, d.attempts, d.know_by,
       d.task_at IS NOT NULL AND d.settled_at IS NULL AND d.state <> 'delivered' AS task, d.settled_how,
       last.at AS last_at, last.result, last.code
FROM notice n
JOIN event said ON said.appeal_id = n.appeal_id AND said.hash = n.event_hash
LEFT JOIN delivery d ON d.notice_id = n.id
LEFT JOIN LATERAL (SELECT a.at, a.result, a.code FROM delivery_attempt a WHERE a.delivery_id = d.id
                   ORDER BY a.id DESC LIMIT 1) last ON true
WHERE n.appeal_id = {appeal} AND said.part = {part} AND said.holding_id <= {holding}
ORDER BY n.id, d.id
"""

MOST = 200


class NothingToSettle(NotFound):
    code = "nothing_to_settle"


async def tasks(
    connection: asyncpg.Connection, caller: StaffCaller, directory: Directory, language: Language
) -> list[UndeliveredOut]:
    """The most urgent first, at most MOST."""
    rows = await connection.fetch(LIST, *_mine(caller, directory), MOST)
    return [_task(row, directory, language) for row in rows]


async def settle(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    id_: int,
    how: Settled,
    directory: Directory,
    now: datetime,
) -> None:
    """A person told the applicant. Raises NothingToSettle for what is no task of the caller's."""
    if await connection.fetchval(SETTLE, *_mine(caller, directory), id_, now, how) is None:
        raise NothingToSettle


def _mine(caller: StaffCaller, directory: Directory) -> tuple[list[int], int, list[int], bool]:
    looker = reach.onlooker(caller, directory)
    return sorted(reach.visible(caller, directory)), *looker.values()


def _task(row: asyncpg.Record, directory: Directory, language: Language) -> UndeliveredOut:
    agency = directory.agency_by_id(row["agency_id"])
    return UndeliveredOut(
        id=row["id"],
        number=numbers.format_number(row["appeal_id"], ApplicantType(row["applicant_type"]), row["part"]),
        agency=AgencyOut(code=agency.code, name=agency.name(language, row["registered_on"])),
        kind=row["kind"],
        at=row["at"],
        way=row["way"],
        language=row["language"],
        since=row["task_at"],
        attempts=row["attempts"],
        given_up=row["state"] == DeliveryState.GIVEN_UP,
        know_by=row["know_by"],
    )


def notice_out(row: Row) -> NoticeOut:
    """What is sent to nobody is there to be read: the applicant's on the appeal's page, staff's in a room."""
    shown = "page" if row["audience"] == "applicant" else "room"
    there = "delivered" if row["notice_state"] == NoticeState.TAKEN or shown == "room" else "pending"
    return NoticeOut(
        kind=row["kind"],
        audience=row["audience"],
        at=row["at"],
        way=row["way"] or shown,
        state=row["state"] or there,
        attempts=row["attempts"] or 0,
        last_at=row["last_at"],
        last_result=row["result"],
        last_code=row["code"],
        know_by=row["know_by"],
        needs_a_person=bool(row["task"]),
        settled=row["settled_how"],
    )
