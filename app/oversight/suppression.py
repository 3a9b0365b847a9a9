"""Which figures of a public table must not be shown, so that nobody can be made out behind them. PURE.

The table has a cell for each body, each value of one dimension (a topic, a kind, a region; "not given" is
one) and each measure, and totals over the bodies. Beside it everybody knows every exact figure that does not
tell the values apart: by body, day, channel, type of applicant. Another record, which differs from this one
in the values of some holdings alone, has all the same exact figures. So a cell is safe when such a record
shows what is shown here and has another figure in the cell; if it is small (1 to 4), nothing, or 5 and more.
docs/decisions/0017 argues this.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

THRESHOLD = 5
TOTAL = 0
"""In place of a body's id: all of them together."""

MEASURES = (
    "received",
    "answered",
    "forwarded_out",
    "closed_otherwise",
    "pending",
    "answered_late",
    "overdue",
    "closed_late",
    "forwarded_late",
    "extended",
)
SHARE_OF = ("answered", "answered_late", "overdue")
"""What the share on time is worked out from: it is hidden with any of them."""

Profile: TypeAlias = int
"""Which of MEASURES a holding counts in: the bit of each, the first one's the lowest."""
Place: TypeAlias = tuple[int, str]
"""A body and a value."""
Held: TypeAlias = Mapping[Place, Mapping[Profile, int]]
"""How many holdings of each profile there are."""
Cell: TypeAlias = tuple[int, str, str]

_NONE: Profile = 0
_ORDER = range(len(MEASURES))
_MORE, _LESS = 1, -1


def small(figure: int) -> bool:
    return 0 < figure < THRESHOLD


def hidden(held: Held, values: Iterable[str]) -> frozenset[Cell]:
    """The cells to hide, as (body or TOTAL, value, measure).

    `values`: all that a holding can have, two or more; what is nothing of one is hidden too where it must be.
    """
    table = _Table(held, sorted(values))
    for place, n in table.small_cells():
        if (place, n) not in table.safe:
            _leave(table, place, n)
    return frozenset(
        (body, value, MEASURES[n])
        for (body, value), mask in table.hidden.items()
        for n in _ORDER
        if mask >> n & 1
    )


def figures(held: Held) -> dict[Place, list[int]]:
    """What the holdings of each place add up to, and under TOTAL those of all bodies together."""
    found: dict[Place, list[int]] = defaultdict(lambda: [0] * len(MEASURES))
    for (body, value), profiles in held.items():
        for profile, count in profiles.items():
            for n in _ORDER:
                if profile >> n & 1:
                    found[body, value][n] += count
                    found[TOTAL, value][n] += count
    return dict(found)


@dataclass(frozen=True, slots=True)
class _Step:
    """At `body`, a holding like `out` goes from `value` to `other`, and one like `back` comes; either may be
    none. `against` is a body where the opposite happens, so that the totals stay; else they change too."""

    body: int
    value: str
    other: str
    out: Profile
    back: Profile
    against: int | None = None

    def touched(self) -> Iterator[tuple[Place, int]]:
        """The places that show it; 1 where `back` comes and `out` goes, -1 where the other way."""
        second, sign = (TOTAL, 1) if self.against is None else (self.against, -1)
        for body, at in ((self.body, 1), (second, sign)):
            yield (body, self.value), at
            yield (body, self.other), -at


class _World:
    """The record, with some of its holdings under another value."""

    def __init__(self, held: Held, sums: Mapping[Place, Sequence[int]]) -> None:
        self._held, self._sums = held, sums
        self._more: dict[tuple[Place, Profile], int] = {}
        self._moved: dict[tuple[Place, int], int] = {}

    def has(self, place: Place, profile: Profile) -> bool:
        return profile == _NONE or self._count(place, profile) > 0

    def _count(self, place: Place, profile: Profile) -> int:
        return self._held.get(place, {}).get(profile, 0) + self._more.get((place, profile), 0)

    def profiles(self, place: Place, n: int, *, counted: bool) -> list[Profile]:
        """Those at a place that count in a measure; else those that do not, and none."""
        known = {**self._held.get(place, {}), **{one: 0 for at, one in self._more if at == place}}
        found = [one for one in sorted(known) if one >> n & 1 == counted and self._count(place, one) > 0]
        return found if counted else [_NONE, *found]

    def figure(self, place: Place, n: int) -> int:
        real = self._sums[place][n] if place in self._sums else 0
        return real + self._moved.get((place, n), 0)

    def take(self, step: _Step) -> None:
        for (body, value), sign in step.touched():
            place = body, value
            for profile, more in ((step.back, sign), (step.out, -sign)):
                if body != TOTAL and profile != _NONE:
                    self._more[place, profile] = self._more.get((place, profile), 0) + more
                for n in _ORDER:
                    if profile >> n & 1:
                        self._moved[place, n] = self._moved.get((place, n), 0) + more


