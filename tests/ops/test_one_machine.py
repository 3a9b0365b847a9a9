"""What docker/compose.yaml starts on one machine, started here: the same words, environment and files."""

import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app.core.embedded_place import Place, find_place
from tests.delivery.receivers import free_port
from tests.ops.composed import DOCKER, PASSWORD, Composed, as_user, passwords
from tests.ops.whole import open_folder
from tests.support import SECRET, WITHOUT_TLS, in_memory
from tests.warm import Command, ran, without_ours

PATIENCE = 60
APPEAL = {
    "kind": "statement",
    "language": "kk",
    "text": "Көшедегі шам екі аптадан бері жанбайды",
    "topic": "utilities",
    "addressee": "energy",
    "applicant": {"name": "Сынақ Азамат", "address": "Алматы қ., Мысал көшесі, 5"},
}
CADDY = pytest.mark.skipif(shutil.which("caddy") is None, reason="no caddy: TLS is not tried (Debian: caddy)")


@dataclass
class Machine:
    """`home`: what the volumes are."""

    home: Path
    place: Place
    composed: Composed
    database: int
    web: int

    def environment(self, service: str) -> dict[str, str]:
        return without_ours() | self.composed.environment(service) | {"LS_PORT": str(self.web)}

    def initdb(self) -> None:
        """As the image of PostgreSQL does on an empty folder: with what the file says, then logins.sh."""
        said = self.composed.environment("db")
        password = self.home / "password"
        password.write_text(said["POSTGRES_PASSWORD"], encoding="utf-8")
        password.chmod(0o644)
        words = ["-D", str(self.data), "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={password}"]
        made = as_user(
            self.place.account,
            str(self.program("initdb")),
            "-N",
            *words,
            *said["POSTGRES_INITDB_ARGS"].split(),
        )
        subprocess.run(made, check=True, capture_output=True)

    def logins(self) -> None:
        more = {
            "PATH": f"{self.place.binaries}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.database),
            "PGPASSWORD": PASSWORD,
        }
        (mounted,) = (
            volume.split(":")[0] for volume in self.composed.services["db"]["volumes"] if "initdb.d" in volume
        )
        environment = self.composed.environment("db") | more
        done = subprocess.run(["sh", DOCKER / mounted], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def program(self, name: str) -> Path:
        return self.place.binaries / name

    @property
    def data(self) -> Path:
        return self.home / "data"

    @contextmanager
    def running_database(self) -> Iterator[None]:
        first, *more = self.composed.words("db")
        here = ["-c", f"port={self.database}", "-c", "unix_socket_directories=", "-c", "fsync=off"]
        words = as_user(self.place.account, str(self.program(first)), "-D", str(self.data), *more, *here)
        with (
            (self.home / "db.log").open("wb") as log,
            subprocess.Popen(words, stdout=log, stderr=log) as server,
        ):
            try:
                self.until(self.asked_database, "the database")
                yield
            finally:
                server.terminate()
                server.wait(PATIENCE)

    def asked_database(self) -> bool:
        asked = [
            str(self.program("pg_isready")),
            "-h",
            "127.0.0.1",
            "-p",
            str(self.database),
            "-U",
            "postgres",
        ]
        return subprocess.run(asked, capture_output=True).returncode == 0

    @contextmanager
    def running(self, service: str) -> Iterator[None]:
        command = Command(self.composed.words(service), self.environment(service), out=self.home / service)
        try:
            yield
        finally:
            command.kill()

    def until(self, true: object, what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not true():  # type: ignore[operator]
            assert time.monotonic() < end, f"{what} does not answer\n{self.said()}"
            time.sleep(0.1)

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False, verify=WITHOUT_TLS).is_success
        except httpx.HTTPError:
            return False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web}"

    def said(self) -> str:
        logs = [path for path in self.home.iterdir() if path.is_file()]
        return "\n".join(f"== {path.name}\n{path.read_text(errors='replace')[-1500:]}" for path in logs)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """Everything that the file names is up but Caddy."""
    with open_folder(in_memory() or Path("/tmp")) as folder:
        place = find_place(folder, lambda line: None)
        os.chown(folder, place.account.uid, place.account.gid)
        database, web = free_port(), free_port()
        filled = passwords("compose.yaml")
        places = {
            "db": f"127.0.0.1:{database}",
            "app:8000": f"127.0.0.1:{web}",
            "172.31.109.0/24": "127.0.0.1",
            "/data": str(folder / "volume"),
            "0.0.0.0": "127.0.0.1",
        }
        composed = Composed(
            "compose.yaml", filled | {"LS_SITE": "localhost", "LS_SECRET_KEY": SECRET}, places
        )
        found = Machine(folder, place, composed, database, web)
        (folder / "volume").mkdir()
        found.initdb()
        with found.running_database():
            found.logins()
            migrated = ran(composed.words("migrate"), found.environment("migrate"))
            assert migrated.returncode == 0, migrated.stderr
            with found.running("app"), found.running("worker"):
                found.until(found.ready, "the web side")
                yield found


