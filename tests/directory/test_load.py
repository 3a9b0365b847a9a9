"""Loading the data files into a real database, again and changed, and reading them back."""

import asyncio
import re
import shutil
import time
from datetime import date
from pathlib import Path

import pytest

import app.directory
from app.core.db import Database
from app.directory import snapshot
from app.directory.checks import checked_facts
from app.directory.files import DataError, Written, read_files
from app.directory.load import bump, facts_as_rows, load_directory
from app.directory.registry import Directory

DATA = Path(app.directory.__file__).parent / "data"
CHILDREN_FIRST = (
    "blog",
    "source",
    "competence",
    "agency_service",
    "service",
    "agency_successor",
    "agency_name",
    "agency",
    "region_name",
    "region",
    "channel",
    "topic",
    "directory_version",
)


async def rows_of(db: Database) -> dict[str, list[str]]:
    """Every row of the directory with its place and who wrote it: an untouched row stays equal."""
    async with db.read() as connection:
        return {
            table: [
                row[0]
                for row in await connection.fetch(
                    f"SELECT xmin || ' ' || ctid || ' ' || t FROM {table} t ORDER BY 1"
                )
            ]
            for table in CHILDREN_FIRST
        }


async def ids_of(db: Database) -> dict[str, int]:
    async with db.read() as connection:
        return {row["code"]: row["id"] for row in await connection.fetch("SELECT code, id FROM agency")}


async def read(db: Database) -> Directory:
    async with db.read() as connection:
        return await snapshot.read_directory(connection)


def changed(tmp_path: Path, file: str, old: str, new: str) -> Written:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder, dirs_exist_ok=True)
    content = (folder / file).read_text(encoding="utf-8")
    assert content.count(old) == 1
    (folder / file).write_text(content.replace(old, new), encoding="utf-8")
    return read_files(folder)


async def test_what_is_read_back_is_what_the_files_say(db: Database) -> None:
    await load_directory(db)
    known = await read(db)
    facts = checked_facts()
    plain = Directory(facts)
    assert len(known.agencies()) == len(plain.agencies())
    for agency in plain.agencies():
        stored = known.agency(agency.code)
        assert (stored.kind, stored.names, stored.valid_from, stored.valid_to, stored.hours) == (
            agency.kind, agency.names, agency.valid_from, agency.valid_to, agency.hours,
        )  # fmt: skip
        assert stored.approval_required == agency.approval_required
        assert (stored.warn_operator, stored.warn_head) == (agency.warn_operator, agency.warn_head)
        stored_parent, parent = known.parent(stored), plain.parent(agency)
        assert (stored_parent and stored_parent.code) == (parent and parent.code)
        assert [(a.code, link.since, link.topics) for a, link in known.successors(stored)] == [
            (a.code, link.since, link.topics) for a, link in plain.successors(agency)
        ]
    assert sorted(known.regions(), key=str) == sorted(facts.regions, key=str)
    assert sorted(known.topics(), key=str) == sorted(facts.topics, key=str)
    assert {source.code: source.channels for source in known.sources()} == {
        source.code: source.channels for source in facts.sources
    }


async def test_competence_read_back_is_that_of_the_files(db: Database) -> None:
    await load_directory(db)
    known, plain = await read(db), Directory(checked_facts())
    for row in checked_facts().competence:
        found, wanted = (
            directory.competent(row.topic, row.region, row.valid_from) for directory in (known, plain)
        )
        assert found is not None
        assert wanted is not None
        assert found.code == wanted.code


async def test_a_second_load_touches_nothing(db: Database) -> None:
    first = await load_directory(db)
    before = await rows_of(db)
    again = await load_directory(db)
    assert (again.version, again.changed) == (first.version, False)
    assert await rows_of(db) == before


