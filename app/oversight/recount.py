"""The counters beside what the events say: every difference, and none when all is well.

One agency at a time, each check one statement, so that acts going on meanwhile are no differences.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import asyncpg

from app.appeals.codes import Outcome
from app.appeals.effects import FIGURES
from app.core import clock
from app.directory.registry import SANDBOX

KEY = (
    *("opened_on", "day", "due_on", "channel", "applicant_type", "kind", "topic", "region"),
    *("working_days", "holding_id"),
)

# Each holding of agency $1 by its events alone: a row for every event that opens it, moves its clock, extends
# or closes it, with the clock as it is from then on (`due_on`, `runs`) and as it was (`due_before`,
# `ran_before`). Its appeal says what it is about. A `turn` is as long as the clock stays as one event said.
# The server's own time zones may be older than ours, so the offsets ($2, $3) are given.
# What opened from $4 to $5.
COURSE = """
WITH zone AS (
    SELECT * FROM unnest($2::timestamptz[], $3::interval[]) AS z(since, ahead)
), meaning(kind, opens, close) AS (
    VALUES ('registered', true, NULL), ('received', true, NULL), ('reopened', true, NULL),
           ('split_off', true, NULL),
           ('answered', false, 'answered'), ('decided', false, 'answered'),
           ('forwarded', false, 'forwarded_out'), ('split', false, 'forwarded_out'),
           ('withdrawn', false, 'closed_otherwise'), ('terminated', false, 'closed_otherwise'),
           ('returned', false, 'closed_otherwise'), ('merged', false, 'closed_otherwise'),
           ('self_corrected', false, 'closed_otherwise')
), told AS (
    SELECT h.id, h.appeal_id, h.part, e.id AS event_id, e.kind AS event, e.data,
           coalesce(meaning.opens, false) AS opens,
           CASE WHEN (e.data ->> 'kept')::boolean THEN NULL ELSE meaning.close END AS close,
           (e.at AT TIME ZONE 'UTC' + zone.ahead)::date AS day, e.kind = 'extended' AS extends,
           coalesce(meaning.opens, false) OR e.data ? 'running' AS sets_clock,
           (e.data ->> 'due_on')::date AS due_on, coalesce((e.data ->> 'running')::boolean, true) AS runs,
           (e.data ->> 'late')::boolean AS late, (e.data ->> 'registered_on')::date AS registered_on,
           e.data ->> 'agency' AS agency
    FROM holding h
    JOIN event e ON e.holding_id = h.id
    LEFT JOIN meaning ON meaning.kind = e.kind
    LEFT JOIN LATERAL (SELECT ahead FROM zone WHERE since <= e.at ORDER BY since DESC LIMIT 1) zone ON true
    WHERE h.agency_id = $1 AND h.registered_on BETWEEN $4 AND $5
      AND (meaning.kind IS NOT NULL OR e.data ? 'running')
), in_turn AS (
    SELECT *, count(*) FILTER (WHERE sets_clock) OVER so_far AS turn,
           count(*) FILTER (WHERE extends) OVER so_far AS extensions,
           first_value(agency) OVER so_far AS opened_by, first_value(registered_on) OVER so_far AS opened_on
    FROM told WINDOW so_far AS (PARTITION BY id ORDER BY event_id)
), timed AS (
    SELECT id, appeal_id, part, event_id, event, data, turn, opened_by, opened_on, day, opens, close, extends,
           extensions, late, first_value(due_on) OVER same_turn AS due_on,
           close IS NULL AND first_value(runs) OVER same_turn AS runs
    FROM in_turn WINDOW same_turn AS (PARTITION BY id, turn ORDER BY event_id)
), course AS (
    SELECT timed.id, timed.appeal_id, timed.part, event_id, event, data, opened_by, opened_on,
           greatest(opened_on, day) AS day, due_on, runs, opens, close,
           extends AND extensions = 1 AS first_extended, extensions > 0 AS extended,
           coalesce(late, false) AS forwarded_late,
           lag(due_on) OVER so_far AS due_before, lag(runs) OVER so_far AS ran_before,
           a.channel, a.applicant_type, a.kind, a.topic, a.region
    FROM timed JOIN appeal a ON a.id = timed.appeal_id
    WINDOW so_far AS (PARTITION BY timed.id ORDER BY turn, event_id)
)
"""

# What has to do with no clock. An appeal that is passed on for the third time is charged to those who held
# it until then, and each who gets it from then on; a complaint that comes out for the applicant to the body
# that it is about, which held it first.
MARKS = """
opened AS (
    SELECT id, appeal_id, part, event_id, event, opened_on, channel, applicant_type, kind, topic, region
    FROM course WHERE opens
), happened AS (
    SELECT e.id AS event_id, e.appeal_id, e.part, e.holding_id, e.kind AS event, e.data,
           greatest((e.at AT TIME ZONE 'UTC' + zone.ahead)::date, acted.registered_on) AS day,
           row_number() OVER (PARTITION BY e.holding_id, e.kind, e.data ->> 'as' ORDER BY e.id) AS nth,
           row_number() OVER (PARTITION BY e.appeal_id, e.part, e.kind ORDER BY e.id) AS nth_of_part
    FROM (SELECT DISTINCT appeal_id FROM opened) ours
    JOIN event e ON e.appeal_id = ours.appeal_id
    JOIN holding acted ON acted.id = e.holding_id
    LEFT JOIN LATERAL (SELECT ahead FROM zone WHERE since <= e.at ORDER BY since DESC LIMIT 1) zone ON true
    WHERE e.kind IN ('suspended', 'correction_requested', 'linked', 'rated', 'decided', 'self_corrected')
       OR (e.kind = 'forwarded' AND NOT e.data ? 'handover')
), chained AS (
    SELECT opened.id, third.day, third.event_id < opened.event_id AS on_opening
    FROM opened JOIN happened third
      ON third.appeal_id = opened.appeal_id AND third.part = opened.part AND third.event = 'forwarded'
     AND third.nth_of_part = 3
    WHERE opened.event_id < third.event_id OR opened.event = 'received'
), marked(id, day, figure, count) AS (
    SELECT holding_id, day, CASE event WHEN 'suspended' THEN 'suspended' WHEN 'linked' THEN 'repeated'
                                       ELSE 'corrections' END, 1
    FROM happened
    WHERE nth = 1 AND (event IN ('suspended', 'correction_requested')
                       OR (event = 'linked' AND data ->> 'as' = 'repeat'))
    UNION ALL
    SELECT holding_id, day, rating.figure, rating.count
    FROM happened CROSS JOIN LATERAL (VALUES
        ('ratings', 1), ('rating_sum', (data ->> 'score')::int),
        ('resolved', (data ->> 'resolved')::boolean::int)
    ) AS rating(figure, count)
    WHERE event = 'rated'
    UNION ALL
    SELECT id, day, 'chained', 1 FROM chained WHERE NOT on_opening
    UNION ALL
    SELECT first.id, happened.day, 'complaints_upheld', 1
    FROM happened CROSS JOIN LATERAL (
        SELECT h.id FROM holding h WHERE h.appeal_id = happened.appeal_id AND h.part = happened.part
        ORDER BY h.id LIMIT 1
    ) first
    WHERE event = 'self_corrected'
       OR (event = 'decided' AND data ->> 'outcome' IN ('cancelled', 'replaced', 'obliged'))
)
"""


def _figures(**expressions: str) -> str:
    """A value for each figure in their order; 0 for those that are not given."""
    return ", ".join(f"({expressions.get(name, '0')})::int" for name in FIGURES)


_ABOUT = "channel, applicant_type, kind, topic, region"
_OUTCOME = "(close = 'answered' AND event = 'answered' AND data ->> 'outcome' = '{}')"
_COUNTED = _figures(
    received="opens",
    forwarded_in="event = 'received'",
    reopened="event = 'reopened'",
    complaints="event = 'registered' AND coalesce(data -> 'complaint' ->> 'stage' = 'handover', false)",
    chained="opens AND EXISTS (SELECT FROM chained WHERE chained.id = course.id AND on_opening)",
    answered="close = 'answered'",
    answered_late="close = 'answered' AND day > due_on",
    answered_last_day="close = 'answered' AND day = due_on",
    decided="event = 'decided'",
    forwarded_out="close = 'forwarded_out'",
    forwarded_late="forwarded_late",
    closed_otherwise="close = 'closed_otherwise'",
    closed_late="close <> 'answered' AND day > due_on",
    extended="first_extended",
    running="runs",
    **{outcome: _OUTCOME.format(outcome) for outcome in Outcome},
)

# What an event leaves running is counted, and what ran before it is taken off again.
DIFFERENCES = """
{course}, {marks}, expected AS (
    SELECT opened_on, day, due_on, {about}, (data ->> 'took')::smallint AS working_days, id AS holding_id,
           {counted}
    FROM course
    UNION ALL
    SELECT opened_on, day, due_before, {about}, (data ->> 'took')::smallint, id, {stopped}
    FROM course WHERE ran_before
    UNION ALL
    SELECT opened.opened_on, greatest(opened.opened_on, marked.day), opened.opened_on, {about}, NULL,
           opened.id, {marked}
    FROM marked JOIN opened ON opened.id = marked.id
), both_sides({key}, {figures}) AS (
    SELECT * FROM expected
    UNION ALL
    SELECT {key}, {there} FROM counter_delta WHERE agency_id = $1 AND opened_on BETWEEN $4 AND $5
)
SELECT {key}, {sums} FROM both_sides GROUP BY {key} HAVING {any} ORDER BY {key}
""".format(
    course=COURSE,
    marks=MARKS,
    about=_ABOUT,
    counted=_COUNTED,
    stopped=_figures(running="-1"),
    marked=_figures(**{name: f"CASE figure WHEN '{name}' THEN count ELSE 0 END" for name in FIGURES}),
    key=", ".join(KEY),
    figures=", ".join(FIGURES),
    there=", ".join(f"-{name}" for name in FIGURES),
    sums=", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in FIGURES),
    any=" OR ".join(f"sum({name}) <> 0" for name in FIGURES),
)

ASTRAY = f"""
{COURSE}, life AS (
    SELECT DISTINCT ON (id) * FROM course ORDER BY id, event_id DESC
)
SELECT h.id FROM holding h JOIN agency g ON g.id = h.agency_id LEFT JOIN life ON life.id = h.id
WHERE h.agency_id = $1 AND h.registered_on BETWEEN $4 AND $5
  AND (h.registered_on, h.due_on, h.running, h.extended, h.closed_on, h.close, g.code, h.channel,
       h.applicant_type, h.kind, h.topic, h.region)
    IS DISTINCT FROM
      (life.opened_on, life.due_on, life.runs, life.extended,
       CASE WHEN life.close IS NOT NULL THEN life.day END, life.close, life.opened_by, life.channel,
       life.applicant_type, life.kind, life.topic, life.region)
