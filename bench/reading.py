"""`python -m bench reading`: what people read of a record of some size, over HTTP, to the last page."""

import asyncio
import http.client
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import asyncpg
import click

from app.appeals.codes import ApplicantType
from app.appeals.numbers import format_number
from app.casework.queue import Place
from app.core.db import Database, DatabaseUrls
from app.directory import snapshot
from app.staff.errors import LoginTaken
from app.staff.permissions import Role
from app.staff.service import create_account
from app.web.office.signed_in import ROOM
from bench import client, service
from bench.appeals import appeals
from bench.figures import percentile, table
from bench.made.cli import analyzed, say
from bench.made.sizes import LAST, record
from bench.multiplied import multiplied
from bench.service import Web, entered

ROUNDS, UNCOUNTED = 200, 5
PASSWORD = "reading, reading and reading again"
WORDS = "сарышұнақтар оқпақтың"
"""Two words that stand in what the bench itself registers and nowhere else."""
BARS = {"the queue, the first 50": "30", "the queue, the last 50": "30", "the queue's page in the room": "50"}
Headers = Mapping[str, str]


class Misread(Exception):
    """An answer was not what was asked for."""


@dataclass(frozen=True, slots=True)
class Request:
    """With a body it is a POST."""

    address: str
    headers: Headers = field(default_factory=dict)
    body: str = ""


Ask = Callable[[Random], Request]


