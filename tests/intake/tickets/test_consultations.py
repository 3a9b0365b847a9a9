"""Calls that were answered on the spot, and the figures of calls."""

import json
from typing import Any

import pytest
import time_machine

from app.intake.tickets.described import CONSULTATIONS
from tests.casework.people import Office
from tests.intake.tickets.centre import JSON, NDJSON, Centre, good, lines, local, refused

CALLS = "/consultations"


def call(external_id: str = "c-1", **changes: Any) -> dict[str, Any]:
    return {"external_id": external_id, "at": "2026-11-24T10:00:00+05:00", "topic": "utilities"} | changes


Figures = tuple[int | None, int, int | None]


async def figures(centre: Centre, staff: dict[str, str] | None = None, /, **asked: str) -> Figures:
    answer = await centre.client.get("/api/v1/statistics/calls", params=asked, headers=staff)
    found = good(answer)
    return found["calls"], found["consultations"], found["registered"]


@pytest.fixture(autouse=True)
def the_day() -> Any:
    with time_machine.travel(local("2026-11-24T20:00:00"), tick=False):
        yield


async def test_a_call_is_counted_once(centre: Centre) -> None:
    first = good(await centre.ask("POST", CALLS, json=call(seconds=140, language="kk")), 201)
    assert first == {"external_id": "c-1", "at": "2026-11-24T10:00:00+05:00", "day": "2026-11-24"}
    again = call(at="2026-11-24T05:00:00Z", seconds=140, language="kk", region="kz-61")
    assert good(await centre.ask("POST", CALLS, json=again), 200)["day"] == "2026-11-24"
    other = await centre.ask("POST", CALLS, json=call(seconds=141, language="kk"))
    refused(other, 409, "key_reused")
    assert await centre.value("SELECT count(*) FROM consultation") == 1
    assert await centre.value("SELECT count(*) FROM appeal") == 0


async def test_an_id_belongs_to_its_source(centre: Centre, other: Centre) -> None:
    good(await centre.ask("POST", CALLS, json=call()), 201)
    good(await other.ask("POST", CALLS, json=call(topic="land")), 201)


async def test_a_call_may_have_the_id_of_a_ticket(centre: Centre) -> None:
    await centre.brought("1")
    good(await centre.ask("POST", CALLS, json=call("1")), 201)


@pytest.mark.parametrize("media", [JSON, NDJSON])
async def test_a_batch(centre: Centre, media: str) -> None:
    good(await centre.ask("POST", CALLS, json=call("before")), 201)
    items = [
        call("a"),
        call("before"),
        call("b", topic="lend"),
        call("a"),
        call("a", topic="land"),
        call("before", seconds=1),
        call("c", channel="blog"),
        call("d"),
    ]
    body = lines(items) if media == NDJSON else json.dumps(items).encode()
    answer = good(await centre.ask("POST", f"{CALLS}/batch", content=body, headers={"content-type": media}))
    assert [result["status"] for result in answer["results"]] == [
        "created", "duplicate", "rejected", "duplicate", "rejected", "rejected", "rejected", "created",
    ]  # fmt: skip
    codes = {
        result["index"]: result["problem"]["code"] for result in answer["results"] if "problem" in result
    }
    assert codes == {2: "invalid", 4: "key_reused", 5: "key_reused", 6: "channel_forbidden"}
    assert (answer["accepted"], answer["duplicates"], answer["rejected"]) == (2, 2, 4)
    assert await figures(centre, source="109-turkistan") == (3, 3, 0)


