"""By which way a case was read."""

from enum import StrEnum


class Way(StrEnum):
    """`act`: an act on it, whose answer is the case, or how it stands where the act is refused. `lookup`: it
    was found among somebody's earlier appeals. `quality`: its answer was judged. A list, of a queue or behind
    a figure, is no reading of a case."""

    CASE = "case"
    HISTORY = "history"
    FILE = "file"
    ACT = "act"
    LOOKUP = "lookup"
    QUALITY = "quality"
