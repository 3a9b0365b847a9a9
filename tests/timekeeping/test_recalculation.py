"""The worker's passes: killed and gone on with, beside other work, after orders and with other rules."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.appeals import service
from app.appeals.codes import SuspensionGround
from app.appeals.commands import Command, Extending, Hearing, Suspending, Writing
from app.appeals.lifecycle import Act
from app.casework import queue
from app.core import clock
from app.deadlines.calendar import Override
from app.deadlines.regimes import LAW
from app.directory import snapshot
from app.directory.registry import Directory, Facts
from app.directory.snapshot import read_directory
from app.staff.access import StaffCaller
from app.staff.permissions import Role
from app.timekeeping import recalculation, repository
from app.timekeeping.models import Cause
from app.timekeeping.recalculation import RIPE_AFTER, recalculate, settled
from tests.casework.people import Office
from tests.timekeeping.desk import MONDAY, Desk, at, day, off

ACT = "Қаулы № 1234"
INSIDE = "2026-12-07"
SOON = 10


class Killed(ConnectionError):
    """In the place of a kill: whatever the transaction did is undone, and the worker comes again."""


@pytest.fixture
def in_twos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recalculation, "BATCH", 2)


def dies_after(monkeypatch: pytest.MonkeyPatch, batches: int) -> list[int]:
    """Acts work for so many batches; the next one is cut off after they are written. Gives their sizes."""
    real, sizes = service.act, list[int]()

    async def act(connection: Any, commands: Any, directory: Any, **more: Any) -> Any:
        sizes.append(len(commands))
        done = await real(connection, commands, directory, **more)
        if len(sizes) > batches:
            raise Killed
        return done

    monkeypatch.setattr(service, "act", act)
    return sizes


@pytest.mark.usefixtures("in_twos")
async def test_killed_in_the_middle_it_goes_on_where_it_was(
    busy: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    appeals = await busy.file(7)
    id_ = await busy.announce(ACT, off(INSIDE))
    busy.ripe()
    with monkeypatch.context() as patched:
        dies_after(patched, batches=1)
        with pytest.raises(Killed):
            await recalculate(busy.db)
    assert await busy.due(*appeals) == [day("2026-12-15")] * 2 + [day("2026-12-14")] * 5
    found = await busy.recalculation(id_)
    assert (found["looked_at"], found["left"], found["moved_so_far"]) == (2, 5, 2)

    with monkeypatch.context() as patched:
        sizes = dies_after(patched, batches=99)
        await busy.recalculated()
    assert sizes == [2, 2, 1], "what had moved is not moved again, neither now nor by the last pass"
    assert await busy.due(*appeals) == [day("2026-12-15")] * 7
    assert len(await busy.events("recalculated")) == 7
    found = await busy.recalculation(id_)
    assert (found["state"], found["looked_at"], found["moved_so_far"]) == ("finished", 7, 7)
    await busy.figures_are_right()


@pytest.mark.usefixtures("in_twos")
async def test_a_batch_that_is_done_twice_moves_nothing_twice(desk: Desk) -> None:
    appeals = await desk.file(5)
    id_ = await desk.announce(ACT, off(INSIDE))
    await desk.recalculated()
    async with desk.db.transaction() as connection:
        await connection.execute(
            "UPDATE recalculation SET last_id = 0, finished_at = NULL WHERE id = $1", id_
        )
    await desk.recalculated()
    assert await desk.due(*appeals) == [day("2026-12-15")] * 5
    assert len(await desk.events("recalculated")) == len(await desk.notices("deadline.changed")) == 5
    assert (await desk.recalculation(id_))["moved_so_far"] == 5
    await desk.figures_are_right()


async def test_it_waits_for_those_who_may_still_hold_the_old_calendar(desk: Desk) -> None:
    """For some seconds another process registers by the calendar as it was; then nobody does any more."""
    old = snapshot.current()
    (first,) = await desk.file()
    id_ = await desk.announce(ACT, off(INSIDE))
    desk.time.shift(RIPE_AFTER - timedelta(milliseconds=1))
    await recalculate(desk.db)
    assert (await desk.recalculation(id_))["state"] == "waiting"
    assert snapshot.current() is old
    (late,) = await desk.file()
    assert await desk.due(first, late) == [day("2026-12-14")] * 2
    desk.ripe()
    await recalculate(desk.db)
    assert await desk.due(first, late) == [day("2026-12-15")] * 2
    found = await desk.recalculation(id_)
    assert (found["state"], found["looked_at"], found["moved_so_far"]) == ("finished", 2, 2)


@pytest.mark.usefixtures("in_twos")
async def test_an_order_in_the_middle_of_a_pass_moves_nobody_to_and_fro(
    busy: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An act in a process that knows it already has moved a case that the pass has not come to."""
    *_, last = appeals = await busy.file(5)
    await busy.announce("№ 1", off(INSIDE))
    busy.ripe()
    real, batches = repository.holdings, list[int]()

    async def holdings(connection: Any, ids: Any) -> Any:
        batches.append(len(ids))
        if len(batches) == 1:
            await busy.announce("№ 2", off("2026-12-08"))
            await snapshot.refresh(busy.db)
            await busy.act(Act.HEARING, last, payload=Hearing(exempt_ground="Қолайлы шешім."))
        return await real(connection, ids)

    monkeypatch.setattr(repository, "holdings", holdings)
    await recalculate(busy.db)
    await busy.recalculated()
    assert await busy.due(*appeals) == [day("2026-12-17")] * 5
    told = [
        event["data"]["after"] for event in await busy.events("recalculated") if event["appeal_id"] == last
    ]
    assert told == ["2026-12-17"]
    acts = {event["appeal_id"]: event["data"]["act"] for event in await busy.events("recalculated")}
    assert acts[appeals[2]] == "№ 1; № 2"
    await busy.figures_are_right()


