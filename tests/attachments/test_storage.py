"""The two storages, and that nothing that was changed, cut off or put elsewhere is given out."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from app.attachments.keeping import Keeper
from app.attachments.s3 import S3Storage
from app.attachments.serving import content
from app.attachments.storage import LocalStorage, NoObject, Storage, StorageFailed, name_of
from app.core import cipher as ciphers
from app.core import sealed
from app.core.cipher import Cipher, CipherError
from app.core.db import Database
from app.settings import Settings
from tests.attachments.files import JPEG, PDF, sent
from tests.attachments.test_attaching import filed, opened, tracked
from tests.attachments.test_uploading import on_disk
from tests.support import SECRET

FRAME = sealed.FRAME


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A server that speaks S3, on this machine alone."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with pytest.MonkeyPatch.context() as patched, subprocess.Popen(command, **quiet) as server:  # type: ignore[call-overload]
        patched.setenv("AWS_ACCESS_KEY_ID", "tests")
        patched.setenv("AWS_SECRET_ACCESS_KEY", "tests")
        endpoint = f"http://127.0.0.1:{port}"
        with httpx.Client(transport=httpx.HTTPTransport(retries=50)) as made:
            made.put(f"{endpoint}/files", timeout=30)
        yield f"s3://files/listening/state?endpoint={endpoint}"
        server.terminate()


@pytest.fixture(params=["local", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "local":
        return LocalStorage(tmp_path / "objects")
    return S3Storage(request.getfixturevalue("s3"))


async def whole(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def test_what_is_put_is_there(storage: Storage, tmp_path: Path) -> None:
    address, data = os.urandom(32), os.urandom(6_000_000)
    for _ in range(2):
        path = tmp_path / "whole"
        path.write_bytes(data)
        await storage.put(address, path)
    assert await whole(storage.read(address)) == data
    await storage.remove(address)
    await storage.remove(address)
    with pytest.raises(NoObject):
        await whole(storage.read(address))


async def test_from_an_upload_to_a_download_by_s3(
    client: httpx.AsyncClient, s3: str, settings: Settings, keeper: Keeper
) -> None:
    settings.attachments_url = s3
    keeper.storage = S3Storage(s3)
    client._transport.app.state.keeper = keeper  # type: ignore[attr-defined]
    appeal = await filed(client, (await sent(client, PDF, "a.pdf"))["id"])
    assert on_disk(settings) == []
    (shown,) = (await tracked(client, appeal))["attachments"]
    assert (await opened(client, appeal, shown["url"])).content == PDF


async def test_a_storage_that_is_away(client: httpx.AsyncClient, settings: Settings, tmp_path: Path) -> None:
    away = S3Storage("s3://files?endpoint=http://127.0.0.1:1")
    path = tmp_path / "whole"
    path.write_bytes(b"x")
    with pytest.raises(StorageFailed):
        await away.put(bytes(32), path)
    appeal = await filed(client, (await sent(client))["id"])
    (shown,) = (await tracked(client, appeal))["attachments"]
    (lies,) = on_disk(settings)
    lies.unlink()
    answer = await opened(client, appeal, shown["url"])
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")


async def kept(keeper: Keeper, db: Database, data: bytes) -> tuple[bytes, Path]:
    async def pieces() -> AsyncIterator[bytes]:
        for begin in range(0, len(data), 10_000):
            yield data[begin : begin + 10_000]

    await keeper.keep(db, pieces(), name="a.jpg")
    async with db.read() as connection:
        address = await connection.fetchval(
            "SELECT address FROM stored_object ORDER BY stored_at DESC LIMIT 1"
        )
    storage = keeper.storage
    assert isinstance(storage, LocalStorage)
    return address, storage._folder / name_of(address)


@pytest.mark.parametrize("size", [len(JPEG), FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 3 * FRAME + 5])
async def test_sealed_and_opened(keeper: Keeper, db: Database, size: int) -> None:
    data = JPEG + os.urandom(size - len(JPEG))
    address, path = await kept(keeper, db, data)
    assert await whole(content(keeper.storage, address)) == data
    assert len(path.read_bytes()) == size + sealed.HEADER + sealed.TAG * max(1, -(-size // FRAME))


async def test_what_was_changed_is_found(keeper: Keeper, db: Database) -> None:
    data = JPEG + os.urandom(3 * FRAME)
    address, path = await kept(keeper, db, data)
    good, step = path.read_bytes(), FRAME + sealed.TAG
    head, frames = good[: sealed.HEADER], good[sealed.HEADER :]
    first, second = frames[:step], frames[step : 2 * step]
    for broken in (
        b"",
        good[:10],
        good[:-1],
        good + b"\0",
        head + frames[: 2 * step],  # whole frames, and not the last
        head + second + first + frames[2 * step :],
        head + first + frames[2 * step :],
        good[:100] + bytes([good[100] ^ 1]) + good[101:],
        b"\0\0\0\0" + good[4:],
    ):
        path.write_bytes(broken)
        with pytest.raises(CipherError):
            await whole(content(keeper.storage, address))


async def test_another_content_at_the_address_is_never_given_out_whole(keeper: Keeper, db: Database) -> None:
    first, at_first = await kept(keeper, db, JPEG + os.urandom(2 * FRAME))
    _, at_second = await kept(keeper, db, JPEG + os.urandom(2 * FRAME))
    at_first.write_bytes(at_second.read_bytes())
    given: list[bytes] = []
    with pytest.raises(CipherError):
        await _gather(given, content(keeper.storage, first))
    assert [len(piece) for piece in given] == [FRAME, FRAME]


async def _gather(given: list[bytes], pieces: AsyncIterator[bytes]) -> None:
    async for piece in pieces:
        given.append(piece)


async def test_an_older_secret_still_opens(keeper: Keeper, db: Database) -> None:
    address, _ = await kept(keeper, db, JPEG)
    before = ciphers.cipher()
    lasting = {"attachments.address": before.lasting("attachments.address")}
    try:
        ciphers.use(Cipher(["another secret for the tests, of forty letters", SECRET]))
        ciphers.cipher().keep(lasting)
        assert await whole(content(keeper.storage, address)) == JPEG
        ciphers.use(Cipher(["another secret for the tests, of forty letters"]))
        ciphers.cipher().keep(lasting)
        with pytest.raises(CipherError):
            await whole(content(keeper.storage, address))
    finally:
        ciphers.use(before)


async def test_who_is_broken_off_leaves_nothing(keeper: Keeper, db: Database, settings: Settings) -> None:
    begun = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield JPEG * 1_000
        begun.set()
        await asyncio.sleep(60)

    keeping = asyncio.create_task(keeper.keep(db, slow(), name="a.jpg"))
    await begun.wait()
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert on_disk(settings) == []
