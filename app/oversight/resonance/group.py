"""What an issue is opened on, and by whom it is seen to: checked, as far as who opens it sees."""

from dataclasses import dataclass

import asyncpg

from app.appeals import numbers
from app.core.errors import FieldError, Invalid
from app.directory.registry import Directory
from app.oversight.asked import refuse_unknown
from app.oversight.reach import Looker, not_walled
from app.oversight.resonance.schemas import IssueIn
from app.staff.access import StaffCaller

_SEEN = f"""
SELECT DISTINCT h.appeal_id, h.applicant_type FROM holding h
WHERE h.appeal_id = ANY ($1) AND h.stands_for IS NULL AND ($5::bigint[] IS NULL OR h.agency_id = ANY ($5))
  AND {not_walled(2)}
"""
_OWNER = """
SELECT id FROM staff_account
WHERE login = lower($1) AND active AND role <> 'admin' AND ($2::bigint[] IS NULL OR agency_id = ANY ($2))
"""


@dataclass(frozen=True, slots=True)
class Group:
    topic: str | None
    region: str | None
    agency_id: int | None
    appeal_ids: list[int] | None


async def group_of(
    connection: asyncpg.Connection, said: IssueIn, caller: StaffCaller, directory: Directory
) -> Group:
    """Raises Invalid: a code that nobody knows, no group at all, a body that is not under the caller, numbers
    of appeals that the caller does not see."""
    refuse_unknown(said.agency, said.topic, said.region)
    if not (said.topic or said.region or said.numbers):
        raise Invalid.of("topic", "issue_group")
    looker = Looker.of(caller, directory)
    agency_id = directory.agency(said.agency).id if said.agency else None
    if agency_id is None and looker.agencies is not None:
        agency_id = caller.agency_id
    if agency_id is not None and not looker.sees(agency_id):
        raise Invalid.of("agency", "issue_agency")
    ids = await _ids(connection, said.numbers, looker) if said.numbers else None
    return Group(said.topic, said.region.upper() if said.region else None, agency_id, ids)


async def _ids(connection: asyncpg.Connection, typed: list[str], looker: Looker) -> list[int]:
    known = [_number(one) for one in typed]
    wanted = [number.appeal_id for number in known if number]
    rows = await connection.fetch(_SEEN, wanted, *looker.before_a_wall(), looker.only)
    seen = {(row["appeal_id"], row["applicant_type"]) for row in rows}
    errors = [
        FieldError(f"numbers.{n}", "issue_number")
        for n, number in enumerate(known)
        if number is None or (number.appeal_id, number.applicant_type) not in seen
    ]
    if errors:
        raise Invalid(errors=errors[:20])
    return sorted(set(wanted))


def _number(typed: str) -> numbers.Number | None:
    try:
        return numbers.parse(typed)
    except numbers.NumberError:
        return None


async def owner_of(connection: asyncpg.Connection, login: str, looker: Looker) -> int:
    """Raises Invalid: nobody who works under the one who opens it."""
    id_: int | None = await connection.fetchval(_OWNER, login, looker.only)
    if id_ is None:
        raise Invalid.of("owner", "issue_owner")
    return id_
