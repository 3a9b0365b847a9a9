"""Three machines on one network: etcd and Patroni's PostgreSQL on each, then web and worker.

Each with the words and the environment that docker/compose.cluster.yaml gives it.

A machine is a network namespace of this one, joined to the others by a bridge. A second cable, which the
cluster does not know of, leads to what a test asks inside a machine that is cut off.
"""

import asyncio
import ctypes
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.core.embedded_place import Place, find_place
from tests.ops.composed import DOCKER, Composed, as_user, passwords
from tests.ops.served import Served
from tests.ops.whole import open_folder
from tests.support import SECRET, in_memory
from tests.warm import Command, ran, without_ours

COUNT = 3
PATIENCE = 240
"""Seconds for whatever is waited for; what it takes is noted, not judged."""
ADMIN = "postgres"
CLONE_NEWNET = 0x40000000


def missing() -> str:
    """What this machine lacks for it, in one line; blank if nothing."""
    if os.geteuid() != 0:
        return "a failover is tried by root alone: it makes networks"
    lacking = [name for name in ("ip", "etcd", "setpriv") if shutil.which(name) is None]
    if lacking:
        return f"a failover needs {', '.join(lacking)} (Debian: iproute2, etcd-server, util-linux)"
    name = f"ls{secrets.token_hex(3)}"
    try:
        for words in (("netns", "add", name), ("link", "add", name, "type", "bridge"), ("link", "del", name)):
            ip(*words)
    except subprocess.CalledProcessError as error:
        return f"a failover needs networks of its own, and here none can be made: {error.stderr.strip()}"
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return ""


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=True).stdout


def _free_net() -> int:
    """One that nobody beside us has, nor anybody who was killed before the end."""
    taken = ip("-4", "-o", "addr")
    return secrets.choice([net for net in range(1, 251) if f" 10.213.{net}." not in taken])


@dataclass
class Machine:
    """`address`: on the cluster's network; `aside`: on the cable that the cluster does not know of."""

    name: str
    address: str
    aside: str
    place: Place
    folder: Path
    composed: Composed
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def cable(self) -> str:
        return f"{self.name}c"

    def plug(self, bridge: str, gateway: str) -> None:
        """Make the namespace with both its cables."""
        ip("netns", "add", self.name)
        ip("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("link", "set", self.cable, "master", bridge, "up")
        ip("link", "add", f"{self.name}a", "type", "veth", "peer", "name", "eth1", "netns", self.name)
        ip("addr", "add", f"{gateway}/30", "dev", f"{self.name}a")
        ip("link", "set", f"{self.name}a", "up")
        ip("-n", self.name, "addr", "add", f"{self.address}/24", "dev", "eth0")
        ip("-n", self.name, "addr", "add", f"{self.aside}/30", "dev", "eth1")
        for device in ("lo", "eth0", "eth1"):
            ip("-n", self.name, "link", "set", device, "up")

    def cut(self) -> None:
        ip("link", "set", self.cable, "down")

    def heal(self) -> None:
        ip("link", "set", self.cable, "up")

    def start(self) -> None:
        programs = [Path(sys.executable).parent, self.place.binaries, os.environ["PATH"]]
        mine = {"PATH": ":".join(map(str, programs)), "LC_ALL": "C.UTF-8"}
        for service, folder in (("etcd", str(self.folder)), ("db", self.composed.folder("db"))):
            words = self.composed.words(service)
            with (self.folder / f"{service}.log").open("ab") as log:
                self.running.append(
                    subprocess.Popen(
                        ["ip", "netns", "exec", self.name, *as_user(self.place.account, *words)],
                        cwd=folder,
                        env=mine | self.composed.environment(service),
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                    )
                )

    def kill(self) -> None:
        """Everything that runs in it, at once: as when the machine loses its power, but for the disk."""
        with suppress(subprocess.CalledProcessError):
            while pids := ip("netns", "pids", self.name).split():
                for pid in pids:
                    with suppress(ProcessLookupError):
                        os.kill(int(pid), signal.SIGKILL)
                for process in self.running:
                    process.wait(20)
                time.sleep(0.05)
        self.running.clear()

    def remove(self) -> None:
        self.kill()
        for device in (self.cable, f"{self.name}a"):
            subprocess.run(["ip", "link", "del", device], capture_output=True, check=False)
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, check=False)

    def state(self, client: httpx.Client) -> dict[str, Any]:
        """What Patroni says of the cluster here; nothing when it does not answer."""
        with suppress(httpx.HTTPError, ValueError):
            found: dict[str, Any] = client.get(f"http://{self.aside}:8008/cluster").json()
            return found
        return {}


