"""Everything that anybody can ask about kinds, topics and regions, subtracted: no small number is found."""

import random
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import product
from typing import Any

import pytest
import time_machine

from app.appeals.codes import ApplicantType, Kind
from app.core.db import Database
from app.core.i18n import LANGUAGES, Language, t
from app.directory import snapshot
from app.intake.submission import Person
from app.staff.permissions import Role
from tests.casework.people import make_person
from tests.oversight.auditor import PARTS, WENT, Auditor
from tests.oversight.desk import Desk, civil

MEASURES = ("received", *WENT, *PARTS)
BODIES = ("energy", "health", "justice")
CHANNELS = ("reception_room", "blog")
OCT, NOV, BOTH = "2025-10-01..2025-10-31", "2025-11-01..2025-11-30", "2025-10-01..2025-11-30"
# The last days of the months after them: what a month is published as of.
STANDS = {OCT: "2025-11-30", NOV: "2025-12-31"}
DIMENSIONS = ("kind", "topic", "region")


def values(dimension: str) -> list[str]:
    """All that can be asked about."""
    directory = snapshot.current()
    return {
        "kind": [kind.value for kind in Kind],
        "topic": [one.code for one in directory.topics()],
        "region": [one.code for one in directory.regions()],
    }[dimension]


@pytest.fixture
async def staff(db: Database) -> dict[str, str]:
    return (await make_person(db, "operator@health", Role.OPERATOR, "Сынақ Маман")).headers


@pytest.fixture
async def filled(desk: Desk, request: pytest.FixtureRequest) -> Desk:
    """Two months of three bodies, of which much is rare."""
    chance = random.Random(request.param)
    for day, body, kind, topic in product(
        ("2025-10-07", "2025-10-29", "2025-11-12"), BODIES, (Kind.STATEMENT, Kind.PROPOSAL), ("land", "tax")
    ):
        count = chance.choice([0, 1, 2, 4, 7, 12])
        if not count:
            continue
        about = {
            "kind": kind,
            "topic": topic,
            "channel": chance.choice(CHANNELS),
            "region": chance.choice([None, "KZ-61", "KZ-75"]),
            "applicant": chance.choice([Person(), Person(ApplicantType.LEGAL_ENTITY, "Серік ЖШС")]),
        }
        appeals = await desk.file_many(f"{day} 10:00", count, body, **about)
        answered = chance.randrange(count + 1)
        later = "2025-12-04" if day > "2025-11" else chance.choice(["2025-11-04", "2025-12-29"])
        if appeals[:answered]:
            await desk.answer(f"{later} 12:00", *appeals[:answered])
        if appeals[answered:] and chance.random() < 0.4:
            other = chance.choice([one for one in BODIES if one != body])
            await desk.forward(f"{day[:8]}30 12:00", other, appeals[-1])
    return desk


def rows(answer: Mapping[str, Any]) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """The bodies and figures of each row, and of the total; what is not there is nothing."""
    found = {row["agency"]["code"]: row for row in answer["rows"]}
    for body in BODIES:
        yield [body], found.get(body, dict.fromkeys(MEASURES, 0))
    yield list(BODIES), answer["total"]


async def exact(auditor: Auditor, desk: Desk, dimension: str, period: str) -> list[tuple[str, ...]]:
    """By body, channel and applicant type: they do not tell the values apart. Those that have anything."""
    found: list[tuple[str, ...]] = []
    for channel, type_ in product(CHANNELS, ApplicantType):
        asked = {"channel": channel, "applicant_type": type_.value, "as_of": STANDS[period]}
        for row in (await desk.ask(period, **asked))["rows"]:
            found.append((row["agency"]["code"], channel, type_.value))
            for value in ("", *values(dimension)):
                auditor.row((*found[-1], value))
            for name in MEASURES:
                here = [((*found[-1], value), name) for value in ("", *values(dimension))]
                auditor.sums(here, row[name])
    return found


def learn(
    auditor: Auditor,
    there: list[tuple[str, ...]],
    answer: Mapping[str, Any],
    truth: Mapping[str, Any],
    value: str,
) -> None:
    """What one answer says, and what it hides."""
    true_rows = {tuple(bodies): row for bodies, row in rows(truth)}
    for bodies, row in rows(answer):
        for name in MEASURES:
            cells = [((*one, value), name) for one in there if one[0] in bodies]
            if row[name] is None:
                auditor.hidden(f"{value} {name} {bodies}", cells, true_rows[tuple(bodies)][name])
            else:
                assert row[name] == 0 or (row[name] >= 5 and row[name] == true_rows[tuple(bodies)][name])
                auditor.sums(cells, row[name])


@pytest.mark.parametrize("filled", [1, 2], indirect=True)
async def test_an_auditor_who_asks_everything_finds_nothing(filled: Desk, staff: dict[str, str]) -> None:
    hidden = 0
    for dimension, period in product(DIMENSIONS, STANDS):
        auditor = Auditor()
        there = await exact(auditor, filled, dimension, period)
        for value in values(dimension):
            answer = await filled.ask(period, **{dimension: value})
            truth = await filled.ask_as(staff, period, **{dimension: value}, as_of=STANDS[period])
            learn(auditor, there, answer, truth, value)
        assert auditor.found() == []
        hidden += len(auditor.secrets)
    assert hidden


