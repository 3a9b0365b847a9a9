"""Suppression against an auditor who knows every rule by which figures add up, and solves for the rest."""

import random
import time
from collections import Counter

import pytest

from app.oversight.suppression import MEASURES, THRESHOLD, TOTAL, Held, Profile, figures, hidden
from tests.oversight.auditor import Auditor

VALUES = ("land", "tax", "water")
CLOSES = ("answered", "forwarded_out", "closed_otherwise", "pending")
LATE = {
    "answered": ("answered_late",),
    "forwarded_out": ("closed_late", "forwarded_late"),
    "closed_otherwise": ("closed_late",),
    "pending": ("overdue",),
}


def profile(close: str, *more: str) -> Profile:
    return sum(1 << MEASURES.index(name) for name in ("received", close, *more))


ANSWERED = profile("answered")
PENDING = profile("pending")


def a_record(chance: random.Random, bodies: int = 4) -> Held:
    held: dict[tuple[int, str], Counter[Profile]] = {}
    for body in range(1, bodies + 1):
        for value in VALUES:
            some = Counter[Profile]()
            for _ in range(chance.choice([0, 0, 1, 3, 5, 8, 20])):
                close = chance.choices(CLOSES, [9, 1, 1, 3])[0]
                late = [name for name in (*LATE[close], "extended") if chance.random() < 0.15]
                some[profile(close, *late)] += 1
            if some:
                held[body, value] = some
    return held


def audited(held: Held) -> Auditor:
    """What everybody knows of it: the sums over values, and what is not hidden."""
    secret, auditor, sums = hidden(held, VALUES), Auditor(), figures(held)
    for body in {body for body, _ in held}:
        for value in VALUES:
            auditor.row((body, value))
        for n, name in enumerate(MEASURES):
            whole = sum(sums.get((body, value), [0] * len(MEASURES))[n] for value in VALUES)
            auditor.sums([((body, value), name) for value in VALUES], whole)
    for body in {TOTAL, *(body for body, _ in held)}:
        for value in VALUES:
            for n, name in enumerate(MEASURES):
                figure = sums.get((body, value), [0] * len(MEASURES))[n]
                of = {one for one, _ in held} if body == TOTAL else {body}
                cells = [((one, value), name) for one in of]
                if (body, value, name) in secret:
                    auditor.hidden(f"{body} {value} {name}", cells, figure)
                else:
                    assert figure == 0 or figure >= THRESHOLD
                    auditor.sums(cells, figure)
    return auditor


@pytest.mark.parametrize("seed", range(6))
def test_what_is_hidden_could_be_otherwise_and_what_is_small_could_be_large_or_nothing(seed: int) -> None:
    auditor = audited(a_record(random.Random(seed), bodies=3))
    assert auditor.secrets
    assert auditor.found() == []


def test_the_auditor_finds_what_an_incomplete_hiding_gives_away() -> None:
    held: Held = {(1, "land"): {ANSWERED: 3}, (1, "tax"): {ANSWERED: 9}, (2, "land"): {ANSWERED: 9}}
    auditor = Auditor()
    auditor.row("energy")
    auditor.sums([("energy", "received")], 12 - 9)
    auditor.hidden("energy land", [("energy", "received")], 3)
    assert auditor.found() == ["energy land is 3"]
    assert (1, "land", "received") in hidden(held, VALUES)


def test_a_record_without_small_figures_is_shown_whole() -> None:
    large = {ANSWERED: 60, PENDING: 10, profile("pending", "overdue"): 7}
    assert hidden({(1, "land"): large, (2, "tax"): large}, VALUES) == frozenset()
    assert hidden({}, VALUES) == frozenset()


def test_whose_only_figure_is_small_hides_that_of_another_value_too() -> None:
    """The body's whole is known: if all else were shown as nothing, all of it would be of land."""
    secret = hidden({(1, "land"): {PENDING: 3}}, VALUES)
    for where in (1, TOTAL):
        told = {(value, name) for body, value, name in secret if body == where}
        assert {name for _, name in told} == {"received", "pending"}
        assert len({value for value, _ in told}) == 2


def test_a_small_part_of_large_figures_leaves_these_shown() -> None:
    late = profile("answered", "answered_late")
    held: Held = {
        (body, value): {ANSWERED: 60, late: 2 if (body, value) == (1, "land") else 20}
        for body in (1, 2)
        for value in VALUES
    }
    secret = hidden(held, VALUES)
    assert {name for *_, name in secret} == {"answered_late"}
    assert len(secret) == 4, "two bodies by two values"


def test_is_the_same_each_time() -> None:
    held = a_record(random.Random(1))
    assert hidden(held, VALUES) == hidden(dict(reversed(list(held.items()))), reversed(VALUES))


def test_what_it_takes_grows_gently_with_the_table() -> None:
    """Not a time, but that it ends: eighteen bodies by sixteen topics."""
    chance, started = random.Random(3), time.process_time()
    held: dict[tuple[int, str], Counter[Profile]] = {}
    for _ in range(3000):
        place = chance.randrange(1, 19), f"topic-{int(chance.triangular(0, 16, 0))}"
        held.setdefault(place, Counter())[profile(chance.choice(CLOSES))] += 1
    hidden(held, [f"topic-{n}" for n in range(16)])
    assert time.process_time() - started < 60
