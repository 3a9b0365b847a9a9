"""Templates of answers: heads keep them, others write with them, none is left unfilled."""

from typing import Any

import pytest

from tests.casework.people import Office

SAID: dict[str, Any] = {
    "name": "Жылу",
    "topic": "utilities",
    "language": "kk",
    "text": "Құрметті {name}! {number}, {registered_on}–{due_on}, {today}. {agency} {{жақша}}",
}


async def sent(
    office: Office, login: str, method: str, path: str, *, seen: str = "", **body: Any
) -> tuple[int, dict[str, Any]]:
    headers = (await office.person(login)).headers | ({"If-Match": seen} if seen else {})
    answer = await office.client.request(method, f"/api/v1{path}", headers=headers, json=body or None)
    return answer.status_code, answer.json() if answer.content else {}


async def names(office: Office, login: str, **params: Any) -> list[str]:
    return [one["name"] for one in (await office.get(login, "/templates", **params)).json()["items"]]


async def test_heads_keep_them_and_others_write_with_them(office: Office) -> None:
    assert (await sent(office, "operator@energy", "POST", "/templates", **SAID))[0] == 403
    status, made = await sent(office, "head@energy", "POST", "/templates", **SAID)
    assert (status, made["own"], made["version"]) == (201, True, 1)
    await sent(office, "head@energy", "POST", "/templates", **SAID | {"name": "Кез келген", "topic": None})
    await sent(office, "head@energy", "POST", "/templates", **SAID | {"name": "Тепло", "language": "ru"})
    assert await names(office, "operator@energy", topic="utilities", language="kk") == ["Жылу", "Кез келген"]
    assert await names(office, "operator@energy", topic="land") == ["Кез келген"]
    assert await names(office, "operator@health") == []
    where = f"/templates/{made['id']}"
    assert (await sent(office, "head@health", "PUT", where, seen='"1"', **SAID))[0] == 404
    assert (await sent(office, "head@health", "DELETE", where, seen="*"))[0] == 404
    status, changed = await sent(office, "head@energy", "PUT", where, seen='"1"', **SAID | {"name": "Жылу 2"})
    assert (status, changed["name"], changed["version"]) == (200, "Жылу 2", 2)
    assert (await sent(office, "head@energy", "PUT", where, **SAID))[0] == 428
    for method, body in (("PUT", SAID), ("DELETE", {})):
        status, refused = await sent(office, "head@energy", method, where, seen='"1"', **body)
        assert (status, refused["code"], refused["version"]) == (409, "template_moved", 2)
    assert (await sent(office, "head@energy", "DELETE", where, seen='"2"'))[0] == 204
    assert (await sent(office, "head@energy", "DELETE", where, seen="*"))[0] == 404


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"text": "Құрметті {iin}!"}, "text", "template_field"),
        ({"text": "{number.format}"}, "text", "template_field"),
        ({"text": "{number[0]}"}, "text", "template_field"),
        ({"text": "{number!r}"}, "text", "template_field"),
        ({"text": "{number:>999999999}"}, "text", "template_field"),
        ({"text": "{}"}, "text", "template_field"),
        ({"text": "Жақша { ашық"}, "text", "template_braces"),
        ({"topic": "hot-air"}, "topic", "unknown_code"),
        ({"text": " "}, "text", "blank"),
    ],
)
async def test_what_no_case_fills_is_refused(
    office: Office, changes: dict[str, Any], field: str, code: str
) -> None:
    status, said = await sent(office, "head@energy", "POST", "/templates", **SAID | changes)
    assert (status, [(one["field"], one["code"]) for one in said["errors"]]) == (422, [(field, code)])
