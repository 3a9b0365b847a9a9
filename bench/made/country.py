"""A country's appeals over some years: how many on which day, to whom, and in several processes by COPY.

`make` gives the same appeals for the same size, last day and seed, but for salts and the keys they are
encrypted with. The counters are written with the appeals, by the rules that the acts themselves follow; the
rollups are folded from them as always.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from multiprocessing import get_context
from random import Random

import asyncpg

from app.appeals import record
from app.core import cipher, clock
from app.core.db import Database, DatabaseUrls
from app.directory import snapshot
from app.directory.registry import Directory
from app.directory.values import AgencyKind
from bench.made.lives import Day, invented
from bench.made.rows import COLUMNS, Batch, Pattern, Sender

YEARS = 8
ALIKE = 8
"""So many appeals have one course; number, sender and channel are their own."""
GROWTH = 3.3
"""So many times as many at the end as at the beginning (Labour's 9,727 and 32,345 in two years)."""
PIECE = 400
"""Patterns a transaction."""
CHANNELS = {
    "call_centre": 22, "blog": 16, "virtual_reception": 12, "reception_room": 14, "letter": 12,
    "front_office": 8, "open_government": 6, "personal_reception": 3, "social": 3, "email": 2,
    "higher_body": 1, "trust_line": 1,
}  # fmt: skip
_OF_KIND = {AgencyKind.MINISTRY: 10.0, AgencyKind.AKIMAT: 5.0, AgencyKind.ADMINISTRATION: 2.0}

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """`last`: the last day on which something happened; `years`: up to it."""

    appeals: int
    last: date
    seed: int = 1
    years: int = YEARS

    @property
    def until(self) -> datetime:
        return datetime.combine(self.last, time(23, 59), clock.ZONE).astimezone(UTC)

    def days(self) -> Iterator[tuple[date, int]]:
        """How many patterns begin on which day: fewer on weekends, more from year to year."""
        count = self.years * 365
        first = self.last - timedelta(days=count - 1)
        days = [first + timedelta(days=n) for n in range(count)]
        weights = [
            (1 + (GROWTH - 1) * n / count) * (0.2 if day.weekday() >= 5 else 1.0)
            for n, day in enumerate(days)
        ]
        whole, done, due = sum(weights), 0, 0.0
        for day, weight in zip(days, weights, strict=True):
            due += weight / whole * self.appeals / ALIKE
            yield day, round(due) - done
            done = round(due)

    def pieces(self) -> Iterator[list[tuple[date, int]]]:
        piece: list[tuple[date, int]] = []
        for day, count in self.days():
            while count:
                taken = min(count, PIECE - sum(n for _, n in piece))
                piece.append((day, taken))
                count -= taken
                if sum(n for _, n in piece) == PIECE:
                    yield piece
                    piece = []
        if piece:
            yield piece


def make(plan: Plan, urls: DatabaseUrls, secret: str, *, processes: int, progress: Progress) -> int:
    """Make the appeals; gives how many. The record should be empty: nothing is looked for there."""
    made = 0
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin, (plan, urls, secret)) as pool:
        for done in as_completed([pool.submit(_made, n, piece) for n, piece in enumerate(plan.pieces())]):
            made += done.result()
            progress(made, plan.appeals)
    return made


# in the process


class Maker:
    """Makes the patterns of a piece, the same whoever makes it."""

    def __init__(self, plan: Plan, directory: Directory) -> None:
        self.plan, self.directory = plan, directory
        known = [one for one in directory.channels() if one.code in CHANNELS]
        sources = [source for source in directory.sources() if not source.sandbox]
        self.senders = [
            (one.code, next(source.id for source in sources if one.code in source.channels)) for one in known
        ]
        self.weights = [CHANNELS[one.code] for one in known]

    def day(self, on: date) -> Day:
        agencies = [one for one in self.directory.agencies(on) if one.id != self.directory.sandbox_id]
        weights = [_OF_KIND.get(one.kind, 1.0) / (1 + one.id % 7) for one in agencies]
        topics = [topic.code for topic in self.directory.topics()]
        regions = [region.code for region in self.directory.regions(on)]
        return Day(on, [one.code for one in agencies], weights, topics, regions)

    def patterns(self, random: Random, piece: Sequence[tuple[date, int]]) -> list[Pattern]:
        found = []
        for on, count in piece:
            day = self.day(on)
            lives = (invented(random, day, self.directory, self.plan.until) for _ in range(count))
            found += [Pattern(life) for life in lives if life]
        return found

    def sender(self, random: Random) -> Sender:
        channel, source = random.choices(self.senders, self.weights)[0]
        return Sender(channel, source, "legal_entity" if random.random() < 0.17 else "individual")


_NEXT = "SELECT nextval(pg_get_serial_sequence('holding', 'id')) AS id FROM generate_series(1, $1)"


async def write(connection: asyncpg.Connection, maker: Maker, n: int, piece: list[tuple[date, int]]) -> int:
    random = Random(f"{maker.plan.seed}/{n}")
    patterns, batch = maker.patterns(random, piece), Batch()
    holdings = iter(
        [row["id"] for row in await connection.fetch(_NEXT, ALIKE * sum(len(p.holdings) for p in patterns))]
    )
    for year in sorted({pattern.new.registered_on.year for pattern in patterns}):
        of_year = [pattern for pattern in patterns if pattern.new.registered_on.year == year]
        serials = iter(await record.serials(connection, year, ALIKE * len(of_year)))
        for pattern in of_year:
            for _ in range(ALIKE):
                ids = [next(holdings) for _ in pattern.holdings]
                pattern.add_to(batch, year * 10**8 + next(serials), ids, maker.sender(random))
    async with connection.transaction():
        for table, rows in batch.rows.items():
            await connection.copy_records_to_table(table, records=rows, columns=COLUMNS[table])
    return ALIKE * len(patterns)


class _Process:
    def __init__(self, plan: Plan, urls: DatabaseUrls) -> None:
        self.held = AsyncExitStack()
        self.loop = asyncio.new_event_loop()
        self.connection, self.maker = self.loop.run_until_complete(self._opened(plan, urls))

    async def _opened(self, plan: Plan, urls: DatabaseUrls) -> tuple[asyncpg.Connection, Maker]:
        db = await Database.open(urls, pool_size=1)
        directory = await snapshot.refresh(db)
        await db.close()
        return await self.held.enter_async_context(connected(urls)), Maker(plan, directory)


@asynccontextmanager
async def connected(urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    """As the owner, with JSON as text: COPY takes it so."""
    connection = await asyncpg.connect(urls.owner)
    try:
        yield connection
    finally:
        await connection.close()


_process: list[_Process] = []


def _begin(plan: Plan, urls: DatabaseUrls, secret: str) -> None:
    cipher.use(cipher.Cipher([secret]))
    _process[:] = [_Process(plan, urls)]


def _made(n: int, piece: list[tuple[date, int]]) -> int:
    one = _process[0]
    return one.loop.run_until_complete(write(one.connection, one.maker, n, piece))
