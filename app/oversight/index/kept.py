"""What an index is made of for one period, in the shape in which it is kept when the period is closed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Self

import asyncpg
from pydantic import BaseModel

from app.core.i18n import LANGUAGES
from app.directory.registry import Directory
from app.directory.values import Agency
from app.oversight import compliance
from app.oversight.compliance import Key, Sums, together
from app.oversight.index.definition import Version
from app.oversight.index.periods import Span
from app.oversight.index.scoring import Place, Score, Scored, Unranked, ranks, score
from app.oversight.reading import Days
from app.oversight.statistics import Filters


class KeptComponent(BaseModel):
    """One of `Scored`, in numbers that JSON has."""

    code: str
    part: int
    of: int
    value: float | None
    weight: float
    points: float | None
    counted_weight: float | None
    contribution: float | None

    @classmethod
    def by(cls, one: Scored) -> Self:
        return cls(
            code=one.code,
            part=one.part,
            of=one.of,
            value=_number(one.value),
            weight=float(one.weight),
            points=_number(one.points),
            counted_weight=_number(one.counted_weight),
            contribution=_number(one.contribution),
        )


class KeptRow(BaseModel):
    """A body with all under it. `level`: how far down it stands, the top is 1; `names`: by language, as they
    were at the end of the period. `of`: how many are ranked beside it."""

    agency: str
    names: dict[str, str]
    level: int
    figures: dict[str, int]
    band: str | None
    counted: float
    total: float | None
    unranked: Unranked | None
    rank: int | None
    of: int | None
    components: list[KeptComponent]


@dataclass(frozen=True, slots=True)
class Index:
    span: Span
    version: Version
    rows: Sequence[KeptRow]


async def computed(
    connection: asyncpg.Connection, span: Span, version: Version, directory: Directory, today: date
) -> Index:
    """From the figures as they are now. Two statements; the connection sees one moment."""
    days = Days(span.first, span.last)
    (found,) = await compliance.count_spans(connection, [days], Filters(), today=today)
    return Index(span, version, rows_of(version, found, directory, span.last))


def rows_of(version: Version, found: Mapping[Key, Sums], directory: Directory, on: date) -> list[KeptRow]:
    """Of the bodies with anything counted, by code."""
    counted = {agency: _figures(version, found, agency, directory) for agency in directory.agencies()}
    there = [agency for agency, figures in counted.items() if any(figures.values())]
    there.sort(key=lambda agency: agency.code)
    scores = [(level_of(agency, directory), score(version, counted[agency])) for agency in there]
    return [
        _row(agency, on, level, counted[agency], one, place)
        for agency, (level, one), place in zip(there, scores, ranks(scores), strict=True)
    ]


def _figures(
    version: Version, found: Mapping[Key, Sums], agency: Agency, directory: Directory
) -> dict[str, int]:
    sums = together(found, directory.subtree_ids(agency.id), "")
    return {code: sums.figures[code] for code in version.figures}


def level_of(agency: Agency, directory: Directory) -> int:
    parent = directory.parent(agency)
    return 1 if parent is None else 1 + level_of(parent, directory)


def _row(
    agency: Agency, on: date, level: int, figures: dict[str, int], one: Score, place: Place | None
) -> KeptRow:
    return KeptRow(
        agency=agency.code,
        names={lang: agency.name(lang, on) for lang in LANGUAGES},
        level=level,
        figures=figures,
        band=one.band,
        counted=float(one.counted),
        total=_number(one.total),
        unranked=one.unranked,
        rank=place.rank if place else None,
        of=place.of if place else None,
        components=[KeptComponent.by(component) for component in one.components],
    )


def _number(exact: Decimal | None) -> float | None:
    return None if exact is None else float(exact)


def in_order(rows: Iterable[KeptRow], version: Version) -> list[KeptRow]:
    """The top first, bands from many to few, by rank; what has none last."""
    bands: list[str | None] = [band.code for band in reversed(version.bands)]
    return sorted(
        rows,
        key=lambda row: (
            row.level,
            bands.index(row.band) if row.band in bands else len(bands),
            row.rank is None,
            row.rank or 0,
            row.agency,
        ),
    )
