"""The directory in this process: read from the database as a whole, and read again when its version moves."""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import date, time
from typing import Any

import asyncpg

from app.core.db import Database
from app.core.log import kind
from app.deadlines.calendar import OfficeHours, Override
from app.directory.registry import Directory, Facts, Named, UnknownCode
from app.directory.values import (
    Agency,
    AgencyKind,
    AgencyService,
    Blog,
    Channel,
    CompetenceRow,
    Contact,
    DatedName,
    Names,
    Region,
    Service,
    Source,
    SuccessorLink,
    Topic,
)

__all__ = [
    "Agency",
    "Channel",
    "Directory",
    "Named",
    "Region",
    "Source",
    "Topic",
    "UnknownCode",
    "current",
    "kept_fresh",
    "read_directory",
    "refresh",
    "set_current",
]

Row = Mapping[str, Any]
log = logging.getLogger("listening_state")
SECONDS_BETWEEN_LOOKS = 5.0
_held: list[Directory] = []


def current() -> Directory:
    """The directory as last read. RuntimeError before the first `refresh`."""
    if not _held:
        raise RuntimeError("the directory has not been read yet")
    return _held[0]


def set_current(directory: Directory) -> None:
    _held[:] = [directory]


async def refresh(db: Database) -> Directory:
    """Read the directory if it is another one than the one held; cheap when it is the same."""
    async with db.read() as connection:
        row = await connection.fetchrow("SELECT version, content_hash FROM directory_version")
        known = (_held[0].version, _held[0].content_hash) if _held else None
        if row is None or known != (row["version"], row["content_hash"]):
            set_current(await read_directory(connection))
    return current()


@asynccontextmanager
async def kept_fresh(db: Database, seconds: float = SECONDS_BETWEEN_LOOKS) -> AsyncIterator[None]:
    """While the block runs, a change of the directory is known here after `seconds` at the latest."""
    looking = asyncio.create_task(_keep_looking(db, seconds))
    try:
        yield
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


async def _keep_looking(db: Database, seconds: float) -> None:
    """The held directory stays in use while the database is away or what it holds cannot be read."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await refresh(db)
        except Exception as error:
            log.warning("the directory could not be read again: %s", kind(error))


async def read_directory(connection: asyncpg.Connection) -> Directory:
    """One statement, so that everything is of the same moment. RuntimeError when nothing was ever loaded."""
    tables: dict[str, list[Row]] = json.loads(await connection.fetchval(_READ))
    if not tables["directory_version"]:
        raise RuntimeError("the directory is empty: load the reference data first")
    return Directory(facts_of(tables))


def facts_of(tables: Mapping[str, Sequence[Row]]) -> Facts:
    """Of the rows of every table, in their order."""
    version = tables["directory_version"][0]
    agency_names = _names_by_owner(tables["agency_name"], "agency_id")
    region_names = _names_by_owner(tables["region_name"], "region")
    return Facts(
        version=version["version"],
        content_hash=version["content_hash"],
        agencies=[_agency(row, agency_names[row["id"]]) for row in tables["agency"]],
        links=[_link(row) for row in tables["agency_successor"]],
        regions=[_region(row, region_names[row["code"]]) for row in tables["region"]],
        topics=[Topic(row["code"], _names(row)) for row in tables["topic"]],
        channels=[Channel(row["code"], _names(row)) for row in tables["channel"]],
        sources=[_source(row) for row in tables["source"]],
        competence=[_competence(row) for row in tables["competence"]],
        overrides=[_override(row) for row in tables["calendar_override"]],
        services=[Service(row["code"], _names(row)) for row in tables["service"]],
        agency_services=[_agency_service(row) for row in tables["agency_service"]],
        blogs=[_blog(row) for row in tables["blog"]],
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _names(row: Row) -> Names:
    return Names(row["kk"], row["ru"], row["en"])


def _names_by_owner(rows: Sequence[Row], owner: str) -> Mapping[Any, tuple[DatedName, ...]]:
    found: dict[Any, list[DatedName]] = defaultdict(list)
    for row in rows:
        found[row[owner]].append(
            DatedName(_names(row), date.fromisoformat(row["valid_from"]), _day(row["valid_to"]))
        )
    return {key: tuple(names) for key, names in found.items()}


def _agency(row: Row, names: tuple[DatedName, ...]) -> Agency:
    return Agency(
        id=row["id"],
        code=row["code"],
        kind=AgencyKind(row["kind"]),
        parent_id=row["parent_id"],
        region_code=row["region"],
        names=names,
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
        approval_required=row["approval_required"],
        hours=OfficeHours(time.fromisoformat(row["opens"]), time.fromisoformat(row["closes"]), row["week"]),
        warn_operator=row["warn_operator"],
        warn_head=row["warn_head"],
        contact=_contact(row),
    )


def _contact(row: Row) -> Contact:
    """Files that were loaded by a release before say nothing of it."""
    kk, ru, en = (row.get(f"address_{lang}") for lang in ("kk", "ru", "en"))
    return Contact(row.get("phone"), row.get("email"), Names(kk, ru, en) if kk and ru and en else None)


def _link(row: Row) -> SuccessorLink:
    topics = None if row["topics"] is None else frozenset(row["topics"])
    return SuccessorLink(row["agency_id"], row["successor_id"], date.fromisoformat(row["since"]), topics)


def _region(row: Row, names: tuple[DatedName, ...]) -> Region:
    return Region(
        row["code"], names, date.fromisoformat(row["valid_from"]), _day(row["valid_to"]), row["formed_from"]
    )


def _source(row: Row) -> Source:
    return Source(
        id=row["id"],
        code=row["code"],
        channels=tuple(row["channels"]),
        agency_id=row["agency_id"],
        region=row["region"],
        names=_names(row),
        late_days=row["late_days"],
        sandbox_of=row["sandbox_of"],
    )


def _blog(row: Row) -> Blog:
    first, last = date.fromisoformat(row["valid_from"]), _day(row["valid_to"])
    return Blog(row["code"], row["agency_id"], _names(row), first, last)


def _competence(row: Row) -> CompetenceRow:
    first, last = date.fromisoformat(row["valid_from"]), _day(row["valid_to"])
    return CompetenceRow(row["topic"], row["region"], row["agency_id"], first, last)


def _agency_service(row: Row) -> AgencyService:
    return AgencyService(row["agency_id"], row["service"], row["offered"], _names(row) if row["kk"] else None)


def _override(row: Row) -> Override:
    return Override(
        date.fromisoformat(row["day"]),
        row["working"],
        row["act"],
        date.fromisoformat(row["valid_from"]),
        _day(row["exchanged_with"]),
    )


_ORDERED = {
    "directory_version": "id",
    "agency": "id",
    "agency_name": "agency_id, valid_from",
    "agency_successor": "agency_id, successor_id",
    "region": "code",
    "region_name": "region, valid_from",
    "topic": "code",
    "channel": "code",
    "competence": "topic, region, valid_from",
    "source": "id",
    "blog": "code",
    "calendar_override": "day, valid_from",
    "service": "place",
    "agency_service": "agency_id, service",
}
_READ = "SELECT json_build_object({})::text".format(
    ", ".join(
        f"'{table}', coalesce((SELECT json_agg(t ORDER BY {order}) FROM {table} t), '[]')"
        for table, order in _ORDERED.items()
    )
)
