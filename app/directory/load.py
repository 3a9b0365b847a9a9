"""Bring the data files into the database: idempotent, in one transaction, by code.

What the files name is made to be as they say, with what people changed laid over it (`changes`, decision
0015); agencies, regions, topics, channels, sources and blogs that they no longer name stay as they are (their
days end by `valid_to`, not by being forgotten). Names, successors and competence belong to what they describe
and are replaced with it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import asyncpg

from app.core.db import Database, to_json
from app.directory import laying
from app.directory.checks import checked_facts
from app.directory.files import DataError, Written
from app.directory.registry import Facts
from app.directory.values import (
    Agency,
    AgencyService,
    Blog,
    CompetenceRow,
    DatedName,
    Names,
    Region,
    Source,
    SuccessorLink,
)

Row = dict[str, Any]
# Changing what the loader writes from the same files is a change of the directory too.
_FORMAT = 3


@dataclass(frozen=True, slots=True)
class Loaded:
    """`said`: in English, what a person has to look at: files that say another thing than somebody changed
    here, or that were not loaded because they contradict it."""

    version: int
    changed: bool
    said: Sequence[str] = field(default=())


async def load_directory(db: Database, written: Written | None = None) -> Loaded:
    """Check the data files and load what has changed. Raises DataError, naming file and entry. Files that are
    sound but contradict what people changed are not loaded, and what was loaded before goes on."""
    facts = checked_facts(written)
    async with db.transaction() as connection:
        return await load_facts(connection, facts)


async def load_facts(connection: asyncpg.Connection, facts: Facts) -> Loaded:
    """Within the caller's transaction; of two loaders at once the second waits and finds nothing to do."""
    rows = facts_as_rows(facts)
    content_hash = hashlib.sha256(to_json([_FORMAT, rows]).encode()).hexdigest()
    await take_turns(connection)
    loaded = await connection.fetchrow("SELECT version, content_hash FROM directory_version")
    if loaded is not None and loaded["content_hash"] == content_hash:
        return Loaded(loaded["version"], changed=False)
    kept = await laying.kept(connection)
    try:
        together = laying.together(rows, kept)
    except DataError as error:
        assert loaded is not None
        return Loaded(loaded["version"], False, [f"the data files are not loaded, for with changes: {error}"])
    await laying.keep_files(connection, rows)
    await write(connection, together)
    return Loaded(await bump(connection, content_hash), True, laying.told(rows, kept))


async def take_turns(connection: asyncpg.Connection) -> None:
    """One at a time writes the directory, until its transaction ends."""
    await connection.execute(_TAKE_TURNS)


