"""`GET /api/v1/statistics/agencies` beside the contract's "What is counted"."""

from typing import Any

import httpx
import pytest
import time_machine

from app.appeals.codes import ApplicantType, Kind
from app.core import clock
from app.core.db import Database
from app.intake.submission import Person
from app.staff.permissions import Role
from tests.casework.people import make_person
from tests.oversight.desk import PATH, Desk, civil

FIGURES = {
    "received",
    "answered",
    "pending",
    "overdue",
    "answered_late",
    "closed_late",
    "forwarded_out",
    "closed_otherwise",
    "extended",
    "on_time_share",
}
OCTOBER = "2025-10-01..2025-10-31"
NOVEMBER = "2025-11-01..2025-11-30"
# Received on Wednesday 1 October 2025: due on the 22nd, to be forwarded by the 6th.
START = "2025-10-01 10:00"
# Not due in October.
LATER = "2025-10-20 10:00"


def holds(row: dict[str, Any]) -> bool:
    out = row["answered"] + row["forwarded_out"] + row["closed_otherwise"] + row["pending"]
    return bool(row.get("carried_in", 0) + row["received"] == out)


# the shape


async def test_an_empty_record_is_a_total_of_zeros(desk: Desk) -> None:
    answer = await desk.ask()
    year = clock.today().year
    assert (answer["from"], answer["to"]) == (f"{year}-01-01", f"{year}-12-31")
    assert answer["basis"] == "received"
    assert answer["as_of"] is None
    assert answer["rows"] == []
    assert answer["total"].keys() >= FIGURES | {"appeals"}
    assert answer["total"]["on_time_share"] is None
    assert {answer["total"][name] for name in FIGURES - {"on_time_share"}} == {0}


async def test_every_row_has_every_figure(desk: Desk) -> None:
    await desk.file(START)
    received = await desk.ask(OCTOBER)
    activity = await desk.ask(OCTOBER, basis="activity")
    for answer, names in ((received, FIGURES), (activity, FIGURES | {"carried_in"})):
        for row in (*answer["rows"], answer["total"]):
            assert row.keys() >= names
            assert row["suppressed"] is False
    assert not any("carried_in" in row for row in (*received["rows"], received["total"]))
    assert received["rows"][0]["agency"] == {"code": "energy", "name": "Ministry of Energy"}


async def test_the_largest_come_first_and_the_total_is_their_sum(desk: Desk) -> None:
    await desk.file_many(START, 2, "justice")
    await desk.file_many(START, 3, "health")
    await desk.file_many(START, 2, "energy")
    answer = await desk.ask(OCTOBER)
    assert [row["agency"]["code"] for row in answer["rows"]] == ["health", "energy", "justice"]
    for name in FIGURES - {"on_time_share"}:
        assert answer["total"][name] == sum(row[name] for row in answer["rows"])
    assert answer["total"]["received"] == answer["total"]["appeals"] == 7


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("kk", "Цифрлық даму, инновациялар және аэроғарыш өнеркәсібі министрлігі"),
        ("ru", "Министерство цифрового развития, инноваций и аэрокосмической промышленности"),
        ("en", "Ministry of Digital Development, Innovations and Aerospace Industry"),
    ],
)
async def test_names_are_in_the_asked_language(desk: Desk, language: str, name: str) -> None:
    by_header = await desk.ask_as({"accept-language": language}, "2021-01-01..2021-06-30", agency="digital")
    by_field = await desk.ask("2021-01-01..2021-06-30", agency="digital", lang=language)
    assert by_header["rows"][0]["agency"]["name"] == by_field["rows"][0]["agency"]["name"] == name


async def test_a_name_is_that_of_the_last_day(desk: Desk) -> None:
    async def name(period: str, **asked: str) -> Any:
        return (await desk.ask(period, agency="digital", **asked))["rows"][0]["agency"]["name"]

    assert await name("2025-01-01..2025-09-17") != await name("2025-01-01..2025-09-18")
    assert await name("2025-01-01..2025-09-18", as_of="2025-09-17") == await name("2025-01-01..2025-09-17")


