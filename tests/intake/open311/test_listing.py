"""The checklist of GeoReport v2, last part: what is listed, how it is asked for, and what is never shown."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from app.core import clock
from app.core.db import Database
from app.core.i18n import LANGUAGES, Language
from app.directory import snapshot
from tests.intake.appellant import APPLICANT, when
from tests.intake.open311.vendor import (
    FIELDS,
    FORMATS,
    GOOD,
    PERSON,
    TEXT,
    V2,
    Vendor,
    id_of,
    read,
    refused,
)

format_by_format = pytest.mark.parametrize("format_", FORMATS)
NOW = "2026-11-23"
POINT = {"lat": "43.297", "long": "68.251"}
EMPTY = ("description", "address", "address_id", "lat", "long", "media_url")


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with when(NOW):
        yield


@format_by_format
async def test_one_request_is_a_list_of_one(vendor: Vendor, format_: str) -> None:
    """With every field, the empty ones too."""
    number = await vendor.filed()
    (found,) = read(await vendor.get(f"requests/{number}.{format_}"), format_, "service_requests")
    assert set(found) == FIELDS
    assert (found["service_request_id"], found["service_code"]) == (number, "utilities")
    assert found["status"] == "open"
    assert [found[name] for name in EMPTY] == [None] * len(EMPTY)


@format_by_format
async def test_requests(vendor: Vendor, format_: str) -> None:
    numbers = [await vendor.filed(), await vendor.filed(service_code="land")]
    found = read(await vendor.get(f"requests.{format_}"), format_, "service_requests")
    assert [one["service_request_id"] for one in found] == numbers[::-1], "the newest first"
    assert all(set(one) == FIELDS for one in found)


@format_by_format
async def test_no_requests_is_an_empty_list(vendor: Vendor, format_: str) -> None:
    answer = await vendor.get(f"requests.{format_}", service_code="nothing")
    assert (answer.status_code, read(answer, format_, "service_requests")) == (200, [])


@format_by_format
@pytest.mark.parametrize("id_", ["JT-2026-99999999", "ZT-2026-00000001", "123", "x" * 500, "ә", "%00", "a.b"])
@pytest.mark.parametrize("what", ["requests", "tokens"])
async def test_unknown_id_is_404(vendor: Vendor, format_: str, id_: str, what: str) -> None:
    refused(await vendor.get(f"{what}/{id_}.{format_}"), 404, format_)


async def test_the_number_of_another_series_is_another_number(vendor: Vendor) -> None:
    number = (await vendor.filed()).replace("JT", "ZT")
    refused(await vendor.get(f"requests/{number}.json"), 404, "json")
    assert await vendor.ids(service_request_id=number) == []


@format_by_format
async def test_a_token_resolves(vendor: Vendor, format_: str) -> None:
    """None is ever given, but a client that polls with the number of a request learns it."""
    number = await vendor.filed()
    found = read(await vendor.get(f"tokens/{number}.{format_}"), format_, "service_requests")
    assert found == [{"service_request_id": number, "token": number}]


async def test_a_list_of_ids_overrides_everything(vendor: Vendor) -> None:
    first, second, third = [await vendor.filed() for _ in range(3)]
    found = await vendor.ids(
        service_request_id=f"{first}, {third},JT-2026-99999999,nonsense",
        service_code="land",
        status="pending",
        start_date="never",
        end_date="1990-01-01T00:00:00Z",
        page_size="0",
    )
    assert found == [third, first]
    assert second not in found
    assert await vendor.ids(service_request_id=first.replace("JT", "ЖТ").lower()) == [first]


async def test_by_service_code(vendor: Vendor) -> None:
    utilities, land, tax = [
        await vendor.filed(service_code=code, **{"attribute[payer]": "company"})
        for code in ("utilities", "land", "tax")
    ]
    assert await vendor.ids(service_code="land") == [land]
    assert await vendor.ids(service_code="land, tax") == [tax, land]
    assert len(await vendor.ids(service_code="")) == 3
    answer = await vendor.client.get(f"{V2}/requests.json?service_code=land&service_code=utilities")
    assert [one["service_request_id"] for one in answer.json()] == [land, utilities]


async def test_by_status(vendor: Vendor) -> None:
    open_, closed = await vendor.filed(), await vendor.filed()
    await vendor.appellant.answer({"number": closed}, NOW, by=f"operator@{await vendor.holder(closed)}")
    assert await vendor.ids(status="open") == [open_]
    assert await vendor.ids(status="closed") == [closed]
    assert await vendor.ids(status="Open,closed") == [closed, open_]
    assert await vendor.ids(status="") == [closed, open_]


@format_by_format
@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("status=pending", {"status"}),
        ("start_date=yesterday", {"start_date"}),
        ("start_date=2026-02-30T00:00:00Z", {"start_date"}),
        ("start_date=0001-01-01T00:00:00Z", {"start_date"}),
        ("end_date=9999-12-31T23:59:59Z", {"end_date"}),
        ("end_date=2026-11-23T10:00:00%2B99:99", {"end_date"}),
        ("start_date=1700000000", {"start_date"}),
        ("start_date=2026-11-02&end_date=2026-11-01", {"end_date"}),
        ("page=0", {"page"}),
        ("page=-1", {"page"}),
        ("page=1e3", {"page"}),
        ("page_size=none", {"page_size"}),
        ("page_size=" + "9" * 5000, {"page_size"}),
        ("updated_after=x&updated_before=y", {"updated_after", "updated_before"}),
        ("start_date=%00&status=%ED%A0%80", {"start_date", "status"}),
    ],
)
async def test_what_does_not_fit_is_400(vendor: Vendor, format_: str, query: str, fields: set[str]) -> None:
    answer = await vendor.client.get(f"{V2}/requests.{format_}?{query}")
    assert {line.partition(":")[0] for line in refused(answer, 400, format_)} == fields


async def test_more_than_90_days_is_400(vendor: Vendor) -> None:
    dates = {"start_date": "2026-08-01T00:00:00Z", "end_date": "2026-11-01T00:00:01Z"}
    (said,) = refused(await vendor.get("requests.json", **dates), 400, "json")
    assert "90" in said
    assert await vendor.ids(start_date="2026-08-01T00:00:00Z", end_date="2026-10-30T00:00:00Z") == []


async def test_without_dates_the_last_90_days(vendor: Vendor) -> None:
    await vendor.filed("2026-08-24")
    within = await vendor.filed("2026-08-26")
    today = await vendor.filed()
    assert await vendor.ids() == [today, within]


async def test_one_date_means_90_days_from_there_or_up_to_there(vendor: Vendor) -> None:
    old = await vendor.filed("2026-02-02")
    later = await vendor.filed("2026-06-01")
    assert await vendor.ids(start_date="2026-02-02T00:00:00Z") == [old]
    assert await vendor.ids(end_date="2026-06-01T23:59:59Z") == [later]


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2026-11-20T05:00:00Z", "2026-11-20T05:00:00Z", True),
        ("2026-11-20T10:00:00+05:00", "2026-11-20T10:00:00+05:00", True),
        ("2026-11-20T10:00:00 05:00", "2026-11-20T10:00:00", True),
        ("2026-11-20", "2026-11-20", True),
        ("2026-11-20T05:00:01Z", "2026-11-21T00:00:00Z", False),
        ("2026-11-19T05:00:00Z", "2026-11-20T04:59:59Z", False),
    ],
)
async def test_dates_are_moments_with_an_offset(vendor: Vendor, start: str, end: str, found: bool) -> None:
    """Ten in the morning in Kazakhstan; without an offset it is Kazakhstan's time."""
    number = await vendor.filed("2026-11-20")
    assert (await vendor.ids(start_date=start, end_date=end) == [number]) is found


