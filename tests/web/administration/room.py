"""A person in the Administration's room, as a browser without a script is: cookies, forms, links."""

import asyncio
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx

from app.core.db import Database
from app.directory import snapshot
from app.staff import service
from app.staff.permissions import Role
from tests.support import asked

PASSWORD = "a long password for tests"
TOKEN = re.compile(r'name="form" value="([0-9a-f]+)"')


class Links(HTMLParser):
    """The addresses of a page, by the words that lead there."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._href: str | None = None
        self._words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._href, self._words = dict(attrs).get("href"), ""

    def handle_data(self, data: str) -> None:
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href is not None:
            self.found.append((" ".join(self._words.split()), self._href))
            self._href = None


@dataclass
class Browser:
    client: httpx.AsyncClient
    token: str = ""

    async def get(self, address: str, status: int = 200) -> str:
        answer = await self.client.get(address)
        assert answer.status_code == status, (address, answer.status_code, answer.text[:2000])
        if found := TOKEN.search(answer.text):
            self.token = found[1]
        return answer.text

    async def post(self, address: str, status: int = 303, /, **said: str) -> httpx.Response:
        answer = await self.client.post(address, data={"form": self.token} | said)
        assert answer.status_code == status, (address, answer.status_code, answer.text[:3000])
        return answer

    async def links(self, address: str) -> list[tuple[str, str]]:
        return Links(await self.get(address)).found


def version(page: str) -> str:
    """What was seen, as a form of the page says it."""
    return page.split('name="version" value="')[1].split('"')[0]


async def entered(
    client: httpx.AsyncClient, db: Database, role: Role, agency: str = "administration", login: str = ""
) -> Browser:
    """Somebody new who has signed in."""
    login = login or f"{role}@{agency}"
    body = snapshot.current().agency(agency).id
    await service.create_account(db, login, "Сынақбаев Қайрат", role, body, PASSWORD)
    browser = Browser(client)
    await browser.get("/office/sign-in?lang=en")
    await browser.post("/office/sign-in", login=login, password=PASSWORD)
    return browser


@dataclass
class Asked:
    """What the test's one connection is asked from now on, but for the bounds of transactions."""

    db: Database
    noted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        pool: Any = self.db._pool
        pool._connection.add_query_logger(lambda record: self.noted.append(record.query))

    async def since(self) -> list[str]:
        """What was asked since this was asked last."""
        await asyncio.sleep(0)  # the connection tells of a query a step later
        found, self.noted = asked(self.noted), []
        return found
