"""Finding a case: which part of which appeal, and who sees how much of it.

The holder's people and those above them see the whole. Who held it before sees it as it was when it left:
their own holding as it closed, and what had happened until then. Who reviews a complaint reads the case that
it is about while they have it. Nobody sees a complaint that is walled off from them (app/appeals/walls.py),
and anybody else sees nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import asyncpg

from app.appeals import effects, numbers, walls
from app.appeals.codes import ApplicantType, Status
from app.appeals.commands import CaseNotFound, Complaint, Done
from app.appeals.lifecycle import Act, allowed
from app.casework import changes, reach
from app.casework.changes import Place
from app.core import clock
from app.core.errors import Conflict
from app.core.nested import Row
from app.deadlines.regimes import Stage
from app.directory.registry import Directory
from app.readings import keeping
from app.readings.codes import Way
from app.staff.access import StaffCaller
from app.staff.permissions import Relation

# After a number: the part that stayed when others were split off.
WHOLE = ".0"

_NOT_WALLED = walls.condition(me="$3", agencies="$4", head="$5", appeal="w.appeal_id", under_review="true")

# `reviewing`: the reader has a complaint about this part under review.
HOLDINGS = f"""
SELECT h.id, h.appeal_id, h.part, h.agency_id, h.origin, h.received_at, h.registered_on, h.due_on, h.status,
       h.version, h.channel, h.kind, h.topic, h.region, h.applicant_type, h.stage, h.assignee_id,
       account.name AS assignee_name, h.lease_until, h.running, h.on_control, h.closed_at, h.closed_on,
       h.close, h.outcome, h.erased_on, a.language, to_jsonb(about) AS complaint, {changes.XID} AS seen,
       first.applicant_type AS about_type,
       EXISTS (
           SELECT FROM complaint w JOIN holding review ON review.appeal_id = w.appeal_id
           WHERE w.about_id = h.appeal_id AND w.about_part = h.part AND review.closed_at IS NULL
             AND review.stage = 'review' AND review.agency_id = ANY ($2::bigint[]) AND {_NOT_WALLED}
       ) AS reviewing
FROM holding h
JOIN appeal a ON a.id = h.appeal_id
LEFT JOIN complaint about ON about.appeal_id = h.appeal_id
LEFT JOIN appeal first ON first.id = about.about_id
LEFT JOIN staff_account account ON account.id = h.assignee_id
WHERE h.appeal_id = $1 ORDER BY h.id
"""


class SeveralParts(Conflict):
    """The number means several parts that the caller may see; the answer lists them.

    `agencies`: the ids of the bodies that have them, in the same order.
    """

    code = "several_parts"

    def __init__(self, parts: Sequence[str], agencies: Sequence[int]) -> None:
        super().__init__(extra={"parts": list(parts)}, parts=", ".join(parts))
        self.agencies = agencies


@dataclass(frozen=True, slots=True)
class Found:
    """A part of an appeal as the caller may see it.

    `rows`: all holdings of the appeal. `holdings`: of this part, in order, up to the last that the caller
    may see; `shown` is that one. `own`: the ids of those that the caller's agencies had. `past`: the case is
    not theirs now. `until`: when it left them; None for who sees it as it is.
    """

    number: str
    appeal_id: int
    part: int
    rows: Sequence[Row]
    holdings: Sequence[Row]
    shown: Row
    own: Sequence[int]
    past: bool
    until: datetime | None

    @property
    def complaint(self) -> Complaint | None:
        return _complaint(self.rows)

    @property
    def seen(self) -> Place:
        """What changes after this was read is found from here on."""
        return Place(self.rows[0]["seen"], 0)

    @property
    def stage(self) -> Stage | None:
        return Stage(self.shown["stage"]) if self.shown["stage"] else None


async def find(
    connection: asyncpg.Connection, caller: StaffCaller, typed: str, directory: Directory
) -> Found:
    """`typed`: a number in either script, with `.2` for a part and `.0` for what was not split off. That it
    is read is not kept here: whoever shows anything of it does that (content.py; `keep`).

    Raises CaseNotFound for what is not there or not the caller's to see, SeveralParts.
    """
    plain = typed.strip().removesuffix(WHOLE)
    try:
        number = numbers.parse(plain)
    except numbers.NumberError:
        raise CaseNotFound from None
    rows = await _rows(connection, caller, number.appeal_id, directory)
    if not rows or rows[0]["applicant_type"] != number.applicant_type:
        raise CaseNotFound
    if _walled(rows, reach.onlooker(caller, directory)):
        raise CaseNotFound
    visible = reach.visible(caller, directory)
    part = number.part if number.part or plain != typed.strip() else _meant(rows, visible)
    return _seen(rows, part, visible, caller)


async def keep(connection: asyncpg.Connection, caller: StaffCaller, found: Found, way: Way) -> None:
    """That the caller reads it."""
    read = [(found.appeal_id, found.part)]
    await keeping.keep(connection, caller.account_id, caller.agency_id, read, way, clock.now())


async def again(
    connection: asyncpg.Connection, caller: StaffCaller, found: Found, directory: Directory, done: Done
) -> Found:
    """The same part after an act of the caller's, read once more unless what was written tells all of it."""
    if done.changed is not None and _tells_all(done.changed, done.seen, found.shown):
        return changed(found, caller, directory, done.changed)
    return _now(await _rows(connection, caller, found.appeal_id, directory), found, caller, directory)


