"""The one door to a new state: `act`.

Set-based: the cases are locked in one statement, decided one by one, and written in one statement. Runs in
the caller's transaction and commits nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import date
from itertools import groupby
from typing import Any

import asyncpg

from app.appeals.codes import ActorKind, Status
from app.appeals.commands import Case, CaseNotFound, Command, Done, Held, attachments_of
from app.appeals.decide import decide
from app.appeals.effects import Effects, apply
from app.appeals.lifecycle import Act
from app.appeals.terms import NEED_TERM
from app.appeals.walls import complaint_of
from app.attachments import linking
from app.attachments.models import GivenBy
from app.core import clock
from app.core.errors import AppError
from app.deadlines.facts import Fact
from app.deadlines.regimes import Stage
from app.directory.registry import Directory

# What an act needs to know of a holding `h`. `term`, `parts`: whether it asks for its facts, for the appeal's
# last part.
CASE = """
h.id AS holding_id, h.appeal_id, h.part, h.agency_id AS holder_id,
       coalesce(h.stands_for, h.agency_id) AS agency_id, h.registered_on, h.due_on, h.regime, h.status,
       h.version, h.channel, h.kind, h.topic, h.region, h.applicant_type, h.assignee_id, h.lease_until,
       h.running, h.closed_at IS NOT NULL AS closed, h.last_hash, a.language,
       a.received_at AS first_received_at, p.data AS proposed, p.content_hash AS proposed_hash,
       EXISTS (SELECT FROM event r WHERE r.holding_id = h.id AND r.kind = 'rated') AS rated,
       h.erased_on IS NOT NULL AS erased,
       h.stage, h.on_control, h.extended, h.wait_until, h.warned,
       CASE WHEN h.kind = 'complaint' THEN
           (SELECT to_jsonb(k) FROM complaint k WHERE k.appeal_id = h.appeal_id) END AS complaint,
       CASE WHEN {parts} THEN
           (SELECT max(part) FROM holding any_part WHERE any_part.appeal_id = h.appeal_id) END AS last_part,
       CASE WHEN {term} THEN
           (SELECT jsonb_agg(jsonb_build_array(l.holding_id, coalesce(earlier.stands_for, earlier.agency_id),
                                               earlier.registered_on,
                                               encode(l.event_hash, 'hex'), l.facts) ORDER BY l.id)
            FROM holding earlier JOIN ledger l ON l.holding_id = earlier.id
            WHERE earlier.appeal_id = h.appeal_id AND earlier.part = h.part) END AS held
"""
BESIDE = """
JOIN appeal a ON a.id = h.appeal_id
LEFT JOIN LATERAL (
    SELECT e.data, e.content_hash FROM event e
    WHERE e.holding_id = h.id AND e.kind = 'answer_proposed' AND h.status = 'awaiting_approval'
    ORDER BY e.id DESC LIMIT 1
) p ON true
"""

# The newest holding of a part is the open one, or the one that closed last. A row that was changed while we
# waited for its lock comes in its new form but all beside it in its old one: then it is not `fresh`.
# NO KEY: rows that only refer to the holding, such as a colleague's draft, need not wait.
LOCK = f"""
SELECT {CASE.format(term="$3", parts="$4")},
       h.xmin = (SELECT before.xmin FROM holding before WHERE before.id = h.id) AS fresh
