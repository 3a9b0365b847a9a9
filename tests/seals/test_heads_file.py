"""The file of heads when it cannot be written, or only by half: sealing goes on, nothing of it is lost."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from prometheus_client import REGISTRY

from app.core.db import Database, DatabaseUrls
from app.seals import sealing
from app.seals.heads_file import HeadsFile
from app.seals.sealing import FileUnwritable
from app.seals.verifying import Walk
from tests.casework.people import registered, submission
from tests.core.test_db import GonePool
from tests.delivery.receivers import free_port
from tests.ops.test_embedded_postgres import small_disk
from tests.repository.source import ROOT
from tests.seals.sealed import seal, settled
from tests.support import SECRET, WITHOUT_TLS
from tests.warm import Command, without_ours

SAID = {"kind": "inquiry", "language": "kk", "text": "Қашан?", "applicant": {"name": "Үлгі Сынақбаев"}}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Of five pages of memory; without the right to mount there is none, and the test is skipped."""
    with small_disk(tmp_path, "20k") as found:
        yield found


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while file.write(b"\0" * 1024):
            pass
    return ballast


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", disk], check=True)


async def in_the_database(db: Database) -> list[str]:
    async with db.read() as connection:
        return [row["head"] for row in await connection.fetch("SELECT head FROM seal ORDER BY number")]


async def whole(db: Database, file: HeadsFile) -> bool:
    """Whether the file holds every head, once, in order and nothing else."""
    return [one.head if one else None for _, one in file.read()] == await in_the_database(db)


def waiting() -> float | None:
    return REGISTRY.get_sample_value("ls_heads_waiting")