@pytest.mark.parametrize("filled", [1], indirect=True)
async def test_a_longer_period_says_no_more_than_its_months(filled: Desk) -> None:
    for value in ("land", "tax"):
        october, november, both = [
            dict(figures_of(await filled.ask(period, topic=value))) for period in (OCT, NOV, BOTH)
        ]
        for cell, figure in both.items():
            one, other = october.get(cell, 0), november.get(cell, 0)
            assert figure == (None if one is None or other is None else one + other)
        assert None in both.values()


@pytest.mark.parametrize("filled", [1], indirect=True)
async def test_one_body_alone_says_what_it_says_among_the_others(filled: Desk) -> None:
    together = await filled.ask(OCT, topic="land")
    for expected in together["rows"]:
        alone = await filled.ask(OCT, topic="land", agency=expected["agency"]["code"])
        assert alone["rows"] == [expected]
        assert {**alone["total"], "agency": expected["agency"], "appeals": 0} == {**expected, "appeals": 0}


@pytest.mark.parametrize("filled", [1], indirect=True)
@pytest.mark.parametrize(
    "beside",
    [
        {"channel": "blog"},
        {"applicant_type": "individual"},
        {"kind": "proposal"},
        {"basis": "activity"},
    ],
)
async def test_what_is_not_published_says_only_what_is_nothing(filled: Desk, beside: dict[str, str]) -> None:
    """Two dimensions together, a channel, acts: told is only that who has no case at all has none."""
    open_ = {name: value for name, value in beside.items() if name != "kind"}
    exact_ = dict(figures_of(await filled.ask(BOTH, **open_)))
    answer = await filled.ask(BOTH, topic="land", **beside)
    assert dict(figures_of(answer)) == {cell: None if figure else 0 for cell, figure in exact_.items()}
    assert answer["total"]["suppressed"]
    assert answer["total"]["appeals"] is None


@pytest.mark.parametrize("filled", [1], indirect=True)
async def test_a_month_is_as_it_was_when_the_next_was_over(filled: Desk) -> None:
    published = await filled.ask(OCT, topic="land")
    for day in ("2025-11-30", "2026-01-31"):
        later = await filled.ask(OCT, topic="land", as_of=day)
        assert list(figures_of(later)) == list(figures_of(published))
    early = await filled.ask(OCT, topic="land", as_of="2025-10-31")
    assert early["published_to"] == "2025-09-30"
    assert {figure for _, figure in figures_of(early)} == {None, 0}
    # Neither does it change when something happens afterwards.
    before = await filled.ask(NOV, topic="tax")
    await filled.file_many("2026-02-03 10:00", 2, "energy", topic="tax")
    assert await filled.ask(NOV, topic="tax") == before


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_says_what_can_be_asked_instead(desk: Desk, lang: Language) -> None:
    await desk.file("2025-10-07 10:00", topic="land")
    both = await desk.ask(OCT, topic="land", channel="reception_room", lang=lang)
    assert both["note"] == t("detail.alone", lang)
    with time_machine.travel(civil("2025-11-30 23:50"), tick=False):
        early = await desk.ask(OCT, topic="land", lang=lang)
        assert early["note"] == t("detail.not_yet", lang, last=date(2025, 9, 30))
        assert early["published_to"] == "2025-09-30"
    with time_machine.travel(civil("2025-12-01 00:05"), tick=False):
        there = await desk.ask(OCT, topic="land", lang=lang)
        assert "note" not in there
        assert there["published_to"] == "2025-10-31"


def figures_of(answer: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], int | None]]:
    """Those of every row and the total, but for shares."""
    names = (*MEASURES, "carried_in") if answer["basis"] == "activity" else MEASURES
    for row in (*answer["rows"], answer["total"]):
        for name in names:
            yield (row["agency"]["code"] if "agency" in row else "total", name), row[name]


# Found by somebody who subtracted


async def received(desk: Desk, period: str, **asked: str) -> int | None:
    """Of energy."""
    answer = await desk.ask(period, **asked)
    found: dict[str, int | None] = {row["agency"]["code"]: row["received"] for row in answer["rows"]}
    return found.get("energy", 0)


async def test_the_whole_less_the_other_kinds(desk: Desk) -> None:
    await desk.file_many("2025-10-20 10:00", 3, "energy", kind=Kind.PROPOSAL)
    await desk.file_many("2025-10-20 10:00", 9, "energy", kind=Kind.STATEMENT)
    one = {kind.value: await received(desk, OCT, kind=kind.value) for kind in Kind}
    assert one["proposal"] is None
    assert len([kind for kind, figure in one.items() if figure is None]) > 1


async def test_two_months_less_one(desk: Desk) -> None:
    await desk.file_many("2025-10-20 10:00", 3, "energy", topic="land")
    await desk.file_many("2025-11-10 10:00", 6, "energy", topic="land")
    one, other, both = [await received(desk, period, topic="land") for period in (OCT, NOV, BOTH)]
    assert one is None
    assert other is None or both is None


async def test_all_channels_less_one(desk: Desk) -> None:
    await desk.file_many("2025-10-20 10:00", 3, "energy", topic="land")
    await desk.file_many("2025-10-20 10:00", 8, "energy", topic="land", channel="blog")
    whole, one, other = [
        await received(desk, OCT, topic="land", **more)
        for more in ({}, {"channel": "blog"}, {"channel": "reception_room"})
    ]
    assert other is None
    assert whole is None or one is None
