"""Every answer of every route says to browsers what they may do with it, and none less than the strictest."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import RouteContext

from app.core.db import Database
from app.core.headers import BY_TLS, HEADERS, NO_PAGE
from app.web.pages import PAGE_POLICY
from tests.casework.people import Office
from tests.repository.test_routes import ROUTES, name
from tests.support import app_of, client_of
from tests.web.test_walk import MISSING, body_of, is_page, path_of

# What is the same for everybody and says nothing of anybody, and so may be kept, or asked for again.
MAY_BE_KEPT = re.compile(
    r"/(|assets/.*|api/v1/directory/.*|docs|problems|statistics|open311/.*|questions|blog|receptions)"
)


def checked(answer: httpx.Response) -> Iterator[str]:
    """What is wrong with an answer's headers."""
    said = answer.headers
    for header in HEADERS:
        if header not in said:
            yield f"has no {header}"
        elif len(said.get_list(header)) > 1 and header != "Cache-Control":
            yield f"has {header} twice"
    policy = said.get("content-security-policy", "")
    if "default-src 'none'" not in policy or "unsafe-eval" in policy or "*" in policy:
        yield f"has the policy {policy!r}"
    if said.get("content-type", "").startswith("text/html"):
        for rule in PAGE_POLICY.split("; "):
            if rule.split()[0] not in policy:
                yield f"is a page and its policy says nothing of {rule.split()[0]}"
    if said.get("x-content-type-options") != "nosniff":
        yield "may be sniffed"


async def asked(client: httpx.AsyncClient, route: RouteContext, headers: dict[str, str]) -> httpx.Response:
    client.cookies.clear()
    method = sorted(route.methods or {"GET"})[0]
    return await client.request(
        method, path_of(route, MISSING), headers={"if-match": "*"} | headers, **body_of(route, method)
    )


async def test_every_route(db: Database, client: httpx.AsyncClient) -> None:
    """As nobody, and as the controller, who gets to most; what an answer is does not matter here."""
    app_of(client).state.live.let_go()
    controller = (await Office(db, client).person("controller@administration")).headers
    wrong = []
    for route in ROUTES:
        for headers in ({}, controller) if not is_page(route) else ({},):
            answer = await asked(client, route, dict(headers))
            wrong += [f"{name(route)} {answer.status_code} {problem}" for problem in checked(answer)]
            kept = answer.headers.get("cache-control", "")
            if "no-store" not in kept and not MAY_BE_KEPT.fullmatch(str(route.path)):
                wrong.append(f"{name(route)} {answer.status_code} may be kept: {kept}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nothing/here", 404), ("/api/v1/nothing", 404), ("/openapi.json", 200), ("/office/nothing", 404)],
)
async def test_what_no_route_answers(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert list(checked(answer)) == []


async def test_a_body_that_is_too_long(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/appeals", content=b" " * 1_100_000)
    assert answer.status_code == 413
    assert list(checked(answer)) == []
    assert answer.headers["connection"] == "close"


async def test_a_mistake_of_ours(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answer goes out past every middleware."""

    def broken(*_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr("app.core.migrate.is_current", broken)
    answer = await client.get("/readyz")
    assert answer.status_code == 500
    assert "ours" not in answer.text
    assert list(checked(answer)) == []


async def test_an_answer_that_is_no_page_may_do_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/directory/topics")
    assert answer.headers["content-security-policy"] == NO_PAGE


async def test_only_by_tls_for_a_year_once_it_came_by_tls(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://test") as by_tls:
        answer = await by_tls.get("/healthz")
    assert {key: answer.headers[key] for key in BY_TLS} == BY_TLS
    async with client_of(app) as plain:
        assert not set(BY_TLS) & set((await plain.get("/healthz")).headers)
