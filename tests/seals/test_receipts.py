"""A receipt proves, to anybody and without us, that an appeal was registered then and answered so."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from click.testing import CliRunner

from app.cli import cli
from app.core import cipher
from app.core.cipher import Cipher
from app.core.db import Database
from app.directory import snapshot
from app.intake.submission import Person, Registration
from app.seals import receipt
from app.seals.heads_file import HeadsFile
from app.seals.receipt import Disproved, NotAReceipt, NotSealed, prove
from app.settings import Settings
from tests.casework.people import ANSWER, Office
from tests.repository.source import ROOT
from tests.seals.sealed import seal
from tests.support import SECRET, cloned, running

WHO = Person(
    name="Үлгібек Сынақбаев", iin="850615499937", address="Мысал ауылы, 5", phone="8 (701) 000-00-01"
)
SECURITY = ROOT / "docs" / "security.md"


async def fetched(client: httpx.AsyncClient, filed: Registration, **headers: str) -> dict[str, Any]:
    answer = await client.get(
        f"/api/v1/receipts/{filed.number}", headers={"x-access-code": filed.access_code} | headers
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def life(office: Office, db: Database, file: HeadsFile) -> Registration:
    """An appeal that is answered, among others; the registration and the answer under a seal each."""
    filed = await office.file(applicant=WHO)
    await office.file(text="Бұл біреудікі.")
    await seal(db, file)
    await office.act("head@energy", filed.number, "answer", **ANSWER)
    await office.file(text="Бұл да.")
    await seal(db, file)
    return filed


@pytest.fixture
async def answered(office: Office, real_db: Database, file: HeadsFile) -> Registration:
    return await life(office, real_db, file)


@pytest.fixture(scope="module")
async def once(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The receipt of such an appeal, made once."""
    folder = tmp_path_factory.mktemp("once")
    settings = Settings(secret_key=SECRET, data_dir=folder, demo_password="a demo password for tests")
    async with cloned(f"ls_{uuid4().hex[:12]}_test") as urls:
        db = await Database.open(urls, pool_size=5)
        await snapshot.refresh(db)
        async with running(settings, db) as client:
            filed = await life(Office(db, client), db, HeadsFile(folder / "heads.jsonl"))
            found = json.dumps(await fetched(client, filed))
        await db.close()
    return found


