"""The call: who is ranked beside whom, from which figures, and whose cases are behind each."""

from typing import Any

import httpx
import pytest

from app.core.db import Database
from app.core.i18n import LANGUAGES
from app.oversight.columns import BY_CODE
from app.oversight.index.definition import versions
from app.staff.permissions import Role
from tests.casework.people import Person, make_person
from tests.oversight.desk import Desk
from tests.oversight.index.quarter import DAYS, PERIOD, lived
from tests.oversight.test_compliance import listed

PATH = "/api/v1/compliance/index"


async def get(client: httpx.AsyncClient, person: Person | None, **asked: str) -> Any:
    headers = person.headers if person else {}
    response = await client.get(PATH, params=asked, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()


def by_agency(body: Any) -> dict[str, Any]:
    return {row["agency"]["code"]: row for row in body["rows"]}


async def test_bodies_are_ranked_beside_those_of_their_level_and_volume(
    desk: Desk, controller: Person
) -> None:
    await lived(desk)
    body = await get(desk.client, controller, period=PERIOD)
    assert (body["period"], body["from"], body["to"], body["state"]) == (PERIOD, *DAYS.values(), "open")
    rows = by_agency(body)
    ranked = {code: (row["level"], row["band"], row["rank"], row["of"]) for code, row in rows.items()}
    assert ranked == {
        "ecology": (1, "small", 1, 3),
        "health": (1, "small", 1, 3),
        "energy": (1, "small", 3, 3),
        "justice": (1, None, None, None),
        "ecology-dept-turkistan": (2, None, None, None),
    }
    assert [row["agency"]["code"] for row in body["rows"]] == list(ranked)
    assert rows["justice"]["unranked"]["code"] == "few_cases"
    assert rows["justice"]["received"] == 5
    assert rows["ecology"]["received"] == 34, "with the department under it"
    (on_time, *_, resolved) = rows["energy"]["components"]
    said = [on_time[name] for name in ("code", "value", "of", "points")]
    assert said == ["on_time", 0.75, 40, 16.67]
    assert (resolved["points"], resolved["contribution"]) == (None, None)
    assert "at least 30" in resolved["left_out"]
    assert rows["energy"]["counted_weight"] == 0.85
    contributions = [one["contribution"] or 0 for one in rows["energy"]["components"]]
    assert round(sum(contributions), 2) == rows["energy"]["total"]
    # The other components are full: 0.50 of 0.85, and what 16.67 points of 0.35 are worth.
    assert rows["energy"]["total"] == round((50 + 35 / 6) / 0.85, 2)


async def test_each_input_lists_its_cases_and_is_the_figure_of_compliance(
    desk: Desk, controller: Person
) -> None:
    await lived(desk)
    body = await get(desk.client, controller, **DAYS)
    compliance = await desk.client.get("/api/v1/compliance/agencies", params=DAYS, headers=controller.headers)
    figures = {
        row["agency"]["code"]: (row["with_subtree"] or row["own"])["figures"]
        for row in compliance.json()["rows"]
    }
    seen: dict[str, int] = {}
    for row in body["rows"]:
        for one in (one for component in row["components"] for one in component["inputs"]):
            assert one["value"] == figures[row["agency"]["code"]][one["figure"]]["value"]
            if row["agency"]["code"] in ("energy", "ecology"):
                seen[one["cases_url"]] = one["value"]
    assert set(seen.values()) > {36, 40, 34}
    for url, value in seen.items():
        assert len(await listed(desk.client, controller, url, 100)) == value


async def test_a_head_sees_the_own_bodies_and_their_ranks_among_all(
    desk: Desk, db: Database, controller: Person
) -> None:
    await lived(desk)
    head = await make_person(db, "head@ecology", Role.HEAD, "Басшы")
    rows = by_agency(await get(desk.client, head, period=PERIOD))
    assert list(rows) == ["ecology", "ecology-dept-turkistan"]
    assert (rows["ecology"]["rank"], rows["ecology"]["of"]) == (1, 3)
    other = await desk.client.get(PATH, params={"agency": "energy"}, headers=head.headers)
    assert other.status_code == 404
    one = by_agency(await get(desk.client, controller, period=PERIOD, agency="energy"))
    assert (list(one), one["energy"]["rank"]) == (["energy"], 3)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"period": "2026-Q5"}, "period"),
        ({"period": "2026-Q1", "from": "2026-01-01"}, "from"),
        ({"from": "2026-01-02", "to": "2026-03-31"}, "from"),
        ({"from": "2026-01-01", "to": "2026-03-30"}, "to"),
        ({"from": "2026-03-01", "to": "2026-01-31"}, "to"),
        ({"from": "1999-01-01"}, "from"),
        ({"agency": "enrgy"}, "agency"),
        ({"beside": "then"}, "beside"),
        ({"channel": "blog"}, "channel"),
    ],
)
async def test_what_cannot_be_asked(
    client: httpx.AsyncClient, controller: Person, asked: dict[str, str], field: str
) -> None:
    for lang in LANGUAGES:
        response = await client.get(PATH, params=asked | {"lang": lang}, headers=controller.headers)
        assert response.status_code == 422
        assert [one["field"] for one in response.json()["errors"]] == [field]


async def test_who_may_ask(client: httpx.AsyncClient, db: Database) -> None:
    assert (await client.get(PATH)).status_code == 401
    for role in (Role.OPERATOR, Role.ADMIN):
        person = await make_person(db, f"{role}@health", role, "Маман")
        assert (await client.get(PATH, headers=person.headers)).status_code == 403


async def test_any_whole_months_may_be_asked(client: httpx.AsyncClient, controller: Person) -> None:
    half = await get(client, controller, **{"from": "2021-01-01", "to": "2021-06-30"})
    assert (half["period"], half["state"], half["rows"]) == (None, "open", [])
    year = await get(client, controller, **{"from": "2021-01-01", "to": "2021-12-31"})
    assert year["period"] == "2021"
    assert (await get(client, controller))["period"] is not None


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_definition_is_for_everybody(client: httpx.AsyncClient, lang: str) -> None:
    response = await client.get(f"{PATH}/definition", params={"lang": lang})
    assert response.status_code == 200
    body = response.json()
    (version,) = versions()
    assert round(sum(one["weight"] for one in body["components"]), 9) == 1
    assert [one["code"] for one in body["components"]] == [one.code for one in version.components]
    assert {figure for one in body["components"] for figure in one["part"] + one["less"] + one["of"]} <= set(
        BY_CODE
    )
    assert {one["good"] for one in body["components"]} == {"more", "less"}
    assert body["components"][0]["title"] == version.components[0].title.names().in_(lang)
    wrong = await client.get(f"{PATH}/definition", params={"on": "2026-13-01"})
    assert wrong.status_code == 422
