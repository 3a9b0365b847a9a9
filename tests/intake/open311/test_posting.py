"""The checklist of GeoReport v2, second half: posting a request, and whatever else is posted."""

import json
from datetime import datetime
from typing import Any

import httpx
import pytest

from app.appeals import repository
from app.core import clock
from app.core.bounds import DEFAULT_BODY_LIMIT
from app.core.db import Database
from app.core.i18n import long_date
from app.intake.open311.filing import without_tags
from app.intake.open311.form import LARGEST
from app.staff.permissions import Scope
from tests.intake.open311.vendor import (
    FORMATS,
    GOOD,
    PERSON,
    TEXT,
    V2,
    Vendor,
    id_of,
    make_key,
    read,
    refused,
)

format_by_format = pytest.mark.parametrize("format_", FORMATS)
NOWHERE: dict[str, Any] = {"address_string": None}
POINT = {"lat": "43.297", "long": "68.251"}


async def body_of(db: Database, number: str) -> dict[str, Any]:
    async with db.read() as connection:
        (said,) = await repository.contents(connection, id_of(number))
    return said.body


async def count(db: Database) -> int:
    async with db.read() as connection:
        return int(await connection.fetchval("SELECT count(*) FROM appeal"))


@format_by_format
async def test_real_time_gives_the_id_and_never_a_token(vendor: Vendor, format_: str) -> None:
    answer = await vendor.post(format_, account_id="account-88")
    assert answer.status_code == 201
    (found,) = read(answer, format_, "service_requests")
    assert set(found) == {"service_request_id", "service_notice", "account_id"}
    assert found["account_id"] == "account-88"
    registered = (await vendor.get(f"requests/{found['service_request_id']}.json")).json()[0]
    due_on = clock.civil_day(datetime.fromisoformat(registered["expected_datetime"]))
    assert long_date(due_on, "en") in found["service_notice"]


async def test_the_access_code_in_the_notice_opens_the_appeal(vendor: Vendor) -> None:
    """Else nobody could ever read the answer."""
    (found,) = (await vendor.post()).json()
    code = found["service_notice"].partition("Access code: ")[2].partition(".")[0]
    answer = await vendor.client.get(
        f"/api/v1/appeals/{found['service_request_id']}", headers={"x-access-code": code}
    )
    assert answer.status_code == 200


@format_by_format
@pytest.mark.parametrize(
    "place",
    [
        POINT,
        {"lat": "43,297", "long": " 68,251 "},
        {"address_string": "Түркістан қ., Мысал көшесі, 5"},
        {"address_id": "#NOTPINPOINTED#"},
        POINT | {"address_string": "Мысал көшесі, 5", "address_id": "7"},
    ],
)
async def test_each_way_to_say_where(vendor: Vendor, format_: str, place: dict[str, Any]) -> None:
    answer = await vendor.post(format_, **(NOWHERE | place))
    assert answer.status_code == 201


@format_by_format
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (NOWHERE, "lat"),
        (NOWHERE | {"address_string": " ", "address_id": ""}, "lat"),
        (NOWHERE | {"lat": "43.297"}, "long"),
        ({"long": "68.251"}, "lat"),
        (POINT | {"lat": "91"}, "lat"),
        (POINT | {"long": "-180.1"}, "long"),
        (POINT | {"lat": "north"}, "lat"),
        (POINT | {"lat": "nan"}, "lat"),
        (POINT | {"long": "inf"}, "long"),
        ({"service_code": None}, "service_code"),
        ({"description": "ә" * 4001}, "description"),
        ({"description": "a\x00b"}, "description"),
        ({"email": "somebody"}, "email"),
        ({"phone": "none"}, "phone"),
        ({"first_name": "А" * 301}, "first_name"),
        ({"media_url": "javascript:alert(1)"}, "media_url"),
        ({"media_url": ["https://example.org/1.jpg"] * 11}, "media_url"),
        ({"service_code": "tax"}, "attribute[payer]"),
        ({"service_code": "tax", "attribute[payer]": "ghost"}, "attribute[payer]"),
        ({"attribute[kind]": "rant"}, "attribute[kind]"),
        ({"attribute[region]": "KZ-99"}, "attribute[region]"),
        ({"attribute[supply][]": ["heating", "beer"]}, "attribute[supply]"),
        ({"service_code": "digital", "attribute[since]": "yesterday"}, "attribute[since]"),
        ({"idempotency_key": "short"}, "Idempotency-Key"),
    ],
)
async def test_what_does_not_fit_is_400(
    vendor: Vendor, format_: str, changed: dict[str, Any], field: str
) -> None:
    before = await count(vendor.db)
    said = refused(await vendor.post(format_, **changed), 400, format_)
    assert [line.partition(":")[0] for line in said] == [field]
    assert await count(vendor.db) == before


