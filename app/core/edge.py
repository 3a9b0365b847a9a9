"""What a route is given: a transaction, a connection for reading, the caller's language and network.

`scope="function"` makes the commit happen before the response is sent; a commit that fails is an error to
the caller and never a 2xx. All of these are `async`: FastAPI would run a plain function in a thread. They ask
the request and not each other: a dependency is solved again for everyone that has it, some 25 µs each time.
"""

import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

import asyncpg
from fastapi import Depends, Request

from app.core import patience
from app.core.db import Database
from app.core.i18n import LANGUAGES, Language, negotiate
from app.core.patience import Patience
from app.settings import Settings

LANGUAGE_COOKIE = "lang"


def database_of(request: Request) -> Database:
    db: Database = request.app.state.db
    return db


async def database(request: Request) -> Database:
    return database_of(request)


def _figures_of(request: Request) -> Database:
    """What only reads figures may come to: another server, a little behind (`core/figures.py`)."""
    db: Database = request.app.state.figures
    return db


async def figures_database(request: Request) -> Database:
    return _figures_of(request)


def settings_of(request: Request) -> Settings:
    found: Settings = request.app.state.settings
    return found


async def settings(request: Request) -> Settings:
    return settings_of(request)


def language_of(request: Request) -> Language:
    """`?lang=` when it is one of ours, else what was chosen on a page before, else `Accept-Language`."""
    for asked in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        for known in LANGUAGES:
            if asked == known:
                return known
    return negotiate(request.headers.get("accept-language"))


async def language(request: Request) -> Language:
    return language_of(request)


def public_base(request: Request) -> str:
    """Where people reach the service, with no slash at its end: as configured, else as this request came."""
    configured: str = request.app.state.settings.public_url
    return (configured or str(request.base_url)).rstrip("/")


async def network(request: Request) -> str:
    return network_of(request.client.host if request.client else "127.0.0.1")


def network_of(host: str) -> str:
    """The caller's network: an IPv4 address, also where it is written as an IPv6 one, or the /64 of an IPv6
    address (one household has that many). What is no address at all is one network, `unknown`."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


Db = Annotated[Database, Depends(database)]
FiguresDb = Annotated[Database, Depends(figures_database)]
Configured = Annotated[Settings, Depends(settings)]
Lang = Annotated[Language, Depends(language)]
Network = Annotated[str, Depends(network)]


async def transaction(request: Request) -> AsyncIterator[asyncpg.Connection]:
    async with database_of(request).transaction() as connection:
        yield connection


async def read(request: Request) -> AsyncIterator[asyncpg.Connection]:
    async with database_of(request).read() as connection:
        yield connection


async def glance(request: Request) -> AsyncIterator[asyncpg.Connection]:
    async with database_of(request).glance() as connection:
        yield connection


Tx = Annotated[asyncpg.Connection, Depends(transaction, scope="function")]


async def moment(request: Request) -> AsyncIterator[asyncpg.Connection]:
    async with database_of(request).moment() as connection:
        yield connection


Read = Annotated[asyncpg.Connection, Depends(read, scope="function")]
Glance = Annotated[asyncpg.Connection, Depends(glance, scope="function")]
Moment = Annotated[asyncpg.Connection, Depends(moment, scope="function")]
"""For reading by several statements what was committed when the first began."""


async def read_figures(request: Request) -> AsyncIterator[asyncpg.Connection]:
    async with _figures_of(request).read() as connection:
        yield connection


async def moment_of_figures(request: Request) -> AsyncIterator[asyncpg.Connection]:
    async with _figures_of(request).moment() as connection:
        yield connection


FiguresRead = Annotated[asyncpg.Connection, Depends(read_figures, scope="function")]
FiguresMoment = Annotated[asyncpg.Connection, Depends(moment_of_figures, scope="function")]
"""As `Read` and `Moment`, of a route that only reads figures."""


def _patient(kind: Patience) -> Callable[[], Awaitable[None]]:
    async def have() -> None:
        patience.have(kind)

    return have


FIGURES = Depends(_patient(Patience.FIGURES))
LONG = Depends(_patient(Patience.LONG))
"""For `dependencies=[…]` of a router or a route, which come before all others: its statements may take longer
than its method says (app/core/patience.py)."""
