"""Who looked at applicants' numbers in full, and what for: for whoever watches over personal data."""

from datetime import datetime
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, Query
from pydantic import Field

from app.appeals import numbers, repository
from app.appeals.codes import ApplicantType
from app.casework.inputs import Masked
from app.core import clock, paging, sight
from app.core.edge import Read
from app.core.errors import Forbidden, Invalid, problems
from app.core.limited import seeing
from app.core.schema import Code, Out, Schema
from app.staff.access import StaffCaller, require

router = APIRouter(prefix="/api/v1", tags=["casework"])

Auditing = Annotated[StaffCaller, Depends(require("audit"))]
DAYS, MOST_PEOPLE = 30, 50

_BY_PERSON = """
SELECT account.login, account.name, count(*) AS times, count(DISTINCT e.appeal_id) AS cases
FROM event e JOIN staff_account account ON account.id = e.actor_id
WHERE e.kind = 'unmasked' AND e.at >= $1
GROUP BY account.id ORDER BY times DESC, account.login LIMIT $2
"""
_NEWEST = """
SELECT e.id, e.at, e.appeal_id, e.part, e.data, a.applicant_type, account.login, account.name, c.body
FROM event e
JOIN appeal a ON a.id = e.appeal_id
JOIN staff_account account ON account.id = e.actor_id
LEFT JOIN content c ON c.appeal_id = e.appeal_id AND c.hash = e.content_hash
WHERE e.kind = 'unmasked' AND e.id < $1 ORDER BY e.id DESC LIMIT $2
"""


class UnmaskingsIn(Schema):
    cursor: Code | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class UnmaskerOut(Out):
    login: str
    name: str
    times: int
    cases: int = Field(description="appeals")


class UnmaskingOut(Out):
    id: int
    at: datetime
    login: str
    name: str
    number: str = Field(description="of the appeal; administrators cannot open it")
    field: Masked
    purpose: str | None = Field(description="null once the appeal's texts are erased")


class UnmaskingsOut(Out):
    people: list[UnmaskerOut] = Field(description="of the last 30 days, who did it most often first")
    items: list[UnmaskingOut] = Field(description="the newest first")
    next_cursor: str | None


@router.get(
    "/admin/unmaskings",
    summary="Who looked at numbers in full",
    description="Each time that somebody had an applicant's IIN, BIN or telephone shown in full, with the "
    "purpose that they gave; and how often each person did in the last 30 days.",
    responses=problems(Forbidden, Invalid),
)
async def list_unmaskings(
    _: Auditing, asked: Annotated[UnmaskingsIn, Query()], connection: Read
) -> UnmaskingsOut:
    return await newest(connection, asked)


async def newest(connection: asyncpg.Connection, asked: UnmaskingsIn) -> UnmaskingsOut:
    """Raises Invalid for a cursor that is none."""
    before = paging.after(asked.cursor) if asked.cursor else paging.LARGEST_ID
    since = clock.now() - clock.days(DAYS)
    async with seeing(connection, sight.EVERYTHING):  # acts on cases, by who reads none
        people = await connection.fetch(_BY_PERSON, since, MOST_PEOPLE)
        rows = await connection.fetch(_NEWEST, before, asked.limit + 1)
    shown = rows[: asked.limit]
    return UnmaskingsOut(
        people=[UnmaskerOut(**dict(row)) for row in people],
        items=[_out(row) for row in shown],
        next_cursor=paging.cursor(shown[-1]["id"]) if len(rows) > asked.limit else None,
    )


def _out(row: Any) -> UnmaskingOut:
    body = repository.opened(row["body"]) if row["body"] else {}
    return UnmaskingOut(
        id=row["id"],
        at=row["at"],
        login=row["login"],
        name=row["name"],
        number=numbers.format_number(row["appeal_id"], ApplicantType(row["applicant_type"]), row["part"]),
        field=row["data"]["field"],
        purpose=body.get("text"),
    )
