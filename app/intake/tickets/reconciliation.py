"""What a source says it sent, beside what came: the figures of a civil day, and the ids that differ.

- The day is that of `received_at`; of a refused message without a legible one, the day on which it came.
- `registered`: appeals of the source of that day. `refused`: ids that came on that day and were refused and
  are no appeal now, each once; ids that are another message's (`key_reused`), each once; and messages whose
  id could not be read, each time they came. `received` is the sum of the two.
- `missing`: ids declared for the day under which nothing is here, refused ones among them; `other_day`: those
  that are here under another day; `unexpected`: appeals of the day that were not declared. An id that is a
  consultation here is neither.
- Lists are cut at 1,000; their counts are not.
"""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Body, Path

from app.core import clock
from app.core.edge import FIGURES, Read, Tx
from app.core.errors import Invalid, problems
from app.core.schema import Day
from app.deadlines.calendar import FIRST_YEAR
from app.intake.tickets.callers import Reconciler
from app.intake.tickets.errors import NoSuchDay
from app.intake.tickets.schemas import DeclarationIn, OtherDayOut, ReconciliationOut, RefusedOut

router = APIRouter(prefix="/api/v1", tags=["integrations"])

LISTED = 1_000
FIRST_DAY = date(FIRST_YEAR, 1, 1)

# The same declaration again, as a retry sends it, is not another one.
DECLARE = """
INSERT INTO declaration (source_id, day, count, external_ids, client_id, declared_at)
SELECT $1, $2, $3, $4::text[], $5, $6
WHERE NOT EXISTS (
    SELECT FROM (SELECT count, external_ids FROM declaration WHERE source_id = $1 AND day = $2
                 ORDER BY id DESC LIMIT 1) newest
    WHERE newest.count = $3 AND newest.external_ids IS NOT DISTINCT FROM $4::text[])
"""

# One statement: one moment. $3 to $4 is the day as instants, $5 how much of a list is given.
COMPARE = """
WITH said AS (
    SELECT count, external_ids, declared_at FROM declaration
    WHERE source_id = $1 AND day = $2 ORDER BY id DESC LIMIT 1
), declared AS (
    SELECT unnest(external_ids) AS external_id FROM said
), here AS (
    SELECT external_id FROM appeal
    WHERE source_id = $1 AND external_id IS NOT NULL AND received_at >= $3 AND received_at < $4
), found AS (
    SELECT d.external_id, a.received_at, here.external_id IS NOT NULL AS today,
           EXISTS (SELECT FROM consultation c
                   WHERE c.source_id = $1 AND c.external_id = d.external_id) AS consulted
    FROM declared d
    LEFT JOIN here USING (external_id)
    LEFT JOIN LATERAL (SELECT received_at FROM appeal
                       WHERE source_id = $1 AND external_id = d.external_id LIMIT 1) a ON true
), unexpected AS (
    SELECT external_id FROM here
    WHERE EXISTS (SELECT FROM said WHERE external_ids IS NOT NULL)
      AND external_id NOT IN (SELECT external_id FROM declared)
), refused AS (
    SELECT r.* FROM refused_ticket r
    WHERE r.source_id = $1 AND r.day = $2
      AND (r.code = 'key_reused' OR NOT EXISTS (
          SELECT FROM appeal a WHERE a.source_id = $1 AND a.external_id = r.external_id))
), missing AS (
    SELECT external_id FROM found WHERE received_at IS NULL AND NOT consulted
), other_day AS (
    SELECT external_id, received_at FROM found WHERE received_at IS NOT NULL AND NOT today
)
SELECT (SELECT count FROM said) AS sent,
       (SELECT declared_at FROM said) AS declared_at,
       (SELECT external_ids IS NOT NULL FROM said) AS ids_declared,
       (SELECT count(*) FROM here) AS registered,
       (SELECT count(DISTINCT external_id) + coalesce(sum(times) FILTER (WHERE external_id IS NULL), 0)
        FROM refused) AS refused,
       (SELECT count(*) FROM consultation WHERE source_id = $1 AND day = $2) AS consultations,
       (SELECT count(*) FROM missing) AS missing_count,
       (SELECT count(*) FROM unexpected) AS unexpected_count,
       (SELECT count(*) FROM other_day) AS other_day_count,
       ARRAY(SELECT external_id FROM missing ORDER BY external_id LIMIT $5) AS missing,
       ARRAY(SELECT external_id FROM unexpected ORDER BY external_id LIMIT $5) AS unexpected,
       ARRAY(SELECT ROW(external_id, received_at) FROM other_day ORDER BY external_id LIMIT $5) AS other_day,
       ARRAY(SELECT ROW(external_id, code, fields, times, at) FROM refused
             ORDER BY external_id, code LIMIT $5) AS refusals
"""

