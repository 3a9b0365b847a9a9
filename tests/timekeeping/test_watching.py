"""Warnings before a term ends, the mark that it is over, and days that were waited for: once each."""

import asyncio
from datetime import date
from typing import Any

import pytest

from app.appeals import service
from app.appeals.codes import Outcome, SuspensionGround
from app.appeals.commands import Answering, Extending, Requesting, Suspending, Watched, Writing
from app.appeals.lifecycle import Act
from app.core import clock
from app.core.db import Database
from app.deadlines.calendar import Calendar
from app.directory import snapshot
from app.timekeeping import watching
from app.timekeeping.models import Cause
from app.timekeeping.repository import add
from app.timekeeping.watching import Reach, elapse, reaches, sayings, watch
from app.worker import Job, once
from tests.timekeeping.desk import Desk, day, off

DUE = "2026-12-14"
"""Of what is filed on 23 November; the operator is warned on the 9th, the head on the 11th."""


async def said(desk: Desk) -> list[tuple[str, int]]:
    """To whom, and how many days were left."""
    return [(event["data"]["to"], event["data"]["days"]) for event in await desk.events("deadline_near")]


async def warned(desk: Desk, *appeals: int) -> list[int]:
    rows = await desk.ask("SELECT appeal_id, warned FROM holding WHERE closed_at IS NULL")
    found = {row["appeal_id"]: row["warned"] for row in rows}
    return [found[id_] for id_ in appeals]


async def test_the_operator_then_the_head_then_the_day_it_passed(desk: Desk) -> None:
    (appeal,) = await desk.file()
    for today, near, passed in (
        ("2026-12-08", [], 0),
        ("2026-12-09", [("operator", 3)], 0),
        ("2026-12-10", [("operator", 3)], 0),
        ("2026-12-11", [("operator", 3), ("head", 1)], 0),
        (DUE, [("operator", 3), ("head", 1)], 0),
        ("2026-12-15", [("operator", 3), ("head", 1)], 1),
        ("2026-12-21", [("operator", 3), ("head", 1)], 1),
    ):
        desk.now(today)
        await watch(desk.db)
        assert (await said(desk), len(await desk.events("deadline_passed"))) == (near, passed), today
    assert await desk.notices("deadline.near") == [(appeal, "operator"), (appeal, "head")]
    assert sorted(await desk.notices("deadline.passed")) == [(appeal, "applicant"), (appeal, "head")]
    assert {event["data"]["due_on"] for event in await desk.events("deadline_near")} == {DUE}
    assert await warned(desk, appeal) == [3]
    await desk.figures_are_right()


async def test_what_is_long_over_is_marked_and_nothing_else_is_said(desk: Desk) -> None:
    await desk.file()
    desk.now("2027-02-01")
    await watch(desk.db)
    assert await said(desk) == []
    (event,) = await desk.events("deadline_passed")
    assert event["data"]["due_on"] == DUE


async def test_when_both_distances_are_reached_at_once_both_are_said(desk: Desk) -> None:
    await desk.file()
    desk.now(f"{DUE}T23:00")
    await watch(desk.db)
    assert await said(desk) == [("operator", 0), ("head", 0)]


async def test_a_day_off_is_as_near_as_the_day_before_it(desk: Desk) -> None:
    await desk.file()
    desk.now("2026-12-12")  # a Saturday: one working day is left
    await watch(desk.db)
    assert await said(desk) == [("operator", 1), ("head", 1)]


async def test_an_agency_is_warned_at_its_own_distances(desk: Desk) -> None:
    (usual,) = await desk.file()
    (own,) = await desk.file(addressee="health")
    found = {}
    for today in ("2026-12-04", "2026-12-07", "2026-12-09", "2026-12-10", "2026-12-11"):
        desk.now(today)
        await watch(desk.db)
        found[today] = await warned(desk, usual, own)
    assert found == {
        "2026-12-04": [0, 0],
        "2026-12-07": [0, 1],
        "2026-12-09": [1, 1],
        "2026-12-10": [1, 2],
        "2026-12-11": [2, 2],
    }


async def test_after_an_extension_all_is_said_again(desk: Desk) -> None:
    (appeal,) = await desk.file()
    desk.now("2026-12-11")
    await watch(desk.db)
    await desk.act(Act.EXTEND, appeal, payload=Extending(day("2026-12-25"), "Сараптама керек."))
    assert await warned(desk, appeal) == [0]
    await watch(desk.db)
    assert len(await said(desk)) == 2
    desk.now("2026-12-25")
    await watch(desk.db)
    assert await said(desk) == [("operator", 1), ("head", 1), ("operator", 0), ("head", 0)]
    await desk.figures_are_right()


