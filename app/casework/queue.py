"""What is open, the most urgent first: a page of it, a search in it, and taking the next from it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

import asyncpg

from app.appeals import numbers, repository, service, walls
from app.appeals.codes import ActorKind, ApplicantType, Status
from app.appeals.commands import Actor, Command, Done, Leasing
from app.appeals.lifecycle import WORKABLE, Act
from app.appeals.masking import masked
from app.appeals.terms import NEED_TERM
from app.casework import changes, reach, views
from app.casework.reach import Onlooker
from app.casework.schemas import AgencyOut, PersonOut, QueueItem
from app.casework.views import SavedView
from app.core import clock, paging
from app.core.i18n import Language
from app.core.nested import Row
from app.core.words import tokens_of_each_key
from app.deadlines.regimes import Unit
from app.deadlines.term import Term
from app.deadlines.watch import service_target
from app.directory.registry import Directory
from app.directory.values import Agency
from app.staff.access import StaffCaller
from app.staff.permissions import acts_of

LEASE = timedelta(minutes=30)
BEGINNING = 160
SERIAL_DIGITS = 8


class View(StrEnum):
    UNCLAIMED = "unclaimed"
    MINE = "mine"
    AWAITING_APPROVAL = "awaiting_approval"
    OVERDUE = "overdue"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended, in the order of the queue."""

    due_on: date
    registered_on: date
    id: int

    def cursor(self) -> str:
        return paging.cursor(self.due_on, self.registered_on, self.id)

    @classmethod
    def of(cls, cursor: str) -> "Place":
        """Raises Invalid for anything that `cursor()` does not give."""
        return cls(*paging.place(cursor, date, date, int))


@dataclass(frozen=True, slots=True)
class Asked:
    """`agencies`: whose cases are looked through, `looker`: who looks."""

    view: View
    agencies: frozenset[int]
    looker: Onlooker
    topic: str | None
    channel: str | None
    q: str | None
    after: Place | None
    limit: int


_WORKABLE = ", ".join(f"'{status}'" for status in sorted(WORKABLE))
_FREE = f"h.status IN ({_WORKABLE}) AND (h.assignee_id IS NULL OR h.lease_until <= {{now}})"

_OF_HOLDING = (
    "h.id, h.appeal_id, h.part, h.agency_id, h.status, h.version, h.kind, h.topic, h.channel, h.region, "
    "h.applicant_type, h.registered_on, h.due_on, h.running, h.on_control, h.stage, h.assignee_id, "
    "h.lease_until, account.name AS assignee_name"
)
_WIDTH = _OF_HOLDING.count(",") + 1
_SAID = """
LEFT JOIN content c ON c.appeal_id = h.appeal_id AND c.kind = 'appeal'
LEFT JOIN content own ON own.appeal_id = h.appeal_id AND own.part = h.part AND own.kind = 'part'
"""
_ITEMS = f"""
SELECT {_OF_HOLDING}, a.language, a.received_at, c.body, own.body AS part_body
FROM holding h
JOIN appeal a ON a.id = h.appeal_id
{_SAID}
LEFT JOIN staff_account account ON account.id = h.assignee_id
"""
_WHOLE = f"{_ITEMS} WHERE h.id = ANY($1::bigint[])"
# All of an item but what was written, which no act changes: who knows that already asks for no more.
_HEADS = f"""
SELECT {_OF_HOLDING} FROM page JOIN holding h ON h.id = page.id
LEFT JOIN staff_account account ON account.id = h.assignee_id
"""
# The first row, or one without a case, says what is beside.
_HEADS_BESIDE = f"""
SELECT {_OF_HOLDING}, {changes.XID} AS xid, CASE WHEN row_number() OVER () = 1 THEN {views.KEPT} END AS kept
FROM (SELECT) AS one LEFT JOIN (page JOIN holding h ON h.id = page.id) ON true
LEFT JOIN staff_account account ON account.id = h.assignee_id
"""
_ORDER = "ORDER BY h.due_on, h.registered_on, h.id"

