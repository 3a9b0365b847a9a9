"""What an administrator changes in the reference data, and what becomes of it when files are loaded again."""

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

import app.directory
from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from app.directory.files import Written, read_files
from app.directory.load import load_directory
from app.staff import service
from app.staff.permissions import Role

DATA = Path(app.directory.__file__).parent / "data"
PASSWORD = "a long password for tests"
CALLS = "/api/v1/admin/directory"
ENERGY: dict[str, Any] = {"kk": "Қуат министрлігі", "ru": "Министерство энергии", "en": "Energy Ministry"}
TAX: dict[str, Any] = {"kk": "Салық пен алым", "ru": "Налоги и сборы", "en": "Taxes and duties"}


class Admin:
    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client, self.headers = client, {"authorization": f"Bearer {token}", "accept-language": "kk"}

    async def get(self, path: str, status: int = 200) -> Any:
        answer = await self.client.get(f"{CALLS}/{path}", headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def post(self, path: str, status: int = 200, /, **said: Any) -> Any:
        answer = await self.client.post(f"{CALLS}/{path}", headers=self.headers, json=said)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def version(self, thing: str) -> str:
        return str((await self.get(thing))["version"])


@pytest.fixture
async def admin(db: Database, client: httpx.AsyncClient) -> Admin:
    desk = snapshot.current().agency("administration").id
    await service.create_account(db, "admin@test", "Сынақбаев Қайрат", Role.ADMIN, desk, PASSWORD)
    answer = await client.post("/api/v1/auth/token", data={"username": "admin@test", "password": PASSWORD})
    return Admin(client, answer.json()["access_token"])


def files(tmp_path: Path, *changes: tuple[str, str, str]) -> Written:
    """The data files with words replaced."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder, dirs_exist_ok=True)
    for name, old, new in changes:
        content = (folder / name).read_text(encoding="utf-8")
        assert content.count(old) == 1
        (folder / name).write_text(content.replace(old, new), encoding="utf-8")
    return read_files(folder)


async def read(db: Database) -> snapshot.Directory:
    async with db.read() as connection:
        return await snapshot.read_directory(connection)


async def audited(db: Database) -> list[tuple[str, dict[str, Any]]]:
    async with db.read() as connection:
        rows = await connection.fetch("SELECT act, details FROM audit_entry ORDER BY id")
    return [(row["act"], row["details"]) for row in rows]


async def test_a_changed_name_outlives_the_next_load(db: Database, admin: Admin, tmp_path: Path) -> None:
    was = (await read(db)).topic("tax").name("ru")
    before = (await read(db)).version
    await admin.post("topic/tax/names", **TAX, version=await admin.version("topic/tax"))
    assert (await read(db)).version == before + 1, "every process looks at this number"
    assert snapshot.current().topic("tax").name("ru") == TAX["ru"]
    other = files(tmp_path, ("topics.toml", 'ru = "Жильё"', 'ru = "Жилище"'))
    loaded = await load_directory(db, other)
    assert (loaded.changed, loaded.said) == (True, [])
    known = await read(db)
    assert (known.topic("tax").name("ru"), known.topic("housing").name("ru")) == (TAX["ru"], "Жилище")
    ((act, details),) = await audited(db)
    assert (act, details["was"]["ru"], details["is"]["ru"]) == ("directory_changed", was, TAX["ru"])


async def test_files_that_say_another_thing_since_are_told_of_and_can_be_taken(
    db: Database, admin: Admin, tmp_path: Path
) -> None:
    await admin.post("topic/tax/names", **TAX, version=await admin.version("topic/tax"))
    loaded = await load_directory(db, files(tmp_path, ("topics.toml", 'ru = "Налоги"', 'ru = "Сборы"')))
    (told,) = loaded.said
    assert "tax" in told
    assert "Сборы" in told
    assert (await read(db)).topic("tax").name("ru") == TAX["ru"]
    (change,) = (await admin.get("changes"))["items"]
    assert change["files_say"]["ru"] == "Сборы"
    taken = await admin.post(f"changes/{change['id']}/take-back")
    assert taken["items"][0]["in_force"] is False
    assert (await read(db)).topic("tax").name("ru") == "Сборы"
    await admin.post(f"changes/{change['id']}/take-back", 409)
    await admin.post("changes/999999/take-back", 404)
    assert [act for act, _ in await audited(db)] == ["directory_changed", "directory_taken_back"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.transaction() as connection:
            await connection.execute("DELETE FROM directory_change")


async def test_files_that_contradict_a_change_leave_all_as_it_was(
    db: Database, admin: Admin, tmp_path: Path
) -> None:
    day = "2027-01-01"
    version = await admin.version("agency/energy")
    await admin.post("agency/energy/dated-names", **ENERGY | {"from": day}, version=version)
    written = files(tmp_path, ("agencies.toml", 'en = "Ministry of Health"', 'en = "Energy Ministry"'))
    loaded = await load_directory(db, written)
    assert loaded.changed is False
    assert "Energy Ministry" in loaded.said[0]
    assert (await read(db)).agency("health").name("en", date(2027, 1, 1)) == "Ministry of Health"
    (change,) = (await admin.get("changes?kind=agency&code=energy"))["items"]
    await admin.post(f"changes/{change['id']}/take-back")
    assert (await load_directory(db, written)).changed


async def test_a_name_from_a_day_on_keeps_the_one_before(db: Database, admin: Admin) -> None:
    version = await admin.version("agency/energy")
    thing = await admin.post("agency/energy/dated-names", **ENERGY | {"from": "2027-01-01"}, version=version)
    energy = snapshot.current().agency("energy")
    assert energy.name("en", date(2026, 12, 31)) == "Ministry of Energy"
    assert energy.name("en", date(2027, 1, 1)) == "Energy Ministry"
    mended = ENERGY | {"en": "Ministry of Power", "from": "2027-01-01"}
    thing = await admin.post("agency/energy/dated-names", **mended, version=thing["version"])
    assert [name["en"] for name in thing["names"]] == ["Ministry of Energy", "Ministry of Power"]
    again = await admin.post("agency/energy/dated-names", **mended, version=thing["version"])
    assert again["version"] == thing["version"]
    assert len(await audited(db)) == 2, "what is so already is no change"
    old = await admin.post("region/KZ-61/dated-names", 409, **ENERGY | {"from": "2027-01-01"}, version="x")
    assert old["code"] == "directory_moved"
    fresh = ENERGY | {"from": "2027-01-01", "version": old["version"]}
    await admin.post("region/KZ-61/dated-names", **fresh)
    assert snapshot.current().region("KZ-61").name("kk", date(2027, 1, 2)) == ENERGY["kk"]


async def test_what_will_not_do_is_said_by_field_in_the_callers_language(admin: Admin) -> None:
    version = await admin.version("agency/energy")
    taken = ENERGY | {"en": "ministry of health", "from": "2006-01-01", "version": version}
    wrong = await admin.post("agency/energy/dated-names", 422, **taken)
    assert [(one["field"], one["code"]) for one in wrong["errors"]] == [
        ("en", "name_taken"),
        ("from", "outside_its_days"),
    ]
    assert "health" in wrong["errors"][0]["message"]
    hours = {"opens": "18:00", "closes": "09:00", "warn_operator": 1, "warn_head": 2}
    wrong = await admin.post("agency/energy/settings", 422, **hours, version=version)
    assert [one["field"] for one in wrong["errors"]] == ["closes", "warn_head"]
    department = await admin.version("agency/justice-dept-astana")
    for parent, code in (("nobody", "unknown_code"), ("justice-dept-astana", "part_of_itself")):
        wrong = await admin.post(
            "agency/justice-dept-astana/settings", 422, parent=parent, version=department
        )
        assert wrong["errors"][0]["code"] == code
    end = {"last_day": "2020-01-01", "successor": "justice", "version": await admin.version("agency/justice")}
    wrong = await admin.post("agency/justice/end", 422, **end)
    assert {one["code"] for one in wrong["errors"]} == {"day_passed", "unknown_code", "has_bodies_below"}
    await admin.get("agency/sandbox", 404)
    await admin.get("topic/nothing", 404)


async def test_a_body_is_made_moved_and_ended(db: Database, admin: Admin, tmp_path: Path) -> None:
    new = {
        "code": "energy-dept-test",
        "kind": "territorial_department",
        "parent": "energy",
        "region": "KZ-61",
    }
    await admin.post("agency", 201, **ENERGY | new | {"from": clock.today().isoformat()})
    await admin.post("agency", 422, **ENERGY | new | {"from": clock.today().isoformat()})
    made = snapshot.current().agency("energy-dept-test")
    assert made.id in snapshot.current().subtree_ids(snapshot.current().agency("energy").id)
    version = await admin.version("agency/energy-dept-test")
    thing = await admin.post("agency/energy-dept-test/settings", parent="health", week=6, version=version)
    assert (thing["settings"]["parent"], thing["settings"]["week"]) == ("health", 6)
    last = clock.today() + timedelta(days=30)
    end = {"last_day": last.isoformat(), "successor": "digital"}
    await admin.post("agency/energy/end", 200, **end, version=await admin.version("agency/energy"))
    known, after = snapshot.current(), last + timedelta(days=1)
    energy = known.agency("energy")
    assert (energy.valid(last), energy.valid(after)) == (True, False)
    assert known.holder(energy, "energy", after).code == "digital"
    await load_directory(db, files(tmp_path, ("topics.toml", 'ru = "Жильё"', 'ru = "Жилище"')))
    assert (await read(db)).agency("energy").valid_to == last
    (change, *_) = (await admin.get("changes?kind=agency&code=energy"))["items"]
    await admin.post(f"changes/{change['id']}/take-back")
    assert snapshot.current().agency("energy").valid_to is None
    (first,) = (await admin.get("changes?code=energy-dept-test&limit=1"))["items"]
    assert first["what"] == "agency_settings"


async def test_who_answers_from_a_day_on(db: Database, admin: Admin) -> None:
    day = clock.today() + timedelta(days=10)
    known = snapshot.current()
    national, akimat = (known.competent("utilities", region, day) for region in (None, "KZ-61"))
    assert national
    assert akimat
    answer = {"region": "KZ-61", "agency": "energy", "from": day.isoformat()}
    version = await admin.version("topic/utilities")
    thing = await admin.post("topic/utilities/competence", **answer, version=version)
    known = snapshot.current()
    found = known.competent("utilities", "KZ-61", day)
    before = known.competent("utilities", "KZ-61", day - timedelta(days=1))
    assert (found and found.code, before) == ("energy", akimat)
    assert known.competent("utilities", None, day) == national
    none = {"region": "KZ-61", "agency": None, "from": day.isoformat()}
    thing = await admin.post("topic/utilities/competence", **none, version=thing["version"])
    assert snapshot.current().competent("utilities", "KZ-61", day) == national
    wrong = {"region": None, "agency": None, "from": "2020-01-01", "version": thing["version"]}
    told = await admin.post("topic/utilities/competence", 422, **wrong)
    assert {one["field"] for one in told["errors"]} == {"from", "agency"}
