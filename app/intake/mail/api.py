"""The administrator's calls about mailboxes."""

from datetime import date
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, Path

from app.core import clock
from app.core.edge import Read
from app.core.errors import Forbidden, Invalid, NotFound, problems
from app.core.schema import Day
from app.intake.mail import repository
from app.intake.mail.models import MailResult
from app.intake.mail.schemas import MailboxesOut, MailboxOut, MailDayOut, NotTakenOut
from app.staff.access import StaffCaller, require

router = APIRouter(prefix="/api/v1/mailboxes", tags=["administration"])

Watching = Annotated[StaffCaller, Depends(require("mailboxes"))]

MOST = 500


class MailboxNotFound(NotFound):
    code = "mailbox_not_found"


@router.get(
    "",
    summary="The mailboxes and how they stand",
    description="Each with what came of today's e-mails. They are added by `listening-state mailbox add`.",
    responses=problems(Forbidden),
)
async def read_mailboxes(caller: Watching, connection: Read) -> MailboxesOut:
    rows = await repository.listed(connection, clock.today())
    return MailboxesOut(items=[_mailbox(dict(row)) for row in rows])


def _mailbox(row: dict[str, Any]) -> MailboxOut:
    return MailboxOut(**(row | {"today": row["today"] or {}}))


@router.get(
    "/{code}/days/{day}",
    summary="What came of a day's e-mails",
    description="Every e-mail of the civil day is counted once, and what became no appeal is listed with the "
    "reason: to be compared with the mailbox, where it lies.",
    responses=problems(Forbidden, MailboxNotFound, Invalid),
)
async def read_day(
    caller: Watching,
    code: Annotated[str, Path(max_length=100, pattern="^[a-z0-9-]+$", examples=["energy"])],
    day: Annotated[Day, Path(examples=["2026-11-27"])],
    connection: Read,
) -> MailDayOut:
    if await repository.of_code(connection, code) is None:
        raise MailboxNotFound
    return await _day(connection, code, day)


async def _day(connection: asyncpg.Connection, code: str, day: date) -> MailDayOut:
    counted = await repository.day(connection, code, day)
    listed = await repository.not_taken(connection, code, day, MOST)
    return MailDayOut(
        day=day,
        received=sum(counted.values()),
        **{result.value: counted.get(result, 0) for result in MailResult},
        not_taken=[NotTakenOut(**dict(row)) for row in listed],
    )