# Of several agencies each one's part of the queue comes in order from its index, so a page reads what it
# shows and no more. Of one alone it is said more plainly, so that its plan is made once and kept.
_OF_ONE = "SELECT h.id FROM {source} WHERE h.agency_id = {agency} AND {where} {order} LIMIT {limit}"
_OF_EACH = """
    SELECT h.id FROM unnest({agencies}::bigint[]) AS mine(agency_id)
    CROSS JOIN LATERAL (
        SELECT h.* FROM {source} WHERE h.agency_id = {agency} AND {where} {order} LIMIT {limit}
    ) h
    {order} LIMIT {limit}
"""
# In the words of this part alone: what another body was asked is not found here. Below a policy no index of
# words can be used; the function looks into it and gives ids of the agency's.
_SAYING = "SELECT id FROM holdings_saying({agency}, {words}::bigint[]) AS id"
_THOSE = "({saying}) AS said(id) JOIN holding h ON h.id = said.id"

_NOT_WALLED = walls.condition(me="{me}", agencies="{agencies}::bigint[]", head="{head}")

# Cases that somebody else is taking at this moment are passed over, so nobody waits for anybody. How many are
# taken is no parameter: then one plan is good for all, and is kept.
_NEXT = f"""
WITH next AS (
    SELECT h.id, h.xmin FROM holding h
    WHERE h.closed_at IS NULL AND h.agency_id = $1 AND {_FREE.format(now="$2")}
      AND {walls.condition(me="$3", agencies="$4", head="$5")}
    {_ORDER} LIMIT {{count}}
    FOR NO KEY UPDATE SKIP LOCKED
)
SELECT {service.CASE.format(term=Act.CLAIM in NEED_TERM, parts=False)}, h.xmin = next.xmin AS fresh,
       c.body, own.body AS part_body
FROM next JOIN holding h ON h.id = next.id {service.BESIDE} {_SAID} {_ORDER}
"""