async def test_pages(vendor: Vendor) -> None:
    numbers = [await vendor.filed() for _ in range(5)][::-1]
    assert await vendor.ids(page_size=2) == numbers[:2]
    assert await vendor.ids(page_size=2, page=3) == numbers[4:]
    assert await vendor.ids(page_size=2, page=4) == []
    assert await vendor.ids(page_size=5000) == numbers


async def test_a_thousand_at_most(vendor: Vendor) -> None:
    await vendor.filed()
    async with vendor.db.transaction() as connection:
        await connection.execute(
            """INSERT INTO appeal (id, received_at, registered_on, channel, kind, topic, region, language,
                                   applicant_type, source_id, route, missing, listed)
               SELECT 202650000000 + n, received_at, registered_on, channel, kind, topic, region, language,
                      applicant_type, source_id, route, missing, true
               FROM appeal, generate_series(1, 1001) n"""
        )
        await connection.execute(
            """INSERT INTO holding (appeal_id, agency_id, origin, received_at, registered_on, due_on, regime,
                                    status, version, channel, kind, topic, region, applicant_type, running,
                                    extended, on_control, last_hash)
               SELECT a.id, agency_id, origin, h.received_at, h.registered_on, due_on, regime, status,
                      version, h.channel, h.kind, h.topic, h.region, h.applicant_type, running, extended,
                      on_control, last_hash
               FROM holding h, appeal a WHERE a.id > 202650000000"""
        )
        await connection.execute(
            """INSERT INTO event (appeal_id, holding_id, at, kind, actor_kind, data, hash)
               SELECT h.appeal_id, h.id, received_at, 'registered', 'citizen', '{}', last_hash
               FROM holding h WHERE h.appeal_id > 202650000000"""
        )
    assert len(await vendor.ids()) == 1000
    assert len(await vendor.ids(page=2)) == 2


