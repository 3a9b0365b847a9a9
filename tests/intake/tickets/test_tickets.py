"""One ticket over HTTP: registered once, bounded in time, refused clearly."""

import json
from typing import Any

import httpx
import pytest
import time_machine

from app.appeals import history, numbers
from app.core import cipher
from app.core.db import Database
from app.core.i18n import LANGUAGES, Language, t
from app.directory import snapshot
from app.intake.tickets.described import EXAMPLES
from app.staff.permissions import Scope
from tests.casework.people import Office
from tests.intake.tickets.centre import JSON, Centre, good, local, open_centre, refused, ticket

NOON = "2026-11-25T12:00:00"  # a Wednesday


async def test_a_ticket_is_an_appeal(centre: Centre) -> None:
    answer = good(await centre.bring(ticket("AB/1")), 201)
    assert answer["external_id"] == "AB/1"
    assert answer["number"].startswith("JT-")
    assert answer["agency"]["code"].startswith("akimat-turkistan")
    assert {
        "access_code",
        "status",
        "missing",
        "route",
        "registered_on",
        "due_on",
        "receipt",
    } <= answer.keys()
    tracked = await centre.client.get(
        f"/api/v1/appeals/{answer['number']}", headers={"x-access-code": answer["access_code"]}
    )
    assert good(tracked)["status"] == "registered"


async def test_the_region_is_the_sources_unless_the_ticket_says_another(centre: Centre) -> None:
    await centre.brought("1")
    await centre.brought("2", region="kz-47")
    rows = await centre.rows("SELECT external_id, region FROM appeal ORDER BY external_id")
    assert [row["region"] for row in rows] == ["KZ-61", "KZ-47"]


@pytest.mark.parametrize("external_id", ["a", "9" * 100, "A-Z.a_z:0/9", "a/b/c", "..", "batch", "a//b", "/a"])
async def test_ids_of_every_allowed_form(centre: Centre, external_id: str) -> None:
    filed = await centre.brought(external_id)
    escaped = external_id.replace("/", "%2F").replace(".", "%2E")
    answer = await centre.client.get(f"/api/v1/tickets/{escaped}", headers=centre.headers)
    assert good(answer)["number"] == filed["number"]


@pytest.mark.parametrize(
    "external_id", ["", " ", " a", "a ", "a b", "ә", "١", "a" * 101, "a\n", "a\x00", "a\\b", "a%b", "a?b"]
)
async def test_an_id_of_other_letters(centre: Centre, external_id: str) -> None:
    answer = await centre.bring(ticket(external_id))
    assert refused(answer, 422, "invalid") == {"external_id": "external_id"}
    row = (await centre.rows("SELECT external_id, code, fields FROM refused_ticket"))[0]
    assert row == {"external_id": None, "code": "invalid", "fields": ["external_id:external_id"]}


# Twice


async def test_the_same_again_gives_the_first_answer(centre: Centre) -> None:
    first = await centre.brought("1", caller="оператор 17")
    for said in (
        ticket("1", caller="оператор 17"),
        dict(reversed(ticket("1", caller="оператор 17").items())),
    ):
        assert good(await centre.bring(said), 200) == first
    assert await centre.value("SELECT count(*) FROM appeal") == 1
    assert await centre.value("SELECT count(*) FROM notice") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"region": "kz-61"},
        {"subject": None},
        {"topic": " utilities "},
        {"text": "Көшеде бір аптадан бері жарық жоқ\u200f."},
    ],
)
async def test_it_is_the_meaning_that_is_compared(centre: Centre, changed: dict[str, Any]) -> None:
    said = ticket("1", region="KZ-61")
    first = good(await centre.bring(said), 201)
    body = json.dumps(said | changed, indent=3, ensure_ascii=True)
    again = await centre.ask("POST", "/tickets", content=body, headers={"content-type": JSON})
    assert good(again, 200) == first


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "Басқа мәтін"},
        {"kind": "complaint"},
        {"topic": "land"},
        {"caller": "оператор 18"},
        {"applicant": {"name": "Басқа кісі"}},
    ],
)
async def test_another_message_under_the_id(centre: Centre, changed: dict[str, Any]) -> None:
    first = await centre.brought("1")
    answer = await centre.bring(ticket("1", **changed))
    assert refused(answer, 409, "key_reused") == {}
    shown = answer.text
    assert first["number"] not in shown
    assert "жарық" not in shown
    assert good(await centre.bring(ticket("1")), 200) == first
    assert await centre.value("SELECT count(*) FROM appeal") == 1


