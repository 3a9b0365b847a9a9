"""What the directory with a change would have done with the appeals of the last days. Nothing is written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import asyncpg

from app.appeals.codes import ApplicantType
from app.appeals.numbers import SANDBOX_FROM, SERIALS, format_number
from app.core import sight
from app.core.limited import seeing
from app.directory import changing, laying
from app.directory.changes import Change
from app.directory.registry import Directory
from app.routing.rules import RouteRequest, Rule, UnknownAddressee, route

DAYS = 30
LISTED = 100

# What was asked is the same for very many: routed once each.
_ASKED = f"""
SELECT (route -> 'request') - 'on' AS asked, count(*) AS appeals,
       (array_agg(id ORDER BY id DESC))[:{LISTED}] AS newest,
       (array_agg(applicant_type ORDER BY id DESC))[:{LISTED}] AS types
FROM appeal
WHERE received_at >= $1 AND route ->> 'rule' <> '{Rule.COMPLAINT}'
  AND ($2::text IS NULL OR (route -> 'request') ->> 'topic' = $2) AND id % {SERIALS} < {SANDBOX_FROM}
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Gone:
    """An appeal that would have gone elsewhere: where it would go now, and where with the change."""

    id: int
    number: str
    before: str
    after: str


@dataclass(slots=True)
class Trial:
    """`gone`: how many would go from one agency to another. `listed`: the newest of them."""

    since: date
    looked_at: int = 0
    gone: Counter[tuple[str, str]] = field(default_factory=Counter)
    listed: list[Gone] = field(default_factory=list)


async def tried(
    connection: asyncpg.Connection,
    made: Change,
    seen: str | None,
    on: date,
    now: datetime,
    today: date,
    topic: str | None = None,
) -> Trial:
    """The appeals of the last DAYS days (of a topic), as if they were registered on the day `on`: by the
    directory as it is, and with the change. Raises as `changing.change` does."""
    before, after = await changing.tried(connection, made, seen, today)
    known, changed = (Directory(laying.facts_of(rows)) for rows in (before, after))
    found = Trial(today - timedelta(days=DAYS))
    async with seeing(connection, sight.EVERYTHING):  # where they went, for who reads none of them
        rows = await connection.fetch(_ASKED, now - timedelta(days=DAYS), topic)
    for row in rows:
        found.looked_at += row["appeals"]
        request = replace(RouteRequest.from_json({**row["asked"], "on": on.isoformat()}), on=on)
        old, new = _routed(request, known), _routed(request, changed)
        if old != new:
            found.gone[old, new] += row["appeals"]
            found.listed += _listed(row["newest"], row["types"], old, new)
    found.listed = sorted(found.listed, key=lambda one: -one.id)[:LISTED]
    return found


def _routed(request: RouteRequest, directory: Directory) -> str:
    """Whom somebody named may be nobody any more: then they would be asked again."""
    try:
        return route(request, directory).agency
    except UnknownAddressee:
        return ""


def _listed(ids: Sequence[int], types: Sequence[str], before: str, after: str) -> list[Gone]:
    return [
        Gone(id_, format_number(id_, ApplicantType(type_)), before, after)
        for id_, type_ in zip(ids, types, strict=True)
    ]