async def test_what_stands_moves_and_stands_on(desk: Desk) -> None:
    stands, ends = await desk.file(2)
    desk.now("2026-11-25")
    await desk.act(Act.SUSPEND, stands, ends, payload=Suspending(SuspensionGround.COURT))
    desk.now("2026-11-30")
    await desk.announce(ACT, off(INSIDE))
    await desk.recalculated()
    assert await desk.due(stands) == [day("2026-12-15")]
    (event, _) = await desk.events("recalculated")
    assert (event["data"]["due_on"], event["data"]["running"]) == ("2026-12-15", False)
    await desk.figures_are_right()
    desk.now("2026-12-08")
    await desk.act(Act.RESUME, stands)
    # From 25 November to 8 December nine days but the 7th: eight are added to the 15th, the 16th is off.
    assert await desk.due(stands) == [day("2026-12-28")]
    assert {row["running"] for row in await desk.ask("SELECT running FROM holding")} == {True, False}
    await desk.figures_are_right()


async def test_what_was_extended_moves_only_when_its_last_day_is_off(desk: Desk) -> None:
    inside, last = await desk.file(2)
    await desk.act(Act.EXTEND, inside, payload=Extending(day("2026-12-25"), "Сараптама керек."))
    await desk.act(Act.EXTEND, last, payload=Extending(day("2026-12-28"), "Сараптама керек."))
    found = await desk.preview(ACT, off("2026-12-28"))
    assert [(item["before"], item["after"]) for item in found["items"]] == [("2026-12-28", "2026-12-29")]
    await desk.announce(ACT, off("2026-12-28"))
    await desk.recalculated()
    assert await desk.due(inside, last) == [day("2026-12-25"), day("2026-12-29")]
    await desk.figures_are_right()


async def test_with_two_orders_each_case_is_told_of_those_within_its_term(desk: Desk) -> None:
    (both,) = await desk.file()
    (second,) = await desk.file(moment="2026-12-07")
    await desk.announce("№ 1", off("2026-12-07"))
    await desk.announce("№ 2", off("2026-12-11"))
    await desk.recalculated()
    assert await desk.due(both, second) == [day("2026-12-17"), day("2026-12-30")]
    told = {event["appeal_id"]: event["data"]["act"] for event in await desk.events("recalculated")}
    assert told == {both: "№ 1; № 2", second: "№ 2"}


