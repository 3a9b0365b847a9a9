"""What an administrator keeps: people, clients and the calendar, each change with its entry."""

import re
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from app.core import clock
from app.core.db import Database
from app.core.errors import Invalid
from app.core.i18n import LANGUAGES, Language
from app.directory import snapshot
from app.staff import people, service
from app.staff.permissions import Role, Scope
from tests.oversight.desk import Desk
from tests.web.administration.room import PASSWORD, entered, version

ROOM = "/office/administration"
PAGES = ("people", "clients", "calendar", "rules", "reference", "audit", "readings")
NEW = {
    "login": "aigerim@health",
    "name": "Айгерім Сынақбаева",
    "role": "operator",
    "agency": "health",
    "password": "a first password",
}


async def entries(db: Database) -> list[tuple[str, str]]:
    async with db.read() as connection:
        rows = await connection.fetch(
            "SELECT act, login FROM audit_entry JOIN staff_account ON staff_account.id = by_id "
            "ORDER BY audit_entry.id"
        )
    return [(row["act"], row["login"]) for row in rows]


async def account(db: Database, login: str) -> dict[str, Any]:
    async with db.read() as connection:
        row = await connection.fetchrow("SELECT * FROM staff_account WHERE login = $1", login)
    return dict(row) if row else {}


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_page_in_each_language(db: Database, client: httpx.AsyncClient, lang: Language) -> None:
    browser = await entered(client, db, Role.ADMIN)
    for page in PAGES:
        assert f'<html lang="{lang}">' in await browser.get(f"{ROOM}/{page}?lang={lang}")
    for page in ("people", "clients", "audit"):
        assert "summary" in await browser.get(f"{ROOM}/{page}?cursor=x&agency=%00", 422)


@pytest.mark.parametrize("role", [Role.CONTROLLER, Role.HEAD, Role.OPERATOR])
async def test_others_keep_nothing(db: Database, client: httpx.AsyncClient, role: Role) -> None:
    browser = await entered(client, db, role)
    for page in PAGES:
        await browser.get(f"{ROOM}/{page}", 403)
    await browser.post(f"{ROOM}/people", 403, **NEW)
    assert await account(db, NEW["login"]) == {}


async def test_people_are_made_closed_and_opened(db: Database, client: httpx.AsyncClient) -> None:
    browser = await entered(client, db, Role.ADMIN)
    await browser.get(f"{ROOM}/people")
    said = NEW | {"login": "no body", "password": "short"}
    wrong = await browser.post(f"{ROOM}/people?lang=ru", 422, **said)
    assert NEW["name"] in wrong.text
    assert "short" not in wrong.text, "a password is never shown again"
    assert re.search('<a href="#person-(login">Логин|password">Пароль): ', wrong.text), "which field it is"
    assert await account(db, NEW["login"]) == {}
    await browser.post(f"{ROOM}/people", **NEW)
    made = await account(db, NEW["login"])
    assert (made["role"], made["active"]) == ("operator", True)
    assert NEW["name"] in await browser.get(f"{ROOM}/people?login=aigerim")
    taken = await browser.post(f"{ROOM}/people", 422, **NEW)
    assert "summary" in taken.text
    await browser.post(f"{ROOM}/people/{made['id']}/close")
    assert (await account(db, NEW["login"]))["active"] is False
    await browser.post(f"{ROOM}/people/{made['id']}/close")  # twice changes nothing
    await browser.post(f"{ROOM}/people/{made['id']}/open")
    await browser.get(f"{ROOM}/people/{made['id']}")
    await browser.post(f"{ROOM}/people/{made['id']}/password", password="quite another password")
    assert (await account(db, NEW["login"]))["password_hash"] != made["password_hash"]
    me = "admin@administration"
    acts = ["account_created", "account_closed", "account_opened", "password_set"]
    assert await entries(db) == [(act, me) for act in acts]
    shown = await browser.get(f"{ROOM}/audit?lang=en")
    assert all(words in shown for words in ("Made an account", "Closed an account", NEW["login"]))
    own = await account(db, me)
    await browser.post(f"{ROOM}/people/{own['id']}/close", 422)
    assert (await account(db, me))["active"] is True
    await browser.post(f"{ROOM}/people/999999/close", 404)
    await browser.get(f"{ROOM}/people/999999", 404)


