"""A day with marked people, over real processes: nothing of theirs is printed, counted or put into addresses.

Every door, and errors at each: what is wrong in what they send, what is refused, a database that breaks in
the middle, a mail server that repeats the address. Then everything that the service wrote anywhere is looked
through: what web and worker printed, the log of PostgreSQL, metrics, the files of its folder, addresses, and
the rows of every table.
"""

import asyncio
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import pytest

from app.core.db import Database, DatabaseUrls
from app.settings import Settings
from tests.casework.people import ANSWER, Office
from tests.delivery.receivers import Mailbox, mail_server
from tests.desk.clerks import LETTER, Clerks
from tests.intake.blogs.platform import encoded, open_platform, post
from tests.intake.mail.dovecot import Dovecot, dovecot, missing
from tests.intake.mail.office import MailOffice, letter
from tests.intake.open311.vendor import GOOD, V2, make_key
from tests.intake.tickets.centre import lines, open_centre, tickets
from tests.ops.killed import Supervised
from tests.support import SECRET
from tests.web.forms import token

MARKS = {
    "name": "Мырзақұпия Белгісұлы",
    "iin": "710913673006",
    "address": "Құпиякент, Белгі көшесі, 77",
    "phone": "+7 701 987 65 43",
    "email": "kupiya.belgi@example.kz",
    "text": "Көршіміздің атын айтпаңызшы: Жасырынбай.",
}
WORDS = ("Мырзақұпия", "Белгісұлы", "Құпиякент", "Жасырынбай", "kupiya.belgi", MARKS["iin"], "7019876543")
PERSON = {name: MARKS[name] for name in ("name", "iin", "address", "phone", "email")}
APPEAL = {
    "kind": "statement",
    "language": "kk",
    "text": MARKS["text"],
    "addressee": "energy",
    "applicant": PERSON,
}
OPERATOR = "operator@energy"
JSON = {"content-type": "application/json"}
REFUSED = 'violates check constraint "broken"'


def spelled(words: Iterable[str]) -> set[str]:
    """As they may stand in a log: as they are, in an address, in JSON, as bytes."""
    found = set()
    for word in words:
        found |= {word, quote(word), json.dumps(word)[1:-1], word.encode().hex(), repr(word.encode())[2:-1]}
    return {one.casefold() for one in found}


@dataclass
class Day:
    urls: DatabaseUrls
    db: Database
    client: httpx.AsyncClient
    codes: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    async def ask(self, method: str, path: str, kind: int, **more: Any) -> httpx.Response:
        answer = await self.client.request(method, path, **more)
        assert answer.status_code // 100 == kind, (path, answer.text)
        self._seen(answer)
        return answer

    def _seen(self, answer: httpx.Response) -> None:
        self.addresses += [str(answer.url), answer.headers.get("location", "")]
        self.addresses += re.findall(r'(?:href|src|action)="([^"]*)"', answer.text)
        self.addresses += re.findall(r'"url": ?"([^"]*)"', answer.text)

    async def citizens(self) -> dict[str, Any]:
        filed: dict[str, Any] = (await self.ask("POST", "/api/v1/appeals", 2, json=APPEAL)).json()
        self.codes.append(filed["access_code"])
        path, code = f"/api/v1/appeals/{filed['number']}", {"x-access-code": filed["access_code"]}
        await self.ask("POST", "/api/v1/appeals", 4, json=APPEAL | {"kind": MARKS["text"]})
        await self.ask("POST", "/api/v1/appeals", 4, content=encoded(APPEAL)[:-5], headers=JSON)
        await self.ask("GET", path, 2, headers=code)
        await self.ask("GET", f"/api/v1/receipts/{filed['number']}", 2, headers=code)
        await self.ask("GET", path, 4, headers={"x-access-code": MARKS["iin"]})
        await self.ask("POST", f"{path}/supplements", 2, json={"text": MARKS["text"]}, headers=code)
        await self.ask("GET", f"/api/v1/appeals/{quote(MARKS['name'])}", 4, headers=code)
        self.addresses.clear()  # what a caller makes up is the caller's
        await self.ask("GET", f"{path}/export", 2, headers=code)
        return filed

    async def by_page(self, filed: dict[str, Any]) -> None:
        form = {"form": token(await self.ask("GET", "/write", 2))}
        typed = {"text": MARKS["text"], "applicant.name": MARKS["name"], "kind": "complaint"}
        await self.ask("POST", "/write/what", 3, data=form | typed)
        await self.ask("GET", "/write/topic", 2)
        form = {"form": token(await self.ask("GET", "/appeals", 2))}
        said = form | {"number": filed["number"], "code": filed["access_code"]}
        await self.ask("POST", "/appeals", 3, data=said)
        await self.ask("GET", f"/appeals/{filed['number']}", 2)
        await self.ask("GET", f"/appeals/{filed['number']}/receipt", 2)

    async def by_mail(self, server: Dovecot, outbox: Mailbox, folder: Path) -> None:
        """One that is read, and one that is broken."""
        settings = Settings(secret_key=SECRET, data_dir=folder, mail_every=1)
        office = MailOffice(self.db, self.client, settings, server, outbox)
        user = await office.add()
        sender = f"{MARKS['name']} <{MARKS['email']}>"
        broken = f"From: {MARKS['email']}\r\nContent-Type: text/plain; charset=\xff\r\n\r\n{MARKS['text']}"
        office.deliver(user, broken.encode(), letter(MARKS["text"], sender=sender))

    async def integrators(self) -> None:
        centre = await open_centre(self.db, self.client)
        first, second = (item | {"text": MARKS["text"], "applicant": PERSON} for item in tickets(2))
        assert (await centre.bring(first)).status_code == 201
        assert (await centre.bring(first | {"text": MARKS["name"]})).status_code == 409
        batch = lines([second, second | {"kind": MARKS["text"]}])
        headers = {"content-type": "application/x-ndjson"}
        assert (await centre.ask("POST", "/tickets/batch", content=batch, headers=headers)).status_code == 200
        platform = await open_platform(self.db, self.client)
        author = {name: MARKS[name] for name in ("name", "address")}
        assert (await platform.bring(post(author=author, text=MARKS["text"]))).status_code == 201
        assert (await platform.bring(post(author=author, text=MARKS["name"]))).status_code == 409
        asked = GOOD | {"api_key": await make_key(self.db), "description": MARKS["text"]}
        asked |= {"first_name": MARKS["name"], "phone": MARKS["phone"], "email": MARKS["email"]}
        await self.ask("POST", f"{V2}/requests.json", 2, data=asked)
        await self.ask("POST", f"{V2}/requests.json", 4, data=asked | {"lat": MARKS["name"]})

    async def officials(self, filed: dict[str, Any]) -> None:
        office = Office(self.db, self.client)
        clerks = Clerks(self.db, self.client, office)
        await clerks.taken(OPERATOR, LETTER | {"text": MARKS["text"], "applicant": PERSON | {"email": None}})
        await clerks.earlier(OPERATOR, iin=MARKS["iin"])
        await office.queue(OPERATOR, q="Жасырынбай")
        await office.case(OPERATOR, filed["number"])
        await office.act(OPERATOR, filed["number"], "note", text=MARKS["text"])
        await office.act(OPERATOR, filed["number"], "unmask", field="iin", purpose=MARKS["text"])
        await office.act(OPERATOR, filed["number"], "answer", **ANSWER | {"text": MARKS["text"]})
        refused = await office.try_act(
            OPERATOR, filed["number"], "answer", **ANSWER | {"text": MARKS["text"]}
        )
        assert refused.status_code == 409

    async def breaks(self) -> None:
        """The database refuses what is written, with the whole row in what it says."""
        owner = await asyncpg.connect(self.urls.owner)
        await owner.execute("ALTER TABLE applicant ADD CONSTRAINT broken CHECK (name IS NULL) NOT VALID")
        await self.ask("POST", "/api/v1/appeals", 5, json=APPEAL)
        await owner.execute("ALTER TABLE applicant DROP CONSTRAINT broken")
        await owner.close()


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dovecot]:
    """A mail server that is believed by every process that is started from now on."""
    if reason := missing():
        pytest.skip(reason)
    with dovecot() as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        yield server


