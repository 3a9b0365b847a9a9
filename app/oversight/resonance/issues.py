"""Systemic issues: opened on a group of appeals, seen to by an owner, with the counts before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from app.appeals import reach
from app.core import clock, paging
from app.core.cipher import cipher
from app.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from app.core.i18n import Language
from app.directory.registry import Directory
from app.oversight.asked import wrong_days
from app.oversight.resonance.cases import agency_ref
from app.oversight.resonance.group import Group
from app.oversight.resonance.matching import WEEK, Matching, by_week
from app.oversight.resonance.schemas import (
    IssueBriefOut,
    IssueOut,
    IssuesIn,
    IssuesOut,
    SpanOut,
    StepOut,
    WhoOut,
)
from app.oversight.resonance.steps import STEPS, State, Step
from app.oversight.resonance.trends import SMALL
from app.oversight.resonance.weekly import weeks_out
from app.staff.access import StaffCaller
from app.staff.permissions import Role

PATH = "/api/v1/oversight/issues"
INSTRUCTION, WORD = "systemic_issue.instruction", "systemic_issue_step.word"
WEEKS_BEFORE, WEEKS_AFTER = 8, 26


class IssueState(Conflict):
    code = "issue_state"


_OPEN = """
WITH opened AS (
    INSERT INTO systemic_issue (topic, region, agency_id, appeal_ids, owner_id, instruction, due_on,
                                opened_on, opened_by)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id
), kept AS (
    INSERT INTO systemic_issue_step (issue_id, step, at, by_id) SELECT id, 'opened', $10, $9 FROM opened)
SELECT id FROM opened
"""
_STEP = """
WITH moved AS (UPDATE systemic_issue SET state = $2 WHERE id = $1 AND state = ANY ($3) RETURNING id)
INSERT INTO systemic_issue_step (issue_id, step, at, by_id, word) SELECT id, $4, $5, $6, $7 FROM moved
RETURNING id
"""
# What a head sees is with the own bodies; whoever owns an issue sees it.
_ISSUES = """
SELECT i.*, owner.name AS owner_name, owner.login AS owner_login, opener.name AS opener_name,
       opener.login AS opener_login, opener.role AS opener_role
FROM systemic_issue i
JOIN staff_account owner ON owner.id = i.owner_id
JOIN staff_account opener ON opener.id = i.opened_by
WHERE ($1::bigint[] IS NULL OR i.agency_id = ANY ($1) OR i.owner_id = $2)
  AND ($3::bigint IS NULL OR i.id = $3) AND ($4::text IS NULL OR i.state = $4)
  AND ($5::boolean IS NOT TRUE OR i.owner_id = $2) AND ($6::bigint = 0 OR i.id < $6)
ORDER BY i.id DESC LIMIT $7
"""
_STEPS = """
SELECT s.*, a.name, a.login FROM systemic_issue_step s JOIN staff_account a ON a.id = s.by_id
WHERE s.issue_id = $1 ORDER BY s.id
"""
_CELLS = "SELECT DISTINCT topic, region FROM appeal WHERE id = ANY ($1)"


@dataclass(frozen=True, slots=True)
class Room:
    """Who asks, in what language."""

    connection: asyncpg.Connection
    caller: StaffCaller
    directory: Directory
    lang: Language

    @property
    def heads(self) -> list[int] | None:
        """The bodies whose issues the caller sees without owning them; None: all."""
        return self._listed("issues")

    @property
    def decides(self) -> list[int] | None:
        """Those on whose issues, where a head opened them, the caller decides; None: on all there are."""
        return self._listed("oversight")

    def _listed(self, act: str) -> list[int] | None:
        caller = self.caller
        found = reach.agencies(caller.role, caller.agency_id, act, self.directory)
        return None if found is None else sorted(found)


async def open_one(room: Room, group: Group, owner_id: int, instruction: str, due_on: date) -> int:
    """Its id. Raises Invalid: a due day that is not ahead, or beyond what there are calendars for."""
    errors = list(wrong_days({"due_on": due_on}, due_on, due_on))
    if due_on <= clock.today():
        errors.append(FieldError("due_on", "day_not_ahead"))
    if errors:
        raise Invalid(errors=errors)
    id_: int = await room.connection.fetchval(
        _OPEN,
        group.topic,
        group.region,
        group.agency_id,
        group.appeal_ids,
        owner_id,
        cipher().encrypt(instruction, INSTRUCTION),
        due_on,
        clock.today(),
        room.caller.account_id,
        clock.now(),
    )
    return id_


async def found(room: Room, id_: int) -> asyncpg.Record:
    """Raises NotFound: there is none that the caller sees."""
    row = await room.connection.fetchrow(_ISSUES, room.heads, room.caller.account_id, id_, None, None, 0, 1)
    if row is None:
        raise NotFound
    return row


async def take(room: Room, id_: int, step: Step, word: str) -> None:
    """Raises NotFound, Forbidden: that is for another to do; IssueState: not from where it is."""
    row, change = await found(room, id_), STEPS[step]
    owns = change.owner and row["owner_id"] == room.caller.account_id
    if not owns and not _decides(room, row):
        raise Forbidden
    moved = await room.connection.fetchval(
        _STEP,
        id_,
        change.to,
        sorted(change.of),
        step,
        clock.now(),
        room.caller.account_id,
        cipher().encrypt(word, WORD),
    )
    if moved is None:
        raise IssueState


def _decides(room: Room, row: asyncpg.Record) -> bool:
    """A controller; a head on what a head opened with the own bodies: not on what the Administration did."""
    bodies = room.decides
    return bodies is None or (row["opener_role"] == Role.HEAD and row["agency_id"] in bodies)


async def matching(room: Room, row: asyncpg.Record) -> Matching:
    """Which appeals are counted as the issue's."""
    agencies = None if row["agency_id"] is None else sorted(room.directory.subtree_ids(row["agency_id"]))
    cells = None
    if row["appeal_ids"] is not None:
        cells = [tuple(cell) for cell in await room.connection.fetch(_CELLS, row["appeal_ids"])]
    return Matching(row["topic"], row["region"], agencies, cells)


