"""Whatever a caller sends: a refusal in their language, never a 500, and nothing half-written."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jose import jwt

from app.core import clock
from app.core.bounds import DEFAULT_BODY_LIMIT
from app.core.db import Database
from app.core.http import PROBLEM_JSON
from app.core.i18n import LANGUAGES, Language, t
from app.staff import service, tokens
from app.staff.attempts import LIMIT
from app.staff.permissions import Role
from app.staff.repository import NewAccount
from app.tables import METADATA

APPEALS = "/api/v1/appeals"
TOKEN, ME = "/api/v1/auth/token", "/api/v1/auth/me"
JSON = {"Content-Type": "application/json"}
# What the test itself leaves behind: wrong guesses are counted so that guessing gets slow.
# The service's own keys are made when it opens.
NOT_THE_RECORD = {"attempt", "lasting_key"}

GOOD: dict[str, Any] = {
    "kind": "complaint",
    "language": "kk",
    "text": "Үйімізде үш күннен бері жылу жоқ.",
    "topic": "utilities",
    "region": "KZ-61",
    "applicant": {"name": "Үлгібек Сынақбаев", "address": "Түркістан қ., Мысал көшесі, 5"},
}


def short(value: object) -> str:
    """A test's name for a value."""
    return ascii(value)[:40]


async def rows(db: Database) -> dict[str, int]:
    async with db.read() as connection:
        return {
            table: await connection.fetchval(f'SELECT count(*) FROM "{table}"')
            for table in METADATA.tables
            if table not in NOT_THE_RECORD
        }


@pytest.fixture
async def nothing_written(db: Database) -> AsyncIterator[None]:
    before = await rows(db)
    yield
    assert await rows(db) == before


