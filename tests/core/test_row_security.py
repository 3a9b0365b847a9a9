"""Row-level security: what the database itself shows of cases, whatever is asked of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from app.casework import queue
from app.casework.queue import Asked, View
from app.casework.reach import Onlooker
from app.core import clock, sight
from app.core.db import Database, Login
from app.core.limited import seeing
from app.core.sight import Sight
from app.core.words import tokens
from app.directory import snapshot
from app.main import Doors, create_app
from app.settings import Settings
from tests.casework.people import Office, registered, submission
from tests.support import client_of

PROTECTED = "SELECT relname FROM pg_class WHERE relrowsecurity AND relkind = 'r' ORDER BY 1"


@asynccontextmanager
async def as_(db: Database, login: Login, what: Sight = sight.NOTHING) -> AsyncIterator[asyncpg.Connection]:
    """A raw session of this login."""
    async with db.transaction() as connection:
        say = f"SET LOCAL ROLE {login.role}; SELECT set_config('{sight.SETTING}', '{what}', true)"
        await connection.execute(say)
        yield connection
        await connection.execute(f"SET LOCAL ROLE {Login.WORKER.role}")


async def ids(connection: asyncpg.Connection) -> set[int]:
    return {row["id"] for row in await connection.fetch("SELECT id FROM appeal")}


@pytest.fixture
def office(db: Database, client: httpx.AsyncClient) -> Office:
    return Office(db, client)


async def held(db: Database, *agencies: str) -> list[int]:
    """An appeal of each."""
    return [one.appeal_id for one in await registered(db, [submission(addressee=code) for code in agencies])]


async def test_a_session_that_says_nothing_sees_nothing(db: Database) -> None:
    filed = await held(db, "energy", "health")
    async with as_(db, Login.WEB) as connection:
        for table in [row[0] for row in await connection.fetch(PROTECTED)]:
            empty = "appeal_id IS NOT NULL" if table in ("attachment", "notice", "delivery") else "true"
            assert not await connection.fetchval(f"SELECT count(*) FROM {table} WHERE {empty}"), table
    async with as_(db, Login.WORKER) as connection:
        assert await ids(connection) >= set(filed)


async def test_each_sight_shows_its_own(db: Database) -> None:
    energy, health = await held(db, "energy", "health")
    agency = snapshot.current().agency("energy").id
    async with db.read() as connection:
        source = await connection.fetchval("SELECT source_id FROM appeal WHERE id = $1", health)
    for what, seen in (
        (sight.of_agencies([agency]), {energy}),
        (sight.of_agencies([]), set()),
        (sight.of_agencies(None), {energy, health}),
        (sight.of_appeal(health), {health}),
        (sight.of_sources([source]), {energy, health}),
        (sight.of_sources([source + 1000]), set()),
        (sight.LISTED, set()),
    ):
        async with as_(db, Login.WEB, what) as connection:
            assert await ids(connection) & {energy, health} == seen, what


async def test_who_had_a_case_sees_it_and_who_never_had_it_does_not(office: Office) -> None:
    number = (await office.file()).number
    await office.act("operator@energy", number, "forward", to="health", reason="мұнда емес")
    directory = snapshot.current()
    for code, rows in (("energy", 2), ("health", 2), ("digital", 0)):
        what = sight.of_agencies([directory.agency(code).id])
        async with as_(office.db, Login.WEB, what) as connection:
            assert await connection.fetchval("SELECT count(*) FROM holding") == rows
            assert bool(await connection.fetchval("SELECT count(*) FROM ledger")) == bool(rows)


async def test_two_bodies_by_one_connection_see_each_their_own(real_db: Database) -> None:
    urls = real_db.urls
    assert urls is not None
    energy, health = await held(real_db, "energy", "health")
    web = await Database.open(urls, Login.WEB, pool_size=1)
    sessions = set()
    for code, own in (("energy", {energy}), ("health", {health})) * 2:
        with sight.within(sight.of_agencies([snapshot.current().agency(code).id])):
            async with web.read() as connection:
                sessions.add(connection.get_server_pid())
                assert await ids(connection) == own
            async with web.transaction() as connection:
                assert await ids(connection) == own
            async with web.moment() as connection:
                assert await ids(connection) == own
            async with web.glance() as connection:
                assert not connection.is_in_transaction()
                assert await ids(connection) == own
        async with web.glance() as connection:
            assert await ids(connection) == set(), "the one before has left its sight"
        async with web.read() as connection:
            assert await ids(connection) == set(), "the one before has left its sight"
    await web.close()
    assert len(sessions) == 1


async def test_two_requests_by_one_connection_see_each_their_own(
    real_db: Database, settings: Settings
) -> None:
    urls = real_db.urls
    assert urls is not None
    await held(real_db, "energy", "health")
    web, intake = [await Database.open(urls, login, pool_size=1) for login in (Login.WEB, Login.INTAKE)]
    doors = Doors(web, intake)
    app = create_app(settings, doors)
    async with app.router.lifespan_context(app), client_of(app) as client:
        office = Office(real_db, client)
        queues = [await office.queue(f"operator@{code}") for code in ("energy", "health", "energy")]
    await doors.close()
    assert [len(numbers) for numbers in queues] == [1, 1, 1]
    assert queues[0] == queues[2] != queues[1]


async def test_a_savepoint_that_is_undone_leaves_the_sight(db: Database) -> None:
    energy, health = await held(db, "energy", "health")
    async with as_(db, Login.WEB, sight.of_appeal(energy)) as connection:
        async with seeing(connection, sight.EVERYTHING):
            assert await ids(connection) >= {energy, health}
        assert await ids(connection) == {energy}


# Registering


async def test_intake_reads_no_text_and_nobody(db: Database) -> None:
    await held(db, "energy")
    for statement in (
        "SELECT body FROM content",
        "SELECT tokens FROM content",
        "SELECT name FROM applicant",
        "SELECT iin_hash FROM applicant",
        "SELECT body FROM draft",
        "SELECT facts FROM ledger",
        "SELECT params FROM notice",
        "SELECT name FROM attachment",
        "SELECT login FROM staff_account",
        "UPDATE holding SET status = status",
        "DELETE FROM intake_key",
    ):
        async with as_(db, Login.INTAKE) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    await connection.execute(statement)


async def test_no_login_can_take_the_place_of_another(db: Database) -> None:
    async with db.read() as connection:
        rows = await connection.fetch(
            "SELECT mine.rolname AS who, other.rolname AS whose FROM pg_roles mine, pg_roles other "
            "WHERE mine.rolname = ANY ($1) AND other.oid <> mine.oid "
            "AND pg_has_role(mine.oid, other.oid, 'SET')",
            [login.role for login in Login],
        )
        bypass = await connection.fetch(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY ($1) AND (rolbypassrls OR rolsuper)",
            [login.role for login in Login],
        )
    assert (rows, bypass) == ([], [])


# The search for words

SAYING = "SELECT appeal_id FROM content WHERE tokens @> $1"
FUNCTION = """
SELECT prosecdef, proconfig, prorettype::regtype::text AS gives,
       has_function_privilege('ls_web', oid, 'EXECUTE') AS web, proacl::text AS rights