async def test_only_what_moves_is_locked(busy: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a batch is not committed, nobody who claims from the queue waits, and no other case is shut."""
    (stays,) = await busy.file(moment="2026-11-10")
    (moves,) = await busy.file()
    operator = await Office(busy.db, busy.client).person("operator@energy")
    energy = snapshot.current().agency("energy")
    caller = StaffCaller(
        operator.account_id, operator.login, operator.name, Role.OPERATOR, energy.id, energy.code, uuid4()
    )
    await busy.announce(ACT, off(INSIDE))
    busy.ripe()
    written, go_on = asyncio.Event(), asyncio.Event()
    real = service.act

    async def act(connection: Any, commands: list[Command], directory: Any, **more: Any) -> Any:
        done = await real(connection, commands, directory, **more)
        if commands[0].act is Act.RECALCULATE:
            written.set()
            await go_on.wait()
        return done

    monkeypatch.setattr(service, "act", act)
    working = asyncio.create_task(recalculate(busy.db))
    try:
        async with asyncio.timeout(SOON):
            await written.wait()
            async with busy.db.transaction() as connection:
                rows = await queue.claim(connection, caller, 5, snapshot.current(), clock.now())
            await busy.act(Act.NOTE, stays, payload=Writing("Ескерту."))
    finally:
        go_on.set()
        await working
    assert [row["appeal_id"] for row in rows] == [stays]
    assert await busy.due(moves, stays) == [day("2026-12-15"), day("2026-12-01")]


async def test_a_case_that_is_answered_meanwhile_keeps_its_day(
    busy: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was open when it was read; when its turn comes it is closed, and what is closed never moves."""
    answered, open_ = await busy.file(2)
    id_ = await busy.announce(ACT, off(INSIDE))
    real, first = repository.holdings, [True]

    async def holdings(connection: Any, ids: Any) -> Any:
        found = await real(connection, ids)
        if first.pop() if first else False:
            await busy.act(Act.WITHDRAW, answered, payload=Writing("Ескерту."))
        return found

    old = snapshot.current()  # the withdrawal's process does not know the order yet
    assert old.calendar.is_working_day(day(INSIDE))
    monkeypatch.setattr(repository, "holdings", holdings)
    refresh = snapshot.refresh

    async def refresh_for_the_worker_alone(db: Any) -> Directory:
        renewed = await refresh(db)
        snapshot.set_current(old)
        return renewed

    monkeypatch.setattr(snapshot, "refresh", refresh_for_the_worker_alone)
    await busy.recalculated()
    assert await busy.due(answered, open_) == [day("2026-12-14"), day("2026-12-15")]
    assert [event["appeal_id"] for event in await busy.events("recalculated")] == [open_]
    assert (await busy.recalculation(id_))["moved_so_far"] == 1
    await busy.figures_are_right()


async def test_one_ledger_that_cannot_be_read_stops_nobody(
    busy: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad, other = await busy.file(3)
    async with busy.db.transaction() as connection:
        await connection.execute(
            """INSERT INTO ledger (holding_id, event_hash, facts)
               SELECT id, last_hash, $2 FROM holding WHERE appeal_id = $1""",
            bad,
            [{"code": "unheard_of", "at": at(MONDAY).isoformat(), "by": "staff", "data": {}}],
        )
    id_ = await busy.announce(ACT, off(INSIDE))
    await busy.recalculated()
    assert await busy.due(good, bad, other) == [day("2026-12-15"), day("2026-12-14"), day("2026-12-15")]
    assert "its ledger cannot be read" in caplog.text
    assert (await busy.recalculation(id_))["state"] == "finished"


async def test_one_act_that_fails_stops_nobody(
    busy: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad, other = await busy.file(3)
    real = service.act

    async def act(connection: Any, commands: list[Command], directory: Any, **more: Any) -> Any:
        if bad in {command.appeal_id for command in commands}:
            raise ValueError("cannot be decided")
        return await real(connection, commands, directory, **more)

    await busy.announce(ACT, off(INSIDE))
    busy.ripe()
    with monkeypatch.context() as patched:
        patched.setattr(service, "act", act)
        await recalculate(busy.db)
    assert await busy.due(good, bad, other) == [day("2026-12-15"), day("2026-12-14"), day("2026-12-15")]
    assert "left out of recalculation" in caplog.text
    await busy.figures_are_right()


# Other rules


def test_the_fingerprint_is_of_every_row() -> None:
    (first, *_) = LAW.rules
    assert LAW.fingerprint == LAW.amended().fingerprint
    assert LAW.amended(first).fingerprint != LAW.fingerprint
    assert (
        len({LAW.amended(replace(first, amount=n, unit="months")).fingerprint for n in (1, 2, 3)})  # type: ignore[arg-type]
        == 3
    )


async def test_a_new_installation_notes_its_rules_once(desk: Desk) -> None:
    await desk.recalculated()
    await desk.recalculated()
    rows = await desk.ask("SELECT cause, law, finished_at IS NOT NULL AS done FROM recalculation")
    assert [tuple(row) for row in rows] == [(Cause.RULES, LAW.fingerprint, True)]


async def test_other_rules_move_what_they_must_and_name_the_rule(desk: Desk) -> None:
    """The appeals were registered when a term was a day longer: by a calendar that nobody has any more."""
    (before,) = await desk.file()
    present = snapshot.current()
    snapshot.set_current(await _with(desk, Override(day(INSIDE), False, "", day(MONDAY))))
    (longer,) = await desk.file()
    snapshot.set_current(present)
    assert await desk.due(before, longer) == [day("2026-12-14"), day("2026-12-15")]
    async with desk.db.transaction() as connection:
        await repository.add(connection, Cause.RULES, "of another version", at(MONDAY))
    await desk.recalculated()
    assert await desk.due(before, longer) == [day("2026-12-14")] * 2
    (event,) = await desk.events("recalculated")
    assert (event["appeal_id"], event["data"]["act"], event["data"]["rule"]) == (longer, "", "R14")
    assert await desk.notices("deadline.changed") == [(longer, "applicant")]
    newest = await desk.ask("SELECT law FROM recalculation ORDER BY id DESC LIMIT 1")
    assert newest[0]["law"] == LAW.fingerprint
    await desk.figures_are_right()


async def _with(desk: Desk, *orders: Override) -> Directory:
    """The directory of another process, in which there are orders besides."""
    async with desk.db.read() as connection:
        known = await read_directory(connection)
    return Directory(
        Facts(
            known.version,
            known.content_hash,
            known.agencies(),
            [link for agency in known.agencies() for _, link in known.successors(agency)],
            known.regions(),
            known.topics(),
            known.channels(),
            known.sources(),
            [],
            [*known.calendar.overrides.values(), *orders],
        )
    )


async def test_it_is_settled_when_nothing_is_on_its_way(desk: Desk) -> None:
    async def is_settled() -> bool:
        async with desk.db.read() as connection:
            return await settled(connection)

    assert await is_settled()
    await desk.announce(ACT, off(INSIDE))
    assert not await is_settled()
    await desk.recalculated()
    assert await is_settled()
    async with desk.db.transaction() as connection:
        id_ = await repository.add(connection, Cause.RULES, "of another version", clock.now())
        await connection.execute("UPDATE recalculation SET finished_at = requested_at WHERE id = $1", id_)
    assert not await is_settled(), "these are not the rules of this version"


async def test_a_round_without_work_writes_nothing(desk: Desk) -> None:
    await desk.file()
    before = await desk.ask("SELECT *, xmin FROM recalculation")
    desk.time.shift(timedelta(minutes=5))
    await recalculate(desk.db)
    assert await desk.ask("SELECT *, xmin FROM recalculation") == before