async def test_a_closed_account_is_out_at_once(db: Database, client: httpx.AsyncClient) -> None:
    browser = await entered(client, db, Role.OPERATOR, "health")
    await browser.get("/office")
    made = await account(db, "operator@health")
    kept = dict(client.cookies.items())
    client.cookies.clear()
    admin = await entered(client, db, Role.ADMIN)
    await admin.get(f"{ROOM}/people")
    await admin.post(f"{ROOM}/people/{made['id']}/close")
    client.cookies.clear()
    client.cookies.update(kept)
    assert (await client.get("/office")).headers["location"].startswith("/office/sign-in")
    refused = await client.post(
        "/api/v1/auth/token", data={"username": "operator@health", "password": PASSWORD}
    )
    assert refused.status_code == 401


async def test_clients_and_their_keys(db: Database, client: httpx.AsyncClient) -> None:
    source = snapshot.current().source("109-turkistan").id
    await service.create_client(db, source, "Call centre", [Scope.TICKETS_READ], ["call_centre"])
    async with db.read() as connection:
        id_ = await connection.fetchval("SELECT max(id) FROM api_client")
    browser = await entered(client, db, Role.ADMIN)
    assert "Call centre" in await browser.get(f"{ROOM}/clients")
    page = (await browser.post(f"{ROOM}/clients/{id_}/key", 200)).text
    key = re.search(r"ls_[A-Za-z0-9_-]{30,}", page)
    assert key
    assert (await client.get("/api/v1/tickets", headers={"x-api-key": key[0]})).status_code in {200, 422}
    await browser.post(f"{ROOM}/clients/{id_}/close")
    assert (await client.get("/api/v1/tickets", headers={"x-api-key": key[0]})).status_code == 401
    await browser.post(f"{ROOM}/clients/{id_}/open")
    assert [act for act, _ in await entries(db)] == ["key_rotated", "client_closed", "client_opened"]
    assert key[0] not in await browser.get(f"{ROOM}/audit")
    await browser.post(f"{ROOM}/clients/999999/key", 404)


async def test_a_person_gets_another_role_and_is_out(db: Database, client: httpx.AsyncClient) -> None:
    operator = await entered(client, db, Role.OPERATOR, "health")
    kept = dict(client.cookies.items())
    client.cookies.clear()
    admin = await entered(client, db, Role.ADMIN)
    one, me = await account(db, "operator@health"), await account(db, "admin@administration")
    page = f"{ROOM}/people/{one['id']}"
    seen = version(await admin.get(f"{page}?lang=en"))
    said = {"name": "Ораз Сынақбаев", "role": "operator", "agency": "health", "position_kk": "Бас маман"}
    await admin.post(f"{page}/change", **said, version=seen)
    changed = await account(db, "operator@health")
    assert (changed["name"], changed["position"]) == ("Ораз Сынақбаев", {"kk": "Бас маман"})
    assert changed["tokens_valid_from"] == one["tokens_valid_from"], "a name signs nobody out"
    late = await admin.post(f"{page}/change", 422, **(said | {"role": "head"}), version=seen)
    assert "Another administrator changed this person" in late.text
    assert '<option value="head" selected>' in late.text, "what was chosen stays"
    assert "Бас маман" in late.text, "what is so now is there too"
    assert (await account(db, "operator@health"))["role"] == "operator"
    said["version"] = version(late.text)
    await admin.post(f"{page}/change", **said)  # nothing differs, nothing is noted
    wrong = await admin.post(f"{page}/change", 422, **(said | {"agency": "sandbox", "role": "king"}))
    assert 'id="change-role-wrong"' in wrong.text
    await admin.post(f"{page}/change", **(said | {"role": "head", "agency": "energy"}))
    own = version(await admin.get(f"{ROOM}/people/{me['id']}"))
    await admin.post(f"{ROOM}/people/{me['id']}/change", 422, **(said | {"role": "operator", "version": own}))
    assert (await account(db, "admin@administration"))["role"] == "admin"
    assert [act for act, _ in await entries(db)] == ["account_changed", "account_changed"]
    shown = await admin.get(f"{ROOM}/audit?lang=en")
    assert "Body: Ministry of Energy" in shown
    assert "Ораз" not in shown, "no person's name stands among the entries"
    client.cookies.clear()
    client.cookies.update(kept)
    assert (await operator.client.get("/office")).headers["location"].startswith("/office/sign-in")


async def test_there_is_always_an_administrator(db: Database, client: httpx.AsyncClient) -> None:
    await entered(client, db, Role.ADMIN)
    me = (await account(db, "admin@administration"))["id"]
    async with db.transaction() as connection:
        with pytest.raises(Invalid) as refused:
            await people.set_active(connection, me, False, by=me + 1)
        assert refused.value.errors[0].code == "last_admin"
        (row,) = await people.people(connection, me - 1, None, None, 1)
        seen = people.version(row)
        with pytest.raises(Invalid) as refused:
            await people.change(connection, me, {"role": "head"}, seen, me + 1, clock.now())
        assert refused.value.errors[0].code == "last_admin"


