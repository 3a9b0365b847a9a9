"""Drafts: one a person, a version of their own, and no text is ever lost."""

from typing import Any

import pytest

from app.core.db import Database
from tests.casework.people import ANSWER, Office


async def test_a_draft_keeps_what_is_not_sent(office: Office) -> None:
    number = (await office.file()).number
    first = await office.act(
        "operator@energy", number, "draft", text="Құрметті", outcome="explained", version=0
    )
    assert first["draft"]["version"] == 1
    second = await office.act("operator@energy", number, "draft", legal_basis="ӘРПК 76", version=1)
    assert second["draft"] | {"updated_at": ""} == {
        "version": 2,
        "text": "Құрметті",
        "outcome": "explained",
        "language": None,
        "legal_basis": "ӘРПК 76",
        "updated_at": "",
    }
    emptied = await office.act("operator@energy", number, "draft", outcome=None)
    assert (emptied["draft"]["outcome"], emptied["draft"]["text"]) == (None, "Құрметті")


@pytest.mark.parametrize("seen", [0, 1, 9])
async def test_two_pages_of_one_person(office: Office, seen: int) -> None:
    number = (await office.file()).number
    for text in ("бірінші бет", "екінші бет"):
        await office.act("operator@energy", number, "draft", text=text)
    answer = await office.try_act("operator@energy", number, "draft", text="ескі бет", version=seen)
    assert answer.status_code == 409
    said = answer.json()
    assert said["code"] == "draft_conflict"
    assert (said["draft"]["text"], said["draft"]["version"]) == ("екінші бет", 2)
    assert said["yours"] == {"text": "ескі бет"}
    assert (await office.case("operator@energy", number))["draft"]["text"] == "екінші бет"


async def test_colleagues_see_each_others_drafts_and_do_not_touch_them(office: Office) -> None:
    number = (await office.file()).number
    await office.act("asel@energy", number, "draft", text="Әселдікі")
    mine = await office.act("operator@energy", number, "draft", text="менікі")
    assert mine["draft"]["text"] == "менікі"
    (colleagues,) = mine["drafts"]
    assert (colleagues["author"], colleagues["text"]) == ("Сынақ asel@energy", "Әселдікі")
    await office.act("operator@energy", number, "answer", **ANSWER)
    assert (await office.case("asel@energy", number))["draft"]["text"] == "Әселдікі"


async def test_writing_keeps_the_case(office: Office, db: Database) -> None:
    number = (await office.file()).number
    await office.act("operator@energy", number, "claim")
    async with db.transaction() as connection:
        await connection.execute("UPDATE holding SET lease_until = lease_until - interval '25 minutes'")
    before = (await office.case("operator@energy", number))["lease_until"]
    await office.act("asel@energy", number, "draft", text="бөтен")
    assert (await office.case("operator@energy", number))["lease_until"] == before
    after = await office.act("operator@energy", number, "draft", text="жазып жатырмын")
    assert after["lease_until"] > before


async def test_drafts_are_stored_encrypted(office: Office, db: Database) -> None:
    number = (await office.file()).number
    await office.act("operator@energy", number, "draft", text="құпия жоба")
    async with db.read() as connection:
        stored: Any = await connection.fetchval("SELECT body FROM draft")
    assert "құпия".encode() not in stored


@pytest.mark.parametrize("seen", ['"1"', "*"])
async def test_an_answer_that_comes_second_is_kept_as_a_draft(office: Office, seen: str) -> None:
    number = (await office.file()).number
    await office.act("operator@energy", number, "answer", **ANSWER)
    second = ANSWER | {"text": "Әселдің ұзақ жауабы"}
    refused = await office.try_act("asel@energy", number, "answer", seen, **second)
    assert refused.status_code == 409
    assert refused.json()["draft_kept"] is True
    kept = (await office.case("asel@energy", number))["draft"]
    assert kept["version"] == refused.json()["draft_version"] == 1
    assert {name: kept[name] for name in second} == second


async def test_an_answer_after_the_case_has_left_is_kept_too(office: Office) -> None:
    number = (await office.file()).number
    await office.act("operator@energy", number, "forward", to="health", reason="сіздікі")
    refused = await office.try_act("asel@energy", number, "answer", '"1"', **ANSWER)
    assert (refused.status_code, refused.json()["code"]) == (409, "act_not_allowed")
    assert refused.json()["draft_kept"] is True
    assert (await office.case("asel@energy", number))["draft"]["text"] == ANSWER["text"]
    await office.act("operator@health", number, "forward", to="energy", reason="жоқ, сіздікі")
    back = await office.case("asel@energy", number)
    assert back["draft"]["text"] == ANSWER["text"]
    saved = await office.act("asel@energy", number, "draft", legal_basis="ӘРПК 65", version=1)
    assert (saved["draft"]["text"], saved["draft"]["legal_basis"]) == (ANSWER["text"], "ӘРПК 65")


async def test_other_refusals_keep_nothing(office: Office) -> None:
    number = (await office.file()).number
    refused = await office.try_act("operator@energy", number, "answer", **(ANSWER | {"outcome": "?"}))
    assert refused.status_code == 422
    stranger = await office.try_act("operator@health", number, "answer", **ANSWER)
    assert stranger.status_code == 404
    assert (await office.case("operator@energy", number))["draft"] is None
