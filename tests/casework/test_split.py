"""An appeal in parts: each with its own body, clock and answer, and one appeal to who reads it all."""

from datetime import date, timedelta
from typing import Any

import pytest

from app.appeals import numbers
from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from tests.casework.people import ANSWER, Office
from tests.casework.test_acts import in_days
from tests.casework.test_queue import days_ago

THREE = [
    {"to": "health", "text": "Емханада дәрігер жоқ"},
    {"to": "Ішкі істер министрлігі", "text": "Түнде тәртіп жоқ"},
    {"to": "labour", "text": "Жалақы төленбеді"},
]
BODIES = ("health", "interior", "labour")


async def split_in_three(office: Office, *, keeps: bool = True, **filed: Any) -> str:
    appeal = await office.file(subject="Бәрі жаман", incident_address="Мысал көшесі, 5", **filed)
    await office.act("operator@energy", appeal.number, "split", parts=THREE, keeps=keeps)
    return appeal.number


async def test_each_part_has_its_body_its_clock_and_its_answer(office: Office) -> None:
    number = await split_in_three(office, received_at=days_ago(10))
    whole = await office.case("operator@energy", number)
    assert (whole["status"], whole["past"]) == ("registered", False)
    assert [part["number"] for part in whole["parts"]] == [number, *(f"{number}.{n}" for n in (1, 2, 3))]
    assert [part["agency"]["code"] for part in whole["parts"]] == ["energy", *BODIES]
    calendar = snapshot.current().calendar
    for n, agency in enumerate(BODIES, start=1):
        part = await office.case(f"head@{agency}", number)
        assert (part["number"], part["part"], part["version"]) == (f"{number}.{n}", n, 1)
        assert part["text"] == THREE[n - 1]["text"]
        assert (part["subject"], part["incident_address"]) == ("Бәрі жаман", "Мысал көшесі, 5")
        started = date.fromisoformat(part["registered_on"])
        assert started >= clock.today()
        assert date.fromisoformat(part["due_on"]) == calendar.add_working_days(started, 15)
        assert part["age"]["days"] == 10
        assert [holder["origin"] for holder in part["holders"]] == ["split"]
        assert await office.queue(f"operator@{agency}", view="all") == [f"{number}.{n}"]

    longer = await office.act("head@interior", number, "extend", until=in_days(45), reason="сараптама")
    await office.act("head@labour", number, "suspend", ground="court")
    answered = await office.act("head@health", number, "answer", **ANSWER)
    assert (answered["number"], answered["status"]) == (f"{number}.1", "answered")
    parts = (await office.case("operator@energy", number))["parts"]
    assert [part["status"] for part in parts] == ["registered", "answered", "registered", "suspended"]
    assert parts[2]["due_on"] == longer["due_on"] > parts[3]["due_on"] > whole["due_on"]
    await office.act("head@interior", number, "answer", **(ANSWER | {"text": "Күзет қойылды."}))
    await office.act("head@labour", number, "resume")
    await office.act("head@labour", number, "answer", **(ANSWER | {"text": "Жалақы төленді."}))
    await office.act("operator@energy", number, "answer", **ANSWER)
    for agency, text in zip(BODIES, (ANSWER["text"], "Күзет қойылды.", "Жалақы төленді."), strict=True):
        shown = await office.case(f"operator@{agency}", number)
        assert shown["answer"]["text"] == text
        assert {part["status"] for part in shown["parts"]} == {"answered"}


async def test_who_holds_a_part_reads_that_part(office: Office) -> None:
    number = await split_in_three(office, text="Жылу да, дәрігер де, жалақы да жоқ")
    await office.act("operator@energy", number, "note", text="біздің ескерту")
    raw = (await office.get("operator@health", f"/cases/{number}.1")).text
    assert THREE[0]["text"] in raw
    for other in (THREE[1]["text"], THREE[2]["text"], "жалақы да жоқ", "біздің ескерту"):
        assert other not in raw
    for not_theirs in (f"{number}.2", f"{number}.3", f"{number}.0", f"{number}.4"):
        assert (await office.get("operator@health", f"/cases/{not_theirs}")).status_code == 404
    events = (await office.get("operator@health", f"/cases/{number}/events")).json()
    assert (events["number"], [event["kind"] for event in events["items"]]) == (f"{number}.1", ["split_off"])
    assert events["items"][0]["previous"] is None


async def test_a_part_is_found_by_its_own_words(office: Office) -> None:
    number = await split_in_three(office)
    assert await office.queue("operator@interior", q="тәртіп", view="all") == [f"{number}.2"]
    assert await office.queue("operator@interior", q=f"{number}.2", view="all") == [f"{number}.2"]
    assert await office.queue("operator@interior", q=f"{number}.1", view="all") == []
    for of_others in ("жылу", "жалақы"):
        assert await office.queue("operator@interior", q=of_others, view="all") == []
    assert await office.queue("operator@energy", q="жылу") == [number]
    (item,) = (await office.get("operator@interior", "/queue")).json()["items"]
    assert (item["subject"], item["beginning"]) == ("Бәрі жаман", THREE[1]["text"])


async def test_who_keeps_nothing_has_no_more_to_do(office: Office) -> None:
    number = await split_in_three(office, keeps=False)
    left = await office.case("operator@energy", number)
    assert (left["past"], left["allowed_acts"]) == (False, ["note"])
    assert left["holders"][0]["close"] == "forwarded_out"
    assert await office.queue("operator@energy", view="all") == []
    assert len(await office.queue("controller@administration", view="all")) == 3


