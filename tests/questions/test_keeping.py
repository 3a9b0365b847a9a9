"""Who keeps the answers; versions, validity, and what helped."""

import asyncio
from typing import Any

import httpx
import pytest

from app.core.db import Database
from tests.casework.people import Office
from tests.intake.appellant import when
from tests.intake.tickets.centre import good, refused
from tests.questions.faq import AIRPORT, HEATING, Faq

NEW = HEATING | {"en": {"question": "What if there is no heating?", "answer": "Call 109."}}


def revision(version: int, texts: dict[str, Any] = NEW, **more: Any) -> dict[str, Any]:
    return {"version": version, "texts": texts} | more


async def test_a_revision_is_a_new_version_and_the_old_one_stays(faq: Faq) -> None:
    entry = await faq.written(HEATING)
    path = f"/faq/{entry['id']}"
    revised = good(await faq.as_("admin@administration", "PUT", path, json=revision(1)))
    assert [one["version"] for one in revised["versions"]] == [2, 1]
    assert [one["author"] for one in revised["versions"]] == ["admin@administration", "head@energy"]
    assert revised["versions"][1]["texts"]["kk"] == HEATING["kk"]
    assert await faq.ids("heating") == [entry["id"]]
    assert good(await faq.as_("head@energy", "GET", f"{path}/versions")) == revised


async def test_two_who_revise_at_once(faq: Faq) -> None:
    entry = await faq.written(HEATING)
    path = f"/faq/{entry['id']}"
    good(await faq.as_("head@energy", "PUT", path, json=revision(1)))
    late = await faq.as_("admin@administration", "PUT", path, json=revision(1))
    refused(late, 409, "faq_changed")
    assert late.json()["version"] == 2
    refused(await faq.as_("head@energy", "PUT", path, json=revision(7)), 409, "faq_changed")


