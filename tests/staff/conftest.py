"""A person of the Ministry of Energy and a source to try sign-ins and keys with."""

from dataclasses import dataclass

import pytest

from app.core.db import Database
from app.staff import passwords, service
from app.staff.permissions import Role
from app.staff.repository import NewAccount

PASSWORD = "сегіз жолақты жол 2026"


@dataclass(frozen=True, slots=True)
class Person:
    account_id: int
    login: str
    password: str


@pytest.fixture(scope="session")
async def password_hash() -> str:
    return await passwords.hashed(PASSWORD)


async def agency_id(db: Database, code: str) -> int:
    async with db.read() as connection:
        return int(await connection.fetchval("SELECT id FROM agency WHERE code = $1", code))


async def make_person(db: Database, password_hash: str, login: str, role: Role) -> Person:
    account = NewAccount(login, "Айгүл Серікқызы", role, await agency_id(db, "energy"))
    assert await service.ensure_accounts(db, [account], password_hash) == 1
    async with db.read() as connection:
        account_id = await connection.fetchval("SELECT id FROM staff_account WHERE login = $1", login)
    return Person(account_id, login, PASSWORD)


@pytest.fixture
async def person(db: Database, password_hash: str) -> Person:
    return await make_person(db, password_hash, "aigul@energy", Role.OPERATOR)


@pytest.fixture
async def real_person(real_db: Database, password_hash: str) -> Person:
    return await make_person(real_db, password_hash, "aigul@energy", Role.OPERATOR)


@pytest.fixture
async def energy(db: Database) -> int:
    return await agency_id(db, "energy")


@pytest.fixture
async def sources(db: Database) -> list[int]:
    """The ids of two sources."""
    async with db.read() as connection:
        rows = await connection.fetch("SELECT id FROM source ORDER BY id LIMIT 2")
    return [row["id"] for row in rows]
