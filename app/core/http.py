"""How the edge answers when something is wrong.

Every refusal is `application/problem+json` in the caller's language. Nothing a caller sends gives a 500;
what does is a mistake of ours, logged with the route's template and never shown.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import patience, sight
from app.core.around import Around
from app.core.edge import language_of
from app.core.errors import (
    AppError,
    FieldError,
    Forbidden,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)
from app.core.headers import completed
from app.core.observed import HEADER, route_of

log = logging.getLogger("listening_state")

PROBLEM_JSON = "application/problem+json"
# Of the errors in one message so many are named, and of a field's name so much: an answer stays small.
MOST_ERRORS = 100
LONGEST_NAME = 100

# The database is away, starting, full, read-only, busy, or has no connection left: the caller may try again.
UNAVAILABLE = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the connection broke in the middle of its work
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.LockNotAvailableError,
    ConnectionError,
    TimeoutError,
)
_OF_STATUS: dict[int, type[AppError]] = {401: Unauthenticated, 403: Forbidden, 404: NotFound, 413: TooLarge}
_KEPT_CONTEXT = ("max_length", "min_length", "ge", "le", "expected", "near")


class Broken(HTTPException):
    """Raised while a body is being read, in place of `found`: FastAPI lets no other kind of error through
    there. What is still to come is not waited for."""

    def __init__(self, found: AppError) -> None:
        super().__init__(found.status)
        self.found = found


Dialect = Callable[[AppError, Request], Response]
_DIALECTS: dict[str, Dialect] = {}
_PAGES: list[Dialect] = []
CALLS = ("/api/", "/open311/")


def speaks(prefix: str, dialect: Dialect) -> None:
    """Where paths begin with `prefix`, errors go out in another format than ours: that of a standard."""
    _DIALECTS[prefix] = dialect


def shows(dialect: Dialect) -> None:
    """How an error looks to a browser that asked for a page, wherever it went but to the calls."""
    _PAGES[:] = [dialect]


def problem(error: AppError, request: Request) -> Response:
    path = request.scope["path"]
    for prefix, dialect in _DIALECTS.items():
        if path.startswith(prefix):
            return dialect(error, request)
    if _PAGES and not path.startswith(CALLS) and "text/html" in request.headers.get("accept", ""):
        return _PAGES[0](error, request)
    asked = language_of(request)
    return JSONResponse(
        error.as_json(asked),
        error.status,
        headers={**error.headers, "Content-Language": asked},
        media_type=PROBLEM_JSON,
    )


def install(app: FastAPI) -> None:
    app.add_middleware(HeadAsGet)
    app.add_middleware(Blind)
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DBAPIError, _unexpected)
    for kind in UNAVAILABLE:
        app.add_exception_handler(kind, _unavailable)
    app.add_exception_handler(Exception, _unexpected)


async def _app_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    return problem(error, request)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        found: AppError = MethodNotAllowed(method=request.method)
        found.headers = {"Allow": ", ".join(sorted(_methods(request)))}
    elif isinstance(error, Broken):
        found = error.found
        found.headers = {**found.headers, "Connection": "close"}
    else:
        found = _OF_STATUS.get(error.status_code, Malformed)()
    return problem(found, request)


def _methods(request: Request) -> set[str]:
    """What can be done at this path, by all the routes that it has."""
    matching = (
        route
        for route in iter_route_contexts(request.app.routes)
        if route.matches(request.scope)[0] is not Match.NONE
    )
    found = {method for route in matching for method in route.methods or ()}
    return found | {"HEAD"} if "GET" in found else found


async def _unavailable(request: Request, error: Exception) -> Response:
    log.warning("database unavailable at %s: %s", route_of(request.scope), type(error).__name__)
    return problem(Unavailable(), request)


async def _unexpected(request: Request, error: Exception) -> Response:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, UNAVAILABLE) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return await _unavailable(request, error)
    log.error("unexpected error at %s", route_of(request.scope), exc_info=error)
    answer = problem(AppError(), request)
    # It goes out past every middleware.
    if found := request.scope.get("state", {}).get("request_id"):
        answer.headers[HEADER] = found
    answer.raw_headers = completed(answer.raw_headers, tls=request.url.scheme == "https")
    return answer


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems: Sequence[Mapping[str, Any]] = error.errors()
    if any(found["type"] == "json_invalid" for found in problems):
        return problem(Malformed(), request)
    if unread_body(problems) and not _is_json(request):
        return problem(UnsupportedMedia(expected="application/json"), request)
    return problem(Invalid(errors=field_errors(problems)), request)


def unread_body(problems: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the body as a whole was not taken for JSON (FastAPI then offers it as bytes)."""
    return any(found["loc"] == ("body",) and found["type"].endswith("_type") for found in problems)


def _is_json(request: Request) -> bool:
    media = request.headers.get("content-type", "").split(";")[0].strip().lower()
    return media == "application/json" or media.endswith("+json")


def field_errors(problems: Sequence[Mapping[str, Any]], *, skip: int = 1) -> list[FieldError]:
    """Pydantic's findings as ours; `skip` leaves out the first steps of the path (body, query, …)."""
    return [
        FieldError(
            ".".join(str(step)[:LONGEST_NAME] for step in found["loc"][skip:])
            or str(found["loc"][0] if found["loc"] else ""),
            _code(str(found["type"])),
            _context(found.get("ctx", {})),
        )
        for found in problems[:MOST_ERRORS]
    ]


def _context(given: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: given[name] for name in _KEPT_CONTEXT if name in given}
    if "expected" in kept:  # pydantic joins the codes with an English "or"
        kept["expected"] = ", ".join(re.findall(r"'([^']*)'", str(kept["expected"]))) or kept["expected"]
    return kept


_SAME = {
    "model_attributes_type": "dict_type",
    "model_type": "dict_type",
    "timezone_aware": "timezone_aware",
    "datetime_from_date_parsing": "datetime_parsing",
    "datetime_object_invalid": "datetime_parsing",
    "int_parsing_size": "int_parsing",
    "is_instance_of": "invalid",
}


def _code(kind: str) -> str:
    return _SAME.get(kind, kind)


class Blind:
    """Each request begins without sight of any case, with the patience of its method, and leaves neither to
    the next."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with sight.within(sight.NOTHING), patience.of_method(scope.get("method", "")):
            await self.app(scope, receive, send)


class HeadAsGet(Around):
    """Answers HEAD as the same GET without its body, so that no route has to."""

    async def around(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        as_get = {**scope, "method": "GET"}
        try:
            await self.app(as_get, receive, without_body)
        finally:
            scope["route"] = as_get.get("route")
