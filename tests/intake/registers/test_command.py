"""`listening-state import` as it is run: what it says, what it leaves, and killed in the middle."""

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from app.cli import cli
from app.core.commands import language
from app.core.db import Database, DatabaseUrls
from app.intake.registers.cli import LARGE
from app.oversight.cli import verified
from tests.intake.registers.brought import MAPPING, brought, clerks_of, closed, number_of, row, with_rows
from tests.support import SECRET
from tests.warm import Command, ran, without_ours

MANY = 4000


def test_it_explains_itself() -> None:
    said = CliRunner().invoke(cli, ["import", "--help"], prog_name="listening-state")
    assert said.exit_code == 0
    for word in ("--mapping", "--dry-run", "--rejects", "docs/importing.md"):
        assert word in said.output


@pytest.mark.parametrize(
    ("asked", "environment", "found"),
    [
        (None, {"LANG": "kk_KZ.UTF-8"}, "kk"),
        (None, {"LANG": "ru_RU.UTF-8"}, "ru"),
        (None, {"LANG": "ru_RU.UTF-8", "LC_ALL": "kk_KZ"}, "kk"),
        ("ru", {"LANG": "kk_KZ"}, "ru"),
        (None, {"LANG": "C.UTF-8"}, "en"),
        (None, {}, "en"),
    ],
)
def test_it_speaks_the_terminals_language(asked: str | None, environment: dict[str, str], found: str) -> None:
    assert language(asked, environment) == found


def environment(urls: DatabaseUrls) -> dict[str, str]:
    kept = {name: value for name, value in without_ours().items() if not name.startswith(("LC_", "LANG"))}
    return kept | {"LS_DATABASE_URL": urls.owner, "LS_SECRET_KEY": SECRET}


async def imported(urls: DatabaseUrls, *words: object) -> tuple[int, str, str]:
    done = await asyncio.to_thread(ran, ["import", *map(str, words)], environment(urls))
    return done.returncode, done.stdout, done.stderr


async def test_what_it_says_and_leaves(real_urls: DatabaseUrls, real_db: Database, tmp_path: Path) -> None:
    file = with_rows(tmp_path, row(number="1"), row(number="2", received="01.01.1900"))
    by = ("--mapping", MAPPING)
    code, out, err = await imported(real_urls, file, *by, "--dry-run")
    assert code == 1
    assert out.startswith("Row 3. Поступило: The day is before 2007: ")
    assert "Nothing was changed. Rows: 2. Would be brought along: 1" in out
    assert set(os.listdir(tmp_path)) == {"rows.csv"}
    code, out, err = await imported(real_urls, file, *by, "--lang", "ru")
    assert (code, out.splitlines()[0]) == (
        1,
        "Строк: 2. Перенесено: 1, из них закрытых: 1. Уже были здесь: 0. Не приняты: 1.",
    )
    assert "reading the register: 100 %" in err
    assert "01.01.1900" in (tmp_path / "rows.csv.rejects.csv").read_text(encoding="utf-8")


async def test_what_cannot_be_used_is_said_in_a_sentence(real_urls: DatabaseUrls, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("", encoding="utf-8")
    code, out, err = await imported(real_urls, empty, "--mapping", MAPPING)
    assert (code, out, err) == (2, "", "listening-state: The file has no header and no rows.\n")


async def test_killed_in_the_middle_and_run_again(
    real_urls: DatabaseUrls, real_db: Database, tmp_path: Path
) -> None:
    rows = [
        row(number=str(n), received=f"{1 + n % 28:02}.03.2019 10:15", closed="05.06.2019")
        for n in range(MANY)
    ]
    file = with_rows(tmp_path, *rows)
    assert file.stat().st_size > LARGE
    words = ["import", str(file), "--mapping", str(MAPPING), "--processes", "2"]
    process = Command(words, environment(real_urls), out=tmp_path / "said")
    try:
        while not (there := await number_of(real_db)):
            assert process.poll() is None, (tmp_path / "said").read_text()
            await asyncio.sleep(0.01)
        clerks = clerks_of(process.pid)
    finally:
        os.kill(process.pid, signal.SIGKILL)  # it alone
        await asyncio.to_thread(process.wait)
    assert len(clerks) == 2
    assert not psutil.wait_procs(clerks, timeout=30)[1]  # they end with it
    there = await number_of(real_db)
    assert 0 < there < MANY
    assert there == await closed(real_db)  # none of them is half there
    again = (await brought(real_db, file, MAPPING)).summary
    assert (again.brought, again.closed, again.there) == (MANY - there, MANY - there, there)
    assert await number_of(real_db) == await closed(real_db) == MANY
    assert not await verified(real_db, lambda done, all_: None)
