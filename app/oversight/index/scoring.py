"""From the figures of bodies to points, totals and ranks (PURE).

Numbers are exact until they are published: points, contributions and totals in hundredths, and the
contributions add up to the total as they stand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from app.oversight.index.definition import RECEIVED, Component, Version

Figures = Mapping[str, int]
FULL = 100
_HUNDREDTH = Decimal("0.01")


class Unranked(StrEnum):
    """Why a body has no rank."""

    FEW_CASES = "few_cases"
    FEW_COMPONENTS = "few_components"


@dataclass(frozen=True, slots=True)
class Scored:
    """`value`: part of `of`, None of nothing. Without `points` it had too few cases, and its weight went to
    the others."""

    code: str
    part: int
    of: int
    value: Decimal | None
    weight: Decimal
    points: Decimal | None
    counted_weight: Decimal | None
    contribution: Decimal | None


@dataclass(frozen=True, slots=True)
class Score:
    """`counted`: the weights of the components with enough cases. `total`: None when there is none."""

    band: str | None
    counted: Decimal
    total: Decimal | None
    unranked: Unranked | None
    components: tuple[Scored, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """`of`: so many have a rank beside it."""

    rank: int
    of: int


@dataclass(frozen=True, slots=True)
class _Measured:
    component: Component
    part: int
    of: int
    enough: bool

    @classmethod
    def by(cls, component: Component, figures: Figures, least: int) -> "_Measured":
        part = sum(figures[code] for code in component.part) - sum(figures[code] for code in component.less)
        of = sum(figures[code] for code in component.of)
        return cls(component, part, of, of >= least)

    @property
    def points(self) -> Fraction:
        """From 0 to 100."""
        floor, target = Fraction(self.component.floor), Fraction(self.component.target)
        reached = (Fraction(self.part, self.of) - floor) / (target - floor)
        return min(max(reached, Fraction(0)), Fraction(1)) * FULL


def score(version: Version, figures: Figures) -> Score:
    """One body's, by itself."""
    measured = [_Measured.by(one, figures, version.least_cases) for one in version.components]
    counted = sum((one.component.weight for one in measured if one.enough), Decimal(0))
    components: list[Scored] = []
    reached = Fraction(0)
    for one in measured:
        before, reached = reached, reached + _worth(one, counted)
        components.append(_scored(one, counted, _rounded(reached) - _rounded(before)))
    band = version.band_of(figures[RECEIVED])
    few = counted < version.least_weight
    return Score(
        band.code if band else None,
        counted,
        _rounded(reached) if counted else None,
        Unranked.FEW_CASES if band is None else Unranked.FEW_COMPONENTS if few else None,
        tuple(components),
    )


def _worth(one: _Measured, counted: Decimal) -> Fraction:
    if not one.enough:
        return Fraction(0)
    return one.points * Fraction(one.component.weight) / Fraction(counted)


def _scored(one: _Measured, counted: Decimal, contribution: Decimal) -> Scored:
    """`contribution`: what the rounded sum grows by with this one, so that all of them add up to it."""
    return Scored(
        one.component.code,
        one.part,
        one.of,
        _rounded(Fraction(one.part, one.of), Decimal("0.0001")) if one.of else None,
        one.component.weight,
        _rounded(one.points) if one.enough else None,
        _rounded(Fraction(one.component.weight) / Fraction(counted), Decimal("0.0001"))
        if one.enough
        else None,
        contribution if one.enough else None,
    )


def _rounded(exact: Fraction, to: Decimal = _HUNDREDTH) -> Decimal:
    """Half to even; never by way of a float."""
    return round(exact / Fraction(to)) * to


def ranks(scores: Sequence[tuple[int, Score]]) -> list[Place | None]:
    """Of each, in the order given; `scores`: with the body's level, for only those of one level and band
    are compared. Equal totals have one rank."""
    groups: dict[tuple[int, str | None], list[Decimal]] = {}
    for level, one in scores:
        if one.unranked is None and one.total is not None:
            groups.setdefault((level, one.band), []).append(one.total)
    return [_place(one, groups.get((level, one.band), [])) for level, one in scores]


def _place(one: Score, beside: Sequence[Decimal]) -> Place | None:
    if one.unranked is not None or one.total is None:
        return None
    return Place(1 + sum(other > one.total for other in beside), len(beside))
