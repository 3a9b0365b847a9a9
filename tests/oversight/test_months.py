"""`GET /api/v1/statistics/months`: what came and was answered, by month and channel, beside the agencies'."""

from typing import Any

import httpx
import pytest

from app.core.db import Database
from app.oversight.rollups import fold_all
from tests.oversight.desk import Desk

MONTHS = "/api/v1/statistics/months"
AUTUMN = "2025-09-01..2025-11-30"


async def asked(desk: Desk, period: str = AUTUMN, **params: str) -> dict[str, Any]:
    first, last = period.split("..")
    answer = await desk.client.get(
        MONTHS, params={"from": first, "to": last} | params, headers={"accept-language": "en"}
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def months(found: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {one["month"]: (one["received"], one["answered"]) for one in found["months"]}


def channels(found: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {one["code"]: (one["received"], one["answered"]) for one in found["channels"]}


async def some(desk: Desk) -> None:
    """Three of September, one answered in October; two of November by a blog; one of another body."""
    first, _, _ = await desk.file_many("2025-09-10 10:00", 3)
    await desk.answer("2025-10-02 10:00", first)
    await desk.file_many("2025-11-12 10:00", 2, channel="blog", source="blog-platform")
    await desk.file("2025-10-08 10:00", "justice")


async def check(desk: Desk) -> None:
    found = await asked(desk)
    assert months(found) == {"2025-09": (3, 0), "2025-10": (1, 1), "2025-11": (2, 0)}
    assert channels(found) == {"reception_room": (4, 1), "blog": (2, 0)}
    assert found["channels"][0]["name"] == "Online reception room"
    of_energy = await asked(desk, agency="energy")
    assert months(of_energy)["2025-10"] == (0, 1)
    by_blog = await asked(desk, channel="blog")
    assert (months(by_blog)["2025-09"], channels(by_blog)) == ((0, 0), {"blog": (2, 0)})
    for basis in ("received", "activity"):
        total = (await desk.ask(AUTUMN, basis=basis))["total"]
        assert total["received"] == sum(received for received, _ in months(found).values())
    assert total["answered"] == sum(answered for _, answered in months(found).values())


async def test_months_and_channels_add_up_to_the_agencies_figures(desk: Desk) -> None:
    await some(desk)
    await check(desk)


async def test_the_same_once_it_is_folded(real_db: Database, real_client: httpx.AsyncClient) -> None:
    desk = Desk(real_db, real_client)
    await some(desk)
    await fold_all(real_db)
    await check(desk)


async def test_a_period_that_cuts_a_month_counts_its_days_alone(desk: Desk) -> None:
    await some(desk)
    assert months(await asked(desk, "2025-09-11..2025-10-01")) == {"2025-09": (0, 0), "2025-10": (0, 0)}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2020-01-01&to=2025-12-31", "from"),
        ("from=2025-02-01&to=2025-01-31", "to"),
        ("agency=nobody", "agency"),
        ("channel=nobody", "channel"),
        ("topic=land", "topic"),
        ("from=2025-01-01&from=2025-02-01", "from"),
        ("from=0001-01-01&to=0001-01-02", "from"),
    ],
)
async def test_what_is_wrong(desk: Desk, query: str, field: str) -> None:
    answer = await desk.client.get(f"{MONTHS}?{query}")
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}