class Cluster:
    """The machines, with the schema and the directory once it is `made`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        tag, net = f"ls{secrets.token_hex(3)}", _free_net()
        self.bridge, self._net = f"{tag}b", net
        self._client = httpx.Client(timeout=2, trust_env=False)
        self.addresses = [f"10.213.{net}.{11 + n}" for n in range(COUNT)]
        self.machines = [self._machine(n, f"{tag}{n}") for n in range(COUNT)]

    def _machine(self, n: int, name: str) -> Machine:
        home = self.folder / name
        home.mkdir()
        place = find_place(self.folder, lambda line: None)
        os.chown(home, place.account.uid, place.account.gid)
        aside = f"10.214.{self._net}.{4 * n + 2}"
        places = {
            "/etc/patroni": str(DOCKER),
            "/etcd": str(home / "etcd"),
            "/var/lib/postgresql": str(home),
            "/usr/lib/postgresql/18/bin": str(place.binaries),
            "/data": str(home),
        }
        filled = self._filled() | {"LS_ADDRESS": self.addresses[n]}
        composed = Composed("compose.cluster.yaml", filled, places)
        return Machine(name, self.addresses[n], aside, place, home, composed)

    def _filled(self) -> dict[str, str]:
        """What an operator fills in, the same on each machine."""
        nodes = {f"LS_NODE{n}": address for n, address in enumerate(self.addresses, 1)}
        store = "s3://attachments/?endpoint=http://127.0.0.1:9&region=nowhere"
        own = {"LS_SITE": "localhost", "LS_SECRET_KEY": SECRET, "LS_ATTACHMENTS_URL": store}
        return passwords("compose.cluster.yaml") | nodes | own

    def plug(self) -> None:
        ip("link", "add", self.bridge, "type", "bridge")
        ip("addr", "add", f"10.213.{self._net}.1/24", "dev", self.bridge)
        ip("link", "set", self.bridge, "up")
        for n, machine in enumerate(self.machines):
            machine.plug(self.bridge, f"10.214.{self._net}.{4 * n + 1}")

    def remove(self) -> None:
        for machine in self.machines:
            machine.remove()
        subprocess.run(["ip", "link", "del", self.bridge], capture_output=True, check=False)

    async def make(self) -> None:
        """As `migrate` does it; the logins are there since the first leader has begun."""
        said = await asyncio.to_thread(self.run, "migrate")
        assert said.returncode == 0, f"{said.stderr}\n{self.said()}"

    def run(self, service: str) -> subprocess.CompletedProcess[str]:
        """One that ends by itself."""
        composed = self.machines[0].composed
        return ran(composed.words(service), without_ours() | composed.environment(service))

    def work(self) -> Command:
        """A worker, which goes on."""
        composed = self.machines[-1].composed
        environment = without_ours() | composed.environment("worker")
        return Command(composed.words("worker"), environment, out=self.folder / "worker.log")

    def whole(self) -> Machine | None:
        """The leader, if all see the same one, another is its synchronous standby, and all follow.

        Who was cut off tells for a while how things were before.
        """
        leaders = {self._leader_in(machine.state(self._client)) for machine in self.machines}
        name = leaders.pop() if len(leaders) == 1 else None
        return next((machine for machine in self.machines if machine.address == name), None)

    @staticmethod
    def _leader_in(state: dict[str, Any]) -> str | None:
        members = state.get("members", [])
        roles = {one["role"]: one["name"] for one in members}
        states = sorted(one["state"] for one in members)
        follow = states == ["running", *["streaming"] * (COUNT - 1)] and "sync_standby" in roles
        return roles.get("leader") if follow else None

    def until_whole(self) -> Machine:
        end = time.monotonic() + PATIENCE
        while (leader := self.whole()) is None:
            assert time.monotonic() < end, self.said()
            time.sleep(0.5)
        return leader

    def said(self) -> str:
        """The ends of the logs, for whoever looks why."""
        logs = [log for machine in self.machines for log in sorted(machine.folder.glob("*.log"))]
        return "\n".join(f"== {log}\n{log.read_text(errors='replace')[-1500:]}" for log in logs)


class Inside(Served):
    """The web side on one of the machines, which is asked by the cable that the cluster does not know of."""

    def __init__(self, machine: Machine, folder: Path, **more: str) -> None:
        super().__init__(None, folder, **more)
        self.url = f"http://{machine.aside}:{self.port}"
        self.what = f"from tests.soak.cluster import serve_inside; serve_inside({machine.name!r})"


def serve_inside(name: str) -> None:
    """In a process of its own, which goes into the machine first."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{name}", "rb") as network:
        if libc.setns(network.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"no way into {name}")
    from app import cli
    from tests import warm

    cli._become = warm._become
    sys.argv = [cli.NAME, "serve"]
    cli.main()


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Plugged in and running; whatever happens, nothing of it is left. No machine loses its power: the data
    need no disk."""
    with open_folder(in_memory() or Path("/tmp")) as folder:
        found = Cluster(folder)
        try:
            found.plug()
            for machine in found.machines:
                machine.start()
            yield found
        finally:
            found.remove()
