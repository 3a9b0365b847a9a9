"""Who looks at the pages: a cookie that names nobody, the form tokens that belong to it, and the appeals that
were opened with it. Cookies go to no script and with no form of another site."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request, Response

from app.appeals.numbers import Number
from app.core import clock
from app.core.cipher import cipher
from app.reception import numbers as bookings

COOKIE, OPENED = "visitor", "opened"
KEPT = timedelta(days=30)
OPENED_FOR = timedelta(hours=12)
_ID_BYTES = 18


@dataclass(frozen=True)
class Visitor:
    """`known`: the cookie came with the request; a form that was sent without it is asked for again."""

    id: str
    known: bool
    secure: bool

    @property
    def hash(self) -> bytes:
        return sha256(f"visitor\0{self.id}".encode()).digest()

    @cached_property
    def form_token(self) -> str:
        """Stands in every form; another site cannot know it."""
        return cipher().tag("form", self.id)

    def sent(self, token: str) -> bool:
        return self.known and cipher().is_tag("form", self.id, token)

    def keep(self, response: Response) -> None:
        _set(response, COOKIE, self.id, KEPT, path="/", secure=self.secure)


async def visitor(request: Request) -> Visitor:
    given = request.cookies.get(COOKIE, "")
    known = 20 <= len(given) <= 40 and given.isascii()
    return Visitor(
        given if known else secrets.token_urlsafe(_ID_BYTES), known, secure=request.url.scheme == "https"
    )


Visiting = Annotated[Visitor, Depends(visitor)]


# What was opened: an appeal, a booking


@dataclass(frozen=True, slots=True)
class Opened:
    """`to_act`: with the access code; a link opens for reading only."""

    number: Number
    to_act: bool


def open_to(response: Response, number: Number, *, to_act: bool, secure: bool) -> None:
    """Remember in the browser that this appeal was opened; for twelve hours, and for its own pages alone."""
    mode = "act" if to_act else "read"
    _remember(response, number.format(), mode, path=page_of(number), secure=secure)


def opened(request: Request, number: Number) -> Opened | None:
    mode = _remembered(request, number.format())
    return Opened(number, to_act=mode == "act") if mode else None


def close(response: Response, number: Number) -> None:
    response.delete_cookie(OPENED, path=page_of(number))


def page_of(number: Number) -> str:
    return f"/appeals/{number.format()}"


def open_booking(response: Response, booking_id: int, *, secure: bool) -> None:
    """As an appeal that is opened with its code."""
    number = bookings.format_number(booking_id)
    _remember(response, number, "act", path=page_of_booking(booking_id), secure=secure)


def booking_opened(request: Request, booking_id: int) -> bool:
    return _remembered(request, bookings.format_number(booking_id)) == "act"


def close_booking(response: Response, booking_id: int) -> None:
    response.delete_cookie(OPENED, path=page_of_booking(booking_id))


def page_of_booking(booking_id: int) -> str:
    return f"/bookings/{bookings.format_number(booking_id)}"


def _remember(response: Response, name: str, mode: str, *, path: str, secure: bool) -> None:
    until = int((clock.now() + OPENED_FOR).timestamp())
    said = f"{name}.{mode}.{until}"
    _set(response, OPENED, f"{said}.{cipher().tag(OPENED, said)}", OPENED_FOR, path=path, secure=secure)


def _remembered(request: Request, name: str) -> str | None:
    """The mode; None where it was not opened, or too long ago."""
    said, _, seal = request.cookies.get(OPENED, "").rpartition(".")
    parts = said.split(".")
    if len(parts) != 3 or not cipher().is_tag(OPENED, said, seal):
        return None
    of, mode, until = parts
    return mode if of == name and int(until) >= clock.now().timestamp() else None


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
