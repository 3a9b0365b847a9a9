"""What clerks put in: registered through the one door, with the receipt of rule R05."""

import asyncio
from typing import Any

import pytest

from app.appeals import numbers
from app.directory import snapshot
from tests.desk.clerks import FROM_ABOVE, LETTER, Clerks
from tests.intake.appellant import when
from tests.intake.tickets.centre import refused

CLERK = "operator@energy"
NOW = "2026-11-23T15:04"


def letter(**changes: Any) -> dict[str, Any]:
    return LETTER | changes


async def test_a_letter_is_the_bodys_own_and_has_a_receipt(clerks: Clerks) -> None:
    with when(NOW):
        await clerks.named(CLERK, "Асан Сынақов", kk="бас маман", ru="главный специалист")
        taken = await clerks.taken(CLERK, letter())
    assert taken["agency"]["code"] == "energy"
    assert taken["route"]["reason"].endswith("it came through this body's own channel.")
    receipt = taken["receipt"]
    assert receipt["number"] == taken["number"]
    assert receipt["shown_number"] == numbers.parse(taken["number"]).display()
    assert (receipt["day"], receipt["time"]) == ("2026-11-23", "15:04")
    assert receipt["accepted_by"] == {
        "name": "Сынақов А.",
        "position": "бас маман",
        "agency": "Энергетика министрлігі",
    }
    assert receipt["deadline"]["due_on"] == taken["due_on"]
    for part in (receipt["shown_number"], "2026 ж. 23 қараша", "15:04", "Сынақов А., бас маман"):
        assert part in receipt["text"]
    assert taken["access_code"] in receipt["text"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("kk", ("ТАЛОН", "маман", "2026 ж. 23 қараша")),
        ("ru", ("ТАЛОН О ПРИЁМЕ", "специалист", "23 ноября 2026 г.")),
        ("en", ("RECEIPT", "officer", "23 November 2026")),
    ],
)
async def test_the_receipt_speaks_the_applicants_language(
    clerks: Clerks, language: str, words: tuple[str, ...]
) -> None:
    """Also where nobody has said what the clerk is: then the role is named."""
    with when(NOW):
        taken = await clerks.taken(CLERK, letter(language=language), lang="ru")
    assert all(word in taken["receipt"]["text"] for word in words), taken["receipt"]["text"]