async def write(connection: asyncpg.Connection, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    for statement in _STATEMENTS:
        await connection.execute(statement, rows)


async def bump(connection: asyncpg.Connection, content_hash: str | None = None) -> int:
    """Tell every process that the directory has changed; call it in the transaction that changes it."""
    version: int = await connection.fetchval(_BUMP, content_hash)
    return version


def facts_as_rows(facts: Facts) -> Mapping[str, list[Row]]:
    """The rows of each table, joined by codes, in the order of the files."""
    codes = {agency.id: agency.code for agency in facts.agencies}
    return {
        "region": [_region_row(region) for region in facts.regions],
        "region_name": [row for r in facts.regions for row in _name_rows("region", r.code, r.names)],
        "topic": [{"code": topic.code, **_names(topic.names)} for topic in facts.topics],
        "channel": [{"code": channel.code, **_names(channel.names)} for channel in facts.channels],
        "agency": [_agency_row(agency, codes) for agency in facts.agencies],
        "agency_name": [row for a in facts.agencies for row in _name_rows("agency", a.code, a.names)],
        "agency_successor": [_link_row(link, codes) for link in facts.links],
        "competence": [_competence_row(row, codes) for row in facts.competence],
        "source": [_source_row(source, codes) for source in facts.sources],
        "blog": [_blog_row(blog, codes) for blog in facts.blogs],
        "service": [
            {"code": one.code, "place": place, **_names(one.names)}
            for place, one in enumerate(facts.services, 1)
        ],
        "agency_service": [_agency_service_row(row, codes) for row in facts.agency_services],
    }


def _region_row(region: Region) -> Row:
    days = _days(region.valid_from, region.valid_to)
    return {"code": region.code, "formed_from": region.formed_from, **days}


def _code(codes: Mapping[int, str], id_: int | None) -> str | None:
    return None if id_ is None else codes[id_]


def _agency_row(agency: Agency, codes: Mapping[int, str]) -> Row:
    return {
        "code": agency.code,
        "kind": agency.kind.value,
        "parent": _code(codes, agency.parent_id),
        "region": agency.region_code,
        **_days(agency.valid_from, agency.valid_to),
        "approval_required": agency.approval_required,
        "opens": agency.hours.opens.isoformat(),
        "closes": agency.hours.closes.isoformat(),
        "week": int(agency.hours.week),
        "warn_operator": agency.warn_operator,
        "warn_head": agency.warn_head,
        "phone": agency.contact.phone,
        "email": agency.contact.email,
        **_address(agency.contact.address),
    }


def _address(address: Names | None) -> Row:
    said = _names(address) if address else dict.fromkeys(("kk", "ru", "en"))
    return {f"address_{lang}": words for lang, words in said.items()}


def _link_row(link: SuccessorLink, codes: Mapping[int, str]) -> Row:
    return {
        "agency": codes[link.agency_id],
        "successor": codes[link.successor_id],
        "since": link.since.isoformat(),
        "topics": None if link.topics is None else sorted(link.topics),
    }


def _competence_row(row: CompetenceRow, codes: Mapping[int, str]) -> Row:
    days = _days(row.valid_from, row.valid_to)
    return {"topic": row.topic, "region": row.region, "agency": codes[row.agency_id], **days}


def _source_row(source: Source, codes: Mapping[int, str]) -> Row:
    return {
        "code": source.code,
        "agency": _code(codes, source.agency_id),
        "region": source.region,
        "channels": list(source.channels),
        "late_days": source.late_days,
        **_names(source.names),
    }


def _blog_row(blog: Blog, codes: Mapping[int, str]) -> Row:
    days = _days(blog.valid_from, blog.valid_to)
    return {"code": blog.code, "agency": codes[blog.agency_id], **days, **_names(blog.names)}


def _agency_service_row(row: AgencyService, codes: Mapping[int, str]) -> Row:
    names = _names(row.names) if row.names else dict.fromkeys(("kk", "ru", "en"))
    return {"agency": codes[row.agency_id], "service": row.service, "offered": row.offered, **names}


def _days(valid_from: date, valid_to: date | None) -> Row:
    return {"valid_from": valid_from.isoformat(), "valid_to": valid_to.isoformat() if valid_to else None}


def _names(names: Names) -> Row:
    return {"kk": names.kk, "ru": names.ru, "en": names.en}


def _name_rows(owner: str, code: str, names: Sequence[DatedName]) -> list[Row]:
    return [{owner: code, **_days(name.valid_from, name.valid_to), **_names(name.names)} for name in names]


_TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtext('directory'))"
_BUMP = """
INSERT INTO directory_version AS d (id, version, content_hash) VALUES (1, 1, coalesce($1, ''))
ON CONFLICT (id) DO UPDATE SET version = d.version + 1, content_hash = coalesce($1, d.content_hash)
RETURNING version
"""
_NAMES = "kk text, ru text, en text"


def _given(table: str, columns: str) -> str:
    """The files' rows of a table, as `r`; $1 holds those of all tables."""
    return f"jsonb_to_recordset($1::jsonb -> '{table}') AS r({columns})"


def _upsert(table: str, key: str, columns: str, select: str) -> str:
    """Insert what is new and update what differs; rows that are as given are not touched."""
    listed = columns.split(", ")
    new = ", ".join(f"EXCLUDED.{column}" for column in listed)
    old = ", ".join(f"t.{column}" for column in listed)
    return f"""
        INSERT INTO {table} AS t ({columns}) {select}
        ON CONFLICT ({key}) DO UPDATE SET ({columns}) = ROW ({new}) WHERE ({old}) IS DISTINCT FROM ({new})
    """


def _upsert_codes(table: str) -> str:
    given = _given(table, f"code text, {_NAMES}")
    return _upsert(table, "code", "code, kk, ru, en", f"SELECT * FROM {given}")


