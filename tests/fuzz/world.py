"""What the attack finds in the database, and everybody who calls: made by the service's own functions."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from app.appeals.access_code import access_code
from app.appeals.numbers import parse
from app.core.db import Database
from app.directory import snapshot
from app.staff import passwords, service
from app.staff.access import Asks, asks_of
from app.staff.permissions import Role, Scope, may
from app.staff.service import key_hash
from tests.casework.people import ANSWER, Office
from tests.questions.faq import HEATING, Faq
from tests.reception.desk import Desk, booking, reception
from tests.support import app_of

CENTRE = "109-turkistan"
BODIES = ("energy", "ecology", "akimat-turkistan")
OF_BODIES = tuple(f"{role}@{body}" for role in (Role.OPERATOR, Role.HEAD) for body in BODIES)
OF_ALL = tuple(f"{role}@administration" for role in (Role.CONTROLLER, Role.OPERATOR, Role.ADMIN))
STAFF = (*OF_BODIES, *OF_ALL)
PASSWORD = "a password of the attack alone"
NOBODY, APPLICANT = "nobody", "applicant"

# The calls close accounts, change roles and keys, sign people out: that is put back, or all end as nobody.
_STAFF_BACK = """
UPDATE staff_account AS a
SET active = true, role = k.role, password_hash = $3, tokens_valid_from = '2000-01-01T00:00:00Z'
FROM unnest($1::bigint[], $2::text[]) AS k (id, role) WHERE a.id = k.id
"""
_SESSIONS_BACK = """
INSERT INTO refresh_token (token_hash, family, account_id, expires_at)
SELECT uuid_send(family), family, id, now() + interval '1 day'
FROM unnest($1::bigint[], $2::uuid[]) AS k (id, family) ON CONFLICT DO NOTHING
"""
_CLIENTS_BACK = """
UPDATE api_client AS c SET active = true, expires_at = NULL, key_hash = k.hash
FROM unnest($1::bigint[], $2::bytea[]) AS k (id, hash) WHERE c.id = k.id
"""
_CODES = "SELECT code FROM {} ORDER BY code LIMIT 8"


def role_of(login: str) -> Role:
    return Role(login.partition("@")[0])


@dataclass
class World:
    """`staff`: account and session by login; `clients`: key by name; `codes`: access code by number; `known`:
    values by the names of fields; `callers`: who gets through an operation, by its label."""

    staff: dict[str, tuple[int, str]] = field(default_factory=dict)
    clients: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    known: dict[str, list[Any]] = field(default_factory=dict)
    callers: dict[str, list[str]] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)

    async def keep_up(self, db: Database) -> None:
        """Put everybody back every half second, until it is cancelled."""
        password = await passwords.hashed(PASSWORD)
        people = [(*self.staff[login], role_of(login)) for login in self.staff]
        ids, families, roles = ([one[place] for one in people] for place in range(3))
        hashes = [key_hash(key.encode()) for key in self.clients.values()]
        async with db.read() as connection:
            rows = await connection.fetch("SELECT id, key_hash FROM api_client")
        client = {row["key_hash"]: row["id"] for row in rows}
        while True:
            with suppress(asyncpg.PostgresError):  # somebody else did something at the same moment
                async with db.transaction() as connection:
                    await connection.execute(_STAFF_BACK, ids, roles, password)
                    await connection.execute(_SESSIONS_BACK, ids, families)
                    await connection.execute(_CLIENTS_BACK, [client[one] for one in hashes], hashes)
            await asyncio.sleep(0.5)


async def made(db: Database, client: httpx.AsyncClient) -> World:
    office, app = Office(db, client), app_of(client)
    world = World(document=app.openapi())
    await _people(office, world)
    await _clients(db, world)
    await _cases(office, world)
    await _rooms(office, world)
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                world.callers[f"{method} {route.path_format}"] = list(_who(route, world)) or [NOBODY]
    return world


async def _people(office: Office, world: World) -> None:
    async with office.db.read() as connection:
        for login in STAFF:
            person = await office.person(login)
            family = await connection.fetchval(
                "SELECT family FROM refresh_token WHERE account_id = $1", person.account_id
            )
            world.staff[login] = (person.account_id, str(family))


async def _clients(db: Database, world: World) -> None:
    """One of each scope, and one of all."""
    channels = [channel.code for channel in snapshot.current().channels()]
    source = snapshot.current().source(CENTRE).id
    for name, scopes in {**{str(scope): [scope] for scope in Scope}, "all": list(Scope)}.items():
        world.clients[name] = await service.create_client(db, source, name, scopes, channels)


async def _cases(office: Office, world: World) -> None:
    """Some at each body: new, claimed, answered; one forwarded, one complained about."""
    numbers = []
    for body in BODIES:
        for turn in range(4):
            filed = await office.file(addressee=body, kind="statement", text=f"Көшеде жарық жоқ, {turn}")
            numbers.append(filed.number)
            if turn == 1:
                await office.act(f"operator@{body}", filed.number, "claim")
            elif turn == 2:
                await office.act(f"operator@{body}", filed.number, "answer", **ANSWER)
    await office.act("operator@energy", numbers[0], "forward", to="ecology", reason="сіздердікі")
    complaint = await office.file(complaint_about=parse(numbers[2]), addressee=None, topic=None)
    for number in (*numbers, complaint.number):
        world.codes[number] = access_code(parse(number).appeal_id)


async def _rooms(office: Office, world: World) -> None:
    """A question with its answer, a reception with a booking, and what the directory has."""
    entry = await Faq(office.client, office).written(HEATING)
    slots = await Desk(office, "energy").slots(reception())
    booked = (await office.client.post("/api/v1/receptions/bookings", json=booking(slots[0]))).json()
    world.codes[booked["number"]] = booked["access_code"]
    async with office.db.read() as connection:
        found = {of: await connection.fetch(_CODES.format(of)) for of in ("agency", "topic", "region")}
    agencies, topics, regions = ([row["code"] for row in rows] for rows in found.values())
    bodies = [*BODIES, *agencies]
    world.known = {
        **dict.fromkeys(("agency", "addressee", "parent"), bodies),
        **{name: list(world.staff) for name in ("login", "username")},
        **{name: ["2026-01-01", "2026-11-27"] for name in ("from", "as_of", "day", "on", "until")},
        "to": [*bodies, *world.staff, "2026-11-27"],
        "number": list(world.codes),
        "code": [*bodies, *topics],
        "topic": topics,
        "region": regions,
        "channel": [channel.code for channel in snapshot.current().channels()],
        "slot": slots,
        "entry": [entry["id"]],
        "id": [1, 2, 3],
        "external_id": ["109-1", "109-2"],
        "password": [PASSWORD],
        "phone": ["+7 701 000 00 01"],
        "iin": ["850615499937"],
        "quarter": ["2026-Q4"],
        "If-Match": ["*", '"1"'],
    }


def _who(route: RouteContext, world: World) -> Iterator[str]:
    """Who gets through: by the narrowest of what the route asks of each kind of caller."""
    asked: dict[str, Asks] = {}
    for one in asks_of(route.dependant):
        if one.kind not in asked or one.act or one.scope:
            asked[one.kind] = one
    if "public" in asked:
        yield NOBODY
    if "citizen" in asked:
        yield APPLICANT
    if client := asked.get("client"):
        yield from (name for name in world.clients if client.scope in ("", name) or name == "all")
    if staff := asked.get("staff"):
        yield from (login for login in world.staff if not staff.act or may(role_of(login), staff.act))