# what is counted


async def test_there_and_back_is_two_holdings(desk: Desk) -> None:
    appeal = await desk.file(START)
    await desk.forward("2025-10-03 12:00", "health", appeal)
    await desk.forward("2025-10-06 12:00", "energy", appeal)
    await desk.answer("2025-10-10 12:00", appeal)
    assert await desk.row("energy", OCTOBER) == {
        "received": 2,
        "answered": 1,
        "forwarded_out": 1,
        "on_time_share": 1.0,
    }
    assert await desk.row("health", OCTOBER) == {"received": 1, "forwarded_out": 1}
    answer = await desk.ask(OCTOBER)
    assert (answer["total"]["received"], answer["total"]["appeals"]) == (3, 1)
    assert holds(answer["total"])


async def test_who_gets_it_back_has_the_rest_of_the_first_term(desk: Desk) -> None:
    """Passed on two working days before its end, back on Friday the 24th: due on Wednesday the 29th."""
    appeal, late = await desk.file_many(START, 2)
    await desk.forward("2025-10-20 12:00", "health", appeal)
    await desk.forward("2025-10-24 12:00", "energy", appeal)
    # Of a term that was over nothing is left: due on the day on which it came back.
    await desk.forward("2025-10-23 12:00", "health", late)
    await desk.forward("2025-10-24 12:00", "energy", late)
    forwarded = {"received": 4, "pending": 2, "forwarded_out": 2, "forwarded_late": 2, "closed_late": 1}
    assert await desk.row("energy", OCTOBER, as_of="2025-10-24") == forwarded
    one_late = forwarded | {"overdue": 1}
    assert await desk.row("energy", OCTOBER, as_of="2025-10-25") == one_late
    assert await desk.row("energy", OCTOBER, as_of="2025-10-29") == one_late
    assert await desk.row("energy", OCTOBER, as_of="2025-10-30") == forwarded | {"overdue": 2}


async def test_reopening_opens_another_and_leaves_the_answer_counted(desk: Desk) -> None:
    appeal = await desk.file(START)
    await desk.answer("2025-10-10 12:00", appeal)
    await desk.reopen("2025-11-03 12:00", appeal)
    year = "2025-01-01..2025-12-31"
    assert await desk.row("energy", year, as_of="2025-11-03") == {
        "received": 2,
        "answered": 1,
        "pending": 1,
        "on_time_share": 1.0,
    }
    assert await desk.row("energy", OCTOBER) == {"received": 1, "answered": 1, "on_time_share": 1.0}
    assert await desk.row("energy", NOVEMBER, as_of="2025-11-03") == {"received": 1, "pending": 1}
    assert (await desk.ask(year))["total"]["appeals"] == 1


async def test_what_is_withdrawn_before_its_registration_day_closes_on_it(desk: Desk) -> None:
    """Received on the evening of Friday 3 October, registered on Monday, withdrawn on Saturday."""
    appeal = await desk.file("2025-10-03 20:00")
    await desk.withdraw("2025-10-04 11:00", appeal)
    assert await desk.row("energy", OCTOBER, as_of="2025-10-05") == {}
    assert await desk.row("energy", OCTOBER, as_of="2025-10-06") == {"received": 1, "closed_otherwise": 1}
    assert await desk.row("energy", "2025-10-01..2025-10-05", basis="activity") == {}
    assert await desk.row("energy", "2025-10-06..2025-10-06", basis="activity") == {
        "received": 1,
        "closed_otherwise": 1,
    }


