"""A systemic issue from its opening to its close, with what came before and after."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.core import clock
from app.oversight.resonance.counting import count
from app.oversight.resonance.matching import midnight
from app.oversight.resonance.steps import STEPS, State, Step
from tests.oversight.resonance.conftest import Country

CONTROLLER, HEAD, OPERATOR = "controller@administration", "head@energy", "operator@energy"
DUE = (clock.today() + timedelta(days=20)).isoformat()
TOPIC: dict[str, Any] = {
    "topic": "utilities",
    "region": "KZ-61",
    "owner": OPERATOR,
    "instruction": "Жылу желісін жөндеңіз.",
    "due_on": DUE,
}


async def post(country: Country, login: str, path: str, **said: Any) -> httpx.Response:
    person = await country.office.person(login)
    return await country.office.client.post(f"/api/v1/oversight{path}", headers=person.headers, json=said)


async def opened(country: Country, login: str = CONTROLLER, **changes: Any) -> dict[str, Any]:
    for who in (OPERATOR, HEAD):
        await country.office.person(who)
    answer = await post(country, login, "/issues", **(TOPIC | changes))
    assert answer.status_code == 201, answer.text
    issue: dict[str, Any] = answer.json()
    return issue


async def read(country: Country, login: str, id_: int) -> dict[str, Any]:
    answer = await country.office.get(login, f"/oversight/issues/{id_}")
    assert answer.status_code == 200, answer.text
    issue: dict[str, Any] = answer.json()
    return issue


async def filed_by_weeks(country: Country, opened_ago: int = 0) -> None:
    """1 to 8 in the eight weeks before a day so many weeks ago, then one each week."""
    day = clock.today() - timedelta(weeks=opened_ago)
    for week in range(-8, opened_ago):
        moment = midnight(day + timedelta(weeks=week)) + timedelta(hours=9)
        await country.file(moment, week + 9 if week < 0 else 1)
    await count(country.db)


async def test_with_the_counts_before_and_after_and_what_they_count(country: Country) -> None:
    await filed_by_weeks(country, 3)
    issue = await opened(country)
    async with country.db.transaction() as connection:
        await connection.execute("UPDATE systemic_issue SET opened_on = opened_on - 21")
    issue = await read(country, CONTROLLER, issue["id"])
    assert [week["appeals"] for week in issue["before"]["weeks"]] == list(range(1, 9))
    assert (issue["before"]["appeals"], issue["before"]["a_week"], issue["before"]["small"]) == (
        36,
        4.5,
        False,
    )
    assert [(week["appeals"], week["over"]) for week in issue["after"]["weeks"]] == [
        (1, True),
        (1, True),
        (1, True),
        (0, False),
    ]
    assert (issue["after"]["a_week"], issue["after"]["small"]) == (1.0, True)
    for week in issue["before"]["weeks"] + issue["after"]["weeks"]:
        assert len(await country.numbers(CONTROLLER, week["cases_url"])) == week["appeals"]
    assert len(await country.numbers(CONTROLLER, issue["cases_url"])) == 36


async def test_on_appeals_by_their_numbers(country: Country) -> None:
    await filed_by_weeks(country)
    mine = await country.file(country.hour - timedelta(weeks=20), 2)
    await country.file(country.hour, 1, topic="land", addressee="agriculture")
    issue = await opened(country, HEAD, topic=None, region=None, numbers=[*mine, mine[0]])
    assert (issue["listed"], issue["agency"]["code"]) == (2, "energy")
    assert await country.numbers(HEAD, issue["cases_url"]) == mine
    # What is on their topic in their region is counted.
    assert issue["before"]["appeals"] == 36
    assert len(await country.numbers(HEAD, issue["before"]["weeks"][7]["cases_url"])) == 8


async def test_its_way_with_who_did_what(country: Country) -> None:
    issue = await opened(country)
    path = f"/issues/{issue['id']}"
    # The ministry's head does not close what the Administration opened.
    assert (await post(country, OPERATOR, f"{path}/close", word="Болды.")).status_code == 403
    assert (await post(country, CONTROLLER, f"{path}/send-back", word="Аз.")).status_code == 409
    assert (await post(country, OPERATOR, f"{path}/done", word="Жөнделді.")).json()["state"] == "done"
    assert (await post(country, OPERATOR, f"{path}/done", word="Жөнделді.")).status_code == 409
    assert (await post(country, CONTROLLER, f"{path}/send-back", word="Аз.")).json()["state"] == "open"
    await post(country, OPERATOR, f"{path}/done", word="Енді болды.")
    closed = (await post(country, CONTROLLER, f"{path}/close", word="Рахмет.")).json()
    assert closed["state"] == "closed"
    assert [(step["step"], step["by"]["login"], step["word"]) for step in closed["steps"]] == [
        ("opened", CONTROLLER, None),
        ("done", OPERATOR, "Жөнделді."),
        ("sent_back", CONTROLLER, "Аз."),
        ("done", OPERATOR, "Енді болды."),
        ("closed", CONTROLLER, "Рахмет."),
    ]
    assert (await post(country, CONTROLLER, f"{path}/close", word="Тағы.")).status_code == 409


async def test_the_words_lie_encrypted(country: Country) -> None:
    issue = await opened(country)
    await post(country, OPERATOR, f"/issues/{issue['id']}/done", word="Жөнделді.")
    async with country.db.read() as connection:
        stored = await connection.fetchval("SELECT instruction FROM systemic_issue")
        said = await connection.fetchval("SELECT word FROM systemic_issue_step WHERE step = 'done'")
    assert TOPIC["instruction"].encode() not in stored
    assert "Жөнделді.".encode() not in said


async def test_who_sees_and_decides(country: Country) -> None:
    whole = await opened(country)
    own = await opened(country, HEAD, agency="energy")
    by_controller = await opened(country, CONTROLLER, agency="energy", owner=HEAD)
    lists = {
        who: [item["id"] for item in (await country.office.get(who, "/oversight/issues")).json()["items"]]
        for who in (CONTROLLER, HEAD, OPERATOR, "head@health")
    }
    assert lists == {
        CONTROLLER: [by_controller["id"], own["id"], whole["id"]],
        HEAD: [by_controller["id"], own["id"]],
        OPERATOR: [own["id"], whole["id"]],
        "head@health": [],
    }
    for path in ("", "/cases"):
        answer = await country.office.get("head@health", f"/oversight/issues/{own['id']}{path}")
        assert answer.status_code == 404
    assert (await post(country, "head@health", f"/issues/{own['id']}/done", word="Жоқ.")).status_code == 404
    assert (await post(country, HEAD, f"/issues/{by_controller['id']}/close", word="Жоқ.")).status_code == 403
    assert (await post(country, HEAD, f"/issues/{own['id']}/close", word="Болды.")).status_code == 200
    mine = await country.office.get(HEAD, "/oversight/issues", mine="true", state="open")
    assert [item["id"] for item in mine.json()["items"]] == [by_controller["id"]]


@pytest.mark.parametrize(
    ("login", "changes", "field"),
    [
        (CONTROLLER, {"topic": None, "region": None}, "topic"),
        (CONTROLLER, {"topic": "heatt"}, "topic"),
        (CONTROLLER, {"due_on": clock.today().isoformat()}, "due_on"),
        (CONTROLLER, {"owner": "nobody@energy"}, "owner"),
        (CONTROLLER, {"numbers": ["JT-2026-99999998"]}, "numbers.0"),
        (CONTROLLER, {"numbers": ["x"]}, "numbers.0"),
        (CONTROLLER, {"numbers": []}, "numbers"),
        (CONTROLLER, {"instruction": " "}, "instruction"),
        (HEAD, {"agency": "health"}, "agency"),
        (HEAD, {"owner": "operator@health"}, "owner"),
    ],
)
async def test_bad_openings(country: Country, login: str, changes: dict[str, Any], field: str) -> None:
    await country.office.person("operator@health")
    await country.office.person(OPERATOR)
    answer = await post(country, login, "/issues", **(TOPIC | changes))
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_head_names_no_appeal_that_is_another_bodys(country: Country) -> None:
    others = await country.file(country.hour, 1, topic="land", addressee="agriculture")
    await country.office.person(OPERATOR)
    answer = await post(country, HEAD, "/issues", **(TOPIC | {"numbers": others}))
    assert answer.status_code == 422
    assert (await post(country, CONTROLLER, "/issues", **(TOPIC | {"numbers": others}))).status_code == 201


def test_every_state_can_be_left_but_the_last() -> None:
    assert {state for change in STEPS.values() for state in change.of} == {State.OPEN, State.DONE}
    assert not STEPS[Step.CLOSED].owner
