"""Gathering: registrations that arrive together share one transaction.

While one transaction is on its way to the disk, those that arrive wait and go together in the next one; a
caller who comes alone goes at once. Each gets its own answer, after the commit. When a batch fails as a
whole, its rows are tried one by one, so that one bad row fails alone.

What comes as a batch already (`register_all`) has a transaction of its own.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence

import asyncpg

from app.core.db import Database
from app.core.errors import AppError
from app.directory import snapshot
from app.intake.register import register
from app.intake.submission import Registration, Submission

MAX_BATCH = 200
LANES = 2
# Of those that come as a batch, so many at a time; when the database refuses one, so many rows are tried
# together.
BATCHES = 2
PIECE = 100

log = logging.getLogger("listening_state")

# What is none of a row's fault: the connection went, or the server cannot take anything at the moment.
LOST = (
    *(asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError, TimeoutError),
    *(asyncpg.InsufficientResourcesError, asyncpg.OperatorInterventionError),
    *(asyncpg.ReadOnlySQLTransactionError, asyncpg.LockNotAvailableError),
)

# What the database says of a row, not of itself.
REFUSED = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)

Answer = asyncio.Future[Registration]


class Gatherer:
    """Lives as long as the app. `register` may be called from any number of requests at once."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: deque[tuple[Submission, Answer]] = deque()
        self._lanes: set[asyncio.Task[None]] = set()
        self._batches = asyncio.Semaphore(BATCHES)

    async def register(self, submission: Submission) -> Registration:
        """The registration, committed. Raises the AppError that refuses it."""
        answer: Answer = asyncio.get_running_loop().create_future()
        self._waiting.append((submission, answer))
        if len(self._lanes) < LANES:
            lane = asyncio.create_task(self._run())
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
        return await answer

    async def register_all(self, submissions: Sequence[Submission]) -> list[Registration | AppError]:
        """All of them or, when this raises, none: one transaction. In the order given, each its registration
        or what refuses it; of those with the same key the first is the first.

        Keys are taken in one order by everybody, so that no two who bring the same ones wait in a ring.
        """
        places = sorted(range(len(submissions)), key=lambda place: submissions[place].key or b"")
        in_order = [submissions[place] for place in places]
        async with self._batches:
            try:
                done = await self._write(in_order)
            except REFUSED:
                done = await self._write_piecewise(in_order)
        answers = dict(zip(places, done, strict=True))
        return [answers[place] for place in range(len(submissions))]

    async def _write_piecewise(self, submissions: Sequence[Submission]) -> list[Registration | AppError]:
        """One transaction all the same, of which a row that the database refuses is no part."""
        pieces = [submissions[begin : begin + PIECE] for begin in range(0, len(submissions), PIECE)]
        async with self._db.transaction() as connection:
            return [answer for piece in pieces for answer in await _taken(connection, piece)]

    async def close(self) -> None:
        """Finish what is under way."""
        while self._lanes:
            await asyncio.gather(*self._lanes, return_exceptions=True)

    async def _run(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
            await self._settle(batch)

    async def _settle(self, batch: list[tuple[Submission, Answer]]) -> None:
        try:
            results = await self._write([submission for submission, _ in batch])
        except Exception as error:
            await self._one_by_one(batch, error)
            return
        for (_, answer), result in zip(batch, results, strict=True):
            if isinstance(result, AppError):
                _refuse(answer, result)
            elif not answer.done():
                answer.set_result(result)

    async def _one_by_one(self, batch: list[tuple[Submission, Answer]], error: Exception) -> None:
        """One row's mistake is its own. When the connection was lost nobody knows whether it was committed:
        then all are told to try again, and a key makes that harmless."""
        if len(batch) > 1 and not isinstance(error, LOST):
            for one in batch:
                await self._settle([one])
            return
        for _, answer in batch:
            _refuse(answer, error)

    async def _write(self, submissions: Sequence[Submission]) -> list[Registration | AppError]:
        async with self._db.transaction() as connection:
            return await register(connection, submissions, snapshot.current())


async def _taken(
    connection: asyncpg.Connection, submissions: Sequence[Submission]
) -> list[Registration | AppError]:
    """Those of a batch that the database takes; a row that it refuses fails alone."""
    try:
        async with connection.transaction():
            return await register(connection, submissions, snapshot.current())
    except REFUSED as error:
        if len(submissions) == 1:
            log.error("the database refused a row of a batch: %s", type(error).__name__)
            return [AppError()]
    return [answer for one in submissions for answer in await _taken(connection, [one])]


def _refuse(answer: Answer, error: Exception) -> None:
    if not answer.done():  # the caller may have gone away
        answer.set_exception(error)
