"""The guide's program for blog platforms, copied from the page and run against the running service."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.core.db import Database, DatabaseUrls
from tests.intake.blogs.platform import Platform, open_platform
from tests.ops.served import Served
from tests.warm import ROOT

GUIDE = ROOT / "docs" / "integrating.md"


@pytest.fixture
async def served(real_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Served]:
    server = Served(real_urls, tmp_path)
    await asyncio.to_thread(server.start)
    yield server
    server.kill()


def posted(served: Served, platform: Platform, secret: str, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            "PATH": os.environ["PATH"],
            "HOST": served.url,
            "KEY": platform.centre.key,
            "SECRET": secret,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.strip() or done.stderr.splitlines()[-1]


async def test_the_guides_program(served: Served, real_db: Database) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    async with httpx.AsyncClient(base_url=served.url, timeout=30) as client:
        platform = await open_platform(real_db, client)
    other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    said = [
        await asyncio.to_thread(posted, served, platform, secret, program)
        for secret in (platform.secret, platform.secret, other)
    ]
    (number,) = await platform.centre.rows("SELECT id FROM appeal")
    registered = f"JT-{number['id'] // 10**8}-{number['id'] % 10**8:08}"
    assert said == [
        f"201 {registered}",
        f"200 {registered}",
        "urllib.error.HTTPError: HTTP Error 401: Unauthorized",
    ]
