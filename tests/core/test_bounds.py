"""How much is read and how long it may take: at the edge of an app of the test's own, by its own seconds."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from starlette.types import Message, Scope

from app.core import bounds, http
from app.core.bounds import Bounds

SHORT, LONG = 0.05, 30


def the_app() -> FastAPI:
    app = FastAPI()
    http.install(app)
    app.add_middleware(Bounds, limits={"/long": 1_000, "/files/*/long": 2_000})

    @app.post("/{name}")
    async def read(request: Request, name: str) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @app.get("/slow")
    async def slow() -> None:
        await asyncio.sleep(LONG)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(4):
                await asyncio.sleep(SHORT)
                yield b"."

        return StreamingResponse(pieces())

    return app


async def call(
    app: FastAPI, method: str, path: str, *pieces: bytes, pause: float = 0
) -> tuple[int, bytes, dict[bytes, bytes]]:
    """One request whose body comes piece by piece; after them nothing comes, as on a line that is silent."""
    waiting = [{"type": "http.request", "body": one, "more_body": True} for one in pieces]
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(pause)
        if waiting:
            return waiting.pop(0)
        if method == "GET":
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.sleep(LONG)
        raise AssertionError("nobody waits for so long")

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": [], "scheme": "http", "server": ("test", 80), "client": ("127.0.0.1", 1),
        "http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"}, "state": {},
    }  # fmt: skip
    await asyncio.wait_for(app(scope, receive, send), LONG)
    body = b"".join(one.get("body", b"") for one in sent[1:])
    return sent[0]["status"], body, dict(sent[0]["headers"])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BODY_WITHIN", "LONG_BODY_WITHIN", "ANSWER_WITHIN"):
        monkeypatch.setattr(bounds, name, SHORT)


@pytest.mark.usefixtures("quick")
async def test_a_body_that_does_not_come_is_waited_for_no_longer() -> None:
    status, _, headers = await call(the_app(), "POST", "/long", b"{")
    assert status == 400
    assert headers[b"connection"] == b"close", "what is still to come is not read"


@pytest.mark.usefixtures("quick")
async def test_a_body_that_drips_is_waited_for_no_longer() -> None:
    """However often a little comes: the time is that of the whole."""
    status, _, _ = await call(the_app(), "POST", "/long", *[b" "] * 50, pause=SHORT / 10)
    assert status == 400


@pytest.mark.usefixtures("quick")
async def test_an_answer_that_does_not_begin_is_a_503() -> None:
    status, body, headers = await call(the_app(), "GET", "/slow")
    assert status == 503
    assert b"unavailable" in body
    assert int(headers[b"retry-after"]) > 0


@pytest.mark.usefixtures("quick")
async def test_what_is_being_sent_goes_on() -> None:
    status, body, _ = await call(the_app(), "GET", "/stream")
    assert (status, body) == (200, b"....")


async def test_each_path_has_its_size() -> None:
    transport = httpx.ASGITransport(the_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for path, size in (("/long", 1_000), ("/files/7/long", 2_000), ("/other", bounds.DEFAULT_BODY_LIMIT)):
            answer = await client.post(path, content=b"x" * (size + 1))
            assert answer.status_code == 413, path
            assert answer.headers["connection"] == "close"
        assert (await client.post("/long", content=b"x" * 1_000)).json() == {"bytes": 1_000}


async def test_a_process_takes_on_no_more_than_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_AT_ONCE", 2)
    transport = httpx.ASGITransport(the_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answers: list[Any] = await asyncio.gather(*(client.get("/stream") for _ in range(5)))
        assert sorted(one.status_code for one in answers) == [200, 200, 503, 503, 503]
        assert (await client.get("/stream")).status_code == 200
