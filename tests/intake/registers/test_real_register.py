"""A real register of 5,000 rows gives the figures that a direct count of its file gives.

It is no part of this tree: LS_REAL_DATA names the folder.
"""

import csv
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.core import clock
from app.core.db import Database
from app.deadlines.calendar import OfficeHours
from app.deadlines.ledger import open_term
from app.directory import snapshot
from app.intake.registers import mapping
from app.oversight.cli import verified
from app.oversight.statistics import Filters, Period, count
from tests.intake.registers.brought import HERE, brought

MAPPING = HERE / "city_311.toml"
FIRST, LAST = date(2007, 1, 1), date(2060, 12, 31)
HOW = {
    "Closed": "answered",
    "Closed (Duplicate)": "closed_otherwise",
    "Closed (Transferred)": "forwarded_out",
}


@pytest.fixture
def register() -> Path:
    folder = os.environ.get("LS_REAL_DATA")
    file = Path(folder or "") / "city-311-requests.csv"
    if not folder or not file.exists():
        pytest.skip("LS_REAL_DATA names no folder with city-311-requests.csv")
    return file


@dataclass(frozen=True)
class Row:
    """A row of the file, read without any of the code under test."""

    agency: str
    channel: str
    how: str
    registered_on: date
    due_on: date
    closed_on: date | None

    @property
    def late(self) -> bool:
        return self.closed_on is not None and self.closed_on > self.due_on


def direct(file: Path) -> Iterator[Row]:
    given = mapping.load(MAPPING).fields
    agencies, channels = given["addressee"], given["channel"]
    with file.open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            received, closed = moment(row["CreatedDate"]), moment(row["CloseDate"])
            assert received
            term = open_term("message", received, OfficeHours(), snapshot.current().calendar)
            yield Row(
                (agencies.codes or {}).get(row["Agency"], agencies.otherwise or ""),
                (channels.codes or {}).get(row["MethodReceived"], channels.otherwise or ""),
                HOW.get(row["SRStatus"], "pending"),
                term.registered_on,
                term.due_on,
                closed and max(clock.civil_day(closed), term.registered_on),
            )


def moment(text: str) -> datetime | None:
    if not text:
        return None
    there = datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=ZoneInfo("America/New_York"))
    return there.astimezone(UTC)


async def figures(db: Database, period: Period, filters: Filters) -> dict[str, dict[str, int]]:
    """By agency, without the triage desk, which what was transferred went to."""
    async with db.read() as connection:
        found = await count(connection, period, filters, today=date(2026, 1, 1))
    names = ("received", "answered", "answered_late", "closed_otherwise", "forwarded_out", "pending")
    by_code = {snapshot.current().agency_by_id(id_).code: of for id_, of in found.rows.items()}
    return {
        code: {name: getattr(of, name) for name in names if getattr(of, name)}
        for code, of in by_code.items()
        if code != "administration"
    }


def counted(rows: list[Row]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for row in rows:
        of = found.setdefault(row.agency, Counter())
        of.update(["received", row.how])
        of.update(["answered_late"] if row.how == "answered" and row.late else [])
    return {agency: dict(of) for agency, of in found.items()}


async def test_the_figures_are_those_of_the_file(db: Database, register: Path) -> None:
    foreseen = await brought(db, register, MAPPING, dry_run=True)
    told = await brought(db, register, MAPPING)
    assert foreseen.flaws == told.flaws == {}
    assert (told.summary.brought, told.summary.closed) == (5000, 4889)
    rows = list(direct(register))
    assert await figures(db, Period(FIRST, LAST), Filters()) == counted(rows)
    for channel in {row.channel for row in rows}:
        there = [row for row in rows if row.channel == channel]
        assert await figures(db, Period(FIRST, LAST), Filters(channel=channel)) == counted(there)
    for year in range(2014, 2020):
        period = Period(date(year, 1, 1), date(year, 12, 31))
        there = [row for row in rows if row.registered_on.year == year]
        assert await figures(db, period, Filters()) == counted(there)
    assert not await verified(db, lambda done, all_: None)
    assert (await brought(db, register, MAPPING)).summary.there == 5000


async def test_what_was_known_on_a_day(db: Database, register: Path) -> None:
    await brought(db, register, MAPPING)
    rows = list(direct(register))
    day = date(2017, 6, 30)
    found = await figures(db, Period(FIRST, day, as_of=day), Filters())
    known = [row for row in rows if row.registered_on <= day]
    assert sum(of["received"] for of in found.values()) == len(known)
    for how in ("answered", "closed_otherwise", "forwarded_out"):
        by_then = [row for row in known if row.how == how and row.closed_on and row.closed_on <= day]
        assert sum(of.get(how, 0) for of in found.values()) == len(by_then)
