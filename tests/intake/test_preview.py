"""What if I file now: the same answer as filing would give, for any moment from 2007 on."""

from datetime import datetime
from typing import Any

import httpx
import pytest
import time_machine

from app.core.i18n import LANGUAGES, Language

PREVIEW = "/api/v1/deadlines/preview"
EVENING = "2026-11-23T19:42:00+05:00"


async def ask(client: httpx.AsyncClient, lang: Language = "en", **query: str) -> dict[str, Any]:
    answer = await client.get(PREVIEW, params=query, headers={"Accept-Language": lang})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-language"] == lang
    found: dict[str, Any] = answer.json()
    return found


async def refused(client: httpx.AsyncClient, **query: str) -> tuple[str, str]:
    answer = await client.get(PREVIEW, params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    error = answer.json()["errors"][0]
    assert error["message"]
    return error["field"], error["code"]


async def test_the_days_and_their_reasons(client: httpx.AsyncClient) -> None:
    found = await ask(client, kind="statement", received_at=EVENING, agency="energy")
    assert (found["registered_on"], found["due_on"]) == ("2026-11-24", "2026-12-15")
    assert (found["regime"], found["procedure"]) == ("code-2021", "general")
    assert found["agency"] == {"code": "energy", "name": "Ministry of Energy"}
    assert [(step["date"], step["code"], step["rule"]) for step in found["steps"]] == [
        ("2026-11-23", "received_after_hours", "R06"),
        ("2026-11-24", "counting_working_days", "R14"),
        ("2026-11-28", "non_working_skipped", "D-WEEK"),
        ("2026-12-15", "due", "R14"),
    ]
    assert found["steps"][-1]["sentence"] == (
        "The answer is due by 15 December 2026: working day 15 of the term."
    )
    assert found["steps"][-1]["source"].endswith("art. 76(1)")


@pytest.mark.parametrize(
    ("received", "kind", "registered", "due", "regime"),
    [
        ("2007-01-01T00:00:00+06:00", "statement", "2007-01-03", "2007-01-18", "law-2007"),
        ("2021-03-05T12:00:00+06:00", "proposal", "2021-03-05", "2021-03-25", "law-2007"),
        ("2021-06-30T20:00:00+06:00", "statement", "2021-07-01", "2021-07-16", "law-2007"),
        ("2021-07-01T00:00:00+06:00", "statement", "2021-07-01", "2021-07-26", "code-2021"),
        ("2022-03-01T12:00:00+06:00", "inquiry", "2022-03-01", "2022-03-28", "code-2021"),
        ("2024-02-29T12:29:00Z", "statement", "2024-02-29", "2024-03-27", "code-2021"),
        ("2024-05-04T10:00:00+05:00", "statement", "2024-05-04", "2024-05-29", "code-2021"),
        ("2060-12-30T10:00:00+05:00", "statement", "2060-12-30", "2061-01-25", "code-2021"),
    ],
)
async def test_any_moment_from_2007_on(
    client: httpx.AsyncClient, received: str, kind: str, registered: str, due: str, regime: str
) -> None:
    found = await ask(client, kind=kind, received_at=received)
    assert (found["registered_on"], found["due_on"], found["regime"]) == (registered, due, regime)
    assert found["agency"] is None


async def test_now_when_no_moment_is_named(client: httpx.AsyncClient) -> None:
    with time_machine.travel(datetime.fromisoformat(EVENING), tick=False):
        found = await ask(client, kind="inquiry")
    assert (found["received_at"], found["registered_on"]) == (EVENING, "2026-11-24")
    assert found["due_on"] == "2026-12-15"


async def test_filing_gives_what_was_foretold(client: httpx.AsyncClient) -> None:
    said = {"kind": "complaint", "language": "kk", "text": "Жылу жоқ.", "addressee": "energy"}
    with time_machine.travel(datetime.fromisoformat(EVENING), tick=False):
        foretold = await ask(client, kind="complaint", agency="energy")
        filed = (await client.post("/api/v1/appeals", json=said)).json()
    assert (filed["registered_on"], filed["due_on"]) == (foretold["registered_on"], foretold["due_on"])


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_in_every_language(client: httpx.AsyncClient, lang: Language) -> None:
    found = await ask(
        client, lang, kind="statement", received_at="2024-04-22T10:00:00+05:00", agency="energy"
    )
    due = {"kk": "2024 ж. 16 мамыр", "ru": "16 мая 2024", "en": "16 May 2024"}[lang]
    assert due in found["steps"][-1]["sentence"]


async def test_an_offset_whose_plus_was_not_escaped_is_understood(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{PREVIEW}?kind=statement&received_at={EVENING}&lang=kk")
    assert answer.status_code == 200
    assert answer.json()["received_at"] == EVENING


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({}, ("kind", "missing")),
        ({"kind": "petition"}, ("kind", "enum")),
        ({"kind": "statement", "received_at": "2026-11-23T19:42:00"}, ("received_at", "timezone_aware")),
        ({"kind": "statement", "received_at": "2026-11-23"}, ("received_at", "datetime_parsing")),
        ({"kind": "statement", "received_at": "1795000000"}, ("received_at", "datetime_parsing")),
        ({"kind": "statement", "received_at": "2026-02-30T10:00:00Z"}, ("received_at", "datetime_parsing")),
        ({"kind": "statement", "received_at": "2006-12-31T23:59:59+06:00"}, ("received_at", "out_of_range")),
        ({"kind": "statement", "received_at": "0001-01-01T00:00:00+14:00"}, ("received_at", "out_of_range")),
        ({"kind": "statement", "received_at": "9999-12-31T23:59:59-12:00"}, ("received_at", "out_of_range")),
        ({"kind": "statement", "received_at": "2060-12-31T23:00:00+05:00"}, ("received_at", "out_of_range")),
        ({"kind": "statement", "agency": "enrgy"}, ("agency", "unknown_code")),
        ({"kind": "statement", "channel": "blog"}, ("channel", "extra_forbidden")),
    ],
)
async def test_what_is_refused(
    client: httpx.AsyncClient, query: dict[str, str], error: tuple[str, str]
) -> None:
    assert await refused(client, **query) == error


async def test_a_field_given_twice_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{PREVIEW}?kind=statement&kind=inquiry")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "repeated")


async def test_what_is_near_an_unknown_agency(client: httpx.AsyncClient) -> None:
    answer = await client.get(PREVIEW, params={"kind": "statement", "agency": "enrgy"})
    assert "energy" in answer.json()["errors"][0]["message"]
