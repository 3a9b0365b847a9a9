"""Platforms that only publish: their feeds are read now and then, and what is new is brought like a post.

A feed is leased by one worker, asked for politely (conditionally, with our name, no more often than agreed,
and later if it says so or fails), and read within bounds. An entry is a post whose id is the entry's: once by
`(source, id)`, so that reading it again does nothing, and an entry that was edited is kept as refused.
"""

import asyncio
import hashlib
import logging
import random
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import asyncpg
import httpcore
from pydantic import ValidationError

from app.appeals import history
from app.core import calling, clock
from app.core.calling import Answer
from app.core.db import Database
from app.core.errors import AppError
from app.core.outbound import AddressRefused, Allowed
from app.directory import snapshot
from app.directory.values import Source
from app.intake.blogs import posts, syndication
from app.intake.blogs.models import Reading
from app.intake.blogs.schemas import PostIn
from app.intake.blogs.syndication import Entry
from app.intake.gatherer import Gatherer
from app.intake.submission import Submission
from app.intake.tickets import refused
from app.intake.tickets.lines import Legible, refusal
from app.intake.tickets.schemas import EXTERNAL_ID
from app.settings import Settings, get_settings

log = logging.getLogger("listening_state.feeds")

PLACES = 4
LARGEST = 1_048_576
MOST_ENTRIES = 200
WITHIN = 20.0
LEASE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(days=1)
LONGEST_ASKED = timedelta(days=30)
JITTER = 0.1
_LONGEST_HEADER = 500
_FINE = frozenset({Reading.READ, Reading.UNCHANGED, Reading.CUT})

