"""A replica reads figures: the same ones, never too old, and whatever becomes of it somebody answers."""

import asyncio
import io
import re
import signal
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.core import pool, replica, sight
from app.core.db import Database, DatabaseUrls, Login
from app.core.edge import figures_database, moment_of_figures, read_figures, transaction
from app.core.figures import AS_OF, Figures
from app.core.replica import Replica, State
from app.directory import snapshot
from app.main import assemble, equip
from app.settings import Settings
from app.web.administration.files import FILES, links
from app.web.office.signed_in import COOKIE
from app.web.visitor import COOKIE as VISITOR_COOKIE
from tests.casework.people import Office, registered, submission
from tests.ops.replicated import Pair, following, pair, quiet, until
from tests.ops.test_full import filed
from tests.ops.whole import open_folder
from tests.repository.test_routes import ROUTES, uses
from tests.support import SECRET, client_of
from tests.web.test_walk import VISITOR, path_of, session_cookie

pytestmark = pytest.mark.xdist_group("replica")

ASKED = "/api/v1/statistics/agencies?from=2026-01-01&to=2026-12-31"
CONTROLLER = "controller@administration"
LAG = 1.5
"""Seconds, in place of MAX_LAG."""
# Every route of which a replica may give the answer. What is not among them is asked of the primary.
GIVES_FIGURES = (figures_database, read_figures, moment_of_figures)
FIGURES = [route for route in ROUTES if any(uses(route.dependant, one) for one in GIVES_FIGURES)]
# A line of the replica's log about a statement of a request, which has parameters or a name.
ASKS = re.compile(r"LOG:  execute (?!.*(pg_is_in_recovery|pg_catalog))")


@dataclass
class Side:
    """The service over the pair; `replicas`: what `LS_REPLICA_URL` says."""

    both: Pair
    app: FastAPI
    office: Office

    @property
    def client(self) -> httpx.AsyncClient:
        return self.office.client

    @property
    def door(self) -> Figures:
        found: Figures = self.app.state.figures
        return found

    @property
    def replica(self) -> Replica:
        """The last one that the address names."""
        return self.door.replicas._all[-1]

    async def until(self, state: State) -> None:
        async def reached() -> bool:
            return self.replica.state is state

        await until(reached)

    async def received(self) -> tuple[int, str]:
        """How many appeals there are, and as of when if a replica says so."""
        answer = await self.client.get(ASKED)
        assert answer.status_code == 200, answer.text
        return answer.json()["total"]["received"], answer.headers.get(AS_OF, "")

    async def read_there(self) -> tuple[int, str]:
        """The same, once the replica says so."""
        found: list[tuple[int, str]] = []

        async def there() -> str:
            found.append(await self.received())
            return found[-1][1]

        await until(there)
        return found[-1]

    async def measured(self, name: str) -> float:
        text = (await self.client.get("/metrics")).text
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))

    async def file(self, count: int = 1) -> None:
        await registered(self.office.db, [submission() for _ in range(count)])


@pytest.fixture(scope="module")
async def both() -> AsyncIterator[Pair]:
    with open_folder() as folder:
        async with pair(folder) as found:
            yield found


@asynccontextmanager
async def serving(
    both: Pair, folder: Path, replicas: str, urls: DatabaseUrls | None = None
) -> AsyncIterator[Side]:
    urls = urls or both.urls
    logins = urls.logins
    settings = Settings(
        secret_key=SECRET,
        data_dir=folder,
        database_url=urls.owner,
        replica_url=replicas,
        rate_limits="off",
        pool_size=2,
        web_database_url=logins[Login.WEB],
        intake_database_url=logins[Login.INTAKE],
        worker_database_url=logins[Login.WORKER],
    )
    app = equip(assemble(), settings)
    db = await Database.open(urls, pool_size=2)
    await snapshot.refresh(db)
    async with app.router.lifespan_context(app), client_of(app) as client:
        yield Side(both, app, Office(db, client))
    await db.close()


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica, "EVERY", 0.05)
    monkeypatch.setattr(replica, "MAX_LAG", LAG)


@pytest.fixture
async def side(both: Pair, tmp_path: Path) -> AsyncIterator[Side]:
    async with serving(both, tmp_path, both.follower.url("ls_web")) as found:
        await found.until(State.FRESH)
        yield found


