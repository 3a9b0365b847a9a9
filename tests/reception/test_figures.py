"""The figures of personal reception, counted from the records."""

from typing import Any

import pytest

from tests.reception.desk import DAY, DEPUTY, Desk
from tests.reception.test_visits import ORAL, held

STATISTICS = "/api/v1/statistics/receptions"
NAMES = ("persons", "receptions", "resolved", "explained", "registered", "through", "travelling", "not_come")


async def figures(desk: Desk, **asked: str) -> dict[str, Any]:
    answer = await desk.client.get(STATISTICS, params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def recounted(desk: Desk) -> dict[str, int]:
    """From the records, by another way: each visitor's last one."""
    async with desk.office.db.read() as connection:
        rows = await connection.fetch("SELECT * FROM visit_record ORDER BY visitor_id, id")
    last = [row for row in {row["visitor_id"]: row for row in rows}.values() if row["came"]]
    came = [row["outcome"] for row in last]
    return {
        "persons": len(last),
        "receptions": len({row["reception_id"] for row in last}),
        **{outcome: came.count(outcome) for outcome in ("resolved", "explained", "registered")},
        "through": sum(row["through"] == "party" for row in last),
        "travelling": sum(row["through"] == "travelling" for row in last),
        "not_come": sum(not row["came"] for row in {row["visitor_id"]: row for row in rows}.values()),
    }


@pytest.mark.usefixtures("morning")
async def test_figures_are_what_was_recorded(desk: Desk) -> None:
    ours, party = await desk.publish(held(), held(leader=DEPUTY, through="party"))
    people = [await desk.walk_in(one["id"]) for one in (ours, ours, ours, party, party)]
    first = (await desk.outcome(people[0], came=True, outcome="explained")).json()
    await desk.outcome(people[0], came=True, outcome="resolved", supersedes=first["id"])
    await desk.outcome(people[1], came=True, outcome="explained", through="travelling")
    await desk.outcome(people[2], came=False)
    await desk.outcome(people[3], came=True, outcome="registered", appeal=ORAL)
    await desk.outcome(people[4], came=True, outcome="explained")
    day = DAY.isoformat()
    found = await figures(desk, **{"from": day, "to": day, "agency": desk.agency})
    assert {name: found[name] for name in NAMES} == {
        "persons": 4,
        "receptions": 2,
        "resolved": 1,
        "explained": 2,
        "registered": 1,
        "through": 2,
        "travelling": 1,
        "not_come": 1,
    }
    assert {name: found[name] for name in NAMES} == await recounted(desk)
    assert (await figures(desk, **{"from": day, "to": day, "agency": "health"}))["persons"] == 0
    before = "2026-12-08"
    assert (await figures(desk, **{"from": before, "to": before}))["persons"] == 0


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        ({"agency": "labor"}, "agency", "unknown_code"),
        ({"from": "2026-12-31", "to": "2026-01-01"}, "to", "period_reversed"),
        ({"from": "1999-01-01"}, "from", "out_of_range"),
        ({"channel": "blog"}, "channel", "extra_forbidden"),
    ],
)
async def test_figures_that_cannot_be_given(desk: Desk, asked: dict[str, str], field: str, code: str) -> None:
    answer = await desk.client.get(STATISTICS, params=asked)
    assert answer.status_code == 422, answer.text
    assert (field, code) in [(error["field"], error["code"]) for error in answer.json()["errors"]]