def _tells_all(written: Row, seen: int, shown: Row) -> bool:
    """It is about the holding that is shown, as it was shown, and names nobody whose name was not read."""
    same = (written["id"], seen) == (shown["id"], shown["version"])
    return same and written["assignee_id"] in (None, shown["assignee_id"])


def changed(found: Found, caller: StaffCaller, directory: Directory, written: Row) -> Found:
    """The same part after these columns of the holding shown were written."""
    rows = [effects.after(row, written) if row is found.shown else row for row in found.rows]
    return _now(rows, found, caller, directory)


def _now(rows: Sequence[Row], found: Found, caller: StaffCaller, directory: Directory) -> Found:
    """Also when an act has put it behind a wall for who did it."""
    now = _seen(rows, found.part, reach.visible(caller, directory), caller)
    behind = not now.past and _walled(rows, reach.onlooker(caller, directory))
    return replace(now, past=True) if behind else now


async def _rows(
    connection: asyncpg.Connection, caller: StaffCaller, appeal_id: int, directory: Directory
) -> Sequence[Row]:
    visible, looker = reach.visible(caller, directory), reach.onlooker(caller, directory)
    if not visible:
        return ()
    rows: Sequence[Row] = await connection.fetch(HOLDINGS, appeal_id, sorted(visible), *looker.values())
    return rows


def _complaint(rows: Sequence[Row]) -> Complaint | None:
    stored = rows[0]["complaint"]
    return walls.complaint_of(stored) if stored else None


def _walled(rows: Sequence[Row], looker: reach.Onlooker) -> bool:
    complaint = _complaint(rows)
    if complaint is None:
        return False
    under_review = any(row["stage"] == Stage.REVIEW and row["closed_at"] is None for row in rows)
    return not looker.sees(complaint, under_review=under_review)


def _by_part(rows: Sequence[Row]) -> dict[int, list[Row]]:
    parts: dict[int, list[Row]] = {}
    for row in rows:
        parts.setdefault(row["part"], []).append(row)
    return parts


def _meant(rows: Sequence[Row], visible: frozenset[int]) -> int:
    """The part that a number without one means: that which is held now, else that which is read besides."""
    parts = _by_part(rows)
    held = [part for part, rows in parts.items() if rows[-1]["agency_id"] in visible]
    known = held or [
        part
        for part, rows in parts.items()
        if rows[-1]["reviewing"] or any(row["agency_id"] in visible for row in rows)
    ]
    if len(known) > 1:
        there = [parts[part] for part in sorted(known)]
        raise SeveralParts(
            [number_of(rows[0]) + ("" if rows[0]["part"] else WHOLE) for rows in there],
            [rows[-1]["agency_id"] for rows in there],
        )
    return known[0] if known else 0


def _seen(every: Sequence[Row], part: int, visible: frozenset[int], caller: StaffCaller) -> Found:
    rows = _by_part(every).get(part, [])
    own = [row for row in rows if row["agency_id"] in visible]
    held = bool(own) and reach.sees_as(caller, Relation.HELD)
    reviews = bool(rows) and rows[-1]["reviewing"] and reach.sees_as(caller, Relation.REVIEWED)
    as_it_is = bool(rows) and (reviews or rows[-1]["agency_id"] in visible)
    if not held and not as_it_is:
        raise CaseNotFound
    shown = rows[-1] if as_it_is else own[-1]
    return Found(
        number=number_of(shown),
        appeal_id=shown["appeal_id"],
        part=shown["part"],
        rows=every,
        holdings=[row for row in rows if row["id"] <= shown["id"]],
        shown=shown,
        own=[row["id"] for row in own],
        past=rows[-1]["agency_id"] not in visible,
        until=None if as_it_is else shown["closed_at"],
    )


def number_of(row: Row) -> str:
    return numbers.format_number(row["appeal_id"], ApplicantType(row["applicant_type"]), row["part"])


def acts(caller: StaffCaller, found: Found, directory: Directory) -> list[Act]:
    """What the state and the caller's role allow now."""
    shown = found.shown
    if found.past:
        return []
    erased = shown["erased_on"] is not None
    closed = shown["closed_at"] is not None
    by_state = allowed(Status(shown["status"]), closed=closed, stage=found.stage, erased=erased)
    return sorted(act for act in by_state if shown["agency_id"] in reach.agencies(caller, act, directory))
