"""How long a statement of a request may take, by the kind of route; what waits too long is a 503 and has kept
nothing. A commit is under no such time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi.routing import iter_route_contexts

from app.core import edge, patience, sight
from app.core.bounds import ANSWER_WITHIN
from app.core.db import PLANNED_ONCE, Database, DatabaseUrls, Login
from app.core.patience import SECONDS, Patience
from app.main import assemble
from tests.casework.people import Office

QUICK, NEVER = 0.2, 60.0
FIGURES = "/api/v1/statistics/agencies?from=2026-01-01&to=2026-06-30"


@asynccontextmanager
async def held(owner: asyncpg.Connection) -> AsyncIterator[None]:
    """Somebody keeps the cases and figures to themselves, as a forgotten maintenance would."""
    async with owner.transaction():
        await owner.execute("LOCK TABLE holding, counter_delta IN ACCESS EXCLUSIVE MODE")
        yield


@pytest.mark.parametrize("short", [Patience.READING, Patience.ACT, Patience.FIGURES, Patience.LONG])
async def test_each_kind_of_route_has_its_own(
    real_db: Database,
    real_client: httpx.AsyncClient,
    owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    short: Patience,
) -> None:
    """All four wait at the same lock. One has no patience: it alone is answered, the others when it goes."""
    office = Office(real_db, real_client)
    filed = await office.file()
    head, operator = await office.person("head@energy"), await office.person("operator@energy")
    period = "from=2026-01-01&to=2026-06-30"
    asked = {
        Patience.READING: ("GET", f"/api/v1/cases/{filed.number}", operator.headers),
        Patience.ACT: ("POST", f"/api/v1/cases/{filed.number}/claim", operator.headers | {"if-match": "*"}),
        Patience.FIGURES: ("GET", FIGURES, {}),
        Patience.LONG: ("GET", f"/api/v1/compliance/agencies.csv?{period}", head.headers),
    }
    for kind in Patience:
        monkeypatch.setitem(SECONDS, kind, QUICK if kind is short else NEVER)
    async with held(owner):
        waiting = {
            kind: asyncio.create_task(
                real_client.request(method, url, headers=headers | {"accept-language": "kk"})
            )
            for kind, (method, url, headers) in asked.items()
        }
        refused = await asyncio.wait_for(asyncio.shield(waiting.pop(short)), 30)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable"), refused.text
        assert refused.headers["content-language"] == "kk"
        assert int(refused.headers["retry-after"]) > 0
        assert not any(task.done() for task in waiting.values())
    for kind, task in waiting.items():
        assert (await task).status_code == 200, kind
    method, url, headers = asked[short]
    monkeypatch.setitem(SECONDS, short, NEVER)
    again = await real_client.request(method, url, headers=headers)
    assert again.status_code == 200, "and who comes again is answered"


async def test_a_commit_is_under_no_time(
    real_urls: DatabaseUrls, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is cancelled while it waits for its standby says that it succeeded. PostgreSQL does not count
    its time: were that so no more, it would have to be said with each COMMIT."""
    await owner.execute(
        """
        CREATE FUNCTION takes_long() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(0.6); RETURN NULL; END $$;
        CREATE TABLE slow (id int);
        CREATE CONSTRAINT TRIGGER at_the_commit AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION takes_long();
        GRANT SELECT, INSERT ON slow TO ls_web
        """
    )
    monkeypatch.setitem(SECONDS, Patience.LONG, QUICK)
    db = await Database.open(real_urls, Login.WEB, pool_size=1)
    try:
        async with db.transaction() as connection:
            await connection.execute("INSERT INTO slow VALUES (1)")
        async with db.read() as connection:
            assert await connection.fetchval("SELECT count(*) FROM slow") == 1
        with pytest.raises(asyncpg.QueryCanceledError):
            async with db.read() as connection:
                await connection.execute("SELECT pg_sleep(30)")
    finally:
        await db.close()


