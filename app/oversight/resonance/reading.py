"""Rises as people read them."""

import asyncpg

from app.core import paging
from app.core.cipher import cipher
from app.core.i18n import Language, t
from app.directory.registry import Directory
from app.oversight.reach import Looker
from app.oversight.resonance.cases import agency_ref
from app.oversight.resonance.schemas import (
    AcknowledgedOut,
    RiseHourOut,
    RiseOut,
    RisesIn,
    RisesOut,
    WhoOut,
)

WORD = "rise.word"
PATH = "/api/v1/oversight/rises"

_RISES = """
SELECT rise.*, account.name, account.login, hours.hours
FROM rise
LEFT JOIN staff_account account ON account.id = rise.acknowledged_by
CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('hour', r.hour, 'seen', cardinality(r.appeal_ids),
                                        'expected', r.expected, 'chance', r.chance) ORDER BY r.hour) AS hours
    FROM rise_hour r WHERE r.rise_id = rise.id) hours
WHERE ($1::bigint[] IS NULL OR rise.agency_id = ANY ($1))
  AND ($2::bigint IS NULL OR rise.id = $2)
  AND ($3::boolean IS NULL OR (rise.acknowledged_at IS NULL) = $3)
  AND ($4::bigint = 0 OR rise.id < $4)
ORDER BY rise.id DESC LIMIT $5
"""
COUNTED = "SELECT unnest(r.appeal_ids) AS id FROM rise_hour r WHERE r.rise_id = $7"


async def rises(
    connection: asyncpg.Connection, looker: Looker, asked: RisesIn, directory: Directory, lang: Language
) -> RisesOut:
    """Raises Invalid: a cursor that is none."""
    rows = await connection.fetch(
        _RISES,
        looker.only,
        None,
        asked.open,
        paging.after(asked.cursor),
        asked.limit + 1,
    )
    shown = rows[: asked.limit]
    return RisesOut(
        items=[_rise(row, directory, lang) for row in shown],
        next_cursor=paging.cursor(shown[-1]["id"]) if len(rows) > asked.limit else None,
    )


async def rise(
    connection: asyncpg.Connection, looker: Looker, id_: int, directory: Directory, lang: Language
) -> RiseOut | None:
    """None: there is none that the looker sees."""
    row = await connection.fetchrow(_RISES, looker.only, id_, None, 0, 1)
    return _rise(row, directory, lang) if row else None


def _rise(row: asyncpg.Record, directory: Directory, lang: Language) -> RiseOut:
    hours = [RiseHourOut(**hour) for hour in row["hours"]]
    seen, expected = sum(hour.seen for hour in hours), round(sum(hour.expected for hour in hours), 1)
    topic = directory.topic(row["topic"]).name(lang)
    region = directory.region(row["region"]).name(lang, row["told_at"].date()) if row["region"] else None
    sentence = "resonance.rise.placed" if region else "resonance.rise"
    return RiseOut(
        id=row["id"],
        topic=row["topic"],
        topic_name=topic,
        region=row["region"] or None,
        region_name=region,
        agency=agency_ref(row["agency_id"], directory, lang),
        seen=seen,
        expected=expected,
        chance=min(hour.chance for hour in hours),
        sentence=t(sentence, lang, topic=topic, region=region or "", seen=seen, expected=expected),
        told_at=row["told_at"],
        hours=hours,
        acknowledged=_acknowledged(row),
        cases_url=f"{PATH}/{row['id']}/cases",
    )


def _acknowledged(row: asyncpg.Record) -> AcknowledgedOut | None:
    if row["acknowledged_at"] is None:
        return None
    return AcknowledgedOut(
        by=WhoOut(name=row["name"], login=row["login"]),
        at=row["acknowledged_at"],
        word=cipher().decrypt(row["word"], WORD),
    )