async def test_nothing_personal_is_printed_counted_or_addressed(
    real_urls: DatabaseUrls, real_db: Database, posted: Dovecot, tmp_path: Path
) -> None:
    refuses = Mailbox(says_of={MARKS["email"]: f"550 <{MARKS['email']}>: no such person"})
    async with mail_server(refuses) as mailbox:
        service = Supervised(
            real_urls,
            tmp_path,
            LS_SMTP_URL=f"smtp://127.0.0.1:{mailbox.port}",
            LS_MAIL_FROM="no-reply@example.kz",
            LS_MAIL_EVERY="1",
            LS_RATE_LIMITS="off",
        )
        await asyncio.to_thread(service.start)
        try:
            async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
                day = Day(real_urls, real_db, client)
                filed = await day.citizens()
                await day.by_page(filed)
                await day.by_mail(posted, mailbox, tmp_path)
                await day.integrators()
                await day.officials(filed)
                await day.breaks()
                await until(real_db, "SELECT FROM delivery_attempt WHERE result = 'refused'")
                await until(real_db, "SELECT FROM mail WHERE result = 'registered'")
                metrics = (await client.get("/metrics")).text
        finally:
            service.kill()
    said = service.said()
    assert "unexpected error at /api/v1/appeals" in said, "it was printed at all"
    assert "CheckViolationError (23514, applicant, broken)" in said
    sought = spelled([*WORDS, *day.codes])
    places = {"printed": said, "metrics": metrics, "addresses": "\n".join(day.addresses)}
    owner = await asyncpg.connect(real_urls.owner)
    log = await its_log(owner)
    assert REFUSED in log, "it is the log of this server"
    places |= written(tmp_path) | {"PostgreSQL's log": log}
    found = {(place, mark) for place, text in places.items() for mark in sought if mark in text.casefold()}
    assert not found
    assert not await in_rows(owner, sought)
    await owner.close()


def written(folder: Path) -> dict[str, str]:
    """The service's own files, that of the heads among them."""
    return {f"file {path.name}": _text(path) for path in folder.rglob("*") if path.is_file()}


async def until(db: Database, there: str) -> None:
    for _ in range(900):
        async with db.read() as connection:
            if await connection.fetchval(f"SELECT EXISTS ({there})"):
                return
        await asyncio.sleep(0.1)
    raise AssertionError(f"never: {there}")


def _text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


async def its_log(owner: asyncpg.Connection) -> str:
    """What the server prints, wherever that goes; that of another machine is not ours to read."""
    pid = (await owner.fetchval("SELECT pg_read_file('postmaster.pid')")).split()[0]
    prints = Path(f"/proc/{pid}/fd/2")
    return _text(prints) if prints.is_file() else REFUSED  # noqa: ASYNC240


async def in_rows(owner: asyncpg.Connection, sought: set[str]) -> list[str]:
    """The tables of which a row holds it."""
    found = []
    for (table,) in await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        text = f"SELECT EXISTS (SELECT FROM {table} t WHERE lower(t::text) LIKE ANY ($1))"
        if await owner.fetchval(text, [f"%{one}%" for one in sought]):
            found.append(table)
    return found
