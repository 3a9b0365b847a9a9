"""The reference for whoever builds on the service: /docs, /problems, and what OpenAPI says of errors."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.params import Form
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from pydantic import BaseModel, Field

from app.core.edge import Lang
from app.core.errors import (
    AppError,
    Invalid,
    Malformed,
    NotFound,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    UnsupportedMedia,
    problems,
)
from app.core.i18n import Language, t
from app.staff.access import callers_of, public
from app.staff.errors import KeyExpired, KeyInvalid, ScopeMissing, SessionOver, TokenExpired, TokenInvalid
from app.web.pages import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])

TAGS: list[dict[str, str]] = [
    {
        "name": "citizens",
        "description": "File an appeal, see what became of it, add to it, withdraw it, rate the answer. "
        "Filing is open to anybody; everything else needs the access code that filing gave.",
    },
    {
        "name": "integrations",
        "description": "For programs of call centres and other sources, with a key of their own: tickets in, "
        "their state out, a day reconciled, calls counted. `docs/integrating.md` has examples to copy and a "
        "client that survives our restarts.",
    },
    {
        "name": "receptions",
        "description": "Personal reception: when leaders receive people, booking a place, and for a body's "
        "own people its schedule, the day's sheet and what came of each visit: `docs/receptions.md`.",
    },
    {
        "name": "statistics",
        "description": "What was received, answered and is late, by agency. Public, and exact.",
    },
    {
        "name": "oversight",
        "description": "For heads and controllers: where appeals rise, and systemic issues. "
        "`docs/oversight-resonance.md`.",
    },
    {
        "name": "seals",
        "description": "That nothing was rewritten: the signed heads of what is sealed every minute, and the "
        "keys. Public; copies are welcome. `docs/security.md`.",
    },
    {
        "name": "directory",
        "description": "Agencies, regions, topics and channels: their codes, and names in three languages.",
    },
    {
        "name": "staff",
        "description": "Signing in. Press *Authorize* above to use the calls for staff on this page.",
    },
    {
        "name": "integrations",
        "description": "For programs of call centres and other sources, with a key of their own: webhooks "
        "about their appeals. `docs/webhooks.md` has a receiver to copy.",
    },
    {
        "name": "casework",
        "description": "A ministry's work: the queue by due day, claiming, notes, answers, forwarding.",
    },
    {
        "name": "questions",
        "description": "Ask a question: the answers that are known are searched first, in Kazakh and "
        "Russian, and only what none of them answers is registered. Heads and administrators keep them.",
    },
    {
        "name": "desk",
        "description": "For clerks: letters, visits, calls and messages put in by hand, with the receipt to "
        "be printed; what somebody wrote before. `docs/desks.md`.",
    },
    {
        "name": "administration",
        "description": "Orders about single days, tried out before they are announced, and how far the terms "
        "that they move are recalculated.",
    },
    {
        "name": "control",
        "description": "The Administration's: what is on control and why, orders about all on a topic.",
    },
    {"name": "service", "description": "For the machines that watch over the service."},
]

NOTES = """
**Try it here.** Open a call, press *Try it out*, then *Execute*; the examples work as they stand. To follow
an appeal that you filed, press *Authorize* and give its `access_code` as *Citizen*.

**Languages.** `Accept-Language: kk`, `ru` or `en`; `?lang=` does the same for a link. Kazakh is what is given
when none is asked for.

**Time.** Instants are RFC 3339 with an offset. Days are days in Kazakhstan (`Asia/Almaty`).

**Errors.** Each call lists its errors; `code` is stable, the sentences are for people.
[All errors in one list](/problems).

**Twice the same message.** Send `Idempotency-Key`, and a repeat after a lost connection gives the first
answer instead of a second appeal.
"""

DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@router.get("/docs")
async def docs(request: Request, lang: Lang) -> HTMLResponse:
    return page(request, "docs.html", lang, policy=DOCS_POLICY)


# Errors, each with a page of its own


def classes_of_error() -> dict[str, type[AppError]]:
    """Every error that a caller can be told of, by its code."""
    return {cls.code: cls for cls in _subclasses(AppError)}


def _subclasses(cls: type[AppError]) -> Iterator[type[AppError]]:
    yield cls
    for inner in cls.__subclasses__():
        yield from _subclasses(inner)


class _Unknown(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def explained(error: type[AppError], lang: Language) -> dict[str, Any]:
    """The error's status and its sentences, with a mark for what depends on the case."""
    return {
        "code": error.code,
        "status": error.status,
        "title": t(f"error.{error.code}.title", lang),
        "detail": t(f"error.{error.code}", lang).format_map(_Unknown()).replace("….", "…"),
    }


@router.get("/problems")
async def every_problem(request: Request, lang: Lang) -> HTMLResponse:
    errors = sorted(classes_of_error().values(), key=lambda error: (error.status, error.code))
    return page(request, "problems.html", lang, errors=[explained(error, lang) for error in errors])