async def test_what_went_wrong_unseen_is_not_committed(real_urls: DatabaseUrls) -> None:
    """Of a transaction that has failed, COMMIT undoes all without an error."""
    db = await Database.open(real_urls, Login.WEB, pool_size=1)

    async def overlooked() -> None:
        async with db.transaction() as connection:
            with suppress(asyncpg.DivisionByZeroError):
                await connection.execute("SELECT 1 / 0")

    try:
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            await overlooked()
        async with db.transaction() as connection:
            assert await connection.fetchval("SELECT 1") == 1, "and the connection goes on"
    finally:
        await db.close()


async def test_what_is_asked_aside_has_one_and_sees_no_case(
    real_urls: DatabaseUrls,
    real_client: httpx.AsyncClient,
    real_db: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the request sees, and although the connection was in a transaction before, or saw without."""
    await Office(real_db, real_client).file()
    db = await Database.open(real_urls, Login.WEB, pool_size=1)
    try:
        with sight.within(sight.EVERYTHING):
            async with db.transaction() as connection:
                assert await connection.fetchval("SELECT count(*) FROM holding")
            async with db.aside() as connection:
                assert not connection.is_in_transaction()
                assert await connection.fetchval("SHOW statement_timeout") == "5s"
                assert await connection.fetchval("SELECT count(*) FROM holding") == 0
            monkeypatch.setitem(SECONDS, Patience.LONG, 7)
            async with db.glance() as connection:
                assert await connection.fetchval("SELECT count(*) FROM holding")
                assert await connection.fetchval("SHOW statement_timeout") == "7s"
            async with db.aside() as connection:
                assert await connection.fetchval("SHOW statement_timeout") == "5s"
                assert await connection.fetchval("SELECT count(*) FROM holding") == 0
    finally:
        await db.close()


async def test_a_statement_of_requests_is_planned_once_and_one_for_figures_by_what_it_asks(
    real_urls: DatabaseUrls,
) -> None:
    db = await Database.open(real_urls, Login.WEB, pool_size=1)
    planned = {}
    try:
        for kind in Patience:
            patience.have(kind)
            async with db.read() as connection:
                planned[kind] = await connection.fetchval("SHOW plan_cache_mode")
        async with db.glance() as connection:
            assert await connection.fetchval("SHOW plan_cache_mode") == PLANNED_ONCE
    finally:
        patience.have(Patience.LONG)
        await db.close()
    assert planned == {
        Patience.READING: PLANNED_ONCE,
        Patience.ACT: PLANNED_ONCE,
        Patience.FIGURES: "auto",
        Patience.LONG: "auto",
    }


async def test_registering_has_one_for_all(real_urls: DatabaseUrls) -> None:
    db = await Database.open(real_urls, Login.INTAKE, pool_size=1)
    async with db.transaction() as connection:
        assert await connection.fetchval("SHOW statement_timeout") == "30s"
    await db.close()


def test_every_file_and_every_figure_says_so_where_it_is_declared() -> None:
    declared = {route.path or "": _declared(route) for route in iter_route_contexts(assemble().routes)}
    paths = set(declared)
    figures = {p for p in paths if p.startswith(("/api/v1/statistics/", "/api/v1/compliance/"))}
    files = {p for p in paths if p.endswith((".csv", ".xlsx", "/export", "/copy.zip", "/batch"))}
    assert {declared[path] for path in files} == {Patience.LONG}
    assert {declared[path] for path in figures - files} == {Patience.FIGURES}


def _declared(route: Any) -> Patience | None:
    """The one that wins, as they come one after the other."""
    kinds = {edge.FIGURES.dependency: Patience.FIGURES, edge.LONG.dependency: Patience.LONG}
    given = [one.call for one in getattr(getattr(route, "dependant", None), "dependencies", ())]
    return next((kinds[call] for call in reversed(given) if call in kinds), None)


def test_each_is_less_than_an_answer_may_take() -> None:
    assert list(SECONDS) == list(Patience)
    assert list(SECONDS.values()) == sorted(SECONDS.values())
    assert max(SECONDS.values()) < ANSWER_WITHIN
    assert patience.milliseconds() == 1000 * SECONDS[Patience.LONG], "of what no request asked for"
