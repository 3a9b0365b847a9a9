"""Everything that `./run` supervises, killed with SIGKILL while tickets come and notices go.

The parent, the web side and the worker are real processes over a real database; the mail server and the
subscriber's receiver are real ones in the test's own process. Nothing of the service is asked to stop: it is
shot, by itself or with its parent, and comes again.
"""

import asyncio
import json
import os
import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.core.db import Database, DatabaseUrls
from app.oversight.cli import verified
from app.seals.verifying import Walk
from tests.delivery.post import EVERY
from tests.delivery.receivers import Mailbox, Receiver
from tests.intake.tickets.centre import good, lines, open_centre, tickets
from tests.ops.served import Served
from tests.ops.test_call_centre import day_of, each_is_there_once, example

TIMEOUT = 10

PARENT = """
import asyncio
from app import cli
from app.core.db import DatabaseUrls
from app.settings import get_settings
from app.supervise import supervise
settings = get_settings()
urls = DatabaseUrls.by(settings)
services = [cli._web(settings, urls, {}), cli._worker(settings, urls)]
asyncio.run(supervise(services, cluster=None, say=lambda line: print(line, flush=True)))
"""


class Supervised(Served):
    """The parent with the web side and the worker, as `./run` has them."""

    what = PARENT

    def shoot(self, what: str) -> None:
        """One of the children with all its own; the parent starts it again."""
        for pid in _children(self.pid):
            with suppress(OSError):
                if what in Path(f"/proc/{pid}/cmdline").read_text():
                    os.killpg(pid, signal.SIGKILL)

    def shoot_all(self) -> None:
        """The parent: its children do not outlive it."""
        self.kill()


def _children(parent: int) -> Iterable[int]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            words = stat.read_text().rpartition(")")[2].split()
            if int(words[1]) == parent:
                yield int(stat.parent.name)


@dataclass
class Outcome:
    """How often each message was seen, by its id."""

    mails: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    hooks: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, mailbox: Mailbox, hook: Receiver) -> "Outcome":
        found = cls()
        for message in list(mailbox.messages):
            found.mails[str(message["Message-ID"])].append(f"{message['To']}\n{message.get_content()}")
        for request in list(hook.requests):
            found.hooks[request.headers["webhook-id"]].append(request.body)
        return found

    @property
    def repeats(self) -> int:
        return sum(len(one) - 1 for seen in (self.mails, self.hooks) for one in seen.values())


@dataclass
class Ordeal:
    """`count` tickets, a half of them by the guide's own program in batches, the others one by one."""

    urls: DatabaseUrls
    db: Database
    folder: Path
    mailbox: Mailbox
    hook: Receiver
    count: int

    async def endure(self) -> Outcome:
        self.service = Supervised(
            self.urls,
            self.folder,
            LS_SMTP_URL=f"smtp://127.0.0.1:{self.mailbox.port}",
            LS_MAIL_FROM="no-reply@example.kz",
            LS_OUTBOUND_ALLOW="127.0.0.1",
            LS_DELIVERY_FIRST_PAUSE="0.2",
            LS_DELIVERY_TIMEOUT=str(TIMEOUT),
            LS_RATE_LIMITS="off",
            LS_WORKERS="2",
        )
        await asyncio.to_thread(self.service.start)
        try:
            async with httpx.AsyncClient(base_url=self.service.url, timeout=20) as client:
                self.centre = await open_centre(self.db, client)
                return await self._all(client)
        finally:
            self.service.kill()

    async def _all(self, client: httpx.AsyncClient) -> Outcome:
        said = {"url": self.hook.url, "events": EVERY}
        good(await self.centre.ask("POST", "/webhooks", json=said), 201)
        items = tickets(self.count)
        for n, item in enumerate(items):
            item["applicant"] = {"name": "Сынақ", "email": f"a{n}@example.kz"}
        day = day_of(items)
        await asyncio.gather(self._by_program(items[::2]), self._singly(items[1::2]), self._shooting())
        await self._until_told()
        await each_is_there_once(self.centre, items, day)
        assert await verified(self.db, lambda done, all_: None) == []
        walk = Walk(self.db, [self.folder / "seals" / "heads.jsonl"], lambda done, all_: None)
        assert [found async for found in walk.findings()] == []
        assert walk.seals >= 1, "the worker seals when it comes again"
        outcome = Outcome.of(self.mailbox, self.hook)
        _told_under_one_id(outcome, items)
        return outcome

    async def _by_program(self, items: list[dict[str, Any]]) -> None:
        file = self.folder / "tickets.ndjson"
        file.write_bytes(lines(items))
        program = example(self.service, self.centre, "send", file.name, folder=self.folder, BATCH="20")
        said, _ = await asyncio.to_thread(program.communicate, timeout=280)
        assert program.returncode == 0, said

    async def _singly(self, items: list[dict[str, Any]]) -> None:
        waiting = iter(items)
        await asyncio.gather(*(self._until_taken(waiting) for _ in range(4)))

    async def _until_taken(self, items: Iterable[dict[str, Any]]) -> None:
        for item in items:
            for _ in range(600):
                if await self._taken(item):
                    break
            else:
                raise AssertionError(f"{item['external_id']} is never taken")

    async def _taken(self, item: dict[str, Any]) -> bool:
        """Without an answer nobody knows: it is sent again a little later."""
        try:
            answer = await self.centre.bring(item)
        except httpx.TransportError:
            await asyncio.sleep(0.2)
            return False
        assert answer.status_code < 300 or answer.status_code >= 500, answer.text
        return answer.status_code < 300

    async def _shooting(self) -> None:
        """While tickets come in and while notices go out: one side, the other, both, and the parent."""
        await self._once(self._registered, 0.2)
        self.service.shoot("uvicorn")
        await self._once(self._mailed, 0.2)
        self.service.shoot("app.cli")
        await self._once(self._registered, 0.6)
        self.service.shoot_all()
        await asyncio.to_thread(self.service.start)
        await self._once(self._mailed, 0.5)
        self.service.shoot("app.cli")
        self.service.shoot("uvicorn")

    async def _registered(self) -> int:
        found: int = await self.centre.value("SELECT count(*) FROM appeal")
        return found

    async def _mailed(self) -> int:
        return len(self.mailbox.messages)

    async def _once(self, measure: Callable[[], Any], share: float) -> None:
        for _ in range(20_000):
            if await measure() >= share * self.count:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"{measure.__name__} does not get to {share:.0%}: {self.service.said()[-2000:]}")

    async def _until_told(self) -> None:
        """A lease of a worker that died ends by itself."""
        for _ in range(6_000):
            if not await self._left():
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"something is told to nobody: {self.service.said()[-2000:]}")

    async def _left(self) -> int:
        found: int = await self.centre.value(
            "SELECT (SELECT count(*) FROM notice WHERE state = 'pending')"
            "     + (SELECT count(*) FROM delivery WHERE state IN ('pending', 'failed'))"
        )
        return found


def _told_under_one_id(outcome: Outcome, items: list[dict[str, Any]]) -> None:
    """Each notice at least once by each way, whatever came again under the id of the first and the same."""
    for seen in (outcome.mails, outcome.hooks):
        assert len(seen) == len(items), Counter(len(one) for one in seen.values())
        assert all(len(set(one)) == 1 for one in seen.values()), "a repeat is the same message"
    assert len({one[0].partition("\n")[0] for one in outcome.mails.values()}) == len(items)
    told = {json.loads(one[0])["data"]["external_id"] for one in outcome.hooks.values()}
    assert told == {item["external_id"] for item in items}
