"""The checklist of GeoReport v2, first half: discovery, services, formats and errors."""

from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from app.core.i18n import LANGUAGES, Language
from app.directory import snapshot
from app.intake.open311.formats import as_xml
from tests.intake.open311.vendor import FORMATS, V2, Vendor, read, refused

format_by_format = pytest.mark.parametrize("format_", FORMATS)
DATATYPES = {"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"}


@format_by_format
@pytest.mark.parametrize("base", ["/open311", V2])
async def test_discovery(client: httpx.AsyncClient, format_: str, base: str) -> None:
    """Both formats; ISO changesets; the endpoint is where the services are."""
    found = read(await client.get(f"{base}/discovery.{format_}"), format_, "discovery")
    assert set(found) == {"changeset", "contact", "key_service", "endpoints"}
    (endpoint,) = found["endpoints"]
    assert set(endpoint) == {"specification", "url", "changeset", "type", "formats"}
    for one in (found, endpoint):
        assert datetime.fromisoformat(one["changeset"]).tzinfo
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert endpoint["type"] == "test"
    assert endpoint["specification"].endswith("/GeoReport_v2")
    assert (await client.get(f"{endpoint['url']}/services.{format_}")).status_code == 200


@format_by_format
async def test_services(vendor: Vendor, format_: str) -> None:
    services = read(await vendor.get(f"services.{format_}"), format_, "services")
    assert [one["service_code"] for one in services] == [one.code for one in snapshot.current().topics()]
    for one in services:
        assert set(one) == {
            *("service_code", "service_name", "description", "metadata", "type", "keywords", "group")
        }
        assert one["metadata"] == (True if format_ == "json" else "true")
        assert one["type"] == "realtime"
        assert one["description"] != one["service_name"], "every topic of ours has its sentence"


async def test_keywords_are_one_string_with_commas(vendor: Vendor) -> None:
    for one in (await vendor.get("services.json")).json():
        assert isinstance(one["keywords"], str)
        assert len([word for word in one["keywords"].split(",") if word.strip()]) > 1


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_names_in_the_asked_language(client: httpx.AsyncClient, lang: Language) -> None:
    wanted = [topic.name(lang) for topic in snapshot.current().topics()]
    for params, header in (({"locale": f"{lang}-KZ"}, "xx"), ({"lang": lang}, "xx"), ({}, lang)):
        answer = await client.get(f"{V2}/services.json", params=params, headers={"accept-language": header})
        assert [one["service_name"] for one in answer.json()] == wanted
        assert answer.headers["content-language"] == lang


@format_by_format
async def test_metadata_means_that_there_is_a_definition(vendor: Vendor, format_: str) -> None:
    """Of each service, with attributes in a unique order, and values where one chooses."""
    for service in (await vendor.get("services.json")).json():
        code = service["service_code"]
        answer = await vendor.get(f"services/{code}.{format_}")
        found = read(answer, format_, "service_definition")
        assert (set(found), found["service_code"]) == ({"service_code", "attributes"}, code)
        attributes = found["attributes"]
        assert [int(one["order"]) for one in attributes] == list(range(1, len(attributes) + 1))
        assert len({one["code"] for one in attributes}) == len(attributes)
        for one in attributes:
            check_attribute(one)


def check_attribute(one: dict[str, Any]) -> None:
    assert one["datatype"] in DATATYPES
    assert one["required"] in (True, False, "true", "false")
    assert one["variable"] in (True, "true")
    assert one["description"]
    assert one["datatype_description"]
    assert ("values" in one) == one["datatype"].endswith("list")
    for value in one.get("values", ()):
        assert set(value) == {"key", "name"}
        assert all(value.values())


@format_by_format
@pytest.mark.parametrize("path", ["services/nothing", "services/%00", "services/a.b", "services/utilities.2"])
async def test_unknown_service(vendor: Vendor, format_: str, path: str) -> None:
    refused(await vendor.get(f"{path}.{format_}"), 404, format_)


JURISDICTED = ["services", "services/utilities", "requests", "requests/JT-2026-00000001", "tokens/x"]


@format_by_format
@pytest.mark.parametrize("path", JURISDICTED)
async def test_unknown_jurisdiction(vendor: Vendor, format_: str, path: str) -> None:
    (said,) = refused(await vendor.get(f"{path}.{format_}", jurisdiction_id="boston.gov"), 404, format_)
    assert "jurisdiction_id" in said


@pytest.mark.parametrize("known", ["", "kz", "KZ", "KZ-61", "kz-61"])
async def test_known_or_empty_jurisdiction_is_the_same_as_none(vendor: Vendor, known: str) -> None:
    plain = await vendor.get("services.json")
    assert (await vendor.get("services.json", jurisdiction_id=known)).json() == plain.json()


@pytest.mark.parametrize(
    "path",
    [
        "services.yaml",
        "services",
        "requests.htm",
        "discovery.XML",
        "services/land.",
        "tokens/x.exe",
        "",
        "nothing",
    ],
)
async def test_unknown_format_or_address(client: httpx.AsyncClient, path: str) -> None:
    """Told in XML, which everybody reads, unless JSON is asked for."""
    refused(await client.get(f"{V2}/{path}"), 404, "xml")
    asked = {"accept": "application/json"}
    refused(await client.get(f"{V2}/{path}", headers=asked), 404, "json")


@format_by_format
@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
async def test_method_that_is_not_offered(client: httpx.AsyncClient, format_: str, method: str) -> None:
    answer = await client.request(method, f"{V2}/requests.{format_}")
    refused(answer, 400, format_, "405")
    assert answer.headers["allow"] == "GET, HEAD, POST"


@format_by_format
@pytest.mark.parametrize("path", ["discovery", "services", "services/land", "requests", "nothing"])
async def test_read_by_pages_of_any_site(client: httpx.AsyncClient, format_: str, path: str) -> None:
    answer = await client.get(f"{V2}/{path}.{format_}", headers={"origin": "https://elsewhere.example"})
    assert answer.headers["access-control-allow-origin"] == "*"


@format_by_format
async def test_posting_is_not_for_pages_of_any_site(client: httpx.AsyncClient, format_: str) -> None:
    answer = await client.post(f"{V2}/requests.{format_}", data={"api_key": "x"})
    assert "access-control-allow-origin" not in answer.headers


@format_by_format
async def test_what_did_not_change_is_not_sent_again(client: httpx.AsyncClient, format_: str) -> None:
    first = await client.get(f"{V2}/services.{format_}")
    again = await client.get(f"{V2}/services.{format_}", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get(
        f"{V2}/services.{format_}?lang=ru", headers={"if-none-match": first.headers["etag"]}
    )
    assert other.status_code == 200


async def test_head(client: httpx.AsyncClient) -> None:
    answer = await client.head(f"{V2}/services.xml")
    assert (answer.status_code, answer.content) == (200, b"")


def test_xml_carries_what_is_no_xml() -> None:
    """A character that XML has no way to write does not break the whole list."""
    written = as_xml("errors", [{"code": "1", "description": "a\x00b\ufffe<&>\ud800"}])
    assert ElementTree.fromstring(written).findtext("error/description") == "a\ufffdb\ufffd<&>\ufffd"
