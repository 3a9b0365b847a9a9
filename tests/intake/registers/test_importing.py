"""A register becomes appeals with their endings, once, and in the figures."""

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from app.core.db import Database
from app.directory import snapshot
from app.oversight.cli import verified
from app.oversight.statistics import Filters, Period, count
from tests.intake.registers.brought import CSV, MAPPING, brought, changed, row, with_rows
from tests.oversight.desk import civil
from tests.repository.source import ROOT


async def rows(db: Database, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    async with db.read() as connection:
        return [tuple(found.values()) for found in await connection.fetch(statement, *values)]


HELD = """
SELECT a.external_id, g.code, h.channel, h.topic, h.registered_on::text, h.regime, h.status, h.close,
       h.outcome, h.closed_on > h.due_on
FROM appeal a JOIN holding h ON h.appeal_id = a.id JOIN agency g ON g.id = h.agency_id
ORDER BY a.external_id, h.id
"""


async def test_what_the_example_becomes(db: Database) -> None:
    told = await brought(db)
    assert (told.summary.rows, told.summary.brought, told.summary.closed, told.flaws) == (9, 9, 8, {})
    akimat, old, code = "akimat-turkistan", "law-2007", "code-2021"
    by = ("call_centre",)
    assert await rows(db, HELD) == [
        ("311-1", akimat, *by, "transport", "2019-03-04", old, "answered", "answered", "satisfied", False),
        ("311-2", akimat, *by, "utilities", "2019-03-06", old, "answered", "answered", "explained", False),
        ("311-3", akimat, *by, "utilities", "2019-03-06", old, "terminated", "closed_otherwise", None, False),
        ("311-4", akimat, *by, "transport", "2020-01-15", old, "withdrawn", "closed_otherwise", None, False),
        ("311-5", akimat, *by, "other", "2020-02-03", old, "answered", "answered", "satisfied", True),
        ("311-6", "energy", *by, "other", "2022-09-12", code, "registered", "forwarded_out", None, False),
        ("311-6", akimat, *by, "other", "2022-09-13", code, "registered", None, None, None),
        ("311-7", "energy", *by, "utilities", "2022-10-05", code, "answered", "answered", "refused", False),
        ("311-8", "energy", *by, "utilities", "2022-10-06", code, "answered", "answered", "explained", False),
        ("311-9", "energy", *by, "other", "2022-10-10", code, "registered", None, None, None),
    ]
    assert not await verified(db, lambda done, all_: None)


async def test_nobody_is_told_of_what_was_over_long_ago(db: Database) -> None:
    await brought(db)
    assert await rows(db, "SELECT kind FROM notice") == []


async def test_acts_are_the_registers_own_and_of_its_moments(db: Database) -> None:
    await brought(db)
    found = await rows(
        db,
        "SELECT e.kind, e.actor_kind, e.at FROM event e JOIN appeal a ON a.id = e.appeal_id "
        "WHERE a.external_id = '311-1' ORDER BY e.id",
    )
    assert found == [
        ("registered", "source", civil("2019-03-04 10:15")),
        ("answered", "source", civil("2019-03-11 16:40")),
    ]


async def test_an_unfavourable_answer_without_a_hearing_says_so(db: Database, tmp_path: Path) -> None:
    """Of a message the law asks for none; of a statement it does."""
    as_statement = changed(tmp_path, lambda text: text.replace('"message"', '"statement"'), MAPPING)
    await brought(db, by=as_statement)
    found = await rows(
        db,
        "SELECT e.kind FROM event e JOIN appeal a ON a.id = e.appeal_id "
        "WHERE a.external_id = '311-7' ORDER BY e.id",
    )
    assert found == [("registered",), ("hearing_exempted",), ("answered",)]
    assert not await verified(db, lambda done, all_: None)


async def test_a_second_time_changes_nothing(db: Database) -> None:
    await brought(db)
    before = await rows(db, "SELECT count(*), max(id) FROM event")
    again = await brought(db)
    assert (again.summary.brought, again.summary.there, again.flaws) == (0, 9, {})
    assert await rows(db, "SELECT count(*), max(id) FROM event") == before


async def test_another_content_under_a_number_that_is_there_is_refused(db: Database, tmp_path: Path) -> None:
    await brought(db)
    other = changed(tmp_path, lambda text: text.replace("Не горит фонарь", "Не горят два фонаря"))
    for dry_run in (True, False):
        told = await brought(db, other, dry_run=dry_run)
        assert told.flaws == {6: [("№", "there_otherwise")]}
        assert told.summary.there == 8


async def test_a_dry_run_changes_nothing_and_foresees_everything(db: Database, tmp_path: Path) -> None:
    bad = with_rows(
        tmp_path,
        row(number="1"),
        row(number="2", to="nobody at all"),
        row(number="3", status="Передано", forwarded="energy"),
        row(number="4", status="Передано", forwarded="nowhere"),
        row(number="1"),
        row(number="5", phone="none", closed="03.03.2019"),
    )
    before = await rows(db, "SELECT count(*) FROM appeal")
    foreseen = await brought(db, bad, dry_run=True)
    assert await rows(db, "SELECT count(*) FROM appeal") == before
    told = await brought(db, bad)
    assert (
        foreseen.flaws
        == told.flaws
        == {
            3: [("Исполнитель", "unknown_addressee")],
            4: [("Статус", "forward_to_self")],
            5: [("Передано", "unknown_agency")],
            6: [("№", "number_twice")],
            7: [("Телефон", "phone")],
        }
    )
    assert (foreseen.summary.brought, told.summary.brought, told.summary.refused) == (1, 1, 5)
    # The row whose ending was refused is not left behind as an open one.
    assert await rows(db, "SELECT external_id FROM appeal") == [("311-1",)]


async def test_refused_rows_are_mended_and_fed_again(db: Database, tmp_path: Path) -> None:
    undated = row(number="2", received="31.02.2019")
    bad = with_rows(tmp_path, row(number="1"), undated, row(number="3") + ";one more")
    rejects = tmp_path / "rejects.csv"
    await brought(db, bad, rejects=rejects)
    with rejects.open(encoding="utf-8-sig", newline="") as source:
        header, first, second = csv.reader(source, delimiter=";")
    assert header[:3] == ["import:row", "import:reason", "№"]
    assert (first[0], first[2], second[0], second[-1]) == ("3", "2", "4", "one more")
    assert "31.02.2019" in first[1]
    rejects.write_text(
        rejects.read_text(encoding="utf-8").replace("2;31.02.2019", "2;28.02.2019").replace(";one more", ""),
        encoding="utf-8",
    )
    told = await brought(db, rejects, rejects=tmp_path / "rejects-2.csv")
    assert (told.summary.brought, told.flaws) == (2, {})
    assert not (tmp_path / "rejects-2.csv").exists()
    assert (await brought(db, bad)).summary.there == 1


@pytest.fixture
def as_xlsx(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    with CSV.open(encoding="utf-8", newline="") as source:
        for n, cells in enumerate(csv.reader(source, delimiter=";")):
            filled: list[Any] = [cell or None for cell in cells]
            if n == 1:
                filled[0], filled[1] = 1, civil("2019-03-04 10:15").replace(tzinfo=None)
            sheet.append(filled)
    file = tmp_path / "requests.xlsx"
    book.save(file)
    return file


async def test_the_same_from_xlsx(db: Database, as_xlsx: Path) -> None:
    told = await brought(db, as_xlsx)
    assert (told.summary.brought, told.flaws) == (9, {})
    from_xlsx = await rows(db, HELD)
    assert from_xlsx[0][4] == "2019-03-04"
    # Written as text, the moments are the same rows again; a real date is written in another way.
    again = await brought(db)
    assert (again.summary.there, again.flaws) == (8, {2: [("№", "there_otherwise")]})


async def test_the_figures(db: Database) -> None:
    await brought(db)
    directory = snapshot.current()
    async with db.read() as connection:
        period = Period(civil("2019-01-01 00:00").date(), civil("2020-12-31 00:00").date())
        found = await count(connection, period, Filters(), today=civil("2020-12-31 12:00").date())
    (of,) = found.rows.values()
    assert [directory.agency_by_id(id_).code for id_ in found.rows] == ["akimat-turkistan"]
    assert (of.received, of.answered, of.answered_late, of.closed_otherwise) == (5, 3, 1, 2)


def test_the_documented_mapping_is_this_one() -> None:
    said = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8")
    assert f"```toml\n{MAPPING.read_text(encoding='utf-8')}```" in said