@dataclass
class _Table:
    held: Held
    values: Sequence[str]
    hidden: dict[Place, int] = field(default_factory=dict)
    """A bit for each measure."""
    safe: set[tuple[Place, int]] = field(default_factory=set)
    """The small cells that are not small in some other record that shows the same."""

    def __post_init__(self) -> None:
        self.sums = figures(self.held)
        self.bodies = sorted({body for body, _ in self.held})
        self.having: dict[tuple[str, Profile], set[int]] = defaultdict(set)
        """The bodies that have such a holding of a value."""
        for (body, value), profiles in self.held.items():
            for profile in (*profiles, _NONE):
                self.having[value, profile].add(body)
        self._prices: dict[tuple[Place, int], int] = {}

    def world(self) -> _World:
        return _World(self.held, self.sums)

    def small_cells(self) -> list[tuple[Place, int]]:
        """Totals first, then the smallest: what they need serves others too."""
        found = [(place, n) for place, row in self.sums.items() for n in _ORDER if small(row[n])]
        return sorted(found, key=lambda cell: (cell[0][0] != TOTAL, self.sums[cell[0]][cell[1]], cell))

    def price(self, place: Place, mask: int) -> int:
        """What it costs to hide these too: the larger a figure, the more is lost."""
        mask &= ~self.hidden.get(place, 0)
        if not mask:
            return 0
        if (place, mask) not in self._prices:
            row = self.sums.get(place, [0] * len(MEASURES))
            self._prices[place, mask] = sum(1 + row[n].bit_length() for n in _ORDER if mask >> n & 1)
        return self._prices[place, mask]

    def hide(self, step: _Step, world: _World) -> None:
        """All cells that `step` changed, after which there is `world`."""
        mask = step.out ^ step.back
        for place, _ in step.touched():
            self.hidden[place] = self.hidden.get(place, 0) | mask
            for n, real in enumerate(self.sums.get(place, ())):
                if small(real) and not small(world.figure(place, n)):
                    self.safe.add((place, n))


def _leave(table: _Table, place: Place, n: int) -> None:
    """Hides what must be hidden, so that a small cell could be none, or 5 and more."""
    world, way = table.world(), _LESS
    step = _Search(table, world, place, n, _LESS).cheapest()
    other = _Search(table, world, place, n, _MORE).cheapest()
    if step is None or (other is not None and other[0] < step[0]):
        step, way = other, _MORE
    while small(world.figure(place, n)):
        if step is None:  # there are not enough of them to make 5; to none there always is a way
            world, way = table.world(), _LESS
            step = _Search(table, world, place, n, way).cheapest()
        assert step is not None
        world.take(step[1])
        table.hide(step[1], world)
        step = _Search(table, world, place, n, way).cheapest()
    table.safe.add((place, n))


class _Search:
    """For the step that moves a cell one way and hides least beside what is hidden already."""

    def __init__(self, table: _Table, world: _World, place: Place, n: int, way: int) -> None:
        self._table, self._world, self._n, self._way = table, world, n, way
        self._body, self._value = place
        self._best: tuple[int, _Step] | None = None

    def cheapest(self) -> tuple[int, _Step] | None:
        """With what it costs; None: no step moves the cell so."""
        total = self._body == TOTAL
        for body in self._table.bodies if total else (self._body,):
            outs = self._world.profiles((body, self._value), self._n, counted=self._way == _LESS)
            for other in self._table.values:
                if other != self._value and outs and self._within(0):
                    backs = self._world.profiles((body, other), self._n, counted=self._way == _MORE)
                    self._exchange(body, other, outs, backs, total=total)
        return self._best

    def _within(self, cost: int) -> bool:
        return self._best is None or cost < self._best[0]

    def _exchange(
        self, body: int, other: str, outs: Sequence[Profile], backs: Sequence[Profile], *, total: bool
    ) -> None:
        price, here, there = self._table.price, (body, self._value), (body, other)
        for back in backs:
            for out in outs:
                mask = out ^ back
                own = price(here, mask) + price(there, mask)
                if not self._within(own):
                    continue
                step = _Step(body, self._value, other, out, back)
                cost = own + price((TOTAL, self._value), mask) + price((TOTAL, other), mask)
                if self._within(cost):
                    self._best = cost, step
                if not total and cost > own:
                    self._against(step, mask, own)

    def _against(self, step: _Step, mask: int, own: int) -> None:
        having, price = self._table.having, self._table.price
        for body in sorted(having[step.value, step.back] & having[step.other, step.out]):
            here, there = (body, step.value), (body, step.other)
            cost = own + price(here, mask) + price(there, mask)
            if (
                body != step.body
                and self._within(cost)
                and self._world.has(here, step.back)
                and self._world.has(there, step.out)
            ):
                self._best = cost, _Step(step.body, step.value, step.other, step.out, step.back, body)