async def test_what_is_registered_for_the_next_working_day_counts_at_once(desk: Desk) -> None:
    with time_machine.travel(civil("2025-10-03 20:05"), tick=False):
        await desk.file("2025-10-03 20:00")
        for basis in ("received", "activity"):
            answer = await desk.ask(basis=basis)
            assert (answer["total"]["received"], answer["total"]["pending"]) == (1, 1)
            assert answer["total"]["appeals"] == 1
            for early in ("2025-10-03", "2025-10-05"):
                answer = await desk.ask(basis=basis, as_of=early)
                assert (answer["rows"], answer["total"]["received"], answer["total"]["appeals"]) == ([], 0, 0)
            assert (await desk.ask(basis=basis, as_of="2025-10-06"))["total"]["received"] == 1


async def test_what_is_open_is_overdue_from_the_day_after_it_is_due(desk: Desk) -> None:
    in_time, late = await desk.file_many(START, 2)
    await desk.answer("2025-10-22 18:00", in_time)
    await desk.answer("2025-10-27 12:00", late)
    row = await desk.row("energy", OCTOBER, as_of="2025-10-22")
    assert row == {"received": 2, "answered": 1, "pending": 1, "on_time_share": 1.0}
    row = await desk.row("energy", OCTOBER, as_of="2025-10-23")
    assert row == {"received": 2, "answered": 1, "pending": 1, "overdue": 1, "on_time_share": 0.5}
    row = await desk.row("energy", OCTOBER, as_of="2025-10-27")
    assert row == {"received": 2, "answered": 2, "answered_late": 1, "on_time_share": 0.5}


async def test_nothing_is_overdue_tomorrow_already(desk: Desk) -> None:
    with time_machine.travel(civil("2025-10-22 23:59"), tick=False):
        await desk.file(START)
        for basis in ("received", "activity"):
            for asked in ({}, {"as_of": "2025-10-31"}, {"as_of": "2060-12-31"}):
                assert (await desk.ask(OCTOBER, basis=basis, **asked))["total"]["overdue"] == 0
    with time_machine.travel(civil("2025-10-23 00:00"), tick=False):
        for basis in ("received", "activity"):
            assert (await desk.ask(OCTOBER, basis=basis))["total"]["overdue"] == 1
            assert (await desk.ask(OCTOBER, basis=basis, as_of="2025-10-22"))["total"]["overdue"] == 0


async def test_what_is_passed_on_or_withdrawn_late_is_closed_late(desk: Desk) -> None:
    forwarded, late_forwarded, withdrawn = await desk.file_many(START, 3)
    await desk.forward("2025-10-07 09:30", "health", forwarded)
    await desk.forward("2025-10-23 09:30", "health", late_forwarded)
    await desk.withdraw("2025-10-23 09:30", withdrawn)
    assert await desk.row("energy", OCTOBER) == {
        "received": 3,
        "forwarded_out": 2,
        "forwarded_late": 2,
        "closed_otherwise": 1,
        "closed_late": 2,
    }
    assert (await desk.ask(OCTOBER, agency="energy"))["total"]["on_time_share"] is None


async def test_a_day_ends_at_midnight_in_kazakhstan(desk: Desk) -> None:
    """23:30 on the due day is 18:30 UTC; the same UTC time of a day is the next day's 00:30 until 2024."""
    appeal = await desk.file(START)
    await desk.answer("2025-10-22 23:30", appeal)
    assert "answered_late" not in await desk.row("energy", OCTOBER)


