"""Back-up and restore to a moment, rehearsed with the commands of docs/operations.md on the real server."""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.appeals.numbers import parse
from app.core.db import Database
from app.core.embedded_place import wheel_binaries
from app.directory import snapshot
from app.oversight.cli import verified
from app.seals.heads_file import HeadsFile
from app.seals.sealing import seal
from app.seals.verifying import Walk
from tests.ops.test_full import filed
from tests.ops.whole import Whole, open_folder
from tests.warm import ran

ARCHIVING = """archive_mode = on
archive_command = 'test ! -f {archive}/%f && cp %p {archive}/%f.part && mv {archive}/%f.part {archive}/%f'
"""
TO_A_MOMENT = """archive_mode = off
restore_command = 'cp {archive}/%f %p'
recovery_target_time = '{moment}'
recovery_target_action = promote
"""
SPARE = 5_000


@dataclass
class Rehearsal:
    """`took`: seconds of each step."""

    whole: Whole
    folder: Path
    took: dict[str, float] = field(default_factory=dict)

    @property
    def heads(self) -> HeadsFile:
        return HeadsFile(self.whole.folder / "seals" / "heads.jsonl")

    async def tool(self, step: str, name: str, *words: str | Path) -> str:
        """A program that comes with PostgreSQL, over the server's socket."""
        where = [wheel_binaries() / name, "-h", self.whole.socket, "-U", "postgres"]
        return await self._timed(step, subprocess.run, [*where, *words], capture_output=True, text=True)

    async def command(self, step: str, *words: str) -> str:
        """One of ours."""
        return await self._timed(step, ran, words, self.whole.environment)

    async def _timed(self, step: str, run: Callable[..., Any], *given: Any, **more: Any) -> str:
        begun = time.monotonic()
        done = await asyncio.to_thread(run, *given, **more)
        self.took[step] = time.monotonic() - begun
        assert done.returncode == 0, done.stdout + done.stderr
        return str(done.stdout)

    def settings_of_their_own(self, text: str, *, sign: bool = False) -> None:
        """Into `operator.conf`, as the one who runs the server."""
        pgdata = self.whole.pgdata
        (pgdata / "operator.conf").write_text(text.format(archive=self.folder / "archive"))
        if sign:
            (pgdata / "recovery.signal").touch()
        for name in ("operator.conf", *(["recovery.signal"] if sign else [])):
            os.chown(pgdata / name, pgdata.stat().st_uid, pgdata.stat().st_gid)

    async def ask(self, statement: str) -> object:
        db = await Database.open(self.whole.urls, pool_size=1)
        async with db.read() as connection:
            found = await connection.fetchval(statement)
        await db.close()
        return found

    async def sealed(self) -> None:
        """What the worker does each minute."""
        db = await Database.open(self.whole.urls, pool_size=2)
        await seal(db, self.heads)
        await db.close()


async def test_to_a_moment(request: pytest.FixtureRequest) -> None:
    with open_folder() as folder:
        whole = Whole(folder / "data", LS_WORKERS="1")
        whole.folder.mkdir(mode=0o711)
        rehearsal = Rehearsal(whole, folder)
        await rehearsal.command("make the database", "migrate")
        (folder / "archive").mkdir()
        os.chown(folder / "archive", whole.pgdata.stat().st_uid, whole.pgdata.stat().st_gid)
        rehearsal.settings_of_their_own(ARCHIVING)
        before, after, moment = await _lived(rehearsal)
        await _destroyed_and_restored(rehearsal, moment)
        async with whole.running():
            await _as_it_was(rehearsal, before, after)
    said = "; ".join(f"{step} {seconds:.1f} s" for step, seconds in rehearsal.took.items())
    request.config.get_terminal_writer().line(f"\nrestore to a moment: {said}")


async def _lived(rehearsal: Rehearsal) -> tuple[set[str], set[str], str]:
    """What was confirmed before the moment and after it, until the machine is lost."""
    whole = rehearsal.whole
    async with whole.running(), httpx.AsyncClient(base_url=whole.url, timeout=60) as client:
        before = {(await filed(client, n)).json()["number"] for n in range(3)}
        how = ("-X", "stream", "-c", "fast")
        await rehearsal.tool("base backup", "pg_basebackup", *how, "-D", rehearsal.folder / "base")
        before |= {(await filed(client, n)).json()["number"] for n in range(3, 6)}
        await rehearsal.sealed()
        moment = str(await rehearsal.ask("SELECT clock_timestamp()"))
        after = {(await filed(client, n)).json()["number"] for n in range(6, 9)}
        await rehearsal.sealed()
        await _archived(rehearsal)
    return before, after, moment


async def _archived(rehearsal: Rehearsal) -> None:
    """The segment that is being written goes to the archive too, as archive_timeout has it do each minute."""
    switching = "SELECT pg_walfile_name(pg_switch_wal())"
    switched = await rehearsal.tool("switch", "psql", "-tAc", switching)
    for _ in range(600):
        if (rehearsal.folder / "archive" / switched.strip()).exists():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{switched} is never archived")


async def _destroyed_and_restored(rehearsal: Rehearsal, moment: str) -> None:
    whole = rehearsal.whole
    shutil.rmtree(whole.pgdata)
    begun = time.monotonic()
    shutil.copytree(rehearsal.folder / "base", whole.pgdata)
    whole.pgdata.chmod(0o700)
    rehearsal.took["copy the base back"] = time.monotonic() - begun
    rehearsal.settings_of_their_own(TO_A_MOMENT.replace("{moment}", moment), sign=True)
    said = await rehearsal.command("recover, and `restored`", "restored", "--spare", str(SPARE))
    assert "kept in" in said, said
    rehearsal.settings_of_their_own("")


async def _as_it_was(rehearsal: Rehearsal, before: set[str], after: set[str]) -> None:
    whole = rehearsal.whole
    db = await Database.open(whole.urls, pool_size=4)
    await snapshot.refresh(db)
    async with db.read() as connection:
        there = {row["id"] for row in await connection.fetch("SELECT id FROM appeal")}
    assert there == {parse(number).appeal_id for number in before}, "all of before, and nothing of after"
    async with httpx.AsyncClient(base_url=whole.url, timeout=60) as client:
        again = await filed(client, 6)
        assert again.status_code == 201, "what is sent again is registered again"
        serial = parse(again.json()["number"]).serial
        assert serial > SPARE + max(parse(number).serial for number in after), "and no number is given twice"
    await seal(db, rehearsal.heads)
    assert await verified(db, lambda done, all_: None) == []
    assert [found async for found in Walk(db, [rehearsal.heads.path], lambda d, a: None).findings()] == []
    (aside,) = rehearsal.heads.path.parent.glob("heads-until-seal-*.jsonl")
    beyond = [found async for found in Walk(db, [aside], lambda d, a: None).findings()]
    assert {found.code for found in beyond} <= {"lost_seal", "other_seal"}, beyond
    assert beyond, "what the old heads prove and the database has no more is said"
    await db.close()
