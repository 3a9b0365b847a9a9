"""The calls about compliance as sheets: made from the call's own answer, and so of the same figures."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from app.core.i18n import Language, t
from app.oversight.columns import COLUMNS, Unit
from app.oversight.compliance_schemas import (
    COMPARISONS,
    NO_REGION,
    ComplianceIn,
    ComplianceOut,
    OverdueOut,
    PeriodIn,
    RegionsOut,
    SeriesOut,
    SideOut,
    TopicsIn,
    TopicsOut,
    WeeksIn,
    WeeksOut,
)
from app.oversight.exports.sheet import Column, Kind, Row, Sheet, at_once, column, figure
from app.oversight.exports.words import coded, told, whose, words

OWN, SUBTREE, TOTAL = "own", "with_subtree", "total"
AGES = ("late_up_to_week", "late_up_to_month", "late_up_to_quarter", "late_longer")
SERIES = ("received", "answered", "overdue")


def agencies(asked: ComplianceIn, found: ComplianceOut, lang: Language) -> Sheet:
    compared = _compared(asked.compare)
    part = Column(
        "part", Kind.CODE, t("export.part", lang), t("export.part.means", lang), words(asked.by or "", lang)
    )
    rows: list[Row] = []
    for row in found.rows:
        about = (row.agency.code, row.agency.name)
        when = (row.part.code, row.part.from_, row.part.to)
        rows.append([*about, OWN, *when, row.rank, *_values(row.own, compared)])
        if row.with_subtree:
            rows.append([*about, SUBTREE, *when, None, *_values(row.with_subtree, compared)])
    whole = (None, None, TOTAL, None, found.from_, found.to, None)
    rows.append([*whole, *_values(found.total, compared)])
    columns = [
        *whose(lang),
        _scope(lang),
        part,
        column("from", Kind.DAY, lang),
        column("to", Kind.DAY, lang),
        column("rank", Kind.NUMBER, lang),
        *_figures(compared, lang),
    ]
    return _sheet("agencies", asked, (found.from_, found.to), columns, rows, lang)


def topics(asked: TopicsIn, found: TopicsOut, lang: Language) -> Sheet:
    sides = [(row.topic, row.name, row.all) for row in found.rows]
    return _by("topics", "topic", asked, (found.from_, found.to), sides, lang)


def regions(asked: TopicsIn, found: RegionsOut, lang: Language) -> Sheet:
    none = t("export.no_region", lang)
    sides = [(row.region or NO_REGION, row.name or none, row.all) for row in found.rows]
    return _by("regions", "region", asked, (found.from_, found.to), sides, lang)


def overdue(asked: PeriodIn, found: OverdueOut, base: str, lang: Language) -> Sheet:
    """`base`: where the service is, for addresses that open."""
    columns = [
        *whose(lang),
        figure("overdue", lang),
        column("oldest_due_on", Kind.DAY, lang),
        *(column(age, Kind.NUMBER, lang) for age in AGES),
        column("cases_url", Kind.LINK, lang),
    ]
    rows: list[Row] = [
        [
            row.agency.code,
            row.agency.name,
            row.overdue.value,
            row.oldest_due_on,
            *(getattr(row, age) for age in AGES),
            f"{base}{row.overdue.cases_url}",
        ]
        for row in found.rows
    ]
    return _sheet("overdue", asked, found.on, columns, rows, lang)


def weeks(asked: WeeksIn, found: WeeksOut, lang: Language) -> Sheet:
    rows: list[Row] = []
    for row in found.rows:
        about = (row.agency.code, row.agency.name)
        rows += _weekly((*about, OWN), row.own, found)
        if row.with_subtree:
            rows += _weekly((*about, SUBTREE), row.with_subtree, found)
    rows += _weekly((None, None, TOTAL), found.total, found)
    columns = [
        *whose(lang),
        _scope(lang),
        column("from", Kind.DAY, lang),
        column("to", Kind.DAY, lang),
        *(figure(name, lang) for name in SERIES),
        column("growing_weeks", Kind.NUMBER, lang),
    ]
    return _sheet("weeks", asked, (found.weeks[0].from_, found.weeks[-1].to), columns, rows, lang)


def _weekly(about: tuple[str | None, ...], of: SeriesOut, found: WeeksOut) -> Iterator[Row]:
    """How long it has been growing stands with the last week."""
    last = len(found.weeks) - 1
    for place, week in enumerate(found.weeks):
        numbers = (getattr(of, name)[place] for name in SERIES)
        yield [*about, week.from_, week.to, *numbers, of.growing_weeks if place == last else None]


def _by(
    name: str,
    of: str,
    asked: TopicsIn,
    days: tuple[date, date],
    sides: Iterable[tuple[str, str, SideOut]],
    lang: Language,
) -> Sheet:
    compared = _compared(asked.compare)
    columns = [coded(of, lang), column(f"{of}_name", Kind.TEXT, lang), *_figures(compared, lang)]
    rows: list[Row] = [[code, called, *_values(side, compared)] for code, called, side in sides]
    return _sheet(name, asked, days, columns, rows, lang)


def _sheet(
    name: str,
    asked: PeriodIn,
    days: tuple[date, date] | date,
    columns: Sequence[Column],
    rows: Sequence[Row],
    lang: Language,
) -> Sheet:
    span = "-".join(day.isoformat() for day in (days if isinstance(days, tuple) else (days,)))
    return Sheet(
        f"{name}-{span}", t(f"export.sheet.{name}", lang), told(asked, days, lang), columns, at_once(rows)
    )


def _scope(lang: Language) -> Column:
    names = {code: t(f"export.scope.{code}", lang) for code in (OWN, SUBTREE, TOTAL)}
    return column("scope", Kind.CODE, lang, names)


def _compared(how: str | None) -> tuple[str, ...]:
    return () if how is None else COMPARISONS[:2] if how == "both" else (how,)


def _figures(compared: Sequence[str], lang: Language) -> list[Column]:
    """All of them, which of them are small, and then those of the periods beside."""
    besides = [figure(one.code, lang, how) for how in compared for one in COLUMNS]
    return [*(figure(one.code, lang) for one in COLUMNS), column("small", Kind.TEXT, lang), *besides]


def _values(side: SideOut, compared: Sequence[str]) -> list[int | float | str | None]:
    values: list[int | float | str | None] = [side.figures[one.code].value for one in COLUMNS]
    values.append(_small(side))
    for how in compared:
        other = side.before if how == "before" else side.year
        values += [other.figures[one.code].value if other else None for one in COLUMNS]
    return values


def _small(side: SideOut) -> str | None:
    """The codes of those that are of too few to say much."""
    few = [one.code for one in COLUMNS if one.unit is not Unit.CASES and side.figures[one.code].small]
    return " ".join(code for code in few if side.figures[code].value is not None) or None