async def test_activity_follows_the_stock_from_month_to_month(desk: Desk) -> None:
    first, second, third = await desk.file_many("2025-09-30 10:00", 3)
    await desk.answer("2025-09-30 15:00", first)
    await desk.answer("2025-10-02 15:00", second)
    await desk.forward("2025-11-03 12:00", "health", third)
    await desk.file("2025-10-15 10:00")
    assert await desk.row("energy", OCTOBER, basis="activity") == {
        "carried_in": 2,
        "received": 1,
        "answered": 1,
        "pending": 2,
        "overdue": 1,
        "on_time_share": 0.5,
    }
    october, november = [await desk.ask(month, basis="activity") for month in (OCTOBER, NOVEMBER)]
    assert november["total"]["carried_in"] == october["total"]["pending"] == 2
    assert (october["total"]["appeals"], november["total"]["appeals"]) == (3, 2)
    assert all(holds(row) for answer in (october, november) for row in (*answer["rows"], answer["total"]))
    # Of what came in September, the received basis tells what became of it, whenever.
    assert await desk.row("energy", "2025-09-01..2025-09-30", as_of="2025-10-31") == {
        "received": 3,
        "answered": 2,
        "pending": 1,
        "overdue": 1,
        "on_time_share": 0.6667,
    }


async def test_activity_before_its_end_is_the_stock_of_that_day(desk: Desk) -> None:
    carried, new = await desk.file("2025-09-30 10:00"), await desk.file("2025-10-15 10:00")
    await desk.answer("2025-10-20 15:00", carried, new)
    asked = {"basis": "activity"}
    assert await desk.row("energy", OCTOBER, as_of="2025-10-14", **asked) == {"carried_in": 1, "pending": 1}
    assert await desk.row("energy", OCTOBER, as_of="2025-10-15", **asked) == {
        "carried_in": 1,
        "received": 1,
        "pending": 2,
    }
    # Known before the period began: only what was there then.
    assert await desk.row("energy", NOVEMBER, as_of="2025-10-19", **asked) == {"carried_in": 2, "pending": 2}
    assert await desk.row("energy", NOVEMBER, **asked) == {}
    assert (await desk.ask(NOVEMBER, as_of="2025-10-19", **asked))["total"]["appeals"] == 2


async def test_a_department_is_a_row_of_its_own(desk: Desk) -> None:
    await desk.file(START, "akimat-turkistan")
    answer = await desk.ask(OCTOBER)
    assert [row["agency"]["code"] for row in answer["rows"]] == ["akimat-turkistan"]


# filters


@pytest.mark.parametrize(
    ("asked", "received"),
    [
        ({"channel": "blog"}, 1),
        ({"applicant_type": "legal_entity"}, 1),
        ({"channel": "blog", "applicant_type": "legal_entity"}, 0),
        ({"agency": "health"}, 1),
        ({"agency": "health", "channel": "blog"}, 0),
        ({"channel": "", "agency": "", "basis": "", "as_of": "", "lang": ""}, 3),
    ],
)
async def test_public_filters(desk: Desk, asked: dict[str, str], received: int) -> None:
    await desk.file(START, channel="blog", source="blog-platform")
    await desk.file(START, applicant=Person(type=ApplicantType.LEGAL_ENTITY))
    await desk.file(START, "health")
    answer = await desk.ask(OCTOBER, **asked)
    assert answer["total"]["received"] == answer["total"]["appeals"] == received


@pytest.mark.parametrize(
    "asked",
    [{"topic": "land"}, {"kind": "complaint"}, {"region": "KZ-61"}, {"region": "kz-61", "topic": "land"}],
)
async def test_detailed_filters(db: Database, desk: Desk, asked: dict[str, str]) -> None:
    staff = await make_person(db, "head@energy", Role.HEAD, "Сынақ Басшы")
    await desk.file(START, topic="land", region="kz-61", kind=Kind.COMPLAINT)
    await desk.file(START, topic="tax")
    answer = await desk.ask_as(staff.headers, "2025-10-01..2025-10-02", **asked)
    assert answer["total"]["received"] == 1
    assert answer["total"]["suppressed"] is False


