"""Files of compliance: the figures of the JSON, for the same callers."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from app.core.db import Database
from app.oversight.columns import COLUMNS, COUNTS, Unit
from app.staff.permissions import Role
from tests.casework.people import Person, make_person
from tests.oversight.desk import Desk
from tests.oversight.exports.reading import codes_of, csv_rows, workbook, xlsx_rows
from tests.oversight.test_compliance import PATH, QUARTER, everything, get, listed

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def file(client: httpx.AsyncClient, person: Person, path: str, **asked: str) -> bytes:
    answer = await client.get(f"{PATH}/{path}", params=asked, headers=person.headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"].startswith("text/csv" if path.endswith("csv") else XLSX)
    return answer.content


async def both(
    client: httpx.AsyncClient, person: Person, path: str, **asked: str
) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """The rows of the CSV, and those of the XLSX."""
    rows = csv_rows(await file(client, person, f"{path}.csv", **asked))
    book = await file(client, person, f"{path}.xlsx", lang="en", **asked)
    codes = codes_of(book)
    assert codes == list(rows[0])
    return rows, xlsx_rows(book, codes)


def number(text: str) -> float | None:
    return float(text) if text else None


async def test_the_figures_are_those_of_the_call(desk: Desk, controller: Person) -> None:
    await everything(desk)
    asked = QUARTER | {"compare": "both"}
    answer = await get(desk.client, controller, "agencies", **asked)
    rows, cells = await both(desk.client, controller, "agencies", **asked)
    sides = [
        (row["agency"]["code"], name, row[name])
        for row in answer["rows"]
        for name in ("own", "with_subtree")
        if row[name]
    ]
    sides.append(("", "total", answer["total"]))
    assert [(row["agency"], row["scope"]) for row in rows] == [(code, scope) for code, scope, _ in sides]
    for (_, _, side), row, cell in zip(sides, rows, cells, strict=True):
        for one in COLUMNS:
            value = side["figures"][one.code]["value"]
            assert number(row[one.code]) == value == cell[one.code], one.code
            assert number(row[f"{one.code}_before"]) == side["before"]["figures"][one.code]["value"]
            assert cell[f"{one.code}_year"] == side["year"]["figures"][one.code]["value"]
        few = {code for code, one in side["figures"].items() if one["small"] and one["value"] is not None}
        assert set(row["small"].split()) == few
        assert cell["from"] == datetime.fromisoformat("2025-10-01")
    assert any(row["small"] for row in rows)
    await the_others_too(desk.client, controller)


async def the_others_too(client: httpx.AsyncClient, person: Person) -> None:
    for path, of in (("topics", "topic"), ("regions", "region")):
        answer = await get(client, person, path, **QUARTER)
        rows, cells = await both(client, person, path, **QUARTER)
        assert [row[of] for row in rows] == [row[of] or "none" for row in answer["rows"]]
        for said, row, cell in zip(answer["rows"], rows, cells, strict=True):
            for code in COUNTS:
                value = said["all"]["figures"][code]["value"]
                assert (number(row[code]), cell[code]) == (value, value)
    answer = await get(client, person, "overdue")
    rows, cells = await both(client, person, "overdue")
    assert [row["agency"] for row in rows] == [row["agency"]["code"] for row in answer["rows"]]
    for said, row, cell in zip(answer["rows"], rows, cells, strict=True):
        assert int(row["overdue"]) == said["overdue"]["value"] == cell["overdue"]
        assert row["oldest_due_on"] == said["oldest_due_on"] == f"{cell['oldest_due_on']:%Y-%m-%d}"
        assert len(await listed(client, person, row["cases_url"])) == int(row["overdue"])
    answer = await get(client, person, "weeks", to="2025-12-31")
    rows, cells = await both(client, person, "weeks", to="2025-12-31")
    of_all = [row for row in rows if row["scope"] == "total"]
    assert [int(row["received"]) for row in of_all] == answer["total"]["received"]
    assert [row["to"] for row in of_all] == [week["to"] for week in answer["weeks"]]
    assert sum(cell["overdue"] for cell in cells) == sum(int(row["overdue"]) for row in rows)


async def test_a_part_of_the_question_is_named(desk: Desk, controller: Person) -> None:
    await everything(desk)
    rows, cells = await both(desk.client, controller, "agencies", **QUARTER, by="topic", agency="health")
    assert {"health", "other"} & {row["part"] for row in rows}
    assert "Health care" in {str(cell["part"]) for cell in cells}
    book = workbook(
        await file(desk.client, controller, "agencies.xlsx", **QUARTER, agency="health", lang="ru")
    )
    about = [row[:2] for row in book.worksheets[-1].iter_rows(values_only=True)]
    assert ("Период", "1 октября 2025 г. – 31 декабря 2025 г.") in about
    assert ("Орган", "Министерство здравоохранения") in about
    assert book.sheetnames[0] == "Органы"


async def test_a_list_has_exactly_the_cases_of_the_figure(
    desk: Desk, controller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await everything(desk)
    monkeypatch.setattr("app.oversight.cases.PORTION", 3)
    for figure in ("received", "judged", "pending", "overdue", "chained"):
        url = f"{PATH}/cases?figure={figure}&from={QUARTER['from']}&to={QUARTER['to']}"
        wanted = await listed(desk.client, controller, url)
        rows, cells = await both(desk.client, controller, "cases", **QUARTER, figure=figure)
        assert [f"{row['number']} {row['agency']}" for row in rows] == wanted
        assert [cell["number"] for cell in cells] == [row["number"] for row in rows]
        assert all(isinstance(cell["registered_on"], datetime) for cell in cells)


async def test_the_same_wall_and_the_same_bodies(desk: Desk, db: Database) -> None:
    await everything(desk)
    head = await make_person(db, "head@akimat-turkistan", Role.HEAD, "Басшы")
    rows = csv_rows(await file(desk.client, head, "agencies.csv", **QUARTER))
    assert {row["agency"] for row in rows} == {"akimat-turkistan", "turkistan-health-department", ""}
    there = csv_rows(await file(desk.client, head, "cases.csv", **QUARTER, figure="received"))
    assert {row["agency"] for row in there} <= {row["agency"] for row in rows}
    refused = await desk.client.get(f"{PATH}/agencies.xlsx?agency=energy", headers=head.headers)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    for role in (Role.OPERATOR, Role.ADMIN):
        person = await make_person(db, f"{role}@administration", role, "Біреу")
        for path in ("agencies", "topics", "regions", "overdue", "weeks", "cases"):
            for form in ("csv", "xlsx"):
                answer = await desk.client.get(f"{PATH}/{path}.{form}", headers=person.headers)
                assert answer.status_code == 403
                assert (await desk.client.get(f"{PATH}/{path}.{form}")).status_code == 401


async def test_what_is_wrong_is_said_and_no_file_begun(desk: Desk, controller: Person) -> None:
    for path, field in (
        ("agencies.csv?by=colour", "by"),
        ("cases.xlsx?figure=rating_average", "figure"),
        ("cases.csv?figure=received&cursor=MDE", "cursor"),
        ("topics.csv?topic=lands", "topic"),
        ("weeks.xlsx?weeks=0", "weeks"),
    ):
        answer = await desk.client.get(f"{PATH}/{path}", headers=controller.headers)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), path
    answer = await desk.client.get(f"{PATH}/agencies.pdf", headers=controller.headers)
    assert answer.status_code == 404


def test_every_figure_has_a_kind() -> None:
    assert {one.unit for one in COLUMNS} == set(Unit)
