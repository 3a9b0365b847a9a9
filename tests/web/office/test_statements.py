"""How many statements a page asks of the database, who asks for it and that they read it included: each is a
round trip, and a page of fifty asks no more. None asks more than three."""

import asyncio
import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from app.core import clock
from app.intake.submission import Person
from app.staff.permissions import Role
from app.web.office import queue
from tests.attachments.files import sent
from tests.casework.people import ANSWER, Office, registered, submission
from tests.web.forms import token
from tests.web.office.conftest import entered

FRAME = re.compile(r"(SET LOCAL|SELECT set_config|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)", re.IGNORECASE)


@pytest.fixture
async def room(office: Office) -> list[str]:
    """An operator is in, and there are these cases."""
    await entered(office, "operator@energy", Role.OPERATOR)
    cases = await registered(office.db, [submission(f"{n} үйде жылу жоқ") for n in range(60)])
    return [one.number for one in cases]


async def asked(
    office: Office,
    address: str,
    headers: dict[str, str] | None = None,
    body: Any = None,
    *,
    for_the_first_time: bool = False,
) -> int:
    statements: list[str] = []

    def note(record: Any) -> None:
        if not FRAME.match(record.query.strip()):
            statements.append(record.query)

    async with office.db.read() as connection:
        pass  # the one that the page reads by, too

    async def ask() -> httpx.Response:
        return await office.client.request("POST" if body else "GET", address, json=body, headers=headers)

    if not for_the_first_time:
        await ask()  # what a type is the connection asks but once
    with connection.query_logger(note):
        answer = await ask()
        await asyncio.sleep(0)  # it is told a moment later
    assert answer.status_code == 200, answer.text
    return len(statements)


@pytest.mark.parametrize(
    ("address", "first"), [("", 3), ("?view=all", 3), ("?view=all&topic=utilities", 3), ("?view=overdue", 2)]
)
async def test_a_page_of_the_queue(office: Office, room: list[str], address: str, first: int) -> None:
    """Who asks, and the page; what is written in cases when this process has not shown them lately."""
    assert await asked(office, f"/office{address}") == 2
    queue._rows.forget()
    assert await asked(office, f"/office{address}", for_the_first_time=True) == first


async def test_the_rows_of_an_open_page(office: Office, room: list[str]) -> None:
    assert await asked(office, "/office/rows?view=all") == 2
    queue._rows.forget()
    assert await asked(office, "/office/rows?view=all", for_the_first_time=True) == 3


async def test_a_search(office: Office, room: list[str]) -> None:
    for words in (room[7], "жылу үйде"):
        assert await asked(office, f"/office?view=all&q={quote(words)}") == 2


async def test_the_queue_by_its_call(office: Office, room: list[str]) -> None:
    headers = (await office.person("asel@energy")).headers
    for address in ("limit=50", f"view=all&q={room[7]}", f"view=all&q={quote('жылу үйде')}"):
        assert await asked(office, f"/api/v1/queue?{address}", headers) == 2


async def test_a_case(office: Office, room: list[str]) -> None:
    """Which part of it one sees, and then all that is told of it, which keeps that it is read."""
    await told(office, room[0])
    assert await asked(office, f"/office/cases/{room[0]}") == 3


async def test_a_case_and_its_history_by_their_calls(office: Office, room: list[str]) -> None:
    await told(office, room[0])
    headers = (await office.person("operator@energy")).headers
    assert await asked(office, f"/api/v1/cases/{room[0]}", headers) == 3
    assert await asked(office, f"/api/v1/cases/{room[0]}/events", headers) == 3


async def told(office: Office, number: str) -> None:
    """Something of all that a case's page shows: notes, a draft, files."""
    await office.act("operator@energy", number, "claim")
    await office.act("operator@energy", number, "note", text="Ауданға қоңырау шалдым.")
    files = [(await sent(office.client))["id"]]
    await office.act("operator@energy", number, "answer", **ANSWER, attachments=files)
    await office.act("head@energy", number, "reopen", reason="Қайта салқындады.")
    await office.act("operator@energy", number, "draft", text="Құрметті", version=0)


async def test_what_somebody_wrote_before(office: Office) -> None:
    """By a hash of a telephone; that it was asked is kept with the answer, then what is shown of it."""
    wrote = Person(name="Сынақбаев Үлгібек", phone="+7 700 000-00-01")
    await office.file(applicant=wrote)
    headers = (await office.person("operator@energy")).headers
    assert await asked(office, "/api/v1/desk/earlier", headers, {"phone": "87000000001"}) == 3


@pytest.mark.parametrize("figure", ["pending", "received", "overdue"])
async def test_the_cases_behind_a_figure(office: Office, room: list[str], figure: str) -> None:
    days = f"figure={figure}&from={clock.today()}&to={clock.today()}&agency=energy"
    headers = (await office.person("controller@energy")).headers
    assert await asked(office, f"/api/v1/compliance/cases?{days}", headers) == 2
    await office.client.post("/office/sign-out")
    await entered(office, "controller@health", Role.CONTROLLER)
    assert await asked(office, f"/office/administration/cases?{days}") == 3


async def test_tracking(office: Office) -> None:
    """The wrong codes from this network, the appeal with all that became of it, and its files."""
    number, code = await tracked(office)
    assert await asked(office, f"/api/v1/appeals/{number}", {"x-access-code": code}) == 2
    number, code = await tracked(office, attachments=[(await sent(office.client))["id"]])
    assert await asked(office, f"/api/v1/appeals/{number}", {"x-access-code": code}) == 3


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
