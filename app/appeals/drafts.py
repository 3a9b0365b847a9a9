"""Answers being written: one a person and holding; no part of the history, never shown to the applicant."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Self

import asyncpg

from app.appeals import history
from app.appeals.codes import Outcome
from app.core.cipher import cipher
from app.core.errors import Conflict
from app.core.i18n import Language

COLUMN = "draft.body"

FIND = """
SELECT version, body FROM draft WHERE holding_id = ANY($1) AND author_id = $2
ORDER BY holding_id DESC LIMIT 1 FOR UPDATE
"""

# `$5`: the version that may be replaced; None: whatever is there.
SAVE = """
INSERT INTO draft (holding_id, author_id, version, body, updated_at)
VALUES ($1, $2, coalesce($5, 0) + 1, $3, $4)
ON CONFLICT (holding_id, author_id) DO UPDATE
SET version = draft.version + 1, body = excluded.body, updated_at = excluded.updated_at
WHERE $5::bigint IS NULL OR draft.version = $5
RETURNING version
"""

PROPOSED = """
SELECT e.holding_id, e.actor_id, e.data, c.body
FROM event e JOIN content c ON c.appeal_id = e.appeal_id AND c.hash = e.content_hash
WHERE e.appeal_id = $1 AND e.part = $2 AND e.kind = 'answer_proposed' AND e.actor_id IS NOT NULL
ORDER BY e.id DESC LIMIT 1
"""

RESTORE = """
INSERT INTO draft (holding_id, author_id, version, body, updated_at) VALUES ($1, $2, 1, $3, $4)
ON CONFLICT DO NOTHING
"""

PROLONG = """
UPDATE holding SET lease_until = $3
WHERE id = $1 AND assignee_id = $2 AND closed_at IS NULL AND lease_until < $4
RETURNING lease_until
"""


@dataclass(frozen=True, slots=True)
class Draft:
    text: str | None = None
    outcome: Outcome | None = None
    language: Language | None = None
    legal_basis: str | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        return cls(**{field.name: values.get(field.name) for field in fields(cls)})

    def sealed(self) -> bytes:
        return cipher().encrypt(history.canonical(asdict(self)).decode(), COLUMN)


class DraftConflict(Conflict):
    """The person's draft was changed elsewhere since; the answer gives both texts."""

    code = "draft_conflict"

    def __init__(self, version: int, saved: Draft, yours: Mapping[str, Any]) -> None:
        super().__init__(extra={"draft": {"version": version, **asdict(saved)}, "yours": dict(yours)})


def opened(body: bytes) -> Draft:
    return Draft.of(json.loads(cipher().decrypt(body, COLUMN)))


async def save(
    connection: asyncpg.Connection,
    holdings: Sequence[int],
    author_id: int,
    changes: Mapping[str, Any],
    *,
    seen: int | None,
    now: datetime,
) -> int:
    """Put these fields into the author's draft, with the last of these holdings; give its new version.

    The draft may be in an older one of them, from before the case left and came back.
    `seen`: the version that the author's page shows; None takes whatever is there. Raises DraftConflict.
    """
    while True:
        row = await connection.fetchrow(FIND, holdings, author_id)
        version, saved = (row["version"], opened(row["body"])) if row else (0, Draft())
        if row and seen is not None and seen != version:
            raise DraftConflict(version, saved, changes)
        body = Draft.of({**asdict(saved), **changes}).sealed()
        new: int | None = await connection.fetchval(SAVE, holdings[-1], author_id, body, now, version)
        if new is not None:  # else another page of the same person made the first draft at this moment
            return new


async def keep(
    connection: asyncpg.Connection, holding_id: int, author_id: int, draft: Draft, now: datetime
) -> int:
    """Keep an answer that was refused, in place of what its author had drafted; give the draft's version."""
    version: int = await connection.fetchval(SAVE, holding_id, author_id, draft.sealed(), now, None)
    return version


async def restore(connection: asyncpg.Connection, appeal_id: int, part: int, now: datetime) -> None:
    """Give the proposed answer back to its author as a draft, unless a newer one is there."""
    row = await connection.fetchrow(PROPOSED, appeal_id, part)
    if row is None or row["body"] is None:
        return
    said = json.loads(cipher().decrypt(row["body"], "content.body"))
    draft = Draft.of(said | {"outcome": row["data"]["outcome"]})
    await connection.execute(RESTORE, row["holding_id"], row["actor_id"], draft.sealed(), now)


async def prolong_lease(
    connection: asyncpg.Connection, holding_id: int, account_id: int, until: datetime, if_before: datetime
) -> datetime | None:
    """Who goes on writing keeps the case; written only when the lease ends before `if_before`. Until when, if
    it was."""
    prolonged: datetime | None = await connection.fetchval(PROLONG, holding_id, account_id, until, if_before)
    return prolonged
