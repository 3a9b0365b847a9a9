"""Staff sign in through a provider: a real one, and tokens that a bad one would give."""

import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from app.core import clock
from app.core.db import Database
from app.staff import people, provider_accounts, service, sessions
from app.staff.errors import ProviderBroken
from app.staff.permissions import Role
from app.staff.provider import Provider
from app.staff.provider_attempt import Attempt
from tests.staff.conftest import agency_id
from tests.staff.oidc.conftest import RealProvider

START = "/office/sign-in/provider"
EMAIL = "aigul@energy.example"


async def prepared(db: Database, role: Role = Role.OPERATOR, name: str = EMAIL) -> int:
    login = f"{role}@energy"
    await service.create_account(
        db, login, "Айгүл", role, await agency_id(db, "energy"), "a long password for tests"
    )
    async with db.transaction() as connection:
        found = await connection.fetchval("SELECT id FROM staff_account WHERE login = $1", login)
        await provider_accounts.prepare(connection, found, name)
    return int(found)


async def entered(
    client: httpx.AsyncClient, provider: RealProvider, subject: str, *, amr: str = "pwd", **claims: Any
) -> httpx.Response:
    """The last answer of a whole sign-in."""
    begun = await client.get(f"{START}?next=/office%3Fview%3Dmine")
    assert begun.status_code == 303, begun.text
    return await client.get(await provider.signed_in(begun.headers["location"], subject, amr=amr, **claims))


VERIFIED: dict[str, Any] = {"email": EMAIL, "email_verified": True}


async def test_the_first_sign_in_ties_the_account_to_the_subject(
    db: Database, provider: RealProvider, through: httpx.AsyncClient
) -> None:
    account, admin = await prepared(db), await prepared(db, Role.ADMIN, "admin@energy.example")
    door = await through.get("/office/sign-in")
    assert "Sign in with eGov" in door.text
    answer = await entered(through, provider, "s-1", **VERIFIED)
    assert answer.status_code == 200, answer.text
    assert 'content="0;url=/office?view=mine"' in answer.text
    assert (await through.get("/office?view=mine")).status_code == 200
    # From now on it is the subject that counts: another e-mail does not lose it, and nobody else gets it.
    through.cookies.clear()
    assert (await entered(through, provider, "s-1", email="new@x.example", email_verified=True)).is_success
    through.cookies.clear()
    assert (await entered(through, provider, "s-2", **VERIFIED)).status_code == 422
    # Signed out everywhere, the room is closed to what was opened before; and a closed account to everybody.
    assert (await entered(through, provider, "s-1")).is_success
    async with db.transaction() as connection:
        await sessions.sign_out(connection, account, UUID(int=0), everywhere=True)
    assert (await through.get("/office")).headers["location"].startswith("/office/sign-in")
    async with db.transaction() as connection:
        await people.set_active(connection, account, False, by=admin)
    refused = await entered(through, provider, "s-1", **VERIFIED)
    assert "no open account for you here" in refused.text


async def test_nobody_enters_who_was_not_prepared(
    db: Database, provider: RealProvider, through: httpx.AsyncClient
) -> None:
    await prepared(db)
    strangers: list[dict[str, Any]] = [
        {"email": EMAIL, "email_verified": False},
        {"email": EMAIL},
        {"email": "stranger@energy.example", "email_verified": True},
        {},
    ]
    for claims in strangers:
        refused = await entered(through, provider, f"s-{claims}", **claims)
        assert refused.status_code == 422
        assert "no open account for you here" in refused.text
        assert "office=" not in refused.headers.get("set-cookie", "")
    async with db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM staff_identity WHERE subject IS NOT NULL") == 0


async def test_who_decides_needs_a_second_factor_of_the_provider(
    db: Database, provider: RealProvider, through: httpx.AsyncClient
) -> None:
    await prepared(db, Role.HEAD)
    refused = await entered(through, provider, "head", **VERIFIED)
    assert "Your role needs a second factor" in refused.text
    assert (await entered(through, provider, "head", amr="mfa", **VERIFIED)).status_code == 200


async def test_what_comes_back_is_good_once_and_in_its_own_browser(
    db: Database, provider: RealProvider, through: httpx.AsyncClient
) -> None:
    await prepared(db)
    begun = await through.get(START)
    own = {"cookie": f"provider={through.cookies['provider']}"}
    back = await provider.signed_in(begun.headers["location"], "s-1", **VERIFIED)
    through.cookies.clear()
    for address, cookie in (
        (back, {}),  # another browser
        (back, {"cookie": f"provider={(await through.get(START)).cookies['provider']}"}),  # another attempt
        (back.replace("iss=http", "iss=https"), own),  # another provider
        (f"{START}/callback?error=access_denied&state=x", own),
        (f"{START}/callback?code=x&state=x", own),
        (f"{START}/callback", own),
    ):
        through.cookies.clear()
        refused = await through.get(address, headers=cookie)
        assert (refused.status_code, "Begin again" in refused.text) == (422, True), address
    assert (await through.get(back, headers=own)).status_code == 200
    through.cookies.clear()
    assert "Begin again" in (await through.get(back, headers=own)).text, "the provider takes no code twice"


