"""The second factor: set up, asked for, used once, guessed at, lost."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pyotp
import pytest
from time_machine import Traveller, travel

from app.core import clock
from app.core.db import Database
from app.settings import Settings
from app.staff import service
from app.staff.permissions import Role
from app.staff.totp import NEEDED_BY
from tests.staff.conftest import Person, make_person
from tests.support import running

AUTH = "/api/v1/auth"


@pytest.fixture
def time() -> Iterator[Traveller]:
    with travel(clock.now().replace(second=10, microsecond=0), tick=False) as found:
        yield found


@pytest.fixture
async def head(db: Database, password_hash: str) -> Person:
    return await make_person(db, password_hash, "head@energy", Role.HEAD)


async def call(client: httpx.AsyncClient, who: Person, where: str = "token", **more: str) -> httpx.Response:
    said = {"username": who.login, "password": who.password} | more
    return await client.post(f"{AUTH}/{where}", data=said)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def telephone(client: httpx.AsyncClient, who: Person) -> pyotp.TOTP:
    """The app on the person's telephone, read from the QR code's address and confirmed."""
    uri = (await call(client, who, "totp")).json()["uri"]
    app = pyotp.parse_uri(uri)
    assert isinstance(app, pyotp.TOTP)
    confirmed = await call(client, who, "totp/confirm", totp=app.at(clock.now()))
    assert confirmed.status_code == 200, confirmed.text
    return app


async def test_a_code_is_asked_for_once_it_is_set_up(
    client: httpx.AsyncClient, head: Person, time: Traveller
) -> None:
    assert (await call(client, head)).status_code == 200
    app = await telephone(client, head)
    assert (app.name, app.issuer) == (head.login, "Listening State")
    assert code_of(await call(client, head)) == (401, "totp_required")
    time.shift(30)
    right = await call(client, head, totp=app.at(clock.now()))
    assert right.status_code == 200
    me = await client.get(f"{AUTH}/me", headers={"authorization": f"Bearer {right.json()['access_token']}"})
    assert me.json()["login"] == head.login


async def test_confirming_signs_in(client: httpx.AsyncClient, head: Person, time: Traveller) -> None:
    made = await call(client, head, "totp")
    assert made.headers["cache-control"] == "no-store"
    code = pyotp.TOTP(made.json()["secret"]).at(clock.now())
    answer = await call(client, head, "totp/confirm", totp=f" {code[:3]} {code[3:]} ")
    assert answer.json()["refresh_token"]


async def test_a_code_is_good_once(client: httpx.AsyncClient, head: Person, time: Traveller) -> None:
    app = await telephone(client, head)
    used = app.at(clock.now())
    assert code_of(await call(client, head, totp=used)) == (401, "totp_invalid")
    time.shift(30)
    following = app.at(clock.now())
    assert (await call(client, head, totp=following)).status_code == 200
    for code in (following, used):
        assert code_of(await call(client, head, totp=code)) == (401, "totp_invalid"), "no older one either"


@pytest.mark.parametrize(("off", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_a_telephone_may_be_half_a_minute_wrong(
    client: httpx.AsyncClient, head: Person, time: Traveller, off: int, good: bool
) -> None:
    app = await telephone(client, head)
    time.shift(300)
    answer = await call(client, head, totp=app.at(clock.now() + off * timedelta(seconds=30)))
    assert (answer.status_code == 200) is good


@pytest.mark.parametrize("code", ["000000", "1", "abcdef", "١٢٣٤٥٦", "0" * 1000])
async def test_what_is_no_code(client: httpx.AsyncClient, head: Person, time: Traveller, code: str) -> None:
    app = await telephone(client, head)
    if code != app.at(clock.now()):
        assert code_of(await call(client, head, totp=code)) == (401, "totp_invalid")


async def test_codes_are_not_guessed_without_end(
    client: httpx.AsyncClient, head: Person, time: Traveller
) -> None:
    """That the password is right forgets none of the wrong codes."""
    app = await telephone(client, head)
    time.shift(300)
    for _ in range(10):
        assert code_of(await call(client, head, totp="000000")) == (401, "totp_invalid")
        assert (await call(client, head)).status_code in (401, 429)
    assert code_of(await call(client, head, totp=app.at(clock.now()))) == (429, "too_many_requests")


async def test_a_stranger_sets_nothing_up(client: httpx.AsyncClient, head: Person) -> None:
    stranger = Person(head.account_id, head.login, "not the password")
    for where, more in (("totp", {}), ("totp/confirm", {"totp": "123456"})):
        assert code_of(await call(client, stranger, where, **more)) == (401, "invalid_credentials")
    assert code_of(await call(client, head, "totp/confirm", totp="123456")) == (401, "totp_invalid")


async def test_what_is_set_up_is_not_replaced(
    client: httpx.AsyncClient, head: Person, time: Traveller
) -> None:
    first = (await call(client, head, "totp")).json()["secret"]
    app = await telephone(client, head)
    assert app.secret != first, "one that was never confirmed is forgotten"
    assert code_of(await call(client, head, "totp")) == (409, "totp_taken")
    again = await call(client, head, "totp/confirm", totp=app.at(clock.now()))
    assert code_of(again) == (409, "totp_taken")


async def test_a_lost_telephone(
    db: Database, client: httpx.AsyncClient, head: Person, time: Traveller
) -> None:
    app = await telephone(client, head)
    time.shift(30)
    tokens = (await call(client, head, totp=app.at(clock.now()))).json()
    time.shift(1)
    assert await service.forget_totp(db, head.login.upper())
    assert not await service.forget_totp(db, head.login)
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get(f"{AUTH}/me", headers=bearer)).status_code == 401, "signed out everywhere"
    assert (await call(client, head)).status_code == 200


@pytest.mark.parametrize("role", list(Role))
async def test_who_decides_does_not_enter_without(
    db: Database, settings: Settings, password_hash: str, role: Role
) -> None:
    person = await make_person(db, password_hash, f"{role}@energy", role)
    async with running(settings.model_copy(update={"require_totp": True}), db) as client:
        answer = await call(client, person)
        if role in NEEDED_BY:
            assert code_of(answer) == (401, "totp_setup_required")
            await telephone(client, person)
            assert code_of(await call(client, person)) == (401, "totp_required")
        else:
            assert answer.status_code == 200


async def test_nothing_of_it_is_stored_in_clear(
    db: Database, client: httpx.AsyncClient, head: Person, time: Traveller
) -> None:
    app = await telephone(client, head)
    async with db.read() as connection:
        row = await connection.fetchval("SELECT t::text FROM staff_totp t")
    assert app.secret not in row
    assert app.secret.encode().hex() not in row


@pytest.mark.parametrize(
    ("environment", "said", "needed"),
    [("production", None, True), ("development", None, False), ("production", False, False)],
)
def test_in_production_it_is_needed(environment: str, said: bool | None, needed: bool) -> None:
    settings = Settings(environment=environment, require_totp=said, secret_key="s" * 40)
    assert settings.totp_required is needed