async def test_by_what_changed(vendor: Vendor) -> None:
    number = await vendor.filed("2026-11-16")
    quiet = await vendor.filed("2026-11-16")
    await vendor.appellant.answer(
        {"number": number}, "2026-11-20", by=f"operator@{await vendor.holder(number)}"
    )
    assert await vendor.ids(updated_after="2026-11-20T00:00:00+05:00") == [number]
    assert await vendor.ids(updated_before="2026-11-19") == [quiet]


# What is shown


async def test_expected_datetime_is_the_legal_deadline(vendor: Vendor) -> None:
    """To its last second in Kazakhstan, whatever the day it moved to."""
    number = await vendor.filed("2026-11-20")
    assert_due(await vendor.one(number), await due_on(vendor, number))
    head = f"head@{await vendor.holder(number)}"
    before = await due_on(vendor, number)
    body = {"until": (before + timedelta(days=3)).isoformat(), "reason": "Сараптама керек."}
    person = await vendor.office.person(head)
    answer = await vendor.client.post(
        f"/api/v1/cases/{number}/extend", json=body, headers=person.headers | {"if-match": "*"}
    )
    assert answer.status_code == 200, answer.text
    assert await due_on(vendor, number) > before
    assert_due(await vendor.one(number), await due_on(vendor, number))


def assert_due(found: dict[str, Any], due: date) -> None:
    assert found["expected_datetime"] == f"{due}T23:59:59+05:00"


async def due_on(vendor: Vendor, number: str) -> date:
    row = await vendor.appellant.row(
        "SELECT due_on FROM holding WHERE appeal_id = $1 ORDER BY id DESC LIMIT 1", {"number": number}
    )
    found: date = row["due_on"]
    return found


async def test_offsets_are_those_of_the_day(vendor: Vendor) -> None:
    """Until 29 February 2024 it was +06:00."""
    with when("2024-02-20"):
        number = await vendor.filed()
        found = await vendor.one(number)
    assert found["requested_datetime"] == "2024-02-20T10:00:00+06:00"
    assert found["expected_datetime"].endswith("T23:59:59+05:00")


async def test_closed_means_updated_when_it_was_closed(vendor: Vendor) -> None:
    number = await vendor.filed("2026-11-16")
    operator = f"operator@{await vendor.holder(number)}"
    before = await vendor.one(number)
    assert before["updated_datetime"] == before["requested_datetime"] == "2026-11-16T10:00:00+05:00"
    await vendor.appellant.answer({"number": number}, "2026-11-20", by=operator)
    after = await vendor.one(number)
    assert (after["status"], after["updated_datetime"]) == ("closed", "2026-11-20T10:00:00+05:00")
    assert after["service_notice"] is None
    assert after["status_notes"] == "answered: explained"
    await vendor.release(operator, number, ["description"])
    assert (await vendor.one(number))["updated_datetime"] == "2026-11-20T10:00:00+05:00"


async def test_who_is_responsible_after_it_was_forwarded(vendor: Vendor) -> None:
    number = await vendor.filed(**{"attribute[region]": "KZ-61"})
    agency = snapshot.current().agency("akimat-turkistan")
    assert (await vendor.one(number))["agency_responsible"] == agency.name("en", clock.today())
    await vendor.office.act("operator@akimat-turkistan", number, "forward", to="energy", reason="Құзыреті.")
    assert (await vendor.one(number))["agency_responsible"] == snapshot.current().agency("energy").name(
        "en", clock.today()
    )


