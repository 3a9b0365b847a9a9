"""Charts as SVG, made on the server: readable in print and in grey, amounts from zero, names beside lines.

They carry classes and no styles of their own (site.css) and take the colour of the text around them. Each
has a table beside it on its page; a reader hears `label` in its place, and on asking the values.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, log10

from markupsafe import Markup

# A chart is drawn this wide and scaled by its page; letters stay readable on a telephone.
WIDTH, HEIGHT = 400, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 38, 128, 12, 26
_LINE, _BAR, _ROW = 15, 10, 38
# Letters of a name over a bar; the table has the whole name.
_LONGEST_NAME = 50
_SPARK_WIDTH, _SPARK_HEIGHT, _EDGE = 96, 24, 3
# How lines differ without colour.
_DASHES = ("", "6 3", "2 3")


@dataclass(frozen=True, slots=True)
class Series:
    """`name`: as it stands beside the line, with its last value. `mark`: `late` for what is overdue."""

    name: str
    values: Sequence[int]
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """`part` of the value is overdue; `said`: the value in words, beside the bar."""

    name: str
    value: int
    part: int
    said: str


def sparkline(values: Sequence[int], label: str) -> Markup:
    """A line without axes, from zero, its last value as a dot. Nothing for fewer than two values."""
    if len(values) < 2:
        return Markup()
    most = max(*values, 1)
    points = _points(
        values,
        most,
        (_EDGE, _EDGE, _SPARK_WIDTH - 2 * _EDGE, _SPARK_HEIGHT - 2 * _EDGE),
    )
    x, y = points[-1]
    drawn = [
        _polyline(points, "", 1.5),
        Markup('<circle cx="{}" cy="{}" r="2.5" fill="currentColor"/>').format(x, y),
    ]
    return _svg(drawn, label, _SPARK_WIDTH, _SPARK_HEIGHT, "spark", fixed=True)


def lines(
    series: Sequence[Series], ends: tuple[str, str], label: str, number: Callable[[int], str] = str
) -> Markup:
    """Lines over time. `ends`: what stands under the first and last point. `number`: how one is written."""
    most = _round_up(max((max(one.values, default=0) for one in series), default=0))
    box = (_LEFT, _TOP, WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM)
    drawn = _axis(most, box, number)
    drawn.append(_text(box[0], HEIGHT - 8, ends[0], "start"))
    drawn.append(_text(box[0] + box[2], HEIGHT - 8, ends[1], "end"))
    last: list[tuple[float, Series]] = []
    for place, one in enumerate(series):
        points = _points(one.values, most, box)
        drawn.append(_polyline(points, one.mark, 2, _DASHES[place % len(_DASHES)]))
        last.append((points[-1][1], one))
    for y, one in _apart(last):
        said = f"{one.name} {number(one.values[-1])}"
        drawn.append(_text(box[0] + box[2] + 6, y + 4, said, "start", one.mark))
    told = "; ".join(f"{one.name}: {', '.join(map(number, one.values))}" for one in series)
    return _svg(drawn, label, WIDTH, HEIGHT, "chart", told=told)


def bars(rows: Sequence[Bar], label: str) -> Markup:
    """Amounts, one under the other; what of each is overdue is drawn darker at its beginning."""
    most = max((one.value for one in rows), default=0) or 1
    room = WIDTH - 100
    drawn: list[Markup] = []
    for place, one in enumerate(rows):
        top = place * _ROW
        width, part = (round(room * amount / most, 1) for amount in (one.value, one.part))
        drawn.append(_text(0, top + 13, _cut(one.name), "start"))
        drawn.append(_rectangle(top + 19, width, "whole"))
        if part:
            drawn.append(_rectangle(top + 19, part, "late"))
        drawn.append(_text(width + 6, top + 28, one.said, "start"))
    told = "; ".join(f"{one.name}: {one.said}" for one in rows)
    return _svg(drawn, label, WIDTH, max(len(rows), 1) * _ROW, "chart", told=told)


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1].rstrip(' ,')}…"


def _axis(most: int, box: tuple[int, int, int, int], number: Callable[[int], str]) -> list[Markup]:
    left, top, width, height = box
    drawn: list[Markup] = []
    for value in (0, most // 2, most):
        y = round(top + height * (1 - value / most), 1)
        drawn.append(
            Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(left, left + width, y, y)
        )
        drawn.append(_text(left - 6, y + 4, number(value), "end"))
    return drawn


def _round_up(value: int) -> int:
    """An even number above the value, with few digits that count."""
    if value <= 2:
        return 2
    unit = 2 * int(10 ** max(int(log10(value)) - 1, 0))
    return ceil(value / unit) * unit


def _points(values: Sequence[int], most: int, box: tuple[int, int, int, int]) -> list[tuple[float, float]]:
    left, top, width, height = box
    step = width / max(len(values) - 1, 1)
    return [
        (round(left + step * place, 1), round(top + height * (1 - value / most), 1))
        for place, value in enumerate(values)
    ]


def _apart(last: Sequence[tuple[float, Series]]) -> list[tuple[float, Series]]:
    """Names beside the ends of their lines, moved so that none lies on another."""
    placed: list[tuple[float, Series]] = []
    below = HEIGHT - _BOTTOM + 4.0
    for y, one in sorted(last, key=lambda found: -found[0]):
        y = min(y, below)
        placed.append((y, one))
        below = y - _LINE
    return placed


def _polyline(points: Sequence[tuple[float, float]], mark: str, width: float, dashes: str = "") -> Markup:
    line = " ".join(f"{x},{y}" for x, y in points)
    dashed = Markup(' stroke-dasharray="{}"').format(dashes) if dashes else ""
    return Markup(
        '<polyline class="line {}" points="{}" fill="none" stroke="currentColor" stroke-width="{}"{}/>'
    ).format(mark, line, width, dashed)


def _rectangle(top: float, width: float, mark: str) -> Markup:
    return Markup('<rect class="{}" x="0" y="{}" width="{}" height="{}" fill="currentColor"/>').format(
        mark, top, width, _BAR
    )


def _text(x: float, y: float, said: str, anchor: str, mark: str = "") -> Markup:
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(
        mark, x, y, anchor, said
    )


def _svg(
    drawn: Sequence[Markup],
    label: str,
    width: int,
    height: int,
    name: str,
    *,
    fixed: bool = False,
    told: str = "",
) -> Markup:
    """`told`: the values in words."""
    size = Markup(' width="{}" height="{}"').format(width, height) if fixed else ""
    said = Markup("<title>{}</title><desc>{}</desc>").format(label, told) if told else Markup()
    return Markup('<svg class="{}" role="img" aria-label="{}" viewBox="0 0 {} {}"{}>{}{}</svg>').format(
        name, label, width, height, size, said, Markup().join(drawn)
    )
