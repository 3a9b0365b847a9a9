"""How many statements a page asks of the database: each is a round trip, and a page of fifty asks no more."""

import asyncio
import re
from typing import Any
from urllib.parse import quote

import pytest

from app.staff.permissions import Role
from tests.attachments.files import sent
from tests.casework.people import Office, registered, submission
from tests.web.forms import token
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


async def test_the_rows_of_an_open_page(office: Office, room: list[str]) -> None:
    assert await asked(office, "/office/rows?view=all") == 2


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
    """The wrong codes from this network, the appeal with all that became of it, and its files."""
    number, code = await tracked(office)
    assert await asked(office, f"/api/v1/appeals/{number}", **{"x-access-code": code}) == 2
    number, code = await tracked(office, attachments=[(await sent(office.client))["id"]])
    assert await asked(office, f"/api/v1/appeals/{number}", **{"x-access-code": code}) == 3


async def test_tracking_on_its_page(office: Office) -> None:
    number, code = await tracked(office, attachments=[(await sent(office.client))["id"]])
    form = token(await office.client.get("/appeals"))
    await office.client.post("/appeals", data={"form": form, "number": number, "code": code})
    assert await asked(office, f"/appeals/{number}") == 2


async def tracked(office: Office, **more: Any) -> tuple[str, str]:
    said = {"kind": "statement", "language": "kk", "text": "Үйде жылу жоқ.", "addressee": "energy", **more}
    filed = await office.client.post("/api/v1/appeals", json=said)
    assert filed.status_code == 201, filed.text
    return filed.json()["number"], filed.json()["access_code"]
