"""The reference: a page that lists every call, and one for each error."""

import re

import httpx
import pytest

from app.core.i18n import LANGUAGES, Language, t
from app.web.reference import classes_of_error


async def test_the_docs_are_served_from_here(client: httpx.AsyncClient) -> None:
    answer = await client.get("/docs")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "docs.js"):
        assert f"/assets/{name}?v=" in answer.text
        assert len((await client.get(f"/assets/{name}")).content) > 500
    assert "//" not in (await client.get("/assets/docs.js")).text.replace("// Starts", "")


async def test_the_document_is_the_same_twice(client: httpx.AsyncClient) -> None:
    first, second = await client.get("/openapi.json"), await client.get("/openapi.json")
    assert first.status_code == 200
    assert first.content == second.content


async def test_where_the_front_door_leads_in_the_docs(client: httpx.AsyncClient) -> None:
    led_to = set(re.findall(r'"(/(?:docs|problems)\?lang=en)"', (await client.get("/?lang=en")).text))
    assert led_to >= {"/docs?lang=en", "/problems?lang=en"}
    assert {(await client.get(page)).status_code for page in led_to} == {200}


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_an_error_is_explained_where_its_type_points(client: httpx.AsyncClient, lang: Language) -> None:
    problem = (await client.get("/nothing")).json()
    answer = await client.get(problem["type"], headers={"Accept-Language": lang})
    assert answer.status_code == 200
    assert t("error.not_found.title", lang) in answer.text
    assert "404" in answer.text


async def test_every_error_has_a_page(client: httpx.AsyncClient) -> None:
    every = (await client.get("/problems")).text
    for code in classes_of_error():
        assert (await client.get(f"/problems/{code}")).status_code == 200, code
        assert f"/problems/{code}?" in every


async def test_an_unknown_error_has_none(client: httpx.AsyncClient) -> None:
    answer = await client.get("/problems/gremlins")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
