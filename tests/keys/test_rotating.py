"""Another secret in place of the first, while everything goes on; and the first one taken away."""

import asyncio
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.appeals.access_code import access_code
from app.appeals.link_token import link_token, read_token
from app.attachments.keeping import Keeper
from app.core import cipher, lasting
from app.core.cipher import Cipher
from app.core.db import Database, DatabaseProblem, DatabaseUrls
from app.directory import snapshot
from app.intake.register import register
from app.keys import rotating, rows
from app.notices import message_ids
from app.oversight import checking
from app.seals.heads_file import HeadsFile
from app.seals.verifying import Walk
from app.settings import Settings
from app.staff import tokens
from app.staff.errors import TokenInvalid
from app.tables import METADATA
from tests.attachments.files import JPEG, sent
from tests.casework.people import Office, submission
from tests.desk.clerks import LETTER, Clerks
from tests.intake.appellant import APPEAL, APPLICANT
from tests.keys.filling import fill, unchecked
from tests.seals.sealed import seal
from tests.support import SECRET
from tests.warm import ROOT

NEW = "the secret that comes after the first, forty letters"
OPERATOR = "operator@energy"
FAMILY = UUID("7d4df0a2-8cf1-4b1d-9d5c-6fd7a0a5a001")
MANY = 8_000
TABLES = rows.tables(METADATA)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = cipher.cipher()
    yield
    cipher.use(before)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(secret_key=SECRET, data_dir=tmp_path, unscanned="served")


async def knows(db: Database, *secrets: str) -> None:
    """The process is started again with these."""
    cipher.use(Cipher(secrets))
    await lasting.remember(db)


def quiet(_done: int, _all: int) -> None:
    """Nobody looks."""


async def test_every_encrypted_column_and_what_it_is_found_by(
    real_db: Database, owner: asyncpg.Connection, keeper: Keeper
) -> None:
    await knows(real_db, SECRET)
    await unchecked(owner)
    await fill(owner, "87010000001 жылу")
    old = cipher.cipher().key_ids[0]
    await knows(real_db, NEW, SECRET)
    async with rotating.as_owner(real_db) as db:
        assert (await rotating.rotate(db, TABLES, keeper, quiet)).unreadable == 0
        await knows(real_db, NEW)
        assert (await rotating.state(db, TABLES)).done
    await _nothing_begins_with(owner, old)
    for table in TABLES:
        for row in await owner.fetch(f"SELECT * FROM {table.name}"):
            said = {
                name: cipher.cipher().decrypt(row[name], type_.column)
                for name, type_ in table.encrypted.items()
            }
            assert {name: type_.made_of(said) for name, type_ in table.derived.items()} == {
                name: row[name] for name in table.derived
            }
    assert len(TABLES) >= 20


async def _nothing_begins_with(owner: asyncpg.Connection, key: bytes) -> None:
    """In no column of bytes in the whole database."""
    for row in await owner.fetch(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND data_type = 'bytea'"
    ):
        count = await owner.fetchval(
            f"SELECT count(*) FROM {row['table_name']} "
            f"WHERE substring({row['column_name']} FROM 1 FOR 4) = $1",
            key,
        )
        assert count == 0, row


@pytest.fixture
def keeper(settings: Settings) -> Keeper:
    return Keeper.of(settings)


@pytest.fixture
def clerks(real_db: Database, real_client: httpx.AsyncClient) -> Clerks:
    return Clerks(real_db, real_client, Office(real_db, real_client))


@dataclass
class Life:
    """What is held by people before the secret changes, and stays good."""

    clerks: Clerks
    file: HeadsFile
    filed: dict[str, Any]
    letter: dict[str, Any]
    link: str
    message: str

    @classmethod
    async def begun(cls, clerks: Clerks, file: HeadsFile) -> "Life":
        kept = await sent(clerks.client, JPEG, "сурет.jpg")
        filed = await clerks.client.post("/api/v1/appeals", json=APPEAL | {"attachments": [kept["id"]]})
        letter = await clerks.taken(OPERATOR, LETTER)
        await seal(clerks.db, file)
        message = message_ids.message_id(7, "example.kz")
        return cls(clerks, file, filed.json(), letter, link_token(202600000001, 0), message)

    async def goes_on(self) -> None:
        headers, get = {"x-access-code": self.filed["access_code"]}, self.clerks.client.get
        answer = await get(f"/api/v1/appeals/{self.filed['number']}", headers=headers)
        assert answer.status_code == 200, answer.text
        (attached,) = answer.json()["attachments"]
        path = f"/api/v1/appeals/{self.filed['number']}/attachments/{attached['id']}"
        assert (await get(path, headers=headers)).content == JPEG
        numbers = [self.letter["number"], self.filed["number"]]
        assert [one["number"] for one in await self.clerks.earlier(OPERATOR, iin=APPLICANT["iin"])] == numbers
        phone = LETTER["applicant"]["phone"]
        assert [one["number"] for one in await self.clerks.earlier(OPERATOR, phone=phone)] == numbers[:1]
        assert await self.clerks.office.queue(OPERATOR, q="жылу") == numbers[1:]
        assert read_token(self.link) == (202600000001, 0)
        assert message_ids.notice_of(self.message) == 7
        walk = Walk(self.clerks.db, [self.file.path], quiet, recount=checking.verified)
        assert [found async for found in walk.findings()] == []