def contents(answer: httpx.Response) -> Any:
    """What is compared: of a workbook all but the moment at which it was made."""
    if "spreadsheet" not in answer.headers.get("content-type", ""):
        return answer.content
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        return {one: book.read(one) for one in book.namelist() if one != "docProps/core.xml"}


async def signed_in(side: Side) -> dict[str, str]:
    """A controller, to calls and to pages."""
    person = await side.office.person(CONTROLLER)
    session = session_cookie(person.headers["authorization"].removeprefix("Bearer "))
    return person.headers | {"cookie": f"{COOKIE}={session}; {VISITOR_COOKIE}={VISITOR.id}"}


async def test_the_same_figures_byte_for_byte_by_statements_that_ran_on_the_replica(
    both: Pair, side: Side, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "MAX_LAG", 60)  # a busy machine may not look for seconds
    await side.file(3)
    headers = await signed_in(side)
    await both.caught_up()
    async with serving(both, tmp_path, "") as alone:
        assert alone.app.state.figures is alone.app.state.db, "without the setting there is one door"
        for path in paths():
            before = len(both.follower.said())
            for _ in range(2):  # files name the minute in which they were made
                here, there = [await one.client.get(path, headers=headers) for one in (side, alone)]
                assert here.status_code == 200, (path, here.text)
                if contents(here) == contents(there):
                    break
            assert contents(here) == contents(there), path
            assert here.headers[AS_OF]
            assert AS_OF not in there.headers
            assert [one for one in both.follower.said()[before:].splitlines() if ASKS.search(one)], path


def paths() -> Iterator[str]:
    for route in FIGURES:
        if "/files/" in str(route.path):
            yield from (one["url"] for name, file in FILES.items() if file.figures for one in links(name, {}))
        else:
            yield path_of(route, "")


def test_what_may_come_from_a_replica_is_what_only_reads_figures() -> None:
    """Lists of cases, what is at work, and whatever writes are asked of the primary."""
    assert {str(route.path).partition(".")[0] for route in FIGURES} == {
        "/",
        "/statistics",
        *(f"/api/v1/statistics/{name}" for name in ("agencies", "months", "calls", "receptions", "stated")),
        *(f"/api/v1/compliance/{name}" for name in ("agencies", "topics", "regions", "overdue", "weeks")),
        *(f"/api/v1/compliance/index{name}" for name in ("", "/periods")),
        *(f"/api/v1/oversight/{name}" for name in ("forecast", "signs", "trends")),
        *(f"/office/administration{name}" for name in ("", "/trends", "/report", "/index", "/forecast")),
        *(f"/office/administration{name}" for name in ("/signs", "/index/{agency}", "/files/{name}")),
    }
    assert all(route.methods == {"GET"} for route in FIGURES)
    assert not [route for route in FIGURES if uses(route.dependant, transaction)]


async def test_the_database_shows_as_much_on_a_replica_whoever_the_address_names(
    both: Pair, side: Side, tmp_path: Path
) -> None:
    await side.file()
    await both.caught_up()
    energy, health = (snapshot.current().agency(code).id for code in ("energy", "health"))
    seen = "SELECT current_user::text, pg_is_in_recovery(), count(*) > 0 FROM appeal"

    async def shown(door: Figures) -> list[tuple[Any, ...]]:
        found = []
        for of in (sight.NOTHING, sight.of_agencies([energy]), sight.of_agencies([health])):
            with sight.within(of):
                for way in (door.read, door.moment):
                    async with way() as connection:
                        (row,) = await connection.fetch(seen)
                        found.append(tuple(row))
        return found

    expected = [("ls_web", True, of) for of in (False, False, True, True, False, False)]
    assert await shown(side.door) == expected
    async with serving(both, tmp_path, both.follower.url("postgres")) as as_superuser:
        await as_superuser.until(State.FRESH)
        assert await shown(as_superuser.door) == expected
    async with serving(both, tmp_path, both.follower.url("ls_intake")) as by_another:
        assert by_another.replica.state is State.AWAY
        assert [row[:2] for row in await shown(by_another.door)] == [("ls_web", False)] * 6, (
            "who may not be ls_web is not let in, and the primary answers"
        )


