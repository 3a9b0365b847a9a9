"""Numbers and transactions of a restored database, moved past those that were given before and are lost."""

from collections.abc import Callable, Collection

import asyncpg

from app.core.hosts import Hosts

PIECE = 100_000
"""Transactions between two looks at how far it is: half a second."""

# A sequence that was never used at that moment may have been since, if it is of a year that has begun.
_NUMBERS = """
SELECT sequencename AS name, setval(
    format('%I.%I', schemaname, sequencename), last + least($1, (max_value - last) / 10)) AS last
FROM (SELECT *, coalesce(last_value, start_value) AS last FROM pg_sequences) AS sequence
WHERE schemaname = 'public' AND (last_value IS NOT NULL OR sequencename = ANY ($2::text[]))
ORDER BY sequencename
"""
# Everything that is read in the order of transactions remembers how far it is by these.
_LAST = """
SELECT greatest((SELECT max(xid) FROM event), (SELECT max(upto_xid) FROM seal), (SELECT below FROM folding),
                pg_current_xact_id())::text::bigint
"""
_PASS = """
DO $$ BEGIN WHILE pg_current_xact_id()::text::bigint < {upto} LOOP COMMIT; END LOOP; END $$
"""


async def move_on(
    owner_url: str,
    *,
    spare: int,
    also: Collection[str],
    known: int,
    progress: Callable[[int, int], None],
) -> dict[str, int]:
    """Leave out `spare` numbers of every sequence that was used (of one that is near its end a tenth of the
    rest), and as many transactions after the last one known, here or outside (`known`, 0 for none).

    `also`: sequences that may have been used since. Gives the next value of each sequence by its name.
    """
    connection = await Hosts(owner_url).connect()
    try:
        rows = await connection.fetch(_NUMBERS, spare, list(also))
        await _transactions(connection, spare, known, progress)
        return {row["name"]: row["last"] + 1 for row in rows}
    finally:
        await connection.close()


async def _transactions(
    connection: asyncpg.Connection, spare: int, known: int, progress: Callable[[int, int], None]
) -> None:
    begun = now = await connection.fetchval("SELECT pg_current_xact_id()::text::bigint")
    upto = max(await connection.fetchval(_LAST), known) + spare
    while now < upto:
        now = min(now + PIECE, upto)
        await connection.execute(_PASS.format(upto=now))
        progress(now - begun, upto - begun)
