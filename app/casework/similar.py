"""Appeals like this one, among what the same body got: on its topic, in like words, from its region.

A bounded look, not a search: the newest LOOKED_AT that the body got until a month after this one. Who may see
the body's cases sees them, but for complaints that are walled off from them (A08).
"""

from collections.abc import Hashable, Sequence
from datetime import date, timedelta

import asyncpg
from fastapi import APIRouter
from pydantic import Field

from app.appeals import numbers, repository, walls
from app.appeals.codes import ApplicantType, ContentKind, Status
from app.appeals.commands import CaseNotFound
from app.casework import case, likeness, reach
from app.casework.acts import Number
from app.casework.case import SeveralParts
from app.casework.likeness import Like
from app.casework.queue import beginning
from app.core.edge import Read
from app.core.errors import problems
from app.core.schema import Out
from app.directory import snapshot
from app.staff.access import Reader

router = APIRouter(prefix="/api/v1", tags=["casework"])


class SimilarOut(Out):
    number: str = Field(examples=["JT-2026-00000123"])
    likeness: float = Field(description="of what either says, the share that both say")
    subject: str | None
    beginning: str | None
    region: str | None
    registered_on: date
    status: Status
    open: bool


class SimilarListOut(Out):
    items: list[SimilarOut] = Field(description="the likest first")


LOOKED_AT, COMPARED = 2000, 300
AFTER = timedelta(days=31)

_UNDER_REVIEW = """
EXISTS (SELECT FROM holding review WHERE review.appeal_id = like_it.appeal_id AND review.stage = 'review'
        AND review.closed_at IS NULL)
"""
_NOT_WALLED = walls.condition(
    me="$6", agencies="$7::bigint[]", head="$8", appeal="like_it.appeal_id", under_review=_UNDER_REVIEW
)


def _its_words(part: str) -> str:
    """What an appeal says, or what one of its parts asks for."""
    return f"""c.part = {part}
    AND c.kind = CASE {part} WHEN 0 THEN '{ContentKind.APPEAL}' ELSE '{ContentKind.PART}' END
    AND c.tokens IS NOT NULL"""


# The case itself comes along, for its words; other parts of its appeal are no likeness.
_NEAR = f"""
WITH near AS (
    SELECT h.id, h.appeal_id, h.part, h.topic, h.region, h.applicant_type, h.registered_on, h.status,
           h.closed_at
    FROM holding h WHERE h.agency_id = $1 AND h.registered_on <= $2
    ORDER BY h.registered_on DESC, h.id DESC LIMIT {LOOKED_AT}
), like_it AS (
    SELECT DISTINCT ON (appeal_id, part) * FROM near WHERE topic = $3 AND appeal_id <> $4
    ORDER BY appeal_id DESC, part, id DESC LIMIT {COMPARED}
)
SELECT like_it.*, c.id AS content_id, c.tokens
FROM like_it JOIN content c ON c.appeal_id = like_it.appeal_id AND {_its_words("like_it.part")}
WHERE {_NOT_WALLED}
UNION ALL
SELECT NULL, c.appeal_id, c.part, NULL, $5, NULL, NULL, NULL, NULL, c.id, c.tokens
FROM content c WHERE c.appeal_id = $4 AND {_its_words("$9::smallint")}
"""
_BODIES = "SELECT id, body FROM content WHERE id = ANY ($1)"


@router.get(
    "/cases/{number}/similar",
    summary="Appeals like this one",
    description=(
        f"At most {likeness.MOST} of the same topic, by the words that few others have and by the region, "
        f"among the newest {LOOKED_AT} that the body of the case got until a month after it."
    ),
    responses=problems(CaseNotFound, SeveralParts),
)
async def similar(caller: Reader, number: Number, connection: Read) -> SimilarListOut:
    directory = snapshot.current()
    found = await case.find(connection, caller, number, directory)  # a list is no reading
    if found.shown["agency_id"] not in reach.visible(caller, directory):
        return SimilarListOut(items=[])
    rows = await connection.fetch(
        _NEAR,
        found.shown["agency_id"],
        found.shown["registered_on"] + AFTER,
        found.shown["topic"],
        found.appeal_id,
        found.shown["region"],
        *reach.onlooker(caller, directory).values(),
        found.part,
    )
    return await _listed(connection, rows, found.appeal_id)


async def _listed(
    connection: asyncpg.Connection, rows: Sequence[asyncpg.Record], appeal_id: int
) -> SimilarListOut:
    own = [row for row in rows if row["appeal_id"] == appeal_id]
    others = [row for row in rows if row["appeal_id"] != appeal_id]
    likes = likeness.alike(_said(own[0]), [_said(row) for row in others]) if own else []
    shown = [others[like.place] for like in likes]
    bodies = {
        row["id"]: row["body"] for row in await connection.fetch(_BODIES, [r["content_id"] for r in shown])
    }
    return SimilarListOut(
        items=[_out(row, bodies.get(row["content_id"]), like) for row, like in zip(shown, likes, strict=True)]
    )


def _said(row: asyncpg.Record) -> frozenset[Hashable]:
    """The words, and the place as one more."""
    return frozenset(row["tokens"]) | ({row["region"]} if row["region"] else set())


def _out(row: asyncpg.Record, body: bytes | None, like: Like) -> SimilarOut:
    said = repository.opened(body) if body else {}
    return SimilarOut(
        number=numbers.format_number(row["appeal_id"], ApplicantType(row["applicant_type"]), row["part"]),
        likeness=round(like.likeness, 2),
        subject=said.get("subject"),
        beginning=beginning(said["text"]) if "text" in said else None,
        region=row["region"] or None,
        registered_on=row["registered_on"],
        status=row["status"],
        open=row["closed_at"] is None,
    )