async def test_what_stands_is_not_watched_and_what_is_answered_no_longer(desk: Desk) -> None:
    stands, answered = await desk.file(2)
    await desk.act(Act.SUSPEND, stands, payload=Suspending(SuspensionGround.COURT))
    await desk.act(Act.ANSWER, answered, payload=Answering(Outcome.EXPLAINED, "Жауап.", "kk", "ӘРПК 76"))
    desk.now("2027-02-01")
    await watch(desk.db)
    assert await desk.events("deadline_passed") == await desk.events("deadline_near") == []


async def test_a_warning_makes_nobodys_page_stale(desk: Desk) -> None:
    await desk.file()
    before = await desk.ask("SELECT version, status FROM holding")
    desk.now("2026-12-15")
    await watch(desk.db)
    assert await desk.ask("SELECT version, status FROM holding") == before


# Once each


class Killed(ConnectionError):
    """In the place of a kill: the transaction is undone, and the worker comes again."""


async def test_killed_in_the_middle_it_says_the_rest_and_nothing_twice(
    busy: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "BATCH", 2)
    appeals = await busy.file(5)
    busy.now("2026-12-11")
    real, batches = service.act, list[int]()

    async def dies_in_the_second(connection: Any, commands: Any, *more: Any) -> Any:
        batches.append(len(commands))
        done = await real(connection, commands, *more)
        if len(batches) == 2:
            raise Killed
        return done

    with monkeypatch.context() as patched:
        patched.setattr(service, "act", dies_in_the_second)
        with pytest.raises(Killed):
            await watch(busy.db)
    assert sorted(await warned(busy, *appeals)) == [0, 0, 0, 2, 2]
    await watch(busy.db)
    await watch(busy.db)
    near = await busy.notices("deadline.near")
    assert sorted(near) == sorted((appeal, to) for appeal in appeals for to in ("operator", "head"))


async def test_two_at_once_say_everything_once(busy: Desk) -> None:
    """Whatever becomes of the job's lock: the second finds on the holding that it was said."""
    appeals = await busy.file(30)
    busy.now("2026-12-11")
    await asyncio.gather(*(watch(busy.db) for _ in range(3)))
    near = await busy.notices("deadline.near")
    assert sorted(near) == sorted((appeal, to) for appeal in appeals for to in ("operator", "head"))
    busy.now("2026-12-15")
    job = Job("watch", clock.days(1), watch)
    assert True in await asyncio.gather(*(once(busy.db, job) for _ in range(3)))
    assert len(await busy.events("deadline_passed")) == 30