@format_by_format
async def test_several_errors_at_once(vendor: Vendor, format_: str) -> None:
    answer = await vendor.post(
        format_, service_code="tax", email="somebody", phone="none", **{"attribute[kind]": "rant"}
    )
    found = {line.partition(":")[0] for line in refused(answer, 400, format_)}
    assert found == {"email", "phone", "attribute[payer]", "attribute[kind]"}


@format_by_format
async def test_unknown_service_or_jurisdiction_is_404(vendor: Vendor, format_: str) -> None:
    refused(await vendor.post(format_, service_code="utilitys"), 404, format_)
    refused(await vendor.post(format_, jurisdiction_id="boston.gov"), 404, format_)


@format_by_format
@pytest.mark.parametrize("key", [None, "", "no such key", "ә" * 20, "\ud7ff", "x" * 10_000])
async def test_a_missing_or_wrong_key_is_403(vendor: Vendor, format_: str, key: str | None) -> None:
    refused(await vendor.post(format_, api_key=key), 403, format_)


@pytest.mark.parametrize(
    ("source", "channels", "scopes"),
    [
        ("blog-platform", ("blog",), (Scope.TICKETS_WRITE,)),
        ("open311", ("open311",), (Scope.TICKETS_READ,)),
        ("open311", (), (Scope.TICKETS_WRITE,)),
    ],
)
async def test_a_key_that_is_not_for_this_is_403(
    vendor: Vendor, source: str, channels: tuple[str, ...], scopes: tuple[Scope, ...]
) -> None:
    key = await make_key(vendor.db, source, channels, scopes)
    refused(await vendor.post(api_key=key), 403, "json")


async def test_an_expired_key_is_403(vendor: Vendor) -> None:
    async with vendor.db.transaction() as connection:
        await connection.execute("UPDATE api_client SET expires_at = $1", clock.now() - clock.days(1))
    refused(await vendor.post(), 403, "json")


@pytest.mark.parametrize("way", ["form", "address", "header"])
async def test_the_key_in_the_form_in_the_address_or_in_a_header(vendor: Vendor, way: str) -> None:
    answer = await vendor.client.post(
        f"{V2}/requests.json",
        data=GOOD | ({"api_key": vendor.key} if way == "form" else {}),
        params={"api_key": vendor.key, "jurisdiction_id": ""} if way == "address" else {},
        headers={"x-api-key": vendor.key} if way == "header" else {},
    )
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    "sent",
    [
        {"attribute[supply][]": ["heating", "water"]},
        {"attribute[supply]": ["heating", "water"]},
        {"attribute[supply]": "heating, water"},
        {"attribute[supply][0]": "heating", "attribute[supply][1]": "water"},
    ],
)
async def test_several_values_of_an_attribute(vendor: Vendor, sent: dict[str, Any]) -> None:
    number = await vendor.filed(**sent)
    assert (await body_of(vendor.db, number))["details"]["attributes"] == {"supply": ["heating", "water"]}


async def test_attributes_say_the_kind_and_the_region(vendor: Vendor) -> None:
    number = await vendor.filed(**{"attribute[kind]": "proposal", "attribute[region]": "KZ-61"})
    row = await vendor.appellant.row("SELECT kind, region FROM appeal WHERE id = $1", {"number": number})
    assert row == {"kind": "proposal", "region": "KZ-61"}
    assert await vendor.holder(number) == "akimat-turkistan"


async def test_the_jurisdiction_may_be_a_region(vendor: Vendor) -> None:
    number = await vendor.filed(jurisdiction_id="kz-61")
    assert await vendor.holder(number) == "akimat-turkistan"
    assert await vendor.ids(jurisdiction_id="KZ-61") == [number]
    assert await vendor.ids(jurisdiction_id="KZ-75") == []


async def test_everything_that_was_sent_is_kept_encrypted(vendor: Vendor) -> None:
    number = await vendor.filed(None, **(PERSON | POINT | {"media_url": ["https://example.org/1.jpg"]}))
    body = await body_of(vendor.db, number)
    assert (body["text"], body["incident_address"]) == (TEXT, GOOD["address_string"])
    assert body["details"] == {
        "lat": 43.297,
        "long": 68.251,
        "media_url": ["https://example.org/1.jpg"],
        "device_id": PERSON["device_id"],
        "account_id": PERSON["account_id"],
    }
    async with vendor.db.read() as connection:
        stored = await connection.fetchval("SELECT body FROM content WHERE appeal_id = $1", id_of(number))
    assert b"43.297" not in stored
    assert b"example" not in stored


async def test_who_has_the_case_reads_the_place(vendor: Vendor) -> None:
    number = await vendor.filed(**POINT)
    case = await vendor.office.case(f"operator@{await vendor.holder(number)}", number)
    assert case["details"] == {"lat": 43.297, "long": 68.251}
    assert case["channel"] == "open311"