@dataclass(frozen=True, slots=True)
class Read:
    """One kind of page: what is asked, anew each round, and what the answer must hold."""

    name: str
    ask: Ask
    holds: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the record has to be asked for; `tracked`: numbers with their access codes."""

    agency: str
    open: int
    numbers: Sequence[str]
    last_page: str
    phones: Sequence[str]
    tracked: Sequence[tuple[str, str]]


@click.command("reading")
@click.option("--appeals", type=click.IntRange(800, 50_000_000), default=10_000, show_default=True)
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="That make it.")
@click.option("--rounds", type=click.IntRange(10, 10_000), default=ROUNDS, show_default=True)
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), help="Keep the record here, and find it."
)
@click.option("--open", "cases", type=click.IntRange(0), default=0, help="So many at least, with one body.")
def reading(appeals: int, processes: int, rounds: int, keep: Path | None, cases: int) -> None:
    """Read what people read, one request after the other, each kind in turn, of a record of this size.

    As the operator of the body with the most open cases, as the Administration, and as a citizen. Beside
    it stands a request that asks the database nothing, and a statement that reads one row by its key.
    With --open the body has as many open cases as that; they stay in a record that is kept.
    """
    with (
        record(appeals, processes, keep) as cluster,
        service.own_folder() as folder,
        service.web(cluster.urls(), folder, processes=1) as web,
    ):
        urls = cluster.urls()
        known = asyncio.run(_known(urls, web, cases))
        click.echo(_report(appeals, known, _took(web, urls, known, rounds)))


def _took(web: Web, urls: DatabaseUrls, known: Known, rounds: int) -> dict[str, list[float]]:
    """Seconds of each request, by kind."""
    connection = http.client.HTTPConnection(client.HOST, web.port, timeout=60)
    kinds, random = _kinds(connection, known), Random(7)
    took: dict[str, list[float]] = {kind.name: [] for kind in kinds}
    for number in range(rounds + UNCOUNTED):
        for kind in kinds:
            asked = kind.ask(random)
            begun = time.perf_counter()
            answer = _answer(connection, asked)
            if number >= UNCOUNTED:
                took[kind.name].append(time.perf_counter() - begun)
            if kind.holds not in answer:
                raise Misread(f"{kind.name}: {answer[:300]}")
    return {"one row by its key, without the service": asyncio.run(_rows(urls, rounds))} | took


def _kinds(connection: http.client.HTTPConnection, known: Known) -> list[Read]:
    operator = _bearer(connection, Role.OPERATOR)
    cookie = {"Cookie": entered(connection.port, f"{Role.OPERATOR}@bench", PASSWORD)}
    days = {"from": f"{LAST.year - 1}-01-01", "to": f"{LAST.year - 1}-12-31", "agency": known.agency}
    late = f"/api/v1/compliance/cases?{urlencode(days | {'figure': 'answered_late'})}"
    queue, search = "/api/v1/queue?view=all&limit=50", "/api/v1/queue?view=all&q="

    def tracking(random: Random) -> Request:
        number, code = random.choice(known.tracked)
        return Request(f"/api/v1/appeals/{number}", {"X-Access-Code": code})

    def earlier(random: Random) -> Request:
        body = json.dumps({"phone": random.choice(known.phones)})
        return Request("/api/v1/desk/earlier", {**operator, "Content-Type": "application/json"}, body)

    def always(address: str, headers: Headers) -> Ask:
        return lambda random: Request(address, headers)

    def one_of(address: str) -> Ask:
        return lambda random: Request(f"{address}{random.choice(known.numbers)}", operator)

    return [
        Read("nothing: /healthz", always("/healthz", {}), "alive"),
        Read("a citizen's appeal", tracking, '"timeline"'),
        Read("the queue, the first 50", always(queue, operator), '"items":[{'),
        Read("the queue, the last 50", always(f"{queue}&cursor={known.last_page}", operator), '"items":[{'),
        Read("the queue's page in the room", always(f"{ROOM}?view=all", cookie), "</html>"),
        Read("a case with its history", one_of("/api/v1/cases/"), '"number"'),
        Read("the queue, by a number", one_of(search), '"items":[{'),
        Read("the queue, by two words", always(f"{search}{quote(WORDS)}", operator), '"items":[{'),
        Read("what somebody wrote before, by phone", earlier, '"items":[{'),
        Read("the cases behind a figure", always(late, _bearer(connection, Role.CONTROLLER)), '"items":['),
    ]


async def _rows(urls: DatabaseUrls, rounds: int) -> list[float]:
    """The floor: a statement that reads one row by its key, on a connection that is kept."""
    connection = await asyncpg.connect(urls.owner)
    ids = [row["id"] for row in await connection.fetch("SELECT id FROM appeal LIMIT $1", rounds)]
    took = []
    for id_ in ids:
        begun = time.perf_counter()
        await connection.fetchrow("SELECT * FROM appeal WHERE id = $1", id_)
        took.append(time.perf_counter() - begun)
    await connection.close()
    return took


# what there is to ask for

_BUSIEST = """
SELECT agency.code, agency.id, count(*) AS open FROM holding JOIN agency ON agency.id = holding.agency_id
WHERE holding.closed_at IS NULL GROUP BY agency.id ORDER BY open DESC LIMIT 1
"""
_OPEN = """
SELECT holding.id, appeal_id, applicant_type, due_on, registered_on FROM holding
WHERE agency_id = $1 AND closed_at IS NULL AND stage IS NULL ORDER BY due_on, registered_on, id
"""


async def _known(urls: DatabaseUrls, web: Web, cases: int) -> Known:
    connection = await asyncpg.connect(urls.owner)
    busiest = await connection.fetchrow(_BUSIEST)
    assert busiest is not None
    await _accounts(urls, busiest["id"])
    await _filled(urls, busiest["code"], cases - busiest["open"])
    registered = [_registered(web, busiest["code"], body) for body in appeals()]
    rows = await connection.fetch(_OPEN, busiest["id"])
    await connection.close()
    before = rows[-min(50, len(rows))]
    return Known(
        agency=busiest["code"],
        open=len(rows),
        numbers=[
            format_number(row["appeal_id"], ApplicantType(row["applicant_type"]))
            for row in Random(1).sample(rows, min(200, len(rows)))
        ],
        last_page=Place(before["due_on"], before["registered_on"], before["id"]).cursor(),
        phones=[phone for _, _, phone in registered],
        tracked=[(number, code) for number, code, _ in registered],
    )


async def _filled(urls: DatabaseUrls, agency: str, lacking: int) -> None:
    """Open cases of this body, of some weeks; whole thousands of them."""
    if lacking <= 0:
        return
    say(f"bench: {lacking:,} open cases of one body more")
    db = await Database.open(urls, pool_size=1)
    async with db.transaction() as connection:
        await multiplied(connection, lacking, texts=True, days=25, addressee=agency, kind="statement")
    await db.close()
    await analyzed(urls)


async def _accounts(urls: DatabaseUrls, agency_id: int) -> None:
    db = await Database.open(urls, pool_size=1)
    await snapshot.refresh(db)
    for role in (Role.OPERATOR, Role.CONTROLLER):
        with suppress(LoginTaken):
            await create_account(db, f"{role}@bench", f"Сынақ {role}", role, agency_id, PASSWORD)
    await db.close()


def _registered(web: Web, agency: str, body: Mapping[str, Any]) -> tuple[str, str, str]:
    """A citizen's appeal to this body: its number, access code and telephone."""
    connection = http.client.HTTPConnection(client.HOST, web.port, timeout=60)
    told = {**body, "addressee": agency, "text": f"{body['text']} {WORDS}"}
    headers = {"Content-Type": "application/json"}
    answer = json.loads(_answer(connection, Request("/api/v1/appeals", headers, json.dumps(told))))
    return answer["number"], answer["access_code"], body["applicant"]["phone"]


# one who asks


def _answer(connection: http.client.HTTPConnection, asked: Request) -> str:
    method, body = ("POST", asked.body.encode()) if asked.body else ("GET", None)
    connection.request(method, asked.address, body, dict(asked.headers))
    response = connection.getresponse()
    answer = response.read().decode()
    if response.status not in (200, 201):
        raise Misread(f"{method} {asked.address}: {response.status} {answer[:300]}")
    return answer


def _bearer(connection: http.client.HTTPConnection, role: Role) -> Headers:
    form = urlencode({"username": f"{role}@bench", "password": PASSWORD})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = json.loads(_answer(connection, Request("/api/v1/auth/token", headers, form)))
    return {"Authorization": f"Bearer {answer['access_token']}"}


def _report(appeals: int, known: Known, took: Mapping[str, Sequence[float]]) -> str:
    head = (f"of {appeals:,} appeals, {known.open:,} open with one body; ms", "median", "p99", "bar, p99")
    rows = [
        (
            name,
            f"{statistics.median(samples) * 1000:.1f}",
            f"{percentile(samples, 0.99) * 1000:.1f}",
            BARS.get(name, ""),
        )
        for name, samples in took.items()
    ]
    return table(head, rows)