async def test_what_moved_meanwhile_is_not_told_of_the_old_day(
    busy: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (appeal,) = await busy.file()
    busy.now("2026-12-11")
    real = service.act

    async def extended_before(connection: Any, commands: Any, *more: Any) -> Any:
        monkeypatch.setattr(service, "act", real)
        await busy.act(Act.EXTEND, appeal, payload=Extending(day("2026-12-25"), "Сараптама керек."))
        return await real(connection, commands, *more)

    monkeypatch.setattr(service, "act", extended_before)
    await watch(busy.db)
    assert await busy.events("deadline_near") == []


async def test_one_case_that_cannot_be_decided_stops_nobody(
    busy: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad, other = await busy.file(3)
    busy.now("2026-12-15")
    real = service.act

    async def act(connection: Any, commands: Any, *more: Any) -> Any:
        if bad in {command.appeal_id for command in commands}:
            raise ValueError("cannot be decided")
        return await real(connection, commands, *more)

    monkeypatch.setattr(service, "act", act)
    await watch(busy.db)
    assert {event["appeal_id"] for event in await busy.events("deadline_passed")} == {good, other}
    assert "is left out of warn" in caplog.text


async def test_nothing_is_said_while_terms_are_being_recalculated(desk: Desk) -> None:
    """A worker that was away must not mark as over what an order has moved meanwhile."""
    (appeal,) = await desk.file()
    desk.now("2026-12-11")
    await desk.announce("№ 1", off(DUE))
    desk.now("2026-12-15")
    await watch(desk.db)
    assert await desk.events("deadline_passed") == []
    await desk.recalculated()
    await watch(desk.db)
    assert await desk.due(appeal) == [day("2026-12-15")]
    assert await desk.events("deadline_passed") == []
    assert await said(desk) == [("operator", 0), ("head", 0)]


async def test_nothing_is_said_by_rules_that_were_not_applied_yet(desk: Desk) -> None:
    await desk.file()
    async with desk.db.transaction() as connection:
        id_ = await add(connection, Cause.RULES, "of another version", clock.now())
        await connection.execute("UPDATE recalculation SET finished_at = now() WHERE id = $1", id_)
    desk.now("2026-12-15")
    await watch(desk.db)
    assert await desk.events("deadline_passed") == []


# What there is to say, without a database


REACH = Reach(day("2026-12-17"), day("2026-12-15"))


@pytest.mark.parametrize(
    ("due_on", "already", "expected"),
    [
        ("2026-12-18", 0, []),
        ("2026-12-17", 0, ["operator"]),
        ("2026-12-17", 1, []),
        ("2026-12-15", 0, ["operator", "head"]),
        ("2026-12-15", 1, ["head"]),
        ("2026-12-15", 2, []),
        ("2026-12-13", 0, ["passed"]),
        ("2026-12-13", 2, ["passed"]),
    ],
)
def test_what_is_said(due_on: str, already: int, expected: list[str]) -> None:
    found = sayings(day(due_on), already, REACH, Calendar(), day("2026-12-14"))
    assert ["passed" if one.passed else one.to for one in found] == expected
    assert all(isinstance(one, Watched) and one.due_on == day(due_on) for one in found)


async def test_every_agency_has_its_reach_by_its_own_week(db: Database) -> None:
    directory = snapshot.current()
    found = reaches(directory, date(2026, 12, 4))
    assert set(found) == {agency.id for agency in directory.agencies()}
    assert found[directory.agency("energy").id] == Reach(day("2026-12-09"), day("2026-12-07"))
    assert found[directory.agency("health").id] == Reach(day("2026-12-11"), day("2026-12-08"))
    assert len({id(reach) for reach in found.values()}) == 2, "computed once for all that are alike"


# Days that were waited for


async def test_a_suspension_that_is_over_resumes_once(desk: Desk) -> None:
    over, not_yet, open_ended = await desk.file(3)
    await desk.act(Act.SUSPEND, over, payload=Suspending(SuspensionGround.COURT, day("2026-11-30")))
    await desk.act(Act.SUSPEND, not_yet, payload=Suspending(SuspensionGround.COURT, day("2026-12-01")))
    await desk.act(Act.SUSPEND, open_ended, payload=Suspending(SuspensionGround.COURT))
    desk.now("2026-12-01")
    for _ in range(2):
        await elapse(desk.db)
    assert [event["appeal_id"] for event in await desk.events("resumed")] == [over]
    rows = await desk.ask("SELECT appeal_id, status, running, wait_until FROM holding ORDER BY appeal_id")
    assert [(row["status"], row["running"], row["wait_until"]) for row in rows] == [
        ("in_progress", True, None),
        ("suspended", False, day("2026-12-01")),
        ("suspended", False, None),
    ]
    await desk.figures_are_right()


async def test_what_was_not_corrected_is_returned(desk: Desk) -> None:
    kept, gone = await desk.file(2)
    request = Requesting("Мекенжайды көрсетіңіз.", day("2026-11-30"))
    await desk.act(Act.REQUEST_CORRECTION, kept, gone, payload=request)
    desk.now("2026-11-30")
    await elapse(desk.db)
    await desk.act(Act.SUPPLEMENT, kept, payload=Writing("Мысал көшесі, 5."))
    desk.now("2026-12-01")
    await elapse(desk.db)
    assert [event["appeal_id"] for event in await desk.events("returned")] == [gone]
    await desk.figures_are_right()


async def test_a_promise_that_was_not_kept_is_asked_for_once(desk: Desk) -> None:
    (appeal,) = await desk.file()
    answer = Answering(Outcome.SATISFIED, "Жөнделеді.", "kk", "ӘРПК 76", promised_until=day("2027-03-01"))
    await desk.act(Act.ANSWER, appeal, payload=answer)
    for today, told in (("2027-03-01", 0), ("2027-03-02", 1), ("2027-03-03", 1)):
        desk.now(today)
        await elapse(desk.db)
        assert len(await desk.events("control_overdue")) == told
    assert await desk.notices("control.overdue") == [(appeal, "head")]


async def test_a_promise_of_an_answer_that_was_reopened_is_not_waited_for(desk: Desk) -> None:
    (appeal,) = await desk.file()
    answer = Answering(Outcome.SATISFIED, "Жөнделеді.", "kk", "ӘРПК 76", promised_until=day("2027-03-01"))
    await desk.act(Act.ANSWER, appeal, payload=answer)
    await desk.act(Act.REOPEN, appeal, payload=Writing("Орындалмады."))
    desk.now("2027-03-02")
    before = len(await desk.ask("SELECT FROM event"))
    await elapse(desk.db)
    assert len(await desk.ask("SELECT FROM event")) == before


async def test_many_elapse_in_batches(busy: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "BATCH", 2)
    appeals = await busy.file(5)
    await busy.act(Act.SUSPEND, *appeals, payload=Suspending(SuspensionGround.COURT, day("2026-11-30")))
    busy.now("2026-12-03")
    await asyncio.gather(*(elapse(busy.db) for _ in range(2)))
    assert [event["appeal_id"] for event in await busy.events("resumed")] == appeals
    await busy.figures_are_right()
