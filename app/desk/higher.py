"""What higher bodies send down, and what became of it: executed, or in execution.

Executed is what nobody holds any more, however it ended; in execution is all else. Both are as of the end of
a civil day, so that a figure of then can be told again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import asyncpg

from app.appeals import repository, walls
from app.appeals.codes import ActorKind, Status
from app.core import clock, paging
from app.core.errors import FieldError, Invalid
from app.core.i18n import Language
from app.desk import ways
from app.desk.entry import FIRST_DAY, LAST_DAY, Entry, identified, received, ways_of, wrong_days
from app.desk.errors import NotFromAbove
from app.desk.schemas import (
    CountsIn,
    CountsOut,
    HigherAppealIn,
    SentAnswerOut,
    SentIn,
    SentListOut,
    SentOut,
    State,
)
from app.directory.registry import Directory, UnknownCode
from app.intake.said import said
from app.intake.shown import ANSWERS
from app.intake.submission import Submission
from app.intake.tickets import following
from app.intake.tickets.callers import Desk
from app.intake.tickets.schemas import StateOut
from app.intake.tickets.ticket import check_moment
from app.staff.access import ClientCaller, StaffCaller

# What was registered on a day was received so many days before it at most: long holidays.
LONGEST_WAIT = timedelta(days=31)
OUTGOING = ("outgoing_number", "outgoing_on", "control_on")


def sent_down(form: HigherAppealIn, caller: ClientCaller) -> Entry:
    """A higher body's own message. Raises NotFromAbove, ChannelForbidden, and Invalid for what can be seen
    without looking anything up."""
    desk, now = Desk.of(caller), clock.now()
    way = ways.from_above(_code(desk))
    if way is None:
        raise NotFromAbove
    desk.check_channel(way.channel)
    if wrong := list(wrong_days(form.outgoing_on, form.control_on, now)):
        raise Invalid(errors=wrong)
    if form.received_at is not None:
        check_moment("received_at", form.received_at, now)
    whole = form.model_dump(mode="json", exclude_none=True, exclude={"received_at"})
    submission = Submission(
        **said(form),
        channel=way.channel,
        source=desk.source.code,
        attachments=tuple(form.attachments),
        signed=form.signed,
        actor_kind=ActorKind.SOURCE,
        actor_id=caller.client_id,
        details={name: whole[name] for name in OUTGOING if name in whole},
        **received(form.received_at, now),
        **identified(desk.source.code, form.outgoing_number, form.outgoing_on, whole),
    )
    return Entry(submission, desk.source, form.control_on)


# Who reads back


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose appeals they are, by the ids of their sources. `account_id`: of a person; 0 of a program."""

    sources: Sequence[int]
    account_id: int = 0

    @classmethod
    def of(cls, caller: ClientCaller | StaffCaller, directory: Directory) -> "Sender":
        """Raises NotFromAbove for who sends nothing down."""
        if isinstance(caller, ClientCaller):
            found = [caller.source_id] if ways.from_above(_code(Desk.of(caller))) else []
            account_id = 0
        else:
            own = [way for way in ways_of(caller) if way.from_above]
            found = sorted({directory.source(way.source).id for way in own})
            account_id = caller.account_id
        if not found:
            raise NotFromAbove
        return cls(found, account_id)


def _code(desk: Desk) -> str:
    """Of the source in earnest, where this is its sandbox."""
    twin = desk.source.sandbox_of
    return desk.directory.source_by_id(twin).code if twin is not None else desk.source.code


# What is asked


@dataclass(frozen=True, slots=True)
class Question:
    """`first`, `last`: of the registration days; `on`: as of the end of this day; `agency`: a code."""

    first: date
    last: date
    on: date
    agency: str | None

    def values(self, sender: Sender) -> tuple[Any, ...]:
        """In the order of `_SENT`."""
        end = datetime.combine(self.on + timedelta(days=1), time(), clock.ZONE)
        since = datetime.combine(self.first - LONGEST_WAIT, time(), clock.ZONE)
        return sender.sources, since, self.first, self.last, end, self.on, self.agency, sender.account_id


def understood(asked: CountsIn, directory: Directory) -> Question:
    """Raises Invalid, naming every field that is wrong."""
    on = asked.as_of or clock.today()
    first, last = asked.from_ or date(on.year, 1, 1), asked.to or LAST_DAY
    wrong = []
    for name, day in (("from", first), ("to", last), ("as_of", on)):
        if not FIRST_DAY <= day <= LAST_DAY:
            bounds = {"first": FIRST_DAY, "last": LAST_DAY}
            wrong.append(FieldError(name, "out_of_range", bounds))
    if first > last:
        wrong.append(FieldError("to", "period_reversed"))
    try:
        if asked.agency is not None:
            directory.agency(asked.agency)
    except UnknownCode:
        near = ", ".join(directory.near("agency", asked.agency or "")) or "—"
        wrong.append(FieldError("agency", "unknown_code", {"near": near}))
    if wrong:
        raise Invalid(errors=wrong)
    return Question(first, last, on, asked.agency)


