"""Child processes kept running: started, restarted when they end, ended with the parent.

Run as a program, this module makes its process die with the parent and then becomes the command given:
`python -m app.supervise PARENT_PID COMMAND...`. A parent that is killed leaves nothing on its port.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.embedded_postgres import Cluster, EmbeddedError
from app.core.lifeline import die_with_parent

ROOT = Path(__file__).resolve().parent.parent
END_WITHIN = 20.0
LONGEST_BACKOFF = 30.0
STEADY = 60.0
LOOK_EVERY = 1.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]

    @property
    def command(self) -> list[str]:
        """A Python program's arguments, run so that it does not outlive this process."""
        python = [sys.executable, "-m"]
        return [*python, "app.supervise", str(os.getpid()), *python, *self.arguments]


async def supervise(
    services: Sequence[Service],
    *,
    cluster: Cluster | None,
    say: Say,
    meanwhile: Coroutine[Any, Any, None] | None = None,
) -> None:
    """Keep services and the cluster running until SIGTERM, SIGINT or (but for nohup) SIGHUP; then end them.

    `meanwhile` runs beside them; if it raises, everything ends and this raises it.
    """
    stop = asyncio.Event()
    hang_up = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
    for number in (signal.SIGTERM, signal.SIGINT, *hang_up):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    keepers = [asyncio.create_task(_keep(service, say)) for service in services]
    keepers += [asyncio.create_task(_tend(cluster, say))] if cluster else []
    others = {asyncio.create_task(meanwhile)} if meanwhile else set()
    stopping = asyncio.create_task(_wait(stop))
    waiting = {*keepers, *others, stopping}
    try:
        while not stopping.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        say("stopping")
        for task in (*keepers, *others, stopping):
            task.cancel()
        await asyncio.gather(*keepers, *others, stopping, return_exceptions=True)


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()


async def _keep(service: Service, say: Say) -> None:
    pause = 1.0
    while True:
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *service.command,
            env={**service.environment, "LS_SUPERVISED": "1"},
            cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            how = await process.wait()
        finally:
            await _end(process)
        pause = 1.0 if time.monotonic() - began > STEADY else pause
        ended = f"was killed by signal {-how}" if how < 0 else f"ended with {how}"
        say(f"{service.name} {ended}; starting it again in {pause:.0f} s")
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_BACKOFF)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask it to end, insist after 20 seconds; in any case nothing of its group is left."""
    try:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), END_WITHIN)
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def _tend(cluster: Cluster, say: Say) -> None:
    pause = LOOK_EVERY
    while True:
        await asyncio.sleep(pause)
        try:
            await asyncio.to_thread(cluster.tend)
            pause = LOOK_EVERY
        except EmbeddedError as error:
            pause = min(pause * 2, LONGEST_BACKOFF)
            say(f"database: {error.message}; trying again in {pause:.0f} s")


def main(parent: int, command: Sequence[str]) -> None:
    die_with_parent()
    if os.getppid() != parent:
        sys.exit(0)
    os.execv(command[0], list(command))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
