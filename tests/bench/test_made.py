"""Appeals made in bulk are appeals: their figures are what their events say, and life goes on with them."""

from collections import Counter
from datetime import date, datetime, timedelta

import asyncpg
import pytest

from app.appeals import history
from app.appeals.codes import Kind, Outcome
from app.appeals.commands import Answering, Command, Done
from app.appeals.lifecycle import Act
from app.appeals.service import act
from app.core.cipher import cipher
from app.core.db import Database, DatabaseUrls
from app.directory import snapshot
from app.intake.register import register
from app.intake.submission import Registration, Submission
from app.oversight import recount
from bench.made import country
from bench.made.country import ALIKE, Plan, make
from bench.made.lives import STAFF
from tests.support import SECRET

LAST = date(2025, 11, 28)
COUNT = 4000


def test_a_plan_has_eight_years_and_as_many_as_asked() -> None:
    days = list(Plan(80_000, LAST).days())
    assert days[-1][0] == LAST
    assert days[-1][0] - days[0][0] == timedelta(days=8 * 365 - 1)
    assert sum(count for _, count in days) == 80_000 / ALIKE
    of_year = Counter[int]()
    for day, count in days:
        of_year[day.year] += count
    assert of_year[2024] > 2 * of_year[2018]
    assert sum(sum(n for _, n in piece) for piece in Plan(80_000, LAST).pieces()) == 80_000 / ALIKE


@pytest.fixture
async def filled(real_urls: DatabaseUrls, real_db: Database) -> Database:
    """By this process alone, as one of `make` does it."""
    plan = Plan(COUNT, LAST)
    one = country.Maker(plan, snapshot.current())
    async with country.connected(real_urls) as connection:
        for n, piece in enumerate(plan.pieces()):
            await country.write(connection, one, n, piece)
    return real_db


async def test_the_record_is_whole_and_goes_on(filled: Database) -> None:
    async with filled.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM appeal") == COUNT
        for agency in await recount.counted_agencies(connection):
            assert not await recount.differences(connection, agency["id"])
            assert not await recount.astray(connection, agency["id"])
        rows = await connection.fetch("SELECT close, count(*) FROM holding GROUP BY 1")
        closes = {row["close"]: row["count"] for row in rows}
        assert closes["answered"] > 0.8 * COUNT
        assert closes.keys() == {"answered", "forwarded_out", "closed_otherwise", None}
        extended, late = await connection.fetchrow(
            "SELECT sum(extended), sum(answered_late) FROM counter_delta"
        ) or (0, 0)
        assert 0 < extended < 0.1 * COUNT
        assert 0 < late < 0.15 * COUNT
        await _chained(connection)
    await _goes_on(filled)


async def _chained(connection: asyncpg.Connection) -> None:
    events = await connection.fetch(
        "SELECT e.*, c.body, c.salt FROM event e LEFT JOIN content c ON c.hash = e.content_hash "
        "AND c.appeal_id = e.appeal_id ORDER BY e.appeal_id, e.id LIMIT 500"
    )
    before: dict[int, bytes] = {}
    for event in events:
        assert event["previous"] == before.get(event["appeal_id"])
        before[event["appeal_id"]] = event["hash"]
        if event["content_hash"]:
            said = cipher().decrypt(event["body"], "content.body").encode()
            assert history.content_hash(event["salt"], said) == event["content_hash"]
        assert event["hash"] == history.event_hash(
            **{name: event[name] for name in ("appeal_id", "part", "kind", "at", "data", "previous")},
            actor=(event["actor_kind"], event["actor_id"]),
            content=event["content_hash"],
        )


async def _goes_on(db: Database) -> None:
    """What is open can be answered, and a new appeal gets a number of its own."""
    directory, at = snapshot.current(), datetime.fromisoformat("2025-11-29T10:00+05:00")
    async with db.transaction() as connection:
        rows = await connection.fetch("SELECT * FROM holding WHERE closed_at IS NULL AND running ORDER BY id")
        answer = Answering(Outcome.EXPLAINED, "Жауап", "kk", legal_basis="76")
        commands = [Command(Act.ANSWER, row["appeal_id"], STAFF, at, payload=answer) for row in rows]
        done = await act(connection, commands, directory)
        assert len(done) > 10
        assert all(isinstance(one, Done) for one in done)
        said = Submission(Kind.STATEMENT, "kk", "Тағы", "letter", "letters", at)
        (registered,) = await register(connection, [said], directory)
        assert isinstance(registered, Registration)
        for agency in await recount.counted_agencies(connection):
            assert not await recount.differences(connection, agency["id"])


async def test_several_processes_make_as_many(real_urls: DatabaseUrls, real_db: Database) -> None:
    told: list[tuple[int, int]] = []
    made = make(
        Plan(COUNT // 2, LAST), real_urls, SECRET, processes=1, progress=lambda *done: told.append(done)
    )
    assert made == COUNT // 2
    assert told[-1] == (made, made)
    async with real_db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM appeal") == made