_NOT_WALLED = walls.condition(
    me="$8::bigint", agencies="'{}'::bigint[]", head="false", appeal="a.id", under_review="false"
)
_OPEN = "h.appeal_id = a.id AND h.received_at < $5 AND (h.closed_at IS NULL OR h.closed_at >= $5)"
# `late`: nobody has answered though the term is over; a clock that stands is not late.
_SENT = f"""
SELECT a.id, held.open IS NULL AS executed, coalesce(held.late, false) AS overdue, control.day AS control_on,
       held.open IS NOT NULL AND control.day < $6 AS control_passed
FROM appeal a
LEFT JOIN LATERAL (
    SELECT true AS open, bool_or(h.due_on < $6 AND (h.running OR h.closed_at IS NOT NULL)) AS late
    FROM holding h WHERE {_OPEN} HAVING count(*) > 0
) held ON true
LEFT JOIN LATERAL (
    SELECT (e.data ->> 'control_on')::date AS day FROM event e
    WHERE e.appeal_id = a.id AND e.kind = 'control_taken' AND e.data ? 'control_on'
    ORDER BY e.id DESC LIMIT 1
) control ON true
WHERE a.source_id = ANY ($1::bigint[]) AND a.external_id IS NOT NULL
  AND a.received_at >= $2 AND a.received_at < $5 AND a.registered_on BETWEEN $3 AND $4
  AND ($7::text IS NULL OR a.route ->> 'agency' = $7) AND {_NOT_WALLED}
"""
_COUNT = f"""
SELECT count(*) AS sent, count(*) FILTER (WHERE executed) AS executed,
       count(*) FILTER (WHERE NOT executed) AS in_execution, count(*) FILTER (WHERE overdue) AS overdue,
       count(*) FILTER (WHERE control_passed) AS control_passed
FROM ({_SENT}) sent
"""
_PAGE = f"""
SELECT * FROM ({_SENT}) sent
WHERE ($9::boolean IS NULL OR executed = $9) AND ($10::bigint IS NULL OR id < $10)
ORDER BY id DESC LIMIT $11
"""
_SAID = """
SELECT c.appeal_id, c.body,
       (SELECT max(h.closed_at) FROM holding h WHERE h.appeal_id = c.appeal_id) AS closed_at
FROM content c WHERE c.appeal_id = ANY ($1::bigint[]) AND c.kind = 'appeal'
"""
# The newest of each part.
_ANSWERS = """
SELECT DISTINCT ON (e.appeal_id, e.part) e.appeal_id, e.part, e.at, e.data, c.body
FROM event e LEFT JOIN content c ON c.appeal_id = e.appeal_id AND c.hash = e.content_hash
WHERE e.appeal_id = ANY ($1::bigint[]) AND e.kind = ANY ($2::text[])
ORDER BY e.appeal_id, e.part, e.id DESC
"""


async def counts(connection: asyncpg.Connection, sender: Sender, question: Question) -> CountsOut:
    row = await connection.fetchrow(_COUNT, *question.values(sender))
    assert row is not None
    return CountsOut(**dict(row), as_of=question.on)


async def page(
    connection: asyncpg.Connection,
    sender: Sender,
    question: Question,
    asked: SentIn,
    lang: Language,
) -> SentListOut:
    """The newest first. Raises Invalid for a cursor that is not ours."""
    executed = None if asked.state is None else asked.state is State.EXECUTED
    (after,) = paging.place(asked.cursor, int) if asked.cursor is not None else (None,)
    values = question.values(sender)
    rows = await connection.fetch(_PAGE, *values, executed, after, asked.limit + 1)
    shown, more = rows[: asked.limit], len(rows) > asked.limit
    ids = [row["id"] for row in shown]
    states = await following.states(connection, ids, lang)
    written = {row["appeal_id"]: row for row in await connection.fetch(_SAID, ids)} if ids else {}
    answers = await connection.fetch(_ANSWERS, ids, sorted(ANSWERS)) if ids else []
    items = [_item(row, states[row["id"]], written.get(row["id"]), answers) for row in shown]
    return SentListOut(items=items, next_cursor=paging.cursor(ids[-1]) if more else None)


def _item(
    row: asyncpg.Record,
    state: StateOut,
    written: asyncpg.Record | None,
    answers: Sequence[asyncpg.Record],
) -> SentOut:
    body = repository.opened(written["body"]) if written else {}
    details: Mapping[str, Any] = body.get("details") or {}
    closed_at = written["closed_at"] if written else None
    return SentOut(
        outgoing_number=details.get("outgoing_number"),
        outgoing_on=details.get("outgoing_on"),
        control_on=row["control_on"],
        control_passed=bool(row["control_passed"]),
        state=State.EXECUTED if row["executed"] else State.IN_EXECUTION,
        executed_on=clock.civil_day(closed_at) if row["executed"] and closed_at else None,
        appeal=state,
        answers=_answers(row["id"], state, answers),
    )


def _answers(appeal_id: int, state: StateOut, answers: Sequence[asyncpg.Record]) -> list[SentAnswerOut]:
    """Of the parts that are answered now: what was reopened since is no answer."""
    answered = {part.number for part in state.parts if part.status is Status.ANSWERED and part.answered_at}
    found = []
    for answer in answers:
        number = f"{state.number}.{answer['part']}" if answer["part"] else state.number
        if answer["appeal_id"] == appeal_id and number in answered:
            text = repository.opened(answer["body"])["text"] if answer["body"] else None
            data = answer["data"]
            found.append(
                SentAnswerOut(
                    number=number,
                    at=answer["at"],
                    outcome=data["outcome"],
                    language=data["language"],
                    text=text,
                )
            )
    return found