async def test_no_figure_is_older_than_it_may_be_and_one_that_is_behind_is_not_asked(
    both: Pair, side: Side
) -> None:
    first, _ = await side.read_there()
    assert await side.measured("ls_replica_fresh") == 1
    await both.on_replica("SELECT pg_wal_replay_pause()")
    confirmed: list[float] = []
    by: set[bool] = set()
    while by != {True, False}:  # it was read from the replica, and then no more
        await side.file()
        confirmed.append(monotonic())
        begun = monotonic()
        received, as_of = await side.received()
        must = sum(at <= begun - LAG for at in confirmed)
        assert first + must <= received <= first + len(confirmed)
        by.add(bool(as_of))
        assert as_of or received == first + len(confirmed), "the primary knows all"
        await asyncio.sleep(0.03)
    await side.until(State.BEHIND)
    assert await side.measured("ls_replica_fresh") == 0
    assert await side.measured("ls_replica_age_seconds") > LAG
    assert (await side.client.get("/readyz")).json() == {"status": "ready"}
    await both.on_replica("SELECT pg_wal_replay_resume()")
    await side.until(State.FRESH)
    received, as_of = await side.read_there()
    assert received == first + len(confirmed)
    assert datetime.fromisoformat(as_of).tzinfo


async def test_a_reading_of_a_replica_takes_no_round_trip_more(both: Pair, side: Side) -> None:
    await side.read_there()
    before = len(both.follower.said())
    assert (await side.received())[1]
    lines = re.findall(r"LOG:  (statement: .*|execute)(?!.*recovery)", both.follower.said()[before:])
    frame = [line for line in lines if line != "execute"]
    assert len(frame) == 2, "it begins, saying what may be seen, and ends, as on the primary"
    assert (frame[0], frame[-1]) == (lines[0], lines[-1])
    assert "BEGIN" in frame[0]
    assert sight.SETTING in frame[0]
    assert "COMMIT" in frame[1]


async def test_what_a_replica_breaks_off_the_primary_answers_in_the_same_request(
    both: Pair, side: Side
) -> None:
    """A session of the replica's is ended while its statement waits."""
    begun = await side.measured("ls_figures_again_total")
    first, _ = await side.read_there()
    connection = await asyncpg.connect(both.urls.owner)
    held = connection.transaction()
    await held.start()
    await connection.execute("LOCK TABLE counter_delta IN ACCESS EXCLUSIVE MODE")
    await connection.execute("SELECT pg_logical_emit_message(false, 'test', '', true)")
    await both.caught_up()
    asked = asyncio.create_task(side.received())
    waits = "FROM pg_stat_activity WHERE usename = 'ls_web' AND wait_event_type = 'Lock'"
    await until(lambda: both.on_replica(f"SELECT count(*) {waits}"))
    assert await both.on_replica(f"SELECT bool_and(pg_terminate_backend(pid)) {waits}")
    await held.rollback()
    await connection.close()
    assert await asked == (first, "")
    assert await side.measured("ls_figures_again_total") == begun + 1


async def test_a_migration_that_a_replica_has_not_replayed_yet_is_no_error(
    both: Pair, side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "MAX_LAG", 60)
    first, _ = await side.read_there()
    begun = await side.measured("ls_figures_again_total")
    connection = await asyncpg.connect(both.urls.owner)
    await connection.execute("ALTER TABLE counter_delta RENAME COLUMN answered TO answered_yet")
    await both.caught_up()
    await both.on_replica("SELECT pg_wal_replay_pause()")
    await connection.execute("ALTER TABLE counter_delta RENAME COLUMN answered_yet TO answered")
    await connection.close()
    try:
        assert await side.received() == (first, "")
        assert await side.measured("ls_figures_again_total") == begun + 1
    finally:
        await both.on_replica("SELECT pg_wal_replay_resume()")


async def test_a_reading_in_the_way_of_what_is_replayed_is_broken_off_and_the_replica_goes_on(
    both: Pair, side: Side
) -> None:
    async def read() -> None:
        async with side.door.read() as connection:
            await connection.fetch("SELECT count(*), pg_sleep(60) FROM folding")

    asked = asyncio.create_task(read())
    reads = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    await until(lambda: both.on_replica(reads))
    connection = await asyncpg.connect(both.urls.owner)
    await connection.execute("BEGIN; LOCK TABLE folding IN ACCESS EXCLUSIVE MODE; COMMIT")
    await connection.close()
    with pytest.raises(asyncpg.SerializationError, match="conflict with recovery"):
        await asked
    assert side.replica.state is State.FRESH


