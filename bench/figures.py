"""From samples to figures, and figures as a table."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Sample(NamedTuple):
    """One operation: when it was done (seconds, on any one clock) and how long it took (seconds)."""

    done: float
    took: float


@dataclass(frozen=True, slots=True)
class Window:
    """What was done between the settling and the end of a round. `rate` is per second."""

    rate: float
    took: tuple[float, ...]


def window(samples: Sequence[Sample], begun: float, settle: float, seconds: float) -> Window:
    """Leave out the first `settle` seconds, in which plans are made and connections opened."""
    first, last = begun + settle, begun + settle + seconds
    took = tuple(sample.took for sample in samples if first <= sample.done < last)
    return Window(len(took) / seconds, took)


def ratio(rates: Iterable[float], limits: Iterable[float]) -> float:
    """The median of the ratios of neighbouring turns."""
    return statistics.median(rate / limit for rate, limit in zip(rates, limits, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` (0-1) of the values do not exceed; NaN without values."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its columns aligned."""
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )
