"""Compliance: each figure by hand, the cases behind each by its address, who sees what, and comparisons."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from app.appeals.codes import ApplicantType, Decision, Kind, Outcome, SuspensionGround
from app.appeals.numbers import Number
from app.core import clock
from app.core.db import Database
from app.core.i18n import LANGUAGES
from app.directory import snapshot
from app.oversight import compliance
from app.oversight.columns import COLUMNS, COUNTS
from app.oversight.statistics import Filters
from app.staff.permissions import Role
from tests.casework.people import Person, make_person
from tests.oversight import compliance_reference
from tests.oversight.course import EVENTS
from tests.oversight.desk import Desk
from tests.oversight.test_recount import busy, busy_with_terms

PATH = "/api/v1/compliance"
QUARTER = {"from": "2025-10-01", "to": "2025-12-31"}
START = "2025-10-01 10:00"  # a Wednesday


@pytest.fixture(autouse=True)
async def others(db: Database) -> None:
    """The accounts that the desk acts as, if nobody has them yet: what they signed is kept from them."""
    for name in ("first", "second"):
        await make_person(db, f"{name}@energy", Role.OPERATOR, "Маман")


@pytest.fixture
async def controller(db: Database) -> Person:
    return await make_person(db, "controller@administration", Role.CONTROLLER, "Бақылаушы")


async def get(client: httpx.AsyncClient, person: Person, path: str, **asked: str) -> Any:
    response = await client.get(f"{PATH}/{path}", params=asked, headers=person.headers)
    assert response.status_code == 200, response.text
    return response.json()


async def figures(desk: Desk, person: Person, agency: str, **asked: str) -> dict[str, Any]:
    """One body's own figures that are not nothing."""
    found = await get(desk.client, person, "agencies", **(QUARTER | asked), agency=agency)
    (row,) = found["rows"]
    return {code: one["value"] for code, one in row["own"]["figures"].items() if one["value"]}


async def everything(desk: Desk) -> None:
    """Something for each figure there is."""
    await busy(desk)
    await busy_with_terms(desk)
    await desk.file("2025-09-25 10:00", "industry", topic="health")
    rated, told, noted, given, part = await desk.file_many(START, 5, "health", topic="health")
    await desk.answer("2025-10-22 12:00", rated, outcome=Outcome.SATISFIED)
    await desk.answer("2025-10-08 12:00", noted, outcome=Outcome.TAKEN_NOTE)
    await desk.answer("2025-10-08 12:00", part, outcome=Outcome.PARTLY_SATISFIED)
    await desk.rate("2025-10-23 12:00", 5, rated)
    await desk.rate("2025-10-24 12:00", 2, noted, resolved=False)
    await desk.repeat("2025-10-03 12:00", rated, told, given)
    await desk.repeat("2025-10-06 12:00", part, told)
    await desk.request_correction("2025-10-06 12:00", given)
    await desk.supplement("2025-10-09 12:00", given)
    await desk.exempt_from_hearing("2025-10-13 12:00", given)
    await desk.answer("2025-10-14 12:00", given, outcome=Outcome.REFUSED)
    for day, to in ((2, "energy"), (3, "justice"), (6, "energy"), (7, "health"), (8, "justice")):
        await desk.forward(f"2025-10-{day:02} 12:00", to, told)
    about = Number.of(rated, ApplicantType.INDIVIDUAL)
    department = await desk.file("2025-11-10 10:00", "turkistan-health-department")
    await desk.answer("2025-11-11 10:00", department)
    about = Number.of(department, ApplicantType.INDIVIDUAL)
    upheld = await desk.file("2025-11-12 10:00", kind=Kind.COMPLAINT, complaint_about=about)
    await desk.hand_over("2025-11-13 12:00", "akimat-turkistan", upheld)
    await desk.decide("2025-11-20 12:00", upheld, outcome=Decision.OBLIGED)


