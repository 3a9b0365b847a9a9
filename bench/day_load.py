"""Who comes on a national day, and what they do: the load of `python -m bench day`."""

import asyncio
import json
import re
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from itertools import count
from random import Random
from typing import NamedTuple
from urllib.parse import urlencode

import asyncpg

from app.core.db import Database, DatabaseUrls
from app.directory import snapshot
from app.staff.errors import LoginTaken
from app.staff.permissions import Role, Scope
from app.staff.service import create_account, create_client
from app.web.office.signed_in import ROOM
from bench.appeals import appeals
from bench.lines import Answer, Lines, Stream, opened, request
from bench.service import entered

MIX: Mapping[str, int] = {
    "an appeal": 12,
    "a ticket of a call centre": 8,
    "tracking": 25,
    "a queue's page": 14,
    "a case": 14,
    "claiming the next": 6,
    "a draft": 8,
    "an answer": 5,
    "statistics": 8,
}
"""Of a hundred requests; that of an open page which was told of a change comes on top."""
REFRESH = "an open page asks again"
BODIES, OPERATORS = 10, 40
PASSWORD = "the whole day long, day by day"
SETTLE = 35.0
"""Seconds until open pages are told of a busy queue as rarely as they will be."""
PATIENCE = 30.0
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


Claimed = tuple[str, int]
"""A case's number with its version."""


@dataclass(frozen=True, slots=True)
class Operator:
    """`claimed`: what lies on the desk, the newest last. What is in hand is not there meanwhile: nobody
    saves a draft of what they are answering."""

    token: str
    cookie: str
    claimed: deque[Claimed] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class Setting:
    """Who takes part. `filed`: numbers with their access codes, the newest last."""

    port: int
    bodies: tuple[str, ...]
    operators: tuple[Operator, ...]
    key: str
    filed: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=2000))


@dataclass(slots=True)
class OpenPage:
    """As the browser has it: whose, where it asks for its rows again, and by which tag it has them."""

    operator: Operator
    address: str
    tag: str


class Failed(NamedTuple):
    """A request that was not answered. `why`: the status of a refusal, or what kind of error it was."""

    kind: str
    why: str


@dataclass(slots=True)
class Ran:
    """Seconds from when each request was due to its answer, by kind, the first seconds left out; of those too
    what failed."""

    seconds: float
    took: dict[str, list[float]] = field(default_factory=dict)
    errors: list[Failed] = field(default_factory=list)
    told: int = 0

    def all(self) -> list[float]:
        return [one for took in self.took.values() for one in took]


