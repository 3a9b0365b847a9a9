"""How much is read and how long it may take, for every route: nobody holds a process up by sending much, by
sending slowly, or by asking what takes long.

A body is refused as soon as it is known to be too long, reading no further; one that comes too slowly, once
its time is over. An answer has to begin in time, or it is a 503; what is being sent has a patience of its own
where it is sent. docs/security.md has all of them in a table.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.around import Around
from app.core.errors import AppError, Malformed, TooLarge, Unavailable
from app.core.http import Broken, problem

DEFAULT_BODY_LIMIT = 1_048_576
# Seconds for the whole of a body, and for an answer to begin once the body is there. A longer body, such as a
# file, has as long as whoever sends files has.
BODY_WITHIN, LONG_BODY_WITHIN, ANSWER_WITHIN = 60, 900, 60
# Seconds in which whoever asked has to take a piece of the answer.
TAKEN_WITHIN = 60
# Requests that one process works on at the same moment; streams that only wait are among them.
MOST_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Bound:
    size: int = DEFAULT_BODY_LIMIT
    long: bool = False

    @property
    def seconds(self) -> float:
        return LONG_BODY_WITHIN if self.long else BODY_WITHIN


class Bounds(Around):
    def __init__(self, app: ASGIApp, limits: Mapping[str, int]) -> None:
        """`limits`: bytes by path, in which `*` stands for one step; every other path has the default."""
        super().__init__(app)
        bounds = {path: Bound(size, long=True) for path, size in limits.items()}
        self.paths = {path: bound for path, bound in bounds.items() if "*" not in path}
        self.patterns = [
            (re.compile(re.escape(path).replace(r"\*", "[^/]+")), bound)
            for path, bound in bounds.items()
            if "*" in path
        ]
        self.working = 0

    def _bound(self, path: str) -> Bound:
        if path in self.paths:
            return self.paths[path]
        return next((bound for like, bound in self.patterns if like.fullmatch(path)), Bound())

    async def around(self, scope: Scope, receive: Receive, send: Send) -> None:
        bound = self._bound(scope["path"])
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared) > bound.size:
            await self._refuse(TooLarge(limit=bound.size), scope, receive, send)
        elif self.working >= MOST_AT_ONCE:
            await self._refuse(Unavailable(), scope, receive, send)
        else:
            self.working += 1
            try:
                await _Bounded(self.app, scope, receive, send, bound).answer()
            finally:
                self.working -= 1

    async def _refuse(self, error: AppError, scope: Scope, receive: Receive, send: Send) -> None:
        error.headers = {**error.headers, "Connection": "close"}
        await problem(error, Request(scope))(scope, receive, send)


class _Bounded:
    """One request within its bound."""

    def __init__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, bound: Bound) -> None:
        self.app, self.scope, self.bound = app, scope, bound
        self._receive, self._send = receive, send
        self._read, self._whole, self._begun = 0, False, False
        self._now = asyncio.get_running_loop().time
        self._body_until = self._now() + bound.seconds

    async def answer(self) -> None:
        try:
            async with asyncio.timeout(ANSWER_WITHIN) as self._clock:
                await self.app(self.scope, self.receive, self.send)
        except TimeoutError:
            if self._begun or not self._clock.expired():
                raise
            await problem(Unavailable(), Request(self.scope))(self.scope, self._receive, self._send)

    async def receive(self) -> Message:
        """The next piece: while it is waited for the body's time runs, and then the answer's begins anew.
        After the whole body only the line's end comes, and that is waited for as long as one likes."""
        if self._whole:
            return await self._receive()
        self._give(None)
        try:
            async with asyncio.timeout_at(self._body_until):
                message = await self._receive()
        except TimeoutError:
            raise Broken(Malformed()) from None
        self._give(ANSWER_WITHIN)
        self._read += len(message.get("body", b""))
        if self._read > self.bound.size:
            raise Broken(TooLarge(limit=self.bound.size))
        self._whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        self._give(None)
        self._begun = True
        async with asyncio.timeout(TAKEN_WITHIN):
            await self._send(message)

    def _give(self, seconds: float | None) -> None:
        """So long for the answer to begin; None: as long as it takes."""
        if not self._begun:
            self._clock.reschedule(None if seconds is None else self._now() + seconds)