async def test_the_applicant_reads_the_same_receipt_later(clerks: Clerks) -> None:
    """Though the clerk has another position by then."""
    await clerks.named(CLERK, "Асан Сынақов", kk="бас маман")
    taken = await clerks.taken(CLERK, letter())
    await clerks.named(CLERK, "Асан Сынақов", kk="директор")
    answer = await clerks.client.get(
        taken["receipt"]["url"], headers={"x-access-code": taken["access_code"], "accept-language": "kk"}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["accepted_by_person"] == taken["receipt"]["accepted_by"]
    assert answer.json()["text"] == taken["receipt"]["text"]


async def test_who_put_it_in_stands_in_its_history(clerks: Clerks) -> None:
    taken = await clerks.taken(CLERK, letter())
    person = await clerks.office.person(CLERK)
    row = await clerks.value(
        "SELECT (actor_kind, actor_id)::text FROM event WHERE appeal_id = $1",
        numbers.parse(taken["number"]).appeal_id,
    )
    assert row == f"(staff,{person.account_id})"
    case = await clerks.office.case(CLERK, taken["number"])
    assert case["channel"] == "letter"
    assert case["details"]["sheets"] == 2
    assert case["details"]["outgoing_on"] == "2026-11-20"


@pytest.mark.parametrize(
    ("channel", "source", "how"),
    [
        ("letter", "letters", {"sheets": 1}),
        ("front_office", "front-office", {"counter": "7"}),
        ("trust_line", "trust-line", {"employee": {"name": "Сынақ Асан", "position": "маман"}}),
        (
            "social",
            "social-desk",
            {"network": "Facebook", "handle": "synaq", "link": "https://example.org/p/1"},
        ),
        ("call_centre", "telephone-desk", {}),
    ],
)
async def test_each_way_has_its_source_and_its_form(
    clerks: Clerks, channel: str, source: str, how: dict[str, Any]
) -> None:
    taken = await clerks.taken(CLERK, letter(channel=channel, how=how))
    row = await clerks.value(
        "SELECT (a.channel, s.code)::text FROM appeal a JOIN source s ON s.id = a.source_id WHERE a.id = $1",
        numbers.parse(taken["number"]).appeal_id,
    )
    assert row == f"({channel},{source})"
    details = (await clerks.office.case(CLERK, taken["number"]))["details"]
    assert {name: details[name] for name in how} == how


async def test_the_line_is_the_clerks_own_where_nobody_else_is_named(clerks: Clerks) -> None:
    await clerks.named(CLERK, "Асан Сынақов", kk="бас маман")
    taken = await clerks.taken(CLERK, letter(channel="trust_line", how={}))
    details = (await clerks.office.case(CLERK, taken["number"]))["details"]
    assert details["employee"] == {"name": "Асан Сынақов", "position": "бас маман"}


async def test_the_moment_of_receipt_decides_the_legal_day(clerks: Clerks) -> None:
    """A letter of Friday evening, put in on Monday, is Monday's by the law (R06), whenever it is put in."""
    with when("2026-11-24"):
        late = await clerks.taken(CLERK, letter(received_at="2026-11-20T19:30:00+05:00"))
        now = await clerks.taken(CLERK, letter())
    assert (late["registered_on"], now["registered_on"]) == ("2026-11-23", "2026-11-24")
    assert late["receipt"]["day"] == "2026-11-20"


async def test_it_may_be_addressed_to_another_body(clerks: Clerks) -> None:
    taken = await clerks.taken(CLERK, letter(channel="front_office", how={}, addressee="health"))
    assert taken["agency"]["code"] == "health"


async def test_a_signed_letter_is_not_anonymous(clerks: Clerks) -> None:
    for signed, anonymous in ((True, None), (False, "true")):
        taken = await clerks.taken(CLERK, letter(applicant=None, signed=signed))
        found = await clerks.value(
            "SELECT facts->0->'data'->>'anonymous' FROM ledger JOIN holding h ON h.id = holding_id "
            "WHERE appeal_id = $1",
            numbers.parse(taken["number"]).appeal_id,
        )
        assert found == anonymous


# The same twice


async def test_a_form_sent_twice_is_one_appeal(clerks: Clerks) -> None:
    key = "desk-of-energy-0001"
    first = await clerks.taken(CLERK, letter(), key=key)
    again = await clerks.put_in(CLERK, letter(), key=key)
    assert (again.status_code, again.json()) == (200, first)
    other = await clerks.put_in(CLERK, letter(text="Басқа мәтін"), key=key)
    refused(other, 409, "key_reused")


async def test_a_key_is_its_clerks_own(clerks: Clerks) -> None:
    key = "desk-of-energy-0002"
    first = await clerks.taken(CLERK, letter(), key=key)
    other = await clerks.taken("head@energy", letter(), key=key)
    assert first["number"] != other["number"]


async def test_pressed_five_times_at_once(clerks: Clerks) -> None:
    key = "desk-of-energy-0003"
    answers = await asyncio.gather(*(clerks.put_in(CLERK, letter(), key=key) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert len({answer.json()["number"] for answer in answers}) == 1


# Who may what


async def test_an_administrator_takes_nothing_in(clerks: Clerks) -> None:
    refused(await clerks.put_in("admin@administration", letter()), 403, "forbidden")


async def test_nobody_without_a_token(clerks: Clerks) -> None:
    refused(await clerks.client.post("/api/v1/desk/appeals", json=letter()), 401, "unauthenticated")


async def test_a_ministry_hands_nothing_down(clerks: Clerks) -> None:
    refused(await clerks.put_in(CLERK, FROM_ABOVE), 403, "way_closed")
    refused(await clerks.put_in("controller@administration", letter()), 403, "way_closed")


async def test_the_ways_are_data(clerks: Clerks) -> None:
    own = (await clerks.ask(CLERK, "GET", "/desk/ways", lang="kk")).json()["items"]
    assert [way["channel"] for way in own] == [
        *("letter", "front_office", "trust_line", "social", "call_centre"),
    ]
    assert own[0]["name"] == "Хат"
    above = (await clerks.ask("controller@administration", "GET", "/desk/ways")).json()["items"]
    assert [way["channel"] for way in above] == ["higher_body", "virtual_reception"]
    assert above[0]["needs"] == ["outgoing_number", "outgoing_on"]


def test_every_way_has_a_source_with_its_channel(db: object) -> None:
    from app.desk.ways import ways

    directory = snapshot.current()
    for way in ways():
        assert way.channel in directory.source(way.source).channels
        for agency in way.agencies:
            directory.agency(agency)


# What is wrong


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"how": {"counter": "7"}}, "how.counter", "not_for_channel"),
        ({"how": {"sheets": 0}}, "how.sheets", "greater_than_equal"),
        ({"how": {"sheets": True}}, "how.sheets", "int_type"),
        ({"how": {"outgoing_on": "2999-01-01"}}, "how.outgoing_on", "out_of_range"),
        ({"how": {"outgoing_on": "0001-01-01"}}, "how.outgoing_on", "out_of_range"),
        ({"how": {"outgoing_number": "№"}}, "how.outgoing_number", "outgoing_number"),
        ({"how": {"outgoing_number": "1\n2"}}, "how.outgoing_number", "one_line"),
        ({"how": {"stamp": "x"}}, "how.stamp", "extra_forbidden"),
        ({"how": None}, "how", "dict_type"),
        ({"channel": "social", "how": {"link": "javascript:alert(1)"}}, "how.link", "link"),
        ({"channel": "pigeon"}, "channel", "unknown_code"),
        ({"received_at": "2999-01-01T00:00:00Z"}, "received_at", "in_future"),
        ({"received_at": "1900-01-01T00:00:00Z"}, "received_at", "out_of_range"),
        ({"received_at": "2026-01-01T00:00:00Z"}, "received_at", "too_old"),
        ({"text": " "}, "text", "blank"),
        ({"text": "а\x00б"}, "text", "control_character"),
        ({"signed": "yes"}, "signed", "bool_type"),
        ({"applicant": {"iin": "850615499938"}}, "applicant.iin", "identifier_check_digit"),
    ],
)
async def test_a_wrong_form_is_refused_field_by_field(
    clerks: Clerks, changes: dict[str, Any], field: str, code: str
) -> None:
    before = await clerks.value("SELECT count(*) FROM appeal")
    assert refused(await clerks.put_in(CLERK, letter(**changes)), 422, "invalid") == {field: code}
    assert await clerks.value("SELECT count(*) FROM appeal") == before


async def test_an_unknown_addressee_is_named(clerks: Clerks) -> None:
    refused(await clerks.put_in(CLERK, letter(addressee="enrgy")), 422, "unknown_addressee")
