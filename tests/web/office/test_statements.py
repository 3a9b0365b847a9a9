"""How many statements a page asks of the database: each is a round trip, and a page of fifty asks no more."""

import asyncio
import re
from typing import Any
from urllib.parse import quote

import pytest

from app.staff.permissions import Role
from tests.casework.people import Office, registered, submission
from tests.web.office.conftest import entered

FRAME = re.compile(r"(SET LOCAL|SELECT set_config|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)", re.IGNORECASE)


@pytest.fixture
async def room(office: Office) -> list[str]:
    """An operator is in, and there are these cases."""
    await entered(office, "operator@energy", Role.OPERATOR)
    cases = await registered(office.db, [submission(f"{n} үйде жылу жоқ") for n in range(60)])
    return [one.number for one in cases]


async def asked(office: Office, address: str, **headers: str) -> int:
    statements: list[str] = []

    def note(record: Any) -> None:
        if not FRAME.match(record.query.strip()):
            statements.append(record.query)

    async with office.db.read() as connection:
        pass  # the one that the page reads by, too
    await office.client.get(address, headers=headers)  # what a type is the connection asks but once
    with connection.query_logger(note):
        answer = await office.client.get(address, headers=headers)
        await asyncio.sleep(0)  # it is told a moment later
    assert answer.status_code == 200, answer.text
    return len(statements)


@pytest.mark.parametrize("address", ["", "?view=all", "?view=all&topic=utilities", "?view=overdue"])
async def test_a_page_of_the_queue(office: Office, room: list[str], address: str) -> None:
    assert await asked(office, f"/office{address}") == 3


async def test_a_search(office: Office, room: list[str]) -> None:
    for words in (room[7], "жылу үйде"):
        assert await asked(office, f"/office?view=all&q={quote(words)}") == 3


async def test_the_queue_by_its_call(office: Office, room: list[str]) -> None:
    headers = (await office.person("asel@energy")).headers
    assert await asked(office, "/api/v1/queue?limit=50", **headers) == 2


async def test_a_case(office: Office, room: list[str]) -> None:
    """More than three: who reads it is kept, and what is told of it lies in several tables."""
    assert await asked(office, f"/office/cases/{room[0]}") <= 9


async def test_tracking(office: Office) -> None:
    """The wrong codes from this network, the appeal, its events, its parts, and what they say."""
    said = {"kind": "statement", "language": "kk", "text": "Үйде жылу жоқ.", "addressee": "energy"}
    filed = (await office.client.post("/api/v1/appeals", json=said)).json()
    headers = {"x-access-code": filed["access_code"]}
    assert await asked(office, f"/api/v1/appeals/{filed['number']}", **headers) <= 5
