"""What a test key sends is before nobody and in no figure: everything that can be read is read twice."""

import itertools
import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from app.core import clock
from app.core.db import Database
from app.delivery.fanout import fan_out
from app.oversight import recount
from app.settings import Settings
from tests.casework.people import Office
from tests.intake.tickets.centre import Centre, good, open_centre, ticket
from tests.sandbox.conftest import open_sandbox
from tests.sandbox.test_life import ANSWER, tried

TODAY = clock.today().isoformat()
# Of the process or of this very moment.
# An administrator keeps the clients of sandboxes like any other.
NOT_COMPARED = {"/metrics", "/readyz", "/openapi.json", "/api/v1/admin/clients"}
# What is asked besides the bare path.
ASKED = {
    "/api/v1/queue": [
        *(f"view={view}" for view in ("unclaimed", "mine", "awaiting_approval", "overdue", "all")),
        *("view=all&q=90000001", "view=all&q=90000000", "view=all&q=дүмше", "view=all&channel=call_centre"),
    ],
    "/api/v1/statistics/agencies": [
        f"from=2026-01-01&to=2026-12-31&{more}"
        for more in ("basis=activity", "channel=call_centre", "agency=akimat-turkistan", "topic=utilities")
    ],
    "/api/v1/statistics/calls": ["from=2026-01-01&to=2026-12-31&source=109-turkistan"],
    "/open311/v2/requests.{ending}": ["status=open", "status=closed", "service_code=utilities"],
    "/api/v1/directory/agencies": ["q=sandbox", "q=сынақ", "q=интегратор"],
}
PEOPLE = (
    *("operator@akimat-turkistan", "head@akimat-turkistan", "operator@energy", "head@energy"),
    *("operator@administration", "head@administration", "controller@administration"),
    "admin@administration",
)


class Values(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "1"


def paths(app: FastAPI, values: Values) -> Iterator[str]:
    """Every address that can be read, with these values in it, and all that can be asked of it."""
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, APIRoute) or "GET" not in (route.methods or ()):
            continue
        if (bare := route.path or "") in NOT_COMPARED:
            continue
        path = bare.replace(":path}", "}").format_map(values)
        yield path
        yield from (f"{path}?{query}" for query in ASKED.get(bare, ()))


def comparable(answer: httpx.Response) -> Any:
    """What it says; a place in the order of all transactions moves with every one."""
    content = answer.content
    if content.startswith(b"PK"):  # a workbook and a copy also hold the moment at which they were made
        with ZipFile(BytesIO(content)) as parts:
            if "copy.json" not in parts.namelist():
                return answer.status_code, parts.read("xl/worksheets/sheet1.xml")
            content = parts.read("copy.json")
    try:
        said = json.loads(content)
    except ValueError:
        return answer.status_code, answer.text
    if isinstance(said, dict):
        if "made_at" in said:
            said = said["appeal"]
        said.pop("next_cursor", None)
        said.pop("proof", None)  # by when it is sealed moves with the minutes
        said.pop("looked", None)  # by everybody who reads here
    return answer.status_code, said


async def readers(office: Office, centre: Centre, code: str) -> dict[str, dict[str, str]]:
    """Everybody who can read anything, and the headers that they come with."""
    people = {login: (await office.person(login)).headers for login in PEOPLE}
    clients = {
        "call centre": centre.headers,
        "another": (await open_centre(centre.db, centre.client, "109-mangystau")).headers,
        "open311": (await open_centre(centre.db, centre.client, "open311", channels=["open311"])).headers,
    }
    return {"public": {}, "citizen": {"x-access-code": code}} | people | clients


async def everything(
    app: FastAPI, client: httpx.AsyncClient, who: dict[str, dict[str, str]], values: Values
) -> dict[tuple[str, str], Any]:
    return {
        (name, path): comparable(await client.get(path, headers=headers))
        for path in paths(app, values)
        for name, headers in who.items()
    }


