"""The table of bodies: a tree of rows, sorted, those under a body opened where the address says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup
from starlette.datastructures import QueryParams

from app.core.i18n import Language, sort_key, t
from app.directory.registry import Directory
from app.oversight.answering import is_late, side
from app.oversight.columns import BY_CODE, Unit
from app.oversight.compliance_schemas import FigureOut, RowOut, SeriesOut, SideOut, WeeksRowOut
from app.web import figures
from app.web.administration.room import ROOM
from app.web.charts import sparkline
from app.web.forms import MOST_FIELDS

CASES = f"{ROOM}/cases"
ALL = "all"
NAME, TREND = "name", "trend"
COLUMNS = (
    "overdue",
    "on_time_share",
    "pending",
    "received",
    "answered",
    "days_median",
    "complaints_upheld",
)
USUAL = "-overdue"
WRITE = {Unit.SHARE: figures.share, Unit.SCORE: figures.tenths}


@dataclass(frozen=True, slots=True)
class View:
    """`sort`: a column, with a minus for the largest first. `open`: the codes of bodies, or `all`."""

    sort: str
    open: frozenset[str]

    @classmethod
    def of(cls, query: QueryParams) -> "View":
        sort = query.get("sort", USUAL)
        if sort.removeprefix("-") not in {NAME, TREND, *COLUMNS}:
            sort = USUAL
        return cls(sort, frozenset(query.get("open", "").split(",")[:MOST_FIELDS]) - {""})

    @property
    def column(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def falling(self) -> bool:
        return self.sort.startswith("-")

    @property
    def said(self) -> dict[str, str]:
        """As it stands in an address."""
        how = {"sort": self.sort} if self.sort != USUAL else {}
        return how | ({"open": ",".join(sorted(self.open))} if self.open else {})

    def opens(self, code: str) -> bool:
        return ALL in self.open or code in self.open


class Order:
    """Addresses of the same table, put otherwise."""

    @staticmethod
    def address(asked: Mapping[str, str], view: View) -> str:
        return f"{ROOM}?{urlencode({**asked, **view.said})}"

    @staticmethod
    def all_opened(asked: Mapping[str, str], view: View) -> dict[str, Any]:
        opened = ALL in view.open
        return {
            "opened": opened,
            "url": Order.address(asked, replace(view, open=frozenset() if opened else frozenset({ALL}))),
        }


@dataclass(slots=True)
class Node:
    row: RowOut
    under: list["Node"] = field(default_factory=list)


def roots(rows: Sequence[RowOut], directory: Directory, whole: str | None) -> list[Node]:
    """The rows as a tree; `whole`: the body that it begins with, else those under none of the others."""
    nodes = {row.agency.code: Node(row) for row in rows}
    top: list[Node] = []
    for code, node in nodes.items():
        parent = directory.parent(directory.agency(code))
        while parent is not None and parent.code not in nodes:
            parent = directory.parent(parent)
        if parent is not None:
            nodes[parent.code].under.append(node)
        else:
            top.append(node)
    if whole is not None:
        return [nodes[whole]] if whole in nodes else []
    return top


@dataclass(frozen=True, slots=True)
class Cell:
    """`before`: the same figure of the period before. `small`: of so few that it says little."""

    column: str
    text: str
    url: str
    before: str
    small: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Line:
    """`depth`: how far under. `own`: the body without those under it. `toggle`: opens or closes those."""

    name: str
    depth: int
    own: bool
    under: int
    opened: bool
    toggle: str
    cells: list[Cell]
    trend: "Trend"


@dataclass(frozen=True, slots=True)
class Trend:
    drawn: Markup
    words: str
    worse: bool


def lines(
    nodes: Sequence[Node],
    series: Mapping[str, WeeksRowOut],
    asked: Mapping[str, str],
    view: View,
    lang: Language,
    depth: int = 0,
) -> list[Line]:
    found: list[Line] = []
    for node in _sorted(nodes, series, view, lang):
        code = node.row.agency.code
        opened = bool(node.under) and (view.opens(code) or (depth == 0 and asked.get("agency") == code))
        toggled = view.open ^ {code} if ALL not in view.open else frozenset()
        weeks = series.get(code)
        found.append(
            Line(
                name=node.row.agency.name,
                depth=depth,
                own=False,
                under=len(node.under),
                opened=opened,
                toggle=Order.address(asked, replace(view, open=toggled)),
                cells=cells(side(node.row), lang, late=is_late(node.row)),
                trend=_trend((weeks.with_subtree or weeks.own) if weeks else None, lang),
            )
        )
        if opened:
            own = t("administration.own", lang)
            trend = _trend(weeks.own if weeks else None, lang)
            found.append(Line(own, depth + 1, True, 0, False, "", cells(node.row.own, lang), trend))
            found += lines(node.under, series, asked, view, lang, depth + 1)
    return found


def _sorted(
    nodes: Sequence[Node], series: Mapping[str, WeeksRowOut], view: View, lang: Language
) -> list[Node]:
    """By name first, so that equals stand by name; what has no figure comes last, whichever way."""
    by_name = sorted(nodes, key=lambda node: sort_key(node.row.agency.name, lang))
    if view.column == NAME:
        return by_name[::-1] if view.falling else by_name

    def worth(node: Node) -> float | None:
        if view.column != TREND:
            return side(node.row).figures[view.column].value
        weeks = series.get(node.row.agency.code)
        return (weeks.with_subtree or weeks.own).growing_weeks if weeks else None

    sign = -1 if view.falling else 1
    return sorted(by_name, key=lambda node: (worth(node) is None, sign * (worth(node) or 0)))


def cells(of: SideOut, lang: Language, columns: Sequence[str] = COLUMNS, *, late: bool = False) -> list[Cell]:
    before = of.before.figures if of.before else {}
    return [_cell(column, of.figures[column], before.get(column), lang, late=late) for column in columns]


def _cell(column: str, figure: FigureOut, before: FigureOut | None, lang: Language, *, late: bool) -> Cell:
    return Cell(
        column=column,
        text=written(column, figure.value, lang),
        url=page_of(figure) if (figure.n if figure.n is not None else figure.value) else "",
        before=written(column, before.value, lang) if before and before.value is not None else "",
        small=bool(figure.small) and figure.value is not None,
        late=bool(figure.value) if column == "overdue" else late and column == "on_time_share",
    )


def written(column: str, value: float | None, lang: Language) -> str:
    return WRITE.get(BY_CODE[column].unit, figures.number)(value, lang)


def page_of(figure: FigureOut) -> str:
    """The page that lists what the figure counts."""
    return f"{CASES}?{urlsplit(figure.cases_url).query}"


def _trend(weeks: SeriesOut | None, lang: Language) -> Trend:
    if weeks is None or not any(weeks.overdue):
        return Trend(Markup(), t("administration.trend.none", lang), worse=False)
    grown = weeks.growing_weeks
    how = "worse" if grown > 0 else "better" if grown < 0 else "same"
    words = t(f"administration.trend.{how}", lang, weeks=abs(grown))
    heard = t("administration.trend.heard", lang, values=", ".join(str(one) for one in weeks.overdue))
    return Trend(sparkline(weeks.overdue, heard), words, worse=grown > 0)


def heads(asked: Mapping[str, str], view: View, lang: Language) -> list[dict[str, Any]]:
    """Each sorts by its column; the one that does already turns the order round."""
    found = []
    for column in (NAME, TREND, *COLUMNS):
        current = view.column == column
        first = column if column == NAME else f"-{column}"
        other = (column if view.falling else f"-{column}") if current else first
        found.append(
            {
                "column": column,
                "name": t(f"administration.column.{column}", lang),
                "means": BY_CODE[column].meaning(lang) if column in BY_CODE else "",
                "url": Order.address(asked, replace(view, sort=other)),
                "sorted": ("descending" if view.falling else "ascending") if current else "",
            }
        )
    return found