async def test_an_empty_batch_and_one_of_bad_lines(centre: Centre) -> None:
    for body, rejected in ((b"", 0), (b"nonsense\n{}\n", 2)):
        answer = await centre.ask("POST", f"{CALLS}/batch", content=body, headers={"content-type": NDJSON})
        assert good(answer)["rejected"] == rejected


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"at": "2026-11-24T20:02:01+05:00"}, {"at": "in_future"}),
        ({"at": "2006-12-31T00:00:00Z"}, {"at": "out_of_range"}),
        ({"at": None}, {"at": "datetime_parsing"}),
        ({"external_id": "ә"}, {"external_id": "external_id"}),
        ({"topic": "lend"}, {"topic": "unknown_code"}),
        ({"region": "KZ-16", "topic": "lend"}, {"region": "unknown_code", "topic": "unknown_code"}),
        ({"channel": "pigeon"}, {"channel": "unknown_code"}),
        ({"language": "de"}, {"language": "enum"}),
        ({"seconds": -1}, {"seconds": "greater_than_equal"}),
        ({"seconds": 90_000}, {"seconds": "less_than_equal"}),
        ({"seconds": "140"}, {"seconds": "int_type"}),
        ({"caller": "+7 700"}, {"caller": "extra_forbidden"}),
    ],
)
async def test_a_wrong_field(centre: Centre, changed: dict[str, Any], wrong: dict[str, str]) -> None:
    assert refused(await centre.ask("POST", CALLS, json=call() | changed), 422, "invalid") == wrong


async def test_the_example_is_a_good_one(centre: Centre) -> None:
    good(await centre.ask("POST", CALLS, json=CONSULTATIONS["answered"]["value"]), 201)


# The figures


async def test_calls_are_consultations_and_what_was_registered(centre: Centre, other: Centre) -> None:
    for n, at in enumerate(
        ("2026-11-23T23:59:59+05:00", "2026-11-24T00:00:00+05:00", "2020-04-01T12:00:00+06:00")
    ):
        good(await centre.ask("POST", CALLS, json=call(f"{n}", at=at)), 201)
    await centre.brought("1", received_at="2026-11-23T10:00:00+05:00")
    await centre.brought("2", received_at="2026-11-24T10:00:00+05:00", region="KZ-47")
    await other.brought("1", received_at="2026-11-24T10:00:00+05:00")
    good(await other.ask("POST", CALLS, json=call("1")), 201)
    assert await figures(centre) == (6, 3, 3)
    assert await figures(centre, **{"from": "2020-01-01"}) == (7, 4, 3)
    assert await figures(centre, **{"from": "2026-11-23", "to": "2026-11-23"}) == (2, 1, 1)
    assert await figures(centre, source="109-turkistan") == (4, 2, 2)
    staff = (await Office(centre.db, centre.client).person("operator@energy")).headers
    assert await figures(centre, staff, region="kz-47") == (3, 1, 2)
    assert await figures(centre, staff, region="KZ-47", source="109-turkistan") == (1, 0, 1)
    # Of a region's appeals the public is told elsewhere, month by month.
    assert await figures(centre, region="kz-47") == (None, 1, None)
    assert await figures(centre, source="blog-platform") == (0, 0, 0)


async def test_what_the_figures_are_of(centre: Centre) -> None:
    asked = {"from": "2026-11-01", "to": "2026-11-30", "source": "109-turkistan", "region": "kz-61"}
    found = good(await centre.client.get("/api/v1/statistics/calls", params=asked))
    assert found == asked | {
        "region": "KZ-61", "calls": None, "consultations": 0, "registered": None, "suppressed": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"source": "109-turkestan"}, {"source": "unknown_code"}),
        ({"region": "KZ-16"}, {"region": "unknown_code"}),
        ({"from": "2026-12-31", "to": "2026-01-01"}, {"to": "period_reversed"}),
        ({"from": "1800-01-01", "to": "2026-01-01"}, {"from": "out_of_range"}),
        ({"to": "2099-12-31"}, {"to": "out_of_range"}),
        ({"from": "yesterday"}, {"from": "date_parsing"}),
        ({"topic": "land"}, {"topic": "extra_forbidden"}),
    ],
)
async def test_figures_of_a_wrong_period_or_code(
    centre: Centre, asked: dict[str, str], wrong: dict[str, str]
) -> None:
    answer = await centre.client.get("/api/v1/statistics/calls", params=asked)
    assert refused(answer, 422, "invalid") == wrong
    twice = await centre.client.get("/api/v1/statistics/calls?source=1414&source=109-turkistan")
    assert refused(twice, 422, "invalid") == {"source": "repeated"}
