"""Topics and regions by weeks: which of them rise."""

from collections.abc import Sequence
from datetime import date, timedelta
from urllib.parse import urlencode

import asyncpg

from app.core import clock
from app.core.i18n import Language
from app.directory.registry import Directory
from app.oversight.reach import Looker
from app.oversight.resonance.matching import WEEK, midnight
from app.oversight.resonance.schemas import TrendOut, TrendsOut, WeekOut
from app.oversight.resonance.trends import WEEKS, Trend, trend

APPEALS = "/api/v1/oversight/appeals"
_WEEKLY = """
SELECT (topic IS NOT NULL) AS of_topic, coalesce(topic, region) AS code,
       floor(extract(epoch FROM hour - $1) / extract(epoch FROM interval '7 days'))::int AS week,
       sum(appeals)::int AS appeals
FROM appeal_hour
WHERE hour >= $1 AND hour < $2 AND ($3::bigint[] IS NULL OR agency_id = ANY ($3))
GROUP BY GROUPING SETS ((topic, 3), (region, 3))
"""
_KNOWN = "SELECT counted_from FROM hours_counted"


async def trends(
    connection: asyncpg.Connection, looker: Looker, directory: Directory, lang: Language
) -> TrendsOut:
    """Of the last WEEKS whole weeks that are known, Monday to Sunday."""
    today = clock.today()
    monday = today - timedelta(days=today.weekday())
    known = await connection.fetchval(_KNOWN)
    first = monday - WEEKS * WEEK
    while known is None or midnight(first) < known:
        first += WEEK
        if first >= monday:
            return TrendsOut(rows=[])
    rows = await connection.fetch(_WEEKLY, midnight(first), midnight(monday), looker.only)
    weeks = (monday - first) // WEEK
    counts: dict[tuple[bool, str], list[int]] = {}
    for row in rows:
        if row["code"]:
            counts.setdefault((row["of_topic"], row["code"]), [0] * weeks)[row["week"]] = row["appeals"]
    found = [(key, row, trend(row)) for key, row in sorted(counts.items())]
    found.sort(key=lambda one: (one[2].small, 1.0 if one[2].chance is None else one[2].chance, -sum(one[1])))
    return TrendsOut(rows=[_row(*one, len(found), first, directory, lang) for one in found])


def _row(
    key: tuple[bool, str],
    counts: Sequence[int],
    found: Trend,
    rows: int,
    first: date,
    directory: Directory,
    lang: Language,
) -> TrendOut:
    of_topic, code = key
    by = "topic" if of_topic else "region"
    name = directory.topic(code).name(lang) if of_topic else directory.region(code).name(lang, first)
    return TrendOut(
        by=by,
        code=code,
        name=name,
        weeks=weeks_out(counts, first, APPEALS, {by: code}),
        rising=found.rising(rows),
        a_week=round(found.a_week, 2),
        chance=found.chance,
        small=found.small,
    )


def weeks_out(counts: Sequence[int], first: date, path: str, about: dict[str, str]) -> list[WeekOut]:
    """Weeks from a civil day on, each with the list of its appeals."""
    today = clock.today()
    shown = []
    for n, appeals in enumerate(counts):
        begins = first + n * WEEK
        ends = begins + WEEK - timedelta(days=1)
        query = urlencode({"from": begins, "to": ends} | about)
        shown.append(
            WeekOut(
                **{"from": begins}, to=ends, appeals=appeals, over=ends < today, cases_url=f"{path}?{query}"
            )
        )
    return shown
