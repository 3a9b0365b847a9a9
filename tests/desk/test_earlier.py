"""What somebody wrote before: to whoever it came to, without personal data, and each look is kept (A09)."""

from typing import Any

import pytest

from app.appeals import numbers
from app.appeals.lifecycle import Act
from app.intake.submission import Person
from tests.casework.people import ANSWER, registered, submission
from tests.desk.clerks import LETTER, Clerks
from tests.intake.tickets.centre import refused

CLERK = "operator@energy"
WHO: dict[str, Any] = LETTER["applicant"]


@pytest.mark.parametrize(
    "asked",
    [
        {"phone": "+7 700 000-00-01"},
        {"phone": "87000000001"},
        {"iin": WHO["iin"]},
    ],
)
async def test_by_a_number_however_it_is_written(clerks: Clerks, asked: dict[str, str]) -> None:
    first = await clerks.taken(CLERK, LETTER)
    second = await clerks.taken(CLERK, LETTER | {"text": "Тағы бір өтініш.", "subject": "Жол"})
    found = await clerks.earlier(CLERK, **asked)
    assert [one["number"] for one in found] == [second["number"], first["number"]]
    assert found[0]["subject"] == "Жол"
    assert (found[0]["status"], found[0]["close"], found[0]["past"]) == ("registered", None, False)


async def test_by_the_registration_number_in_either_script(clerks: Clerks) -> None:
    taken = await clerks.taken(CLERK, LETTER)
    for typed in (taken["number"], taken["receipt"]["shown_number"].lower()):
        assert [one["number"] for one in await clerks.earlier(CLERK, number=typed)] == [taken["number"]]


async def test_a_company_by_its_bin(clerks: Clerks) -> None:
    firm = {"type": "legal_entity", "name": "«Мысал» ЖШС", "bin": "210140999904"}
    taken = await clerks.taken(CLERK, LETTER | {"applicant": firm})
    assert [one["number"] for one in await clerks.earlier(CLERK, bin=firm["bin"])] == [taken["number"]]


async def test_no_personal_data_in_the_answer(clerks: Clerks) -> None:
    await clerks.taken(CLERK, LETTER)
    answer = await clerks.ask(CLERK, "POST", "/desk/earlier", json={"phone": WHO["phone"]})
    assert answer.json()["items"][0]["applicant"] == "Ү. С."
    for secret in ("Сынақбаев", "Мысал", "000-00", "7000", WHO["iin"], "жолды"):
        assert secret not in answer.text


async def test_another_bodys_appeals_are_not_there(clerks: Clerks) -> None:
    await clerks.taken(CLERK, LETTER)
    assert await clerks.earlier("operator@health", phone=WHO["phone"]) == []
    assert await clerks.earlier("operator@health", iin=WHO["iin"]) == []


async def test_a_head_sees_those_under_them_and_an_operator_does_not(clerks: Clerks) -> None:
    below = (await clerks.client.get("/api/v1/directory/agencies")).json()
    child = next(one["code"] for one in below["items"] if one.get("parent") == "health")
    taken = await clerks.taken(f"operator@{child}", LETTER)
    assert [one["number"] for one in await clerks.earlier("head@health", phone=WHO["phone"])] == [
        taken["number"]
    ]
    assert await clerks.earlier("operator@health", phone=WHO["phone"]) == []


async def test_what_left_us_is_shown_as_it_was_then(clerks: Clerks) -> None:
    taken = await clerks.taken(CLERK, LETTER)
    office = clerks.office
    await office.act(CLERK, taken["number"], Act.FORWARD, to="health", reason="Біздің құзыретімізде емес.")
    await office.act("operator@health", taken["number"], Act.ANSWER, **ANSWER)
    (here,) = await clerks.earlier(CLERK, phone=WHO["phone"])
    assert (here["past"], here["close"], here["status"]) == (True, "forwarded_out", "registered")
    (there,) = await clerks.earlier("head@health", phone=WHO["phone"])
    assert there["past"] is False


async def test_a_complaint_is_walled_off_here_too(clerks: Clerks) -> None:
    """A08: who signed the answer does not find the complaint about it."""
    taken = await clerks.taken(CLERK, LETTER)
    signer = "head@energy"
    await clerks.office.act(signer, taken["number"], Act.ANSWER, **ANSWER)
    answer = await clerks.client.post(
        f"/api/v1/appeals/{taken['number']}/complaint",
        headers={"x-access-code": taken["access_code"]},
        json={"text": "Жауаппен келіспеймін."},
    )
    assert answer.status_code == 201, answer.text
    complaint = answer.json()["number"]
    assert complaint not in [one["number"] for one in await clerks.earlier(signer, phone=WHO["phone"])]
    assert complaint in [one["number"] for one in await clerks.earlier(CLERK, phone=WHO["phone"])]


async def test_each_look_is_kept_without_what_was_looked_for(clerks: Clerks) -> None:
    await clerks.taken(CLERK, LETTER)
    await clerks.earlier(CLERK, phone=WHO["phone"])
    await clerks.earlier(CLERK, iin="701111399943")
    person = await clerks.office.person(CLERK)
    async with clerks.db.read() as connection:
        rows = await connection.fetch(
            "SELECT by, found, sought FROM desk_lookup WHERE account_id = $1", person.account_id
        )
    assert [(row["by"], row["found"]) for row in rows] == [("phone", 1), ("iin", 0)]
    assert all(b"7000000001" not in row["sought"] for row in rows)


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (
            {},
            {"number": "one_of_these", "phone": "one_of_these", "iin": "one_of_these", "bin": "one_of_these"},
        ),
        ({"phone": "+77000000001", "iin": WHO["iin"]}, {"phone": "one_of_these", "iin": "one_of_these"}),
        ({"iin": "1"}, {"iin": "identifier_length"}),
        ({"phone": "' OR 1=1"}, {"phone": "phone"}),
        ({"number": "JT-1"}, {"number": "complaint_about_number"}),
        ({"name": "Үлгібек"}, {"name": "extra_forbidden"}),
    ],
)
async def test_one_thing_is_asked_by(clerks: Clerks, asked: dict[str, str], wrong: dict[str, str]) -> None:
    answer = await clerks.ask(CLERK, "POST", "/desk/earlier", json=asked)
    assert refused(answer, 422, "invalid") == wrong
    assert await clerks.value("SELECT count(*) FROM desk_lookup") == 0


async def test_an_administrator_looks_nothing_up(clerks: Clerks) -> None:
    answer = await clerks.ask("admin@administration", "POST", "/desk/earlier", json={"iin": WHO["iin"]})
    refused(answer, 403, "forbidden")


async def test_fifty_are_shown_and_more_is_said(clerks: Clerks) -> None:
    who = Person(phone="+77770000002")
    filed = await registered(clerks.db, [submission(f"{n}-үй", applicant=who) for n in range(51)])
    answer = (await clerks.ask(CLERK, "POST", "/desk/earlier", json={"phone": who.phone})).json()
    assert (len(answer["items"]), answer["more"]) == (50, True)
    newest = max(numbers.parse(one.number).appeal_id for one in filed)
    assert numbers.parse(answer["items"][0]["number"]).appeal_id == newest
