"""Appeals in an hour and in the same hour of the weeks before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from app.core import clock
from app.core.db import Database
from app.oversight.resonance.counting import whole_hour
from app.oversight.resonance.looking import listen
from tests.casework.people import Office, registered, submission

WEEK = timedelta(weeks=1)


@dataclass
class Country:
    db: Database
    office: Office
    hour: datetime

    async def file(self, hour: datetime, count: int, **changes: Any) -> list[str]:
        """So many in the hour that begins then; their numbers."""
        said = {"region": "KZ-61", "addressee": "energy"} | changes
        many = [submission(received_at=hour + timedelta(seconds=n), **said) for n in range(count)]
        return [one.number for one in await registered(self.db, many)]

    async def usual(self, each: int = 2, weeks: Sequence[int] = range(1, 9), **changes: Any) -> None:
        for week in weeks:
            await self.file(self.hour - week * WEEK, each, **changes)

    async def listen(self) -> None:
        await listen(self.db)

    async def rises(self, login: str, **asked: Any) -> list[dict[str, Any]]:
        answer = await self.office.get(login, "/oversight/rises", **asked)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def numbers(self, login: str, url: str, limit: int = 7) -> list[str]:
        """Of a list of cases, page after page."""
        found: list[str] = []
        path, _, query = url.removeprefix("/api/v1").partition("?")
        asked = dict(parse_qsl(query))
        while True:
            answer = await self.office.get(login, path, limit=limit, **asked)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found += [item["number"] for item in page["items"]]
            if page["next_cursor"] is None:
                return found
            asked["cursor"] = page["next_cursor"]


@pytest.fixture
def country(db: Database, client: httpx.AsyncClient) -> Country:
    """`hour` began three hours ago."""
    return Country(db, Office(db, client), whole_hour(clock.now()) - timedelta(hours=3))
