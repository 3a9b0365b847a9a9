"""The room without a browser, over a database whose changes are undone after each test."""

import re

import httpx
import pytest

from app.core.db import Database
from app.directory import snapshot
from app.staff import service
from app.staff.permissions import Role
from tests.casework.people import Office

PASSWORD = "a long password for tests"


@pytest.fixture
def office(db: Database, client: httpx.AsyncClient) -> Office:
    return Office(db, client)


async def entered(office: Office, login: str, role: Role) -> str:
    """Signed in to the room: the token of its forms."""
    agency = snapshot.current().agency(login.partition("@")[2]).id
    await service.create_account(office.db, login, login, role, agency, PASSWORD)
    door = await office.client.get("/office/sign-in?lang=en")
    token = re.search(r'name="form" value="([0-9a-f]+)"', door.text)
    assert token
    said = {"form": token[1], "login": login, "password": PASSWORD, "next": "/office"}
    assert (await office.client.post("/office/sign-in", data=said)).status_code == 303
    return token[1]