@dataclass(slots=True)
class _Query:
    """Collects conditions and what they compare with. `agency`: the one whose cases are looked through."""

    agency: str
    values: list[Any] = field(default_factory=list)
    conditions: list[str] = field(default_factory=lambda: ["h.closed_at IS NULL"])
    source: str = "holding h"

    def bind(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"

    def where(self, condition: str, **values: Any) -> None:
        self.conditions.append(condition.format(**{name: self.bind(value) for name, value in values.items()}))


class Page(NamedTuple):
    """`following`: the cursor of the next one."""

    rows: list[asyncpg.Record]
    following: str | None


async def page(connection: asyncpg.Connection, asked: Asked, now: datetime) -> Page:
    """A page's items, by one statement."""
    statement, values = _statement(asked, now)
    return _cut(await connection.fetch(statement, *values), asked)


async def heads(connection: asyncpg.Connection, asked: Asked, now: datetime) -> Page:
    """The same without what was written in the cases; `whole` gives that of those that one asks for."""
    query, chosen = _chosen(asked, now)
    statement = f"WITH page AS ({chosen}) {_HEADS} {_ORDER}"
    return _cut(await connection.fetch(statement, *query.values), asked)


@dataclass(frozen=True, slots=True)
class Beside:
    """`seen`: the place from which on to follow what changes; `kept`: the person's own views."""

    seen: changes.Place
    kept: Sequence[SavedView]


async def heads_beside(
    connection: asyncpg.Connection, asked: Asked, now: datetime, account_id: int
) -> tuple[Page, Beside]:
    """The heads of a page with what stands around them, by one statement."""
    query, chosen = _chosen(asked, now)
    around = _HEADS_BESIDE.format(account=query.bind(account_id))
    rows = await connection.fetch(f"WITH page AS ({chosen}) {around} {_ORDER}", *query.values)
    kept = next(row["kept"] for row in rows if row["kept"] is not None)
    beside = Beside(changes.Place(rows[0]["xid"], 0), views.opened(kept))
    return _cut([row for row in rows if row["id"] is not None], asked), beside


async def whole(connection: asyncpg.Connection, ids: Sequence[int]) -> list[asyncpg.Record]:
    """Items by their holdings, as `heads` gave them: those that the caller still sees."""
    rows: list[asyncpg.Record] = await connection.fetch(_WHOLE, ids)
    return rows


def head_of(row: asyncpg.Record) -> tuple[Any, ...]:
    """Everything about an item that acts can change, to be compared."""
    return tuple(row)[:_WIDTH]


def _cut(rows: list[asyncpg.Record], asked: Asked) -> Page:
    """One row more than is shown was asked for."""
    shown, more = rows[: asked.limit], len(rows) > asked.limit
    last = shown[-1] if more else None
    cursor = Place(last["due_on"], last["registered_on"], last["id"]).cursor() if last else None
    return Page(shown, cursor)


def _statement(asked: Asked, now: datetime) -> tuple[str, list[Any]]:
    query, chosen = _chosen(asked, now)
    return f"WITH page AS ({chosen}) {_ITEMS} JOIN page ON page.id = h.id {_ORDER}", query.values


def _chosen(asked: Asked, now: datetime) -> tuple[_Query, str]:
    """The statement of the ids of a page."""
    whose = sorted(asked.agencies)
    alone = len(whose) == 1
    query = _Query("$1" if alone else "mine.agency_id")
    first = query.bind(whose[0] if alone else whose)
    me, agencies, head = asked.looker.values()
    query.where(_NOT_WALLED, me=me, agencies=agencies, head=head)
    match asked.view:
        case View.UNCLAIMED:
            query.where(_FREE, now=now)
        case View.MINE:
            query.where("h.assignee_id = {me}", me=me)
        case View.AWAITING_APPROVAL:
            query.where("h.status = 'awaiting_approval'")
        case View.OVERDUE:
            query.where("h.running AND h.due_on < {today}", today=clock.civil_day(now))
        case View.ALL:
            pass
    if asked.topic:
        query.where("h.topic = {topic}", topic=asked.topic)
    if asked.channel:
        query.where("h.channel = {channel}", channel=asked.channel)
    if asked.after:
        place = asked.after
        query.where(
            "(h.due_on, h.registered_on, h.id) > ({due_on}, {registered_on}, {id})",
            due_on=place.due_on,
            registered_on=place.registered_on,
            id=place.id,
        )
    if asked.q is not None:
        _search(asked.q, query)
    limited = query.bind(asked.limit + 1)
    chosen = (_OF_ONE if alone else _OF_EACH).format(
        agencies=first,
        agency=query.agency,
        source=query.source,
        where=" AND ".join(query.conditions),
        order=_ORDER,
        limit=limited,
    )
    return query, chosen


def _search(q: str, query: _Query) -> None:
    """Leave what has this registration number or serial, or in a text of which all these words occur."""
    try:
        number = numbers.parse(q)
    except numbers.NumberError:
        if re.fullmatch(rf"[0-9]{{1,{SERIAL_DIGITS}}}", q.strip()):
            years = range(numbers.FIRST_YEAR, numbers.LAST_YEAR + 1)
            ids = [year * numbers.SERIALS + int(q) for year in years]
            query.where("h.appeal_id = ANY({ids}::bigint[])", ids=ids)
        elif all(known := tokens_of_each_key(q)):
            saying = [_SAYING.format(agency=query.agency, words=query.bind(words)) for words in known]
            query.source = _THOSE.format(saying=" UNION ".join(saying))
        else:
            query.where("false")
    else:
        query.where("h.appeal_id = {id}", id=number.appeal_id)
        query.where("h.applicant_type = {type}", type=number.applicant_type)
        if number.part:
            query.where("h.part = {part}", part=number.part)


async def claim(
    connection: asyncpg.Connection, caller: StaffCaller, count: int, directory: Directory, now: datetime
) -> list[Row]:
    """Take the most urgent cases of the caller's agency that nobody works on; at most `count`."""
    looker = reach.onlooker(caller, directory)
    rows = await connection.fetch(_NEXT.format(count=count), caller.agency_id, now, *looker.values())
    commands = [
        Command(
            Act.CLAIM,
            row["appeal_id"],
            actor(caller),
            now,
            part=row["part"],
            agencies=frozenset({caller.agency_id}),
            payload=Leasing(caller.account_id, now + LEASE),
        )
        for row in rows
    ]
    locked = rows if all(row["fresh"] for row in rows) else ()
    done = await service.act(connection, commands, directory, locked=locked)
    return [_taken(row, one, caller) for row, one in zip(rows, done, strict=True) if isinstance(one, Done)]


def _taken(row: asyncpg.Record, done: Done, caller: StaffCaller) -> Row:
    """The item of a case that the caller has taken, from what was read of it before."""
    held = {**row, "agency_id": row["holder_id"], "received_at": row["first_received_at"]}
    return held | (done.changed or {}) | {"assignee_name": caller.name}


def actor(caller: StaffCaller) -> Actor:
    return Actor(
        ActorKind.STAFF,
        caller.account_id,
        decides_alone=caller.may(Act.APPROVE),
        acts=acts_of(caller.role),
    )


def item(row: Row, directory: Directory, language: Language, today: date) -> QueueItem:
    agency = directory.agency_by_id(row["agency_id"])
    whole, own = (repository.opened(row[name]) if row[name] else {} for name in ("body", "part_body"))
    said = own if row["part"] else whole
    left = directory.calendar.for_week(agency.hours.week).working_days_between(today, row["due_on"])
    return QueueItem(
        number=numbers.format_number(row["appeal_id"], ApplicantType(row["applicant_type"]), row["part"]),
        part=row["part"],
        status=row["status"],
        version=row["version"],
        kind=row["kind"],
        topic=row["topic"],
        channel=row["channel"],
        region=row["region"] or None,
        applicant_type=row["applicant_type"],
        language=row["language"],
        subject=masked(whole.get("subject"), ()),
        beginning=beginning(masked(said["text"], ()) or "") if "text" in said else None,
        agency=AgencyOut(code=agency.code, name=agency.name(language, row["registered_on"])),
        registered_on=row["registered_on"],
        due_on=row["due_on"],
        working_days_left=left,
        overdue=row["running"] and today > row["due_on"],
        target_on=_target_on(row, directory, agency),
        suspended=row["status"] == Status.SUSPENDED,
        stage=row["stage"],
        on_control=row["on_control"],
        assignee=assignee(row),
        lease_until=row["lease_until"],
    )


def _target_on(row: Row, directory: Directory, agency: Agency) -> date | None:
    """The channel's target, from what is on the item: as much of a term as a target asks for."""
    term = Term(
        registered_on=row["registered_on"],
        due_on=row["due_on"],
        raw_due_on=None,
        regime="",
        procedure="",
        term_days=0,
        unit=Unit.WORKING_DAYS,
        rule="",
        subject=row["stage"] or row["kind"],
        law_day=clock.civil_day(row["received_at"]),
        week=int(agency.hours.week),
        first_due_on=row["due_on"],
        facts=(),
    )
    target = service_target(row["channel"], term, directory.calendar)
    return target.on if target else None


def assignee(row: Row) -> PersonOut | None:
    if row["assignee_id"] is None:
        return None
    return PersonOut(id=row["assignee_id"], name=row["assignee_name"] or "—")


def beginning(text: str) -> str:
    """The first words, on one line."""
    line = " ".join(text[: 4 * BEGINNING].split())
    if len(line) <= BEGINNING:
        return line
    whole_words = line[:BEGINNING].rpartition(" ")[0]
    return f"{whole_words or line[:BEGINNING]}…"