_TAKE = """
UPDATE feed SET leased_until = $2
WHERE id IN (
    SELECT id FROM feed
    WHERE ended_at IS NULL AND next_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
    ORDER BY next_at, id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id, source_id, blog, url, every, etag, last_modified, failures, leased_until
"""
_FINISH = """
UPDATE feed
SET leased_until = NULL, read_at = $3, result = $4, code = $5::smallint, failures = $6, next_at = $7,
    etag = CASE WHEN $5::smallint = 200 THEN $8 ELSE etag END,
    last_modified = CASE WHEN $5::smallint = 200 THEN $9 ELSE last_modified END,
    ended_at = CASE WHEN $4 = 'gone' THEN $3 ELSE ended_at END
WHERE id = $1 AND leased_until = $2
"""


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one reading. `asked`: how long the other side asked us to wait."""

    result: Reading
    code: int | None = None
    asked: timedelta | None = None
    etag: str | None = None
    last_modified: str | None = None


async def poll(db: Database) -> None:
    """Read the feeds that are due, a few at a time; a job that workers share."""
    settings = get_settings()
    while rows := await _taken(db):
        await snapshot.refresh(db)
        await asyncio.gather(*(_one(db, row, settings) for row in rows))


async def _taken(db: Database) -> Sequence[asyncpg.Record]:
    now = clock.now()
    async with db.transaction() as connection:
        rows: Sequence[asyncpg.Record] = await connection.fetch(_TAKE, now, now + LEASE, PLACES)
        return rows


async def _one(db: Database, feed: asyncpg.Record, settings: Settings) -> None:
    try:
        came = await _read(db, feed, settings)
    except Exception as error:  # one that cannot be read stops no other
        log.error("feed %d: %s", feed["id"], type(error).__name__)
        came = Came(Reading.BROKEN)
    if came.result not in _FINE:
        log.warning("feed %d: %s %s", feed["id"], came.result, came.code or "-")
    failures = 0 if came.result in _FINE else min(feed["failures"] + 1, 100)
    now = clock.now()
    async with db.transaction() as connection:
        await connection.execute(
            _FINISH,
            feed["id"],
            feed["leased_until"],
            now,
            came.result,
            came.code,
            failures,
            now + pause(timedelta(minutes=feed["every"]), failures, came.asked),
            came.etag,
            came.last_modified,
        )


def pause(every: timedelta, failures: int, asked: timedelta | None) -> timedelta:
    """Until the next time: after each failure twice as long, a day at most; never sooner than was asked."""
    usual: timedelta = min(every * (1 << min(failures, 12)), max(every, LONGEST_PAUSE))
    longer: timedelta = usual * random.uniform(1, 1 + JITTER)
    return max(longer, min(asked, LONGEST_ASKED)) if asked else longer


async def _read(db: Database, feed: asyncpg.Record, settings: Settings) -> Came:
    try:
        answer = await calling.call(
            feed["url"],
            method="GET",
            headers=_headers(feed, settings),
            allowed=Allowed.of(settings.outbound_allow),
            within=WITHIN,
            largest=LARGEST,
        )
    except AddressRefused:
        return Came(Reading.ADDRESS)
    except (TimeoutError, httpcore.TimeoutException):
        return Came(Reading.TIMEOUT)
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError):
        return Came(Reading.UNREACHABLE)
    if answer.status == 200:
        return await _came(db, feed, answer)
    result = {304: Reading.UNCHANGED, 410: Reading.GONE}.get(answer.status)
    if result is None:
        result = Reading.REDIRECT if 300 <= answer.status < 400 else Reading.REFUSED
    return Came(result, answer.status, asked(answer.headers))


def _headers(feed: asyncpg.Record, settings: Settings) -> dict[str, str]:
    who = f" (+{settings.public_url})" if settings.public_url else ""
    said = {
        "user-agent": f"listening-state{who}",
        "accept": "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8",
        "accept-encoding": "identity",
        "if-none-match": feed["etag"],
        "if-modified-since": feed["last_modified"],
    }
    return {name: value for name, value in said.items() if value}


def asked(headers: Mapping[str, str]) -> timedelta | None:
    """`Retry-After`, in seconds or as a moment."""
    given = headers.get("retry-after", "")
    if re.fullmatch("[0-9]{1,9}", given):
        return timedelta(seconds=int(given))
    try:
        moment = parsedate_to_datetime(given)
    except (ValueError, TypeError):
        return None
    left = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - clock.now()
    return left if left > timedelta() else None


async def _came(db: Database, feed: asyncpg.Record, answer: Answer) -> Came:
    document = await asyncio.to_thread(syndication.read, answer.body, MOST_ENTRIES)
    await take(db, snapshot.current().source_by_id(feed["source_id"]), feed["blog"], document.entries)
    if len(answer.body) >= LARGEST or document.more:
        return Came(Reading.CUT, answer.status)
    if document.fault:
        return Came(Reading.MALFORMED, answer.status)
    etag, last_modified = (_kept(answer.headers.get(name)) for name in ("etag", "last-modified"))
    return Came(Reading.READ, answer.status, etag=etag, last_modified=last_modified)


def _kept(header: str | None) -> str | None:
    """One that can be sent back as it came."""
    good = header and len(header) <= _LONGEST_HEADER and header.isascii() and header.isprintable()
    return header if good else None


async def take(db: Database, source: Source, blog: str, entries: Sequence[Entry]) -> None:
    """Register what is new of a feed's entries, the newest of which come first; keep what is refused."""
    now = clock.now()
    said: dict[int, Submission] = {}
    problems: list[tuple[Legible, AppError]] = []
    legible = [Legible(_post_id(entry.id)) for entry in entries]
    for place, entry in reversed(list(enumerate(entries))):
        try:
            said[place] = _submission(entry, source, blog, now)
        except AppError as error:
            problems.append((legible[place], error))
    for place, late in (await posts.too_late(db, source, said, now)).items():
        problems.append((_legible(said.pop(place)), late))
    registered = await Gatherer(db).register_all(list(said.values())) if said else []
    for submission, answer in zip(said.values(), registered, strict=True):
        if isinstance(answer, AppError):
            problems.append((_legible(submission), answer))
    await refused.keep(db, source.id, problems)
    if any(error.status >= 500 for _, error in problems):
        raise RuntimeError("an entry was not written")  # the feed is read as a whole again


def _legible(said: Submission) -> Legible:
    return Legible(said.external_id, clock.civil_day(said.received_at))


def _post_id(entry_id: str | None) -> str | None:
    """The entry's own id, or a hash of one that is written in other signs than ours."""
    if entry_id is None or EXTERNAL_ID.fullmatch(entry_id):
        return entry_id
    return f"sha256:{hashlib.sha256(entry_id.encode()).hexdigest()}"


def _submission(entry: Entry, source: Source, blog: str, now: datetime) -> Submission:
    """Raises AppError."""
    words: dict[str, Any] = {"title": entry.title, "text": entry.text or entry.title}
    if entry.author:
        words["author"] = {"name": entry.author}
    link = entry.link if entry.link and len(entry.link) <= 300 else None
    sent = words | {"post_id": _post_id(entry.id), "published_at": entry.published, "url": link}
    try:
        post = PostIn.model_validate(
            {name: value for name, value in sent.items() if value is not None}
            | {"blog": blog, "public": True, "may_publish": False}
        )
    except ValidationError as error:
        raise refusal(error) from None
    meaning = hashlib.sha256(b"feed\0" + history.canonical(words)).digest()
    return posts.submission(post, source, meaning, now)
