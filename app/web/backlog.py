"""What waits in the database, as gauges: how much of it, and since when. One statement, by the indexes that
the workers use; of what is very long only so much is counted."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import asyncpg

from app.core import clock, sight
from app.core.db import Database

log = logging.getLogger("listening_state")

WITHIN = 5.0
"""Seconds that the database has to answer."""

_MANY = 100_000
_COUNT = f"SELECT count(*) FROM (SELECT FROM {{}} LIMIT {_MANY}) AS counted"

# Name, label, and the query of its value. `$1` is now.
_GAUGES: tuple[tuple[str, str, str], ...] = (
    ("ls_outbox_notices", "", _COUNT.format("notice WHERE state = 'pending'")),
    (
        "ls_outbox_oldest_seconds",
        "",
        "SELECT extract(epoch FROM $1 - not_before) FROM notice WHERE state = 'pending' ORDER BY id LIMIT 1",
    ),
    *(
        (
            "ls_deliveries_open",
            f'way="{way}"',
            _COUNT.format(f"delivery WHERE state IN ('pending', 'failed') AND {lanes}"),
        )
        for way, lanes in (
            ("email", "lane = 'email'"),
            ("sms", "lane = 'sms'"),
            ("webhook", "lane > 'webhook:' AND lane < 'webhook;'"),
        )
    ),
    (
        "ls_delivery_oldest_due_seconds",
        "",
        "SELECT extract(epoch FROM $1 - min(next_at)) FROM delivery WHERE state IN ('pending', 'failed')",
    ),
    (
        "ls_undelivered_tasks",
        "",
        _COUNT.format("delivery WHERE task_at IS NOT NULL AND settled_at IS NULL AND state <> 'delivered'"),
    ),
    (
        "ls_fold_waiting",
        "",
        _COUNT.format("counter_delta WHERE xid >= (SELECT below FROM folding)"),
    ),
    (
        "ls_fold_lag_seconds",
        "",
        """SELECT extract(epoch FROM $1 - folded_at) FROM folding
           WHERE EXISTS (SELECT FROM counter_delta d WHERE d.xid >= folding.below)""",
    ),
    (
        "ls_seal_lag_seconds",
        "",
        """SELECT extract(epoch FROM $1 - e.at) FROM event e
           WHERE (e.xid, e.id) > (coalesce((SELECT upto_xid FROM seal ORDER BY number DESC LIMIT 1), '0'),
                                  coalesce((SELECT upto_id FROM seal ORDER BY number DESC LIMIT 1), 0))
           ORDER BY e.xid, e.id LIMIT 1""",
    ),
    ("ls_attachments_unscanned", "", _COUNT.format("stored_object WHERE state IN ('waiting', 'failed')")),
    ("ls_attachments_unfetched", "", _COUNT.format("attachment_fetch WHERE state = 'pending'")),
    ("ls_figure_faults", "", _COUNT.format("figure_fault WHERE cleared_at IS NULL")),
)
_READ = "SELECT " + ", ".join(f"greatest(0, coalesce(({query}), 0))::float8" for _, _, query in _GAUGES)


@asynccontextmanager
async def _seeing_all(db: Database) -> AsyncIterator[asyncpg.Connection]:
    """What is told is counts and ages alone."""
    with sight.within(sight.EVERYTHING):
        async with db.read() as connection:
            yield connection


async def read(db: Database) -> Mapping[str, Mapping[str, float]]:
    """By name and label. `ls_database_up` is 0, and stands alone, when the database does not answer."""
    try:
        async with asyncio.timeout(WITHIN), _seeing_all(db) as connection:
            row = await connection.fetchrow(_READ, clock.now())
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        log.warning("metrics: the database did not answer (%s)", type(error).__name__)
        return {"ls_database_up": {"": 0}}
    found: dict[str, dict[str, float]] = {"ls_database_up": {"": 1}}
    for (name, label, _), value in zip(_GAUGES, row or (), strict=True):
        found.setdefault(name, {})[label] = value
    return found
