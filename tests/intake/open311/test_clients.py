"""Clients that others wrote, from the Python package index, against a live server."""

import asyncio
import importlib
import itertools
import os
import re
import shutil
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.core.db import Database, DatabaseUrls
from app.directory import snapshot
from app.staff import service
from app.staff.permissions import Role
from tests.intake.open311.vendor import FIELDS, GOOD, make_key
from tests.ops.served import Served
from tests.warm import ROOT


def library(name: str) -> Any:
    """The client, or a skip that says why. `three` still asks for what Python 3 has taken away."""
    itertools.ifilter = filter  # type: ignore[attr-defined]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is compiled for the first time: old spellings
            return importlib.import_module(name)
    except ImportError as error:
        pytest.skip(f"the client {name} is not installed here: {error}")
    finally:
        del itertools.ifilter  # type: ignore[attr-defined]


@contextmanager
def served(urls: DatabaseUrls, folder: Path) -> Iterator[str]:
    """The address of `serve` on this database; stopped in the end."""
    server = Served(urls, folder)
    server.start()
    try:
        yield f"{server.url}/open311/v2"
    finally:
        server.kill()


@pytest.mark.parametrize("format_", ["json", "xml"])
async def test_georeport(real_db: Database, real_urls: DatabaseUrls, tmp_path: Path, format_: str) -> None:
    """It only reads; XML it makes a list of where there are several."""
    georeport = library("georeport")
    three = library("three")
    key = await make_key(real_db)

    def drive(endpoint: str) -> None:
        numbers = [post(three.Three(endpoint, api_key=key), **GOOD) for _ in range(2)]
        client = georeport.GeoReport(endpoint, output_format=format_)
        assert "utilities" in [one["service_code"] for one in client.get_service_list()]
        assert client.get_service_definition("tax")["service_code"] == "tax"
        found = client.get_service_requests(service_code="utilities", status="open")
        assert {one["service_request_id"] for one in found} == set(numbers)
        assert all(set(one) == FIELDS for one in found)
        one = client.get_service_request(numbers[0])
        assert (one["service_request_id"], one["status"]) == (numbers[0], "open")

    with served(real_urls, tmp_path) as endpoint:
        await asyncio.to_thread(drive, endpoint)


def post(client: Any, service_code: str, **said: Any) -> str:
    (found,) = client.post(service_code, **said)
    return str(found["service_request_id"])


async def test_three(real_db: Database, real_urls: DatabaseUrls, tmp_path: Path) -> None:
    """It posts too, with an address by another name, a name of two words, and a picture."""
    three = library("three")
    key = await make_key(real_db)
    picture = tmp_path / "photo.png"
    picture.write_bytes(b"\x89PNG\r\n" + b"0" * 300_000)

    def drive(endpoint: str) -> None:
        client = three.Three(endpoint, api_key=key)
        assert client.discovery()["endpoints"][0]["url"] == endpoint
        assert client.discovery(endpoint.replace("v2", "discovery.json")).startswith(b'{"changeset"')
        assert {one["service_code"] for one in client.services()} >= {"utilities", "other"}
        assert client.services("utilities")["attributes"][0]["code"] == "supply"
        plain = post(
            client,
            "utilities",
            address="Мысал көшесі, 5",
            name="Үлгібек Сынақбаев",
            phone="8 701 000 00 01",
            description="Жылу жоқ",
        )
        with picture.open("rb") as media:
            pictured = post(client, "land", lat=43.297, long=68.251, description="Шұңқыр", media=media)
        assert [one["service_request_id"] for one in client.requests(status="open")] == [pictured, plain]
        assert [one["service_request_id"] for one in client.requests("land", count=1)] == [pictured]
        today = time.strftime("%m-%d-%Y", time.gmtime(time.time() + 86_400))
        month = time.strftime("%m-%d-%Y", time.gmtime(time.time() - 30 * 86_400))
        assert len(client.requests(between=[month, today])) == 2
        assert client.request(plain)[0]["service_code"] == "utilities"
        assert client.token(plain) == [{"service_request_id": plain, "token": plain}]
        # What is refused is read as well: it is whole in the format that was asked for.
        assert client.post("utilities", address="x", api_key="wrong")[0]["code"] == "403"
        assert client.post("nothing", address="x")[0]["code"] == "404"
        assert client.post("utilities", description="nowhere")[0]["code"] == "400"
        assert client.request("JT-2026-99999999")[0]["code"] == "404"
        assert three.Three(endpoint).post("utilities", address="x")[0]["code"] == "403"

    with served(real_urls, tmp_path) as endpoint:
        await asyncio.to_thread(drive, endpoint)


PASSWORD = "сегіз жолақты жол 2026"


async def test_the_examples_of_the_documentation(
    real_db: Database, real_urls: DatabaseUrls, tmp_path: Path
) -> None:
    """Every line of docs/open311.md as it stands, one after the other; none may be refused."""
    if not shutil.which("curl"):
        pytest.skip("no curl here")
    said = (ROOT / "docs" / "open311.md").read_text(encoding="utf-8")
    setting, *blocks = re.findall(r"```sh\n(.*?)```", said, re.DOTALL)
    assert len(blocks) > 4
    key = await make_key(real_db)
    agency = snapshot.current().agency("akimat-turkistan").id
    await service.create_account(real_db, "head@akimat-turkistan", "Сынақ", Role.HEAD, agency, PASSWORD)

    def drive(endpoint: str) -> subprocess.CompletedProcess[str]:
        mine = setting.replace("http://127.0.0.1:8000", endpoint.removesuffix("/open311/v2"))
        script = [
            'set -eu; curl() { command curl -sS --fail-with-body "$@"; }',
            mine.replace("paste-the-key-here", key),
            *blocks,
        ]
        return subprocess.run(
            ["sh"],
            input="\n".join(script),
            env={"PATH": os.environ["PATH"], "LS_DEMO_PASSWORD": PASSWORD},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    with served(real_urls, tmp_path) as endpoint:
        done = await asyncio.to_thread(drive, endpoint)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert "Үйде үш күннен бері жылу жоқ." not in done.stdout.partition('"releases"')[0]
