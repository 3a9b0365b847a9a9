"""What was written is erased after its term: history, figures and earlier proofs stay, and all say so."""

import io
import json
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx
import pytest

from app.appeals import numbers
from app.appeals.codes import Outcome
from app.appeals.commands import Answering, Rating, Splitting
from app.appeals.lifecycle import Act
from app.core.db import Database
from app.core.i18n import Language, t
from app.oversight import checking
from app.retention import cli, erasing
from app.seals.heads_file import HeadsFile
from app.seals.receipt import prove
from app.seals.verifying import Walk
from tests.attachments.files import JPEG, sent
from tests.casework.people import Office
from tests.desk.clerks import Clerks
from tests.intake.appellant import APPLICANT, Appellant, when
from tests.intake.tickets.centre import open_centre, tickets
from tests.seals.sealed import seal
from tests.web.forms import token

OVER, NOT_YET = "2027-01-02", "2026-12-31"
WORKER = "operator@energy"
SAID: dict[Language, str] = {
    "kk": "Сақтау мерзімі аяқталды",
    "ru": "Срок хранения истёк",
    "en": "The term of keeping is over",
}


@pytest.fixture
def appellant(real_db: Database, real_client: httpx.AsyncClient) -> Appellant:
    return Appellant(real_db, real_client, Office(real_db, real_client))


@pytest.fixture
def file(tmp_path: Path) -> HeadsFile:
    return HeadsFile(tmp_path / "seals" / "heads.jsonl")


def id_of(filed: dict[str, Any]) -> int:
    return numbers.parse(filed["number"]).appeal_id


async def rows_of(db: Database, id_: int) -> dict[str, int]:
    """How many rows there are of what was written, by table."""
    own = "SELECT count(*) FROM {} WHERE appeal_id = $1"
    asked = {name: own.format(name) for name in ("applicant", "content", "attachment", "publication")}
    of_holding = "SELECT count(*) FROM {} JOIN holding h ON h.id = {}.holding_id WHERE h.appeal_id = $1"
    async with db.read() as connection:
        asked["draft"] = of_holding.format("draft", "draft")
        return {name: await connection.fetchval(statement, id_) for name, statement in asked.items()}


async def lived(appellant: Appellant) -> dict[str, dict[str, Any]]:
    """Appeals of 2021, of which one has ended for good; one was split, and both parts answered."""
    with when("2021-03-01"):
        kept = await sent(appellant.client, JPEG, "сурет.jpg")
    filed = {
        name: await appellant.filed("2021-03-01", attachments=files)
        for name, files in {
            "over": [kept["id"]],
            "split": [],
            "open": [],
            "late": [],
            "promised": [],
            "complained": [],
        }.items()
    }
    over = filed["over"]
    await appellant.answer(over, "2021-03-05")
    await appellant.act(over, Act.RATE, "2021-03-06", Rating(5, resolved=True, comment="Рақмет!"), by="")
    await appellant.act(filed["split"], Act.SPLIT, "2021-03-02", Splitting((("health", "Емхана?"),)))
    await appellant.answer(filed["split"], "2021-03-05")
    await appellant.answer(filed["split"], "2021-03-05", by="head@health", part=1)
    await appellant.answer(filed["late"], "2022-01-10")
    promise = Answering(Outcome.SATISFIED, "Жасаймыз.", "kk", "76", promised_until=date(2021, 12, 1))
    await appellant.act(filed["promised"], Act.ANSWER, "2021-03-05", promise)
    await appellant.answer(filed["complained"], "2021-03-05")
    await appellant.complained(filed["complained"], "2021-03-09")
    return filed


async def test_after_the_term_the_texts_go_and_the_history_stays(
    appellant: Appellant, file: HeadsFile, capsys: pytest.CaptureFixture[str]
) -> None:
    db, client = appellant.db, appellant.client
    filed = await lived(appellant)
    over, gone = filed["over"], {id_of(filed["over"]), id_of(filed["split"])}
    await seal(db, file)
    before = await appellant.receipt(over, "2021-04-01")
    figures = await _figures(client)
    with when(NOT_YET):
        assert [found async for found in erasing.due(db)] == []
    with when(OVER):
        assert await cli._show(db) == 2
        assert f"{over['number']} 2021-03-05" in capsys.readouterr().out
        assert await rows_of(db, id_of(over)) == {
            "applicant": 1, "content": 3, "attachment": 1, "publication": 0, "draft": 0
        }  # fmt: skip
        for _ in range(2):
            await erasing.erase(db)
    assert {name for name, one in filed.items() if not (await rows_of(db, id_of(one)))["applicant"]} == {
        "over",
        "split",
    }
    for id_ in gone:
        assert set((await rows_of(db, id_)).values()) == {0}
    await _all_say_so(appellant, over)
    await _nothing_is_found_or_added(appellant, over)
    await seal(db, file)
    walk = Walk(db, [file.path], lambda done, all_: None, recount=checking.verified)
    assert [found async for found in walk.findings()] == []
    assert walk.erased.texts == 3 + 4
    assert await _figures(client) == figures
    # What was given before proves what it did; what is given now proves it without the texts.
    assert [one.text for one in prove(json.dumps(before)).events] == ["proven", "proven"]
    after = await appellant.receipt(over, "2027-02-01")
    assert [one.text for one in prove(json.dumps(after)).events] == ["erased", "erased"]
    assert after["erased_on"] == OVER


