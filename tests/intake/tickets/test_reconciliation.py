"""What a source says it sent, beside what came."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from app.core import clock
from app.intake.tickets import reconciliation
from tests.intake.tickets.centre import Centre, good, lines, local, refused, ticket, tickets

DAY = "2026-11-24"
TEN = f"{DAY}T10:00:00"
FIGURES = ("sent", "received", "refused", "registered", "consultations", "clean")


def figures(found: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(found[name] for name in FIGURES)


@pytest.fixture(autouse=True)
def the_day() -> Any:
    with time_machine.travel(local(f"{DAY}T20:00:00"), tick=False) as traveller:
        yield traveller


async def test_nothing_was_declared(centre: Centre) -> None:
    await centre.brought("1")
    found = await centre.reconciled(DAY)
    assert figures(found) == (None, 1, 0, 1, 0, None)
    assert (found["missing"], found["missing_count"], found["unexpected_count"]) == ([], None, None)


async def test_a_clean_day(centre: Centre, other: Centre) -> None:
    good(await centre.batch(lines(tickets(30))))
    await other.brought("another")
    found = await centre.declared(DAY, 30, [item["external_id"] for item in tickets(30)])
    assert figures(found) == (30, 30, 0, 30, 0, True)
    assert (found["missing"], found["unexpected"], found["other_day"], found["refusals"]) == ([], [], [], [])
    assert found["declared_at"] == clock.now().isoformat().replace("+00:00", "Z")
    assert await centre.reconciled(DAY) == found
    assert figures(await other.reconciled(DAY)) == (None, 1, 0, 1, 0, None)


async def test_every_difference_is_named(centre: Centre) -> None:
    await centre.brought("here")
    await centre.brought("not-declared")
    await centre.brought("yesterday", received_at="2026-11-23T23:59:59+05:00")
    refused(await centre.bring(ticket("refused", topic="lend")), 422, "invalid")
    refused(await centre.bring(ticket("here", text="Басқа")), 409, "key_reused")
    await centre.ask("POST", "/consultations", json={"external_id": "call", "at": f"{TEN}+05:00"})
    ids = ["here", "yesterday", "refused", "never-came", "call"]
    found = await centre.declared(DAY, 5, ids)
    assert figures(found) == (5, 4, 2, 2, 1, False)
    assert (found["missing"], found["missing_count"]) == (["never-came", "refused"], 2)
    assert (found["unexpected"], found["unexpected_count"]) == (["not-declared"], 1)
    assert found["other_day"] == [{"external_id": "yesterday", "day": "2026-11-23"}]
    assert found["other_day_count"] == 1
    assert [(one["external_id"], one["code"], one["errors"]) for one in found["refusals"]] == [
        ("here", "key_reused", []),
        ("refused", "invalid", ["topic:unknown_code"]),
    ]


async def test_what_is_mended_is_refused_no_more(centre: Centre) -> None:
    for _ in range(2):
        refused(await centre.bring(ticket("1", topic="lend")), 422, "invalid")
    assert figures(await centre.declared(DAY, 1, ["1"])) == (1, 1, 1, 0, 0, False)
    await centre.brought("1")
    refused(await centre.bring(ticket("1", topic="lend")), 422, "invalid")
    assert figures(await centre.reconciled(DAY)) == (1, 1, 0, 1, 0, True)


async def test_what_cannot_be_read_counts_each_time(centre: Centre) -> None:
    for _ in range(2):
        good(await centre.batch(b"nonsense\n" + lines([ticket("a b")])))
    found = await centre.reconciled(DAY)
    assert (found["refused"], found["received"]) == (4, 4)
    assert [(one["external_id"], one["code"], one["times"]) for one in found["refusals"]] == [
        (None, "invalid", 2),
        (None, "malformed", 2),
    ]


@pytest.mark.parametrize(
    ("received_at", "day"),
    [
        ("2026-11-23T23:59:59.999999+05:00", "2026-11-23"),
        ("2026-11-24T00:00:00+05:00", DAY),
        ("2026-11-23T19:00:00Z", DAY),
    ],
)
async def test_the_day_is_the_civil_day_of_receipt(centre: Centre, received_at: str, day: str) -> None:
    await centre.brought("1", received_at=received_at)
    refused(await centre.bring(ticket("2", received_at=received_at, topic="lend")), 422, "invalid")
    assert figures(await centre.reconciled(day)) == (None, 2, 1, 1, 0, None)


async def test_declaring_again_replaces_and_the_history_stays(centre: Centre, the_day: Any) -> None:
    await centre.brought("1")
    assert (await centre.declared(DAY, 3))["clean"] is False
    await centre.declared(DAY, 3)
    the_day.shift(timedelta(minutes=1))
    found = await centre.declared(DAY, 1, ["1", "1"])
    assert figures(found) == (1, 1, 0, 1, 0, True)
    assert figures(await centre.declared(DAY, 1)) == (1, 1, 0, 1, 0, True)
    rows = await centre.rows("SELECT count, external_ids FROM declaration ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [(3, None), (1, ["1"]), (1, None)], (
        "a retry is no other one"
    )


async def test_a_day_without_tickets(centre: Centre) -> None:
    found = await centre.declared("2026-11-22", 0, [])
    assert figures(found) == (0, 0, 0, 0, 0, True)
    assert found["missing_count"] == 0


async def test_lists_are_cut_and_their_counts_are_not(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "LISTED", 3)
    good(await centre.batch(lines(tickets(5))))
    found = await centre.declared(DAY, 6, [f"none-{n}" for n in range(6)])
    assert (len(found["missing"]), found["missing_count"]) == (3, 6)
    assert (len(found["unexpected"]), found["unexpected_count"]) == (3, 5)


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({}, "count", "missing"),
        ({"count": -1}, "count", "greater_than_equal"),
        ({"count": "3"}, "count", "int_type"),
        ({"count": 1.5}, "count", "int_type"),
        ({"count": 10**20}, "count", "less_than_equal"),
        ({"count": 1, "external_ids": ["a b"]}, "external_ids.0", "external_id"),
        ({"count": 1, "external_ids": "1"}, "external_ids", "list_type"),
        ({"count": 1, "external_ids": ["1"] * 20_001}, "external_ids", "too_long"),
        ({"count": 1, "sent": 1}, "sent", "extra_forbidden"),
    ],
)
async def test_what_cannot_be_declared(centre: Centre, said: dict[str, Any], field: str, code: str) -> None:
    answer = await centre.ask("PUT", f"/reconciliation/{DAY}", json=said)
    assert refused(answer, 422, "invalid") == {field: code}


async def test_days_that_there_are_not(centre: Centre) -> None:
    for day in ("2026-11-25", "9999-12-31", "2006-12-31", "0001-01-01"):
        refused(await centre.ask("GET", f"/reconciliation/{day}"), 404, "no_such_day")
        refused(await centre.ask("PUT", f"/reconciliation/{day}", json={"count": 1}), 404, "no_such_day")
    for day in ("yesterday", "2026-02-30", "20261124"):
        refused(await centre.ask("GET", f"/reconciliation/{day}"), 422, "invalid")
    good(await centre.ask("GET", "/reconciliation/2007-01-01"))