class Load:
    """One rate. Every kind of request is a method that gives what it sent and what came back."""

    def __init__(self, setting: Setting, ran: Ran, begins: float) -> None:
        self.setting, self.ran, self.begins = setting, ran, begins
        self.lines = Lines(setting.port)
        self.random, self.serial, self.run = Random(11), count(), secrets.token_hex(6)
        self.said = list(appeals())
        self.kinds: Mapping[str, Callable[[], Awaitable[None]]] = dict(
            zip(
                MIX,
                (
                    self.appeal,
                    self.ticket,
                    self.tracking,
                    self.queue,
                    self.case,
                    self.claim,
                    self.draft,
                    self.answer,
                    self.statistics,
                ),
                strict=True,
            )
        )

    def _body(self) -> str:
        return self.random.choice(self.setting.bodies)

    def _operator(self) -> Operator:
        return self.random.choice(self.setting.operators)

    async def due(self, kind: str, at: float, what: Callable[[], Awaitable[None]]) -> None:
        """Do it, and note how long after `at` it was done."""
        try:
            async with asyncio.timeout(PATIENCE):
                await what()
        except (OSError, TimeoutError, Refused) as error:
            why = error.why if isinstance(error, Refused) else type(error).__name__
            self.ran.errors.append(Failed(kind, why))
            return
        if at >= self.begins:
            self.ran.took.setdefault(kind, []).append(time.perf_counter() - at)

    async def _ask(self, method: str, address: str, headers: dict[str, str], body: bytes = b"") -> bytes:
        return (await self._answer_to(method, address, headers, body)).body

    async def _answer_to(
        self, method: str, address: str, headers: dict[str, str], body: bytes = b""
    ) -> Answer:
        answer = await self.lines.ask(request(self.setting.port, method, address, headers, body))
        if answer.status not in (200, 201, 304):
            raise Refused(answer.status)
        return answer

    async def appeal(self) -> None:
        await self.appeal_to(self._body())

    async def appeal_to(self, addressee: str) -> None:
        key = {"Idempotency-Key": f"day-{self.run}-{next(self.serial):08}"}
        body = json.dumps({**self.random.choice(self.said), "addressee": addressee}).encode()
        answer = json.loads(await self._ask("POST", "/api/v1/appeals", JSON | key, body))
        self.setting.filed.append((answer["number"], answer["access_code"]))

    async def ticket(self) -> None:
        own = {"external_id": f"{self.run}-{next(self.serial)}", "channel": "call_centre"}
        body = {**self.random.choice(self.said), "addressee": self._body(), **own}
        headers = JSON | {"X-API-Key": self.setting.key}
        await self._ask("POST", "/api/v1/tickets", headers, json.dumps(body).encode())

    async def tracking(self) -> None:
        number, code = self.random.choice(self.setting.filed)
        await self._ask("GET", f"/api/v1/appeals/{number}", {"X-Access-Code": code})

    async def queue(self) -> None:
        await self._ask("GET", ROOM, {"Cookie": self._operator().cookie})

    async def case(self) -> None:
        """One of those that the operator has."""
        operator = self._operator()
        if not operator.claimed:
            await self._claim(operator)
            return
        await self._ask("GET", f"{ROOM}/cases/{operator.claimed[-1][0]}", {"Cookie": operator.cookie})

    async def claim(self) -> None:
        await self._claim(self._operator())

    async def _claim(self, operator: Operator) -> None:
        answer = await self._ask("POST", "/api/v1/queue/claim", self._as(operator), b"{}")
        operator.claimed.extend((one["number"], one["version"]) for one in json.loads(answer)["items"])

    async def draft(self) -> None:
        operator = self._operator()
        if not operator.claimed:
            await self._claim(operator)
            return
        said = {"text": f"Құрметті азамат! {next(self.serial)}", "language": "kk"}
        in_hand = operator.claimed.pop()
        await self._act(operator, in_hand, "draft", said)
        operator.claimed.append(in_hand)

    async def answer(self) -> None:
        """The one that was claimed first."""
        operator = self._operator()
        if not operator.claimed:
            await self._claim(operator)
            return
        said = {
            "outcome": "satisfied",
            "text": "Жылу қосылды.",
            "language": "kk",
            "legal_basis": "ӘРПК 76-бап",
        }
        await self._act(operator, operator.claimed.popleft(), "answer", said)

    async def _act(self, operator: Operator, case: Claimed, act: str, said: Mapping[str, str]) -> None:
        number, version = case
        headers = self._as(operator) | {"If-Match": f'"{version}"'}
        await self._ask("POST", f"/api/v1/cases/{number}/{act}", headers, json.dumps(said).encode())

    async def statistics(self) -> None:
        await self._ask("GET", "/api/v1/statistics/agencies", {})

    def _as(self, operator: Operator) -> dict[str, str]:
        return JSON | {"Authorization": f"Bearer {operator.token}"}

    async def page(self, operator: Operator) -> tuple[OpenPage, str]:
        """A queue's page and the place from which it follows what changes."""
        shown = (await self._ask("GET", ROOM, {"Cookie": operator.cookie})).decode()
        said = {name: unescape(value) for name, value in re.findall(r'data-(from|self|tag)="([^"]+)"', shown)}
        return OpenPage(operator, said["self"], said["tag"]), said["from"]

    async def again(self, page: OpenPage) -> None:
        """It asks for its rows, as the browser's does (assets/live.js)."""
        known = {"Cookie": page.operator.cookie, "If-None-Match": page.tag}
        page.tag = (await self._answer_to("GET", page.address, known)).tag.decode()

    async def followed(self, page: OpenPage, place: str, told: Callable[[], None]) -> Stream:
        headers = {"Cookie": page.operator.cookie}
        asking = request(self.setting.port, "GET", f"{ROOM}/live?from={place}", headers)
        return await opened(self.setting.port, asking, told)

    async def mixed(self, rate: int, seconds: float, tasks: set[asyncio.Task[None]]) -> None:
        """Begin requests of the mix at this rate, for so long."""
        due = time.perf_counter()
        end = due + seconds
        names, weights = list(MIX), list(MIX.values())
        while due < end:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            kind = self.random.choices(names, weights)[0]
            task = asyncio.create_task(self.due(kind, due, self.kinds[kind]))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            due += self.random.expovariate(rate)

    def refresh(self, page: OpenPage, tasks: set[asyncio.Task[None]]) -> None:
        """A page was told of a change."""
        now = time.perf_counter()
        self.ran.told += now >= self.begins
        task = asyncio.create_task(self.due(REFRESH, now, partial(self.again, page)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


class Refused(Exception):
    """What came back was not an answer to what was asked."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.why = str(status)


async def run(setting: Setting, rate: int, seconds: float, pages: int, counted: Callable[[], None]) -> Ran:
    """Requests of the mix at this rate for so long, and so many operators' pages open beside, which were
    opened before, one after the other. `counted` is called when what is counted begins, and when it ends."""
    ran = Ran(seconds)
    load = Load(setting, ran, 0)
    tasks: set[asyncio.Task[None]] = set()
    streams = []
    for number in range(pages):
        page, place = await load.page(setting.operators[number % len(setting.operators)])
        streams.append(await load.followed(page, place, partial(load.refresh, page, tasks)))
    load.begins = time.perf_counter() + SETTLE
    asyncio.get_running_loop().call_later(SETTLE, counted)
    await load.mixed(rate, SETTLE + seconds, tasks)
    counted()
    await asyncio.gather(*tasks)
    ran.errors += [Failed("an open page", "its stream") for one in streams if one.ended or not one.answered]
    for one in streams:
        one.close()
    load.lines.close()
    return ran


# before the day

_BUSIEST = """
SELECT agency.code, agency.id FROM holding JOIN agency ON agency.id = holding.agency_id
WHERE holding.closed_at IS NULL GROUP BY agency.id ORDER BY count(*) DESC LIMIT $1
"""


async def set_up(urls: DatabaseUrls, port: int) -> Setting:
    """Operators of the busiest bodies, signed in; a call centre's key; and some appeals to track."""
    owner = await asyncpg.connect(urls.owner)
    bodies = await owner.fetch(_BUSIEST, BODIES)
    await owner.close()
    db = await Database.open(urls, pool_size=2)
    directory = await snapshot.refresh(db)
    source = next(one for one in directory.sources() if "call_centre" in one.channels and not one.sandbox)
    key = await create_client(
        db, source.id, "bench", [Scope.TICKETS_WRITE], ["call_centre"], requests_per_minute=1_000_000
    )
    logins = []
    for number in range(OPERATORS):
        body = bodies[number % len(bodies)]
        logins.append(f"o{number}@{body['code']}")
        with suppress(LoginTaken):
            await create_account(db, logins[-1], f"Сынақ {number}", Role.OPERATOR, body["id"], PASSWORD)
    await db.close()
    lines = Lines(port)
    operators = [await _signed_in(lines, port, login) for login in logins]
    setting = Setting(port, tuple(body["code"] for body in bodies), tuple(operators), key)
    load = Load(setting, Ran(0), 0)
    for _ in range(50):
        await load.appeal()
    load.lines.close()
    lines.close()
    return setting


async def _signed_in(lines: Lines, port: int, login: str) -> Operator:
    said = urlencode({"username": login, "password": PASSWORD}).encode()
    answer = (await lines.ask(request(port, "POST", "/api/v1/auth/token", FORM, said))).body
    cookie = await asyncio.to_thread(entered, port, login, PASSWORD)
    return Operator(json.loads(answer)["access_token"], cookie)
