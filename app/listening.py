"""Where the web side listens: whether it can, how others reach it, and when it answers."""

import asyncio
import socket
import time

from app.settings import Settings


class PortTaken(Exception):
    """Nothing can listen there; the message says why and what to do."""


def check(settings: Settings, *, patience: float) -> None:
    """Raises PortTaken if, after `patience` seconds, nothing can listen there."""
    end = time.monotonic() + patience
    while (problem := _problem(settings.host, settings.port)) and time.monotonic() < end:
        time.sleep(0.2)
    if problem:
        raise PortTaken(
            f"cannot listen on {settings.host} port {settings.port} ({problem}): "
            "stop what listens there, or choose another with LS_PORT"
        )


def address(settings: Settings) -> str:
    host = _reachable(settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


async def answers(settings: Settings) -> None:
    """Wait until it does."""
    while True:
        try:
            _, writer = await asyncio.open_connection(_reachable(settings.host), settings.port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return


def _problem(host: str, port: int) -> str:
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return ""


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
