"""The embedded PostgreSQL: one cluster in the data folder, owned by one process, attached to by others.

The owner holds a lock that the kernel frees when the owner dies. It starts the server and stops it when it
ends. A server that outlived its owner is taken over by the next one.
"""

import fcntl
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote

from app.core.embedded_config import (
    ADMIN,
    APP,
    DATABASE,
    INTAKE,
    OWNER,
    PORT,
    WEB,
    WORKER,
    configure,
    socket_folder,
)
from app.core.embedded_place import (
    EmbeddedError,
    Place,
    Say,
    clean_environment,
    explained,
    find_place,
    make_data_dir,
    moved_to,
    unreachable,
)
from app.core.embedded_server import (
    FREE_NEEDED,
    SAY_EVERY,
    Server,
    check_cluster,
    make_cluster,
    read_pid_file,
    settle,
    start,
    wait_until_ready,
)

if TYPE_CHECKING:
    from app.core.db import DatabaseUrls

__all__ = ["Cluster", "EmbeddedError", "open_cluster"]

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
READ_ONLY: Mapping[str, str] = MappingProxyType({"default_transaction_read_only": "on"})
# Write again only with so much more room, lest it go to and fro.
AGAIN = 1.5

# What the tables give to APP its members may do; none of them may take another's place (SET FALSE).
BOOTSTRAP = f"""
SELECT 'CREATE ROLE {OWNER} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER}') \\gexec
SELECT 'CREATE ROLE {APP} NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP}') \\gexec
SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY['{WEB}', '{INTAKE}', '{WORKER}']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \\gexec
GRANT {APP} TO {WEB}, {WORKER} WITH INHERIT TRUE, SET FALSE;
SELECT 'CREATE DATABASE {DATABASE} OWNER {OWNER}'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec
\\connect {DATABASE}
ALTER SCHEMA public OWNER TO {OWNER};
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SELECT pg_reload_conf() \\g /dev/null
"""


@contextmanager
def open_cluster(
    data_dir: Path, *, attach: bool = True, say: Say = print, settings: Mapping[str, str] = NO_SETTINGS
) -> Iterator["Cluster"]:
    """Own the cluster of this folder while the block runs, or attach to it when another process owns it.

    `settings` are added to the server's. Raises EmbeddedError; with `attach=False` also when it is owned.
    """
    cluster = Cluster(make_data_dir(data_dir), settings, say)
    try:
        cluster.open(attach=attach)
        yield cluster
    finally:
        cluster.close()


