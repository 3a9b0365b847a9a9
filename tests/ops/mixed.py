"""What goes on at the service all at once, for the tests that break it meanwhile.

Citizens file and complain, a call centre brings tickets one by one and in batches, operators claim, keep drafts
and answer. Everybody does what a good client does: whatever goes wrong is tried again with the same key. What was
confirmed is kept here, to be compared with what is there at the end.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

import httpx

from app.core.db import Database
from app.staff.permissions import Role
from tests.casework.people import ANSWER, Person, make_person
from tests.intake.tickets.centre import Centre, open_centre, ticket

BODY = "energy"
ANSWERED_WITHIN = 60
"""Seconds for one message with all its repeats: far more than any of our processes needs to come again."""
BATCH = 8

Sending = Callable[[], Awaitable[httpx.Response]]


class NotAnswered(AssertionError):
    """A message has had no answer but errors for longer than anything takes to come again."""


@dataclass
class Told:
    """What clients were told. `numbers`: by the key of a message, every number that came for it; `created`: how
    often it was said to be new; `answered`: of a number, the text that was confirmed as its answer."""

    numbers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    created: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    answered: dict[str, str] = field(default_factory=dict)
    repeats: int = 0
    refused: list[str] = field(default_factory=list)

    def number(self, key: str, number: str, *, created: bool) -> None:
        self.numbers[key].add(number)
        self.created[key] += created


@dataclass
class Mixed:
    """Everybody, until `stop` is set; then each finishes what they have begun."""

    db: Database
    url: str
    seed: int
    pause: float = 0.03
    told: Told = field(default_factory=Told)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    filed: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=200))

    async def go_on(self) -> None:
        self._random, self._serial = Random(self.seed), count()
        limits = httpx.Limits(max_connections=50)
        async with httpx.AsyncClient(base_url=f"{self.url}/api/v1", timeout=10, limits=limits) as client:
            self.client = client
            roots = httpx.AsyncClient(base_url=self.url, timeout=10)
            async with roots:
                self.centre: Centre = await open_centre(self.db, roots)
                people = [await self._operator(n) for n in range(3)]
                async with asyncio.TaskGroup() as group:
                    for actor in (self._file, self._file, self._file, self._bring, self._batch, self._complain):
                        group.create_task(self._again_and_again(actor))
                    for person in people:
                        group.create_task(self._again_and_again(lambda person=person: self._answer(person)))

    async def _operator(self, n: int) -> Person:
        return await make_person(self.db, f"o{n}@{BODY}", Role.OPERATOR, f"Сынақ {n}")

    async def _again_and_again(self, act: Callable[[], Awaitable[None]]) -> None:
        while not self.stop.is_set():
            await act()
            await asyncio.sleep(self.pause * self._random.uniform(0.5, 1.5))

    async def _answered(self, send: Sending, *good: int) -> httpx.Response:
        """The answer to a message that is sent until there is one: an error of the server's is none."""
        waited = 0.0
        while waited < ANSWERED_WITHIN:
            with suppress(httpx.TransportError):
                answer = await send()
                if answer.status_code < 500:
                    assert answer.status_code in good, f"{answer.request.url.path}: {answer.text}"
                    return answer
                assert answer.status_code == 503, f"{answer.request.url.path}: {answer.text}"
                assert int(answer.headers["retry-after"]) > 0
            self.told.repeats += 1
            pause = self._random.uniform(0.05, 0.4)
            waited += pause
            await asyncio.sleep(pause)
        raise NotAnswered

    async def _keyed(self, key: str, send: Sending) -> dict[str, Any]:
        """A registration; now and then it is sent once more although it was confirmed."""
        answer = await self._answered(send, 200, 201)
        found: dict[str, Any] = answer.json()
        self.told.number(key, found["number"], created=answer.status_code == 201)
        if self._random.random() < 0.1:
            again = await self._answered(send, 200)
            self.told.number(key, again.json()["number"], created=False)
        return found

    async def _file(self) -> None:
        key = f"citizen-{self.seed}-{next(self._serial):08}"
        said = {
            "kind": "statement",
            "language": "kk",
            "text": f"{key}: подъезде жарық жоқ",
            "topic": "utilities",
            "addressee": BODY,
            "applicant": {"name": "Сынақ Азамат", "address": "Алматы қ., Мысал көшесі, 5"},
        }
        headers = {"Idempotency-Key": key}
        found = await self._keyed(key, lambda: self.client.post("/appeals", json=said, headers=headers))
        self.filed.append((found["number"], found["access_code"]))

    async def _bring(self) -> None:
        item = self._ticket()
        await self._keyed(item["external_id"], lambda: self.centre.bring(item))

    async def _batch(self) -> None:
        items = [self._ticket() for _ in range(BATCH)]
        answer = await self._answered(
            lambda: self.centre.ask("POST", "/tickets/batch", json=items), 200
        )
        for result in answer.json()["results"]:
            assert result["status"] in {"created", "duplicate"}, result
            created = result["status"] == "created"
            self.told.number(result["external_id"], result["number"], created=created)

    def _ticket(self) -> dict[str, Any]:
        return ticket(f"{self.seed}-{next(self._serial)}", addressee=BODY)

    async def _complain(self) -> None:
        """About an answer that was confirmed, with the code of who filed."""
        code_of = dict(self.filed)
        for number in list(self.told.answered)[-20:]:
            key = f"complaint-{self.seed}-{number}"
            if number in code_of and key not in self.told.numbers:
                headers = {"X-Access-Code": code_of[number], "Idempotency-Key": key}
                said = {"text": f"{key}: жауаппен келіспеймін"}
                path = f"/appeals/{number}/complaint"
                await self._keyed(key, lambda: self.client.post(path, json=said, headers=headers))
                return

    async def _answer(self, person: Person) -> None:
        """Claim the next, keep a draft, answer. What is sent again finds itself done already."""
        claimed = await self._answered(
            lambda: self.client.post("/queue/claim", json={}, headers=person.headers), 200
        )
        for item in claimed.json()["items"]:
            number, headers = item["number"], person.headers | {"If-Match": f'"{item["version"]}"'}
            text = f"{number}: жөнделді"
            draft = {"text": text, "language": "kk"}
            await self._answered(
                lambda: self.client.post(f"/cases/{number}/draft", json=draft, headers=headers), 200
            )
            answer = await self._answered(
                lambda: self.client.post(
                    f"/cases/{number}/answer", json=ANSWER | {"text": text}, headers=headers
                ),
                *(200, 409),
            )
            if answer.status_code == 200 or await self._is_answered(person, number, text):
                self.told.answered[number] = text

    async def _is_answered(self, person: Person, number: str, text: str) -> bool:
        """The answer whose confirmation was lost is there, and is this one. A complaint about this body's answer
        is not answered by it: that stays with who claimed it."""
        read = await self._answered(lambda: self.client.get(f"/cases/{number}", headers=person.headers), 200)
        case = read.json()
        if case["complaint"]:
            return False
        assert (case["status"], (case["answer"] or {}).get("text")) == ("answered", text), case
        return True