async def test_an_agency_without_anything_is_a_row_of_zeros(desk: Desk) -> None:
    (row,) = (await desk.ask(OCTOBER, agency="energy"))["rows"]
    assert row["received"] == 0
    assert row["on_time_share"] is None


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ({}, "2025-01-01", "2025-12-31"),
        ({"to": "2021-06-30"}, "2021-01-01", "2021-06-30"),
        ({"from": "2021-07-01"}, "2021-07-01", "2025-12-31"),
        ({"from": "2027-07-01"}, "2027-07-01", "2027-12-31"),
    ],
)
async def test_a_period_that_is_not_given_is_the_rest_of_the_year(
    desk: Desk, asked: dict[str, str], first: str, last: str
) -> None:
    with time_machine.travel(civil("2025-10-03 20:05"), tick=False):
        answer = await desk.ask(**asked)
    assert (answer["from"], answer["to"]) == (first, last)


# what is refused


@pytest.mark.parametrize(
    ("asked", "field", "code", "said"),
    [
        ({"from": "2025-10-02", "to": "2025-10-01"}, "to", "period_reversed", ""),
        ({"from": "1800-01-01"}, "from", "out_of_range", "1 January 2007"),
        ({"to": "2061-01-01"}, "to", "out_of_range", "31 December 2060"),
        ({"as_of": "9999-12-31"}, "as_of", "out_of_range", ""),
        ({"from": "2025-02-30"}, "from", "date_from_datetime_parsing", "YYYY-MM-DD"),
        ({"from": "20250101"}, "from", "date_parsing", "YYYY-MM-DD"),
        ({"from": "1735689600"}, "from", "date_parsing", "YYYY-MM-DD"),
        ({"as_of": "yesterday"}, "as_of", "date_parsing", "YYYY-MM-DD"),
        ({"agency": "enrgy"}, "agency", "unknown_code", "energy"),
        ({"agency": "x" * 101}, "agency", "string_too_long", "100"),
        ({"agency": " "}, "agency", "string_too_short", ""),
        ({"agency": "energy\0"}, "agency", "control_character", ""),
        ({"channel": "blogs"}, "channel", "unknown_code", "blog"),
        ({"topic": "lands"}, "topic", "unknown_code", "land"),
        ({"region": "KZ-99"}, "region", "unknown_code", ""),
        ({"kind": "complain"}, "kind", "unknown_code", "complaint"),
        ({"applicant_type": "company"}, "applicant_type", "unknown_code", "individual, legal_entity"),
        ({"basis": "recieved"}, "basis", "unknown_code", "received"),
        ({"lang": "de"}, "lang", "literal_error", ""),
        ({"agencies": "energy"}, "agencies", "extra_forbidden", ""),
        ({"": "energy"}, "", "extra_forbidden", ""),
    ],
)
async def test_what_is_wrong_is_named(
    client: httpx.AsyncClient, asked: dict[str, str], field: str, code: str, said: str
) -> None:
    response = await client.get(PATH, params=asked)
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    (error,) = response.json()["errors"]
    assert (error["field"] or "query", error["code"]) == (field or "query", code)
    assert said in error["message"]
    assert "{" not in error["message"]


async def test_everything_that_is_wrong_is_named_at_once(client: httpx.AsyncClient) -> None:
    asked = {"agency": "enrgy", "topic": "lands", "from": "2025-02-01", "to": "2025-01-01"}
    response = await client.get(PATH, params=asked, headers={"accept-language": "kk"})
    errors = {error["field"]: error for error in response.json()["errors"]}
    assert errors.keys() == {"agency", "topic", "to"}
    assert errors["to"]["message"] == "Соңғы күн бірінші күннен бұрын болмауы керек."


async def test_a_field_given_twice_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{PATH}?agency=energy&agency=health")
    assert response.status_code == 422
    assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [
        ("agency", "repeated")
    ]


# what the public is not shown


