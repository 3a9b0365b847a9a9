"""Week by week: each week's figures are those that compliance gives for its days, folded or not."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from app.core.db import Database
from app.oversight import rollups
from app.oversight.weekly import Week, growing
from app.staff.permissions import Role
from tests.casework.people import Person, make_person
from tests.oversight.desk import Desk
from tests.oversight.test_compliance import PATH, everything, get, others  # noqa: F401

LAST = "2025-12-10"


@pytest.fixture
async def controller(db: Database) -> Person:
    return await make_person(db, "controller@administration", Role.CONTROLLER, "Бақылаушы")


ASKED: list[dict[str, str]] = [{}, {"topic": "health"}, {"topic": "health", "channel": "reception_room"}]


@pytest.mark.parametrize("asked", ASKED, ids=str)
async def test_each_week_is_what_compliance_gives_for_its_days(
    desk: Desk, controller: Person, asked: dict[str, str]
) -> None:
    await everything(desk)
    await compare(desk, controller, asked)


async def test_the_same_once_it_is_folded(real_db: Database, real_client: httpx.AsyncClient) -> None:
    desk = Desk(real_db, real_client)
    for name in ("first", "second"):
        await make_person(real_db, f"{name}@energy", Role.OPERATOR, "Маман")
    person = await make_person(real_db, "controller@administration", Role.CONTROLLER, "Бақылаушы")
    await everything(desk)
    await rollups.fold_all(real_db)
    for asked in ASKED:
        await compare(desk, person, asked)


async def compare(desk: Desk, controller: Person, asked: dict[str, str]) -> None:
    found = await get(desk.client, controller, "weeks", to=LAST, weeks="12", **asked)
    assert [week["to"] for week in found["weeks"]][-1] == LAST
    some = 0
    for place, week in enumerate(found["weeks"]):
        beside = await get(desk.client, controller, "agencies", **week, **asked)
        for which in ("own", "with_subtree"):
            theirs = {row["agency"]["code"]: row[which] for row in beside["rows"] if row[which]}
            for row in found["rows"]:
                if not row[which]:
                    continue
                its = theirs.get(row["agency"]["code"], {"figures": {}})["figures"]
                for code in ("received", "answered", "overdue"):
                    wanted = its[code]["value"] if its else 0
                    assert row[which][code][place] == wanted, (week, row["agency"], which, code)
                    some += wanted
        total = beside["total"]["figures"]
        assert found["total"]["overdue"][place] == total["overdue"]["value"]
    assert some > 20


async def test_a_head_sees_the_own_bodies(db: Database, desk: Desk) -> None:
    await everything(desk)
    head = await make_person(db, "head@health", Role.HEAD, "Басшы")
    found = await get(desk.client, head, "weeks", to=LAST)
    assert {row["agency"]["code"] for row in found["rows"]} == {"health"}
    other = await desk.client.get(f"{PATH}/weeks?agency=energy", headers=head.headers)
    assert other.status_code == 404


async def test_weeks_end_today(client: httpx.AsyncClient, controller: Person) -> None:
    found = await get(client, controller, "weeks", to="2060-12-31", weeks="1")
    (week,) = found["weeks"]
    assert date.fromisoformat(week["to"]) - date.fromisoformat(week["from"]) == timedelta(days=6)
    assert date.fromisoformat(week["to"]) < date(2060, 12, 31)
    wrong = await client.get(f"{PATH}/weeks?weeks=61", headers=controller.headers)
    assert wrong.status_code == 422


@pytest.mark.parametrize(
    ("overdue", "weeks"),
    [([1, 2, 3, 4], 3), ([4, 1, 2, 3], 2), ([3, 2, 2], 0), ([2, 3, 2, 1], -2), ([5], 0), ([0, 0, 1], 1)],
)
def test_for_how_many_weeks_it_grows(overdue: list[int], weeks: int) -> None:
    assert growing([Week(overdue=one) for one in overdue]) == weeks


def test_nothing_of_nothing() -> None:
    unknown: Any = growing([])
    assert unknown == 0