async def test_what_a_replica_has_no_connection_for_is_not_put_on_the_primary(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    await side.read_there()
    monkeypatch.setattr(pool, "PATIENCE", 0.1)
    before = await side.measured('ls_figures_read_total{by="primary"}')
    async with side.door.read(), side.door.read():
        answer = await side.client.get(ASKED)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert await side.measured('ls_figures_read_total{by="primary"}') == before
    assert side.replica.state is State.FRESH


async def test_a_replica_that_is_away_leaves_all_to_the_primary_and_is_asked_again_when_it_is_back(
    both: Pair, side: Side, tmp_path: Path
) -> None:
    both.follower.stop(signal.SIGQUIT)
    await side.file()
    received, as_of = await side.received()
    assert not as_of
    await side.until(State.AWAY)
    both_hosts = both.follower.url("ls_web").replace("host=", "host=/nowhere,")
    async with serving(both, tmp_path, both_hosts) as begun_without:
        assert await begun_without.received() == (received, "")
        both.follower.start()
        for one in (begun_without, side):
            assert (await one.read_there())[0] == received


async def test_without_the_primary_public_figures_go_on_and_whoever_writes_is_told_to_come_again(
    both: Pair, side: Side
) -> None:
    await side.file()
    headers = await signed_in(side)
    await both.caught_up()
    received, _ = await side.read_there()
    server = both.primary._server
    assert server
    await asyncio.to_thread(server.stop, quiet)
    try:
        await asyncio.sleep(1.5 * LAG)
        said = {await side.read_there() for _ in range(2)}
        assert len(said) == 1, "as of one moment, which grows old"
        assert next(iter(said))[0] == received
        assert (await side.client.get("/statistics")).status_code == 200
        for answer in (
            await filed(side.client, 1),
            await side.client.get("/api/v1/compliance/agencies", headers=headers),
            await side.client.get("/readyz"),
        ):
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
    finally:
        await asyncio.to_thread(both.primary.tend)

    async def ready() -> bool:
        return (await side.client.get("/readyz")).status_code == 200

    async def all_there() -> bool:
        return (await side.read_there())[0] == received + 1

    await until(ready)
    assert (await filed(side.client, 1)).status_code == 201
    await until(all_there)


async def test_one_that_was_promoted_is_no_replica(both: Pair, side: Side, tmp_path: Path) -> None:
    assert await both.on_replica("SELECT pg_promote()")
    await side.until(State.PROMOTED)
    await side.file()
    received, as_of = await side.received()
    assert not as_of
    async with serving(both, tmp_path, both.follower.url("ls_web")) as begun_anew:
        await begun_anew.until(State.PROMOTED)
        assert await begun_anew.received() == (received, "")
        assert (await begun_anew.client.get("/readyz")).json() == {"status": "ready"}


async def test_after_a_failover_all_go_on_by_the_same_addresses(both: Pair, tmp_path: Path) -> None:
    """The last: what was promoted leads, the former primary is gone, and a new one follows it."""
    old = both.primary._server
    assert old
    await asyncio.to_thread(old.stop, quiet)
    with following(both.folder / "another", both.follower.socket_dir) as another:
        places = [both.primary.socket_dir, both.follower.socket_dir, another.socket_dir]

        def all_of(role: str) -> str:
            return both.follower.url(role).replace(quote(places[1]), ",".join(map(quote, places)))

        logins = {str(login): all_of(login.role) for login in Login}
        everywhere = DatabaseUrls.of(all_of("ls_owner"), **logins)
        async with serving(both, tmp_path, all_of("ls_web"), everywhere) as side:
            await side.until(State.FRESH)
            assert [one.state for one in side.door.replicas._all] == [
                State.AWAY,
                State.PROMOTED,
                State.FRESH,
            ]
            before, _ = await side.read_there()
            assert (await filed(side.client, 7)).status_code == 201

            async def there() -> bool:
                return (await side.read_there())[0] == before + 1

            await until(there)
