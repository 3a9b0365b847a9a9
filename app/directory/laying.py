"""What people changed, kept and laid over what the data files say (decision 0015)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg

from app.directory import snapshot
from app.directory.changes import Change, Row, Rows, What, otherwise, replay
from app.directory.checks import check
from app.directory.competence import WITHOUT_COMPETENCE
from app.directory.files import DataError, Written
from app.directory.periods import Period, first_gap
from app.directory.reference import RECORD_BEGINS, Reference
from app.directory.registry import Facts

_KEPT = """
SELECT kept.id, kept.at, kept.by_id, who.name AS by_name, kept.what, kept.code, kept.said, kept.was,
       kept.files
FROM directory_change kept JOIN staff_account who ON who.id = kept.by_id
WHERE kept.takes_back IS NULL
  AND NOT EXISTS (SELECT FROM directory_change back WHERE back.takes_back = kept.id)
ORDER BY kept.id
"""
_FILES = "SELECT rows FROM directory_files"
_KEEP_FILES = """
INSERT INTO directory_files (id, rows) VALUES (1, $1)
ON CONFLICT (id) DO UPDATE SET rows = EXCLUDED.rows
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A change that is in force. `was`: what was so before it; `files`: what the files said then."""

    id: int
    at: datetime
    by_id: int
    by_name: str
    change: Change
    was: Mapping[str, Any]
    files: Mapping[str, Any]


async def kept(connection: asyncpg.Connection) -> list[Kept]:
    """The changes in force, in the order in which they were made."""
    return [
        Kept(
            row["id"],
            row["at"],
            row["by_id"],
            row["by_name"],
            Change(What(row["what"]), row["code"], row["said"]),
            row["was"],
            row["files"],
        )
        for row in await connection.fetch(_KEPT)
    ]


async def files(connection: asyncpg.Connection) -> Rows:
    """What the data files said when they were loaded last."""
    found: Rows = await connection.fetchval(_FILES)
    return found


async def keep_files(connection: asyncpg.Connection, rows: Rows) -> None:
    await connection.execute(_KEEP_FILES, rows)


def together(rows: Rows, changes: Sequence[Kept]) -> Rows:
    """Raises DataError when the changes do not fit the files, or one another."""
    return laid(rows, [one.change for one in changes]) if changes else rows


def laid(rows: Rows, changes: Sequence[Change]) -> Rows:
    """Raises DataError as `together` does."""
    found = replay(rows, changes)
    facts = facts_of(found)
    check(Reference(facts, _Named(), Written([])))
    _check_competence(found)
    return found


def differing(rows: Rows, changes: Sequence[Kept]) -> Iterator[tuple[Kept, Mapping[str, Any]]]:
    """Changes that the files have spoken against since, with what these say. Of several changes of one thing
    only the last is the question."""
    last = {(it.change.what, it.change.code, _place(it.change)): it for it in changes}
    for one in last.values():
        if now := otherwise(rows, one.change, one.files):
            yield one, now


def _place(change: Change) -> str:
    """Tells apart what one change does not replace of another."""
    if change.what is What.AGENCY_SETTINGS:
        return ",".join(sorted(change.said))
    return f"{change.said.get('region')} {change.said.get('from')}"


def told(rows: Rows, changes: Sequence[Kept]) -> list[str]:
    return [
        f"{one.change.what} of '{one.change.code}' stays as change {one.id} of {one.at:%Y-%m-%d} has it: "
        f"{_listed(one.change.said)}; the data files now say: {_listed(now)}"
        for one, now in differing(rows, changes)
    ]


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def facts_of(rows: Rows) -> Facts:
    """Ids are places in the rows, as in `reference`."""
    ids = {row["code"]: place for place, row in enumerate(rows["agency"], 1)}

    def of(table: str, *names: str) -> list[Row]:
        """With the id of the agency that a row names."""
        known = ({**row, **{f"{name}_id": ids.get(row[name]) for name in names}} for row in rows[table])
        return list(known)

    dated = sorted(of("agency_name", "agency"), key=lambda row: row["valid_from"])
    return snapshot.facts_of(
        {
            **rows,
            "directory_version": [{"version": 0, "content_hash": ""}],
            "calendar_override": [],
            "agency": [{**row, "id": ids[row["code"]]} for row in of("agency", "parent")],
            "agency_name": dated,
            "region_name": sorted(rows["region_name"], key=lambda row: row["valid_from"]),
            "agency_successor": of("agency_successor", "agency", "successor"),
            "competence": of("competence", "agency"),
            "source": [
                {**row, "id": place, "sandbox_of": None}
                for place, row in enumerate(of("source", "agency"), 1)
            ],
            "blog": of("blog", "agency"),
            "agency_service": of("agency_service", "agency"),
        }
    )


class _Named(Mapping[tuple[str, str], str]):
    """What the checks call an entry that is in no file."""

    def __getitem__(self, key: tuple[str, str]) -> str:
        return f"{key[0]} '{key[1]}'"

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _check_competence(rows: Rows) -> None:
    """Every topic has somebody on every day, and only while they are there."""
    agencies = {row["code"]: row for row in rows["agency"]}
    topics: dict[str, list[Row]] = {row["code"]: [] for row in rows["topic"]}
    for row in rows["competence"]:
        ends = agencies[row["agency"]]["valid_to"]
        if ends is not None and (row["valid_to"] is None or row["valid_to"] > ends):
            raise DataError(
                f"topic '{row['topic']}'", f"'{row['agency']}' does not last as long as it answers"
            )
        if row["region"] is None:
            topics[row["topic"]].append(row)
    for topic, national in topics.items():
        if topic != WITHOUT_COMPETENCE and (gap := first_gap(_periods(national), RECORD_BEGINS)):
            raise DataError(f"topic '{topic}'", f"nobody is competent from {gap}")


def _periods(rows: Sequence[Row]) -> list[Period]:
    facts = sorted(rows, key=lambda row: row["valid_from"])
    return [
        Period(
            date.fromisoformat(row["valid_from"]),
            date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            row["agency"],
        )
        for row in facts
    ]