FROM pg_proc WHERE proname = 'holdings_saying'
"""


async def test_the_search_gives_ids_of_what_is_in_sight(db: Database) -> None:
    (energy,) = await registered(db, [submission("жылу құбыры")])
    agency = snapshot.current().agency("energy").id
    ask = "SELECT h.appeal_id FROM holdings_saying($1, $2) said(id) JOIN holding h USING (id)"
    for what, found in (
        (sight.of_agencies([agency]), [energy.appeal_id]),
        (sight.of_agencies([agency + 1]), []),
        (sight.of_appeal(energy.appeal_id), []),
        (sight.NOTHING, []),
    ):
        async with as_(db, Login.WEB, what) as connection:
            rows = await connection.fetch(ask, agency, tokens("құбыры"))
            assert [row["appeal_id"] for row in rows] == found, what


async def test_the_function_trusts_no_search_path(db: Database) -> None:
    async with db.read() as connection:
        found = await connection.fetchrow(FUNCTION)
    assert found is not None
    assert (found["prosecdef"], found["gives"], found["web"]) == (True, "bigint", True)
    assert found["proconfig"] == ["search_path=pg_catalog, pg_temp", "plan_cache_mode=force_custom_plan"]
    assert not [one for one in found["rights"].strip("{}").split(",") if one.startswith("=")], "not PUBLIC"


async def test_the_plan_of_a_search_as_the_web_side(db: Database) -> None:
    """The statement asks the function; the words themselves, asked as its owner, use their index, and asked
    by the web side beside the function they do not, which is why it is there."""
    agency = snapshot.current().agency("energy").id
    looker = Onlooker(1, frozenset({agency}), head=False)
    asked = Asked(View.ALL, frozenset({agency}), looker, None, None, "құбыры", None, 50)
    statement, values = queue._statement(asked, clock.now())
    words = tokens("құбыры")
    async with as_(db, Login.WEB, sight.of_agencies([agency])) as connection:
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = await explained(connection, statement, *values)
        assert "Function Scan on holdings_saying" in plan
        assert "Seq Scan on" not in plan
        assert "ix_content_tokens" not in await explained(connection, SAYING, words)
    async with db.transaction() as connection:
        await connection.execute("SET LOCAL ROLE NONE; SET LOCAL enable_seqscan = off")
        assert "ix_content_tokens" in await explained(connection, SAYING, words)
        await connection.execute(f"SET LOCAL ROLE {Login.WORKER.role}")


async def explained(connection: asyncpg.Connection, statement: str, *values: Any) -> str:
    rows = await connection.fetch(f"EXPLAIN (COSTS OFF) {statement}", *values)
    return "\n".join(row[0] for row in rows)
