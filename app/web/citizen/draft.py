"""An appeal that is being written: what was typed so far, kept whatever happens to the line."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from app.attachments import waiting
from app.attachments.waiting import Waiting
from app.core.cipher import cipher
from app.web.visitor import Visitor

COLUMN = "web_draft.body"
KEPT = timedelta(days=7)
# Its files are there as long as it is, whatever the clocks of two processes say.
FILES_KEPT = KEPT + timedelta(days=1)
# Of one field so much is kept; what a form may hold is checked when it is read.
LONGEST = 70_000


@dataclass(slots=True)
class Draft:
    """`typed`: by the names of the fields, as typed. `key` makes sending it twice sending it once.
    `sent`: the number that it got. `files`: ids of uploads."""

    typed: dict[str, str] = field(default_factory=dict)
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    sent: str = ""
    files: list[str] = field(default_factory=list)

    @property
    def file_ids(self) -> list[UUID]:
        return [UUID(one) for one in self.files]

    def take(self, name: str, value: str) -> None:
        # NUL is what PostgreSQL and JSON do not agree on; it is nobody's letter.
        self.typed[name] = value.replace("\0", "").replace("\r\n", "\n")[:LONGEST]


async def load(connection: asyncpg.Connection, visitor: Visitor) -> Draft:
    """An empty one for who has none."""
    if not visitor.known:
        return Draft()
    sealed = await connection.fetchval("SELECT body FROM web_draft WHERE visitor = $1", visitor.hash)
    return _opened(sealed) if sealed else Draft()


async def lock(connection: asyncpg.Connection, visitor: Visitor, now: datetime) -> Draft:
    """To change it: two forms of one visitor at the same moment lose nothing of each other."""
    sealed = await connection.fetchval(
        """INSERT INTO web_draft AS d (visitor, body, updated_at) VALUES ($1, $2, $3)
           ON CONFLICT (visitor) DO UPDATE SET updated_at = greatest(d.updated_at, excluded.updated_at)
           RETURNING body""",
        visitor.hash,
        _sealed(Draft()),
        now,
    )
    return _opened(sealed)


async def begun(connection: asyncpg.Connection, visitor: Visitor, now: datetime) -> Draft:
    """As `lock`; after what was sent, a new one."""
    found = await lock(connection, visitor, now)
    return Draft() if found.sent else found


async def save(connection: asyncpg.Connection, visitor: Visitor, draft: Draft, now: datetime) -> None:
    await connection.execute(
        """INSERT INTO web_draft (visitor, body, updated_at) VALUES ($1, $2, $3)
           ON CONFLICT (visitor) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at""",
        visitor.hash,
        _sealed(draft),
        now,
    )
    await waiting.hold(connection, draft.file_ids, now + FILES_KEPT)


async def forget(connection: asyncpg.Connection, visitor: Visitor, now: datetime) -> None:
    draft = await load(connection, visitor)
    await waiting.let_go(connection, draft.file_ids, now)
    await connection.execute("DELETE FROM web_draft WHERE visitor = $1", visitor.hash)


def _sealed(draft: Draft) -> bytes:
    return cipher().encrypt(json.dumps(asdict(draft), ensure_ascii=True), COLUMN)


def _opened(sealed: bytes) -> Draft:
    return Draft(**json.loads(cipher().decrypt(sealed, COLUMN)))


# Its files


async def add_file(connection: asyncpg.Connection, visitor: Visitor, id_: UUID, now: datetime) -> None:
    """What is there already under the same name is there once, however often a bad line brought it."""
    draft = await begun(connection, visitor, now)
    files = await waiting.waiting(connection, [*draft.file_ids, id_], now)
    new = next(one for one in files if one.id == id_)
    if any(one.same_as(new) for one in files if one.id != id_):
        await waiting.let_go(connection, [id_], now)
        return
    draft.files.append(str(id_))
    await save(connection, visitor, draft, now)


async def remove_file(connection: asyncpg.Connection, visitor: Visitor, id_: UUID, now: datetime) -> None:
    draft = await lock(connection, visitor, now)
    if str(id_) in draft.files:
        draft.files.remove(str(id_))
        await save(connection, visitor, draft, now)
        await waiting.let_go(connection, [id_], now)


async def files(connection: asyncpg.Connection, draft: Draft, now: datetime) -> list[Waiting]:
    return await waiting.waiting(connection, draft.file_ids, now)


async def purge(connection: asyncpg.Connection, now: datetime) -> None:
    await connection.execute("DELETE FROM web_draft WHERE updated_at < $1", now - KEPT)