async def test_of_several_parts_the_one_that_is_due_last_speaks(vendor: Vendor) -> None:
    """It is open until the last of them is closed, and closed when that one was."""
    number = await vendor.filed("2026-11-16", **{"attribute[region]": "KZ-61"})
    parts = [{"to": "energy", "text": "Жылу жоқ."}, {"to": "health", "text": "Емхана жабық."}]
    await vendor.office.act("operator@akimat-turkistan", number, "split", parts=parts, keeps=False)
    await vendor.appellant.answer({"number": number}, "2026-11-24", part=1)
    with when("2026-11-24"):
        half = await vendor.one(number)
    ministry = snapshot.current().agency("health").name("en", clock.today())
    assert (half["status"], half["agency_responsible"]) == ("open", ministry)
    assert_due(half, await due_on(vendor, number))
    await vendor.appellant.answer({"number": number}, "2026-11-25", by="head@health", part=2)
    with when("2026-11-26"):
        whole = await vendor.one(number)
    assert (whole["status"], whole["updated_datetime"]) == ("closed", "2026-11-25T10:00:00+05:00")


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_sentence_in_the_asked_language(vendor: Vendor, lang: Language) -> None:
    number = await vendor.filed()
    found = await vendor.one(number, lang)
    assert found["service_name"] == snapshot.current().topic("utilities").name(lang)
    others = [await vendor.one(number, other) for other in LANGUAGES if other != lang]
    for field in ("status_notes", "agency_responsible", "service_notice"):
        assert found[field]
        assert found[field] not in [other[field] for other in others]


# Who is listed, and what of it


async def test_only_what_came_by_open311_or_was_agreed_to(vendor: Vendor) -> None:
    mine = await vendor.filed()
    silent = await vendor.appellant.filed(NOW)
    agreed = await vendor.appellant.filed(NOW, listed=True)
    assert set(await vendor.ids()) == {mine, agreed["number"]}
    assert await vendor.ids(service_request_id=silent["number"]) == []
    for what in ("requests", "tokens"):
        refused(await vendor.get(f"{what}/{silent['number']}.json"), 404, "json")


async def test_a_complaint_about_an_act_is_never_listed(vendor: Vendor) -> None:
    filed = await vendor.appellant.filed(NOW, listed=True)
    await vendor.appellant.answer(filed, NOW)
    complaint = await vendor.appellant.complained(filed, NOW)
    assert await vendor.ids() == [filed["number"]]
    answer = await vendor.release("head@energy", complaint["number"], ["description"])
    assert answer.status_code == 404


SECRETS = (TEXT, GOOD["address_string"], *PERSON.values(), "43.297", "68.251", "photo.jpg")


async def test_nothing_of_a_person_or_a_text_in_any_get(vendor: Vendor) -> None:
    number = await vendor.filed(**(PERSON | POINT | {"media_url": "https://example.org/photo.jpg"}))
    agreed = await vendor.appellant.filed(NOW, listed=True)
    for format_ in FORMATS:
        for path in (f"requests/{number}", f"requests/{agreed['number']}", "requests", f"tokens/{number}"):
            said = (await vendor.get(f"{path}.{format_}")).text
            for secret in (*SECRETS, *APPLICANT.values()):
                assert secret not in said, (path, secret)
                assert json.dumps(secret)[1:-1] not in said


async def test_a_moderator_releases_field_by_field(vendor: Vendor) -> None:
    url = "https://example.org/photo.jpg"
    number = await vendor.filed(**(POINT | {"media_url": url, "address_id": "A-7"}))
    operator = f"operator@{await vendor.holder(number)}"
    for fields, shown in (
        (["description"], {"description": TEXT}),
        (["coordinates"], {"lat": 43.297, "long": 68.251}),
        (["media_url"], {"media_url": url}),
        (["address"], {"address": GOOD["address_string"], "address_id": "A-7"}),
        ([], {}),
    ):
        answer = await vendor.release(operator, number, fields)
        assert answer.status_code == 200, answer.text
        found = await vendor.one(number)
        assert {name: found[name] for name in EMPTY} == dict.fromkeys(EMPTY) | shown


@format_by_format
async def test_cyrillic_there_and_back(vendor: Vendor, format_: str) -> None:
    said = "Әә Ғғ Ққ Ңң Өө Ұұ Үү Һһ Іі — «тырнақша» & <5 «Щёлкино» 🙂"
    number = await vendor.filed(description=said)
    await vendor.release(f"operator@{await vendor.holder(number)}", number, ["description"])
    answer = await vendor.get(f"requests/{number}.{format_}")
    (found,) = read(answer, format_, "service_requests")
    assert found["description"] == said


async def test_personal_data_is_masked_in_what_was_released(vendor: Vendor) -> None:
    text = (
        "Мен Сынақбаев Үлгібекпін, телефоным 8 (701) 000-00-01, +7 701 000 00 02, ЖСН 850615499937, "
        "поштам ulgibek@example.org. 5-үйде 3 күннен бері жылу жоқ."
    )
    number = await vendor.filed(**(PERSON | {"description": text}))
    await vendor.release(f"operator@{await vendor.holder(number)}", number, ["description"])
    shown = (await vendor.one(number))["description"]
    assert shown == "Мен … …, телефоным …, …, ЖСН …, поштам …. 5-үйде 3 күннен бері жылу жоқ."


