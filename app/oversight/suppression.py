"""Which figures of a public table must not be shown, so that nobody can be made out behind them. PURE.

Counts of 1 to 4 are hidden. Because figures add up (a row's identity, the total of the rows), further ones
are hidden until every hidden figure could also be another one, whatever is worked out from those shown.
It looks at one table: differences between tables of other periods or filters are not judged here.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

THRESHOLD = 5
TOTAL = ""

# received + carried_in = answered + forwarded_out + closed_otherwise + pending, in every row.
CAME = ("received", "carried_in")
WENT = ("answered", "forwarded_out", "closed_otherwise", "pending")
FLOW = CAME + WENT
# Each of these counts some of what the others count together.
PART_OF: Mapping[str, tuple[str, ...]] = {
    "answered_late": ("answered",),
    "overdue": ("pending",),
    "closed_late": ("forwarded_out", "closed_otherwise"),
    "forwarded_late": ("forwarded_out",),
    "extended": ("received", "carried_in"),
}
MEASURES = (*FLOW, *PART_OF)
SHARE_OF = ("answered", "answered_late", "overdue")
"""What the share on time is worked out from: it is hidden with any of them."""

Row: TypeAlias = Mapping[str, int]
Cell: TypeAlias = tuple[str, str]
Move: TypeAlias = Mapping[Cell, int]


def hidden(rows: Mapping[str, Row]) -> frozenset[Cell]:
    """The cells to hide, as (row, measure), of a table with a row for each agency that has anything.

    The row `TOTAL` is their sum. Every row has all MEASURES. Zeros are never hidden.
    """
    table = {**rows, TOTAL: {name: sum(row[name] for row in rows.values()) for name in MEASURES}}
    too_small = [(row, name) for row in table for name in MEASURES if small(table[row][name])]
    found = set(too_small)
    movable: set[Cell] = set()
    for cell in too_small:
        if cell not in movable:
            move = _cheapest(table, cell, found)
            movable |= move.keys()
            found |= move.keys()
    return frozenset(found)


def small(figure: int) -> bool:
    return 0 < figure < THRESHOLD


def _cheapest(table: Mapping[str, Row], cell: Cell, found: set[Cell]) -> Move:
    """The move of `cell` that hides least beside what is hidden already.

    There always is one: with the total, together with a measure of the identity's other side.
    """
    best: tuple[int, Move] | None = None
    for move in _moves(table, *cell):
        cost = sum(table[row][name] for row, name in move.keys() - found)
        if (best is None or cost < best[0]) and _either_way(table, move):
            best = cost, move
            if cost == 0:
                break
    assert best is not None
    return best[1]


def _moves(table: Mapping[str, Row], row: str, measure: str) -> Iterator[Move]:
    """Ways to change the cell, and others of what is not zero, that leave every sum as it is."""
    others = [other for other in table if other != row and table[other][measure]]
    if measure not in FLOW:
        for other in others:
            yield {(row, measure): 1, (other, measure): _across(row, other)}
        return
    for second in FLOW:
        if second == measure or not table[row][second]:
            continue
        along = 1 if (measure in CAME) != (second in CAME) else -1
        for other in others:
            if table[other][second]:
                across = _across(row, other)
                yield {
                    (row, measure): 1,
                    (row, second): along,
                    (other, measure): across,
                    (other, second): across * along,
                }


def _across(row: str, other: str) -> int:
    """The total moves with its rows; another agency's row moves against."""
    return 1 if TOTAL in (row, other) else -1


def _either_way(table: Mapping[str, Row], move: Move) -> bool:
    """Whether the table after the move, or after its opposite, could be a real one."""
    return _could_be(table, move, 1) or _could_be(table, move, -1)


def _could_be(table: Mapping[str, Row], move: Move, sign: int) -> bool:
    for row in {row for row, _ in move} - {TOTAL}:
        after = {name: value + sign * move.get((row, name), 0) for name, value in table[row].items()}
        if any(value < 0 for value in after.values()):
            return False
        if any(after[part] > sum(after[name] for name in whole) for part, whole in PART_OF.items()):
            return False
    return True
