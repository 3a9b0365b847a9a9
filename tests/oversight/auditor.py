"""An attacker who collects published figures as equations and asks a solver what a hidden one can be.

It knows what everybody knows of a table, and nothing of how hidden figures are chosen.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_array

WENT = ("answered", "forwarded_out", "closed_otherwise", "pending")
PARTS = {
    "answered_late": ("answered",),
    "overdue": ("pending",),
    "closed_late": ("forwarded_out", "closed_otherwise"),
    "forwarded_late": ("forwarded_out",),
    "extended": ("received",),
}
Cell = tuple[Hashable, str]


class Auditor:
    def __init__(self) -> None:
        self.places: dict[Cell, int] = {}
        self.secrets: list[tuple[str, list[int], int]] = []
        self._equations: list[tuple[dict[int, int], float, float]] = []
        self._solutions: list[Any] = []

    def _place(self, cell: Cell) -> int:
        return self.places.setdefault(cell, len(self.places))

    def _equation(self, terms: Iterable[tuple[Cell, int]], least: float, most: float) -> None:
        found: dict[int, int] = {}
        for cell, factor in terms:
            found[self._place(cell)] = found.get(self._place(cell), 0) + factor
        self._equations.append((found, least, most))

    def row(self, of: Hashable) -> None:
        """A row's figures, and how they hang together."""
        self._equation([((of, "received"), 1), *(((of, name), -1) for name in WENT)], 0, 0)
        for part, whole in PARTS.items():
            self._equation([((of, part), 1), *(((of, name), -1) for name in whole)], -numpy.inf, 0)

    def sums(self, cells: Sequence[Cell], figure: int) -> None:
        """A figure that was shown."""
        self._equation([(cell, 1) for cell in cells], figure, figure)

    def hidden(self, name: str, cells: Sequence[Cell], figure: int) -> None:
        """One that was not; `figure` is the truth, by which the auditor is judged."""
        self.secrets.append((name, [self._place(cell) for cell in cells], figure))

    def found(self) -> list[str]:
        """What it works out: hidden figures that can be one alone, and small ones known to be small."""
        known = self._constraint()
        said: list[str] = []
        for name, places, figure in self.secrets:
            if any(self._another(int(one[places].sum()), figure) for one in self._solutions):
                continue
            least, most = (self._extreme(known, places, sign) for sign in (1, -1))
            assert least <= figure <= most, f"{name}: the answers contradict each other"
            if not self._another(least, figure) and not self._another(most, figure):
                said.append(f"{name} is {least}" if least == most else f"{name} is {least} to {most}")
        return said

    @staticmethod
    def _another(figure: int, truth: int) -> bool:
        """Whether it hides the truth, that the figure could be this."""
        return figure != truth and (not 0 < truth < 5 or figure == 0 or figure >= 5)

    def _constraint(self) -> LinearConstraint:
        matrix = lil_array((len(self._equations), len(self.places)))
        for n, (terms, _, _) in enumerate(self._equations):
            for place, factor in terms.items():
                matrix[n, place] = factor
        least = [one for _, one, _ in self._equations]
        most = [one for _, _, one in self._equations]
        return LinearConstraint(matrix.tocsr(), least, most)

    def _extreme(self, known: LinearConstraint, places: Sequence[int], sign: int) -> int:
        aim = numpy.zeros(len(self.places))
        aim[list(places)] = sign
        # A bound on what is looked for: what can be any number is unbounded otherwise.
        solved = milp(
            aim, constraints=known, bounds=Bounds(0, 10_000), integrality=numpy.ones(len(self.places))
        )
        assert solved.success, solved.message
        self._solutions.append(numpy.rint(solved.x))
        return round(float(sign * solved.fun))
