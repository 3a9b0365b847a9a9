"""The forecast beside a queue that is worked off day by day, the backtest beside a plain one, the answer."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import httpx
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from app.appeals.codes import ApplicantType
from app.appeals.numbers import format_number
from app.core.db import Database
from app.deadlines.calendar import Calendar
from app.oversight.forecast.backtest import PACE_DAYS, Life, Trial, backtest, sampled
from app.oversight.forecast.outlook import FAR_AHEAD, Pace, expected_on, outlook
from app.oversight.forecast.trials import try_forecasts
from app.staff.permissions import Role
from tests.casework.people import Person, make_person
from tests.oversight.desk import Desk, civil

PATH = "/api/v1/oversight/forecast"
CALENDAR = Calendar()
ONE_DAY = timedelta(days=1)
TODAY = date(2025, 10, 27)
days = st.integers(-20, 40).map(lambda n: TODAY + timedelta(days=n))
paces = st.builds(Pace, st.integers(0, 60), st.integers(0, 40))


def worked_off(due: Sequence[date], pace: Pace, today: date) -> list[date | None]:
    """When each of a queue is done, day by day; what is not done in FAR_AHEAD working days never is."""
    done: list[date | None] = [None] * len(due)
    able, place, day, worked = Fraction(0), 0, today, 0
    while pace.days and place < len(due) and worked < FAR_AHEAD:
        if CALENDAR.is_working_day(day):
            worked += 1
            able += Fraction(pace.closed, pace.days)
            while place < len(due) and place + 1 <= able:
                done[place] = day
                place += 1
        day += ONE_DAY
    return done


@settings(max_examples=50, deadline=None)
@given(st.lists(days, max_size=40), paces)
def test_a_queue_is_worked_off_first_due_first(dues: list[date], pace: Pace) -> None:
    dues.sort()
    done = worked_off(dues, pace, TODAY)
    counted = [(day, dues.count(day)) for day in sorted(set(dues))]
    found = outlook(counted, pace, TODAY, CALENDAR)
    assert [(one.due_on, one.count) for one in found] == counted
    for one in found:
        of_day = done[one.before : one.before + one.count]
        late = [day is None or day > one.due_on for day in of_day]
        assert late == [False] * one.in_time + [True] * one.late
    assert [expected_on(n + 1, pace, TODAY, CALENDAR) for n in range(len(dues))] == done


@settings(max_examples=50, deadline=None)
@given(st.lists(days, min_size=1, max_size=40), paces)
def test_who_is_quicker_is_late_with_no_more(dues: list[date], pace: Pace) -> None:
    counted = [(day, dues.count(day)) for day in sorted(set(dues))]
    quicker = Pace(pace.closed + 1, pace.days)
    slow, quick = (sum(one.late for one in outlook(counted, at, TODAY, CALENDAR)) for at in (pace, quicker))
    assert quick <= slow


@st.composite
def lives(draw: st.DrawFn) -> list[Life]:
    found = []
    for id_ in range(draw(st.integers(0, 25))):
        opened = TODAY - timedelta(days=draw(st.integers(0, 140)))
        due = opened + timedelta(days=draw(st.integers(1, 30)))
        clock = [(opened, due, True)]
        if draw(st.booleans()):
            moved = opened + timedelta(days=draw(st.integers(0, 20)))
            clock.append((moved, due + timedelta(days=draw(st.integers(0, 20))), draw(st.booleans())))
        closed = opened + timedelta(days=draw(st.integers(0, 60)))
        found.append(Life(id_, opened, closed if closed <= TODAY else None, clock))
    return found


def plain(lives: Sequence[Life]) -> Trial:
    """The same told day by day, each question asked of every life anew."""
    sums = dict.fromkeys(Trial.__slots__, 0)
    for day in sampled(TODAY):
        sums["samples"] += 1
        open_ = []
        for life in lives:
            if life.opened_on < day and not (life.closed_on and life.closed_on < day):
                _, due, runs = [state for state in life.clock if state[0] < day][-1]
                if runs:
                    open_.append((due, life.id, life))
        open_.sort(key=lambda one: (one[0], one[1]))
        before = [day - n * ONE_DAY for n in range(1, PACE_DAYS + 1)]
        pace = Pace(
            sum(life.closed_on in before for life in lives),
            sum(CALENDAR.is_working_day(one) for one in before),
        )
        done = worked_off([due for due, _, _ in open_], pace, day)
        for (due, _, life), said in zip(open_, done, strict=True):
            _, last_due, runs = life.clock[-1]
            settled = life.closed_on is not None or (runs and last_due < TODAY)
            if due < day or not settled:
                continue
            late = (life.closed_on or TODAY) > last_due
            predicted = said is None or said > due
            sums["judged"] += 1
            sums["predicted"] += predicted
            sums["late"] += late
            sums["hits"] += predicted and late
            if said and life.closed_on:
                sums["errors"] += 1
                sums["error_days"] += abs((said - life.closed_on).days)
    return Trial(**sums)


@settings(max_examples=15, deadline=None)
@given(lives())
def test_the_backtest_is_the_plain_one(lives: list[Life]) -> None:
    closed: dict[date, int] = {}
    for life in lives:
        if life.closed_on:
            closed[life.closed_on] = closed.get(life.closed_on, 0) + 1
    assert backtest(lives, closed, TODAY, CALENDAR) == plain(lives)


def test_what_was_not_known_yet_is_not_used() -> None:
    moved = Life(
        1,
        date(2025, 10, 1),
        None,
        [(date(2025, 10, 1), date(2025, 10, 22), True), (date(2025, 10, 20), date(2025, 12, 1), True)],
    )
    assert moved.known(date(2025, 10, 1)) is None
    assert moved.known(date(2025, 10, 20)) == (date(2025, 10, 22), True)
    assert moved.known(date(2025, 10, 21)) == (date(2025, 12, 1), True)
    assert moved.late(TODAY) is None


# Over the record


async def ask(desk: Desk, person: Person, **asked: Any) -> Any:
    response = await desk.client.get(PATH, params=asked, headers=person.headers)
    assert response.status_code == 200, response.text
    return response.json()


async def test_what_will_be_late_and_when(db: Database, desk: Desk) -> None:
    with time_machine.travel(civil("2025-10-27 08:00"), tick=False):
        controller = await make_person(db, "controller@administration", Role.CONTROLLER, "Сынақ Бақылаушы")
        head = await make_person(db, "head@health", Role.HEAD, "Сынақ Басшы")
        closed = await desk.file_many("2025-09-01 10:00", 39)
        await desk.answer("2025-09-10 12:00", *closed)
        overdue = await desk.file("2025-09-15 10:00")
        # Due on Friday 31 October, in four working days: Monday is off for the holiday on Saturday. One is
        # overdue and comes first, so three are done in time.
        due = await desk.file_many("2025-10-09 10:00", 5)
        waiting = await desk.file("2025-10-09 10:00")
        await desk.suspend("2025-10-13 10:00", waiting)
        await desk.file("2025-10-09 10:00", "health")
        answer = await ask(desk, controller)
        rows = {row["agency"]["code"]: row for row in answer["rows"]}
        row = rows["energy"]
        whole = await ask(desk, controller, agency="energy")
        first = await ask(desk, controller, agency="energy", limit=1)
        second = await ask(desk, controller, agency="energy", limit=1, cursor=first["next_cursor"])
        theirs = await ask(desk, head)
        params = {"agency": "energy"}
        refused = await desk.client.get(PATH, params=params, headers=head.headers)
    assert overdue
    assert (row["closed"], row["working_days"], row["pace"]) == (39, WORKING, round(39 / WORKING, 2))
    assert (row["open"], row["overdue"], row["will_be_late"]) == (6, 1, 2)
    (day,) = row["days"]
    assert (day["due_on"], day["late_on"], day["due"], day["late"]) == ("2025-10-31", "2025-11-01", 5, 2)
    assert row["backtest"] is None
    assert row["cases_url"] == f"{PATH}?agency=energy"
    assert whole["rows"] == [row]
    late = [format_number(one, ApplicantType.INDIVIDUAL) for one in due[3:]]
    assert [(one["number"], one["due_on"]) for one in whole["cases"]] == [(n, "2025-10-31") for n in late]
    assert whole["cases"][-1]["expected_on"] == day["last_done_on"]
    assert first["cases"] + second["cases"] == whole["cases"]
    assert second["next_cursor"] is None
    # Who closes nothing gets nothing done.
    assert (rows["health"]["pace"], rows["health"]["will_be_late"]) == (0.0, 1)
    assert rows["health"]["days"][0]["last_done_on"] is None
    assert [one["agency"]["code"] for one in theirs["rows"]] == ["health"]
    assert answer["cases"] == []
    assert refused.status_code == 403


WORKING = CALENDAR.working_days_between(date(2025, 8, 31), date(2025, 10, 26))


async def test_the_backtest_stands_beside_it(db: Database, desk: Desk) -> None:
    with time_machine.travel(civil("2025-10-27 08:00"), tick=False):
        controller = await make_person(db, "controller@administration", Role.CONTROLLER, "Сынақ Бақылаушы")
        await try_forecasts(db)  # there is nothing yet
        late = await desk.file_many("2025-08-04 10:00", 3)
        await desk.answer("2025-09-10 12:00", *late)
        quick = await desk.file_many("2025-09-18 10:00", 4)
        await desk.answer("2025-09-23 12:00", *quick)
        moved = await desk.file("2025-09-22 10:00")
        await desk.extend("2025-09-30 10:00", "2025-11-20", moved)
        await try_forecasts(db)
        found = (await ask(desk, controller, agency="energy"))["rows"][0]["backtest"]
        await desk.answer("2025-10-27 09:00", moved)
        await try_forecasts(db)
        again = (await ask(desk, controller, agency="energy"))["rows"][0]["backtest"]
    assert again == found  # once a day
    energy = [
        *(life(n, "2025-08-04", "2025-08-25", "2025-09-10") for n in range(3)),
        *(life(n, "2025-09-18", "2025-10-09", "2025-09-23") for n in range(3, 7)),
    ]
    clock = [(date(2025, 9, 22), date(2025, 10, 13), True), (date(2025, 9, 30), date(2025, 11, 20), True)]
    energy.append(Life(7, date(2025, 9, 22), None, clock))
    expected = plain(energy)
    assert expected.late > 0
    assert expected.judged > expected.late
    for name in ("samples", "judged", "predicted", "late", "hits"):
        assert found[name] == getattr(expected, name), name
    assert found["recall"] == round(expected.hits / expected.late, 4)
    assert found["mean_error_days"] == (
        round(expected.error_days / expected.errors, 4) if expected.errors else None
    )
    assert (found["made_on"], found["small"]) == ("2025-10-27", expected.judged < 20)


def life(id_: int, opened: str, due: str, closed: str) -> Life:
    day = date.fromisoformat(opened)
    return Life(id_, day, date.fromisoformat(closed), [(day, date.fromisoformat(due), True)])


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
async def test_others_are_refused(db: Database, client: httpx.AsyncClient, role: Role) -> None:
    person = await make_person(db, "somebody@energy", role, "Сынақ Маман")
    assert (await client.get(PATH, headers=person.headers)).status_code == 403
    assert (await client.get(PATH)).status_code == 401
    assert (await client.get(PATH, params={"cursor": "no"})).status_code == 401
