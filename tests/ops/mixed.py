"""What goes on at the service all at once, for the tests that break it meanwhile.

Citizens file and complain, a call centre brings tickets one by one and in batches, operators claim, keep
drafts and answer. Everybody does what a good client does: whatever goes wrong is tried again with the same
key. What was confirmed is kept here, to be compared with what is there at the end.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from random import Random
from typing import Any

import httpx

from app.core.db import Database
from app.staff import tokens
from app.staff.permissions import Role
from app.staff.tokens import Claims
from tests.casework.people import ANSWER, Person, make_person
from tests.intake.tickets.centre import open_centre, ticket

BODY = "energy"
ANSWERED_WITHIN = 600
"""Seconds for one message with all its repeats: far more than any of our processes needs to come again."""
BATCH = 8


def session_of(person: Person) -> Claims:
    """What they signed in to: its token lasts for minutes, and is renewed for as long as this goes on."""
    return tokens.verify(person.headers["authorization"].removeprefix("Bearer "))


class NotAnswered(AssertionError):
    """A message has had no answer but errors for longer than anything takes to come again."""


@dataclass
class Told:
    """What clients were told. `numbers`: by the key of a message, every number that came for it; `created`:
    how often it was said to be new; `answered`: of a number, the text that was confirmed as its answer."""

    numbers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    created: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    answered: dict[str, str] = field(default_factory=dict)
    repeats: int = 0

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

    def __post_init__(self) -> None:
        self._random, self._serial = Random(self.seed), count()

    async def go_on(self) -> None:
        limits = httpx.Limits(max_connections=50)
        async with httpx.AsyncClient(base_url=self.url, timeout=10, limits=limits) as client:
            self.client = client
            self.centre = await open_centre(self.db, client)
            people = [
                await make_person(self.db, f"o{n}@{BODY}", Role.OPERATOR, f"Сынақ {n}") for n in range(3)
            ]
            acts: list[Callable[[], Awaitable[None]]] = [self._file] * 3
            acts += [self._bring, self._batch, self._complain]
            acts += [partial(self._answer, session_of(person)) for person in people]
            async with asyncio.TaskGroup() as group:
                for act in acts:
                    group.create_task(self._again_and_again(act))

    async def _again_and_again(self, act: Callable[[], Awaitable[None]]) -> None:
        while not self.stop.is_set():
            await act()
            await asyncio.sleep(self.pause * self._random.uniform(0.5, 1.5))

    async def ask(self, method: str, path: str, *good: int, **more: Any) -> httpx.Response:
        """The answer to a message that is sent until there is one: an error of the server's is none."""
        waited = 0.0
        while waited < ANSWERED_WITHIN:
            with suppress(httpx.TransportError):
                answer = await self.client.request(method, f"/api/v1{path}", **more)
                if answer.status_code != 503:
                    assert answer.status_code in good, f"{method} {path}: {answer.text}"
                    return answer
                assert int(answer.headers["retry-after"]) > 0
            self.told.repeats += 1
            pause = self._random.uniform(0.05, 0.4)
            waited += pause
            await asyncio.sleep(pause)
        raise NotAnswered

    async def _keyed(self, key: str, path: str, **more: Any) -> dict[str, Any]:
        """A registration; now and then it is sent once more although it was confirmed."""
        answer = await self.ask("POST", path, 200, 201, **more)
        found: dict[str, Any] = answer.json()
        self.told.number(key, found["number"], created=answer.status_code == 201)
        if self._random.random() < 0.1:
            again = await self.ask("POST", path, 200, **more)
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
        found = await self._keyed(key, "/appeals", json=said, headers={"Idempotency-Key": key})
        self.filed.append((found["number"], found["access_code"]))

    async def _bring(self) -> None:
        item = self._ticket()
        await self._keyed(item["external_id"], "/tickets", json=item, headers=self.centre.headers)

    async def _batch(self) -> None:
        items = [self._ticket() for _ in range(BATCH)]
        answer = await self.ask("POST", "/tickets/batch", 200, json=items, headers=self.centre.headers)
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
                await self._keyed(key, f"/appeals/{number}/complaint", json=said, headers=headers)
                return

    async def _answer(self, session: Claims) -> None:
        """Claim the next, keep a draft, answer. What is sent again finds itself done already."""
        person = {"authorization": f"Bearer {tokens.issue(session.account_id, session.family)}"}
        claimed = await self.ask("POST", "/queue/claim", 200, json={}, headers=person)
        for item in claimed.json()["items"]:
            number, headers = item["number"], person | {"If-Match": f'"{item["version"]}"'}
            text = f"{number}: жөнделді"
            draft, answer = {"text": text, "language": "kk"}, ANSWER | {"text": text}
            await self.ask("POST", f"/cases/{number}/draft", 200, json=draft, headers=headers)
            done = await self.ask("POST", f"/cases/{number}/answer", 200, 409, json=answer, headers=headers)
            if done.status_code == 200 or await self._is_answered(person, number, text):
                self.told.answered[number] = text

    async def _is_answered(self, person: dict[str, str], number: str, text: str) -> bool:
        """The answer whose confirmation was lost is there, and is this one. A complaint about this body's
        answer is not answered by it: that stays with who claimed it."""
        case = (await self.ask("GET", f"/cases/{number}", 200, headers=person)).json()
        if case["complaint"]:
            return False
        assert (case["status"], (case["answer"] or {}).get("text")) == ("answered", text), case
        return True