async def test_a_change_touches_only_what_changed(db: Database, tmp_path: Path) -> None:
    first = await load_directory(db)
    before, ids = await rows_of(db), await ids_of(db)
    written = changed(tmp_path, "topics.toml", 'ru = "Налоги"', 'ru = "Налоги и сборы"')
    loaded = await load_directory(db, written)
    assert (loaded.version, loaded.changed) == (first.version + 1, True)
    after = await rows_of(db)
    differ = {table: len(set(after[table]) - set(before[table])) for table in CHILDREN_FIRST}
    assert {table: count for table, count in differ.items() if count} == {"topic": 1, "directory_version": 1}
    assert await ids_of(db) == ids
    assert (await read(db)).topic("tax").name("ru") == "Налоги и сборы"


async def test_an_agencys_own_warnings_are_loaded_and_taken_back(db: Database, tmp_path: Path) -> None:
    await load_directory(db)
    health = (await read(db)).agency("health")
    assert (health.warn_operator, health.warn_head) == (5, 2)
    await load_directory(
        db, changed(tmp_path, "agencies.toml", "warn_operator = 5\nwarn_head = 2\n", "warn_head = 0\n")
    )
    health = (await read(db)).agency("health")
    assert (health.warn_operator, health.warn_head) == (None, 0)


async def test_a_renaming_keeps_the_code_and_the_old_name(db: Database, tmp_path: Path) -> None:
    await load_directory(db)
    ids = await ids_of(db)
    old = '{ kk = "Энергетика министрлігі", ru = "Министерство энергетики", en = "Ministry of Energy" }'
    renamed = 'kk = "Қуат министрлігі", ru = "Министерство энергии", en = "Energy Ministry"'
    new = f"{old}, {{ from = 2027-01-01, {renamed} }}"
    await load_directory(db, changed(tmp_path, "agencies.toml", old, new))
    energy = (await read(db)).agency("energy")
    assert energy.id == ids["energy"]
    assert energy.name("en", date(2026, 12, 31)) == "Ministry of Energy"
    assert energy.name("en", date(2027, 1, 1)) == "Energy Ministry"


async def test_a_corrected_day_leaves_no_second_name_behind(db: Database, tmp_path: Path) -> None:
    await load_directory(db)
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    agencies = folder / "agencies.toml"
    moved = re.sub(r"\bfrom = 2025-09-18\b", "from = 2025-09-20", agencies.read_text(encoding="utf-8"))
    agencies.write_text(moved.replace("to = 2025-09-17", "to = 2025-09-19"), encoding="utf-8")
    await load_directory(db, read_files(folder))
    digital = (await read(db)).agency("digital")
    assert [name.valid_from for name in digital.names] == [date(2007, 1, 1), date(2025, 9, 20)]


async def test_another_default_successor_takes_the_first_ones_place(db: Database, tmp_path: Path) -> None:
    await load_directory(db)
    written = changed(
        tmp_path,
        "agencies.toml",
        '[{ code = "culture-information" }, { code = "tourism-sport", topics = [] }]',
        '[{ code = "tourism-sport" }, { code = "culture-information", topics = ["digital"] }]',
    )
    await load_directory(db, written)
    known = await read(db)
    sport = known.agency("culture-sport")
    assert known.successor(sport, None, date(2026, 1, 1)).code == "tourism-sport"
    assert known.successor(sport, "digital", date(2026, 1, 1)).code == "culture-information"


async def test_what_the_files_no_longer_name_stays(db: Database, tmp_path: Path) -> None:
    await load_directory(db)
    content = (DATA / "sources.toml").read_text(encoding="utf-8")
    start = content.index('[[source]]\ncode = "energy-direct"')
    entry = content[start : content.index("[[source]]", start + 1)]
    await load_directory(db, changed(tmp_path, "sources.toml", entry, ""))
    assert (await read(db)).source("energy-direct").channels == ("social",)


async def test_competence_follows_the_files(db: Database, tmp_path: Path) -> None:
    await load_directory(db)
    written = changed(tmp_path, "competence.toml", 'agencies = ["finance"]', 'agencies = ["economy"]')
    await load_directory(db, written)
    found = (await read(db)).competent("tax", "KZ-11", date(2026, 1, 1))
    assert found is not None
    assert found.code == "economy"