@pytest.fixture
def given(once: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(once)
    return found


async def test_it_proves_the_registration_and_the_answer(given: dict[str, Any]) -> None:
    proof = given["proof"]
    assert (proof["state"], proof["sealed_by"]) == ("sealed", None)
    assert [event["kind"] for event in proof["events"]] == ["registered", "answered"]
    found = prove(json.dumps(given))
    assert [(one.kind, one.head.number, one.text) for one in found.events] == [
        ("registered", 1, "proven"),
        ("answered", 2, "proven"),
    ]
    assert (found.applicant, found.waiting) == ("proven", 0)
    assert json.loads(proof["events"][1]["content"]["body"])["text"] == ANSWER["text"]
    assert json.loads(proof["applicant"]["body"])["iin"] == WHO.iin


async def test_nothing_of_others_is_in_it(given: dict[str, Any]) -> None:
    whole = json.dumps(given, ensure_ascii=False)
    assert "біреудікі" not in whole
    assert len({json.loads(event["event"])["appeal"] for event in given["proof"]["events"]}) == 1


async def test_before_the_seal_it_says_when_to_come_again(
    office: Office, real_client: httpx.AsyncClient, real_db: Database, file: HeadsFile
) -> None:
    filed = await office.file()
    young = await fetched(real_client, filed)
    assert young["number"] == filed.number, "the receipt itself is there at once"
    assert young["proof"]["state"] == "waiting"
    assert re.search(r"again after \d\d:\d\d", young["proof"]["sentence"])
    with pytest.raises(NotSealed) as raised:
        prove(json.dumps(young))
    assert raised.value.by == datetime.fromisoformat(young["proof"]["sealed_by"])
    await seal(real_db, file)
    await office.act("head@energy", filed.number, "answer", **ANSWER)
    halfway = await fetched(real_client, filed)
    assert halfway["proof"]["state"] == "sealed"
    assert prove(json.dumps(halfway)).waiting == 1, "the answer has no seal yet"


async def test_what_is_erased_is_said_and_all_the_rest_stays_proven(
    answered: Registration, real_client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    await owner.execute("DELETE FROM content WHERE appeal_id = $1", answered.appeal_id)
    await owner.execute("DELETE FROM applicant WHERE appeal_id = $1", answered.appeal_id)
    found = prove(json.dumps(await fetched(real_client, answered)))
    assert [one.text for one in found.events] == ["erased", "erased"]
    assert found.applicant == "erased"


async def test_texts_may_be_taken_out_before_it_is_shown(given: dict[str, Any]) -> None:
    for event in given["proof"]["events"]:
        event["content"]["body"] = None
    given["proof"]["applicant"]["body"] = None
    del given["text"]  # it holds the access code
    found = prove(json.dumps(given))
    assert [one.text for one in found.events] == ["left_out", "left_out"]
    assert found.applicant == "left_out"


def text_of(event: dict[str, Any], old: str, new: str) -> None:
    assert old in event["event"]
    event["event"] = event["event"].replace(old, new)
    event["leaf"] = event["leaf"].replace(event["hash"], hashlib.sha256(event["event"].encode()).hexdigest())


def flipped(hex_: str) -> str:
    return hex_[:-1] + ("0" if hex_[-1] != "0" else "1")


Forgery = Callable[[dict[str, Any]], Any]
FORGERIES: dict[str, tuple[str, Forgery]] = {
    "another day": ("says", lambda it: it.update(due_on="2030-01-01")),
    "another number": ("says", lambda it: it.update(number="JT-2026-00000099")),
    "no number": ("says", lambda it: it.update(number="?")),
    "another moment": ("says", lambda it: it.update(received_at="2020-01-01T00:00:00+05:00")),
    "another body": ("says", lambda it: it["agency"].update(code="health")),
    "an event rewritten": (
        "leaf",
        lambda it: it["proof"]["events"][0].update(event='{"kind": "registered"}'),
    ),
    "an event and its leaf": ("path", lambda it: text_of(it["proof"]["events"][0], "energy", "health")),
    "a step": ("path", lambda it: it["proof"]["events"][1]["path"][0].update(hash="00" * 32)),
    "a side": ("path", lambda it: it["proof"]["events"][1]["path"][0].update(side="left")),
    "the answer's text": (
        "text",
        lambda it: it["proof"]["events"][1]["content"].update(body='{"text": "Иә."}'),
    ),
    "a salt": (
        "text",
        lambda it: it["proof"]["events"][0]["content"].update(salt="00" * 16),
    ),
    "who wrote": ("applicant", lambda it: it["proof"]["applicant"].update(body='{"name": "Басқа"}')),
    "another head": ("head_missing", lambda it: it["proof"]["heads"].pop()),
    "the head": (
        "signature",
        lambda it: it["proof"]["heads"][0].update(
            head=it["proof"]["heads"][0]["head"].replace('"size":6', '"size":7')
        ),
    ),
    "no key": ("signature", lambda it: it["proof"].update(keys=[])),
    "the chain": ("order", lambda it: it["proof"]["heads"][1].update(number=0)),
    "no registration": ("not_registered", lambda it: it["proof"]["events"].pop(0)),
    "one that is not sealed": ("not_registered", lambda it: it["proof"]["events"][0].update(head=None)),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_receipt_proves_nothing(given: dict[str, Any], forgery: str) -> None:
    code, forge = FORGERIES[forgery]
    forge(given)
    with pytest.raises(Disproved) as raised:
        prove(json.dumps(given))
    assert raised.value.code == code


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"proof": {}}', '{"number": 1, "proof": null}', "[" * 10_000]
)
def test_what_is_no_receipt(text: str) -> None:
    with pytest.raises(NotAReceipt):
        prove(text)


async def test_only_the_key_that_is_believed_counts(
    office: Office, real_client: httpx.AsyncClient, real_db: Database, file: HeadsFile
) -> None:
    """With a new secret what was sealed before stays proven, and the old key speaks for the new one."""
    filed = await office.file()
    await seal(real_db, file)
    old = await fetched(real_client, filed)
    try:
        cipher.use(Cipher(["another secret, which came after the first one", SECRET]))
        later = await office.file()
        await seal(real_db, file)
        new = await fetched(real_client, later)
    finally:
        cipher.use(Cipher([SECRET]))
    (old_key,) = prove(json.dumps(old)).keys
    (new_key,) = prove(json.dumps(new)).keys
    assert old_key != new_key
    assert prove(json.dumps(new), old_key).keys == {new_key}, "the old one signed for it"
    for given_, trusted in ((old, new_key), (new, "0" * 64)):
        with pytest.raises(Disproved, match="key"):
            receipt.prove(json.dumps(given_), trusted)


async def test_the_command_says_what_is_proven(given: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "receipt.json"

    def said(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["verify", str(file), *words])
        return done.exit_code, done.output

    file.write_text(json.dumps(given))
    for lang, word in (("kk", "тіркелген"), ("ru", "зарегистрировано"), ("en", "was registered on")):
        code, output = said("--lang", lang)
        assert code == 0
        assert word in output
        assert given["number"] in output
    (key,) = given["proof"]["keys"]
    (tmp_path / "key.pem").write_text(key["public"])
    assert said("--key", key["id"])[0] == 0
    assert said("--key", str(tmp_path / "key.pem"))[0] == 0
    assert said("--key", "0" * 64)[0] == 1
    given["due_on"] = "2030-01-01"
    file.write_text(json.dumps(given))
    assert said("--lang", "en") == (1, "Not proven: what the receipt says is not what is proven (due_on).\n")
    given["proof"].update(state="waiting", sealed_by="2026-11-23T10:02:00+00:00")
    file.write_text(json.dumps(given))
    assert said()[0] == 3
    file.write_text("{}")
    assert said()[0] == 2
    assert said("--key", str(file))[0] == 2


@pytest.mark.parametrize("change", ["changed_at = now()", "at = at + interval '1 second'"])
async def test_the_record_that_was_changed_says_so(
    answered: Registration, real_client: httpx.AsyncClient, owner: asyncpg.Connection, change: str
) -> None:
    await owner.execute(f"UPDATE event SET {change} WHERE appeal_id = $1", answered.appeal_id)
    given = await fetched(real_client, answered)
    assert given["proof"]["state"] == "broken"
    with pytest.raises(Disproved, match="broken"):
        prove(json.dumps(given))


async def test_without_the_code_there_is_no_receipt(
    answered: Registration, real_client: httpx.AsyncClient
) -> None:
    url = f"/api/v1/receipts/{answered.number}"
    assert (await real_client.get(url)).status_code == 401
    assert (await real_client.get(url, headers={"x-access-code": "AAAA-BBBB-CCCC-DDDD"})).status_code == 404


async def test_step_by_step_with_openssl_and_sha256sum(given: dict[str, Any], tmp_path: Path) -> None:
    """The blocks of docs/security.md, as they stand there."""
    section = SECURITY.read_text(encoding="utf-8").partition("## Step by step")[2].partition("\n## ")[0]
    script = "\n".join(re.findall(r"```sh\n(.*?)```", section, re.S))
    (tmp_path / "receipt.json").write_text(json.dumps(given, ensure_ascii=False))

    python = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def said() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-euc", script],
            env={"PATH": python},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    done = said()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("same") == 10, "five of each of two events"
    assert done.stdout.count("Verified OK") == 2
    given["proof"]["events"].pop()
    text_of(given["proof"]["events"][0], "energy", "health")
    (tmp_path / "receipt.json").write_text(json.dumps(given, ensure_ascii=False))
    assert "DIFFERENT" in said().stdout
