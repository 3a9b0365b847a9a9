"""Every event is sealed once, in the order of commits, whoever else writes, seals or is killed."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.core import cipher
from app.core.cipher import Cipher
from app.core.db import Database, DatabaseUrls
from app.directory import snapshot
from app.intake.register import register
from app.seals import heads, rows, sealing, tree
from app.seals.heads import Head
from app.seals.heads_file import HeadsFile, Signed
from app.worker import JOBS
from tests.casework.people import Office, registered, submission
from tests.repository.source import ROOT
from tests.seals.sealed import seal, settled
from tests.support import SECRET


async def chain(db: Database) -> list[Head]:
    """The heads in order, each looked at: its hash, its signature, the one before it, its tree."""
    async with db.read() as connection:
        seals = await connection.fetch("SELECT *, upto_xid::text::bigint AS xid FROM seal ORDER BY number")
        keys = {row["id"]: row["public"] for row in await connection.fetch("SELECT * FROM seal_key")}
    before: bytes | None = None
    for number, row in enumerate(seals, start=1):
        head = Head.read(row["head"])
        assert (head.number, head.previous, head.upto) == (number, before, (row["xid"], row["upto_id"]))
        assert heads.signed_by(keys[head.key], row["head"], row["signature"])
        assert heads.head_hash(row["head"]) == row["hash"]
        hashes = [row["leaves"][place : place + 32] for place in range(0, len(row["leaves"]), 32)]
        assert (tree.root(hashes), len(hashes)) == (head.root, head.size)
        before = row["hash"]
    return [Head.read(row["head"]) for row in seals]


async def sealed(db: Database) -> list[int]:
    """The ids of the sealed events, seal by seal, found again by their leaves."""
    found: list[int] = []
    async with db.read() as connection:
        after = rows.BEGINNING
        for seal in await connection.fetch(
            "SELECT *, upto_xid::text::bigint AS xid FROM seal ORDER BY number"
        ):
            upto = (seal["xid"], seal["upto_id"])
            events = await rows.between(connection, after, upto, 10_000)
            leaves = await rows.leaves(connection, events, after, upto)
            assert b"".join(leaf.hash for leaf in leaves) == seal["leaves"]
            found += [event["id"] for event in events]
            after = upto
    return found


async def events(db: Database) -> list[int]:
    async with db.read() as connection:
        return [row["id"] for row in await connection.fetch("SELECT id FROM event ORDER BY xid, id")]


async def test_what_is_new_is_sealed_and_the_next_time_nothing(
    real_db: Database, office: Office, file: HeadsFile
) -> None:
    assert await seal(real_db, file) == 0, "of nothing there is no seal"
    filed = await office.file()
    await office.act("operator@energy", filed.number, "claim")
    assert await seal(real_db, file) == 1
    assert await seal(real_db, file) == 0
    await office.file()
    assert await seal(real_db, file) == 1
    assert len(await chain(real_db)) == 2
    assert await sealed(real_db) == await events(real_db)


async def test_many_are_sealed_in_pieces(real_db: Database, few: int, file: HeadsFile) -> None:
    await registered(real_db, [submission() for _ in range(7)])
    assert await seal(real_db, file) == 3
    assert [head.size for head in await chain(real_db)] == [9, 9, 3], "event, facts and appeal of each"
    assert await sealed(real_db) == await events(real_db)


async def test_what_commits_late_is_not_left_out(real_db: Database, file: HeadsFile) -> None:
    """An older transaction is open while a younger one commits: both wait until the older one ends."""
    async with real_db.transaction() as late:
        await register(late, [submission("кеш")], snapshot.current())
        await registered(real_db, [submission("ерте")])
        assert await sealing.seal(real_db, file) == 0
    assert await seal(real_db, file) == 1
    assert await sealed(real_db) == await events(real_db)
    assert len(await sealed(real_db)) == 2


async def test_what_was_undone_is_not_sealed(real_db: Database, file: HeadsFile) -> None:
    async def broken_off() -> None:
        async with real_db.transaction() as undone:
            await register(undone, [submission()], snapshot.current())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await broken_off()
    assert await seal(real_db, file) == 0


async def test_of_two_workers_at_once_there_is_one_chain(
    real_db: Database, few: int, file: HeadsFile
) -> None:
    await registered(real_db, [submission() for _ in range(20)])
    done = await asyncio.gather(*(seal(real_db, file) for _ in range(4)))
    assert sum(done) == 7
    await seal(real_db, file)
    assert len(await chain(real_db)) == 7
    assert await sealed(real_db) == await events(real_db)
    assert [one.number for _, one in file.read() if one] == list(range(1, 8))


SLOWLY = """
import asyncio, sys
from pathlib import Path
from app.core import cipher
from app.core.cipher import Cipher
from app.core.db import Database, DatabaseUrls
from app.seals import sealing
from app.seals.heads_file import HeadsFile

