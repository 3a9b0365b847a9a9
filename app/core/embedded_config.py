"""What the embedded server reads at its start, and the private folder of its socket."""

import hashlib
import os
import pwd
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType

from app.core.embedded_place import Account, Place, unreachable

DATABASE = "listening_state"
OWNER, APP, ADMIN = "ls_owner", "ls_app", "postgres"
WEB, INTAKE, WORKER = "ls_web", "ls_intake", "ls_worker"
LOGINS = (ADMIN, OWNER, WEB, INTAKE, WORKER)
PORT = 5432
SOCKET_PATH_LIMIT = 107

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "max_connections": "100",
        "shared_buffers": "256MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "autovacuum_naptime": "10s",  # a little of its work often, not all of it once a minute
        "random_page_cost": "1.1",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "log_lock_waits": "on",
        "log_min_duration_statement": "2s",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }
)


def configure(place: Place, socket_dir: str, more: Mapping[str, str]) -> None:
    """Write settings and access rules. An operator's own settings stand in `operator.conf`."""
    _write(place, "postgresql.conf", _settings(socket_dir, more))
    _write(place, "pg_ident.conf", _users(place))
    _write(
        place,
        "pg_hba.conf",
        [
            "# Written at every start: only the local socket, only known users.",
            f"local all {','.join(LOGINS)} peer map={DATABASE}",
            f"local replication {ADMIN} peer map={DATABASE}",
        ],
    )


def _settings(socket_dir: str, more: Mapping[str, str]) -> Iterator[str]:
    fixed = {
        "listen_addresses": "",
        "unix_socket_directories": socket_dir,
        "unix_socket_permissions": "0700",
        "port": str(PORT),
    }
    yield "# Written at every start. Settings of your own go into operator.conf in this folder."
    yield from (f"{name} = {_quoted(value)}" for name, value in SETTINGS.items())
    yield "include_if_exists = 'operator.conf'"
    yield from (f"{name} = {_quoted(value)}" for name, value in {**more, **fixed}.items())


def _users(place: Place) -> Iterator[str]:
    users = {"root", pwd.getpwuid(os.geteuid()).pw_name, place.account.name or "root"}
    yield "# Written at every start: the operating-system users that may take our roles."
    yield from (f'{DATABASE} "{user}" {role}' for user in sorted(users) for role in LOGINS)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _write(place: Place, name: str, lines: Iterable[str]) -> None:
    """Replace the file as a whole. Root follows no link that the server's user may have put there."""
    draft = place.pgdata / f"{name}.new-{token_hex(4)}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            if place.account.other:
                os.fchown(file.fileno(), place.account.uid, place.account.gid)
            file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(place.pgdata / name)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def socket_folder(place: Place, preferred: str) -> Path:
    """A private folder with a short path (a socket's has at most 107 bytes), the former one if still good."""
    seed = f"{place.account.uid} {place.pgdata}"
    name = f"ls-{hashlib.sha256(os.fsencode(seed)).hexdigest()[:12]}"
    folders = [Path(preferred)] if preferred else []
    for base in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):
        folders += [Path(base, name), Path(base, f"{name}-{token_hex(4)}")]
    for folder in folders:
        path = f"{folder}/.s.PGSQL.{PORT}"
        fits = len(path) <= SOCKET_PATH_LIMIT and re.fullmatch(r"[\w./+-]+", path, re.ASCII)
        if fits and place.account.can_enter(folder.parent) and _make_private(folder, place.account):
            return folder
    raise unreachable(place.data_dir, "no private folder for its socket can be made in /tmp")


def _make_private(folder: Path, account: Account) -> bool:
    """Make it, or find it made: ours, not a link, closed to others, and empty of a former server's socket."""
    try:
        folder.mkdir(mode=0o700)
        if account.other:
            os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    except FileExistsError:
        pass
    except OSError:
        return False
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or found.st_mode & 0o077:
        return False
    for left in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (folder / left).unlink(missing_ok=True)
    return True
