"""Requests lie evenly on the processes of one port: who has many more in hand ends connections."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from app.core.evened import LEEWAY, Evened, InHand
from app.core.observed import Observed
from tests.listening import listening

# Another process of the port, which says how many it has in hand and waits for the end of its input.
ANOTHER = """
import sys
from pathlib import Path
from app.core.evened import InHand
in_hand = InHand(Path(sys.argv[1]))
in_hand.add(int(sys.argv[2]))
print(flush=True)
sys.stdin.read()
if sys.argv[3:]:
    in_hand.leave()
"""
MANY = LEEWAY + 1
SOON = 20


def another(folder: Path, has: int, *more: str) -> subprocess.Popen[bytes]:
    """It has said so when this returns."""
    process = subprocess.Popen(
        [sys.executable, "-c", ANOTHER, str(folder), str(has), *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stdout.readline()
    return process


@pytest.mark.parametrize(
    ("mine", "others", "too_many"), [(3, 0, False), (4, 0, True), (9, 4, False), (10, 4, True)]
)
def test_many_more_than_another(tmp_path: Path, mine: int, others: int, too_many: bool) -> None:
    with another(tmp_path, others) as process:
        here = InHand(tmp_path)
        here.add(mine)
        assert here.too_many is too_many
        process.kill()


def test_one_process_alone_never_has_too_many(tmp_path: Path) -> None:
    here = InHand(tmp_path)
    here.add(100)
    assert not here.too_many
    alone = InHand()
    alone.add(100)
    assert not alone.too_many


def test_who_left_is_no_longer_asked_to_help(tmp_path: Path) -> None:
    here = InHand(tmp_path)
    here.add(100)
    with another(tmp_path, 0, "leaves") as process:
        assert here.too_many
        process.communicate()
    assert not here.too_many


def test_who_is_killed_leaves_its_place_to_the_next(tmp_path: Path) -> None:
    here = InHand(tmp_path)
    here.add(100)
    with another(tmp_path, 0) as process:
        process.kill()
    with another(tmp_path, 90) as process:
        assert not here.too_many, "the place of the first, with its nothing, is the second's now"
        process.kill()


def test_places_of_who_was_killed_are_nobodys_once_another_begins(tmp_path: Path) -> None:
    with another(tmp_path, 0) as first, another(tmp_path, 0) as second:
        first.kill()
        second.kill()
    here = InHand(tmp_path)
    here.add(100)
    assert not here.too_many


def the_app(folder: Path, go_on: asyncio.Event) -> FastAPI:
    app = FastAPI()
    app.state.in_hand = InHand(folder)
    app.add_middleware(Evened)
    app.add_middleware(Observed)

    @app.post("/")
    async def waits(request: Request) -> str:
        await go_on.wait()
        return "said"

    @app.get("/stays-open")
    async def stays_open() -> StreamingResponse:
        async def said() -> AsyncIterator[bytes]:
            yield b"begun"
            await go_on.wait()

        return StreamingResponse(said())

    @app.get("/breaks")
    async def breaks() -> None:
        raise RuntimeError

    return app


async def asked(url: str, what: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(what + b" HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n")
    return reader, writer


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not reached():  # noqa: ASYNC110 (nobody tells)
            await asyncio.sleep(0.01)


async def head(reader: asyncio.StreamReader) -> bytes:
    return (await reader.readuntil(b"\r\n\r\n")).lower()


@pytest.mark.parametrize("others", [0, MANY])
async def test_a_connection_ends_with_its_answer_where_another_has_time(tmp_path: Path, others: int) -> None:
    go_on = asyncio.Event()
    app = the_app(tmp_path, go_on)
    with another(tmp_path, others) as process:
        async with listening(app) as url:
            lines = [await asked(url, b"POST /") for _ in range(MANY)]
            await until(lambda: app.state.in_hand.mine == MANY)
            go_on.set()
            said = [await head(reader) for reader, _ in lines]
            assert all(one.startswith(b"http/1.1 200") for one in said), "each has its answer"
            assert sum(b"connection: close" in one for one in said) == (1 if others == 0 else 0)
            assert app.state.in_hand.mine == 0
            for _, writer in lines:
                writer.close()
        process.kill()


async def test_open_pages_and_what_broke_are_not_in_hand(tmp_path: Path) -> None:
    go_on = asyncio.Event()
    app = the_app(tmp_path, go_on)
    async with listening(app) as url:
        reader, page = await asked(url, b"GET /stays-open")
        await head(reader)
        assert app.state.in_hand.mine == 0
        reader, broken = await asked(url, b"GET /breaks")
        assert (await head(reader)).startswith(b"http/1.1 500")
        gone = (await asked(url, b"POST /"))[1]
        await until(lambda: app.state.in_hand.mine == 1)
        gone.close()
        go_on.set()
        await until(lambda: app.state.in_hand.mine == 0)
        page.close()
        broken.close()


def test_the_file_is_private(tmp_path: Path) -> None:
    InHand(tmp_path)
    assert os.stat(tmp_path / "in-hand").st_mode & 0o777 == 0o600