class Cluster:
    def __init__(self, data_dir: Path, settings: Mapping[str, str], say: Say) -> None:
        self.data_dir = data_dir
        self.socket_dir = ""
        self.pid = 0
        self.taken_over = False
        self._settings = settings
        self._say = say
        self._lock = _OwnerLock(data_dir)
        self._place: Place | None = None
        self._server: Server | None = None
        self._full = False
        self._guard = threading.Lock()

    @property
    def owned(self) -> bool:
        return self._lock.held

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgresql://{role}@/{database}?host={quote(self.socket_dir)}&port={PORT}"

    @property
    def owner_url(self) -> str:
        return self.url(OWNER)

    @property
    def web_url(self) -> str:
        return self.url(WEB)

    @property
    def admin_url(self) -> str:
        """The superuser, for what needs one (databases made for tests, backups)."""
        return self.url(ADMIN, ADMIN)

    def urls(self) -> "DatabaseUrls":
        from app.core.db import DatabaseUrls  # its libraries take a second to load; a supervisor has no need

        logins = {"web": self.web_url, "intake": self.url(INTAKE), "worker": self.url(WORKER)}
        return DatabaseUrls.of(self.owner_url, **logins)

    def open(self, *, attach: bool) -> None:
        since = said = time.monotonic()
        while not self._lock.take():
            if not attach:
                raise self._second_owner()
            if self._lock.ready() and self._attach():
                return
            now = time.monotonic()
            if now - said > SAY_EVERY:
                owner = self._lock.holder()
                self._say(f"database: waiting for process {owner}, which owns it, {now - since:.0f} s")
                said = now
            time.sleep(0.05)
        self._own()

    def tend(self) -> None:
        """Call now and then: starts a server that died, takes over from an owner that is gone, and lets
        nothing be written while the disk is nearly full. Raises EmbeddedError: call it again."""
        with self._guard, explained(self.data_dir):
            if self._server and not self._server.alive():
                self._say("database: it ended unexpectedly; starting it again")
                self._own()
            elif not self._server and self._lock.take():
                self._say("database: the process that owned it is gone; taking it over")
                self._own()
            if self._server and self._place:
                self._mind_the_disk(self._place, self._server)

    def close(self) -> None:
        """The owner stops the server; who is attached only lets go."""
        with self._guard:
            if self._server:
                self._server.stop(self._say)
                self._server = None
            if self.owned and self.socket_dir:
                _remove(Path(self.socket_dir))
            self._lock.release()

    def _own(self) -> None:
        self._lock.note(ready=False)
        place = self._place = find_place(self.data_dir, self._say)
        if not check_cluster(place):
            make_cluster(place, self._say, sync=self._settings.get("fsync") != "off")
        self._server = self._take_over(place) or self._start(place)
        self.pid = self._server.pid
        problem = _sql(place, self.socket_dir, BOOTSTRAP)
        if problem:
            raise EmbeddedError("start_failed", f"preparing the database failed: {problem}")
        self._lock.note(ready=True)

    def _start(self, place: Place) -> Server:
        self._full = False
        with explained(place.pgdata):
            self.socket_dir = str(socket_folder(place, self.socket_dir))
            configure(place, self.socket_dir, self._settings)
        return start(place, self._say)

    def _mind_the_disk(self, place: Place, server: Server) -> None:
        """A server that cannot write ahead any more ends at once, and reading with it. So it is made
        read-only before: who writes is told to come again, who reads goes on."""
        free = shutil.disk_usage(place.home).free
        full = free < FREE_NEEDED * (AGAIN if self._full else 1)
        if full != self._full:
            configure(place, self.socket_dir, {**self._settings, **(READ_ONLY if full else {})})
            server.reload()
            self._full = full
            what = "nothing is written until there is more" if full else "what comes is written again"
            self._say(f"database: {free // 2**20} MB free on the disk of {place.home}: {what}")

    def _take_over(self, place: Place) -> Server | None:
        """A server left by an owner that was killed, if it can still be talked to; else it is stopped."""
        server = settle(place, self._say)
        if not server:
            return None
        self._say("database: it still ran after its owner was killed; taking it over")
        if wait_until_ready(place, server, self._say) and (found := read_pid_file(place.pgdata)):
            self.socket_dir, self.taken_over = found.socket_dir, True
            if not _sql(place, found.socket_dir, "SELECT 1"):
                configure(place, found.socket_dir, self._settings)  # another version may have written them
                return server
        server.stop(self._say)
        settle(place, self._say)
        return None

    def _attach(self) -> bool:
        with explained(self.data_dir):
            found = read_pid_file((moved_to(self.data_dir) or self.data_dir) / "postgres")
        if not found or found.status != "ready":
            return False
        if not os.access(f"{found.socket_dir}/.s.PGSQL.{PORT}", os.W_OK):
            raise unreachable(self.data_dir, f"its database runs, but you cannot reach {found.socket_dir}")
        self.socket_dir, self.pid = found.socket_dir, found.pid
        return True

    def _second_owner(self) -> EmbeddedError:
        return EmbeddedError(
            "second_owner",
            f"process {self._lock.holder()} already runs the database in {self.data_dir}: "
            "stop it first, or name another folder in LS_DATA_DIR",
        )


class _OwnerLock:
    """`owner.lock`: held by flock; its text is the owner's process id and, once so, "ready"."""

    def __init__(self, data_dir: Path) -> None:
        self.held = False
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        with explained(data_dir):
            self._handle = os.open(data_dir / "owner.lock", flags, 0o600)
            if os.geteuid() == 0 and os.fstat(self._handle).st_uid == 0:
                folder = data_dir.stat()
                os.fchown(self._handle, folder.st_uid, folder.st_gid)

    def take(self) -> bool:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self.held = True
        return True

    def note(self, *, ready: bool) -> None:
        text = f"{os.getpid()}\n{'ready' if ready else 'starting'}\n"
        with explained(Path("owner.lock")):
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, text.encode(), 0)

    def holder(self) -> str:
        return (self._text() or ["?"])[0]

    def ready(self) -> bool:
        return self._text()[1:] == ["ready"]

    def _text(self) -> list[str]:
        return os.pread(self._handle, 100, 0).decode("ascii", "replace").split()

    def release(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
        self._handle, self.held = -1, False


RECOVERING = "in recovery mode|starting up|not yet accept|in a read-only transaction"


def _sql(place: Place, socket_dir: str, script: str) -> str:
    """Run it as the superuser, though the server is read-only; give what went wrong in one line, empty when
    nothing did.

    While a server that was found running restarts after a crash of its own, or one that was restored recovers
    to its moment, this waits.
    """
    target = [f"--host={socket_dir}", f"--port={PORT}", f"--username={ADMIN}", f"--dbname={ADMIN}"]
    command = [str(place.binaries / "psql"), "-X", "-q", "-t", "--set=ON_ERROR_STOP=1", *target, "-f", "-"]
    environment = clean_environment() | {"PGOPTIONS": "-c default_transaction_read_only=off"}
    while True:
        said = subprocess.run(
            command, input=script, capture_output=True, text=True, env=environment, check=False
        )
        if said.returncode == 0:
            return ""
        if said.returncode not in {2, 3} or not re.search(RECOVERING, said.stderr):
            return " | ".join(said.stderr.split("\n")).strip(" |") or f"psql ended with {said.returncode}"
        time.sleep(0.2)


def _remove(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
