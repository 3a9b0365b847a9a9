"""The applicant and their appeal: the code opens it, wrong codes do not."""

from typing import Any

import httpx
import pytest

BODY = {"kind": "inquiry", "language": "ru", "text": "Когда будет ответ?", "addressee": "energy"}


@pytest.fixture
async def filed(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.post("/api/v1/appeals", json=BODY)).json()
    return found


def code(filed: dict[str, Any]) -> dict[str, str]:
    return {"x-access-code": filed["access_code"]}


async def test_the_code_opens_the_appeal(client: httpx.AsyncClient, filed: dict[str, Any]) -> None:
    answer = await client.get(f"/api/v1/appeals/{filed['number']}", headers=code(filed))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["status"] == "registered"
    assert found["agency"]["code"] == "energy"
    assert found["due_on"] == filed["due_on"]
    assert found["deadline"]["steps"][-1]["date"] == filed["due_on"]
    assert found["timeline"][0]["event"] == "registered"
    assert "Ministry of Energy" in found["timeline"][0]["sentence"]
    assert found["answer"] is None


@pytest.mark.parametrize("change", [str.lower, lambda c: c.replace("-", ""), lambda c: f" {c} "])
async def test_the_code_may_be_typed_as_people_do(
    client: httpx.AsyncClient, filed: dict[str, Any], change: Any
) -> None:
    typed = {"x-access-code": change(filed["access_code"])}
    assert (await client.get(f"/api/v1/appeals/{filed['number']}", headers=typed)).status_code == 200


async def test_the_number_may_be_in_kazakh_letters(client: httpx.AsyncClient, filed: dict[str, Any]) -> None:
    shown = filed["number"].replace("JT", "ЖТ")
    assert (await client.get(f"/api/v1/appeals/{shown}", headers=code(filed))).status_code == 200


@pytest.mark.parametrize("number", ["JT-2026-99999999", "ZT", "JT-2026-1", "ЖТ-1999-00000001"])
async def test_a_number_that_is_none_is_not_found(
    client: httpx.AsyncClient, filed: dict[str, Any], number: str
) -> None:
    answer = await client.get(f"/api/v1/appeals/{number}", headers=code(filed))
    assert (answer.status_code, answer.json()["code"]) == (404, "appeal_not_found")


async def test_the_other_series_is_another_number(client: httpx.AsyncClient, filed: dict[str, Any]) -> None:
    other = filed["number"].replace("JT", "ZT")
    assert (await client.get(f"/api/v1/appeals/{other}", headers=code(filed))).status_code == 404


async def test_without_a_code_nothing_is_said(client: httpx.AsyncClient, filed: dict[str, Any]) -> None:
    assert (await client.get(f"/api/v1/appeals/{filed['number']}")).status_code == 401


async def test_a_withdrawal_ends_it_and_shows(client: httpx.AsyncClient, filed: dict[str, Any]) -> None:
    url = f"/api/v1/appeals/{filed['number']}"
    done = await client.post(f"{url}/withdrawal", json={"reason": "Решилось само."}, headers=code(filed))
    assert (done.status_code, done.json()["status"]) == (200, "withdrawn")
    found = (await client.get(url, headers=code(filed))).json()
    assert found["status"] == "withdrawn"
    assert [step["event"] for step in found["timeline"]] == ["registered", "withdrawn"]
    again = await client.post(f"{url}/withdrawal", json={}, headers=code(filed))
    assert (again.status_code, again.json()["code"]) == (409, "act_not_allowed")


async def test_a_supplement_is_kept(client: httpx.AsyncClient, filed: dict[str, Any]) -> None:
    url = f"/api/v1/appeals/{filed['number']}"
    done = await client.post(f"{url}/supplements", json={"text": "Ещё одно."}, headers=code(filed))
    assert done.status_code == 201
    assert (
        await client.post(f"{url}/supplements", json={"text": " "}, headers=code(filed))
    ).status_code == 422
    timeline = (await client.get(url, headers=code(filed))).json()["timeline"]
    assert timeline[-1]["event"] == "supplemented"


async def test_only_an_answer_can_be_rated(client: httpx.AsyncClient, filed: dict[str, Any]) -> None:
    rating = {"score": 5, "resolved": True}
    done = await client.post(f"/api/v1/appeals/{filed['number']}/rating", json=rating, headers=code(filed))
    assert done.status_code == 409


async def test_the_receipt_says_when_and_by_whom(client: httpx.AsyncClient, filed: dict[str, Any]) -> None:
    receipt = (await client.get(filed["receipt"]["url"], headers=code(filed))).json()
    assert receipt["number"] == filed["number"]
    assert receipt["registered_on"] == filed["registered_on"]
    assert receipt["accepted_by"]