# Who may release


async def test_each_release_is_kept_with_its_reason(vendor: Vendor) -> None:
    number = await vendor.filed()
    agency = await vendor.holder(number)
    operator, head = f"operator@{agency}", f"head@{agency}"
    await vendor.release(operator, number, ["description"])
    found = (await vendor.release(head, number, [])).json()
    assert (found["number"], found["fields"]) == (number, [])
    assert [one["fields"] for one in found["releases"]] == [["description"], []]
    assert [one["by"] for one in found["releases"]] == [f"Сынақ {operator}", f"Сынақ {head}"]
    assert {one["reason"] for one in found["releases"]} == {"Жеке деректер жоқ."}
    assert (await vendor.office.get(operator, f"/open311/{number}/release")).json() == found
    async with vendor.db.read() as connection:
        stored = await connection.fetch("SELECT reason FROM publication WHERE appeal_id = $1", id_of(number))
    assert not any("деректер".encode() in row["reason"] for row in stored)


@pytest.mark.parametrize("statement", ["UPDATE publication SET fields = '{}'", "DELETE FROM publication"])
async def test_the_app_may_not_change_a_release(vendor: Vendor, statement: str) -> None:
    async with vendor.db.read() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with connection.transaction():
                await connection.execute(statement)


async def test_who_may_release(vendor: Vendor) -> None:
    number = await vendor.filed(**{"attribute[region]": "KZ-61"})
    for login, status in (
        ("operator@akimat-turkistan", 200),
        ("head@akimat-turkistan", 200),
        ("operator@energy", 404),
        ("head@energy", 404),
        ("controller@administration", 403),
        ("admin@administration", 403),
    ):
        assert (await vendor.release(login, number, ["description"])).status_code == status, login


async def test_who_gave_it_away_releases_no_more(vendor: Vendor) -> None:
    number = await vendor.filed(**{"attribute[region]": "KZ-61"})
    await vendor.office.act("operator@akimat-turkistan", number, "forward", to="energy", reason="Құзыреті.")
    assert (await vendor.release("operator@akimat-turkistan", number, [])).status_code == 404
    assert (await vendor.release("operator@energy", number, [])).status_code == 200


async def test_what_is_not_listed_is_not_released(vendor: Vendor) -> None:
    filed = await vendor.appellant.filed(NOW)
    answer = await vendor.release("operator@energy", filed["number"], ["description"])
    assert (answer.status_code, answer.json()["code"]) == (409, "not_listed")
    assert (await vendor.release("operator@energy", "nonsense", [])).status_code == 404
    wrong = await vendor.release("operator@energy", filed["number"], ["name"])
    assert wrong.status_code == 422


STRANGE = [
    "%00",
    "%ED%A0%80",
    "%FF",
    "%F0%9F%99%82",
    "'",
    "%25",
    "a" * 5000,
    "-1",
    "1e999",
    "%E2%80%AE",
    "JT-2026-",
]
PARAMETERS = (
    *("service_code", "service_request_id", "status", "start_date", "end_date", "page", "page_size"),
    *("updated_after", "updated_before", "jurisdiction_id", "locale", "lang", "nothing"),
)


@pytest.mark.parametrize("strange", STRANGE, ids=lambda value: value[:20])
async def test_nothing_that_is_sent_breaks_it(vendor: Vendor, strange: str) -> None:
    for format_ in FORMATS:
        paths = [f"requests.{format_}?{name}={strange}" for name in PARAMETERS]
        paths += [f"{what}/{strange}.{format_}" for what in ("services", "requests", "tokens")]
        for path in [*paths, f"{strange}.{format_}", f"services.{strange}"]:
            answer = await vendor.client.get(f"{V2}/{path}")
            assert answer.status_code in (200, 400, 404), (path, answer.text)


@format_by_format
async def test_a_database_that_is_away(vendor: Vendor, monkeypatch: pytest.MonkeyPatch, format_: str) -> None:
    """In the format of the standard too, with the time to wait."""

    def away(_: Database) -> None:
        raise ConnectionError("away")

    monkeypatch.setattr(Database, "read", away)
    answer = await vendor.get(f"requests.{format_}")
    refused(answer, 503, format_)
    assert answer.headers["retry-after"] == "5"