async def test_a_disk_that_fills_up_in_the_middle_of_a_line(
    real_db: Database, few: int, disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = HeadsFile(disk / "heads.jsonl")
    await registered(real_db, [submission()])
    await seal(real_db, file)
    ballast = fill(disk)
    await registered(real_db, [submission() for _ in range(3 * 12)])
    for _ in range(2):  # the second round finds the half line of the first
        with pytest.raises(FileUnwritable, match="ENOSPC"):
            await seal(real_db, file)
    told = file.path.read_bytes()
    assert not told.endswith(b"\n"), "the room ended within a line"
    made = len(await in_the_database(real_db))
    assert made == 13, "sealing itself goes on"
    assert waiting() == made - told.count(b"\n") > 0
    findings = [found async for found in Walk(real_db, [file.path], lambda d, a: None).findings()]
    assert [found.code for found in findings] == ["line"], "who looks meanwhile is shown the half line alone"
    ballast.unlink()
    assert await seal(real_db, file) == 0
    assert await whole(real_db, file)
    assert waiting() == 0
    assert [found async for found in Walk(real_db, [file.path], lambda d, a: None).findings()] == []


async def test_a_disk_that_may_not_be_written_and_a_folder_that_is_gone(
    real_db: Database, disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = HeadsFile(disk / "seals" / "heads.jsonl")
    for _ in range(2):
        await registered(real_db, [submission()])
        await seal(real_db, file)
    await asyncio.to_thread(remount, disk, "ro")
    await registered(real_db, [submission()])
    with pytest.raises(FileUnwritable, match="EROFS"):
        await seal(real_db, file)
    assert (len(await in_the_database(real_db)), waiting()) == (3, 1)
    await asyncio.to_thread(remount, disk, "rw")
    os.remove(file.path)
    file.path.parent.rmdir()
    with caplog.at_level(logging.WARNING, "listening_state.seals"):
        await seal(real_db, file)
    assert await whole(real_db, file)
    assert "written anew from the first head" in caplog.text, "somebody took it away"


async def test_a_worker_says_so_and_catches_up(
    real_db: Database, real_urls: DatabaseUrls, real_client: httpx.AsyncClient, disk: Path, tmp_path: Path
) -> None:
    """A real one, whose disk is full from the start, and people who file meanwhile."""
    await registered(real_db, [submission()])
    await seal(real_db, HeadsFile(tmp_path / "another.jsonl"))
    file, ballast, at = HeadsFile(disk / "heads.jsonl"), fill(disk), f"127.0.0.1:{free_port()}"
    log = tmp_path / "worker.log"
    environment = without_ours() | {
        "LS_DATABASE_URL": real_urls.owner,
        "LS_DATA_DIR": str(tmp_path),
        "LS_SECRET_KEY": SECRET,
        "LS_SEALS_FILE": str(file.path),
        "LS_WORKER_METRICS": at,
    }
    worker = Command(("worker",), environment, out=log)
    try:
        await _until(lambda: _says(at, "ls_heads_waiting 1.0"))
        assert (await real_client.post("/api/v1/appeals", json=SAID)).status_code == 201
        await _until(lambda: _says(at, "ls_heads_waiting 2.0"))
        assert "ENOSPC" in log.read_text(encoding="utf-8")
        assert "job seal failed (FileUnwritable" in log.read_text(encoding="utf-8")
        assert await _says(at, 'ls_job_failures_total{job="seal"}')
        ballast.unlink()
        await _until(lambda: _says(at, "ls_heads_waiting 0.0"))
        assert await whole(real_db, file)
    finally:
        worker.terminate()
        await asyncio.to_thread(worker.wait, 60)


async def _says(at: str, what: str) -> bool:
    with suppress(httpx.TransportError):
        async with httpx.AsyncClient(verify=WITHOUT_TLS) as client:
            return what in (await client.get(f"http://{at}/metrics")).text
    return False


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(600):
        if await holds():
            return
        await asyncio.sleep(0.1)
    raise TimeoutError


HALF = """
import asyncio, sys, time
from contextlib import contextmanager
from pathlib import Path
from app.core import cipher
from app.core.db import Database, DatabaseUrls
from app.seals import heads_file, sealing

class Slow:
    def __init__(self, file):
        self.file = file

    def write(self, lines):
        self.file.write(lines[: len(lines) // 2 + 7])
        self.file.flush()
        print("half", flush=True)
        time.sleep(60)

    def __getattr__(self, name):
        return getattr(self.file, name)

def slowly(locked):
    @contextmanager
    def opened(self):
        with locked(self) as file:
            yield Slow(file)
    return opened

async def main():
    cipher.use(cipher.Cipher([sys.argv[1]]))
    db = await Database.open(DatabaseUrls.of(sys.argv[2]), pool_size=2)
    heads_file.HeadsFile._locked = slowly(heads_file.HeadsFile._locked)
    await sealing.seal(db, heads_file.HeadsFile(Path(sys.argv[3])))

asyncio.run(main())
"""


async def test_killed_in_the_middle_of_a_line(
    real_db: Database, real_urls: DatabaseUrls, few: int, file: HeadsFile
) -> None:
    await registered(real_db, [submission()])
    await seal(real_db, file)
    await registered(real_db, [submission() for _ in range(9)])
    await settled(real_db)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HALF, SECRET, real_urls.owner, str(file.path)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    assert await process.stdout.readline() == b"half\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert not file.path.read_bytes().endswith(b"\n")
    await registered(real_db, [submission()])
    await seal(real_db, file)
    assert await whole(real_db, file)


@pytest.mark.parametrize("left", [b'{"head":"{', b"\0" * 4_096, b"\0" * 100_000])
async def test_what_a_machine_that_stopped_leaves_behind(
    real_db: Database, file: HeadsFile, left: bytes
) -> None:
    """Half a line, or pages of nothing that are longer than any line: of a first line and of a later one."""
    await registered(real_db, [submission()])
    file.path.parent.mkdir()
    file.path.write_bytes(left)
    await seal(real_db, file)
    assert await whole(real_db, file)
    with file.path.open("ab") as appended:
        appended.write(left)
    await registered(real_db, [submission()])
    await seal(real_db, file)
    assert await whole(real_db, file)
    assert len(await in_the_database(real_db)) == 2
    assert file.last() is not None


async def test_a_database_that_is_away_is_no_full_disk(file: HeadsFile) -> None:
    with pytest.raises(ConnectionError):
        await sealing.complete(Database(GonePool()), file)