async def page(room: Room, asked: IssuesIn) -> IssuesOut:
    """Raises Invalid: a cursor that is none."""
    rows = await room.connection.fetch(
        _ISSUES,
        room.heads,
        room.caller.account_id,
        None,
        asked.state,
        asked.mine,
        paging.after(asked.cursor),
        asked.limit + 1,
    )
    shown = rows[: asked.limit]
    return IssuesOut(
        items=[IssueBriefOut(**_brief(row, room)) for row in shown],
        next_cursor=paging.cursor(shown[-1]["id"]) if len(rows) > asked.limit else None,
    )


async def whole(room: Room, row: asyncpg.Record) -> IssueOut:
    """With the counts before and after, and who did what."""
    meant, day = await matching(room, row), row["opened_on"]
    first = day - WEEKS_BEFORE * WEEK
    passed = min(WEEKS_AFTER, (clock.today() - day) // WEEK + 1)
    counts = await by_week(room.connection, meant, first, WEEKS_BEFORE + passed)
    url = f"{PATH}/{row['id']}/cases"
    steps = await room.connection.fetch(_STEPS, row["id"])
    return IssueOut(
        **_brief(row, room),
        before=_span(counts[:WEEKS_BEFORE], first, url),
        after=_span(counts[WEEKS_BEFORE:], day, url),
        steps=[_step(step) for step in steps],
        cases_url=url,
    )


def _span(counts: Sequence[int], first: date, url: str) -> SpanOut:
    weeks = weeks_out(counts, first, url, {})
    over = [week.appeals for week in weeks if week.over]
    return SpanOut(
        weeks=weeks,
        appeals=sum(over),
        a_week=round(sum(over) / len(over), 2) if over else None,
        small=sum(over) < SMALL,
    )


def _brief(row: asyncpg.Record, room: Room) -> dict[str, Any]:
    agency = agency_ref(row["agency_id"], room.directory, room.lang) if row["agency_id"] else None
    return {
        **{name: row[name] for name in ("id", "state", "topic", "region", "due_on", "opened_on")},
        "agency": agency,
        "listed": None if row["appeal_ids"] is None else len(row["appeal_ids"]),
        "owner": WhoOut(name=row["owner_name"], login=row["owner_login"]),
        "opened_by": WhoOut(name=row["opener_name"], login=row["opener_login"]),
        "instruction": cipher().decrypt(row["instruction"], INSTRUCTION),
        "overdue": row["state"] == State.OPEN and clock.today() > row["due_on"],
    }


def _step(row: asyncpg.Record) -> StepOut:
    return StepOut(
        step=Step(row["step"]),
        at=row["at"],
        by=WhoOut(name=row["name"], login=row["login"]),
        word=cipher().decrypt_optional(row["word"], WORD),
    )
