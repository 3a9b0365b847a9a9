"""An app on a real socket, by the server that serves it everywhere, in the test's own process."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import uvicorn

from app.web.uvicorn import Protocol


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    def capture_signals(self) -> nullcontext[None]:  # type: ignore[override]
        """They are for whoever runs the tests."""
        return nullcontext()


@asynccontextmanager
async def listening(app: Any, at: socket.socket | None = None, **more: Any) -> AsyncIterator[str]:
    """The address: of `at`, else of a port of its own. `more`: of `uvicorn.Config`."""
    quiet: dict[str, Any] = {"log_config": None, "access_log": False, "timeout_graceful_shutdown": 5}
    server = _Server(uvicorn.Config(app, port=0, http=Protocol, ws="none", **(quiet | more)))
    serving = asyncio.create_task(server.serve([at] if at else None))
    ready = asyncio.create_task(server.ready.wait())
    await asyncio.wait([serving, ready], return_when=asyncio.FIRST_COMPLETED)
    try:
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        ready.cancel()
        server.should_exit = True
        await serving
