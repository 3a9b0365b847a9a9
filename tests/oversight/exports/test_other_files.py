"""Files of the other calls, those for everybody among them: the file says what the call says."""

from datetime import timedelta
from typing import Any

import pytest

from app.appeals.codes import ApplicantType
from app.appeals.numbers import format_number
from app.core import clock
from app.core.db import Database
from app.core.i18n import LANGUAGES
from app.oversight.signs.codes import Sign
from app.oversight.stated.load import load_stated
from app.staff.permissions import Role
from tests.casework.people import Person, make_person
from tests.oversight.desk import Desk
from tests.oversight.exports.reading import codes_of, csv_rows, xlsx_rows
from tests.oversight.index.quarter import PERIOD, lived
from tests.oversight.test_compliance import QUARTER, everything

OVERSIGHT = ("oversight/signs", "oversight/forecast", "oversight/rises", "oversight/issues", "control/cases")
PUBLIC = ("statistics/agencies", "statistics/months", "statistics/stated")


async def call(desk: Desk, path: str, person: Person | None = None, **asked: str) -> Any:
    answer = await desk.client.get(f"/api/v1/{path}", params=asked, headers=person.headers if person else {})
    assert answer.status_code == 200, (path, answer.text)
    return answer.json() if "." not in path else answer.content


async def both(
    desk: Desk, path: str, person: Person | None = None, **asked: str
) -> tuple[Any, list[dict[str, str]]]:
    """What the call says, and the rows of its CSV; the XLSX has the same, as real days and numbers."""
    rows = csv_rows(await call(desk, f"{path}.csv", person, **asked))
    book = await call(desk, f"{path}.xlsx", person, **(asked | {"lang": "en"}))
    cells = xlsx_rows(book, codes_of(book))
    assert len(cells) == len(rows)
    for row, cell in zip(rows, cells, strict=True):
        for key, value in cell.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                assert float(row[key]) == value
    return await call(desk, path, person, **asked), rows


def shown(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(
    "asked", [{}, {"topic": "health"}, {"basis": "activity"}, {"topic": "land"}], ids=str
)
async def test_the_public_table_with_what_it_hides(desk: Desk, asked: dict[str, str]) -> None:
    await everything(desk)
    answer, rows = await both(desk, "statistics/agencies", None, **QUARTER, **asked)
    said = [*answer["rows"], answer["total"]]
    assert len(rows) == len(said)
    for one, row in zip(said, rows, strict=True):
        assert row["agency"] == (one["agency"]["code"] if "agency" in one else "")
        for name in set(row) - {"agency", "agency_name"}:
            assert row[name] == shown(one[name]), name
    assert any(row["suppressed"] == "true" for row in rows) == (asked == {"topic": "health"})
    assert ("carried_in" in rows[0]) == ("basis" in asked)


async def test_months_and_stated_totals(desk: Desk, db: Database) -> None:
    await everything(desk)
    await load_stated(db)
    answer, rows = await both(desk, "statistics/months", None, **QUARTER)
    for by, of, key in (("month", "months", "month"), ("channel", "channels", "code")):
        found = [(row["code"], row["received"], row["answered"]) for row in rows if row["by"] == by]
        assert found == [(one[key], str(one["received"]), str(one["answered"])) for one in answer[of]]
    answer, rows = await both(desk, "statistics/stated", agency="health")
    totals = [row for row in rows if not row["part"]]
    assert [row["stated"] for row in totals] == [shown(one["total"]) for one in answer["rows"]]
    (health,) = [row for row in totals if row["stated"] == "18573"]
    assert (health["parts_total"], health["difference"]) == ("18870", "297")
    assert health["counted_url"].startswith("http://test/api/v1/statistics/agencies?agency=health")
    parts = [int(row["stated"]) for row in rows if row["part"] and row["from"] == health["from"]]
    assert sum(parts) == 18870


async def test_signs_and_the_cases_of_each(desk: Desk, controller: Person) -> None:
    await everything(desk)
    last = await desk.file_many("2025-10-01 10:00", 3, "energy")
    await desk.answer("2025-10-22 18:00", *last)
    answer, rows = await both(desk, "oversight/signs", controller, **QUARTER)
    assert [row["agency"] for row in rows] == [one["agency"]["code"] for one in answer["rows"]]
    for one, row in zip(answer["rows"], rows, strict=True):
        assert (row["closed"], row["small"]) == (str(one["closed"]), shown(one["small"]))
        for sign in Sign:
            assert row[f"{sign}_cases"] == str(one["signs"][sign]["cases"])
    for sign in Sign:
        answer, rows = await both(desk, f"oversight/signs/{sign}", controller, **QUARTER)
        named = [(item["why"], case["number"]) for item in answer["items"] for case in item["cases"]]
        assert [(row["why"], row["number"]) for row in rows] == named
        if sign is Sign.LAST_HOUR:
            assert {format_number(one, ApplicantType.INDIVIDUAL) for one in last} <= {
                row["number"] for row in rows
            }
    unknown = await desk.client.get("/api/v1/oversight/signs/none.csv", headers=controller.headers)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "sign_not_found")