def check(answer: httpx.Response, status: int, code: str, lang: Language = "en") -> dict[str, Any]:
    """It is a problem of RFC 9457 with this status and code, in this language."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.headers["content-type"] == PROBLEM_JSON
    assert answer.headers["content-language"] == lang
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["type"]) == (status, f"/problems/{code}")
    assert problem["title"] == t(f"error.{code}.title", lang)
    for sentence in (problem["detail"], *(error["message"] for error in problem.get("errors", []))):
        assert sentence
        assert "{" not in sentence, f"a placeholder was left: {sentence}"
    return problem


def wrong_fields(answer: httpx.Response) -> dict[str, str]:
    return {error["field"]: error["code"] for error in check(answer, 422, "invalid")["errors"]}


async def filed(client: httpx.AsyncClient, **changed: Any) -> dict[str, Any]:
    answer = await client.post(APPEALS, json=GOOD | changed)
    assert answer.status_code == 201, answer.text
    registration: dict[str, Any] = answer.json()
    return registration


async def test_the_good_message_is_good(client: httpx.AsyncClient) -> None:
    await filed(client)


# Bodies that are not the JSON that was asked for


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"null and void",
        b'{"kind": "complaint",}',
        b'{"kind": complaint}',
        b"\xff\xfe{}",
        b'{"text": "\xd2"}',
        b"\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"score": ' + b"9" * 10_000 + b"}",
    ],
    ids=short,
)
@pytest.mark.usefixtures("nothing_written")
async def test_malformed_json(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post(APPEALS, content=body, headers=JSON)
    assert answer.status_code in ({400, 422} if body[:1] in (b"", b"[", b"{") and len(body) != 1 else {400})
    check(answer, answer.status_code, "malformed" if answer.status_code == 400 else "invalid")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ([], {"body": "dict_type"}),
        ("text", {"body": "dict_type"}),
        (7, {"body": "dict_type"}),
        (None, {"body": "dict_type"}),
        ({}, {"kind": "missing", "language": "missing", "text": "missing"}),
        (GOOD | {"text": 5}, {"text": "string_type"}),
        (GOOD | {"text": ["a"]}, {"text": "string_type"}),
        (GOOD | {"text": None}, {"text": "string_type"}),
        (GOOD | {"text": float("nan")}, {"text": "string_type"}),
        (GOOD | {"text": " \n\t "}, {"text": "blank"}),
        (GOOD | {"kind": "rant"}, {"kind": "enum"}),
        (GOOD | {"kind": {}}, {"kind": "enum"}),
        (GOOD | {"kind": 10**400}, {"kind": "enum"}),
        (GOOD | {"language": "de"}, {"language": "enum"}),
        (GOOD | {"applicant": []}, {"applicant": "dict_type"}),
        (
            GOOD | {"applicant": {"name": 1, "age": 70}},
            {"applicant.name": "string_type", "applicant.age": "extra_forbidden"},
        ),
        (GOOD | {"id": 999, "status": "answered"}, {"id": "extra_forbidden", "status": "extra_forbidden"}),
        (GOOD | {"text": "a\x00b"}, {"text": "control_character"}),
        (GOOD | {"topic": "land\x00"}, {"topic": "control_character"}),
        (GOOD | {"addressee": "\x1bc"}, {"addressee": "control_character"}),
        (GOOD | {"applicant": {"name": "x" * 10_000}}, {"applicant.name": "string_too_long"}),
        (GOOD | {"applicant": {"name": "a\nb"}}, {"applicant.name": "one_line"}),
        (GOOD | {"text": "ы" * 65_000}, {"text": "string_too_long"}),
        (GOOD | {"topic": "x" * 500}, {"topic": "string_too_long"}),
        (GOOD | {"applicant": {"email": "nobody"}}, {"applicant.email": "email"}),
        (GOOD | {"applicant": {"phone": "ring me"}}, {"applicant.phone": "phone"}),
    ],
)
@pytest.mark.usefixtures("nothing_written")
async def test_a_wrong_field(client: httpx.AsyncClient, body: object, wrong: dict[str, str]) -> None:
    answer = await client.post(APPEALS, content=json.dumps(body), headers=JSON)
    assert wrong_fields(answer) == wrong


@pytest.mark.parametrize(
    "field", ["text", "topic", "addressee", "subject", "region", "kind", "incident_address"]
)
@pytest.mark.usefixtures("nothing_written")
async def test_a_lone_surrogate_in_a_value(client: httpx.AsyncClient, field: str) -> None:
    answer = await client.post(APPEALS, content=json.dumps(GOOD | {field: "a\ud800b"}), headers=JSON)
    assert wrong_fields(answer) == {field: "string_unicode"}


@pytest.mark.parametrize(
    "name", ["\ud800", "a\udfff", "\x00", "\u202ename", "x" * 100_000, "", "a.b"], ids=short
)
@pytest.mark.usefixtures("nothing_written")
async def test_a_field_of_a_strange_name(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.post(APPEALS, content=json.dumps(GOOD | {name: 1}), headers=JSON)
    problem = check(answer, 422, "invalid")
    assert problem["errors"][0]["code"] in {"extra_forbidden", "string_unicode"}
    assert len(answer.content) < 2_000, "it does not send back what it was sent"


@pytest.mark.usefixtures("nothing_written")
async def test_ten_thousand_unknown_fields(client: httpx.AsyncClient) -> None:
    answer = await client.post(APPEALS, json=GOOD | {f"field{n}": n for n in range(10_000)})
    check(answer, 422, "invalid")
    assert len(answer.content) < 20_000


async def test_of_a_field_given_twice_the_last_counts(client: httpx.AsyncClient) -> None:
    body = json.dumps(GOOD)[:-1] + ', "topic": "land"}'
    assert (await client.post(APPEALS, content=body, headers=JSON)).status_code == 201


@pytest.mark.usefixtures("nothing_written")
async def test_a_repeated_field_does_not_hide_a_wrong_one(client: httpx.AsyncClient) -> None:
    body = json.dumps(GOOD)[:-1] + ', "topic": "nonsense"}'
    assert wrong_fields(await client.post(APPEALS, content=body, headers=JSON)) == {"topic": "unknown_code"}


# Too much


@pytest.mark.usefixtures("nothing_written")
async def test_a_megabyte_of_text(client: httpx.AsyncClient) -> None:
    answer = await client.post(APPEALS, json=GOOD | {"text": "a" * 1_000_000})
    assert wrong_fields(answer) == {"text": "string_too_long"}


@pytest.mark.usefixtures("nothing_written")
async def test_a_body_over_the_limit(client: httpx.AsyncClient) -> None:
    answer = await client.post(APPEALS, content=b" " * (DEFAULT_BODY_LIMIT + 1), headers=JSON)
    assert str(DEFAULT_BODY_LIMIT) in check(answer, 413, "too_large")["detail"]


@pytest.mark.parametrize("path", [APPEALS, TOKEN])
@pytest.mark.usefixtures("nothing_written")
async def test_a_body_over_the_limit_that_does_not_say_so(client: httpx.AsyncClient, path: str) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1_000):
            sent += 65_536
            yield b" " * 65_536

    media = "application/json" if path == APPEALS else "application/x-www-form-urlencoded"
    answer = await client.post(path, content=endless(), headers={"Content-Type": media})
    assert str(DEFAULT_BODY_LIMIT) in check(answer, 413, "too_large")["detail"]
    assert sent < 2 * DEFAULT_BODY_LIMIT + 65_536, "it stopped reading"


@pytest.mark.parametrize("declared", ["-1", "abc", "1e3", "٣"])
@pytest.mark.usefixtures("nothing_written")
async def test_a_length_that_is_no_number(client: httpx.AsyncClient, declared: str) -> None:
    headers = httpx.Headers([(b"content-type", b"application/json"), (b"content-length", declared.encode())])
    answer = await client.post(APPEALS, content=b"{", headers=headers)
    check(answer, 400, "malformed")


async def test_a_header_of_64_kilobytes(client: httpx.AsyncClient) -> None:
    for name in ("Accept-Language", "X-Access-Code", "Authorization", "If-None-Match", "X-Anything"):
        answer = await client.get("/api/v1/directory/topics", headers={name: "a," * 32_768})
        assert answer.status_code == 200, name
    registration = await filed(client)
    headers = {"X-Access-Code": "A" * 65_536}
    check(await client.get(f"{APPEALS}/{registration['number']}", headers=headers), 404, "appeal_not_found")
    check(await client.get(ME, headers={"Authorization": "Bearer " + "a" * 65_536}), 401, "token_invalid")
    check(await client.post(APPEALS, json=GOOD, headers={"Idempotency-Key": "k" * 65_536}), 422, "invalid")


# Another kind of body, method or place


@pytest.mark.parametrize(
    "media",
    ["text/plain", "text/html; charset=utf-8", "application/xml", "multipart/form-data", "json", "", "\xff"],
)
@pytest.mark.usefixtures("nothing_written")
async def test_another_media_type(client: httpx.AsyncClient, media: str) -> None:
    headers = httpx.Headers([(b"content-type", media.encode("latin-1"))])
    answer = await client.post(APPEALS, content=json.dumps(GOOD), headers=headers)
    assert "application/json" in check(answer, 415, "unsupported_media_type")["detail"]


async def test_a_body_without_a_media_type(client: httpx.AsyncClient) -> None:
    check(await client.post(APPEALS, content=json.dumps(GOOD)), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "media", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.x+json"]
)
async def test_json_by_its_other_names(client: httpx.AsyncClient, media: str) -> None:
    answer = await client.post(APPEALS, content=json.dumps(GOOD), headers={"Content-Type": media})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", APPEALS, {"POST"}),
        ("DELETE", f"{APPEALS}/JT-2026-00000123", {"GET", "HEAD"}),
        ("PUT", "/api/v1/directory/agencies", {"GET", "HEAD"}),
        ("POST", "/healthz", {"GET", "HEAD"}),
        ("PATCH", TOKEN, {"POST"}),
        ("POST", "/", {"GET", "HEAD"}),
        ("BREW", "/", {"GET", "HEAD"}),
        ("HEAD", APPEALS, {"POST"}),
        ("POST", "/openapi.json", {"GET", "HEAD"}),
    ],
)
@pytest.mark.usefixtures("nothing_written")
async def test_a_wrong_method(client: httpx.AsyncClient, method: str, path: str, allow: set[str]) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == 405
    assert {name.strip() for name in answer.headers["allow"].split(",")} == allow
    if method != "HEAD":
        assert method in check(answer, 405, "method_not_allowed")["detail"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/docs", "/openapi.json", "/api/v1/directory/topics"])
async def test_head_is_get_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for answer in (head, got):
        del answer.headers["x-request-id"]  # each request has its own
    assert head.headers == got.headers


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api/v1",
        "/api/v2/appeals",
        "/api/v1/appeals/JT-2026-00000123/nothing",
        "/docs/../../etc/passwd",
        "/assets/../pages.py",
        "/assets/%2e%2e%2fpages.py",
        "/assets/nothing.css",
        "/problems/nothing",
        "/%00",
        "/%FF%FE",
        "/%ED%A0%80",
        "/" + "a" * 60_000,
    ],
)
async def test_an_unknown_path(client: httpx.AsyncClient, path: str) -> None:
    check(await client.get(path), 404, "not_found")


# Codes, numbers and days


@pytest.mark.parametrize(
    ("changed", "field", "near"),
    [
        ({"topic": "utilites"}, "topic", "utilities"),
        ({"topic": "денсаулық"}, "topic", "health"),
        ({"region": "KZ-16"}, "region", "KZ-"),
        ({"region": "\u0000x"[1:] * 90}, "region", ""),
    ],
)
@pytest.mark.usefixtures("nothing_written")
async def test_an_unknown_code_names_what_is_near(
    client: httpx.AsyncClient, changed: dict[str, str], field: str, near: str
) -> None:
    answer = await client.post(APPEALS, json=GOOD | changed)
    assert wrong_fields(answer) == {field: "unknown_code"}
    assert near in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("typed", "near"), [("energi", "energy"), ("Министерство энергетик", "energy"), ("{agency}", "")]
)
@pytest.mark.usefixtures("nothing_written")
async def test_an_unknown_addressee_names_what_is_near(
    client: httpx.AsyncClient, typed: str, near: str
) -> None:
    answer = await client.post(APPEALS, json=GOOD | {"addressee": typed})
    assert answer.status_code == 422
    problem = answer.json()
    assert (problem["code"], problem["errors"][0]["field"]) == ("unknown_addressee", "addressee")
    assert typed in problem["detail"]
    assert near in problem["detail"]
    assert near == "" or near in problem["near"]


@pytest.mark.parametrize(
    "identifier",
    ["123456789012", "12345678901", "1234567890123", "٠٢٠٢٣٠٤٥٠٦٠٧", "            ", "0", "-1", "a" * 12],
)
@pytest.mark.usefixtures("nothing_written")
async def test_a_wrong_iin(client: httpx.AsyncClient, identifier: str) -> None:
    answer = await client.post(APPEALS, json=GOOD | {"applicant": {"name": "Сынақбаев", "iin": identifier}})
    assert set(wrong_fields(answer)) == {"applicant.iin"}


def typos(number: str) -> list[str]:
    """Numbers that somebody might type for this one."""
    series, year, serial = number.split("-")
    following = f"{(int(serial) + 1) % 10**8:08}"
    return [
        f"{series}-{year}-{following}",
        f"{series}-{year}-{serial[:-1]}",
        f"{series}-{year}-{serial}0",
        f"{series}-{int(year) - 1}-{serial}",
        f"{series}-0000-{serial}",
        f"{series}-9999-{serial}",
        f"ZT-{year}-{serial}",
        f"{series}-{year}-{serial}.1000",
        f"{series}-{year}-{serial}.{'9' * 20}",
        f"{series}{year}{serial}",
        f"{series}-{year}-{serial}%00",
        f"{series}-{year}-{serial[:-1]}٣",
        "%D0%96%D0%A2",
        "%FF",
        "-",
        "0",
        "' OR 1=1 --",
        "9" * 40,
    ]


async def test_a_number_with_a_typo(client: httpx.AsyncClient) -> None:
    registration = await filed(client)
    headers = {"X-Access-Code": registration["access_code"]}
    for typed in typos(registration["number"]):
        answer = await client.get(f"{APPEALS}/{typed}", headers=headers)
        check(answer, 404, "appeal_not_found")


async def test_a_number_that_is_no_number_by_its_length(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{APPEALS}/{'J' * 5_000}", headers={"X-Access-Code": "A"})
    assert wrong_fields(answer) == {"number": "string_too_long"}


async def test_a_number_in_the_other_script(client: httpx.AsyncClient) -> None:
    """As people copy it from the receipt, ЖТ-…, percent-encoded by their browser."""
    registration = await filed(client)
    headers = {"X-Access-Code": registration["access_code"]}
    cyrillic = registration["number"].replace("JT", "%D0%96%D0%A2")
    answer = await client.get(f"{APPEALS}/{cyrillic}", headers=headers)
    assert (answer.status_code, answer.json()["number"]) == (200, registration["number"])


@pytest.mark.parametrize("day", ["1800-01-01", "0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("path", ["/api/v1/directory/agencies?on={}", "/api/v1/directory/regions?on={}"])
async def test_days_long_ago_or_far_ahead(client: httpx.AsyncClient, path: str, day: str) -> None:
    """Nothing existed then; that is an answer."""
    answer = await client.get(path.format(day))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "from=1800-01-01&to=1800-12-31",
        "from=2026-01-01&to=9999-12-31",
        "from=2026-12-31&to=2026-01-01",
        "from=yesterday&to=2026-01-01",
        "from=2026-02-30&to=2026-03-01",
        "from=2026-01-01&to=2026-06-30&as_of=1800-01-01",
        "from=2026-01-01T00:00:00Z&to=2026-06-30",
        "from=%00&to=2026-06-30",
        "from=2026-01-01&to=2026-06-30&basis=guess",
        "from=2026-01-01&to=2026-06-30&channel=pigeon",
        "from=2026-01-01&to=2026-06-30&agency=nobody",
        "from=2026-01-01&to=2026-06-30&applicant_type=ghost",
        "from=2026-01-01&to=2026-06-30&topic=%ED%A0%80",
        "from=2026-01-15&to=2026-06-30&topic=land",
        "from=9" + "9" * 5_000 + "&to=2026-06-30",
    ],
)
async def test_statistics_of_a_wrong_period_or_code(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/api/v1/statistics/agencies?{query}")
    assert check(answer, 422, "invalid")["errors"]


# Who is calling


async def test_a_wrong_access_code(client: httpx.AsyncClient) -> None:
    registration = await filed(client)
    number = registration["number"]
    check(await client.get(f"{APPEALS}/{number}"), 401, "access_code_missing")
    for code in (
        "AAAA",
        "",
        registration["access_code"][:-1],
        registration["access_code"] + "A",
        "ә",
        "\x7f",
    ):
        raw = httpx.Headers([(b"x-access-code", code.encode())])
        answer = await client.get(f"{APPEALS}/{number}", headers=raw)
        assert answer.status_code == (404 if code else 401)


async def test_guessing_gets_slow_for_that_number_from_that_network(client: httpx.AsyncClient) -> None:
    first, second = await filed(client), await filed(client)
    for _ in range(LIMIT):
        answer = await client.get(f"{APPEALS}/{first['number']}", headers={"X-Access-Code": "AAAA"})
        check(answer, 404, "appeal_not_found")
    right = {"X-Access-Code": first["access_code"]}
    slow = await client.get(f"{APPEALS}/{first['number']}", headers=right)
    assert slow.headers["retry-after"] in check(slow, 429, "too_many_requests")["detail"]
    assert 0 < int(slow.headers["retry-after"]) <= 900
    by_another_way = await client.get(f"/api/v1/receipts/{first['number']}", headers=right)
    check(by_another_way, 429, "too_many_requests")
    other = await client.get(
        f"{APPEALS}/{second['number']}", headers={"X-Access-Code": second["access_code"]}
    )
    assert other.status_code == 200


async def test_a_stranger_locks_no_citizen_out(app: Any, client: httpx.AsyncClient) -> None:
    registration = await filed(client)
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as stranger:
        for _ in range(LIMIT + 1):
            answer = await stranger.get(
                f"{APPEALS}/{registration['number']}", headers={"X-Access-Code": "AAAA"}
            )
    assert answer.status_code == 429
    headers = {"X-Access-Code": registration["access_code"]}
    mine = await client.get(f"{APPEALS}/{registration['number']}", headers=headers)
    assert mine.status_code == 200


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "x.y.z",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
        "ә",
        "\ud7ff",
        "a" * 10_000,
        ".".join(["e30"] * 3),
    ],
)
async def test_a_token_that_is_none(client: httpx.AsyncClient, token: str) -> None:
    headers = httpx.Headers([(b"authorization", b"Bearer " + token.encode())])
    answer = await client.get(ME, headers=headers)
    check(answer, 401, "token_invalid" if token else "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.fixture
async def token(db: Database) -> str:
    """A good access token of an operator."""
    async with db.read() as connection:
        energy = await connection.fetchval("SELECT id FROM agency WHERE code = 'energy'")
    await service.ensure_accounts(db, [NewAccount("aigul@energy", "Айгүл", Role.OPERATOR, energy)], "none")
    async with db.read() as connection:
        account = await connection.fetchval("SELECT id FROM staff_account WHERE login = 'aigul@energy'")
    return tokens.issue(account, uuid4())


def signed_by_others(token: str) -> dict[str, str]:
    """The same claims under other signatures."""
    header, claims, signature = token.split(".")
    said = jwt.get_unverified_claims(token)
    kid = jwt.get_unverified_header(token)["kid"]
    other = ec.generate_private_key(ec.SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    admin = base64.urlsafe_b64encode(json.dumps(said | {"sub": "1"}).encode()).decode().rstrip("=")
    return {
        "another key": jwt.encode(said, pem, algorithm="ES256", headers={"kid": kid}),
        "a shared secret": jwt.encode(said, "secret", algorithm="HS256", headers={"kid": kid}),
        "other claims": f"{header}.{admin}.{signature}",
        "no signature": f"{header}.{claims}.",
        "a cut signature": token[:-2],
    }


async def test_a_forged_token(client: httpx.AsyncClient, token: str) -> None:
    for how, forged in signed_by_others(token).items():
        answer = await client.get(ME, headers={"Authorization": f"Bearer {forged}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid"), how


async def test_an_expired_token(
    client: httpx.AsyncClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    later = clock.now() + tokens.LIFETIME
    monkeypatch.setattr(clock, "now", lambda: later)
    check(await client.get(ME, headers=headers), 401, "token_expired")
    check(await client.get("/api/v1/queue", headers=headers), 401, "token_expired")
    figures = await client.get("/api/v1/statistics/agencies", headers=headers)
    check(figures, 401, "token_expired")


# Marks, languages


async def test_right_to_left_marks_are_taken_out(client: httpx.AsyncClient) -> None:
    marked = "\u202eЖауап\u202c \u2066жоқ\u2069\u200f"
    answer = await client.post(APPEALS, json=GOOD | {"text": marked, "addressee": "\u200eenergy\u061c"})
    assert (answer.status_code, answer.json()["agency"]["code"]) == (201, "energy")


@pytest.mark.usefixtures("nothing_written")
async def test_text_of_marks_alone_is_blank(client: httpx.AsyncClient) -> None:
    answer = await client.post(APPEALS, json=GOOD | {"text": "\u202e\u200f\u2066"})
    assert wrong_fields(answer) == {"text": "blank"}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.usefixtures("nothing_written")
async def test_each_refusal_in_each_language(client: httpx.AsyncClient, lang: Language) -> None:
    headers = {"Accept-Language": lang}
    check(await client.get("/nothing", headers=headers), 404, "not_found", lang)
    check(await client.get(APPEALS, headers=headers), 405, "method_not_allowed", lang)
    check(await client.get(ME, headers=headers), 401, "unauthenticated", lang)
    check(await client.post(APPEALS, content=b"{", headers=headers | JSON), 400, "malformed", lang)
    too_large = await client.post(APPEALS, content=b" " * 2_000_000, headers=headers | JSON)
    check(too_large, 413, "too_large", lang)
    text = await client.post(APPEALS, content=b"text", headers=headers | {"Content-Type": "text/plain"})
    check(text, 415, "unsupported_media_type", lang)
    invalid = await client.post(APPEALS, json=GOOD | {"topic": "lend"}, headers=headers)
    problem = check(invalid, 422, "invalid", lang)
    assert problem["detail"] == t("error.invalid", lang)
    assert "land" in problem["errors"][0]["message"]


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("", "kk"),
        ("de-DE,de;q=0.9", "kk"),
        ("*", "kk"),
        ("en;q=0", "kk"),
        ("ru;q=0.1,en;q=0.9", "en"),
        ("RU-kz", "ru"),
        ("en;q=nan", "kk"),
        ("en;q=inf", "en"),
        ("en;q=-1,ru", "ru"),
        (";;;,,,q=,=;q=1", "kk"),
        ("\xff\xfe", "kk"),
        ("en\x00", "kk"),
        ("a," * 10_000 + "en", "kk"),
    ],
)
async def test_a_strange_accept_language(client: httpx.AsyncClient, asked: str, given: Language) -> None:
    headers = httpx.Headers([(b"accept-language", asked.encode("latin-1"))])
    check(await client.get("/nothing", headers=headers), 404, "not_found", given)


@pytest.mark.parametrize("lang", ["ru", "xx", "", "%00", "%ED%A0%80", "ru" * 5_000])
async def test_a_strange_lang(client: httpx.AsyncClient, lang: str) -> None:
    check(await client.get(f"/nothing?lang={lang}"), 404, "not_found", "ru" if lang == "ru" else "en")