async def test_bad_files_change_nothing(db: Database, tmp_path: Path) -> None:
    await load_directory(db)
    before = await rows_of(db)
    with pytest.raises(DataError):
        await load_directory(db, changed(tmp_path, "sources.toml", 'agency = "energy"', 'agency = "nobody"'))
    assert await rows_of(db) == before


async def test_an_empty_database_is_loaded_within_a_second(real_db: Database) -> None:
    async with real_db.transaction() as connection:
        await connection.execute("UPDATE agency SET parent_id = NULL; UPDATE region SET formed_from = NULL")
        for table in CHILDREN_FIRST:
            await connection.execute(f"DELETE FROM {table}")
    began = time.perf_counter()
    loaded = await load_directory(real_db)
    assert time.perf_counter() - began < 1
    assert (loaded.version, loaded.changed) == (1, True)
    assert len((await read(real_db)).agencies()) == len(Directory(checked_facts()).agencies())


async def test_of_two_loaders_at_once_one_loads(real_db: Database, tmp_path: Path) -> None:
    written = changed(tmp_path, "topics.toml", 'ru = "Налоги"', 'ru = "Налоги и сборы"')
    loaded = await asyncio.gather(*(load_directory(real_db, written) for _ in range(4)))
    assert sorted(one.changed for one in loaded) == [False, False, False, True]
    assert len({one.version for one in loaded}) == 1


async def test_a_change_elsewhere_is_seen_by_refresh(db: Database) -> None:
    await load_directory(db)
    held = await snapshot.refresh(db)
    assert await snapshot.refresh(db) is held
    async with db.transaction() as connection:
        await connection.execute(
            "INSERT INTO calendar_override VALUES ('2026-11-24', '2026-11-01', false, 'a test')"
        )
        await bump(connection)
    renewed = await snapshot.refresh(db)
    assert renewed is snapshot.current()
    assert renewed.version == held.version + 1
    assert held.calendar.is_working_day(date(2026, 11, 24))
    assert not renewed.calendar.is_working_day(date(2026, 11, 24))
    snapshot.set_current(held)


async def test_kept_fresh_looks_again_by_itself(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    held = await snapshot.refresh(db)
    renewed, hold = asyncio.Event(), snapshot.set_current

    def hold_and_tell(directory: Directory) -> None:
        hold(directory)
        renewed.set()

    monkeypatch.setattr(snapshot, "set_current", hold_and_tell)
    async with snapshot.kept_fresh(db, seconds=0.01):
        async with db.transaction() as connection:
            await bump(connection)
        await asyncio.wait_for(renewed.wait(), 5)
    assert snapshot.current().version == held.version + 1
    hold(held)


async def test_kept_fresh_survives_a_database_that_cannot_be_read(
    db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    held = await snapshot.refresh(db)
    failed_twice, failures = asyncio.Event(), iter(range(2, 1_000_000))

    def fail(directory: Directory) -> None:
        if next(failures) > 2:
            failed_twice.set()
        raise ConnectionResetError("the database went away")

    monkeypatch.setattr(snapshot, "set_current", fail)
    async with db.transaction() as connection:
        await bump(connection)
    async with snapshot.kept_fresh(db, seconds=0.01):
        await asyncio.wait_for(failed_twice.wait(), 5)
    assert "could not be read again: ConnectionResetError" in caplog.text
    assert snapshot.current() is held


async def test_an_empty_directory_says_so(db: Database) -> None:
    async with db.transaction() as connection:
        await connection.execute("DELETE FROM directory_version")
        with pytest.raises(RuntimeError, match="load the reference data first"):
            await snapshot.read_directory(connection)


def test_rows_name_codes_that_the_same_rows_define() -> None:
    rows = facts_as_rows(checked_facts())
    codes = {row["code"] for row in rows["agency"]}
    assert {row["agency"] for row in rows["competence"]} <= codes
    assert {row["parent"] for row in rows["agency"]} - {None} <= codes