async def test_an_administrator_prepares_an_account_and_anew(
    db: Database, provider: RealProvider, through: httpx.AsyncClient
) -> None:
    account, admin = await prepared(db), await prepared(db, Role.ADMIN, "admin@energy.example")
    assert (await entered(through, provider, "s-1", **VERIFIED)).is_success
    through.cookies.clear()
    await entered(through, provider, "s-admin", amr="otp", email="admin@energy.example", email_verified=True)
    page = await through.get(f"/office/administration/people/{account}?lang=en")
    assert f'value="{EMAIL}"' in page.text
    said = {
        "form": page.text.split('name="form" value="')[1].split('"')[0],
        "version": page.text.split('name="version" value="')[1].split('"')[0],
        "name": "Айгүл",
        "role": "operator",
        "agency": "energy",
    }
    there = f"/office/administration/people/{account}/change"
    taken = await through.post(there, data=said | {"provider_name": "Admin@energy.example"})
    assert 'id="change-provider_name-wrong"' in taken.text, taken.text[taken.text.index("<main") :][:900]
    assert (await through.post(there, data=said | {"provider_name": "New@Energy.example"})).status_code == 303
    through.cookies.clear()
    # The subject before is nobody any more, and the new name ties another.
    assert (await entered(through, provider, "s-1", **VERIFIED)).status_code == 422
    assert (
        await entered(through, provider, "s-9", email="new@energy.example", email_verified=True)
    ).is_success
    async with db.read() as connection:
        details = await connection.fetchval("SELECT details FROM audit_entry WHERE by_id = $1", admin)
    assert details == {"was": {"provider_name": "…"}, "is": {"provider_name": "…"}}


async def test_a_provider_that_is_away_is_said(db: Database, through: httpx.AsyncClient) -> None:
    app: Any = through._transport
    real = app.app.state.provider
    app.app.state.provider = replace(real, issuer="http://127.0.0.1:9", _kept={})
    try:
        answer = await through.get(f"{START}?lang=kk")
    finally:
        app.app.state.provider = real
    assert "Провайдер қазір жауап бермей тұр" in answer.text


async def test_without_a_provider_there_is_no_such_way(client: httpx.AsyncClient) -> None:
    assert (await client.get(START)).status_code == 404
    assert (await client.get(f"{START}/callback?code=x&state=y")).status_code == 404
    assert "sign-in/provider" not in (await client.get("/office/sign-in")).text


def test_an_attempt_is_nobody_elses_and_ends() -> None:
    late = Attempt("s", "n", "v", "/office", int((clock.now() - timedelta(seconds=1)).timestamp()))
    for cookie in ("", "x", "AAAA", late.sealed(), late.sealed()[:-8]):
        with pytest.raises(ProviderBroken):
            Attempt.opened(cookie)


# Tokens

ISSUER, NONCE = "https://provider.example", "nonce of this attempt"
RSA = RSAKey.generate_key(2048, {"kid": "1"})
KEYS = KeySet([RSA])
OURS = Provider(ISSUER, "office", "a secret that is long enough for HS256", "eGov")


def claims(**other: object) -> dict[str, Any]:
    now = int(clock.now().timestamp())
    whole = {"iss": ISSUER, "aud": "office", "sub": "s", "nonce": NONCE, "iat": now, "exp": now + 300}
    return {name: value for name, value in (whole | other).items() if value is not None}


def signed(said: dict[str, Any], alg: str = "RS256", key: Any = RSA) -> str:
    return jwt.encode({"alg": alg, "kid": "1"}, said, key, algorithms=[alg])


def test_a_good_token_is_believed() -> None:
    assert OURS.verified(signed(claims()), NONCE, KEYS)["sub"] == "s"
    assert OURS.verified(signed(claims(aud=["office"])), NONCE, KEYS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another", "more"]},
        {"aud": None},
        {"aud": ["office", "another"], "azp": "another"},
        {"nonce": "of another attempt"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"iat": 9_999_999_999},
        {"nbf": 9_999_999_999},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "s" * 256},
    ],
    ids=str,
)
def test_a_claim_that_is_wrong_ends_it(wrong: dict[str, object]) -> None:
    with pytest.raises((JoseError, ValueError)):
        OURS.verified(signed(claims(**wrong)), NONCE, KEYS)


def test_another_algorithm_or_key_ends_it() -> None:
    for token in (
        forged(claims(), "none", None),
        forged(claims(), "HS256", RSA.as_pem(private=False)),
        forged(claims(), "HS256", RSA.as_der(private=False)),
        forged(claims(), "HS256", OURS.client_secret.encode()),
        signed(claims(), "RS512"),
        signed(claims(), "ES256", ECKey.generate_key("P-256", {"kid": "1"})),
        signed(claims(), key=RSAKey.generate_key(2048, {"kid": "1"})),
        signed(claims())[:-6],
        "",
        "a.b.c",
    ):
        with pytest.raises((JoseError, ValueError)):
            OURS.verified(token, NONCE, KEYS)


def forged(said: dict[str, Any], alg: str, secret: bytes | None) -> str:
    """What nobody signed, or whoever knows the secret: our public key, or the client's."""
    header = urlsafe_b64encode(json.dumps({"alg": alg, "kid": "1"}).encode()).rstrip(b"=")
    body = header + b"." + signed(said).split(".")[1].encode()
    seal = hmac.digest(secret, body, "sha256") if secret else b""
    return (body + b"." + urlsafe_b64encode(seal).rstrip(b"=")).decode()