async def test_beside_everybody_and_killed_in_the_middle(
    clerks: Clerks, real_urls: DatabaseUrls, owner: asyncpg.Connection, keeper: Keeper, tmp_path: Path
) -> None:
    db = clerks.db
    life = await Life.begun(clerks, HeadsFile(tmp_path / "seals" / "heads.jsonl"))
    await views(owner)
    token = tokens.issue(7, FAMILY)
    await knows(db, NEW, SECRET)
    assert tokens.verify(token).account_id == 7
    await life.goes_on()
    async with rotating.as_owner(db) as mighty:
        before = await rotating.state(mighty, TABLES)
        assert (before.done, before.values[0], before.files) == (False, 0, [0, 1])
        await killed_in_the_middle(real_urls, owner, tmp_path)
        assert min((await rotating.state(mighty, TABLES)).values) > 0
        await life.goes_on()
        async with db.transaction() as somebody:  # works on one: the rest goes on without it
            await somebody.execute("SELECT FROM saved_view ORDER BY id DESC LIMIT 1 FOR UPDATE")
            going = asyncio.create_task(rotating.rotate(mighty, TABLES, keeper, quiet))
            for _ in range(1_000):
                if (await rotating.state(mighty, TABLES)).values[1] == 2:
                    break
                await asyncio.sleep(0.2)
            assert not going.done()
        assert (await going).unreadable == 0
        assert not (await rotating.state(mighty, TABLES)).done, "the last seal is of the old secret"
        await clerks.client.post(
            "/api/v1/appeals", json={"kind": "message", "language": "kk", "text": "Рақмет."}
        )
        await seal(db, life.file)
        await knows(db, NEW)
        assert (await rotating.state(mighty, TABLES)).done
    with pytest.raises(TokenInvalid):
        tokens.verify(token)
    clerks.office.people.clear()  # they sign in again
    await life.goes_on()


async def views(owner: asyncpg.Connection) -> None:
    """Very many, so that it takes a while."""
    lock = cipher.cipher()
    name, query = lock.encrypt("Көрініс", "saved_view.name"), lock.encrypt("q=су", "saved_view.query")
    await owner.execute(
        "INSERT INTO saved_view (account_id, name, query, created_at) "
        "SELECT (SELECT min(id) FROM staff_account), $1, $2, now() FROM generate_series(1, $3::int)",
        name,
        query,
        MANY,
    )


async def killed_in_the_middle(urls: DatabaseUrls, owner: asyncpg.Connection, folder: Path) -> None:
    secrets = {"LS_SECRET_KEY": NEW, "LS_SECRET_KEYS_KNOWN": SECRET}
    place = {"LS_DATABASE_URL": urls.owner, "LS_DATA_DIR": str(folder)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.cli", "keys", "rotate", cwd=ROOT, env=os.environ | secrets | place
    )
    key = cipher.cipher().key_ids[0]
    while not await owner.fetchval(
        "SELECT EXISTS (SELECT FROM saved_view WHERE substring(name FROM 1 FOR 4) = $1)", key
    ):
        assert process.returncode is None
        await asyncio.sleep(0.01)
    process.kill()
    await process.wait()


async def test_a_secret_that_is_not_this_databases_is_refused(db: Database) -> None:
    await knows(db, SECRET)
    with pytest.raises(DatabaseProblem, match="LS_SECRET_KEYS_KNOWN"):
        await knows(db, NEW)


async def test_the_keys_that_last_are_those_of_what_is_there(db: Database) -> None:
    """Who begins with this version and a new secret at once."""
    codes = access_code(202600000007)
    async with db.transaction() as connection:
        await register(connection, [submission()], snapshot.current())
        await connection.execute("SET LOCAL ROLE NONE")
        await connection.execute("DELETE FROM lasting_key")
    await knows(db, NEW, SECRET)
    assert access_code(202600000007) == codes