_STATEMENTS = (
    _upsert(
        "region",
        "code",
        "code, formed_from, valid_from, valid_to",
        f"SELECT * FROM {_given('region', 'code text, formed_from text, valid_from date, valid_to date')}",
    ),
    f"""
    DELETE FROM region_name n
    WHERE n.region IN (SELECT code FROM {_given("region", "code text")})
      AND (n.region, n.valid_from) NOT IN (
        SELECT * FROM {_given("region_name", "region text, valid_from date")})
    """,
    _upsert(
        "region_name",
        "region, valid_from",
        "region, valid_from, valid_to, kk, ru, en",
        f"SELECT * FROM {_given('region_name', f'region text, valid_from date, valid_to date, {_NAMES}')}",
    ),
    _upsert_codes("topic"),
    _upsert_codes("channel"),
    _upsert(
        "agency",
        "code",
        "code, kind, region, valid_from, valid_to, approval_required, opens, closes, week, warn_operator, "
        "warn_head, phone, email, address_kk, address_ru, address_en",
        "SELECT * FROM "
        + _given(
            "agency",
            "code text, kind text, region text, valid_from date, valid_to date, "
            "approval_required boolean, opens time, closes time, week smallint, warn_operator smallint, "
            "warn_head smallint, phone text, email text, address_kk text, address_ru text, address_en text",
        ),
    ),
    f"""
    UPDATE agency a SET parent_id = p.id
    FROM {_given("agency", "code text, parent text")} LEFT JOIN agency p ON p.code = r.parent
    WHERE a.code = r.code AND a.parent_id IS DISTINCT FROM p.id
    """,
    f"""
    DELETE FROM agency_name n USING agency a
    WHERE a.id = n.agency_id AND a.code IN (SELECT code FROM {_given("agency", "code text")})
      AND (a.code, n.valid_from) NOT IN (
        SELECT * FROM {_given("agency_name", "agency text, valid_from date")})
    """,
    _upsert(
        "agency_name",
        "agency_id, valid_from",
        "agency_id, valid_from, valid_to, kk, ru, en",
        f"""
        SELECT a.id, r.valid_from, r.valid_to, r.kk, r.ru, r.en
        FROM {_given("agency_name", f"agency text, valid_from date, valid_to date, {_NAMES}")}
        JOIN agency a ON a.code = r.agency
        """,
    ),
    # A link whose topics change is written anew: there may be one default a body at any moment.
    f"""
    DELETE FROM agency_successor s USING agency older, agency younger
    WHERE older.id = s.agency_id AND younger.id = s.successor_id
      AND older.code IN (SELECT code FROM {_given("agency", "code text")})
      AND NOT EXISTS (
        SELECT 1 FROM {_given("agency_successor", "agency text, successor text, topics text[]")}
        WHERE r.agency = older.code AND r.successor = younger.code AND r.topics IS NOT DISTINCT FROM s.topics)
    """,
    _upsert(
        "agency_successor",
        "agency_id, successor_id",
        "agency_id, successor_id, since, topics",
        f"""
        SELECT older.id, younger.id, r.since, r.topics
        FROM {_given("agency_successor", "agency text, successor text, since date, topics text[]")}
        JOIN agency older ON older.code = r.agency JOIN agency younger ON younger.code = r.successor
        """,
    ),
    f"""
    DELETE FROM competence c
    WHERE NOT EXISTS (
        SELECT 1 FROM {_given("competence", "topic text, region text, valid_from date")}
        WHERE r.topic = c.topic AND r.region IS NOT DISTINCT FROM c.region AND r.valid_from = c.valid_from)
    """,
    _upsert(
        "competence",
        "topic, region, valid_from",
        "topic, region, agency_id, valid_from, valid_to",
        f"""
        SELECT r.topic, r.region, a.id, r.valid_from, r.valid_to
        FROM {_given("competence", "topic text, region text, agency text, valid_from date, valid_to date")}
        JOIN agency a ON a.code = r.agency
        """,
    ),
    _upsert(
        "source",
        "code",
        "code, agency_id, region, channels, late_days, kk, ru, en",
        f"""
        SELECT r.code, a.id, r.region, r.channels, r.late_days, r.kk, r.ru, r.en
        FROM {
            _given(
                "source",
                f"code text, agency text, region text, channels text[], late_days smallint, {_NAMES}",
            )
        }
        LEFT JOIN agency a ON a.code = r.agency
        """,
    ),
    _upsert(
        "blog",
        "code",
        "code, agency_id, valid_from, valid_to, kk, ru, en",
        f"""
        SELECT r.code, a.id, r.valid_from, r.valid_to, r.kk, r.ru, r.en
        FROM {_given("blog", f"code text, agency text, valid_from date, valid_to date, {_NAMES}")}
        JOIN agency a ON a.code = r.agency
        """,
    ),
    _upsert(
        "service",
        "code",
        "code, place, kk, ru, en",
        f"SELECT * FROM {_given('service', f'code text, place smallint, {_NAMES}')}",
    ),
    f"""
    DELETE FROM agency_service s USING agency a
    WHERE a.id = s.agency_id AND (a.code, s.service) NOT IN (
        SELECT * FROM {_given("agency_service", "agency text, service text")})
    """,
    _upsert(
        "agency_service",
        "agency_id, service",
        "agency_id, service, offered, kk, ru, en",
        f"""
        SELECT a.id, r.service, r.offered, r.kk, r.ru, r.en
        FROM {_given("agency_service", f"agency text, service text, offered boolean, {_NAMES}")}
        JOIN agency a ON a.code = r.agency
        """,
    ),
)
