"""A split appeal to its applicant: one appeal with its parts, each with its own term and answer."""

import asyncio
from typing import Any

import httpx
import pytest

from app.appeals import numbers, service
from app.appeals.codes import ActorKind, TerminationGround
from app.appeals.commands import (
    Actor,
    Command,
    Forwarding,
    Requesting,
    Splitting,
    Terminating,
    Watched,
)
from app.appeals.lifecycle import Act
from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from tests.casework.people import Office
from tests.intake.appellant import Appellant, at, of_part
from tests.waiting import somebody_waits

# Monday; the whole is due on 14 December, what is split off on the 25th on 16 December.
FILED, SPLIT = "2026-11-23", "2026-11-25"
PARTS = (("labour", "Жұмыс туралы."), ("ecology", "Қоқыс туралы."))


async def split(
    appellant: Appellant, *, keeps: bool = True, parts: tuple[tuple[str, str], ...] = PARTS, **changes: Any
) -> dict[str, Any]:
    filed = await appellant.filed(FILED, **changes)
    await appellant.act(filed, Act.SPLIT, SPLIT, Splitting(parts, keeps=keeps))
    return filed


def standing(tracked: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [
        (part["number"].partition(".")[2], part["status"], part["agency"]["code"], part["due_on"])
        for part in tracked["parts"]
    ]


async def test_each_part_has_its_number_agency_and_day(appellant: Appellant) -> None:
    filed = await split(appellant)
    tracked = await appellant.track(filed, SPLIT)
    assert standing(tracked) == [
        ("", "registered", "energy", "2026-12-14"),
        ("1", "registered", "labour", "2026-12-17"),
        ("2", "registered", "ecology", "2026-12-17"),
    ]
    assert {part["registered_on"] for part in tracked["parts"]} == {FILED, SPLIT}
    for part in tracked["parts"]:
        assert part["deadline"]["due_on"] == part["due_on"]
        assert part["deadline"]["steps"][-1]["date"] == part["due_on"]
    assert (tracked["number"], tracked["registered_on"]) == (filed["number"], FILED)


async def test_the_open_part_that_is_due_last_speaks_for_the_whole(appellant: Appellant) -> None:
    filed = await split(appellant)
    await appellant.answer(filed, "2026-11-26")
    await appellant.answer(filed, "2026-11-26", by="operator@labour", part=1)
    tracked = await appellant.track(filed, "2026-11-26")
    assert (tracked["status"], tracked["due_on"]) == ("registered", "2026-12-17")
    assert tracked["agency"]["code"] == "ecology"
    assert tracked["deadline"] == tracked["parts"][2]["deadline"]
    assert tracked["answer"] is None
    assert [bool(part["answer"]) for part in tracked["parts"]] == [True, True, False]


async def test_the_whole_is_answered_when_every_part_is(appellant: Appellant) -> None:
    filed = await split(appellant)
    await appellant.answer(filed, "2026-12-04", by="operator@ecology", part=2)
    await appellant.answer(filed, "2026-11-26")
    no_essence = Terminating(TerminationGround.NO_ESSENCE, "Мәселе жоқ.")
    await appellant.act(filed, Act.TERMINATE, "2026-11-27", no_essence, by="head@labour", part=1)
    tracked = await appellant.track(filed, "2026-12-07")
    assert [part["status"] for part in tracked["parts"]] == ["answered", "terminated", "answered"]
    assert (tracked["status"], tracked["due_on"]) == ("answered", "2026-12-17")
    assert tracked["answer"]["answered_at"].startswith("2026-12-04")
    assert tracked["answer"] == tracked["parts"][2]["answer"]
    assert tracked["age"] == {"days": 11, "working_days": 9}


async def test_where_nothing_was_answered_the_end_is_shown(appellant: Appellant) -> None:
    filed = await split(appellant, parts=PARTS[:1])
    no_essence = Terminating(TerminationGround.NO_ESSENCE, "Мәселе жоқ.")
    await appellant.act(filed, Act.TERMINATE, "2026-11-26", no_essence, by="head@labour", part=1)
    assert (await appellant.say(filed, "withdrawal", "2026-11-27", reason="Керек емес.")).status_code == 200
    tracked = await appellant.track(filed, "2026-11-27")
    assert (tracked["status"], tracked["answer"]) == ("withdrawn", None)


async def test_what_was_split_up_wholly_is_no_part(appellant: Appellant) -> None:
    filed = await split(appellant, keeps=False)
    tracked = await appellant.track(filed, SPLIT)
    assert [part["number"] for part in tracked["parts"]] == [of_part(filed["number"], n) for n in (1, 2)]
    await appellant.answer(filed, "2026-11-26", by="operator@labour", part=1)
    assert (await appellant.track(filed, "2026-11-26"))["status"] == "registered"
    await appellant.answer(filed, "2026-11-26", by="operator@ecology", part=2)
    assert (await appellant.track(filed, "2026-11-26"))["status"] == "answered"


async def test_a_part_is_asked_for_by_its_number(appellant: Appellant) -> None:
    filed = await split(appellant)
    await appellant.answer(filed, "2026-11-26", by="operator@labour", part=1)
    await appellant.answer(filed, "2026-11-27")
    tracked = await appellant.track(filed, "2026-11-27", part=1)
    assert tracked["number"] == of_part(filed["number"], 1)
    assert (tracked["status"], tracked["agency"]["code"]) == ("answered", "labour")
    assert (tracked["registered_on"], tracked["due_on"]) == (SPLIT, "2026-12-17")
    assert tracked["answer"]["answered_at"].startswith("2026-11-26")
    assert len(tracked["parts"]) == 3
    events = [(line["event"], line["part"]) for line in tracked["timeline"]]
    assert events == [("registered", 0), ("split", 0), ("split_off", 1), ("answered", 1)]


async def test_a_part_that_is_none_is_not_found(appellant: Appellant) -> None:
    filed = await split(appellant)
    for what in ("", "/supplements", "/complaint"):
        path = f"/appeals/{of_part(filed['number'], 9)}{what}"
        method, body = ("POST", {"text": "Тағы."}) if what else ("GET", None)
        answer = await appellant.ask(method, path, SPLIT, code=filed["access_code"], body=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "appeal_not_found"), what


async def test_a_part_that_was_split_further_shows_the_whole(appellant: Appellant) -> None:
    filed = await split(appellant, parts=PARTS[:1])
    further = Splitting((("ecology", "Қоқыс."), ("justice", "Нотариус.")), keeps=False)
    await appellant.act(filed, Act.SPLIT, "2026-11-26", further, by="operator@labour", part=1)
    tracked = await appellant.track(filed, "2026-11-26", part=1)
    assert [part["number"].partition(".")[2] for part in tracked["parts"]] == ["", "2", "3"]
    assert tracked["status"] == "registered"


async def test_the_appeal_is_overdue_when_one_of_its_parts_is(appellant: Appellant) -> None:
    filed = await split(appellant)
    tracked = await appellant.track(filed, "2026-12-15")
    assert [part["overdue"] for part in tracked["parts"]] == [True, False, False]
    assert tracked["overdue"] is True
    assert (await appellant.track(filed, "2026-12-15", part=1))["overdue"] is False


async def test_a_part_that_was_forwarded_stands_with_its_receiver(appellant: Appellant) -> None:
    filed = await split(appellant, parts=PARTS[:1])
    on = Forwarding("ecology", "Құзыреті.")
    await appellant.act(filed, Act.FORWARD, "2026-11-26", on, by="operator@labour", part=1)
    tracked = await appellant.track(filed, "2026-11-26")
    assert standing(tracked)[1] == ("1", "registered", "ecology", "2026-12-18")


# What the applicant does


async def events(appellant: Appellant, filed: dict[str, Any], kind: str) -> list[int]:
    """The parts on which it happened."""
    async with appellant.db.read() as connection:
        rows = await connection.fetch(
            "SELECT part FROM event WHERE appeal_id = $1 AND kind = $2 ORDER BY part",
            numbers.parse(filed["number"]).appeal_id,
            kind,
        )
    return [row["part"] for row in rows]


async def test_a_supplement_goes_to_every_open_part(appellant: Appellant) -> None:
    filed = await split(appellant)
    await appellant.answer(filed, "2026-11-26", by="operator@labour", part=1)
    done = await appellant.say(filed, "supplements", "2026-11-27", text="Тағы бір жайт.")
    assert (done.status_code, done.json()["number"]) == (201, filed["number"])
    assert await events(appellant, filed, "supplemented") == [0, 2]


async def test_a_supplement_to_one_part(appellant: Appellant) -> None:
    filed = await split(appellant)
    done = await appellant.say(filed, "supplements", "2026-11-27", part=2, text="Қоқыс туралы тағы.")
    assert (done.status_code, done.json()["number"]) == (201, of_part(filed["number"], 2))
    assert await events(appellant, filed, "supplemented") == [2]


async def test_where_a_correction_is_waited_for_it_is_that(appellant: Appellant) -> None:
    filed = await split(appellant, parts=PARTS[:1])
    await appellant.act(
        filed, Act.REQUEST_CORRECTION, "2026-11-26", Requesting("Мекенжай?"), by="operator@labour", part=1
    )
    assert (await appellant.track(filed, "2026-11-26"))["correction"]["what"] == "Мекенжай?"
    done = await appellant.say(filed, "supplements", "2026-11-27", text="Мысал көшесі, 5.")
    assert done.status_code == 201
    assert await events(appellant, filed, "supplemented") == [0]
    assert await events(appellant, filed, "corrected") == [1]
    assert (await appellant.track(filed, "2026-11-27"))["correction"] is None


async def test_a_withdrawal_is_of_every_open_part(appellant: Appellant) -> None:
    filed = await split(appellant)
    await appellant.answer(filed, "2026-11-26", by="operator@labour", part=1)
    done = await appellant.say(filed, "withdrawal", "2026-11-27", reason="Керек емес.")
    assert (done.status_code, await events(appellant, filed, "withdrawn")) == (200, [0, 2])
    assert (await appellant.track(filed, "2026-11-27"))["status"] == "answered"


async def test_a_withdrawal_of_one_part(appellant: Appellant) -> None:
    filed = await split(appellant)
    done = await appellant.say(filed, "withdrawal", "2026-11-27", part=2, reason="Керек емес.")
    assert (done.status_code, done.json()["status"]) == (200, "withdrawn")
    assert await events(appellant, filed, "withdrawn") == [2]


async def test_once_nothing_is_open_the_newest_part_refuses(appellant: Appellant) -> None:
    filed = await split(appellant)
    await appellant.say(filed, "withdrawal", "2026-11-27", reason="Керек емес.")
    for what in ("withdrawal", "supplements"):
        refused = await appellant.say(filed, what, "2026-11-27", **_words(what))
        assert (refused.status_code, refused.json()["code"]) == (409, "act_not_allowed"), what
        assert refused.json()["case_status"] == "withdrawn"


def _words(what: str) -> dict[str, Any]:
    return {"reason": "Тағы."} if what == "withdrawal" else {"text": "Тағы."}


async def test_the_part_that_was_answered_last_is_rated(appellant: Appellant) -> None:
    filed = await split(appellant)
    await appellant.answer(filed, "2026-11-27", by="operator@labour", part=1)
    await appellant.answer(filed, "2026-11-26")
    rating: dict[str, Any] = {"score": 4, "resolved": True}
    done = await appellant.say(filed, "rating", "2026-11-27", **rating)
    assert (done.status_code, await events(appellant, filed, "rated")) == (201, [1])
    again = await appellant.say(filed, "rating", "2026-11-27", **rating)
    assert (again.status_code, again.json()["code"]) == (409, "already_rated")
    refused = await appellant.say(filed, "rating", "2026-11-27", part=2, **rating)
    assert (refused.status_code, refused.json()["code"]) == (409, "act_not_allowed")


@pytest.mark.parametrize("keeps", [True, False])
async def test_a_withdrawal_takes_with_it_what_is_split_off_meanwhile(
    real_db: Database, real_client: httpx.AsyncClient, keeps: bool
) -> None:
    appellant = Appellant(real_db, real_client, Office(real_db, real_client))
    filed = await appellant.filed(FILED)
    operator = await appellant.office.person("operator@energy")
    command = Command(
        Act.SPLIT,
        numbers.parse(filed["number"]).appeal_id,
        Actor(ActorKind.STAFF, operator.account_id),
        clock.now(),
        payload=Splitting(PARTS, keeps=keeps),
    )
    async with real_db.transaction() as connection:
        await service.act(connection, [command], snapshot.current())
        withdrawal = asyncio.create_task(
            real_client.post(
                f"/api/v1/appeals/{filed['number']}/withdrawal",
                headers={"x-access-code": filed["access_code"]},
                json={},
            )
        )
        await somebody_waits(connection)
    done = await withdrawal
    assert (done.status_code, done.json()["status"]) == (200, "withdrawn"), done.text
    assert await events(appellant, filed, "withdrawn") == ([0, 1, 2] if keeps else [1, 2])


async def test_following_an_appeal_costs_the_same_however_many_its_parts(appellant: Appellant) -> None:
    whole, parts = await appellant.filed(FILED), await split(appellant)
    await asked(appellant, whole)  # what a type is the connection asks but once
    assert await asked(appellant, whole) == await asked(appellant, parts)


async def asked(appellant: Appellant, filed: dict[str, Any]) -> int:
    """How many statements it takes to follow it."""
    statements: list[Any] = []
    async with appellant.db.read() as connection:
        connection.add_query_logger(statements.append)
        await appellant.track(filed, SPLIT)
        connection.remove_query_logger(statements.append)
    return len(statements)


# What is complained of


async def about(appellant: Appellant, complaint: dict[str, Any]) -> int:
    row = await appellant.row("SELECT about_part FROM complaint WHERE appeal_id = $1", complaint)
    return int(row["about_part"])


async def test_a_complaint_is_about_the_part_that_was_answered_last(appellant: Appellant) -> None:
    filed = await split(appellant)
    await appellant.answer(filed, "2026-11-27", by="operator@labour", part=1)
    await appellant.answer(filed, "2026-11-26")
    complaint = await appellant.complained(filed, "2026-11-30")
    assert (complaint["agency"]["code"], await about(appellant, complaint)) == ("labour", 1)
    assert complaint["complaint"]["about"] == of_part(filed["number"], 1)


async def test_a_complaint_about_the_part_that_is_named(appellant: Appellant) -> None:
    filed = await split(appellant)
    await appellant.answer(filed, "2026-11-26", by="operator@ecology", part=2)
    await appellant.answer(filed, "2026-11-27")
    done = await appellant.say(filed, "complaint", "2026-11-30", part=2, text="Келіспеймін.")
    assert (done.status_code, done.json()["agency"]["code"]) == (201, "ecology")
    named = of_part(filed["number"], 1)
    early = await appellant.filed("2026-11-30", kind="complaint", complaint_about=named)
    assert (early["agency"]["code"], await about(appellant, early)) == ("labour", 1)


async def test_without_an_answer_about_the_part_that_is_most_overdue(appellant: Appellant) -> None:
    filed = await split(appellant, keeps=False)
    await appellant.act(
        filed, Act.FORWARD, "2026-11-30", Forwarding("trade", "Құзыреті."), by="operator@labour", part=1
    )
    refused = await appellant.say(filed, "complaint", "2026-12-17", text="Үнсіз.")
    assert refused.status_code == 409
    complaint = await appellant.complained(filed, "2026-12-18")
    assert (complaint["agency"]["code"], await about(appellant, complaint)) == ("ecology", 2)


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
async def test_every_sentence_of_a_split_is_whole(appellant: Appellant, lang: str) -> None:
    filed = await split(appellant, keeps=False)
    await appellant.act(
        filed, Act.WARN, "2026-12-18", Watched(at("2026-12-17").date(), passed=True), by="", part=1
    )
    tracked = await appellant.track(filed, "2026-12-18", lang=lang)
    told = [line["event"] for line in tracked["timeline"]]
    assert told == ["registered", "split", "split_off", "split_off", "deadline_passed"]
    assert all("{" not in line["sentence"] for line in tracked["timeline"])
