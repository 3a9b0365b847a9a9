"""Who looks at the pages: a cookie that names nobody, the form tokens that belong to it, and the appeals that
were opened with it. Cookies go to no script and with no form of another site."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request, Response

from app.appeals.numbers import Number
from app.core import clock
from app.core.cipher import cipher

COOKIE, OPENED = "visitor", "opened"
KEPT = timedelta(days=30)
OPENED_FOR = timedelta(hours=12)
_ID_BYTES = 18


@dataclass(frozen=True, slots=True)
class Visitor:
    """`known`: the cookie came with the request; a form that was sent without it is asked for again."""

    id: str
    known: bool
    secure: bool

    @property
    def hash(self) -> bytes:
        return sha256(f"visitor\0{self.id}".encode()).digest()

    @property
    def form_token(self) -> str:
        """Stands in every form; another site cannot know it."""
        return hmac.digest(cipher().key("form"), self.id.encode(), "sha256").hex()[:40]

    def sent(self, token: str) -> bool:
        return self.known and hmac.compare_digest(token.encode(), self.form_token.encode())

    def keep(self, response: Response) -> None:
        _set(response, COOKIE, self.id, KEPT, path="/", secure=self.secure)


async def visitor(request: Request) -> Visitor:
    given = request.cookies.get(COOKIE, "")
    known = 20 <= len(given) <= 40 and given.isascii()
    return Visitor(
        given if known else secrets.token_urlsafe(_ID_BYTES), known, secure=request.url.scheme == "https"
    )


Visiting = Annotated[Visitor, Depends(visitor)]


# Opened appeals


@dataclass(frozen=True, slots=True)
class Opened:
    """`to_act`: with the access code; a link opens for reading only."""

    number: Number
    to_act: bool


def open_to(response: Response, number: Number, *, to_act: bool, secure: bool) -> None:
    """Remember in the browser that this appeal was opened; for twelve hours, and for its own pages alone."""
    until = int((clock.now() + OPENED_FOR).timestamp())
    said = f"{number.format()}.{'act' if to_act else 'read'}.{until}"
    _set(response, OPENED, f"{said}.{_seal(said)}", OPENED_FOR, path=page_of(number), secure=secure)


def opened(request: Request, number: Number) -> Opened | None:
    said, _, seal = request.cookies.get(OPENED, "").rpartition(".")
    parts = said.split(".")
    if len(parts) != 3 or not hmac.compare_digest(seal.encode(), _seal(said).encode()):
        return None
    name, mode, until = parts
    if name != number.format() or int(until) < clock.now().timestamp():
        return None
    return Opened(number, to_act=mode == "act")


def close(response: Response, number: Number) -> None:
    response.delete_cookie(OPENED, path=page_of(number))


def page_of(number: Number) -> str:
    return f"/appeals/{number.format()}"


def _seal(said: str) -> str:
    return hmac.digest(cipher().key("opened"), said.encode(), "sha256").hex()[:40]


def _set(response: Response, name: str, value: str, lasts: timedelta, *, path: str, secure: bool) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(lasts.total_seconds()),
        path=path,
        secure=secure,
        httponly=True,
        samesite="lax",
    )