async def test_an_id_belongs_to_its_source(centre: Centre, other: Centre) -> None:
    first, second = await centre.brought("1"), await other.brought("1", text="Басқа мәтін")
    assert first["number"] != second["number"]
    same_source = await open_centre(centre.db, centre.client)
    assert good(await same_source.bring(ticket("1")), 200) == first


async def test_a_year_later_it_is_still_the_same(centre: Centre) -> None:
    with time_machine.travel(local(NOON), tick=False):
        first = await centre.brought("1", received_at=f"{NOON}+05:00")
    with time_machine.travel(local("2027-11-25T12:00:00"), tick=False):
        assert good(await centre.bring(ticket("1", received_at=f"{NOON}+05:00")), 200) == first
        assert refused(await centre.bring(ticket("2", received_at=f"{NOON}+05:00")), 422, "invalid") == {
            "received_at": "too_old"
        }


# The moment of receipt


async def test_the_day_is_that_of_the_call(centre: Centre) -> None:
    """A centre that was offline sends on Wednesday what it was told on Monday."""
    with time_machine.travel(local(NOON), tick=False):
        filed = await centre.brought("1", received_at="2026-11-23T11:00:00+05:00")
        late = await centre.brought("2", received_at="2026-11-23T20:00:00+05:00")
        state = await centre.state("1")
    assert (filed["registered_on"], late["registered_on"]) == ("2026-11-23", "2026-11-24")
    assert state["received_at"] == "2026-11-23T06:00:00Z"
    assert state["updated_at"] == "2026-11-25T07:00:00Z"
    event = (await centre.rows("SELECT at, data FROM event ORDER BY id LIMIT 1"))[0]
    assert event["data"]["arrived_at"] == "2026-11-25T07:00:00+00:00"
    assert event["at"] == local("2026-11-23T11:00:00")


@pytest.mark.parametrize(
    ("received_at", "wrong"),
    [
        ("2026-11-25T12:02:00+05:00", None),
        ("2026-11-25T12:02:01+05:00", "in_future"),
        ("2026-11-22T12:00:00+05:00", None),
        ("2026-11-22T11:59:59+05:00", "too_old"),
        ("2026-11-25T07:01:00Z", None),
        ("9999-12-31T23:59:59Z", "in_future"),
        ("0001-01-01T00:00:00+14:00", "out_of_range"),
        ("1900-01-01T00:00:00Z", "out_of_range"),
        ("2026-11-25T12:00:00", "timezone_aware"),
        ("2026-11-25", "datetime_parsing"),
        (1_795_000_000, "datetime_parsing"),
        ("", "datetime_parsing"),
        ("2026-02-30T12:00:00Z", "datetime_parsing"),
    ],
)
async def test_which_moments_may_be_named(centre: Centre, received_at: object, wrong: str | None) -> None:
    with time_machine.travel(local(NOON), tick=False):
        answer = await centre.bring(ticket("1", received_at=received_at))
    if wrong:
        assert refused(answer, 422, "invalid") == {"received_at": wrong}
    else:
        assert answer.status_code == 201, answer.text


async def test_how_old_it_may_be_is_the_sources_own_setting(db: Database, client: httpx.AsyncClient) -> None:
    async with db.transaction() as connection:
        await connection.execute("UPDATE source SET late_days = 7 WHERE code = '109-turkistan'")
        await connection.execute("UPDATE directory_version SET version = version + 1")
    await snapshot.refresh(db)
    centre = await open_centre(db, client)
    with time_machine.travel(local(NOON), tick=False):
        await centre.brought("1", received_at="2026-11-18T12:00:00+05:00")
        answer = await centre.bring(ticket("2", received_at="2026-11-18T11:00:00+05:00"))
    assert "7" in answer.json()["errors"][0]["message"]


