"""Gathering: registrations that arrive together share one transaction.

While one transaction is on its way to the disk, those that arrive wait and go together in the next one; a
caller who comes alone goes at once. Each gets its own answer, after the commit. When a batch fails as a
whole, its rows are tried one by one, so that one bad row fails alone.
"""

import asyncio
from collections import deque

import asyncpg

from app.core.db import Database
from app.core.errors import AppError
from app.directory import snapshot
from app.intake.register import register
from app.intake.submission import Registration, Submission

MAX_BATCH = 200
LANES = 2

LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError, TimeoutError)

Answer = asyncio.Future[Registration]


class Gatherer:
    """Lives as long as the app. `register` may be called from any number of requests at once."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: deque[tuple[Submission, Answer]] = deque()
        self._lanes: set[asyncio.Task[None]] = set()

    async def register(self, submission: Submission) -> Registration:
        """The registration, committed. Raises the AppError that refuses it."""
        answer: Answer = asyncio.get_running_loop().create_future()
        self._waiting.append((submission, answer))
        if len(self._lanes) < LANES:
            lane = asyncio.create_task(self._run())
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
        return await answer

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

    async def _write(self, submissions: list[Submission]) -> list[Registration | AppError]:
        async with self._db.transaction() as connection:
            return await register(connection, submissions, snapshot.current())


def _refuse(answer: Answer, error: Exception) -> None:
    if not answer.done():  # the caller may have gone away
        answer.set_exception(error)
