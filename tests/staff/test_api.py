"""The sign-in calls over HTTP."""

from typing import Any

import httpx
import pytest

from app.staff.attempts import LIMIT
from app.staff.permissions import Role, acts_of

TOKEN, LOGOUT, ME = "/api/v1/auth/token", "/api/v1/auth/logout", "/api/v1/auth/me"
PROBLEM = "application/problem+json"


async def sign_in(client: httpx.AsyncClient, person: Any) -> dict[str, Any]:
    answer = await client.post(TOKEN, data={"username": person.login, "password": person.password})
    assert answer.status_code == 200
    given: dict[str, Any] = answer.json()
    return given


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def test_signing_in_and_who_i_am(client: httpx.AsyncClient, person: Any) -> None:
    tokens = await sign_in(client, person)
    assert set(tokens) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    me = await client.get(ME, headers=bearer(tokens))
    assert me.json() == {
        "login": "aigul@energy",
        "name": "Айгүл Серікқызы",
        "role": "operator",
        "agency": {"code": "energy"},
        "acts": sorted(acts_of(Role.OPERATOR)),
    }


async def test_the_grant_type_may_be_named(client: httpx.AsyncClient, person: Any) -> None:
    form = {"grant_type": "password", "username": person.login, "password": person.password, "scope": ""}
    answer = await client.post(TOKEN, data=form)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


async def test_refresh_rotates_and_reuse_ends_the_session(client: httpx.AsyncClient, person: Any) -> None:
    first = await sign_in(client, person)
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = await client.post(TOKEN, data=form)
    assert second.status_code == 200
    again = await client.post(TOKEN, data=form)
    assert (again.status_code, again.json()["code"]) == (401, "session_over")
    after = await client.get(ME, headers=bearer(second.json()))
    assert (after.status_code, after.json()["code"]) == (401, "session_over")


async def test_json_is_not_the_form(client: httpx.AsyncClient, person: Any) -> None:
    answer = await client.post(TOKEN, json={"username": person.login, "password": person.password})
    assert (answer.status_code, answer.headers["content-type"]) == (415, PROBLEM)


async def test_nor_is_a_multipart_one(client: httpx.AsyncClient) -> None:
    parts = {"username": (None, "a"), "password": (None, "b")}
    assert (await client.post(TOKEN, files=parts)).status_code == 415


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({}, {"username": "missing", "password": "missing"}),
        ({"username": "a@energy"}, {"password": "missing"}),
        ({"username": "", "password": ""}, {"username": "missing", "password": "missing"}),
        ({"grant_type": "refresh_token"}, {"refresh_token": "missing"}),
        ({"grant_type": "magic"}, {"grant_type": "literal_error"}),
        ({"username": "a", "password": "b", "role": "admin"}, {"role": "extra_forbidden"}),
        ({"username": "a\x00", "password": "b"}, {"username": "control_character"}),
    ],
)
async def test_a_form_that_will_not_do(
    client: httpx.AsyncClient, form: dict[str, str], wrong: dict[str, str]
) -> None:
    answer = await client.post(
        TOKEN, data=form, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    assert {error["field"]: error["code"] for error in answer.json()["errors"]} == wrong


@pytest.mark.parametrize(
    "body", [b"username=%ED%A0%80&password=%FF", b"%", b"&&&=", b"username=%00", b"\xff"]
)
async def test_bytes_that_are_no_text(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post(
        TOKEN, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code in {401, 422}


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
async def test_a_wrong_password_in_three_languages(
    client: httpx.AsyncClient, person: Any, language: str
) -> None:
    form = {"username": person.login, "password": "wrong"}
    answer = await client.post(TOKEN, data=form, headers={"Accept-Language": language})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    words = {"kk": "құпиясөз", "ru": "пароль", "en": "password"}
    assert words[language] in answer.json()["detail"]


async def test_direction_marks_make_no_other_login(client: httpx.AsyncClient, person: Any) -> None:
    form = {"username": f"\u202e{person.login}\u200f", "password": person.password}
    assert (await client.post(TOKEN, data=form)).status_code == 200


async def test_too_many_failures(client: httpx.AsyncClient, person: Any) -> None:
    form = {"username": person.login, "password": "wrong"}
    codes = [(await client.post(TOKEN, data=form)).status_code for _ in range(LIMIT)]
    assert set(codes) == {401}
    answer = await client.post(TOKEN, data=form | {"password": person.password})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 900


@pytest.mark.parametrize(
    ("body", "elsewhere"), [(None, 200), ({"everywhere": False}, 200), ({"everywhere": True}, 401)]
)
async def test_signing_out(
    client: httpx.AsyncClient, person: Any, body: dict[str, bool] | None, elsewhere: int
) -> None:
    here, there = await sign_in(client, person), await sign_in(client, person)
    answer = await client.post(LOGOUT, json=body, headers=bearer(here))
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await client.get(ME, headers=bearer(here))).status_code == 401
    assert (await client.get(ME, headers=bearer(there))).status_code == elsewhere


@pytest.mark.parametrize("body", [{"everywhere": "maybe"}, {"all": True}, [1], "text"])
async def test_signing_out_with_a_wrong_body(client: httpx.AsyncClient, person: Any, body: object) -> None:
    tokens = await sign_in(client, person)
    assert (await client.post(LOGOUT, json=body, headers=bearer(tokens))).status_code == 422
    assert (await client.get(ME, headers=bearer(tokens))).status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer x.y.z", "Basic YTpi", "bearer \x7f", "Bearer " + "x" * 10_000]
)
async def test_without_a_good_token(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.get(ME, headers={"Authorization": header})
    assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)
    assert answer.headers["www-authenticate"] == "Bearer"
