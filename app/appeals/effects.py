"""What an act changes, and the one statement that writes it.

Rows go over as JSON, a list for each table; the names in them are the columns'. A holding is closed before
the next one of the same part is opened (`opened` waits for `changed`): only one may be open. A part that is
split off names the part that it comes from.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import asyncpg

from app.appeals.codes import INNER
from app.appeals.commands import Case
from app.core import nested
from app.core.log import request_id

Row = dict[str, Any]


@dataclass(slots=True)
class Effects:
    """The rows of one act or of many; `events`, `ledger` of a new holding have `holding_id` None. `sent`: by
    whom what is no draft any more."""

    changed: list[Row] = field(default_factory=list)
    opened: list[Row] = field(default_factory=list)
    contents: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    ledger: list[Row] = field(default_factory=list)
    deltas: list[Row] = field(default_factory=list)
    notices: list[Row] = field(default_factory=list)
    sent: list[Row] = field(default_factory=list)

    @classmethod
    def joined(cls, all_: Iterable["Effects"]) -> "Effects":
        whole = cls()
        for one in all_:
            for name in cls.__slots__:
                getattr(whole, name).extend(getattr(one, name))
        return whole


FIGURES = (
    *("received", "forwarded_in", "reopened"),
    *("answered", "answered_late", "answered_last_day"),
    *("satisfied", "partly_satisfied", "refused", "explained", "taken_note", "decided"),
    *("forwarded_out", "forwarded_late", "chained"),
    *("closed_otherwise", "closed_late"),
    *("extended", "suspended", "corrections", "repeated"),
    *("complaints", "complaints_upheld"),
    *("ratings", "rating_sum", "resolved"),
    "running",
)
"""What acts count; docs/figures.md says what each means. All but `running` are figures of an act's day."""


def delta(
    case: Case,
    agency_id: int,
    opened_on: date,
    day: date,
    due_on: date,
    *,
    holding_id: int | None,
    part: int | None = None,
    working_days: int | None = None,
    **figures: int,
) -> Row:
    """What an act of the civil day `day` adds to the figures of a holding that opened on `opened_on`.

    `holding_id` None: the holding that the same act opens, of `part`. `working_days`: those until the answer.
    """
    return {
        "appeal_id": case.appeal_id,
        "part": case.part if part is None else part,
        "holding_id": holding_id,
        "working_days": working_days,
        "agency_id": agency_id,
        "opened_on": opened_on,
        "day": day,
        "due_on": due_on,
        "channel": case.channel,
        "applicant_type": case.applicant_type,
        "kind": case.kind,
        "topic": case.topic,
        "region": case.region,
    } | {name: int(figure) for name, figure in figures.items() if figure}


