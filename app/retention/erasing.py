"""Which appeals and receptions have been kept for their term, and erasing what was written with them.

An appeal is kept as long as anything of it may still be asked for: until the term after the year in which its
last part was closed is over, and that of every complaint about it and of what it complains about; and while
anything of them is open, on control or promised. A reception is kept by its day.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from app.appeals import numbers, service
from app.appeals.codes import ActorKind, ApplicantType
from app.appeals.commands import Actor, Command
from app.appeals.lifecycle import Act
from app.appeals.numbers import SANDBOX_FROM, SERIALS
from app.core import clock, keeping
from app.core.db import Database
from app.core.errors import AppError
from app.core.unhurried import unhurried
from app.directory import snapshot

log = logging.getLogger("listening_state.retention")

AT_ONCE = 50

# What has been erased has no applicant any more, so nothing is looked at twice. Numbers begin with their
# year. OFFSET 0: the parts of one appeal at a time, by its number, never all there are.
DUE = f"""
SELECT p.appeal_id AS id, a.applicant_type,
       (SELECT array_agg(DISTINCT h.part) FROM holding h WHERE h.appeal_id = p.appeal_id) AS parts,
       (SELECT max(h.closed_on) FROM holding h WHERE h.appeal_id = p.appeal_id) AS closed_on
FROM applicant p JOIN appeal a ON a.id = p.appeal_id
WHERE p.appeal_id > $2 AND p.appeal_id < extract(year FROM $1::date)::bigint * {SERIALS}
  AND p.appeal_id % {SERIALS} < {SANDBOX_FROM}
  AND NOT EXISTS (
    SELECT FROM (
        SELECT p.appeal_id AS id
        UNION ALL SELECT c.appeal_id FROM complaint c WHERE c.about_id = p.appeal_id
        UNION ALL SELECT c.about_id FROM complaint c WHERE c.appeal_id = p.appeal_id) linked
    CROSS JOIN LATERAL (SELECT * FROM holding WHERE appeal_id = linked.id OFFSET 0) h
    WHERE h.closed_on IS NULL OR h.closed_on >= $1 OR h.on_control OR h.wait_until IS NOT NULL)
ORDER BY p.appeal_id LIMIT $3
"""
_ERASE = "SELECT erase_appeals($1)"
_RECEPTIONS_DUE = "SELECT count(*) FROM reception WHERE erased_on IS NULL AND day < $1"
_ERASE_RECEPTIONS = "SELECT erase_receptions($1, $2, $3)"


@dataclass(frozen=True, slots=True)
class Due:
    """An appeal whose term is over. `closed_on`: the last of its parts."""

    id: int
    number: str
    parts: Sequence[int]
    closed_on: date


def before(today: date, of: str = "term") -> date:
    """What was closed before this civil day has been kept for its term: whole years, from the one after.
    `of`: of appeals, or `reception`."""
    return date(today.year - keeping.term(__package__, today, of).years, 1, 1)


async def due(db: Database) -> AsyncIterator[list[Due]]:
    """Some at a time, in the order of their numbers."""
    last = 0
    while True:
        async with db.read() as connection:
            found = await _due(connection, last)
        if not found:
            return
        yield found
        last = found[-1].id


async def _due(connection: asyncpg.Connection, last: int) -> list[Due]:
    rows = await connection.fetch(DUE, before(clock.today()), last, AT_ONCE)
    return [
        Due(
            row["id"],
            numbers.format_number(row["id"], ApplicantType(row["applicant_type"])),
            row["parts"],
            row["closed_on"],
        )
        for row in rows
    ]


async def erase(db: Database) -> None:
    """In short transactions, each appeal's event with its rows; broken off anywhere it goes on the next
    time."""
    done = 0
    async for found in due(db):
        async with unhurried(), db.transaction() as connection:
            done += await _erased(connection, found)
    if done:
        log.info("retention: %d appeals erased", done)
    await erase_receptions(db)


async def receptions_due(db: Database) -> int:
    async with db.read() as connection:
        found: int = await connection.fetchval(_RECEPTIONS_DUE, before(clock.today(), "reception"))
    return found


async def erase_receptions(db: Database) -> None:
    """Who came, their matter and the notes; what came of each visit stays and is counted as before. A text
    that was registered as an appeal is the appeal's."""
    today, done = clock.today(), 0
    while True:
        async with db.transaction() as connection:
            erased: int = await connection.fetchval(
                _ERASE_RECEPTIONS, before(today, "reception"), today, AT_ONCE
            )
        done += erased
        if erased < AT_ONCE:
            break
    if done:
        log.info("retention: %d receptions erased", done)


async def _erased(connection: asyncpg.Connection, found: Sequence[Due]) -> int:
    """What was reopened since it was found is left alone: an act that no longer fits does nothing, and the
    database erases nothing of which no event says so."""
    now, actor = clock.now(), Actor(ActorKind.SYSTEM)
    commands = [Command(Act.ERASE, one.id, actor, now, part=part) for one in found for part in one.parts]
    for answer in await service.act(connection, commands, snapshot.current()):
        if isinstance(answer, AppError):
            raise answer
    erased: int = await connection.fetchval(_ERASE, [one.id for one in found])
    return erased
