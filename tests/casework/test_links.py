"""Repeated and duplicate appeals: what may be linked to what."""

import asyncio

from httpx import AsyncClient

from app.core.db import Database
from tests.casework.people import ANSWER, Office


async def test_a_repeat_stays_a_case_of_its_own(office: Office) -> None:
    first, second = (await office.file()).number, (await office.file()).number
    linked = await office.act("operator@energy", second, "link", **{"to": f"ЖТ{first[2:]}", "as": "repeat"})
    assert linked["links"] == [{"number": first, "as": "repeat"}]
    assert (linked["status"], linked["version"]) == ("registered", 2)
    assert sorted(await office.queue("operator@energy")) == sorted([first, second])
    assert (await office.case("operator@energy", first))["links"] == []


async def test_a_duplicate_ends_here(office: Office) -> None:
    first, second = (await office.file()).number, (await office.file()).number
    await office.act("operator@energy", second, "suspend", ground="court")
    merged = await office.act("operator@energy", second, "link", **{"to": first, "as": "duplicate"})
    assert merged["links"] == [{"number": first, "as": "duplicate"}]
    assert (merged["status"], merged["holders"][0]["close"]) == ("terminated", "closed_otherwise")
    assert await office.queue("operator@energy") == [first]


async def test_two_appeals_are_not_duplicates_of_each_other(office: Office) -> None:
    one, two, three = [(await office.file()).number for _ in range(3)]
    await office.act("operator@energy", one, "link", **{"to": two, "as": "duplicate"})
    await office.act("operator@energy", two, "link", **{"to": three, "as": "duplicate"})
    for into in (one, two):
        answer = await office.try_act("operator@energy", three, "link", **{"to": into, "as": "duplicate"})
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
            ("to", "merged_into_this")
        ]
    await office.act("operator@energy", three, "link", **{"to": one, "as": "repeat"})
    # Once it is a case of its own again, it can be the first one.
    await office.act("head@energy", one, "reopen", reason="басқа мәселе екен")
    await office.act("operator@energy", three, "link", **{"to": one, "as": "duplicate"})


async def test_two_make_each_other_duplicates_at_once(real_db: Database, real_client: AsyncClient) -> None:
    office = Office(real_db, real_client)
    logins = ("operator@energy", "asel@energy")
    for login in logins:
        await office.person(login)
    for _ in range(5):
        one, two = [(await office.file()).number for _ in range(2)]
        answers = await asyncio.gather(
            *(
                office.try_act(login, of, "link", **{"to": to, "as": "duplicate"})
                for login, of, to in zip(logins, (one, two), (two, one), strict=True)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 422]
        assert len(await office.queue("operator@energy")) == 1
        left = await office.queue("operator@energy")
        await office.act("operator@energy", left[0], "answer", **ANSWER)


async def test_nothing_is_linked_to_itself(office: Office) -> None:
    number = (await office.file()).number
    parts = [{"to": "health", "text": "дәрігер жоқ"}]
    await office.act("operator@energy", number, "split", parts=parts)
    for login, of, to in (
        ("operator@energy", number, number),
        ("operator@health", number, f"{number}.1"),
    ):
        answer = await office.try_act(login, of, "link", **{"to": to, "as": "repeat"})
        assert [error["code"] for error in answer.json()["errors"]] == ["same_appeal"]


async def test_only_to_what_one_may_see(office: Office) -> None:
    mine, theirs = (await office.file()).number, (await office.file(addressee="health")).number
    for to in (theirs, theirs.replace("JT", "ZT"), "JT-2026-99999999", "%00", "жоқ"):
        answer = await office.try_act("operator@energy", mine, "link", **{"to": to, "as": "repeat"})
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
            ("to", "unknown_case")
        ]
    await office.act("operator@health", theirs, "forward", to="energy", reason="сіздікі")
    await office.act("operator@energy", mine, "link", **{"to": theirs, "as": "repeat"})
    # Who had it before may name it too, and so may who has several parts of it.
    another = (await office.file(addressee="health")).number
    await office.act("operator@health", another, "link", **{"to": theirs, "as": "repeat"})
    split = (await office.file()).number
    await office.act("operator@energy", split, "split", parts=[{"to": "health", "text": "а"}] * 2)
    linked = await office.act("operator@health", another, "link", **{"to": split, "as": "repeat"})
    assert linked["links"] == [{"number": theirs, "as": "repeat"}, {"number": split, "as": "repeat"}]


async def test_what_is_answered_is_not_linked(office: Office) -> None:
    first, second = (await office.file()).number, (await office.file()).number
    await office.act("operator@energy", second, "answer", **ANSWER)
    answer = await office.try_act("operator@energy", second, "link", **{"to": first, "as": "repeat"})
    assert answer.json()["code"] == "act_not_allowed"
    # What it is linked to may be answered: that is what a repeat is.
    await office.act("operator@energy", first, "link", **{"to": second, "as": "repeat"})
