"""The day by which somebody must know what a notice tells of: of an appeal a legal one."""

from datetime import date

import asyncpg

from app.appeals import letters
from app.core import clock
from app.deadlines.facts import read_facts
from app.deadlines.ledger import compute
from app.directory.registry import Directory


async def know_by(connection: asyncpg.Connection, row: asyncpg.Record, directory: Directory) -> date | None:
    """A day of the law's own (an extension, a forwarding, a suspension), else the last day of the term. None
    when that day was over already when it happened. Of a booking: the day of the reception."""
    if row["booking_id"]:
        return date.fromisoformat(row["params"]["day"])
    (then,) = await connection.fetch(letters.AS_OF, [row["appeal_id"]], [row["event_hash"]])
    facts = read_facts([(bytes.fromhex(event), facts) for event, facts in then["facts"]])
    term = compute(facts, directory.calendar)
    own = [due.by for due in term.notices if due.event == row["event_hash"].hex()]
    day: date = own[-1] if own else term.due_on
    return day if day >= clock.civil_day(then["at"]) else None
