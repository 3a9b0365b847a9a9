"""One act for many cases: what is foretold is what happens, each by itself, and repeating does each once."""

import re
from collections.abc import Mapping

import httpx

from app.appeals.numbers import parse
from app.staff.permissions import Role
from tests.casework.people import ANSWER, Office
from tests.web.office.conftest import entered


def results(page: httpx.Response) -> Mapping[str, list[str]]:
    """The numbers under each heading."""
    found = {}
    for heading, inner in re.findall(
        r'<section aria-labelledby="(good|bad)">(.*?)</section>', page.text, re.S
    ):
        shown = re.findall(r"ЖТ-[0-9]{4}-[0-9]{8}", re.sub(r'"[^"]*"', "", inner))
        found[heading] = [parse(number).format() for number in shown]
    return found


async def events(office: Office, login: str, number: str, kind: str) -> int:
    listed = (await office.get(login, f"/cases/{number}/events")).json()["items"]
    return sum(event["kind"] == kind for event in listed)


async def test_what_is_foretold_is_what_happens_and_once(office: Office) -> None:
    token = await entered(office, "bulk-head@energy", Role.HEAD)
    numbers = [(await office.file()).number for _ in range(4)]
    seen = {number: (await office.case("head@energy", number))["version"] for number in numbers}
    await office.act("operator@energy", numbers[0], "answer", **ANSWER)  # somebody is quicker
    cases = {f"case-{number}": str(version) for number, version in seen.items()}
    asked = {"form": token, "act": "forward"} | cases
    blank = await office.client.post("/office/bulk", data=asked)
    assert blank.status_code == 200
    said = asked | {"to": "health", "reason": "Денсаулық сақтау саласы."}
    foretold = results(await office.client.post("/office/bulk", data=said))
    assert foretold == {"bad": numbers[:1], "good": numbers[1:]}
    # Nothing has happened.
    assert [await events(office, "head@energy", number, "forwarded") for number in numbers] == [0] * 4
    # Broken off after the first, and sent again as a whole.
    part = {name: value for name, value in said.items() if name not in {f"case-{n}" for n in numbers[2:]}}
    assert results(await office.client.post("/office/bulk/do", data=part))["good"] == numbers[1:2]
    again = results(await office.client.post("/office/bulk/do", data=said))
    assert again == {"bad": numbers[:2], "good": numbers[2:]}
    assert results(await office.client.post("/office/bulk/do", data=said)) == {"bad": numbers}
    assert [await events(office, "head@energy", n, "forwarded") for n in numbers] == [0, 1, 1, 1]


async def test_taking_and_assigning_again_changes_nothing(office: Office) -> None:
    token = await entered(office, "bulk-head@energy", Role.HEAD)
    await office.person("operator@energy")
    numbers = [(await office.file()).number for _ in range(2)]
    cases = {f"case-{n}": str((await office.case("head@energy", n))["version"]) for n in numbers}
    for act, more in (("claim", {}), ("assign", {"to": "operator@energy"})):
        said = {"form": token, "act": act} | cases | more
        assert results(await office.client.post("/office/bulk/do", data=said)) == {"good": numbers}
        assert results(await office.client.post("/office/bulk/do", data=said)) == {"bad": numbers}
    assert [await events(office, "head@energy", n, "assigned") for n in numbers] == [1, 1]


async def test_an_operator_has_no_act_of_heads(office: Office) -> None:
    token = await entered(office, "bulk-operator@energy", Role.OPERATOR)
    number = (await office.file()).number
    for act in ("approve", "assign", "answer", ""):
        said = {"form": token, "act": act, f"case-{number}": "1"}
        assert (await office.client.post("/office/bulk/do", data=said)).status_code == 303
    wrong = await office.client.post(
        "/office/bulk/do", data={"form": "x", "act": "claim", f"case-{number}": "1"}
    )
    assert wrong.status_code == 422
    foreign = (await office.file(addressee="health")).number
    said = {"form": token, "act": "claim", f"case-{foreign}": "1", "case-nonsense": "1", "case-": "x"}
    page = await office.client.post("/office/bulk/do", data=said)
    assert results(page) == {"bad": [foreign]}