async def test_who_passed_a_part_on_is_not_told_how_the_others_do(office: Office) -> None:
    number = await split_in_three(office)
    await office.act("operator@health", number, "forward", to="labour", reason="сіздікі")
    await office.act("head@interior", number, "answer", **ANSWER)
    seen = await office.case("operator@health", number)
    assert seen["past"] is True
    assert [part["number"] for part in seen["parts"]] == [number, *(f"{number}.{n}" for n in (1, 2, 3))]
    assert [(part["status"], part["due_on"]) for part in seen["parts"]] == [
        (None, None),
        ("registered", seen["due_on"]),
        (None, None),
        (None, None),
    ]
    assert seen["parts"][1]["agency"]["code"] == "health"


async def test_parts_are_asked_for_by_name_when_there_are_several(office: Office) -> None:
    number = (await office.file(addressee="justice")).number
    committee = "justice-registration-committee"
    kept = await office.act("head@justice", number, "split", parts=[{"to": committee, "text": "тіркеу жағы"}])
    assert (kept["number"], kept["part"]) == (number, 0)
    answer = await office.get("head@justice", f"/cases/{number}")
    assert (answer.status_code, answer.json()["code"]) == (409, "several_parts")
    assert answer.json()["parts"] == [f"{number}.0", f"{number}.1"]
    for named, part in ((f"{number}.0", 0), (f"{number}.1", 1), (f" {number.lower()}.0", 0)):
        assert (await office.case("head@justice", named))["part"] == part
    noted = await office.act("head@justice", f"{number}.0", "note", text="біздікі")
    assert (noted["part"], [note["text"] for note in noted["notes"]]) == (0, ["біздікі"])
    assert (await office.case(f"operator@{committee}", number))["part"] == 1
    assert (await office.case("operator@justice", number))["part"] == 0


async def test_parts_go_on_being_numbered(office: Office) -> None:
    number = await split_in_three(office)
    more = [{"to": "finance", "text": "салық жағы"}, {"to": "health", "text": "тағы бірі"}]
    again = await office.act("operator@energy", number, "split", parts=more)
    assert [part["number"] for part in again["parts"]][-2:] == [f"{number}.4", f"{number}.5"]
    of_part = await office.act(
        "operator@interior", number, "split", parts=[{"to": "digital", "text": "камера жағы"}], keeps=False
    )
    assert of_part["number"] == f"{number}.2"
    assert of_part["parts"][-1]["number"] == f"{number}.6"
    assert (await office.get("operator@health", f"/cases/{number}")).json()["parts"] == [
        f"{number}.1",
        f"{number}.5",
    ]


async def test_a_part_goes_to_another_body(office: Office) -> None:
    """Else a body could begin its own term anew."""
    number = (await office.file(days_ago(20))).number
    for keeps in (True, False):
        parts = [THREE[0], {"to": "energy", "text": "өзімізге"}]
        answer = await office.try_act("operator@energy", number, "split", parts=parts, keeps=keeps)
        assert answer.status_code == 422
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
            ("parts.1.to", "part_to_self")
        ]


async def test_every_wrong_body_is_named_with_those_near_it(office: Office) -> None:
    number = (await office.file()).number
    parts = [{"to": to, "text": "а"} for to in ("helth", "health", "education", "")]
    answer = await office.try_act("operator@energy", number, "split", parts=parts[:3])
    messages = {error["field"]: error["message"] for error in answer.json()["errors"]}
    assert set(messages) == {"parts.0.to", "parts.2.to"}
    assert "health (Ministry of Health)" in messages["parts.0.to"]
    assert "enlightenment" in messages["parts.2.to"]
    assert (await office.try_act("operator@energy", number, "split", parts=parts)).status_code == 422
    assert len((await office.case("operator@energy", number))["parts"]) == 1


async def test_there_are_only_so_many_numbers(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    number = await split_in_three(office)
    monkeypatch.setattr(numbers, "MAX_PART", 4)
    answer = await office.try_act("operator@energy", number, "split", parts=THREE[:2])
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
        ("parts", "too_many_parts")
    ]
    await office.act("operator@energy", number, "split", parts=THREE[:1])


async def test_a_late_split_of_all_is_marked(office: Office, db: Database) -> None:
    number = await split_in_three(office, keeps=False, received_at=clock.now() - timedelta(days=21))
    (event,) = [
        event
        for event in (await office.get("operator@energy", f"/cases/{number}/events")).json()["items"]
        if event["kind"] == "split"
    ]
    assert event["data"]["late"] is True
    assert event["data"]["parts"] == [{"part": n, "to": to} for n, to in enumerate(BODIES, start=1)]
    async with db.read() as connection:
        late = await connection.fetchval("SELECT sum(forwarded_late) FROM counter_delta")
    assert late == 1


async def test_a_part_that_comes_back_has_what_was_left_of_the_splitter_s_term(office: Office) -> None:
    """R12-BACK: splitting off and getting back gives nobody a new term."""
    number = await split_in_three(office, received_at=days_ago(10))
    whole = await office.case("operator@energy", number)
    await office.act("operator@health", number, "forward", to="energy", reason="Сіздікі.")
    back = await office.case("operator@energy", f"{number}.1")
    registered, calendar = date.fromisoformat(back["registered_on"]), snapshot.current().calendar
    left = calendar.working_days_between(clock.today(), date.fromisoformat(whole["due_on"]))
    assert 0 < left < 15
    assert date.fromisoformat(back["due_on"]) == calendar.add_working_days(registered, left)
    assert "rest_of_first_term" in {step["code"] for step in back["deadline"]["steps"]}