# What opens after a test is a test: the sandbox holds it, whosever part it plays.
# A source follows what it brought, by ids of its own, through the events that it is told of. OFFSET 0: found
# by the appeal's number; as long as few have such an id a plan would read all of them.
APPLY = """
WITH changed AS (
    UPDATE holding h
    SET status = c.status, version = c.version, due_on = c.due_on, running = c.running,
        extended = c.extended, on_control = c.on_control, wait_until = c.wait_until, warned = c.warned,
        assignee_id = c.assignee_id, lease_until = c.lease_until,
        closed_at = coalesce(h.closed_at, c.closed_at), closed_on = coalesce(h.closed_on, c.closed_on),
        close = coalesce(h.close, c.close), outcome = coalesce(h.outcome, c.outcome), last_hash = c.last_hash,
        erased_on = coalesce(h.erased_on, c.erased_on)
    FROM jsonb_to_recordset($1) AS c(
        id bigint, status text, version bigint, due_on date, running boolean, extended boolean,
        on_control boolean, wait_until date, warned smallint, assignee_id bigint, lease_until timestamptz,
        closed_at timestamptz, closed_on date, close text, outcome text, last_hash bytea,
        erased_on date)
    WHERE h.id = c.id
    RETURNING h.appeal_id, h.part, h.agency_id, h.stands_for IS NOT NULL AS test
), opened AS (
    INSERT INTO holding (appeal_id, part, agency_id, stands_for, origin, received_at, registered_on, due_on,
                         regime, status, version, channel, kind, topic, region, applicant_type, running,
                         extended, on_control, stage, last_hash)
    SELECT o.appeal_id, o.part, CASE WHEN changed.test THEN changed.agency_id ELSE o.agency_id END,
           CASE WHEN changed.test THEN o.agency_id END, o.origin, o.received_at, o.registered_on, o.due_on,
           o.regime, o.status, o.version, o.channel, o.kind, o.topic, o.region, o.applicant_type, true, false,
           o.on_control, o.stage, o.last_hash
    FROM jsonb_to_recordset($2) AS o(
        appeal_id bigint, part smallint, from_part smallint, agency_id bigint, origin text,
        received_at timestamptz, registered_on date, due_on date, regime text, status text, version bigint,
        channel text, kind text, topic text, region text, applicant_type text, on_control boolean, stage text,
        last_hash bytea)
    JOIN changed ON changed.appeal_id = o.appeal_id AND changed.part = o.from_part
    RETURNING id, appeal_id, part
), said AS (
    INSERT INTO content (appeal_id, part, kind, at, author_id, salt, body, hash, tokens)
    SELECT c.* FROM jsonb_to_recordset($3) AS c(
        appeal_id bigint, part smallint, kind text, at timestamptz, author_id bigint, salt bytea, body bytea,
        hash bytea, tokens bigint[])
), happened AS (
    INSERT INTO event (appeal_id, part, holding_id, at, kind, actor_kind, actor_id, data, content_hash,
                       previous, hash, source_id, changed_at)
    SELECT e.appeal_id, e.part, coalesce(e.holding_id, opened.id), e.at, e.kind, e.actor_kind, e.actor_id,
           e.data, e.content_hash, e.previous, e.hash, followed.source_id,
           CASE WHEN followed.source_id IS NOT NULL THEN e.at END
    FROM ROWS FROM (jsonb_to_recordset($4) AS (
        appeal_id bigint, part smallint, holding_id bigint, at timestamptz, kind text, actor_kind text,
        actor_id bigint, data jsonb, content_hash bytea, previous bytea, hash bytea)) WITH ORDINALITY
        AS e(appeal_id, part, holding_id, at, kind, actor_kind, actor_id, data, content_hash, previous, hash,
             place)
    LEFT JOIN opened ON e.holding_id IS NULL AND opened.appeal_id = e.appeal_id AND opened.part = e.part
    LEFT JOIN LATERAL (
        SELECT source_id, external_id FROM appeal WHERE id = e.appeal_id AND e.kind NOT IN ({inner}) OFFSET 0
    ) followed ON followed.external_id IS NOT NULL
    ORDER BY e.place
), why AS (
    INSERT INTO ledger (holding_id, event_hash, facts)
    SELECT coalesce(l.holding_id, opened.id), l.event_hash, l.facts
    FROM jsonb_to_recordset($5) AS l(
        appeal_id bigint, part smallint, holding_id bigint, event_hash bytea, facts jsonb)
    LEFT JOIN opened ON l.holding_id IS NULL AND opened.appeal_id = l.appeal_id AND opened.part = l.part
), counted AS (
    INSERT INTO counter_delta (agency_id, opened_on, day, due_on, channel, applicant_type, kind, topic,
                               region, working_days, holding_id, {figures})
    SELECT d.agency_id, d.opened_on, d.day, d.due_on, d.channel, d.applicant_type, d.kind, d.topic, d.region,
           d.working_days, coalesce(d.holding_id, opened.id), {counts}
    FROM jsonb_to_recordset($6) AS d(
        appeal_id bigint, part smallint, holding_id bigint, agency_id bigint, opened_on date, day date,
        due_on date, channel text, applicant_type text, kind text, topic text, region text,
        working_days smallint, {typed})
    LEFT JOIN opened ON d.holding_id IS NULL AND opened.appeal_id = d.appeal_id AND opened.part = d.part
), told AS (
    INSERT INTO notice (appeal_id, event_hash, kind, audience, language, params, not_before, request_id)
    SELECT n.*, $9 FROM jsonb_to_recordset($7) AS n(
        appeal_id bigint, event_hash bytea, kind text, audience text, language text,
        params jsonb, not_before timestamptz)
), forgotten AS (
    DELETE FROM draft USING holding h, jsonb_to_recordset($8) AS s(
        appeal_id bigint, part smallint, author_id bigint)
    WHERE h.appeal_id = s.appeal_id AND h.part = s.part
      AND draft.holding_id = h.id AND draft.author_id = s.author_id
)
SELECT count(*) FROM changed
""".format(
    inner=", ".join(f"'{kind}'" for kind in sorted(INNER)),
    figures=", ".join(FIGURES),
    counts=", ".join(f"coalesce(d.{name}, 0)" for name in FIGURES),
    typed=", ".join(f"{name} smallint" for name in FIGURES),
)


_ONCE = ("closed_at", "closed_on", "close", "outcome", "erased_on")
"""Columns of a holding that are written once."""


def after(held: nested.Row, changed: nested.Row) -> Row:
    """A row of a holding as APPLY leaves it. `changed`: the one of `Effects`."""
    return dict(held) | dict(changed) | {name: held[name] for name in _ONCE if held[name] is not None}


async def apply(connection: asyncpg.Connection, effects: Effects) -> None:
    """Write everything that the acts changed, in one statement."""
    rows = [getattr(effects, name) for name in Effects.__slots__]
    await connection.fetchval(APPLY, *rows, request_id())
