"""Files that nobody could look at, or fetch, for long: somebody has to see to it, or tell the applicant."""

from datetime import datetime, timedelta
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Depends

from app.appeals import numbers, walls
from app.appeals.codes import ApplicantType
from app.attachments.listing import attached_of
from app.casework import reach
from app.casework.schemas import AgencyOut, UncheckedListOut, UncheckedOut
from app.core import clock
from app.core.edge import Lang, Read
from app.core.errors import Forbidden, problems
from app.core.i18n import Language
from app.directory import snapshot
from app.directory.registry import Directory
from app.staff.access import StaffCaller, require

router = APIRouter(prefix="/api/v1", tags=["casework"])

Watching = Annotated[StaffCaller, Depends(require("unchecked"))]

LONG = timedelta(hours=1)
MOST = 200

_NOT_WALLED = walls.condition(
    me="$2::bigint",
    agencies="$3::bigint[]",
    head="$4::boolean",
    under_review="(h.closed_at IS NULL AND h.stage = 'review')",
)

# `h`: who has now the part that the file was given to.
LIST = f"""
SELECT a.id, a.appeal_id, a.hash, a.name, a.address, a.given_by, a.created_at, o.size, o.type, o.state,
       o.detail, f.state AS fetch_state, f.detail AS fetch_detail, h.part, h.agency_id, h.applicant_type,
       h.registered_on
FROM attachment a
LEFT JOIN stored_object o ON o.address = a.address
LEFT JOIN attachment_fetch f ON f.attachment_id = a.id
JOIN LATERAL (SELECT e.part FROM event e
              WHERE e.appeal_id = a.appeal_id AND e.data -> 'attachments' ? encode(a.hash, 'hex')
              ORDER BY e.id LIMIT 1) said ON true
JOIN LATERAL (SELECT held.* FROM holding held WHERE held.appeal_id = a.appeal_id AND held.part = said.part
              ORDER BY held.id DESC LIMIT 1) h ON true
WHERE a.id IN (
        SELECT x.id FROM stored_object unseen JOIN attachment x ON x.address = unseen.address
        WHERE unseen.state IN ('waiting', 'failed') AND x.appeal_id IS NOT NULL
        UNION ALL SELECT given_up.attachment_id FROM attachment_fetch given_up
        WHERE given_up.state = 'given_up')
  AND a.created_at < $5 AND h.closed_at IS NULL AND h.agency_id = ANY ($1::bigint[]) AND {_NOT_WALLED}
ORDER BY a.created_at, a.id LIMIT $6
"""


@router.get(
    "/unchecked-files",
    summary="Files that could not be checked or fetched",
    description=(
        "Of open cases that one's agency holds, a head's with all under it: what waits for more than an hour "
        "to be looked at for viruses, and what could not be fetched from the address that was given. The "
        "oldest first. What is found clean after all leaves the list by itself; for the rest ask the "
        "applicant to send it again."
    ),
    responses=problems(Forbidden),
)
async def read_unchecked(caller: Watching, connection: Read, lang: Lang) -> UncheckedListOut:
    directory = snapshot.current()
    return UncheckedListOut(items=await unchecked(connection, caller, directory, lang, clock.now()))


async def unchecked(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    directory: Directory,
    language: Language,
    now: datetime,
) -> list[UncheckedOut]:
    looker = reach.onlooker(caller, directory)
    mine = sorted(reach.visible(caller, directory)), *looker.values()
    rows = await connection.fetch(LIST, *mine, now - LONG, MOST)
    return [_out(row, directory, language) for row in rows]


def _out(row: asyncpg.Record, directory: Directory, language: Language) -> UncheckedOut:
    one, agency = attached_of(row), directory.agency_by_id(row["agency_id"])
    return UncheckedOut(
        id=one.id,
        number=numbers.format_number(row["appeal_id"], ApplicantType(row["applicant_type"]), row["part"]),
        agency=AgencyOut(code=agency.code, name=agency.name(language, row["registered_on"])),
        since=one.since,
        state=one.state,
        problem=one.problem,
    )