sealing.MOST = sealing.PIECE = 1

async def main():
    cipher.use(Cipher([sys.argv[1]]))
    db = await Database.open(DatabaseUrls.of(sys.argv[2]), pool_size=2)
    file = HeadsFile(Path(sys.argv[3]))
    while await sealing._seal_one(db):
        await sealing.complete(db, file)
        print("sealed", flush=True)

asyncio.run(main())
"""


async def test_killed_in_the_middle_nothing_is_sealed_twice_or_lost(
    real_db: Database, real_urls: DatabaseUrls, file: HeadsFile
) -> None:
    await registered(real_db, [submission() for _ in range(100)])
    await settled(real_db)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SLOWLY, SECRET, real_urls.owner, str(file.path)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    for _ in range(5):
        assert await process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    await process.wait()
    before = len(await chain(real_db))
    assert 5 <= before < 100
    await seal(real_db, file)
    assert await sealed(real_db) == await events(real_db)
    lines = [one.head for _, one in file.read() if one]
    assert lines == [head.text() for head in await chain(real_db)]


async def test_a_line_that_a_crash_broke_off_is_written_anew(real_db: Database, file: HeadsFile) -> None:
    for _ in range(2):
        await registered(real_db, [submission()])
        await seal(real_db, file)
    whole = file.path.read_bytes()
    for cut in (1, len(whole) // 4, len(whole) // 2 + 3, len(whole)):
        file.path.write_bytes(whole[:-cut])
        await seal(real_db, file)
        assert file.path.read_bytes() == whole
    os.remove(file.path)
    await seal(real_db, file)
    assert file.path.read_bytes() == whole


async def test_a_file_that_says_otherwise_is_not_added_to(
    real_db: Database, file: HeadsFile, owner: Any
) -> None:
    """A database that was put back to an earlier moment must not cover it up."""
    for _ in range(2):
        await registered(real_db, [submission()])
        await seal(real_db, file)
    kept = file.path.read_bytes()
    await owner.execute("DELETE FROM seal WHERE number = 2")
    with pytest.raises(sealing.FileDisagrees):
        await sealing.complete(real_db, file)
    assert await sealing._seal_one(real_db), "sealing itself goes on"
    with pytest.raises(sealing.FileDisagrees):
        await sealing.complete(real_db, file)
    assert file.path.read_bytes() == kept


async def test_a_restored_server_says_so(real_db: Database, file: HeadsFile, owner: Any) -> None:
    await registered(real_db, [submission()])
    await seal(real_db, file)
    await owner.execute("UPDATE seal SET upto_xid = '4611686018427387904'")
    with pytest.raises(sealing.AheadOfTime, match="Backup and restore"):
        await seal(real_db, file)


async def test_with_a_new_secret_the_old_key_introduces_the_new_one(
    real_db: Database, file: HeadsFile, real_client: httpx.AsyncClient
) -> None:
    new = "another secret, which came after the first one"
    try:
        for secrets in ([SECRET], [new, SECRET], [new]):
            cipher.use(Cipher(secrets))
            await registered(real_db, [submission()])
            await seal(real_db, file)
    finally:
        cipher.use(Cipher([SECRET]))
    first, second, third = await chain(real_db)
    assert first.key != second.key == third.key
    old, young = (await real_client.get("/api/v1/seals/keys")).json()["items"]
    assert (old["id"], old["introduced_by"], old["signature"]) == (first.key, None, None)
    assert (young["id"], young["introduced_by"]) == (second.key, first.key)
    assert young["introduction"] == heads.introduction(second.key)


async def test_anybody_may_keep_the_heads(
    real_db: Database, few: int, file: HeadsFile, real_client: httpx.AsyncClient
) -> None:
    await registered(real_db, [submission() for _ in range(7)])
    await seal(real_db, file)
    whole = (await real_client.get("/api/v1/seals")).json()
    assert [one["number"] for one in whole["items"]] == [1, 2, 3]
    assert not whole["more"]
    first = (await real_client.get("/api/v1/seals", params={"after": 0, "limit": 2})).json()
    assert (first["items"], first["more"]) == (whole["items"][:2], True)
    rest = (await real_client.get("/api/v1/seals", params={"after": 2, "limit": 2})).json()
    assert (rest["items"], rest["more"]) == (whole["items"][2:], False)
    newest = (await real_client.get("/api/v1/seals", params={"limit": 1})).json()
    assert newest["items"] == whole["items"][2:]
    assert [one["head"] for one in whole["items"]] == [one.head for _, one in file.read() if one]


def test_the_worker_does_it_every_minute() -> None:
    (job,) = [job for job in JOBS if job.name == "seal"]
    assert (job.every, job.shared, job.run) == (timedelta(minutes=1), False, sealing.seal_new)


def test_a_line_of_the_file_is_what_was_signed() -> None:
    with pytest.raises(heads.NotAHead):
        Signed.read('{"head": "{}", "signature": ""}')