ORDER BY h.id
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """`figures`: what the events have more (or less) than the counters, for deltas of one `key`."""

    agency_id: int
    key: dict[str, date | str | int | None]
    figures: dict[str, int]

    def __str__(self) -> str:
        where = " ".join(f"{name}={value}" for name, value in self.key.items() if value not in ("", None))
        what = ", ".join(f"{name} {figure:+d}" for name, figure in self.figures.items())
        return f"{where}: events beside counters: {what}"


async def differences(
    connection: asyncpg.Connection, agency_id: int, month: date | None = None
) -> list[Difference]:
    """Where the counters of an agency are not what its events add up to; `month`: of what opened in it."""
    return [
        Difference(
            agency_id,
            {name: row[name] for name in KEY},
            {name: int(row[name]) for name in FIGURES if row[name]},
        )
        for row in await connection.fetch(DIFFERENCES, agency_id, *offsets(), *_opened(month))
    ]


async def astray(connection: asyncpg.Connection, agency_id: int, month: date | None = None) -> list[int]:
    """The ids of an agency's holdings that are not as their events say; `month`: of what opened in it."""
    rows = await connection.fetch(ASTRAY, agency_id, *offsets(), *_opened(month))
    return [row["id"] for row in rows]


def _opened(month: date | None) -> tuple[date, date]:
    if month is None:
        return date.min, date.max
    return month, (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


# The ids that are counted for, each found from the one before: they are few, the deltas many.
COUNTED = """
WITH RECURSIVE counted(id) AS (
    SELECT min(agency_id) FROM counter_delta
    UNION ALL
    SELECT (SELECT min(d.agency_id) FROM counter_delta d WHERE d.agency_id > counted.id)
    FROM counted WHERE counted.id IS NOT NULL
)
SELECT id, coalesce(agency.code, '?') AS code
FROM (SELECT id FROM agency UNION SELECT id FROM counted WHERE id IS NOT NULL) known
LEFT JOIN agency USING (id) WHERE agency.code IS DISTINCT FROM $1 ORDER BY id
"""


async def counted_agencies(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    """Id and code of every agency that there is or that something is counted for: not of the sandbox."""
    return list(await connection.fetch(COUNTED, SANDBOX))


@lru_cache(maxsize=1)
def offsets() -> tuple[list[datetime], list[timedelta]]:
    """From which instant on civil time is how far ahead of UTC, 2006 to 2062."""
    first, last = datetime(2006, 1, 1, tzinfo=UTC), datetime(2062, 12, 31, tzinfo=UTC)
    since, ahead = [first], [_ahead(first)]
    day = first
    while day < last:
        following = day + clock.days(1)
        if _ahead(following) != ahead[-1]:
            since.append(_change(day, following))
            ahead.append(_ahead(following))
        day = following
    return since, ahead


def _change(before: datetime, after: datetime) -> datetime:
    """The second at which civil time changed between two instants."""
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if _ahead(middle) == _ahead(before) else (before, middle)
    return after


def _ahead(instant: datetime) -> timedelta:
    offset = instant.astimezone(clock.ZONE).utcoffset()
    assert offset is not None
    return offset