async def test_a_client_is_made_and_its_key_shown_once(db: Database, client: httpx.AsyncClient) -> None:
    browser = await entered(client, db, Role.ADMIN)
    await browser.get(f"{ROOM}/clients?lang=en")
    new = {"name": "109, production", "source": "109-turkistan", "requests_per_minute": "60"}
    wrong = await browser.post(f"{ROOM}/clients", 422, **new)
    assert 'id="client-scopes-wrong"' in wrong.text
    new |= {"scopes.tickets:read": "yes"}
    wrong = await browser.post(f"{ROOM}/clients", 422, **(new | {"last_day": "2020-01-01"}))
    assert 'id="client-last_day-wrong"' in wrong.text
    wrong = await browser.post(f"{ROOM}/clients", 422, **(new | {"channels.letter": "yes"}))
    assert "call_centre" in wrong.text
    assert 'name="channels.letter" value="yes" checked' in wrong.text
    last = (clock.today() + timedelta(days=90)).isoformat()
    page = (await browser.post(f"{ROOM}/clients", 200, **(new | {"last_day": last}))).text
    key = re.search(r"ls_[A-Za-z0-9_-]{30,}", page)
    assert key
    headers = {"x-api-key": key[0]}
    assert (await client.get("/api/v1/tickets", headers=headers)).status_code in {200, 422}
    assert (await client.post("/api/v1/tickets", headers=headers, json={})).status_code == 403
    assert await entries(db) == [("client_created", "admin@administration")]
    for other in ("clients", "audit"):
        assert key[0] not in await browser.get(f"{ROOM}/{other}")


async def test_an_order_is_tried_before_it_is_announced(
    db: Database, desk: Desk, client: httpx.AsyncClient
) -> None:
    at = clock.now().astimezone(clock.ZONE).strftime("%Y-%m-%d 10:00")
    appeal = await desk.file(at, "health")
    async with db.read() as connection:
        due = await connection.fetchval("SELECT due_on FROM holding WHERE appeal_id = $1", appeal)
    off = due - timedelta(days=1)
    while not snapshot.current().calendar.is_working_day(off):
        off -= timedelta(days=1)
    browser = await entered(client, db, Role.ADMIN)
    await browser.get(f"{ROOM}/calendar?lang=en")
    order = {"act": "Қаулы № 1234", "days.0.day": off.isoformat(), "days.0.working": "no"}
    bad = await browser.post(f"{ROOM}/calendar/preview", 422, **(order | {"days.0.day": "2020-01-01"}))
    assert 'id="order-days.0.day-wrong"' in bad.text
    tried = (await browser.post(f"{ROOM}/calendar/preview", 200, **order)).text
    assert "those that would move: 1." in tried
    assert 'value="Қаулы № 1234"' in tried
    assert await entries(db) == []
    await browser.post(f"{ROOM}/calendar/orders", **order)
    assert await entries(db) == [("calendar_ordered", "admin@administration")]
    assert "Қаулы № 1234" in await browser.get(f"{ROOM}/calendar")
    await browser.post(f"{ROOM}/calendar/orders", 422, **order)


async def test_the_calls_themselves(db: Database, client: httpx.AsyncClient) -> None:
    await entered(client, db, Role.ADMIN)
    token = (
        await client.post(
            "/api/v1/auth/token", data={"username": "admin@administration", "password": PASSWORD}
        )
    ).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    made = await client.post("/api/v1/admin/people", json=NEW, headers=headers)
    assert made.status_code == 201
    assert "password" not in made.text
    wrong = await client.post("/api/v1/admin/people", json=NEW | {"agency": "sandbox"}, headers=headers)
    assert wrong.json()["errors"][0]["field"] == "agency"
    page = (await client.get("/api/v1/admin/people?limit=1", headers=headers)).json()
    rest = await client.get(f"/api/v1/admin/people?cursor={page['next_cursor']}", headers=headers)
    assert NEW["login"] in [one["login"] for one in rest.json()["items"]]
    (entry,) = (await client.get("/api/v1/admin/audit", headers=headers)).json()["items"]
    assert (entry["act"], entry["subject"]) == ("account_created", NEW["login"])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.transaction() as connection:
            await connection.execute("DELETE FROM audit_entry")
