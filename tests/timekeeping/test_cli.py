"""`listening-state deadlines moves`: what the rules would move, said and not done."""

import asyncio

import pytest
from click.testing import CliRunner

from app.cli import cli
from app.core.db import Database, DatabaseUrls
from app.deadlines.calendar import Override
from app.directory import load
from app.timekeeping import repository
from app.timekeeping.cli import show_moves
from tests.casework.people import registered, submission
from tests.support import SECRET
from tests.timekeeping.desk import at, day
from tests.warm import ran, without_ours


@pytest.mark.parametrize("words", [["deadlines"], ["deadlines", "moves"]])
def test_it_explains_itself(words: list[str]) -> None:
    said = CliRunner().invoke(cli, [*words, "--help"], prog_name="listening-state")
    assert said.exit_code == 0
    assert said.output.startswith("Usage: listening-state deadlines")
    assert "due day" in said.output or "would move" in said.output


async def order_without_recalculation(db: Database) -> None:
    """As if the rules were other ones than those that the terms were counted by."""
    async with db.transaction() as connection:
        order = Override(day("2026-12-07"), False, "№ 1", day("2026-11-23"))
        await repository.add_overrides(connection, [order])
        await load.bump(connection)


async def test_a_line_for_each_that_would_move(real_db: Database, real_urls: DatabaseUrls) -> None:
    first, second = await registered(
        real_db,
        [
            submission(kind="statement", received_at=at("2026-11-23")),
            submission(kind="statement", received_at=at("2026-11-09")),
        ],
    )
    said: list[str] = []
    shown: list[tuple[int, int]] = []
    assert await show_moves(real_db, lambda done, total: shown.append((done, total)), said.append) == (2, 0)
    assert (said, shown) == ([], [(2, 2)])
    await order_without_recalculation(real_db)
    environment = without_ours() | {"LS_DATABASE_URL": real_urls.owner, "LS_SECRET_KEY": SECRET}
    done = await asyncio.to_thread(ran, ["deadlines", "moves"], environment)
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [f"{first.number} 2026-12-14 2026-12-15", "1 of 2 open cases would move."],
    ), done.stderr
    assert done.stderr == "looking at open cases: 100 %\n"
    async with real_db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM event WHERE kind = 'recalculated'") == 0
        assert await connection.fetchval("SELECT max(due_on) FROM holding") == day("2026-12-14")
    assert second.number not in done.stdout
