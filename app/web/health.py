"""Whether the service is alive, ready, and what it has done: for the machines that watch it."""

import hmac
import ipaddress

import asyncpg
from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from app.core import metrics as process
from app.core import migrate
from app.core.edge import Configured, Db
from app.core.errors import Forbidden, Unavailable, problems
from app.core.schema import Out
from app.settings import Settings
from app.staff.access import public
from app.web import backlog

router = APIRouter(tags=["service"])

# A replica, or a server whose disk is nearly full.
READ_ONLY = "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean"
DEMO_LOADED = "SELECT EXISTS (SELECT FROM demo_load WHERE stage = 'complete')"


class Alive(Out):
    status: str


class NotReady(Unavailable):
    code = "not_ready"


@router.get("/healthz", summary="Is the process alive?", response_model=Alive, dependencies=[Depends(public)])
async def healthz() -> Alive:
    return Alive(status="alive")


@router.get(
    "/readyz",
    summary="Can it serve?",
    description="200 once the database is reached and its migrations are current; under `./run` also only "
    "once the demo is loaded. `status` is `ready`, or `read_only` while nothing can be written: then whoever "
    "writes gets a 503, and reading goes on.",
    response_model=Alive,
    dependencies=[Depends(public)],
    responses=problems(NotReady),
)
async def readyz(db: Db, settings: Configured) -> Alive:
    async with db.read() as connection:
        missing = await _missing(connection, settings)
        read_only = await connection.fetchval(READ_ONLY)
    if missing:
        raise NotReady(missing=missing, retry_after=2)
    return Alive(status="read_only" if read_only else "ready")


async def _missing(connection: asyncpg.Connection, settings: Settings) -> str:
    if not await migrate.is_current(connection):
        return "migrations"
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM directory_version)"):
        return "directory"
    if settings.expect_demo and not await connection.fetchval(DEMO_LOADED):
        return "demo"
    return ""


async def _may_watch(request: Request, settings: Configured) -> None:
    """In production the figures of the process are for this machine, or for who has the token."""
    if settings.environment != "production":
        return
    token = settings.metrics_token.get_secret_value()
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return
    host = request.client.host if request.client else ""
    try:
        if ipaddress.ip_address(host).is_loopback and "x-forwarded-for" not in request.headers:
            return
    except ValueError:
        pass
    raise Forbidden


@router.get(
    "/metrics",
    summary="Figures of the service, for Prometheus",
    description="Of all web processes of this machine, and what waits in the database. In production only "
    "from this machine itself, or with `Authorization: Bearer` and the token of `LS_METRICS_TOKEN`.",
    response_class=PlainTextResponse,
    dependencies=[Depends(public), Depends(_may_watch)],
    responses=problems(Forbidden),
)
async def metrics(db: Db) -> PlainTextResponse:
    return PlainTextResponse(process.exposition(await backlog.read(db)), media_type=CONTENT_TYPE_LATEST)
