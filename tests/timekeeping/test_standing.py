"""A clock that stands longer than it was told to, because nobody looked: what was told counts."""

from app.appeals.codes import SuspensionGround, TerminationGround
from app.appeals.commands import Suspending, Terminating, Writing
from app.appeals.lifecycle import Act
from app.timekeeping.watching import elapse
from tests.timekeeping.desk import CITIZEN, Desk, day

UNTIL = day("2026-11-30")
SUSPENDED = Suspending(SuspensionGround.COURT, UNTIL)


async def newest(desk: Desk, appeal: int) -> tuple[str, str, int]:
    async with desk.db.read() as connection:
        row = await connection.fetchrow(
            """SELECT status, due_on,
                      (SELECT count(*) FROM event
                       WHERE event.appeal_id = $1 AND kind = 'control_overdue') AS told
               FROM holding WHERE appeal_id = $1 ORDER BY id DESC LIMIT 1""",
            appeal,
        )
    assert row is not None
    return row["status"], row["due_on"].isoformat(), row["told"]


async def test_resumed_by_hand_or_by_the_worker_the_same_day_counts(desk: Desk) -> None:
    by_hand, by_itself = await desk.file(2)
    await desk.act(Act.SUSPEND, by_hand, by_itself, payload=SUSPENDED)
    desk.now("2026-12-08")
    await desk.act(Act.RESUME, by_hand)
    await elapse(desk.db)
    # Five working days, 24 to 30 November, beyond 14 December; the 16th is a holiday.
    expected = ("in_progress", "2026-12-22", 0)
    assert await newest(desk, by_hand) == await newest(desk, by_itself) == expected


async def test_what_was_withdrawn_while_it_stood_is_waited_for_no_more(desk: Desk) -> None:
    (appeal,) = await desk.file()
    await desk.act(Act.SUSPEND, appeal, payload=SUSPENDED)
    await desk.act(Act.WITHDRAW, appeal, actor=CITIZEN)
    desk.now("2026-12-08")
    await elapse(desk.db)
    assert (await newest(desk, appeal))[::2] == ("withdrawn", 0)


async def test_ending_and_reopening_gives_no_new_term(desk: Desk) -> None:
    (appeal,) = await desk.file()
    desk.now("2026-11-30")  # ten working days are left
    await desk.act(
        Act.TERMINATE, appeal, payload=Terminating(TerminationGround.NO_ESSENCE, "Мәні көрсетілмеген.")
    )
    desk.now("2026-12-02")
    await desk.act(Act.REOPEN, appeal, payload=Writing("Қателік болды."))
    assert (await newest(desk, appeal))[:2] == ("registered", "2026-12-17")