async def test_a_repeat_may_leave_the_moment_out_or_add_it(centre: Centre) -> None:
    at = "2026-11-25T09:00:00+05:00"
    with time_machine.travel(local(NOON), tick=False):
        first = await centre.brought("1", received_at=at)
        assert good(await centre.bring(ticket("1")), 200) == first
        assert good(await centre.bring(ticket("1", received_at="2026-11-25T04:00:00Z")), 200) == first
        refused(await centre.bring(ticket("1", received_at="2026-11-25T09:00:01+05:00")), 409, "key_reused")
        second = await centre.brought("2")
        assert good(await centre.bring(ticket("2", received_at=at)), 200) == second


# Whose


async def test_another_channel(centre: Centre) -> None:
    refused(await centre.bring(ticket("1", channel="blog")), 403, "channel_forbidden")
    assert refused(await centre.bring(ticket("1", channel="call-centre")), 422, "invalid") == {
        "channel": "unknown_code"
    }
    rows = await centre.rows("SELECT external_id, code, fields, times FROM refused_ticket ORDER BY id")
    assert rows == [
        {"external_id": "1", "code": "channel_forbidden", "fields": [], "times": 1},
        {"external_id": "1", "code": "invalid", "fields": ["channel:unknown_code"], "times": 1},
    ]


async def test_without_a_key_or_a_scope(db: Database, client: httpx.AsyncClient) -> None:
    reader = await open_centre(db, client, scopes=[Scope.TICKETS_READ])
    refused(await reader.bring(ticket()), 403, "scope_missing")
    writer = await open_centre(db, client, scopes=[Scope.TICKETS_WRITE])
    for path in ("/tickets", "/tickets/1", "/reconciliation/2026-11-23"):
        refused(await writer.ask("GET", path), 403, "scope_missing")
    writer.headers = {}
    refused(await writer.bring(ticket()), 401, "api_key_invalid")
    assert await writer.value("SELECT count(*) FROM refused_ticket") == 0


# Refusals


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_each_refusal_in_each_language(centre: Centre, lang: Language) -> None:
    await centre.brought("1")
    headers = {"content-type": JSON}
    answers = [
        await centre.bring(ticket("1", channel="blog"), lang=lang),
        await centre.bring(ticket("1", text="Басқа"), lang=lang),
        await centre.ask("GET", "/tickets/none", lang=lang),
        await centre.ask("GET", "/reconciliation/2999-01-01", lang=lang),
        await centre.ask(
            "POST", "/tickets", content="Ә".encode("cp1251", "replace") + b"\xd8", headers=headers, lang=lang
        ),
        await centre.ask("POST", "/tickets", content=b"{", headers=headers, lang=lang),
    ]
    codes = [
        "channel_forbidden",
        "key_reused",
        "ticket_not_found",
        "no_such_day",
        "wrong_encoding",
        "malformed",
    ]
    assert [answer.json()["code"] for answer in answers] == codes
    for answer, code in zip(answers, codes, strict=True):
        assert answer.headers["content-language"] == lang
        assert answer.json()["title"] == t(f"error.{code}.title", lang)
        assert "{" not in answer.json()["detail"]
    wrong = await centre.bring(ticket("ә", received_at="2999-01-01T00:00:00Z", channel=""), lang=lang)
    assert {error["message"] for error in wrong.json()["errors"]} >= {t("validation.external_id", lang)}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe{\x00}\x00",
        b'{"a":' * 5000,
        b'{"text": "\\ud800"}',
        b'{"text": "\xd2"}',
    ],
)
async def test_a_body_that_cannot_be_read(centre: Centre, body: bytes) -> None:
    answer = await centre.ask("POST", "/tickets", content=body, headers={"content-type": JSON})
    assert answer.status_code == 400
    assert answer.json()["code"] in {"malformed", "wrong_encoding"}