async def _figures(client: httpx.AsyncClient) -> Any:
    span = {"from": "2021-01-01", "to": "2021-12-31"}
    return (await client.get("/api/v1/statistics/agencies", params=span)).json()


async def _all_say_so(appellant: Appellant, over: dict[str, Any]) -> None:
    for lang, words in SAID.items():
        shown = await appellant.track(over, "2027-02-01", lang=lang)
        (last,) = [one for one in shown["timeline"] if one["event"] == "erased"]
        assert last["sentence"].startswith(words)
    assert (shown["status"], shown["erased_on"], shown["may"]) == ("answered", OVER, [])
    assert (shown["answer"]["text"], shown["answer"]["outcome"], shown["attachments"]) == (
        None, "explained", [],
    )  # fmt: skip
    case = await appellant.office.case(WORKER, over["number"])
    assert (case["erased_on"], case["text"], case["allowed_acts"]) == (OVER, None, [])
    assert (case["applicant"]["name"], case["applicant"]["iin"]) == (None, None)
    await _the_page_says_so(appellant, over)


async def _the_page_says_so(appellant: Appellant, over: dict[str, Any]) -> None:
    """And the copy holds nothing of what was written."""
    client = appellant.client
    said = {"number": over["number"], "code": over["access_code"]}
    form = {"form": token(await client.get("/appeals"))}
    await client.post("/appeals", data=form | said)
    for lang, words in SAID.items():
        page = await client.get(f"/appeals/{over['number']}?lang={lang}")
        assert t("track.erased", lang, day=date.fromisoformat(OVER)) in page.text
        assert words in page.text
        code = {"x-access-code": over["access_code"]}
        got = await client.get(f"/api/v1/appeals/{over['number']}/export?lang={lang}", headers=code)
        archive = ZipFile(io.BytesIO(got.content))
        assert archive.namelist() == ["copy.txt", "copy.json"]
        copy = json.loads(archive.read("copy.json"))
        assert (copy["applicant"], copy["texts"], copy["files"]) == (None, [], [])


async def _nothing_is_found_or_added(appellant: Appellant, over: dict[str, Any]) -> None:
    clerks = Clerks(appellant.db, appellant.client, appellant.office)
    found = {one["number"] for one in await clerks.earlier(WORKER, iin=APPLICANT["iin"])}
    assert over["number"] not in found
    assert len(found) == 4
    assert over["number"] not in await appellant.office.queue(WORKER, q="жылу", view="all")
    refused = await appellant.office.try_act(WORKER, over["number"], "note", text="Тағы бір сөз.")
    assert (refused.status_code, refused.json()["allowed"]) == (409, [])
    for what, body in (("supplements", {"text": "Тағы."}), ("rating", {"score": 1, "resolved": False})):
        assert (await appellant.say(over, what, "2027-02-01", **body)).status_code == 409


async def test_the_source_that_brought_it_is_told(appellant: Appellant) -> None:
    centre = await open_centre(appellant.db, appellant.client)
    (item,) = tickets(1)
    with when("2021-03-01"):
        brought = (await centre.bring(item | {"received_at": None})).json()
    filed = {"number": brought["number"]}
    case = await appellant.office.get("controller@administration", f"/cases/{brought['number']}")
    await appellant.answer(filed, "2021-03-05", by=f"operator@{case.json()['agency']['code']}")
    with when(OVER):
        await erasing.erase(appellant.db)
    state = await centre.ask("GET", f"/tickets/{item['external_id']}")
    assert state.status_code == 200, state.text
    assert state.json()["status"] == "answered"


async def test_the_database_erases_nothing_of_which_no_event_says_so(appellant: Appellant) -> None:
    filed = await appellant.filed("2021-03-01")
    await appellant.answer(filed, "2021-03-05")
    open_ = await appellant.filed("2021-03-01")
    async with appellant.db.transaction() as connection:
        erased = "SELECT erase_appeals($1)"
        assert await connection.fetchval(erased, [id_of(filed), id_of(open_)]) == 0
    assert (await rows_of(appellant.db, id_of(filed)))["content"] == 2