KnownDay = Annotated[
    Day, Path(description="a civil day in Kazakhstan, not in the future", examples=["2026-11-23"])
]
ABOUT = (
    "Compares what your source declares for a day with what came: `sent` (null: nothing was declared), "
    "`received` = `registered` + `refused`, `consultations`, and the ids that differ. `clean` says that all "
    "of it is here and nothing else.\n\n"
)
EXAMPLES: dict[str, Any] = {
    "day": {
        "summary": "Two tickets, by their ids",
        "value": {"count": 2, "external_ids": ["109-2026-000123", "109-2026-000124"]},
    },
    "count": {"summary": "Only how many", "value": {"count": 2}},
}


@router.put(
    "/reconciliation/{day}",
    dependencies=[FIGURES],
    summary="Declare what was sent",
    description=(
        f"{ABOUT}The day is that of `received_at`. Declaring again replaces what was declared; the history "
        "is kept. With the ids every single difference is named, up to 1,000 of a kind.\n\n"
        "`curl -X PUT -H 'X-API-Key: …' -H 'Content-Type: application/json' "
        "$HOST/api/v1/reconciliation/2026-11-23 -d '{\"count\": 2}'`"
    ),
    response_model=ReconciliationOut,
    responses=problems(NoSuchDay, Invalid),
)
async def declare(
    caller: Reconciler,
    day: KnownDay,
    said: Annotated[DeclarationIn, Body(openapi_examples=EXAMPLES)],
    connection: Tx,
) -> ReconciliationOut:
    _check(day)
    await keep(connection, caller.source_id, caller.client_id, day, said)
    return await compared(connection, caller.source_id, day)


async def keep(
    connection: asyncpg.Connection, source_id: int, client_id: int, day: date, said: DeclarationIn
) -> None:
    ids = None if said.external_ids is None else sorted(set(said.external_ids))
    await connection.execute(DECLARE, source_id, day, said.count, ids, client_id, clock.now())


@router.get(
    "/reconciliation/{day}",
    dependencies=[FIGURES],
    summary="What was sent and what came",
    description=f"{ABOUT}`curl -H 'X-API-Key: …' $HOST/api/v1/reconciliation/2026-11-23`",
    response_model=ReconciliationOut,
    responses=problems(NoSuchDay, Invalid),
)
async def reconcile(caller: Reconciler, day: KnownDay, connection: Read) -> ReconciliationOut:
    _check(day)
    return await compared(connection, caller.source_id, day)


def _check(day: date) -> None:
    today = clock.today()
    if not FIRST_DAY <= day <= today:
        raise NoSuchDay(day=day, first=FIRST_DAY, last=today)


async def compared(connection: asyncpg.Connection, source_id: int, day: date) -> ReconciliationOut:
    row = await connection.fetchrow(COMPARE, source_id, day, *_instants(day), LISTED)
    assert row is not None
    by_id = bool(row["ids_declared"])
    received = row["registered"] + row["refused"]
    differs = any(row[f"{kind}_count"] for kind in ("missing", "unexpected", "other_day"))
    clean = row["sent"] == row["registered"] == received and not differs
    return ReconciliationOut(
        day=day,
        sent=row["sent"],
        declared_at=row["declared_at"],
        received=received,
        refused=row["refused"],
        registered=row["registered"],
        consultations=row["consultations"],
        clean=clean if row["sent"] is not None else None,
        missing=row["missing"],
        missing_count=row["missing_count"] if by_id else None,
        unexpected=row["unexpected"],
        unexpected_count=row["unexpected_count"] if by_id else None,
        other_day=[OtherDayOut(external_id=id_, day=clock.civil_day(at)) for id_, at in row["other_day"]],
        other_day_count=row["other_day_count"] if by_id else None,
        refusals=[
            RefusedOut(external_id=id_, code=code, errors=fields, times=times, at=at)
            for id_, code, fields, times, at in row["refusals"]
        ],
    )


def _instants(day: date) -> tuple[datetime, datetime]:
    """When a civil day begins and when the next one does."""
    return _midnight(day), _midnight(day + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.ZONE)
