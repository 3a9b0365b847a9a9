"""Questions and answers that everybody may read: what a moderator has released of posts (app/intake/open311).

An entry has the texts as they were released. What looks like a person's own data is masked in them all the
same; where the moderator gave no words of their own, also what the author said of themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from app.appeals import repository
from app.appeals.codes import Status
from app.appeals.masking import masked, own
from app.core import sight
from app.core.cipher import cipher
from app.core.errors import Conflict, Invalid
from app.core.limited import seeing
from app.core.words import sought, tokens

_TEXTS = ("title", "question", "answer")

# The newest holding of each part; of one that was answered, the answer and when it was given.
_ANSWERED = """
SELECT DISTINCT ON (h.part) h.part, h.id AS holding_id, h.agency_id, h.status, e.at, e.data,
       c.id AS answer_id, c.body AS answer
FROM holding h
LEFT JOIN event e ON e.holding_id = h.id AND e.kind = 'answered'
LEFT JOIN content c ON c.appeal_id = h.appeal_id AND c.hash = e.content_hash
WHERE h.appeal_id = $1 ORDER BY h.part, h.id DESC, e.id DESC
"""
_ASKED = "SELECT id, part, body FROM content WHERE appeal_id = $1 AND kind IN ('appeal', 'part') ORDER BY id"
_AUTHOR = """
SELECT a.route #>> '{request,blog}' AS blog, p.name, p.iin, p.bin, p.address, p.phone, p.email
FROM appeal a LEFT JOIN applicant p ON p.appeal_id = a.id WHERE a.id = $1
"""
_PUT = """
INSERT INTO public_answer (appeal_id, part, holding_id, question_id, answer_id, agency_id, blog, language,
                           title, question, answer, tokens, answered_at, released_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (appeal_id, part) DO UPDATE
SET holding_id = $3, question_id = $4, answer_id = $5, agency_id = $6, language = $8, title = $9,
    question = $10, answer = $11, tokens = $12, answered_at = $13, released_at = $14
"""
_LISTED = """
SELECT p.id, p.blog, p.agency_id, p.language, p.title, p.question, p.answer, p.answered_at
FROM public_answer p
WHERE {conditions} AND NOT EXISTS (
    SELECT FROM holding later
    WHERE later.appeal_id = p.appeal_id AND later.part = p.part AND later.id > p.holding_id)
ORDER BY p.id DESC LIMIT {limit}
"""


class NothingToPublish(Conflict):
    """There is no answer yet, or no longer."""

    code = "nothing_to_publish"


@dataclass(frozen=True, slots=True)
class Texts:
    """A moderator's own words; None: what was written."""

    title: str | None = None
    question: str | None = None
    answer: str | None = None


async def publish(connection: asyncpg.Connection, appeal_id: int, texts: Texts, now: datetime) -> None:
    """Let everybody read each answered part. Raises NothingToPublish, and Invalid for texts where there are
    several parts that they could be of."""
    answered = [
        row
        for row in await connection.fetch(_ANSWERED, appeal_id)
        if row["status"] == Status.ANSWERED and row["answer"]
    ]
    asked = {row["part"]: row for row in await connection.fetch(_ASKED, appeal_id)}
    if not answered or not asked:
        raise NothingToPublish
    if len(answered) > 1 and texts != Texts():
        raise Invalid.of("texts", "texts_of_parts")
    author = await connection.fetchrow(_AUTHOR, appeal_id)
    assert author is not None
    await take_back(connection, appeal_id, but=[row["part"] for row in answered])
    await connection.executemany(
        _PUT,
        [
            (appeal_id, *_entry(row, asked.get(row["part"]) or min(asked.items())[1], author, texts), now)
            for row in answered
        ],
    )


def _entry(
    answered: asyncpg.Record, asked: asyncpg.Record, author: asyncpg.Record, texts: Texts
) -> Iterator[Any]:
    """The values of an entry from `part` to `answered_at`."""
    question, answer = repository.opened(asked["body"]), repository.opened(answered["answer"])
    written = {
        "title": question.get("subject"),
        "question": question["text"],
        "answer": answer["text"],
    }
    personal = own(author)
    shown = {name: masked(getattr(texts, name), ()) or masked(written[name], personal) for name in _TEXTS}
    yield from (answered["part"], answered["holding_id"], asked["id"], answered["answer_id"])
    yield from (answered["agency_id"], author["blog"], answered["data"]["language"])
    yield from (cipher().encrypt_optional(shown[name], _column(name)) for name in _TEXTS)
    yield tokens(" ".join(filter(None, shown.values())))
    yield answered["at"]


def _column(name: str) -> str:
    return f"public_answer.{name}"


async def take_back(connection: asyncpg.Connection, appeal_id: int, but: Sequence[int] = ()) -> None:
    """Nobody reads it any more; `but`: these parts stay."""
    await connection.execute(
        "DELETE FROM public_answer WHERE appeal_id = $1 AND part <> ALL ($2::smallint[])", appeal_id, but
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """None: not asked for. `before`: an entry's id, the last of the page before."""

    id: int | None = None
    blog: str | None = None
    agency_id: int | None = None
    words: str | None = None
    before: int | None = None
    limit: int = 1


async def listed(connection: asyncpg.Connection, asked: Asked) -> list[dict[str, Any]]:
    """What everybody may read of what was asked for, the newest release first."""
    values: list[Any] = []

    def bound(value: Any) -> str:
        values.append(value)
        return f"${len(values)}"

    conditions = list(_conditions(asked, bound))
    statement = _LISTED.format(conditions=" AND ".join(conditions) or "true", limit=bound(asked.limit))
    async with seeing(connection, sight.EVERYTHING):  # an answer that was reopened is shown no more
        rows = await connection.fetch(statement, *values)
    return [_opened(row) for row in rows]


def _conditions(asked: Asked, bound: Any) -> Iterator[str]:
    if asked.id is not None:
        yield f"p.id = {bound(asked.id)}"
    if asked.blog is not None:
        yield f"p.blog = {bound(asked.blog)}"
    if asked.agency_id is not None:
        yield f"p.agency_id = {bound(asked.agency_id)}"
    if asked.before is not None:
        yield f"p.id < {bound(asked.before)}"
    if asked.words is not None:
        words = sought(asked.words)
        yield from (f"p.tokens && {bound(list(stems))}::bigint[]" for stems in words)
        if not words:
            yield "false"


def _opened(row: Mapping[str, Any] | asyncpg.Record) -> dict[str, Any]:
    return {**row, **{name: cipher().decrypt_optional(row[name], _column(name)) for name in _TEXTS}}
