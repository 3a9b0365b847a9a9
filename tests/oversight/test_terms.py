"""What becomes of a term, in the figures: it stands, starts again, moves; and what is late stays late."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from app.appeals.codes import ApplicantType, Kind, Outcome, SuspensionGround
from app.appeals.commands import Payload, Requesting, Suspending
from app.appeals.lifecycle import Act
from app.appeals.numbers import Number
from tests.oversight.desk import Desk, extending

OCTOBER = "2025-10-01..2025-10-31"
NOVEMBER = "2025-11-01..2025-11-30"
# Received on Wednesday 1 October 2025: due on the 22nd, to be forwarded by the 6th. The 27th is a day off.
START = "2025-10-01 10:00"


async def test_what_is_suspended_is_not_overdue(desk: Desk) -> None:
    """Suspended on 10 October, resumed 15 working days later: due on 13 November."""
    appeal = await desk.file(START)
    await desk.suspend("2025-10-10 12:00", appeal)
    open_ = {"received": 1, "pending": 1}
    for day in ("2025-10-22", "2025-10-31", "2025-11-02", "2060-12-31"):
        assert await desk.row("energy", OCTOBER, as_of=day) == open_
    await desk.resume("2025-11-03 12:00", appeal)
    for day in ("2025-10-31", "2025-11-02", "2025-11-13"):
        assert await desk.row("energy", OCTOBER, as_of=day) == open_
    assert await desk.row("energy", OCTOBER, as_of="2025-11-14") == open_ | {"overdue": 1}
    october = await desk.row("energy", OCTOBER, basis="activity")
    assert october == {"received": 1, "pending": 1}
    november = await desk.row("energy", NOVEMBER, basis="activity")
    assert november == {"carried_in": 1, "pending": 1, "overdue": 1}


async def test_what_is_resumed_is_judged_by_its_new_due_day(desk: Desk) -> None:
    in_time, late = await desk.file_many(START, 2)
    await desk.suspend("2025-10-10 12:00", in_time, late)
    await desk.resume("2025-11-03 12:00", in_time, late)
    await desk.answer("2025-11-13 12:00", in_time)
    await desk.answer("2025-11-14 12:00", late)
    assert await desk.row("energy", OCTOBER) == {
        "received": 2,
        "answered": 2,
        "answered_late": 1,
        "on_time_share": 0.5,
    }


async def test_a_suspension_that_ends_by_itself_ends_on_its_day(desk: Desk) -> None:
    """However late the service notices: five working days stood, due on 30 October."""
    appeal = await desk.file(START)
    await desk.suspend("2025-10-10 12:00", appeal, until="2025-10-17")
    await desk.elapse("2025-10-17 12:00", appeal)
    assert await desk.row("energy", OCTOBER, as_of="2025-10-31") == {"received": 1, "pending": 1}
    await desk.elapse("2025-10-25 12:00", appeal)
    assert await desk.row("energy", OCTOBER, as_of="2025-10-30") == {"received": 1, "pending": 1}
    assert await desk.row("energy", OCTOBER, as_of="2025-10-31") == {
        "received": 1,
        "pending": 1,
        "overdue": 1,
    }


async def test_what_ends_while_its_clock_stands_is_judged_as_if_it_had_started_again(desk: Desk) -> None:
    first, second, third = await desk.file_many(START, 3)
    await desk.suspend("2025-10-22 12:00", first, second, third)
    await desk.withdraw("2025-12-01 12:00", first)
    await desk.terminate("2025-12-01 12:00", second)
    await desk.merge("2025-12-01 12:00", first, third)
    assert await desk.row("energy", OCTOBER) == {"received": 3, "closed_otherwise": 3}


async def test_what_is_extended_counts_once_and_is_judged_by_its_new_due_day(desk: Desk) -> None:
    in_time, late = await desk.file_many(START, 2)
    await desk.extend("2025-10-15 12:00", "2025-11-05", in_time, late)
    await desk.extend("2025-11-04 12:00", "2025-11-20", in_time)
    assert await desk.row("energy", OCTOBER, as_of="2025-10-14") == {"received": 2, "pending": 2}
    extended = {"received": 2, "pending": 2, "extended": 2}
    assert await desk.row("energy", OCTOBER, as_of="2025-10-15") == extended
    assert await desk.row("energy", OCTOBER, as_of="2025-11-05") == extended
    assert await desk.row("energy", OCTOBER, as_of="2025-11-06") == extended | {"overdue": 1}
    await desk.answer("2025-11-20 12:00", in_time, late)
    answered = {"answered": 2, "answered_late": 1, "on_time_share": 0.5}
    assert await desk.row("energy", OCTOBER) == {"received": 2, "extended": 2} | answered
    assert await desk.row("energy", OCTOBER, basis="activity") == extended
    assert await desk.row("energy", NOVEMBER, basis="activity") == {"carried_in": 2} | answered


async def test_waiting_for_a_correction_is_part_of_the_term(desk: Desk) -> None:
    """Asked for on 2 October, to come by the 9th; what does not come is returned on the 10th."""
    corrected, returned, late = await desk.file_many(START, 3)
    await desk.request_correction("2025-10-02 12:00", corrected, returned)
    await desk.request_correction("2025-10-20 12:00", late)
    await desk.supplement("2025-10-03 12:00", corrected)
    await desk.elapse("2025-10-09 12:00", returned)
    assert await desk.row("energy", OCTOBER, as_of="2025-10-09") == {"received": 3, "pending": 3}
    await desk.elapse("2025-10-10 00:10", corrected, returned)
    await desk.answer("2025-10-22 12:00", corrected)
    assert await desk.row("energy", OCTOBER, as_of="2025-10-23") == {
        "received": 3,
        "answered": 1,
        "closed_otherwise": 1,
        "pending": 1,
        "overdue": 1,
        "on_time_share": 0.5,
    }


async def test_a_refusal_is_an_answer(desk: Desk) -> None:
    appeal = await desk.file(START)
    await desk.exempt_from_hearing("2025-10-02 12:00", appeal)
    await desk.answer("2025-10-03 12:00", appeal, outcome=Outcome.REFUSED)
    assert await desk.row("energy", OCTOBER) == {"received": 1, "answered": 1, "on_time_share": 1.0}


# nobody makes late good


@pytest.mark.parametrize("how", ["forward", "split", "terminate", "merge", "withdraw", "answer"])
async def test_what_is_late_is_closed_late_however_it_ends(desk: Desk, how: str) -> None:
    """Due on 22 October; whatever ends it on the 23rd, it was late."""
    appeal = await desk.file(START)
    at = "2025-10-23 00:10"
    overdue = await desk.row("energy", OCTOBER, as_of="2025-10-23")
    assert overdue == {"received": 1, "pending": 1, "overdue": 1}
    end: dict[str, Callable[[], Awaitable[None]]] = {
        "forward": lambda: desk.forward(at, "health", appeal),
        "split": lambda: desk.split(at, ["health", "justice"], appeal, keeps=False),
        "terminate": lambda: desk.terminate(at, appeal),
        "merge": lambda: desk.merge(at, appeal, appeal),
        "withdraw": lambda: desk.withdraw(at, appeal),
        "answer": lambda: desk.answer(at, appeal),
    }
    await end[how]()
    row = await desk.row("energy", OCTOBER)
    assert row["answered_late" if how == "answer" else "closed_late"] == 1
    assert "pending" not in row
    # What was known before is as it was.
    assert await desk.row("energy", "2025-10-01..2025-10-22", basis="activity", as_of="2025-10-22") == {
        "received": 1,
        "pending": 1,
    }


LATE_TRIES: list[tuple[Act, Payload]] = [
    (Act.EXTEND, extending("2025-11-20")),
    (Act.SUSPEND, Suspending(SuspensionGround.COURT)),
    (Act.SUSPEND, Suspending(SuspensionGround.MISSING_DATA, date(2025, 11, 20))),
    (Act.REQUEST_CORRECTION, Requesting("Мекенжайды көрсетіңіз.")),
]


@pytest.mark.parametrize(("act", "payload"), LATE_TRIES)
async def test_a_term_that_is_over_is_not_moved(desk: Desk, act: Act, payload: Payload) -> None:
    appeal = await desk.file(START)
    assert await desk.refused(act, "2025-10-23 00:10", appeal, payload) == "too_late"
    overdue = {"received": 1, "pending": 1, "overdue": 1}
    assert await desk.row("energy", OCTOBER, as_of="2025-10-23") == overdue
    await desk.answer("2025-10-24 12:00", appeal)
    assert await desk.row("energy", OCTOBER) == {
        "received": 1,
        "answered": 1,
        "answered_late": 1,
    }


async def test_what_came_back_late_leaves_the_first_time_late(desk: Desk) -> None:
    """Neither passing it round nor closing and reopening it undoes that it was late."""
    appeal = await desk.file(START)
    await desk.forward("2025-10-23 12:00", "health", appeal)
    await desk.forward("2025-10-23 12:30", "energy", appeal)
    await desk.terminate("2025-10-23 13:00", appeal)
    await desk.reopen("2025-10-23 14:00", appeal)
    await desk.answer("2025-10-23 15:00", appeal)
    assert await desk.row("energy", OCTOBER) == {
        "received": 3,
        "answered": 1,
        "forwarded_out": 1,
        "forwarded_late": 1,
        "closed_otherwise": 1,
        "closed_late": 1,
        "on_time_share": 1.0,
    }


# parts and complaints


async def test_a_split_that_keeps_nothing_is_one_forwarded_out_and_one_received_a_part(desk: Desk) -> None:
    in_time, late = await desk.file_many(START, 2)
    await desk.split("2025-10-06 12:00", ["health", "justice"], in_time, keeps=False)
    await desk.split("2025-10-07 12:00", ["health", "justice"], late, keeps=False)
    await desk.answer("2025-10-27 12:00", in_time, part=1)
    await desk.answer("2025-10-29 12:00", in_time, part=2)
    assert await desk.row("energy", OCTOBER) == {"received": 2, "forwarded_out": 2, "forwarded_late": 1}
    assert await desk.row("health", OCTOBER, as_of="2025-10-28") == {
        "received": 2,
        "answered": 1,
        "pending": 1,
        "on_time_share": 1.0,
    }
    assert await desk.row("justice", OCTOBER, as_of="2025-10-30") == {
        "received": 2,
        "answered": 1,
        "answered_late": 1,
        "pending": 1,
        "overdue": 1,
    }
    total = (await desk.ask(OCTOBER))["total"]
    assert (total["received"], total["appeals"]) == (6, 2)
    assert total["forwarded_out"] + total["answered"] + total["pending"] == 6


async def test_a_split_that_keeps_something_leaves_the_case_where_it_is(desk: Desk) -> None:
    appeal = await desk.file(START)
    await desk.split("2025-10-10 12:00", ["health"], appeal)
    assert await desk.row("energy", OCTOBER, as_of="2025-10-22") == {"received": 1, "pending": 1}
    assert await desk.row("health", OCTOBER, as_of="2025-10-22") == {"received": 1, "pending": 1}
    await desk.answer("2025-10-22 12:00", appeal)
    assert await desk.row("energy", OCTOBER) == {"received": 1, "answered": 1, "on_time_share": 1.0}
    total = (await desk.ask(OCTOBER))["total"]
    assert (total["received"], total["appeals"]) == (2, 1)


async def test_a_complaint_is_handed_over_within_three_days_and_decided(desk: Desk) -> None:
    body, above = "turkistan-health-department", "akimat-turkistan"
    appeal = await desk.file(START, body)
    await desk.answer("2025-10-02 12:00", appeal)
    about = Number.of(appeal, ApplicantType.INDIVIDUAL)
    complaint: dict[str, Any] = {"kind": Kind.COMPLAINT, "complaint_about": about}
    in_time, late, corrected = await desk.file_many("2025-10-03 12:00", 3, body, **complaint)
    await desk.hand_over("2025-10-08 12:00", above, in_time)
    await desk.hand_over("2025-10-09 12:00", above, late)
    await desk.self_correct("2025-10-08 12:00", corrected)
    await desk.decide("2025-11-06 12:00", in_time, late)
    assert await desk.row(body, OCTOBER) == {
        "received": 4,
        "answered": 1,
        "forwarded_out": 2,
        "forwarded_late": 1,
        "closed_late": 1,
        "closed_otherwise": 1,
        "on_time_share": 1.0,
    }
    assert await desk.row(above, OCTOBER) == {
        "received": 2,
        "answered": 2,
        "on_time_share": 1.0,
    }
