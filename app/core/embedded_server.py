"""The embedded server as a process: found, made (initdb), started, waited for, stopped."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.core.embedded_place import (
    MAJOR,
    EmbeddedError,
    Place,
    Say,
    disk_full,
    explained,
    hand_over,
    unreachable,
    version_of,
)

FREE_NEEDED = 64 * 2**20
FREE_SPENT = 16 * 2**20
LOG_LIMIT = 10 * 2**20
SAY_EVERY = 5.0
STOP_PATIENCE = 60.0
SURVIVOR_PATIENCE = 20.0
NO_SPACE = "No space left on device"


@dataclass(frozen=True, slots=True)
class PidFile:
    """What `postmaster.pid` says; `status` is starting, ready, standby or stopping."""

    pid: int
    socket_dir: str
    status: str


def read_pid_file(pgdata: Path) -> PidFile | None:
    try:
        lines = (pgdata / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        lines += [""] * 8
        return PidFile(int(lines[0]), socket_dir=lines[4], status=lines[7].strip())
    except (FileNotFoundError, NotADirectoryError, ValueError, IndexError):
        return None


def processes_of(pgdata: Path) -> Iterator[psutil.Process]:
    """Every live PostgreSQL process that works in this data folder (each has it as its working directory)."""
    for process in psutil.process_iter():
        try:
            if process.name() == "postgres" and Path(process.cwd()).samefile(pgdata):
                yield process
        except (psutil.Error, OSError):
            continue


class Server:
    """One postmaster, started by us or found running after its owner was killed."""

    def __init__(self, process: subprocess.Popen[bytes] | psutil.Process) -> None:
        self.pid: int = process.pid
        self._process = process

    def alive(self) -> bool:
        if isinstance(self._process, subprocess.Popen):
            return self._process.poll() is None
        with suppress(psutil.NoSuchProcess):
            return bool(self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE)
        return False

    def reload(self) -> None:
        """Have it read its settings again."""
        self._signal(signal.SIGHUP)

    def stop(self, say: Say) -> None:
        """Fast shutdown; after a minute, said aloud, an immediate one (the next start recovers)."""
        self._signal(signal.SIGINT)
        if self._ended(STOP_PATIENCE, say, "database: stopping"):
            return
        say("database: it does not stop; ending it at once, it will recover at the next start")
        self._signal(signal.SIGQUIT)
        if not self._ended(STOP_PATIENCE / 2, say, "database: stopping at once"):
            say(f"database: process {self.pid} does not end; look at it by hand")

    def _signal(self, number: int) -> None:
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            self._process.send_signal(number)

    def _ended(self, patience: float, say: Say, doing: str) -> bool:
        since = said = time.monotonic()
        while self.alive():
            now = time.monotonic()
            if now - since > patience:
                return False
            if now - said > SAY_EVERY:
                say(f"{doing}, {now - since:.0f} s")
                said = now
            time.sleep(0.02)
        return True


def check_cluster(place: Place) -> bool:
    """Whether there is a cluster here. Raises when it is of another version or no cluster at all."""
    pgdata = place.pgdata
    with explained(pgdata):
        if shutil.disk_usage(place.home).free < FREE_NEEDED:
            raise disk_full(place.home)
        if not pgdata.exists() or (pgdata.is_dir() and not any(pgdata.iterdir())):
            return False
        if not (pgdata / "PG_VERSION").is_file():
            raise unreachable(place.data_dir, f"{pgdata} is not a PostgreSQL cluster")
        found = (pgdata / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != str(MAJOR):
            raise EmbeddedError(
                "wrong_version",
                f"{pgdata} was made by PostgreSQL {found}, this program brings {version_of(place.binaries)}: "
                f"dump it with pg_dumpall of {found}, move the folder away, start, restore into the new one",
            )
        hand_over(pgdata, place.account)
        pgdata.chmod(0o700)
    return True


def make_cluster(place: Place, say: Say, *, sync: bool) -> None:
    """initdb into a folder beside, then rename: a half-made cluster is never taken for one."""
    say(f"database: making a new one in {place.pgdata}")
    with explained(place.home):
        for left in place.home.glob("postgres.new-*"):
            shutil.rmtree(left, ignore_errors=True)
        draft = place.home / f"postgres.new-{secrets.token_hex(4)}"
        draft.mkdir(mode=0o700)
        hand_over(draft, place.account)
        made = place.account.run(*_initdb(place, draft, sync=sync))
        if made.returncode != 0:
            full = NO_SPACE in made.stdout or _spent(place.home)
            shutil.rmtree(draft, ignore_errors=True)
            raise disk_full(place.home) if full else _failed("making the database", made.stdout)
        draft.rename(place.pgdata)
        if sync:
            _sync(place.home)


def _initdb(place: Place, folder: Path, *, sync: bool) -> list[str | Path]:
    options = ["--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
    options += ["--data-checksums", "--auth-local=peer", "--auth-host=reject", "--no-instructions"]
    options += ["--username=postgres", *([] if sync else ["--no-sync"])]
    return [place.binaries / "initdb", *options, "-D", folder]


def settle(place: Place, say: Say) -> Server | None:
    """The postmaster that outlived its owner, if there is one; else make sure that nothing is in the way.

    A pid file whose number belongs to something else by now is removed, but only once no process of the
    former server is left: two servers on one folder would destroy it.
    """
    with explained(place.pgdata):
        found = read_pid_file(place.pgdata)
        running = {process.pid: process for process in processes_of(place.pgdata)}
        if found and found.pid in running:
            server = Server(running[found.pid])
            if found.status != "stopping":
                return server
            server.stop(say)
        elif running:
            _wait_for_survivors(place, say)
        if found and found == read_pid_file(place.pgdata):
            (place.pgdata / "postmaster.pid").unlink(missing_ok=True)
    return None


def _wait_for_survivors(place: Place, say: Say) -> None:
    say("database: its server was killed; waiting for what is left of it to end")
    since = time.monotonic()
    while left := list(processes_of(place.pgdata)):
        late = time.monotonic() - since - SURVIVOR_PATIENCE
        for process in left if late > 0 else []:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL if late > SURVIVOR_PATIENCE else signal.SIGQUIT)
        time.sleep(0.1 if late < 0 else 1.0)


def start(place: Place, say: Say) -> Server:
    """Start the postmaster and wait until it takes connections, however long recovery lasts."""
    log = _open_log(place)
    try:
        log_from = os.fstat(log).st_size
        with explained(place.data_dir):
            command: list[str | Path] = [place.binaries / "postgres", "-D", place.pgdata]
            process: subprocess.Popen[bytes] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **place.account.process()
            )
    finally:
        os.close(log)
    server = Server(process)
    if not wait_until_ready(place, server, say):
        raise _start_failure(place, log_from)
    return server


def wait_until_ready(place: Place, server: Server, say: Say) -> bool:
    """False when the server ended instead. Whatever interrupts the wait stops a server that we started."""
    since = said = time.monotonic()
    try:
        while server.alive():
            found = read_pid_file(place.pgdata)
            if found and found.pid == server.pid and found.status == "ready":
                return True
            now = time.monotonic()
            if now - said > SAY_EVERY:
                say(f"database: recovering, {now - since:.0f} s")
                said = now
            time.sleep(0.02)
    except BaseException:
        server.stop(say)
        raise
    return False


def _start_failure(place: Place, log_from: int) -> EmbeddedError:
    with place.log.open("rb") as log:
        log.seek(log_from)
        said = log.read().decode("utf-8", "replace")
    if NO_SPACE in said or _spent(place.home):
        return disk_full(place.home)
    return _failed("starting the database", said, f"; the whole log is {place.log}")


def _failed(doing: str, said: str, more: str = "") -> EmbeddedError:
    lines = [re.sub(r"^[-\d]+ [:.\d]+ \w+ \[\d+\] ", "", line).strip() for line in said.splitlines()]
    telling = [line for line in lines if line and not line.endswith("database system is shut down")]
    return EmbeddedError("start_failed", f"{doing} failed: {' | '.join(telling[-3:])}{more}")


def _spent(folder: Path) -> bool:
    """A full disk often cannot even take the message that says so."""
    return shutil.disk_usage(folder).free < FREE_SPENT


def _open_log(place: Place) -> int:
    """Open for appending; a log over 10 MB becomes `postgres.log.1` first."""
    with explained(place.data_dir):
        place.log.parent.mkdir(mode=0o700, exist_ok=True)
        if place.log.exists() and place.log.stat().st_size > LOG_LIMIT:
            place.log.rename(place.log.with_name("postgres.log.1"))
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(place.log, flags, 0o600)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