async def test_what_will_be_late(desk: Desk, controller: Person) -> None:
    received = clock.today() - timedelta(days=3)
    await desk.file_many(f"{received} 10:00", 5, "energy")
    answer, rows = await both(desk, "oversight/forecast", controller)
    assert [row["agency"] for row in rows] == [one["agency"]["code"] for one in answer["rows"]]
    names = ("open", "overdue", "closed", "will_be_late")
    assert [[row[name] for name in names] for row in rows] == [
        [str(one[name]) for name in names] for one in answer["rows"]
    ]
    answer = await call(desk, "oversight/forecast", controller, agency="energy")
    rows = csv_rows(await call(desk, "oversight/forecast/cases.csv", controller, agency="energy"))
    assert [row["number"] for row in rows] == [one["number"] for one in answer["cases"]]
    assert len(rows) == 5


async def test_control_page_after_page(
    desk: Desk, controller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.oversight.exports.lists.MOST", 2)
    filed = await desk.file_many(f"{clock.today() - timedelta(days=2)} 10:00", 5, "energy", topic="utilities")
    for number, appeal in enumerate(filed):
        answer = await desk.client.post(
            f"/api/v1/cases/{format_number(appeal, ApplicantType.INDIVIDUAL)}/control",
            headers=controller.headers | {"if-match": "*"},
            json={"on": True, "reason": f"=Себеп {number}"},
        )
        assert answer.status_code == 200, answer.text
    said, rows = await both(desk, "control/cases", controller, topic="utilities")
    assert [row["number"] for row in rows] == [one["number"] for one in said["items"]]
    assert {row["control_reason"] for row in rows} == {f"'=Себеп {number}" for number in range(5)}
    assert csv_rows(await call(desk, "control/cases.csv", controller, topic="land")) == []


async def test_issues(desk: Desk, controller: Person, db: Database) -> None:
    await make_person(db, "head@energy", Role.HEAD, "Басшы")
    opened = await desk.client.post(
        "/api/v1/oversight/issues",
        headers=controller.headers,
        json={
            "topic": "utilities",
            "agency": "energy",
            "owner": "head@energy",
            "instruction": "+ Жөндеңіз.",
            "due_on": (clock.today() + timedelta(days=20)).isoformat(),
        },
    )
    assert opened.status_code == 201, opened.text
    answer, rows = await both(desk, "oversight/issues", controller, state="open")
    assert [row["id"] for row in rows] == [str(one["id"]) for one in answer["items"]]
    assert (rows[0]["topic"], rows[0]["instruction"], rows[0]["state"]) == (
        "utilities",
        "'+ Жөндеңіз.",
        "open",
    )
    assert csv_rows(await call(desk, "oversight/rises.csv", controller)) == []


async def test_the_index(desk: Desk, controller: Person) -> None:
    await lived(desk)
    answer, rows = await both(desk, "compliance/index", controller, period=PERIOD)
    assert [row["agency"] for row in rows] == [one["agency"]["code"] for one in answer["rows"]]
    for one, row in zip(answer["rows"], rows, strict=True):
        for name in ("level", "band", "rank", "of", "total", "received", "counted_weight"):
            assert row[name] == shown(one[name])
        for part in one["components"]:
            for name in ("value", "of", "points", "contribution"):
                assert row[f"{part['code']}_{name}"] == shown(part[name])


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_file_in_each_language(desk: Desk, controller: Person, lang: str) -> None:
    await desk.file("2025-10-01 10:00")
    for path in (*OVERSIGHT, *PUBLIC, "oversight/forecast/cases", "oversight/signs/ratings"):
        asked = {"agency": "energy"} if path.endswith("forecast/cases") else {}
        for form in ("csv", "xlsx"):
            await call(desk, f"{path}.{form}", controller, lang=lang, **asked)


async def test_who_may_not(desk: Desk, db: Database) -> None:
    operator = await make_person(db, "operator@energy", Role.OPERATOR, "Маман")
    head = await make_person(db, "head@energy", Role.HEAD, "Басшы")
    for path in OVERSIGHT:
        answer = await desk.client.get(f"/api/v1/{path}.csv")
        assert answer.status_code == 401, path
        answer = await desk.client.get(f"/api/v1/{path}.xlsx", headers=operator.headers)
        assert answer.status_code == (200 if path.endswith("issues") else 403), path
    answer = await desk.client.get("/api/v1/control/cases.csv", headers=head.headers)
    assert answer.status_code == 403
    for path in ("oversight/signs.csv", "oversight/forecast.csv", "oversight/forecast/cases.csv"):
        answer = await desk.client.get(f"/api/v1/{path}?agency=health", headers=head.headers)
        assert answer.status_code == 403, path
    answer = await desk.client.get("/api/v1/oversight/forecast/cases.csv", headers=head.headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "agency")
