"""Who else looks at a case now: a row a person and case, written again while the page is open, and worth
nothing a minute after."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

GONE_AFTER = timedelta(minutes=1)

# Always in the same order, so that two processes never wait for each other in a ring.
_MARK = """
INSERT INTO case_presence (appeal_id, part, account_id, seen_at)
SELECT appeal_id, part, account_id, $4
FROM unnest($1::bigint[], $2::smallint[], $3::bigint[]) AS here(appeal_id, part, account_id)
ORDER BY appeal_id, part, account_id
ON CONFLICT (appeal_id, part, account_id) DO UPDATE SET seen_at = excluded.seen_at
"""
_FORGET = """
DELETE FROM case_presence WHERE (appeal_id, part, account_id) IN (
    SELECT p.appeal_id, p.part, p.account_id FROM case_presence p
    LEFT JOIN unnest($1::bigint[], $2::smallint[], $3::bigint[]) AS gone(appeal_id, part, account_id)
        USING (appeal_id, part, account_id)
    WHERE p.seen_at < $4 OR gone.appeal_id IS NOT NULL
    FOR UPDATE OF p SKIP LOCKED
)
"""
_HERE = """
SELECT p.appeal_id, p.part, p.account_id, account.name
FROM unnest($1::bigint[], $2::smallint[]) AS asked(appeal_id, part)
JOIN case_presence p USING (appeal_id, part)
JOIN staff_account account ON account.id = p.account_id
WHERE p.seen_at >= $3 ORDER BY account.name, p.account_id
"""


@dataclass(frozen=True, slots=True, order=True)
class Case:
    appeal_id: int
    part: int


@dataclass(frozen=True, slots=True)
class Looking:
    account_id: int
    name: str


Pair = tuple[Case, int]
"""A case and who looks at it."""


async def keep(
    connection: asyncpg.Connection, here: Iterable[Pair], gone: Iterable[Pair], now: datetime
) -> None:
    """Write that these look, and forget those who left and whoever was not seen for a minute."""
    await connection.execute(_FORGET, *_columns(gone), now - GONE_AFTER)
    await connection.execute(_MARK, *_columns(here), now)


def _columns(pairs: Iterable[Pair]) -> tuple[list[int], list[int], list[int]]:
    listed = list(pairs)
    return (
        [case.appeal_id for case, _ in listed],
        [case.part for case, _ in listed],
        [account_id for _, account_id in listed],
    )


async def looking(
    connection: asyncpg.Connection, cases: Iterable[Case], now: datetime
) -> Mapping[Case, list[Looking]]:
    """Who looked at these cases within the last minute, by name."""
    listed = list(cases)
    rows = await connection.fetch(
        _HERE, [case.appeal_id for case in listed], [case.part for case in listed], now - GONE_AFTER
    )
    found: dict[Case, list[Looking]] = {case: [] for case in listed}
    for row in rows:
        found[Case(row["appeal_id"], row["part"])].append(Looking(row["account_id"], row["name"]))
    return found
