"""Open311 GeoReport v2: topics as services, appeals as requests. docs/open311.md shows each call.

The standard has shapes, errors and statuses of its own, so nothing of this is in the OpenAPI document.
"""

from typing import Annotated

import asyncpg
from fastapi import APIRouter, Depends, Header, Request, Response

from app.appeals import numbers
from app.core import clock, http
from app.core.edge import Configured, Db, Read
from app.core.errors import Unauthenticated
from app.core.i18n import Language, t
from app.directory import snapshot
from app.directory.registry import UnknownCode
from app.directory.values import Topic
from app.intake.gatherer import Gatherer
from app.intake.open311 import repository
from app.intake.open311.asked import Asked, asked, jurisdiction
from app.intake.open311.errors import (
    ApiKeyRefused,
    FormatNotOffered,
    ServiceNotFound,
    ServiceRequestNotFound,
    ServiceTokenNotFound,
    spoken,
)
from app.intake.open311.filing import CHANNEL, submission
from app.intake.open311.form import LARGEST, Form
from app.intake.open311.formats import MEDIA, Format, language_of, respond
from app.intake.open311.services import definition_out, service_out
from app.intake.open311.shown import request_out
from app.intake.submission import Registration
from app.staff.access import ClientCaller, client_caller, declares, public
from app.staff.permissions import Scope

PREFIX = "/open311/"
BASE = "/open311/v2"
BODY_LIMITS = {f"{BASE}/requests.{format_}": LARGEST for format_ in Format}
# Standards are known by the addresses of their texts.
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGESET = "2026-11-23T00:00:00+05:00"

http.speaks(PREFIX, spoken)
router = APIRouter(include_in_schema=False)


async def offered(request: Request) -> Language:
    """The language to answer in; raises FormatNotOffered for an ending that is neither XML nor JSON."""
    if request.path_params["ending"] not in set(Format):
        raise FormatNotOffered
    return language_of(request)


async def here(request: Request) -> None:
    """Raises JurisdictionNotFound for a jurisdiction that is not served."""
    jurisdiction(request.query_params.get("jurisdiction_id"), snapshot.current())


Answered = Annotated[Language, Depends(offered)]
READ = [Depends(public), Depends(here)]


# Discovery and services


@router.get("/open311/discovery.{ending}", dependencies=[Depends(public)])
@router.get(BASE + "/discovery.{ending}", dependencies=[Depends(public)])
async def discovery(request: Request, lang: Answered, settings: Configured) -> Response:
    """Also under the endpoint itself, where some clients look for it."""
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{str(request.base_url).rstrip('/')}{BASE}",
        "changeset": CHANGESET,
        "type": "production" if settings.environment == "production" else "test",
        "formats": [MEDIA[format_] for format_ in Format],
    }
    found = {
        "changeset": CHANGESET,
        "contact": t("open311.contact", lang),
        "key_service": t("open311.key_service", lang),
        "endpoints": [endpoint],
    }
    return respond(request, "discovery", found, lang=lang)


@router.get(BASE + "/services.{ending}", dependencies=READ)
async def services(request: Request, lang: Answered) -> Response:
    found = [service_out(topic, lang) for topic in snapshot.current().topics()]
    return respond(request, "services", found, lang=lang)


@router.get(BASE + "/services/{code}.{ending}", dependencies=READ)
async def definition(request: Request, code: str, lang: Answered) -> Response:
    directory = snapshot.current()
    found = definition_out(_topic(code), directory, clock.today(), lang)
    return respond(request, "service_definition", found, lang=lang)


def _topic(code: str) -> Topic:
    try:
        return snapshot.current().topic(code)
    except UnknownCode:
        raise ServiceNotFound from None


# Requests


@declares("client", scope=Scope.TICKETS_WRITE)
async def sender(db: Db, form: Form, header: Annotated[str, Header(alias="X-API-Key")] = "") -> ClientCaller:
    """Whose `api_key` it is: a client that brings in by this channel. Else ApiKeyRefused."""
    key = (form.one("api_key") or "").encode() or header.encode("latin-1", "replace")
    try:
        found = await client_caller(db, key) if key else None
    except Unauthenticated:
        found = None
    if found is None or Scope.TICKETS_WRITE not in found.scopes or CHANNEL not in found.channels:
        raise ApiKeyRefused
    return found


@router.post(BASE + "/requests.{ending}")
async def file_request(
    request: Request,
    caller: Annotated[ClientCaller, Depends(sender)],
    form: Form,
    lang: Answered,
    key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> Response:
    """Registered at once, so that it has its number at once. Two forms that are alike are two requests,
    unless both have one `Idempotency-Key`."""
    directory = snapshot.current()
    source = directory.source_by_id(caller.source_id).code
    filed, said = submission(form, source, caller.client_id, directory, lang, key)
    registrar: Gatherer = request.app.state.gatherer
    registration = await registrar.register(filed)
    found = {
        "service_request_id": registration.number,
        "service_notice": _notice(registration, lang, form.files),
        "account_id": said.account_id,
    }
    status = 201 if registration.created else 200
    return respond(request, "service_requests", [found], status=status, lang=lang)


def _notice(registration: Registration, lang: Language, files: int) -> str:
    """Only who posted it reads this: the access code opens the answer."""
    said = t("open311.notice.filed", lang, due_on=registration.due_on, code=registration.access_code)
    return f"{said} {t('open311.notice.files', lang)}" if files else said


@router.get(BASE + "/requests.{ending}", dependencies=READ)
async def requests(request: Request, lang: Answered, connection: Read) -> Response:
    directory = snapshot.current()
    rows = await repository.listed(connection, asked(request, directory, clock.now()))
    found = [request_out(row, directory, lang) for row in rows]
    return respond(request, "service_requests", found, lang=lang)


@router.get(BASE + "/requests/{number}.{ending}", dependencies=READ)
async def one_request(request: Request, number: str, lang: Answered, connection: Read) -> Response:
    row = await _one(connection, number)
    if row is None:
        raise ServiceRequestNotFound
    found = request_out(row, snapshot.current(), lang)
    return respond(request, "service_requests", [found], lang=lang)


@router.get(BASE + "/tokens/{token}.{ending}", dependencies=READ)
async def token(request: Request, token: str, lang: Answered, connection: Read) -> Response:
    """Every service is real-time, so that we give no tokens; a request's own number serves as one."""
    row = await _one(connection, token)
    if row is None:
        raise ServiceTokenNotFound
    found = {
        "service_request_id": request_out(row, snapshot.current(), lang)["service_request_id"],
        "token": token,
    }
    return respond(request, "service_requests", [found], lang=lang)


async def _one(connection: asyncpg.Connection, typed: str) -> asyncpg.Record | None:
    try:
        number = numbers.parse(typed)
    except numbers.NumberError:
        return None
    rows = await repository.listed(connection, Asked(ids=[number]))
    return rows[0] if rows else None
