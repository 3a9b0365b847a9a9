"""Sending what is due. Any number of workers share the work by leases; each keeps going for every receiver.

A receiver has a lane with a few places. A round fills the places that are free and looks again as soon as one
gets free, but waits for none: a receiver that is slow fills its own places and nobody else's. A worker that
dies leaves leases behind, which end by themselves; what it may have sent is then sent again under
the same id.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import asyncpg

from app.appeals.letters import Letter, letters_of
from app.core import clock
from app.core.db import Database
from app.core.log import follow
from app.core.outbound import Allowed
from app.delivery import by_http, leases, messages
from app.delivery.by_email import LONGEST, Mailer
from app.delivery.leases import Ending
from app.delivery.legal import know_by
from app.delivery.outcome import Outcome, broken
from app.delivery.schedule import Schedule, needs_a_person
from app.directory import snapshot
from app.directory.registry import Directory
from app.notices.models import DeliveryState, Result, Way
from app.settings import Settings

log = logging.getLogger("listening_state.delivery")

PLACES = {Way.EMAIL.value: 16, Way.SMS.value: 16}
PLACES_OF_A_SUBSCRIBER = 4
ROUND = 0.9
"""Seconds after which a round gives way, so that a worker that is told to stop does."""


Rows = Sequence[asyncpg.Record]
Writer = Callable[[asyncpg.Connection, Rows, Directory], Awaitable[list[Letter]]]
_WRITERS: dict[str, Writer] = {"appeal": letters_of}


def words(subject: str, writer: Writer) -> None:
    """Who writes letters about this subject: a room above this one says so (decision 0011)."""
    _WRITERS[subject] = writer


def _subject(row: asyncpg.Record) -> str:
    return "booking" if row["booking_id"] else "appeal"


class Deliverer:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.schedule = Schedule(settings.delivery_tries, timedelta(seconds=settings.delivery_first_pause))
        self.timeout = settings.delivery_timeout
        # Longer than any attempt may take, with what is written about it.
        self.lease = timedelta(seconds=LONGEST * self.timeout + 30)
        self.allowed = Allowed.of(settings.outbound_allow)
        self.mailer = Mailer.of(settings.smtp_url.get_secret_value(), self.timeout)
        self._places: Counter[str] = Counter()
        self._sending: set[asyncio.Task[None]] = set()

    async def round(self, db: Database) -> None:
        """Take what is due until nothing is, or a second is over. Sendings go on when it returns."""
        end = asyncio.get_running_loop().time() + ROUND
        while await self._take(db) and self._sending:
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                return
            await asyncio.wait(self._sending, timeout=left, return_when=asyncio.FIRST_COMPLETED)

    async def finish(self) -> None:
        """Until what is being sent has been."""
        while self._sending:
            await asyncio.wait(self._sending)

    async def _take(self, db: Database) -> int:
        async with db.transaction() as connection:
            room = {lane: self._room(lane) for lane in await leases.lanes(connection)}
            wanted = {lane: count for lane, count in room.items() if count > 0}
            rows = await leases.lease(connection, wanted, clock.now(), self.lease) if wanted else ()
        if not rows:
            return 0
        directory = await snapshot.refresh(db)
        letters = await self._letters(db, rows, directory)
        for row, letter in zip(rows, letters, strict=True):
            self._places[row["lane"]] += 1
            task = asyncio.create_task(self._deliver(db, row, letter, directory))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return len(rows)

    def _room(self, lane: str) -> int:
        return PLACES.get(lane, PLACES_OF_A_SUBSCRIBER) - self._places[lane]

    async def _letters(
        self, db: Database, rows: Sequence[asyncpg.Record], directory: Directory
    ) -> list[Letter | Exception | None]:
        """In words, for those that are sent in words. What cannot be written spoils no other."""
        by_id: dict[int, Letter | Exception] = {}
        async with db.read() as connection:
            for subject in {_subject(row) for row in rows}:
                worded = [row for row in rows if row["way"] != Way.WEBHOOK and _subject(row) == subject]
                by_id |= await _written(connection, subject, worded, directory)
        return [by_id.get(row["id"]) for row in rows]

    async def _deliver(
        self, db: Database, row: asyncpg.Record, letter: Letter | Exception | None, directory: Directory
    ) -> None:
        follow(row["request_id"])
        try:
            try:
                outcome = await self._send(row, letter, directory)
            except Exception as error:  # one that cannot be sent stops no other
                outcome = broken(error)
            await self._finish(db, row, outcome, directory)
        except Exception as error:  # the lease ends by itself, and it is sent again under the same id
            log.error("delivery %d: what came of it was not written (%s)", row["id"], type(error).__name__)
        finally:
            self._places[row["lane"]] -= 1

    async def _send(
        self, row: asyncpg.Record, letter: Letter | Exception | None, directory: Directory
    ) -> Outcome:
        now = clock.now()
        if isinstance(letter, Exception):
            return broken(letter)
        if row["way"] == Way.WEBHOOK:
            event = messages.event(row, directory)
            return await by_http.send_webhook(row, event, self.allowed, self.timeout, now)
        assert letter is not None
        return await self._tell(row, letter)

    async def _tell(self, row: asyncpg.Record, letter: Letter) -> Outcome:
        to = messages.address_of(row)
        if to is None:
            return Outcome(Result.REFUSED, detail="erased", final=True)
        if row["way"] == Way.SMS:
            url = self.settings.sms_url.get_secret_value()
            if not url:
                return Outcome(Result.UNREACHABLE, detail="not_configured")
            return await by_http.send_sms(url, messages.sms(row, letter, to, self.settings), self.timeout)
        if not self.mailer.url.scheme:
            return Outcome(Result.UNREACHABLE, detail="not_configured")
        try:
            message = messages.email(row, letter, to, self.settings, clock.now())
        except ValueError:  # of the header's parts: nothing that could be an address
            return Outcome(Result.REFUSED, detail="recipient", final=True)
        return await self.mailer.send(message)

    async def _finish(
        self, db: Database, row: asyncpg.Record, outcome: Outcome, directory: Directory
    ) -> None:
        async with db.transaction() as connection:
            now = clock.now()
            ending = await self._ending(connection, row, outcome, directory)
            await leases.finish(connection, row, outcome, ending, now)
            if outcome.gone:
                await leases.end_subscription(connection, row["subscription_id"], now)
        log.log(
            _level(outcome),
            "delivery %d (%s) attempt %d: %s %s, %s",
            row["id"],
            row["lane"],
            row["attempts"],
            outcome.result,
            outcome.code or outcome.detail or "-",
            ending.state,
        )

    async def _ending(
        self, connection: asyncpg.Connection, row: asyncpg.Record, outcome: Outcome, directory: Directory
    ) -> Ending:
        if outcome.delivered:
            return Ending(DeliveryState.DELIVERED)
        ended = row["way"] == Way.WEBHOOK and row["ended_at"] is not None
        pause = None if outcome.final or ended else self.schedule.pause(row["attempts"], outcome.asked)
        next_at = clock.now() + pause if pause else None
        state = DeliveryState.FAILED if next_at else DeliveryState.GIVEN_UP
        if row["way"] == Way.WEBHOOK:
            return Ending(state, next_at)
        known_by = row["know_by"] or await know_by(connection, row, directory)
        next_on = clock.civil_day(next_at) if next_at else None
        if row["booking_id"] and next_on and known_by and next_on > known_by:
            return Ending(DeliveryState.GIVEN_UP, None, known_by, task=True)  # the reception is over by then
        return Ending(state, next_at, known_by, task=needs_a_person(next_on, known_by))


def _level(outcome: Outcome) -> int:
    if outcome.delivered:
        return logging.INFO
    return logging.ERROR if outcome.result is Result.BROKEN else logging.WARNING


async def _written(
    connection: asyncpg.Connection, subject: str, rows: Rows, directory: Directory
) -> dict[int, Letter | Exception]:
    """By delivery. One that cannot be written is not sent, and says so."""
    try:
        letters = await _WRITERS[subject](connection, rows, directory)
        return {row["id"]: letter for row, letter in zip(rows, letters, strict=True)}
    except Exception as error:
        if len(rows) == 1:
            return {rows[0]["id"]: error}
    found: dict[int, Letter | Exception] = {}
    for row in rows:
        found |= await _written(connection, subject, [row], directory)
    return found
