"""A program that speaks Open311, in either format, and reads both into the same values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import httpx

from app.core.db import Database
from app.directory import snapshot
from app.staff.permissions import Scope
from app.staff.service import create_client
from tests.casework.people import Office
from tests.intake.appellant import Appellant, when

V2 = "/open311/v2"
FORMATS = ("xml", "json")
TYPES = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
DECLARATION = b"<?xml version='1.0' encoding='utf-8'?>"
LISTS = {"services", "service_requests", "errors", "attributes", "values", "endpoints", "formats"}
# The fields of a request, each of which is there, though it be empty.
FIELDS = {
    *("service_request_id", "status", "status_notes", "service_name", "service_code", "description"),
    *("agency_responsible", "service_notice", "requested_datetime", "updated_datetime"),
    *("expected_datetime", "address", "address_id", "zipcode", "lat", "long", "media_url"),
}
TEXT = "Абай көшесіндегі үйде үш күннен бері жылу жоқ."
GOOD = {"service_code": "utilities", "address_string": "Түркістан қ., Мысал көшесі, 5", "description": TEXT}
PERSON = {
    "first_name": "Үлгібек",
    "last_name": "Сынақбаев",
    "email": "ulgibek@example.org",
    "phone": "8 (701) 000-00-01",
    "device_id": "device-77",
    "account_id": "account-88",
}


async def make_key(
    db: Database,
    source: str = "open311",
    channels: Sequence[str] = ("open311",),
    scopes: Sequence[Scope] = (Scope.TICKETS_WRITE,),
) -> str:
    found = snapshot.current().source(source)
    return await create_client(db, found.id, "an application", scopes, channels)


def read(answer: httpx.Response, format_: str, root: str) -> Any:
    """The body as values, after what every answer must be: type, encoding, declaration, shape."""
    assert answer.headers["content-type"] == TYPES[format_]
    if format_ == "json":
        found = answer.json()
        assert isinstance(found, list) == (root in LISTS), "the wrapper is dropped"
        return found
    assert answer.content.startswith(DECLARATION)
    element = ElementTree.fromstring(answer.content)
    assert element.tag == root
    return value_of(element)


def value_of(element: ElementTree.Element) -> Any:
    if element.tag in LISTS:
        return [value_of(inner) for inner in element]
    if len(element):
        return {inner.tag: value_of(inner) for inner in element}
    return element.text


def refused(answer: httpx.Response, status: int, format_: str, code: str | None = None) -> list[str]:
    """It is a list of errors; gives what they say."""
    assert answer.status_code == status, answer.text
    errors = read(answer, format_, "errors")
    assert errors
    for error in errors:
        assert set(error) == {"code", "description"}
        assert error["code"] == (code or str(status))
        assert "{" not in error["description"]
    return [error["description"] for error in errors]


@dataclass
class Vendor:
    db: Database
    client: httpx.AsyncClient
    key: str
    appellant: Appellant

    @property
    def office(self) -> Office:
        return self.appellant.office

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.client.get(f"{V2}/{path}", params=params)

    async def listed(self, **params: Any) -> list[dict[str, Any]]:
        answer = await self.get("requests.json", **params)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    async def ids(self, **params: Any) -> list[str]:
        return [request["service_request_id"] for request in await self.listed(**params)]

    async def one(self, number: str, lang: str = "en") -> dict[str, Any]:
        answer = await self.get(f"requests/{number}.json", lang=lang)
        assert answer.status_code == 200, answer.text
        (found,) = answer.json()
        assert set(found) == FIELDS
        return dict(found)

    async def post(self, format_: str = "json", *, idempotency_key: str = "", **form: Any) -> httpx.Response:
        """`GOOD` with changes; None leaves a field out."""
        said = {
            name: value for name, value in ({"api_key": self.key} | GOOD | form).items() if value is not None
        }
        headers = {"idempotency-key": idempotency_key} if idempotency_key else {}
        return await self.client.post(f"{V2}/requests.{format_}", data=said, headers=headers)

    async def filed(self, on: str | None = None, **form: Any) -> str:
        """The number of a new request."""
        if on is None:
            answer = await self.post(**form)
        else:
            with when(on):
                answer = await self.post(**form)
        assert answer.status_code == 201, answer.text
        (found,) = answer.json()
        return str(found["service_request_id"])

    async def release(self, login: str, number: str, fields: list[str]) -> httpx.Response:
        person = await self.office.person(login)
        body = {"fields": fields, "reason": "Жеке деректер жоқ."}
        return await self.client.post(f"/api/v1/open311/{number}/release", json=body, headers=person.headers)

    async def holder(self, number: str) -> str:
        """The code of the agency that has it."""
        async with self.db.read() as connection:
            agency_id = await connection.fetchval(
                "SELECT agency_id FROM holding WHERE appeal_id = $1 ORDER BY id DESC LIMIT 1", id_of(number)
            )
        return snapshot.current().agency_by_id(agency_id).code


def id_of(number: str) -> int:
    _, year, serial = number.split("-")
    return int(year + serial)