@router.get("/problems/{code}")
async def one_problem(request: Request, code: str, lang: Lang) -> HTMLResponse:
    error = classes_of_error().get(code)
    if error is None:
        raise NotFound
    return page(request, "problem.html", lang, error=explained(error, lang))


# OpenAPI


class FieldProblem(BaseModel):
    field: str = Field(
        description="where in the message, such as `applicant.iin`", examples=["applicant.iin"]
    )
    code: str = Field(description="stable", examples=["missing"])
    message: str = Field(description="for people", examples=["This needs to be filled in."])


class Problem(BaseModel):
    """RFC 9457 problem details. Some errors carry further members."""

    type: str = Field(description="a page that explains the error", examples=["/problems/invalid"])
    title: str
    status: int
    detail: str = Field(description="for people, in the language asked for")
    code: str = Field(description="stable", examples=["invalid"])
    errors: list[FieldProblem] = Field(default=[], description="the fields that are wrong")


def describe(app: FastAPI) -> None:
    """Give the application an OpenAPI document that knows its errors; made when first asked for."""
    app.description = f"{app.description.strip()}\n{NOTES}"

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document, app.openapi_schema = FastAPI.openapi(app), None
            app.openapi_schema = completed(document, iter_route_contexts(app.routes))
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def completed(document: dict[str, Any], routes: Iterable[RouteContext]) -> dict[str, Any]:
    """The document with every status that a route can give, with examples, and short operation ids."""
    schemas = document["components"]["schemas"]
    schemas |= _problem_schemas()
    for leftover in ("HTTPValidationError", "ValidationError"):
        schemas.pop(leftover, None)
    shown = [
        route for route in routes if isinstance(route.original_route, APIRoute) and route.include_in_schema
    ]
    names = Counter(route.name for route in shown)
    for route in shown:
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            _declare(operation["responses"], _implied(route))
            for parameter in operation.get("parameters", ()):
                _without_null(parameter["schema"])
            if names[route.name] == 1:
                operation["operationId"] = route.name
    return document


def _problem_schemas() -> dict[str, Any]:
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**problem.pop("$defs"), "Problem": problem}


def _without_null(schema: dict[str, Any]) -> None:
    """An address or a header cannot carry null: what is optional is left out."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        del schema["anyOf"]
        schema |= kinds[0] | schema


def _implied(route: RouteContext) -> list[type[AppError]]:
    """The errors that follow from what a route takes, whether it lists them or not."""
    found: list[type[AppError]] = []
    if route.body_field is not None:
        is_form = isinstance(route.body_field.field_info, Form)
        found += (
            [TooLarge, UnsupportedMedia, Invalid]
            if is_form
            else [Malformed, TooLarge, UnsupportedMedia, Invalid]
        )
    if route.dependant.query_params or route.dependant.path_params or route.dependant.header_params:
        found.append(Invalid)
    if "client" in callers_of(route.dependant):
        found += [KeyInvalid, KeyExpired, ScopeMissing, TooManyRequests]
    if "staff" in callers_of(route.dependant):
        found += [Unauthenticated, TokenInvalid, TokenExpired, SessionOver]
    return found


def _declare(responses: dict[str, Any], implied: list[type[AppError]]) -> None:
    if "422" in responses and "application/problem+json" not in responses["422"]["content"]:
        responses["422"] = {"description": f"`{Invalid.code}`"}
    errors = classes_of_error()
    for status, entry in problems(*implied).items() if implied else ():
        declared = responses.setdefault(str(status), entry)
        declared.setdefault("content", entry["content"])
        new = [code for code in _codes(entry) if code not in _codes(declared)]
        declared["description"] = ", ".join([declared["description"], *(f"`{code}`" for code in new)])
    for entry in responses.values():
        for media, content in entry.get("content", {}).items():
            if media == "application/problem+json":
                content["examples"] = {
                    code: _example(errors[code]) for code in _codes(entry) if code in errors
                }
    for status, entry in responses.items():
        if entry["description"] == "Successful Response":
            entry["description"] = HTTPStatus(int(status)).phrase
    in_order = sorted(responses.items())
    responses.clear()
    responses.update(in_order)


def _codes(response: dict[str, Any]) -> list[str]:
    return re.findall(r"`(\w+)`", response["description"])


def _example(error: type[AppError]) -> dict[str, Any]:
    said = explained(error, "en")
    value = {
        "type": f"/problems/{error.code}",
        **{name: said[name] for name in ("title", "status", "detail", "code")},
    }
    if issubclass(error, Invalid):
        value["errors"] = [
            {"field": "topic", "code": "unknown_code", "message": "There is no such code. Near it: land."}
        ]
    return {"summary": said["title"], "value": value}