async def sandbox_is_used(db: Database, client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Tests of every state, and a public one: those of a call centre and of an application."""
    sandbox = await open_sandbox(db, client)
    brought = []
    for n in range(6):
        said = ticket(f"t-{n}", text="дүмше сынақ", listed=True, addressee="energy" if n % 2 else None)
        brought.append(good(await sandbox.bring(said), 201))
    await tried(sandbox, "forward", "t-0", to="health", reason="Оныкі.")
    await tried(sandbox, "answer", "t-1", **ANSWER)
    await tried(sandbox, "suspend", "t-2", ground="court", reason="Сот.")
    await tried(sandbox, "terminate", "t-3", ground="no_essence", reason="Мәні жоқ.")
    code = {"x-access-code": brought[1]["access_code"]}
    await client.post(f"/api/v1/appeals/{brought[1]['number']}/complaint", headers=code, json={"text": "Ш"})
    refused_one = await sandbox.bring(ticket("bad", topic="nothing"))
    assert refused_one.status_code == 422
    call = {"external_id": "c-1", "at": clock.now().isoformat()}
    assert (await sandbox.ask("POST", "/consultations", json=call)).status_code == 201
    await sandbox.declared(TODAY, 99)
    async with db.transaction() as connection:  # long ago, so that what is late would be seen to be
        await connection.execute("UPDATE holding SET due_on = '2026-01-09' WHERE stands_for IS NOT NULL")
    vendor = await open_sandbox(db, client, "open311")
    form = {"api_key": vendor.key, "service_code": "utilities", "description": "Сынақ", "address_string": "5"}
    answer = await client.post("/open311/v2/requests.json", data=form)
    assert answer.status_code == 201, answer.text
    return brought


async def test_nobody_sees_and_nothing_counts_what_a_test_key_sends(
    app: FastAPI, db: Database, client: httpx.AsyncClient, centre: Centre, office: Office
) -> None:
    real = good(await centre.bring(ticket("real", listed=True)), 201)
    who = await readers(office, centre, real["access_code"])
    values = Values(
        number=real["number"],
        day=TODAY,
        external_id="real",
        ending="json",
        code="utilities",
        service_request_id=real["number"],
    )
    before = await everything(app, client, who, values)
    statuses = [status for status, _ in before.values()]
    assert statuses.count(200) > 60, "most of what there is can be read by somebody"
    assert not {status for status in statuses if status >= 500}
    tests = await sandbox_is_used(db, client)
    after = await everything(app, client, who, values)
    differs = {place: (before[place], after[place]) for place in before if before[place] != after[place]}
    # The directory's version has moved, because there is another source: which, it does not say.
    differs = {place: pair for place, pair in differs.items() if _without_version(pair) is None}
    assert not differs
    await _not_by_its_number(app, client, who, tests[0])


def _without_version(pair: tuple[Any, Any]) -> Any:
    """The answer, where both are the same but for the directory's version; else None."""
    (status, one), (other_status, other) = pair
    if not isinstance(one, dict) or "version" not in one:
        return None
    bare = [{name: value for name, value in said.items() if name != "version"} for said in (one, other)]
    return bare[0] if status == other_status and bare[0] == bare[1] else None


async def _not_by_its_number(
    app: FastAPI, client: httpx.AsyncClient, who: dict[str, dict[str, str]], test: dict[str, Any]
) -> None:
    """Nor by asking for it outright; its own access code alone opens it."""
    number = test["number"]
    values = Values(
        number=number,
        external_id="t-0",
        ending="json",
        code="utilities",
        service_request_id=number,
        day=TODAY,
    )
    named = [path for path in paths(app, values) if number in path or path.endswith("/t-0")]
    assert len(named) >= 5
    for path, (name, headers) in itertools.product(named, who.items()):
        answer = await client.get(path, headers=headers)
        shown = answer.status_code == 200 and number in answer.text
        assert not shown, (name, path)


async def test_no_person_acts_on_a_test(office: Office, sandbox: Centre) -> None:
    brought = await sandbox.brought(addressee="energy")
    for login in ("operator@energy", "head@energy", "controller@administration"):
        for act, said in (("claim", {}), ("answer", ANSWER), ("control", {"on": True, "reason": "?"})):
            answer = await office.try_act(login, brought["number"], act, **said)
            assert answer.status_code in {403, 404}, (login, act)
    person = await office.person("operator@energy")
    taken = await office.client.post("/api/v1/queue/claim", headers=person.headers, json={})
    assert taken.json() == {"items": []}


async def test_the_figures_can_be_recounted(db: Database, centre: Centre, client: httpx.AsyncClient) -> None:
    await centre.brought()
    await sandbox_is_used(db, client)
    async with db.read() as connection:
        for agency in await recount.counted_agencies(connection):
            assert not await recount.differences(connection, agency["id"])
            assert not await recount.astray(connection, agency["id"])
        assert await connection.fetchval("SELECT sum(received) FROM counter_delta") == 1


async def test_only_subscribers_are_told(db: Database, centre: Centre, sandbox: Centre) -> None:
    """An address in a test may be anybody's."""
    reachable = {"name": "Әлия", "email": "somebody@example.kz", "phone": "+77011234567"}
    for desk in (centre, sandbox):
        said = {"url": f"https://screen-{desk.source_id}.example.kz/", "events": ["appeal.registered"]}
        async with db.transaction() as connection:  # its name need not exist
            await connection.execute(
                "INSERT INTO subscription (client_id, url, events, secret, created_at) "
                "SELECT max(id), $2, ARRAY['appeal.registered'], '', $3 FROM api_client WHERE source_id = $1",
                desk.source_id, said["url"], clock.now(),
            )  # fmt: skip
        await desk.brought(applicant=reachable)
    await fan_out(db, Settings(smtp_url="smtp://localhost", sms_url="http://localhost"))
    found = await sandbox.rows(
        "SELECT d.way, d.appeal_id % 100000000 >= 90000000 AS test FROM delivery d ORDER BY d.id"
    )
    assert sorted((one["way"], one["test"]) for one in found) == [
        ("email", False), ("webhook", False), ("webhook", True),
    ]  # fmt: skip