async def test_4000_characters_are_taken(vendor: Vendor) -> None:
    number = await vendor.filed(description="ә" * 4000)
    assert (await body_of(vendor.db, number))["text"] == "ә" * 4000


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("<b>Жылу</b> жоқ", "Жылу жоқ"),
        ("<script>alert(1)</script>Жылу", "alert(1)Жылу"),
        ("<scr<b>ipt src=//x>Жылу", "Жылу"),
        ("<!-- <b> -->Жылу<!-- ", "Жылу"),
        ("қысым < 2 > 1, t <5", "қысым < 2 > 1, t <5"),
        ("жылу &amp; су", "жылу &amp; су"),
    ],
)
async def test_html_is_neutralised(vendor: Vendor, sent: str, kept: str) -> None:
    assert without_tags(sent) == kept
    number = await vendor.filed(description=sent)
    assert (await body_of(vendor.db, number))["text"] == kept


def test_taking_tags_out_is_quick() -> None:
    assert len(without_tags("<" * 4000 + "<b" * 4000)) == 12_000


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ({"description": "Көшеде жарық жоқ"}, "kk"),
        ({"description": "На улице нет света"}, "ru"),
        ({"description": "No light in the street"}, "en"),
        ({"description": "Нет света", "locale": "kk-KZ"}, "kk"),
        ({"description": None}, "en"),
    ],
)
async def test_the_language_of_the_answer(vendor: Vendor, said: dict[str, Any], language: str) -> None:
    number = await vendor.filed(**said)
    row = await vendor.appellant.row("SELECT language FROM appeal WHERE id = $1", {"number": number})
    assert row == {"language": language}


async def test_without_a_text_the_service_speaks(vendor: Vendor) -> None:
    number = await vendor.filed(description=None)
    assert (await body_of(vendor.db, number))["text"] == "Utilities"


async def test_the_same_form_twice_is_two_requests(vendor: Vendor) -> None:
    """The standard has no key: who may lose an answer sends an Idempotency-Key."""
    assert await vendor.filed() != await vendor.filed()


@format_by_format
async def test_the_same_form_twice_under_one_key_is_one_request(vendor: Vendor, format_: str) -> None:
    key = "5f1c1f0e-application-77"
    first = await vendor.post(format_, idempotency_key=key)
    again = await vendor.post(format_, idempotency_key=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.content == again.content
    other = await vendor.post(format_, idempotency_key=key, description="Басқа")
    refused(other, 400, format_, "409")


async def test_one_key_of_two_clients_is_two_requests(vendor: Vendor) -> None:
    key = "5f1c1f0e-application-77"
    mine = await vendor.post(idempotency_key=key)
    theirs = await vendor.post(idempotency_key=key, api_key=await make_key(vendor.db))
    assert (mine.status_code, theirs.status_code) == (201, 201)


async def test_a_form_of_many_parts(vendor: Vendor) -> None:
    """As `three` and FixMyStreet post with pictures; a picture is not taken, and the caller is told so."""
    answer = await vendor.client.post(
        f"{V2}/requests.json",
        data=GOOD | {"api_key": vendor.key},
        files={"media": ("photo.jpg", b"\xff\xd8" + b"0" * 2_000_000, "image/jpeg")},
    )
    assert answer.status_code == 201, answer.text
    assert "media_url" in answer.json()[0]["service_notice"]


# What is no form of ours


BOMB = b'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(20)
)
FORM = "application/x-www-form-urlencoded"


@format_by_format
@pytest.mark.parametrize(
    ("media", "body", "status", "code"),
    [
        ("text/xml", BOMB + b"]><z>&t;</z>", 400, "415"),
        (FORM, BOMB + b"]><z>&t;</z>", 400, "400"),
        ("application/json", json.dumps(GOOD).encode(), 400, "415"),
        (FORM, b"description=\xd2\xd2", 400, "400"),
        (FORM, b"description=%D2%D2", 400, "400"),
        (FORM, b"&".join(b"a%d=1" % n for n in range(10_000)), 400, "400"),
        (FORM, b"description=" + b"a" * DEFAULT_BODY_LIMIT, 400, "413"),
        (FORM, b"a" * (LARGEST + 1), 400, "413"),
        ("multipart/form-data", b"--x", 400, "400"),
        ("multipart/form-data; boundary=x", b"nothing of the kind", 400, "400"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n", 400, "400"),
        ("", b"", 403, "403"),
        ("\x00", b"", 400, "415"),
    ],
    ids=lambda value: ascii(value)[:40],
)
async def test_what_is_no_form_is_refused(
    client: httpx.AsyncClient, format_: str, media: str, body: bytes, status: int, code: str
) -> None:
    answer = await client.post(
        f"{V2}/requests.{format_}", content=body, headers=[(b"content-type", media.encode())]
    )
    refused(answer, status, format_, code)


@format_by_format
async def test_a_huge_field_of_a_form_of_many_parts(vendor: Vendor, format_: str) -> None:
    answer = await vendor.client.post(
        f"{V2}/requests.{format_}",
        data={"api_key": vendor.key, "description": "a" * 200_000},
        files={"media": ("a.jpg", b"0", "image/jpeg")},
    )
    refused(answer, 400, format_)