def filed(client: httpx.Client, url: str, key: str) -> tuple[int, str]:
    answer = client.post(f"{url}/api/v1/appeals", json=APPEAL, headers={"Idempotency-Key": key})
    assert answer.is_success, answer.text
    return answer.status_code, str(answer.json()["number"])


def test_an_appeal_is_registered_once(machine: Machine) -> None:
    with httpx.Client(trust_env=False) as client:
        key = str(uuid4())
        first, again = filed(client, machine.url, key), filed(client, machine.url, key)
        assert (first[0], again[0]) == (201, 200), machine.said()
        assert first[1] == again[1]


def test_nobody_may_do_more_in_the_database_than_its_process_needs(machine: Machine) -> None:
    """The web side's login, as the file gives it, is no owner and switches to nobody."""
    url = machine.composed.environment("app")["LS_WEB_DATABASE_URL"]
    asked = [str(machine.program("psql")), url, "-tAc"]
    for statement in ("DROP TABLE appeal", "SET ROLE ls_owner", "SET ROLE ls_worker"):
        done = subprocess.run([*asked, statement], capture_output=True, text=True)
        assert done.returncode != 0, statement


@CADDY
def test_by_caddy_over_tls(machine: Machine, tmp_path: Path) -> None:
    """The Caddyfile as it is, on ports of this test's, with the certificate of Caddy's own authority."""
    http, https = free_port(), free_port()
    own = f"{{\n\thttp_port {http}\n\thttps_port {https}\n\tadmin off\n\tskip_install_trust\n}}\n"
    (tmp_path / "Caddyfile").write_text(own + (DOCKER / "Caddyfile").read_text("utf-8"), encoding="utf-8")
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    said = {"PATH": os.environ["PATH"]} | home | machine.composed.environment("caddy")
    words = ["caddy", "run", "--config", str(tmp_path / "Caddyfile"), "--adapter", "caddyfile"]
    root = tmp_path / "caddy/pki/authorities/local/root.crt"
    with (
        (machine.home / "caddy").open("wb") as log,
        subprocess.Popen(words, env=said, stdout=log, stderr=log) as it,
    ):
        try:
            machine.until(lambda: root.exists() and "-----END" in root.read_text(), "caddy")
            trusted = ssl.create_default_context(cafile=str(root))
            transport = httpx.HTTPTransport(verify=trusted, retries=5)
            with httpx.Client(transport=transport, trust_env=False, timeout=20) as client:
                url = f"https://localhost:{https}"
                machine.until(lambda: client.get(f"{url}/readyz").is_success, "caddy")
                key = str(uuid4())
                assert [filed(client, url, key)[0] for _ in range(2)] == [201, 200]
                page = client.get(f"{url}/write", follow_redirects=True)
                assert "max-age=" in page.headers["strict-transport-security"]
        finally:
            it.terminate()
            it.wait(PATIENCE)
