"""The machine: what it is, and what else it is doing. A figure taken on a busy one is none."""

import os
import platform
import statistics
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

MOST_OTHERS = 0.05
MOST_STOLEN = 0.02


@dataclass(frozen=True, slots=True)
class Use:
    """Seconds of CPU used until a moment: by the whole machine, by us, and taken by the hypervisor."""

    at: float
    busy: float
    ours: float
    stolen: float


@dataclass(frozen=True, slots=True)
class OtherLoad:
    """Shares (0-1) of all cores over some time: what others used, and what was stolen."""

    others: float
    stolen: float

    @property
    def high(self) -> bool:
        return self.others > MOST_OTHERS or self.stolen > MOST_STOLEN

    def __str__(self) -> str:
        return f"others {self.others:.1%}, stolen {self.stolen:.1%} of all cores"


def cores() -> int:
    return psutil.cpu_count() or 1


def used() -> Use:
    times = psutil.cpu_times()
    busy = sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq"))
    return Use(time.monotonic(), busy, cpu_of(psutil.Process()), getattr(times, "steal", 0.0))


def other_load(before: Use, after: Use, of_cores: int) -> OtherLoad:
    """What was not ours between two moments."""
    available = (after.at - before.at) * of_cores
    others = (after.busy - before.busy) - (after.ours - before.ours)
    return OtherLoad(max(0.0, others) / available, (after.stolen - before.stolen) / available)


def quiet_second() -> OtherLoad:
    """What others do while we do nothing."""
    before = used()
    time.sleep(1)
    return other_load(before, used(), cores())


def cpu_of(process: psutil.Process) -> float:
    """Seconds of CPU of a process and all under it, those that ended and were waited for included."""
    total = 0.0
    with suppress(psutil.NoSuchProcess):
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = one.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
    return total


def description(postgres: str) -> str:
    memory = psutil.virtual_memory().total / 2**30
    python = platform.python_version()
    return f"{cores()} cores ({_model()}), {memory:.0f} GB, PostgreSQL {postgres}, Python {python}"


def _model() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.machine()


def load_average() -> str:
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def sync_time(folder: Path) -> float:
    """Seconds that it takes to write a page to this folder's disk for good; median of 50."""
    took = []
    handle = os.open(folder / "sync", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        for _ in range(50):
            begun = time.perf_counter()
            os.pwrite(handle, bytes(8192), 0)
            os.fsync(handle)
            took.append(time.perf_counter() - begun)
    finally:
        os.close(handle)
    return statistics.median(took)
