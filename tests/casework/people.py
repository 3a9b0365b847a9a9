"""Staff with tokens, made without a password, and the calls that the tests make as them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx

from app.appeals.codes import Kind
from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from app.intake.register import register
from app.intake.submission import Registration, Submission
from app.staff import service, tokens
from app.staff.permissions import Role
from app.staff.repository import NewAccount

NO_PASSWORD = "nobody signs in with this"


@dataclass(frozen=True, slots=True)
class Person:
    account_id: int
    login: str
    name: str
    headers: dict[str, str]


async def make_person(db: Database, login: str, role: Role, name: str) -> Person:
    """An account and a session of it; the agency is the login's."""
    agency = snapshot.current().agency(login.partition("@")[2])
    await service.ensure_accounts(db, [NewAccount(login, name, role, agency.id)], NO_PASSWORD)
    family = uuid4()
    async with db.transaction() as connection:
        account_id = await connection.fetchval("SELECT id FROM staff_account WHERE login = $1", login)
        await connection.execute(
            "INSERT INTO refresh_token (token_hash, family, account_id, expires_at) VALUES ($1, $2, $3, $4)",
            family.bytes,
            family,
            account_id,
            clock.now() + clock.days(1),
        )
    headers = {"authorization": f"Bearer {tokens.issue(account_id, family)}"}
    return Person(account_id, login, name, headers)


def submission(text: str = "Үйде үш күннен бері жылу жоқ", **changes: Any) -> Submission:
    values: dict[str, Any] = {
        "kind": Kind.COMPLAINT,
        "language": "kk",
        "text": text,
        "channel": "reception_room",
        "source": "citizen-api",
        "received_at": clock.now(),
        "topic": "utilities",
        "addressee": "energy",
    }
    return Submission(**(values | changes))


async def registered(db: Database, submissions: Sequence[Submission]) -> list[Registration]:
    async with db.transaction() as connection:
        done = await register(connection, submissions, snapshot.current())
    assert all(isinstance(one, Registration) for one in done), done
    return [one for one in done if isinstance(one, Registration)]


@dataclass
class Office:
    """The calls of a test over one database and one client."""

    db: Database
    client: httpx.AsyncClient
    people: dict[str, Person] = field(default_factory=dict)

    async def person(self, login: str) -> Person:
        """`operator@energy`, `head@health`, …: the login's first word is the role; else an operator."""
        if login not in self.people:
            word = login.partition("@")[0]
            role = Role(word) if word in set(Role) else Role.OPERATOR
            self.people[login] = await make_person(self.db, login, role, f"Сынақ {login}")
        return self.people[login]

    async def file(self, received_at: datetime | None = None, **changes: Any) -> Registration:
        when: dict[str, Any] = {"received_at": received_at} if received_at else {}
        return (await registered(self.db, [submission(**changes, **when)]))[0]

    async def get(self, login: str, path: str, **params: Any) -> httpx.Response:
        person = await self.person(login)
        return await self.client.get(f"/api/v1{path}", headers=person.headers, params=params)

    async def case(self, login: str, number: str) -> dict[str, Any]:
        answer = await self.get(login, f"/cases/{number}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        assert answer.headers["etag"] == f'"{found["version"]}"'
        return found

    async def try_act(
        self, login: str, number: str, act: str, seen: str | None = "*", **body: Any
    ) -> httpx.Response:
        person = await self.person(login)
        headers = person.headers | ({"if-match": seen} if seen is not None else {})
        return await self.client.post(f"/api/v1/cases/{number}/{act}", headers=headers, json=body)

    async def act(
        self, login: str, number: str, act: str, seen: str | None = "*", **body: Any
    ) -> dict[str, Any]:
        """An act that succeeds: the case as it is then."""
        answer = await self.try_act(login, number, act, seen, **body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        assert answer.headers["etag"] == f'"{found["version"]}"'
        return found

    async def queue(self, login: str, **params: Any) -> list[str]:
        """The numbers of one page of the queue, in its order."""
        answer = await self.get(login, "/queue", **params)
        assert answer.status_code == 200, answer.text
        return [item["number"] for item in answer.json()["items"]]


ANSWER = {"outcome": "explained", "text": "Жылу ертең беріледі.", "language": "kk", "legal_basis": "ӘРПК 76"}