@pytest.mark.parametrize("body", [b"null", b"[]", b"7", b'"x"'])
async def test_a_body_that_is_no_object(centre: Centre, body: bytes) -> None:
    answer = await centre.ask("POST", "/tickets", content=body, headers={"content-type": JSON})
    assert refused(answer, 422, "invalid") == {"body": "dict_type"}


async def test_a_mark_before_the_first_letter_is_no_harm(centre: Centre) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(ticket()).encode()
    good(await centre.ask("POST", "/tickets", content=body, headers={"content-type": JSON}), 201)


async def test_a_body_of_another_type(centre: Centre) -> None:
    for media in ("text/plain", "application/x-ndjson", ""):
        answer = await centre.ask("POST", "/tickets", content=b"{}", headers={"content-type": media})
        refused(answer, 415, "unsupported_media_type")


async def test_of_a_field_given_twice_the_last_counts(centre: Centre) -> None:
    body = json.dumps(ticket("1"))[:-1] + ', "external_id": "2"}'
    answer = await centre.ask("POST", "/tickets", content=body, headers={"content-type": JSON})
    assert good(answer, 201)["external_id"] == "2"


async def test_what_is_kept_of_a_refusal_says_nothing_of_a_person(centre: Centre) -> None:
    said = ticket("1", topic="no-such", text="Құпия сөз") | {"Сынақбаев Үлгібек": "+7 700 000 00 01"}
    for _ in range(3):
        refused(await centre.bring(said), 422, "invalid")
    rows = await centre.rows("SELECT * FROM refused_ticket")
    assert len(rows) == 1
    assert (rows[0]["times"], rows[0]["fields"]) == (3, ["?:extra_forbidden"])
    stored = str(rows)
    for secret in ("Құпия", "Сынақбаев", "700 000 00", "70000000"):
        assert secret not in stored


async def test_a_refused_ticket_can_be_mended(centre: Centre) -> None:
    refused(await centre.bring(ticket("1", topic="no-such")), 422, "invalid")
    await centre.brought("1")


# What is kept of it


async def test_the_desks_line_reaches_those_who_work_on_it(centre: Centre) -> None:
    filed = await centre.brought("1", addressee="energy", caller="оператор 17, қоңырау 8841")
    office = Office(centre.db, centre.client)
    assert (await office.case("operator@energy", filed["number"]))["caller"] == "оператор 17, қоңырау 8841"
    appeal_id = numbers.parse(filed["number"]).appeal_id
    row = (await centre.rows("SELECT salt, body, hash FROM content WHERE appeal_id = $1", appeal_id))[0]
    assert "оператор".encode() not in row["body"]
    opened = cipher.cipher().decrypt(row["body"], "content.body").encode()
    assert history.content_hash(row["salt"], opened) == row["hash"]


async def test_the_event_says_which_client_brought_it(centre: Centre) -> None:
    await centre.brought("1")
    event = (await centre.rows("SELECT actor_kind, actor_id FROM event"))[0]
    client_id = await centre.value("SELECT id FROM api_client WHERE source_id = $1", centre.source_id)
    assert event == {"actor_kind": "source", "actor_id": client_id}


@pytest.mark.parametrize("name", EXAMPLES)
async def test_the_examples_are_good_ones(centre: Centre, name: str) -> None:
    good(await centre.bring(EXAMPLES[name]["value"]), 201)


async def test_the_document_refers_to_what_is_in_it(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    text = json.dumps(document)
    for part in text.split('"$ref": "#/components/schemas/')[1:]:
        assert part.partition('"')[0] in document["components"]["schemas"]
    body = document["paths"]["/api/v1/tickets"]["post"]["requestBody"]["content"][JSON]["schema"]
    assert set(body["required"]) == {"external_id", "channel", "kind", "language", "text"}