async def test_a_race_has_one_winner(real_db: Database, real_client: httpx.AsyncClient) -> None:
    faq = Faq(real_client, Office(real_db, real_client))
    entry = await faq.written(HEATING)
    await faq.office.person("admin@administration")
    path = f"/faq/{entry['id']}"
    answers = await asyncio.gather(
        *(
            faq.as_(login, "PUT", path, json=revision(1))
            for login in ("head@energy", "admin@administration") * 3
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]


async def test_what_is_retired_is_found_no_more_and_may_come_back(faq: Faq) -> None:
    entry = await faq.written(HEATING)
    path = f"/faq/{entry['id']}"
    retired = good(await faq.as_("head@energy", "POST", f"{path}/retire", json={"version": 1}))
    assert (retired["versions"][0]["retired"], retired["versions"][0]["author"]) == (True, "head@energy")
    assert await faq.ids("жылу") == []
    assert (await faq.client.get(f"/api/v1{path}")).status_code == 404
    assert (await faq.client.post(f"/api/v1{path}/helped", json={"helped": True})).status_code == 404
    good(await faq.as_("head@energy", "PUT", path, json=revision(2)))
    assert await faq.ids("жылу") == [entry["id"]]


async def test_only_while_it_is_valid(faq: Faq) -> None:
    days = {"valid_from": "2059-03-01", "valid_to": "2059-03-31"}
    entry = await faq.written(HEATING, **days)
    assert await faq.ids("жылу") == []
    for moment, found in (
        ("2059-02-28", 0),
        ("2059-03-01", 1),
        ("2059-03-31T23:59", 1),
        ("2059-04-01T00:01", 0),
    ):
        with when(moment):
            assert len(await faq.ids("жылу")) == found, moment
            answer = await faq.client.get(f"/api/v1/faq/{entry['id']}")
            assert answer.status_code == (200 if found else 404)


# Who


async def test_a_head_keeps_those_below_and_no_others(faq: Faq) -> None:
    agencies = (await faq.client.get("/api/v1/directory/agencies")).json()["items"]
    below = next(one["code"] for one in agencies if one.get("parent") == "health")
    entry = await faq.written(HEATING, "head@health", below)
    path = f"/faq/{entry['id']}"
    for method, where, body in (
        ("PUT", path, revision(1)),
        ("POST", f"{path}/retire", {"version": 1}),
        ("GET", f"{path}/versions", None),
    ):
        refused(await faq.as_("head@energy", method, where, json=body), 404, "faq_not_found")
    said = {"agency": "energy", "topic": "utilities", "texts": HEATING}
    refused(await faq.as_("head@health", "POST", "/faq", json=said), 403, "forbidden")
    assert len(await faq.search("жылу")) == 1


async def test_others_keep_nothing(faq: Faq) -> None:
    said = {"agency": "energy", "topic": "utilities", "texts": HEATING}
    for login in ("operator@energy", "controller@administration"):
        refused(await faq.as_(login, "POST", "/faq", json=said), 403, "forbidden")
    anonymous = await faq.client.post("/api/v1/faq", json=said, headers={"accept-language": "en"})
    refused(anonymous, 401, "unauthenticated")


# What is wrong


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"texts": {"kk": HEATING["kk"]}}, "texts.ru", "missing"),
        ({"texts": HEATING | {"de": HEATING["kk"]}}, "texts.de", "extra_forbidden"),
        ({"texts": HEATING | {"kk": {"question": " ", "answer": "а"}}}, "texts.kk.question", "blank"),
        (
            {"texts": HEATING | {"kk": {"question": "а" * 501, "answer": "а"}}},
            "texts.kk.question",
            "string_too_long",
        ),
        (
            {"texts": HEATING | {"kk": {"question": "а", "answer": "а\x00"}}},
            "texts.kk.answer",
            "control_character",
        ),
        ({"agency": "nowhere"}, "agency", "unknown_code"),
        ({"topic": "nothing"}, "topic", "unknown_code"),
        ({"valid_from": "2026-02-02", "valid_to": "2026-02-01"}, "valid_to", "period_reversed"),
        ({"valid_from": "2026-02-30"}, "valid_from", "date_from_datetime_parsing"),
    ],
)
async def test_a_wrong_entry(faq: Faq, changes: dict[str, Any], field: str, code: str) -> None:
    said = {"agency": "energy", "topic": "utilities", "texts": HEATING} | changes
    answer = await faq.as_("admin@administration", "POST", "/faq", json=said)
    found = refused(answer, 422, "invalid")
    assert list(found) == [field]
    assert code == found[field] or field == "valid_from"
    assert await faq.value("SELECT count(*) FROM faq_entry") == 0


# Whom it helped


async def test_what_helped_is_counted_and_nobody_is_kept(faq: Faq) -> None:
    entry, other = await faq.written(HEATING), await faq.written(AIRPORT)
    for helped in (True, True, False):
        answer = await faq.client.post(f"/api/v1/faq/{entry['id']}/helped", json={"helped": helped})
        assert (answer.status_code, answer.content) == (204, b"")
    read = good(await faq.as_("head@energy", "GET", f"/faq/{entry['id']}/versions"))
    assert (read["helped"], read["not_helped"]) == (2, 1)
    untouched = good(await faq.as_("head@energy", "GET", f"/faq/{other['id']}/versions"))
    assert (untouched["helped"], untouched["not_helped"]) == (0, 0)
    columns = await faq.value(
        "SELECT array_agg(column_name::text ORDER BY column_name) FROM information_schema.columns "
        "WHERE table_name = 'faq_help'"
    )
    assert columns == ["day", "entry_id", "helped", "not_helped"]


@pytest.mark.parametrize("body", [{}, {"helped": "yes"}, {"helped": 1}, {"helped": True, "who": "me"}])
async def test_a_wrong_vote(faq: Faq, body: dict[str, Any]) -> None:
    entry = await faq.written(HEATING)
    answer = await faq.client.post(
        f"/api/v1/faq/{entry['id']}/helped", json=body, headers={"accept-language": "en"}
    )
    refused(answer, 422, "invalid")