FROM holding h {BESIDE}
WHERE h.id IN (
    SELECT max(newest.id) FROM holding newest
    JOIN unnest($1::bigint[], $2::smallint[]) AS wanted(appeal_id, part) USING (appeal_id, part)
    GROUP BY newest.appeal_id, newest.part
)
ORDER BY h.id
FOR NO KEY UPDATE OF h
"""

Key = tuple[int, int]


async def act(
    connection: asyncpg.Connection,
    commands: Sequence[Command],
    directory: Directory,
    *,
    together: bool = False,
    locked: Sequence[asyncpg.Record] = (),
) -> list[Done | AppError]:
    """Carry out each command, or say why not, in the order given.

    Several commands on one case are carried out one after the other, each seeing what the one before left.
    `together`: all of them, each on another case, or none. `locked`: their cases, as CASE reads them, where
    the caller has locked them already and they are `fresh`.
    """
    answers: dict[int, Done | AppError] = {}
    waiting = list(enumerate(commands))
    while waiting:
        taken: dict[Key, tuple[int, Command]] = {}
        later: list[tuple[int, Command]] = []
        for place, command in waiting:
            key = (command.appeal_id, command.part)
            later.append((place, command)) if key in taken else taken.update({key: (place, command)})
        acts = {command.act for _, command in taken.values()}
        if Act.SPLIT in acts:
            await _take_turns(connection, [command for _, command in taken.values()])
        cases = _cases(locked) if locked else await _locked(connection, list(taken), acts)
        answers |= await _round(connection, taken, cases, directory, together=together)
        waiting, locked = later, ()
    return [answers[place] for place in range(len(commands))]


async def _round(
    connection: asyncpg.Connection,
    commands: dict[Key, tuple[int, Command]],
    cases: Mapping[Key, Case],
    directory: Directory,
    *,
    together: bool,
) -> dict[int, Done | AppError]:
    answers: dict[int, Done | AppError] = {}
    effects: list[Effects] = []
    for key, (place, command) in commands.items():
        try:
            if key not in cases:
                raise CaseNotFound
            changes, answers[place] = decide(command, cases[key], directory)
            effects.append(changes)
        except AppError as error:
            answers[place] = error
    refused = [answer for answer in answers.values() if isinstance(answer, AppError)]
    if together and refused:
        return dict.fromkeys(answers, refused[0])
    if any(changes.changed for changes in effects):
        await apply(connection, Effects.joined(effects))
    done = [command for place, command in commands.values() if isinstance(answers[place], Done)]
    await _attach(connection, [command for command in done if attachments_of(command)])
    return answers


async def _attach(connection: asyncpg.Connection, commands: Iterable[Command]) -> None:
    """The files that the acts name are the appeals' from now on. Raises TooManyAttachments."""
    for command in commands:
        given_by = GivenBy.STAFF if command.actor.kind is ActorKind.STAFF else GivenBy.APPLICANT
        named = [(command.appeal_id, one) for one in attachments_of(command)]
        await linking.link(connection, named, given_by, clock.now())


async def _take_turns(connection: asyncpg.Connection, commands: Iterable[Command]) -> None:
    """Two splits of different parts of one appeal would give the same number to their new parts."""
    ids = sorted({command.appeal_id for command in commands if command.act is Act.SPLIT})
    await connection.execute(
        "SELECT pg_advisory_xact_lock(id) FROM unnest($1::bigint[]) WITH ORDINALITY AS t(id, n) ORDER BY n",
        ids,
    )


class _ChangedMeanwhile(Exception):
    """A row changed while we waited for its lock."""


async def _locked(
    connection: asyncpg.Connection, keys: Sequence[Key], acts: Iterable[Act]
) -> dict[Key, Case]:
    """Lock the newest holding of each part and read it, again until nothing changed while we waited.

    Locks are taken in the order of ids. A second try may meet a successor with a higher id than those held:
    the locks of a first try over many cases are given back, else two batches could wait for each other.
    """
    wanted = set(acts)
    while True:
        with suppress(_ChangedMeanwhile):
            async with connection.transaction() if len(keys) > 1 else nullcontext():
                return await _read_locked(connection, keys, wanted)


async def _read_locked(
    connection: asyncpg.Connection, keys: Sequence[Key], acts: set[Act]
) -> dict[Key, Case]:
    rows = await connection.fetch(
        LOCK,
        [key[0] for key in keys],
        [key[1] for key in keys],
        bool(acts & NEED_TERM),
        Act.SPLIT in acts,
    )
    if not all(row["fresh"] for row in rows):
        raise _ChangedMeanwhile
    return _cases(rows)


def _cases(rows: Iterable[asyncpg.Record]) -> dict[Key, Case]:
    return {(row["appeal_id"], row["part"]): _case(row) for row in rows}


def _case(row: asyncpg.Record) -> Case:
    values = {name: row[name] for name in Case.__slots__} | {
        "status": Status(row["status"]),
        "stage": Stage(row["stage"]) if row["stage"] else None,
        "last_part": row["last_part"] or 0,
        "held": _held(row["held"] or []),
        "complaint": complaint_of(row["complaint"]) if row["complaint"] else None,
    }
    return Case(**values)


def _held(entries: Iterable[Sequence[Any]]) -> tuple[Held, ...]:
    """From (holding, agency, day it opened, event hash, facts) in the order they were written, which is the
    holdings'."""
    return tuple(
        Held(
            holding_id,
            agency_id,
            date.fromisoformat(registered_on),
            tuple(Fact.from_json(fact, event) for *_, event, facts in rows for fact in facts),
        )
        for (holding_id, agency_id, registered_on), rows in groupby(entries, key=lambda entry: entry[:3])
    )