async def test_detail_is_public_by_whole_months(client: httpx.AsyncClient) -> None:
    for name in ("kind", "topic", "region"):
        value = {"kind": "complaint", "topic": "land", "region": "KZ-61"}[name]
        asked = {name: value, "from": "2025-10-02", "to": "2025-11-29", "as_of": "2025-11-29"}
        response = await client.get(PATH, params=asked)
        assert response.status_code == 422
        assert [(error["field"], error["code"]) for error in response.json()["errors"]] == [
            (field, "whole_months") for field in ("from", "to", "as_of")
        ]
    whole = {"topic": "land", "from": "2024-02-01", "to": "2025-10-31", "as_of": "2024-02-29"}
    assert (await client.get(PATH, params=whole)).status_code == 200


async def test_small_figures_are_hidden_from_the_public_alone(db: Database, desk: Desk) -> None:
    await desk.file_many(LATER, 3, "energy", topic="land")
    await desk.file_many(LATER, 20, "energy", topic="tax")
    await desk.answer("2025-10-22 10:00", *(await desk.file_many(LATER, 6, "health", topic="land")))
    await desk.file_many(LATER, 9, "justice", topic="land")
    await desk.file_many(LATER, 30, "justice", topic="tax")
    answer = await desk.ask(OCTOBER, topic="land")
    rows = {row["agency"]["code"]: row for row in answer["rows"]}
    assert rows["energy"]["suppressed"]
    assert [rows["energy"][name] for name in ("received", "pending", "answered")] == [None, None, 0]
    # Another body's or the total is hidden with it, else the sum would tell.
    assert None in (rows["justice"]["received"], answer["total"]["received"])
    assert not rows["health"]["suppressed"]
    assert (rows["health"]["received"], rows["health"]["on_time_share"]) == (6, 1.0)
    # Nor does the place of a row tell.
    shown = [row["received"] for row in answer["rows"] if row["received"] is not None]
    assert [row["received"] for row in answer["rows"]][: len(shown)] == sorted(shown, reverse=True)
    staff = await make_person(db, "operator@health", Role.OPERATOR, "Сынақ Маман")
    full = await desk.ask_as(staff.headers, OCTOBER, topic="land")
    assert [row["received"] for row in full["rows"]] == [9, 6, 3]
    assert not any(row["suppressed"] for row in (*full["rows"], full["total"]))
    assert "published_to" not in full


async def test_what_is_large_everywhere_is_shown_whole(desk: Desk) -> None:
    for body, topic in (("energy", "land"), ("energy", "tax"), ("health", "land"), ("health", "tax")):
        await desk.answer("2025-10-22 10:00", *(await desk.file_many(LATER, 7, body, topic=topic)))
    answer = await desk.ask(OCTOBER, topic="land")
    assert [row["received"] for row in answer["rows"]] == [7, 7]
    assert (answer["total"]["answered"], answer["total"]["on_time_share"]) == (14, 1.0)
    assert not any(row["suppressed"] for row in (*answer["rows"], answer["total"]))


async def test_few_appeals_of_many_holdings_are_hidden(desk: Desk) -> None:
    (appeal,) = await desk.file_many(START, 1, "energy", topic="land")
    for day in range(2, 16):
        to = "health" if day % 2 == 0 else "energy"
        await desk.forward(f"2025-10-{day:02} 12:00", to, appeal)
    answer = await desk.ask(OCTOBER, topic="land")
    assert answer["total"]["appeals"] is None


async def test_exact_rows_stay_exact_at_any_size(desk: Desk) -> None:
    await desk.file(START)
    answer = await desk.ask("2025-10-01..2025-10-02", channel="reception_room", applicant_type="individual")
    assert answer["total"]["received"] == 1


async def test_a_token_that_is_sent_must_be_good(client: httpx.AsyncClient) -> None:
    response = await client.get(PATH, headers={"authorization": "Bearer forged"})
    assert response.status_code == 401


async def test_says_what_it_varies_by(client: httpx.AsyncClient) -> None:
    response = await client.get(PATH, headers={"accept-language": "ru"})
    assert response.headers["content-language"] == "ru"
    assert "Accept-Language" in response.headers["vary"]
    assert "Authorization" in response.headers["vary"]