def told(body: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every figure of an answer, wherever it is in it."""
    if isinstance(body, dict):
        for key, value in body.items():
            if key == "figures":
                yield from value.items()
            else:
                yield from told(value)
    elif isinstance(body, list):
        for value in body:
            yield from told(value)


async def listed(client: httpx.AsyncClient, person: Person, url: str, limit: int = 7) -> list[str]:
    """The numbers of all pages."""
    found: list[str] = []
    cursor = ""
    while True:
        response = await client.get(f"{url}&limit={limit}{cursor}", headers=person.headers)
        assert response.status_code == 200, (url, response.text)
        found += [f"{item['number']} {item['agency']['code']}" for item in response.json()["items"]]
        if response.json()["next_cursor"] is None:
            return found
        cursor = f"&cursor={response.json()['next_cursor']}"


async def every_figure_lists_what_it_counts(
    client: httpx.AsyncClient, person: Person, answer: Any
) -> dict[str, int]:
    """The largest number of each figure. Addresses are opened once; figures of one address are one number."""
    counts: dict[str, int] = {}
    opened: dict[str, int] = {}
    for code, figure in told(answer):
        number, key = figure["value"] if code in COUNTS else figure["n"], figure["cases_url"]
        if key not in opened:
            opened[key] = len(await listed(client, person, key, limit=50))
        assert (key, opened[key]) == (key, number)
        counts[code] = max(counts.get(code, 0), number)
    return counts


@pytest.mark.parametrize(
    "asked",
    [
        {"compare": "both"},
        {"by": "channel"},
        {"by": "region"},
        {"by": "month", "topic": "health"},
        {"by": "kind", "from": "2025-10-08", "to": "2025-10-24"},
    ],
    ids=str,
)
async def test_the_address_of_each_figure_lists_what_it_counts(
    desk: Desk, controller: Person, asked: dict[str, str]
) -> None:
    await everything(desk)
    answer = await get(desk.client, controller, "agencies", **(QUARTER | asked))
    counts = await every_figure_lists_what_it_counts(desk.client, controller, answer)
    if asked == {"compare": "both"}:
        assert [code for code in COUNTS if not counts[code]] == []


async def test_figures_by_hand(desk: Desk, controller: Person) -> None:
    await everything(desk)
    department = await figures(desk, controller, "turkistan-health-department")
    assert department == {
        "received": 5,
        "answered": 2,
        "explained": 2,
        "on_time_share": 1.0,
        "days_median": 1,
        "days_p90": 1,
        "days_p99": 1,
        "forwarded_out": 2,
        "forwarded_late": 1,
        "closed_otherwise": 1,
        "closed_late": 1,
        "complaints": 3,
        "complaints_upheld": 2,
    }
    reviewer = await figures(desk, controller, "akimat-turkistan")
    assert (reviewer["received"], reviewer["forwarded_in"], reviewer["decided"]) == (2, 2, 2)
    health = await figures(desk, controller, "health", topic="health")
    assert {code: health[code] for code in ("ratings", "rating_average", "resolved", "resolved_share")} == {
        "ratings": 2,
        "rating_average": 3.5,
        "resolved": 1,
        "resolved_share": 0.5,
    }
    assert (health["chained"], health["repeated"], health["corrections"]) == (2, 2, 1)
    assert (health["answered_last_day"], health["answered"]) == (1, 4)
    for agency in ("energy", "justice"):
        assert (await figures(desk, controller, agency, topic="health"))["chained"] == 2


async def test_the_events_say_the_same_of_everything(desk: Desk, db: Database) -> None:
    """Each figure of each body by the reference that the long courses are compared with, ratings and upheld
    complaints among them: so it knows what is wrong with these (tests/oversight/machine.py)."""
    await everything(desk)
    today, days = clock.today(), (date(2025, 1, 1), date(2025, 12, 31))
    async with db.read() as connection:
        counted = await compliance.count(connection, *days, Filters(), today=today)
        said = compliance_reference.values(await connection.fetch(EVENTS), *days, {}, today)
    directory = snapshot.current()
    found = {directory.agency_by_id(id_).code: sums.values() for (id_, _), sums in counted.items()}
    assert found == said
    assert said["health"]["rating_average"] == 3.5
    assert said["turkistan-health-department"]["complaints_upheld"] == 2


async def test_the_applicants_own_time_is_taken_out(desk: Desk, controller: Person) -> None:
    corrected, missing, court = await desk.file_many(START, 3)
    await desk.request_correction("2025-10-02 12:00", corrected)
    await desk.supplement("2025-10-06 12:00", corrected)  # two working days of the applicant's
    await desk.suspend("2025-10-02 12:00", missing, ground=SuspensionGround.MISSING_DATA, until="2025-10-08")
    await desk.elapse("2025-10-13 12:00", missing)  # to the end of the day that was set: four
    await desk.suspend("2025-10-02 12:00", court)
    await desk.resume("2025-10-08 12:00", court)
    answers = {corrected: "2025-10-08 12:00", missing: "2025-10-13 13:00", court: "2025-10-09 12:00"}
    taken = []
    for appeal, moment in answers.items():
        await desk.answer(moment, appeal)
        async with desk.db.read() as connection:
            taken.append(
                await connection.fetchval(
                    "SELECT (data ->> 'took')::int FROM event WHERE appeal_id = $1 AND kind = 'answered'",
                    appeal,
                )
            )
    assert taken == [3, 4, 6]
    found = await figures(desk, controller, "energy")
    assert (found["days_median"], found["days_p90"], found["days_p99"]) == (4, 6, 6)


def test_percentiles_are_the_least_days_within_which_so_many_answers_came() -> None:
    sums = compliance.Sums()
    assert sums.percentile(50) is None
    sums.days.update({1: 50, 5: 40, 9: 9, 40: 1})
    assert [sums.percentile(percent) for percent in (50, 51, 90, 91, 99, 100)] == [1, 5, 5, 9, 9, 40]


async def test_bodies_under_a_body_are_rolled_up(desk: Desk, controller: Person) -> None:
    await everything(desk)
    answer = await get(desk.client, controller, "agencies", **QUARTER)
    rows = {row["agency"]["code"]: row for row in answer["rows"]}
    akimat, department = rows["akimat-turkistan"], rows["turkistan-health-department"]
    assert department["with_subtree"] is None
    for code in COUNTS:
        together = akimat["own"]["figures"][code]["value"] + department["own"]["figures"][code]["value"]
        assert akimat["with_subtree"]["figures"][code]["value"] == together
        own = sum(row["own"]["figures"][code]["value"] for row in rows.values())
        assert answer["total"]["figures"][code]["value"] == own


async def test_a_row_for_each_part_of_the_question(desk: Desk, controller: Person) -> None:
    await everything(desk)
    whole = await figures(desk, controller, "health")
    for by in ("channel", "applicant_type", "kind", "topic", "region", "month", "quarter"):
        answer = await get(desk.client, controller, "agencies", **QUARTER, agency="health", by=by)
        for code in ("received", "answered", "ratings", "chained"):
            assert sum(row["own"]["figures"][code]["value"] for row in answer["rows"]) == whole[code], by
    weeks = await get(desk.client, controller, "agencies", **QUARTER, agency="health", by="week")
    spans = [(row["part"]["from"], row["part"]["to"]) for row in weeks["rows"]]
    assert spans[:2] == [("2025-10-01", "2025-10-05"), ("2025-10-06", "2025-10-12")]
    refused = await desk.client.get(
        f"{PATH}/agencies", params={"from": "2015-01-01", "by": "week"}, headers=controller.headers
    )
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "too_many_spans"


async def test_beside_other_periods(desk: Desk, controller: Person) -> None:
    for moment, count in (("2024-11-05 10:00", 1), ("2025-10-07 10:00", 2), ("2025-11-05 10:00", 4)):
        await desk.file_many(moment, count)
    answer = await get(
        desk.client,
        controller,
        "agencies",
        **{"from": "2025-11-01", "to": "2025-11-30", "compare": "both", "agency": "energy"},
    )
    (row,) = answer["rows"]
    own = row["own"]
    assert own["figures"]["received"]["value"] == 4
    assert (own["before"]["from"], own["before"]["to"]) == ("2025-10-01", "2025-10-31")
    assert own["before"]["figures"]["received"]["value"] == 2
    assert (own["year"]["from"], own["year"]["to"]) == ("2024-11-01", "2024-11-30")
    assert own["year"]["figures"]["received"]["value"] == 1


async def test_small_numbers_are_marked_and_give_no_rank(desk: Desk, controller: Person) -> None:
    few = await desk.file_many(START, 3, "health")
    some = await desk.file_many(START, 30, "energy")
    many = await desk.file_many(START, 31, "justice")
    await desk.answer("2025-10-08 12:00", *few, *some, *many[:30])
    await desk.answer("2025-10-30 12:00", many[30])
    rows = {
        row["agency"]["code"]: row
        for row in (await get(desk.client, controller, "agencies", **QUARTER))["rows"]
    }
    share = rows["health"]["own"]["figures"]["on_time_share"]
    assert (share["value"], share["n"], share["small"]) == (1.0, 3, True)
    assert [rows[code]["rank"] for code in ("health", "energy", "justice")] == [None, 1, 2]


async def test_a_head_sees_what_is_under_it(desk: Desk, db: Database) -> None:
    await everything(desk)
    head = await make_person(db, "head@akimat-turkistan", Role.HEAD, "Басшы")
    answer = await get(desk.client, head, "agencies", **QUARTER)
    assert {row["agency"]["code"] for row in answer["rows"]} == {
        "akimat-turkistan",
        "turkistan-health-department",
    }
    for code, figure in told(answer):
        number = figure["value"] if code in COUNTS else figure["n"]
        assert len(await listed(desk.client, head, figure["cases_url"], limit=100)) == number
    for path in ("agencies", "topics", "overdue", "cases?figure=received"):
        joint = "&" if "?" in path else "?"
        answer = await desk.client.get(f"{PATH}/{path}{joint}agency=energy", headers=head.headers)
        assert answer.status_code == 404, path


async def test_a_walled_complaint_is_counted_and_not_listed(desk: Desk, db: Database) -> None:
    await busy_with_terms(desk)
    department = await desk.file("2025-12-10 10:00", "turkistan-health-department")
    await desk.answer("2025-12-11 10:00", department)
    about = Number.of(department, ApplicantType.INDIVIDUAL)
    complaint = await desk.file("2025-12-12 10:00", kind=Kind.COMPLAINT, complaint_about=about)
    await desk.hand_over("2025-12-15 12:00", "akimat-turkistan", complaint)
    head = await make_person(db, "head@turkistan-health-department", Role.HEAD, "Басшы")
    answer = await get(desk.client, head, "agencies", **{"from": "2025-12-12", "to": "2025-12-31"})
    figure = answer["rows"][0]["own"]["figures"]["complaints"]
    assert figure["value"] == 1
    assert await listed(desk.client, head, figure["cases_url"]) == []
    await desk.decide("2025-12-18 12:00", complaint)
    assert len(await listed(desk.client, head, figure["cases_url"])) == 1


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
async def test_others_do_not_enter(desk: Desk, db: Database, role: Role) -> None:
    person = await make_person(db, f"{role}@administration", role, "Біреу")
    for path in ("agencies", "topics", "overdue", "columns", "cases?figure=received"):
        answer = await desk.client.get(f"{PATH}/{path}", headers=person.headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert (await desk.client.get(f"{PATH}/{path}")).status_code == 401


@pytest.mark.parametrize(
    ("path", "asked", "field", "code"),
    [
        ("agencies", {"by": "colour"}, "by", "unknown_code"),
        ("agencies", {"compare": "never"}, "compare", "unknown_code"),
        ("agencies", {"topic": "lands"}, "topic", "unknown_code"),
        ("agencies", {"from": "2026-02-01", "to": "2026-01-01"}, "to", "period_reversed"),
        ("cases", {"figure": "rating_average"}, "figure", "unknown_code"),
        ("cases", {"figure": "received", "cursor": "MDE"}, "cursor", "cursor"),
        ("cases", {"figure": "received", "cursor": "ә"}, "cursor", "cursor"),
        ("cases", {"figure": "received", "limit": "0"}, "limit", "too_small"),
        ("topics", {"basis": "received"}, "basis", "unknown_field"),
    ],
)
async def test_what_is_wrong_is_said(
    desk: Desk, controller: Person, path: str, asked: dict[str, str], field: str, code: str
) -> None:
    answer = await desk.client.get(f"{PATH}/{path}", params=asked, headers=controller.headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    if code not in {"too_small", "unknown_field"}:
        assert answer.json()["errors"][0]["code"] == code


@pytest.mark.parametrize("path", ["topics", "regions"])
async def test_topics_and_regions_of_all_bodies(desk: Desk, controller: Person, path: str) -> None:
    await everything(desk)
    answer = await get(desk.client, controller, path, **QUARTER, compare="before")
    whole = (await get(desk.client, controller, "agencies", **QUARTER))["total"]["figures"]
    for code in COUNTS:
        assert sum(row["all"]["figures"][code]["value"] for row in answer["rows"]) == whole[code]["value"]
    await every_figure_lists_what_it_counts(desk.client, controller, answer)


async def test_what_is_overdue_today(desk: Desk, controller: Person) -> None:
    await everything(desk)
    answer = await get(desk.client, controller, "overdue")
    assert answer["overdue"] == sum(row["overdue"]["value"] for row in answer["rows"]) > 0
    for row in answer["rows"]:
        ages = [value for name, value in row.items() if name.startswith("late_")]
        assert sum(ages) == row["overdue"]["value"]
        assert len(await listed(desk.client, controller, row["overdue"]["cases_url"])) == sum(ages)
        assert row["oldest_due_on"] < answer["on"]


async def test_every_column_says_what_it_means(desk: Desk, controller: Person) -> None:
    for language in LANGUAGES:
        answer = await get(desk.client, controller, "columns", lang=language)
        assert [column["code"] for column in answer["columns"]] == [column.code for column in COLUMNS]
        assert all(len(column["means"]) > 15 for column in answer["columns"])
        assert len({column["title"] for column in answer["columns"]}) == len(COLUMNS)
