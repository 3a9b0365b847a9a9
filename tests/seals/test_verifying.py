"""One byte is changed in each table of record, as who may change everything: each is found and named."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec

from app.appeals import history
from app.attachments.storage import Storage, storage_of
from app.cli import cli
from app.core import clock
from app.core.db import Database, DatabaseUrls, prepare
from app.core.i18n import LANGUAGES, catalogues
from app.directory import snapshot
from app.oversight import checking, rollups
from app.oversight.index import closing, periods
from app.sandbox import erasing
from app.seals import heads, sealing
from app.seals.findings import Finding
from app.seals.heads_file import HeadsFile
from app.seals.verifying import Walk
from app.settings import Settings, get_settings
from tests.attachments.files import sent
from tests.casework.people import ANSWER, Office
from tests.intake.appellant import APPEAL
from tests.sandbox.conftest import open_sandbox
from tests.sandbox.test_life import tried
from tests.seals.sealed import seal
from tests.support import SECRET, OneConnection, cloned, running


@dataclass
class Record:
    """A record that is sealed up to an appeal that came after the last seal."""

    urls: DatabaseUrls
    owner: asyncpg.Connection
    file: HeadsFile
    storage: Storage

    @asynccontextmanager
    async def changed(self, *statements: str) -> AsyncIterator[Database]:
        """As it is after these, which somebody did who may do everything; undone at the end."""
        undone = self.owner.transaction()
        await undone.start()
        try:
            await self.owner.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                await self.owner.execute(statement)
            yield Database(OneConnection(self.owner))
        finally:
            await undone.rollback()

    async def walk(self, db: Database, **changes: Any) -> tuple[list[Finding], Walk]:
        """With the recount and the files, unless told otherwise."""
        asked: dict[str, Any] = {"recount": checking.verified, "storage": self.storage} | changes
        walk = Walk(db, [self.file.path], lambda done, total: None, **asked)
        return [found async for found in walk.findings()], walk

    async def found(self, *statements: str, **changes: Any) -> list[Finding]:
        async with self.changed(*statements) as db:
            return (await self.walk(db, **changes))[0]


@pytest.fixture(scope="module")
async def record(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Record]:
    folder = tmp_path_factory.mktemp("record")
    settings = Settings(secret_key=SECRET, data_dir=folder, demo_password="a demo password for tests")
    file = HeadsFile(folder / "heads.jsonl")
    async with cloned(f"ls_{uuid4().hex[:12]}_test") as urls:
        db = await Database.open(urls, pool_size=5)
        await snapshot.refresh(db)
        async with running(settings, db) as client:
            office = Office(db, client)
            photo = await sent(client)
            filed = (
                await client.post("/api/v1/appeals", json=APPEAL | {"attachments": [photo["id"]]})
            ).json()
            await office.act("operator@energy", filed["number"], "note", text="Кешке дейін хабарласу керек.")
            await seal(db, file)
            await office.act("head@energy", filed["number"], "answer", **ANSWER)
            key = {"x-access-code": filed["access_code"]}
            complaint = f"/api/v1/appeals/{filed['number']}/complaint"
            answer = await client.post(complaint, json={"text": "Жауап жоқ."}, headers=key)
            assert answer.status_code == 201, answer.text
            passed_on = await office.file()
            await office.act("head@energy", passed_on.number, "forward", to="health", reason="Бұл сіздікі.")
            await _close_this_month(db)
            await office.act("head@health", passed_on.number, "note", text="Қарап жатырмыз.")
            await seal(db, file)
            await office.file()
        await rollups.fold(db)
        await db.close()
        owner = await asyncpg.connect(urls.owner, server_settings={"timezone": "UTC"})
        await prepare(owner)
        yield Record(urls, owner, file, storage_of(settings))
        await owner.close()


async def _close_this_month(db: Database) -> None:
    span = periods.of_code(f"{clock.today():%Y-%m}")
    assert span
    assert await closing.keep(db, await closing.as_it_is(db, span))


async def test_a_record_that_nobody_changed_is_whole(record: Record) -> None:
    async with record.changed() as db:
        found, walk = await record.walk(db)
    assert found == []
    assert (walk.seals, walk.events, walk.unsealed, walk.erased.texts) == (2, 8, 1, 0)
    assert walk.oldest_unsealed
    assert walk.newest


def byte(table: str, column: str, where: str = "true") -> str:
    """Change the last byte of one value of bytes."""
    last = f"octet_length({column}) - 1"
    return f"""UPDATE {table} SET {column} = set_byte({column}, {last}, get_byte({column}, {last}) # 1)
               WHERE ctid = (SELECT ctid FROM {table} WHERE {column} IS NOT NULL AND {where} LIMIT 1)"""


ANY = "WHERE ctid = (SELECT ctid FROM {} LIMIT 1)"
FIRST = "WHERE id = (SELECT min(id) FROM {})"
# By table: what is done, and the code of what is found first.
CHANGES: dict[str, list[tuple[str, str]]] = {
    "event": [
        (f"UPDATE event SET at = at + interval '1 second' {FIRST}", "event"),
        (f"UPDATE event SET kind = 'answereb' {FIRST}", "event"),
        (f"UPDATE event SET part = 1 {FIRST}", "event"),
        (f"UPDATE event SET actor_id = 1 {FIRST}", "event"),
        (f"UPDATE event SET appeal_id = appeal_id + 1 {FIRST}", "event"),
        (f"UPDATE event SET data = jsonb_set(data, '{{due_on}}', '\"2030-01-01\"') {FIRST}", "event"),
        (byte("event", "content_hash"), "event"),
        (byte("event", "previous"), "event"),
        (byte("event", "hash"), "event"),
        (f"UPDATE event SET holding_id = holding_id + 1 {FIRST}", "changed"),
        (f"UPDATE event SET changed_at = now() {FIRST}", "changed"),
        (f"UPDATE event SET source_id = 1 {FIRST}", "changed"),
        (byte("event", "hash", "id = (SELECT max(id) FROM event)"), "event"),  # not sealed yet
    ],
    "ledger": [
        (f"UPDATE ledger SET facts = jsonb_set(facts, '{{0,by}}', '\"staff\"') {FIRST}", "changed"),
    ],
    "appeal": [
        (f"UPDATE appeal SET topic = 'lanb' {FIRST}", "changed"),
        (f"UPDATE appeal SET received_at = received_at - interval '1 day' {FIRST}", "changed"),
        (f"UPDATE appeal SET missing = '{{applicant.name}}' {FIRST}", "changed"),
        (f"UPDATE appeal SET listed = NOT listed {FIRST}", "changed"),
    ],
    "complaint": [
        ("UPDATE complaint SET signers = '{}'", "changed"),
        ("UPDATE complaint SET about_part = 1", "changed"),
    ],
    "content": [
        (byte("content", "body"), "sealed_text"),
        (byte("content", "salt"), "text"),
        (byte("content", "hash"), "text"),
        ("UPDATE content SET at = at + interval '1 second' WHERE kind = 'note'", "beside_text"),
        ("UPDATE content SET author_id = 999 WHERE kind = 'answer'", "beside_text"),
        ("UPDATE content SET kind = 'reason' WHERE kind = 'note'", "beside_text"),
        ("UPDATE content SET part = 1 WHERE kind = 'note'", "beside_text"),
        ("DELETE FROM content WHERE kind = 'answer'", "text_gone"),
    ],
    "applicant": [
        *((byte("applicant", name), "sealed_text") for name in ("name", "iin", "address", "phone")),
        (byte("applicant", "salt"), "applicant"),
        (f"UPDATE applicant SET phone = NULL {ANY}", "applicant"),
        (byte("applicant", "iin_hash"), "search"),
        (byte("applicant", "phone_hash"), "search"),
        ("DELETE FROM applicant WHERE appeal_id = (SELECT max(id) FROM appeal)", "applicant_gone"),
    ],
    "attachment": [
        (byte("attachment", "hash"), "file_gone"),
        (byte("attachment", "name"), "sealed_text"),
        (byte("attachment", "salt"), "file"),
        (byte("attachment", "address"), "file_lost"),
        ("DELETE FROM attachment", "file_gone"),
    ],
    "holding": [
        (f"UPDATE holding SET status = 'answered' {FIRST.replace('min', 'max')}", "holding"),
        (f"UPDATE holding SET origin = 'reopened' {FIRST}", "holding"),
        (f"UPDATE holding SET received_at = now() {FIRST}", "holding"),
        ("UPDATE holding SET outcome = 'satisfied' WHERE outcome = 'explained'", "holding"),
        (
            "UPDATE holding SET closed_at = closed_at - interval '1 day' WHERE closed_at IS NOT NULL",
            "holding",
        ),
        (byte("holding", "last_hash"), "holding"),
        (f"UPDATE holding SET due_on = due_on + 1 {FIRST}", "figures"),
        (f"UPDATE holding SET topic = 'lanb' {FIRST}", "figures"),
    ],
    "counter_delta": [
        ("UPDATE counter_delta SET answered_late = 1 WHERE answered = 1", "figures"),
        (f"UPDATE counter_delta SET received = 0 {FIRST}", "figures"),
        (f"DELETE FROM counter_delta {FIRST}", "figures"),
    ],
    "index_period": [
        ("UPDATE index_period SET closed_at = closed_at + interval '1 day'", "changed"),
        ("UPDATE index_period SET definition = jsonb_set(definition, '{least_cases}', '1')", "changed"),
        ("UPDATE index_period SET period = '2020'", "changed"),
    ],
    "index_score": [
        (f"UPDATE index_score SET data = jsonb_set(data, '{{total}}', '99.5') {FIRST}", "changed"),
        (f"UPDATE index_score SET data = jsonb_set(data, '{{figures,overdue}}', '1') {FIRST}", "changed"),
        (f"UPDATE index_score SET agency = 'zzz' {FIRST}", "changed"),
        ("UPDATE index_score SET xid = '3' WHERE id = 1", "added"),  # as if it were of the seal before
        ("DELETE FROM index_score WHERE id = (SELECT max(id) FROM index_score)", "removed_after"),
    ],
    "seal": [
        ("UPDATE seal SET head = replace(head, '\"size\":', '\"size\":1') WHERE number = 1", "signature"),
        ("UPDATE seal SET head = head || ' ' WHERE number = 2", "head"),
        (byte("seal", "hash"), "beside"),
        (byte("seal", "signature"), "signature"),
        ("UPDATE seal SET at = at - interval '1 day' WHERE number = 1", "beside"),
        ("UPDATE seal SET upto_id = upto_id + 1 WHERE number = 2", "beside"),
        (byte("seal", "leaves"), "leaves"),
        ("DELETE FROM seal WHERE number = 1", "gap"),
    ],
    "seal_key": [
        ("UPDATE seal_key SET public = replace(public, 'A', 'B')", "key"),
        ("UPDATE seal_key SET introduced_by = 'nobody'", "key"),
    ],
}


@pytest.mark.parametrize(
    ("table", "statement", "code"),
    [(table, statement, code) for table, changes in CHANGES.items() for statement, code in changes],
)
async def test_a_changed_byte_is_found_and_its_table_named(
    record: Record, table: str, statement: str, code: str
) -> None:
    needed = {
        "recount": checking.verified if code == "figures" else None,
        "storage": record.storage if code.startswith("file") else None,
    }
    found = await record.found(statement.replace("FROM {}", f"FROM {table}"), **needed)
    assert found, "it was not found"
    assert (found[0].table, found[0].code) == (table, code), found
    assert all(found[0].sentence(lang) for lang in LANGUAGES)


ALIKE = "SELECT appeal_id, part, holding_id, at, kind, actor_kind, data, hash"


async def test_what_was_put_in_or_taken_out_is_found(record: Record) -> None:
    """A whole event, with a hash that fits, between those that are sealed; one that is gone."""
    put_in = f"""INSERT INTO event (appeal_id, part, holding_id, at, kind, actor_kind, data, hash, xid)
                 {ALIKE}, xid FROM event ORDER BY id LIMIT 1"""
    codes = [one.code for one in await record.found(put_in)]
    assert "added" in codes
    (gone, *_) = await record.found("DELETE FROM event WHERE kind = 'note_added'")
    assert (gone.table, gone.code) == ("appeal", "removed_after")
    (first, *_) = await record.found("DELETE FROM event WHERE id = (SELECT min(id) FROM event)")
    assert (first.table, first.code) == ("seal", "removed_first")
    (swapped, *_) = await record.found(
        "UPDATE ledger SET holding_id = (SELECT max(id) FROM holding) WHERE id = 1"
    )
    assert swapped.code in {"removed_after", "changed"}
    (stray, *_) = await record.found(
        """INSERT INTO content (appeal_id, kind, at, salt, body, hash)
           SELECT appeal_id, kind, at, salt, body, sha256('another') FROM content LIMIT 1"""
    )
    assert (stray.table, stray.code) == ("content", "unspoken")
    (unheard, *_) = await record.found(
        """INSERT INTO ledger (holding_id, event_hash, facts)
           SELECT holding_id, sha256('x'), facts FROM ledger LIMIT 1"""
    )
    assert (unheard.table, unheard.code) == ("ledger", "unspoken")


async def test_a_rewritten_history_that_fits_is_found(record: Record) -> None:
    """Somebody changes an event and its hash; only the seal knows."""
    async with record.changed() as db:
        async with db.transaction() as connection:
            event = await connection.fetchrow("SELECT * FROM event WHERE kind = 'note_added'")
            assert event
            forged = dict(event) | {"at": event["at"] - clock.days(3)}
            new = history.event_hash(**history.described(forged))
            await connection.execute(
                "UPDATE event SET at = $2, hash = $3 WHERE id = $1", event["id"], forged["at"], new
            )
            await connection.execute("UPDATE content SET at = $1 WHERE kind = 'note'", forged["at"])
            await connection.execute(
                "UPDATE holding SET last_hash = $1 WHERE last_hash = $2", new, event["hash"]
            )
        found, _ = await record.walk(db)
    assert (found[0].table, found[0].id, found[0].code) == ("event", event["id"], "changed")


async def test_a_seal_that_fits_but_is_not_ours_is_found(record: Record) -> None:
    """Who has the database and not the secret signs all of it anew, with a key of their own."""
    private = ec.generate_private_key(ec.SECP256R1())
    public = heads.public_pem(private.public_key())
    id_ = heads.key_id(public)
    async with record.changed() as db:
        async with db.transaction() as connection:
            await connection.execute(
                "INSERT INTO seal_key (id, public, since) VALUES ($1, $2, now())", id_, public
            )
            before: bytes | None = None
            for row in await connection.fetch("SELECT number, head FROM seal ORDER BY number"):
                told = json.loads(row["head"]) | {"key": id_, "previous": before and before.hex()}
                text = history.canonical(told).decode()
                before = heads.head_hash(text)
                await connection.execute(
                    "UPDATE seal SET head = $2, hash = $3, signature = $4, key_id = $5 WHERE number = $1",
                    *(row["number"], text, before, heads.sign(private, text), id_),
                )
        found, _ = await record.walk(db)
    assert [one.code for one in found] == ["foreign_key", "other_seal", "other_seal"]


async def test_the_file_is_held_against_the_database(record: Record, tmp_path: Path) -> None:
    lines = record.file.path.read_text().splitlines(keepends=True)
    copy = HeadsFile(tmp_path / "copy.jsonl")
    for text, codes in (
        ("".join(lines), []),
        (lines[0], []),
        ("", []),
        (lines[0] + "?\n", ["line"]),
        (lines[0].replace('\\"size\\":', '\\"size\\":1'), ["other_seal"]),
        (lines[0].replace('\\"number\\":1', '\\"number\\":9'), ["lost_seal"]),
        (lines[1] + lines[1], ["line_missing"]),
    ):
        copy.path.write_text(text)
        async with record.changed() as db:
            walk = Walk(db, [copy.path], lambda done, total: None)
            found = [one async for one in walk.findings()]
        assert [one.code for one in found] == codes
        assert {one.table for one in found} <= {str(copy.path)}
    gone = await record.found("DELETE FROM seal WHERE number = 2")
    assert [one.code for one in gone] == ["lost_seal"], "what was unsealed again is known outside"


async def test_since_looks_at_the_later_seals_only(record: Record) -> None:
    async with record.changed(f"UPDATE event SET part = 1 {FIRST.format('event')}") as db:
        async with db.read() as connection:
            second = await connection.fetchval("SELECT at FROM seal WHERE number = 2")
        found, walk = await record.walk(db, since=second, recount=None)
        assert (found, walk.seals) == ([], 1)
        found, walk = await record.walk(db, since=second - clock.days(1), recount=None)
        assert (found[0].code, walk.seals) == ("event", 2)


async def test_a_text_may_be_missing_where_an_event_says_that_it_was_erased(record: Record) -> None:
    gone = "DELETE FROM content WHERE appeal_id = (SELECT {} FROM appeal)"
    assert {one.code for one in await record.found(gone.format("min(id)"))} == {"text_gone"}
    said = """INSERT INTO event (appeal_id, part, holding_id, at, kind, actor_kind, data, hash)
              SELECT appeal_id, 9, id, now(), 'erased', 'system', '{}', sha256('x') FROM holding
              ORDER BY id LIMIT 1"""
    codes = {one.code for one in await record.found(gone.format("min(id)"), said)}
    assert "text_gone" not in codes
    assert "text_gone" in {one.code for one in await record.found(gone.format("max(id)"), said)}


async def test_tests_are_erased_and_all_is_whole(
    real_db: Database, office: Office, file: HeadsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre = await open_sandbox(real_db, office.client)
    await centre.brought()
    await tried(centre, "answer", **ANSWER)
    await seal(real_db, file)
    monkeypatch.setattr(erasing, "KEPT_DAYS", -1)
    await erasing.erase(real_db)
    walk = Walk(real_db, [file.path], lambda done, total: None, recount=checking.verified)
    assert [found async for found in walk.findings()] == []
    assert walk.erased.texts == 2


def test_the_command_names_it_in_three_languages(
    record: Record, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On a database of its own: whole, then changed by its owner."""

    def in_thread(work: Any) -> Any:
        out: list[Any] = []
        thread = threading.Thread(target=lambda: out.append(asyncio.run(work())))
        thread.start()
        thread.join()
        return out[0]

    monkeypatch.setenv("LS_DATABASE_URL", record.urls.owner)
    monkeypatch.setenv("LS_SECRET_KEY", SECRET)
    monkeypatch.setenv("LS_SEALS_FILE", str(record.file.path))
    get_settings.cache_clear()

    async def verify(lang: str, *words: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, cli, ["verify", "--lang", lang, *words])

    async def change(statement: str) -> None:
        connection = await asyncpg.connect(record.urls.owner)
        await connection.execute(statement)
        await connection.close()

    try:
        done = in_thread(lambda: verify("en"))
        assert done.exit_code == 0, done.output
        assert "Nothing was changed: 8 events under 2 seals" in done.output
        assert "Not sealed yet: 1 events" in done.output
        done = in_thread(lambda: verify("en", "--since", "2099-01-01"))
        assert (done.exit_code, done.stdout.partition(":")[0]) == (0, "No seal was looked at")
        in_thread(
            lambda: change("UPDATE ledger SET facts = jsonb_set(facts, '{0,by}', '\"staff\"') WHERE id = 1")
        )
        for lang, word in (("kk", "мөрленген"), ("ru", "опечатана"), ("en", "is not as it was sealed on")):
            done = in_thread(lambda lang=lang: verify(lang))
            assert done.exit_code == 1
            assert "ledger 1: " in done.stdout.splitlines()[0]
            assert word in done.stdout.splitlines()[0]
    finally:
        in_thread(
            lambda: change("UPDATE ledger SET facts = jsonb_set(facts, '{0,by}', '\"citizen\"') WHERE id = 1")
        )
        get_settings.cache_clear()


def test_every_code_has_its_sentence() -> None:
    said = {key.removeprefix("seals.wrong.") for key in catalogues()["kk"] if key.startswith("seals.wrong.")}
    used = {code for changes in CHANGES.values() for _, code in changes}
    assert used <= said
    assert sealing.MOST <= 10_000
