"""Compliance as it is answered: rows of bodies, beside other periods, each figure with its cases' address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

import asyncpg

from app.core.i18n import Language
from app.directory.registry import Directory
from app.oversight import compliance
from app.oversight.columns import COLUMNS, Column, Unit
from app.oversight.compliance import SMALL, Key, Sums, together
from app.oversight.compliance_asked import Question, beside, by_of, dimension, only, parts
from app.oversight.compliance_schemas import (
    NO_REGION,
    BesideOut,
    ComplianceIn,
    ComplianceOut,
    FigureOut,
    Figures,
    PartOut,
    RegionRowOut,
    RegionsOut,
    RowOut,
    SideOut,
    TopicRowOut,
    TopicsIn,
    TopicsOut,
)
from app.oversight.reading import By, Days
from app.oversight.schemas import AgencyRef
from app.oversight.statistics import Filters

CASES = "/api/v1/compliance/cases"


@dataclass(frozen=True, slots=True)
class Counted:
    """All that was counted for one period, and for those that it is compared with."""

    days: Days
    found: Mapping[Key, Sums]
    besides: Mapping[str, tuple[Days, Mapping[Key, Sums]]]


@dataclass(frozen=True, slots=True)
class Reader:
    connection: asyncpg.Connection
    question: Question
    today: date
    by: By | None
    compare: str | None

    async def read(self, days: Days) -> Counted:
        wanted = ("before", "year") if self.compare == "both" else (self.compare,) if self.compare else ()
        besides = {how: beside(days, how) for how in wanted}
        found, *others = await compliance.count_spans(
            self.connection,
            [days, *besides.values()],
            self.question.filters,
            today=self.today,
            agencies=None if self.question.visible is None else sorted(self.question.visible),
            by=self.by,
        )
        return Counted(
            days, found, dict(zip(besides, zip(besides.values(), others, strict=True), strict=True))
        )


async def agencies(
    connection: asyncpg.Connection,
    asked: ComplianceIn,
    question: Question,
    directory: Directory,
    language: Language,
    today: date,
) -> ComplianceOut:
    """The connection sees one moment: the rows and what they are compared with are of the same."""
    by = dimension(asked, directory)
    reader = Reader(connection, question, today, by, asked.compare)
    rows: list[RowOut] = []
    counted: Counted | None = None
    for days in parts(asked, question.days):
        counted = await reader.read(days)
        for code in _codes(counted):
            rows += _ranked(_rows(counted, code, by, question, directory, language))
    whole = counted if counted and not asked.by else await _whole(connection, asked, question, today)
    return ComplianceOut(
        **{"from": question.days.first},
        to=question.days.last,
        by=asked.by,
        rows=rows,
        total=_side(whole, "", _all(whole, question), None, True, question.filters),
    )


async def _whole(
    connection: asyncpg.Connection, asked: ComplianceIn, question: Question, today: date
) -> Counted:
    return await Reader(connection, question, today, None, asked.compare).read(question.days)


def _codes(counted: Counted) -> list[str]:
    return sorted({code for _, code in counted.found})


def _all(counted: Counted, question: Question) -> frozenset[int]:
    if question.visible is not None:
        return question.visible
    ids = {id_ for id_, _ in counted.found}
    return frozenset(ids.union(*({id_ for id_, _ in found} for _, found in counted.besides.values())))


def _rows(
    counted: Counted, code: str, by: By | None, question: Question, directory: Directory, language: Language
) -> list[RowOut]:
    filters = only(question.filters, by, code)
    rows: list[RowOut] = []
    for agency in directory.agencies():
        if question.visible is not None and agency.id not in question.visible:
            continue
        if question.filters.agency_id not in (None, agency.id):
            continue
        under = directory.subtree_ids(agency.id)
        if not together(counted.found, under, code).any():
            continue
        own = frozenset({agency.id})
        rows.append(
            RowOut(
                agency=AgencyRef(code=agency.code, name=agency.name(language, counted.days.last)),
                part=PartOut(
                    code=(code or NO_REGION) if by else None,
                    **{"from": counted.days.first},
                    to=counted.days.last,
                ),
                own=_side(counted, code, own, agency.code, False, filters),
                with_subtree=_side(counted, code, under, agency.code, True, filters)
                if under != own
                else None,
                rank=None,
            )
        )
    return sorted(rows, key=lambda row: (-_received(row), row.agency.code))


def _received(row: RowOut) -> float:
    return (row.with_subtree or row.own).figures["received"].value or 0


def _ranked(rows: list[RowOut]) -> list[RowOut]:
    """Those of enough cases by their own share on time; equal shares have one rank."""
    shares = sorted(
        (
            share.value
            for share in (row.own.figures["on_time_share"] for row in rows)
            if share.value is not None and not share.small
        ),
        reverse=True,
    )
    for row in rows:
        share = row.own.figures["on_time_share"]
        if share.value is not None and not share.small:
            row.rank = shares.index(share.value) + 1
    return rows


def _side(
    counted: Counted, code: str, ids: Iterable[int], agency: str | None, subtree: bool, filters: Filters
) -> SideOut:
    def figures(days: Days, found: Mapping[Key, Sums]) -> Figures:
        return figures_out(together(found, ids, code), days, agency, subtree, filters)

    compared = {
        how: BesideOut(**{"from": days.first}, to=days.last, figures=figures(days, found))
        for how, (days, found) in counted.besides.items()
    }
    return SideOut(figures=figures(counted.days, counted.found), **compared)


def figures_out(sums: Sums, days: Days, agency: str | None, subtree: bool, filters: Filters) -> Figures:
    values = sums.values()
    return {
        column.code: _figure(
            column, values[column.code], sums, cases_url(column, days, agency, subtree, filters)
        )
        for column in COLUMNS
    }


def _figure(column: Column, value: float | None, sums: Sums, url: str) -> FigureOut:
    if column.unit is Unit.CASES:
        return FigureOut(value=value, cases_url=url)
    n = sums.base(column.of)
    return FigureOut(value=value, cases_url=url, n=n, small=n < SMALL)


def cases_url(
    column: Column,
    days: Days,
    agency: str | None,
    subtree: bool,
    filters: Filters,
) -> str:
    """The address that lists what a figure counts. `agency` None: of all that the caller sees."""
    asked: dict[str, str] = {
        "figure": column.cases,
        "from": days.first.isoformat(),
        "to": days.last.isoformat(),
    }
    if agency:
        asked |= {"agency": agency, "subtree": str(subtree).lower()}
    given = {name: str(value) for name, value in filters.given().items() if name != "agency_id"}
    if given.get("region") == "":
        given["region"] = NO_REGION
    return f"{CASES}?{urlencode(asked | given)}"


async def topics(
    connection: asyncpg.Connection,
    asked: TopicsIn,
    question: Question,
    directory: Directory,
    language: Language,
    today: date,
) -> TopicsOut:
    sides = await _by("topic", connection, asked, question, directory, today)
    return TopicsOut(
        **{"from": question.days.first},
        to=question.days.last,
        rows=[
            TopicRowOut(topic=code, name=directory.topic(code).name(language), all=side)
            for code, side in sides
        ],
    )


async def regions(
    connection: asyncpg.Connection,
    asked: TopicsIn,
    question: Question,
    directory: Directory,
    language: Language,
    today: date,
) -> RegionsOut:
    sides = await _by("region", connection, asked, question, directory, today)
    return RegionsOut(
        **{"from": question.days.first},
        to=question.days.last,
        rows=[
            RegionRowOut(
                region=code or None,
                name=directory.region(code).name(language, question.days.last) if code else None,
                all=side,
            )
            for code, side in sides
        ],
    )


async def _by(
    name: str,
    connection: asyncpg.Connection,
    asked: TopicsIn,
    question: Question,
    directory: Directory,
    today: date,
) -> list[tuple[str, SideOut]]:
    """By code of the dimension, of all bodies together; the most received first."""
    by = by_of(name, directory)
    counted = await Reader(connection, question, today, by, asked.compare).read(question.days)
    ids = _all(counted, question)
    sides = [
        (code, _side(counted, code, ids, asked.agency, True, only(question.filters, by, code)))
        for code in _codes(counted)
    ]
    return sorted(sides, key=lambda found: (-(found[1].figures["received"].value or 0), found[0]))
