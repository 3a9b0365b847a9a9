"""One record as a file holds it."""

from dataclasses import dataclass

from app.intake.registers.flaws import Flaw


@dataclass(frozen=True, slots=True)
class Raw:
    """`cells`: with a flaw whatever could be read, so that nothing is lost."""

    place: int
    cells: list[str]
    flaw: Flaw | None = None
