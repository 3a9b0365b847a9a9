"""Every route says who may call it, what it does, and each error that it can give."""

import inspect
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from pydantic import TypeAdapter
from starlette.routing import Route

from app.core.edge import moment, moment_of_figures, read, read_figures, transaction
from app.core.errors import Unavailable
from app.main import create_app
from app.settings import Settings
from app.staff.access import callers_of
from app.web.reference import TAGS, classes_of_error
from tests.support import SECRET

PROBLEM = {"$ref": "#/components/schemas/Problem"}
# They touch no database.
ALWAYS_THERE = {"/healthz"}
CONNECTIONS = (transaction, read, moment, read_figures, moment_of_figures)
CALLERS = {"public", "citizen", "staff", "client"}


@cache
def the_app() -> FastAPI:
    return create_app(Settings(secret_key=SECRET))


ROUTES: list[RouteContext] = [
    route for route in iter_route_contexts(the_app().routes) if isinstance(route.original_route, APIRoute)
]
DOCUMENT: dict[str, Any] = the_app().openapi()


def name(route: RouteContext) -> str:
    return f"{'|'.join(sorted(route.methods or ()))} {route.path}"


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


OPERATIONS = [
    pytest.param(path, operation, id=f"{method} {path}") for path, method, operation in operations()
]
operation_by_operation = pytest.mark.parametrize(("path", "operation"), OPERATIONS)
route_by_route = pytest.mark.parametrize("route", ROUTES, ids=name)


def test_nothing_is_served_beside_our_routes() -> None:
    others = [
        route.path
        for route in iter_route_contexts(the_app().routes)
        if not isinstance(route.original_route, APIRoute)
    ]
    assert others == ["/openapi.json"]


def test_every_route_stands_in_the_application_itself() -> None:
    """An included one is kept twice, and costs every request that is compared with it: `core.rooms.join`."""
    assert [type(route) for route in the_app().routes if not isinstance(route, APIRoute)] == [Route]


def test_no_request_waits_for_a_thread() -> None:
    """A dependency that is a plain function would be run in one, which costs more than most of them do."""
    plain = {one.call for route in ROUTES for one in _all_of(route.dependant) if not _is_awaited(one.call)}
    assert plain == set()


def _all_of(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _all_of(inner)


def _is_awaited(call: Any) -> bool:
    functions = (call, type(call).__call__)  # an object with such a method, or the function itself
    return any(inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one) for one in functions)


@route_by_route
def test_a_route_declares_its_caller(route: RouteContext) -> None:
    assert callers_of(route.dependant)
    assert callers_of(route.dependant) <= CALLERS


def uses(dependant: Dependant, *calls: Any) -> bool:
    return dependant.call in calls or any(uses(inner, *calls) for inner in dependant.dependencies)


@route_by_route
def test_the_caller_is_known_before_the_transaction_begins(route: RouteContext) -> None:
    """Else a request would hold one connection while it waits for another."""
    dependencies = route.dependant.dependencies
    asked = [place for place, inner in enumerate(dependencies) if callers_of(inner)]
    begun = [place for place, inner in enumerate(dependencies) if uses(inner, *CONNECTIONS)]
    assert not begun or min(asked) < min(begun)


@route_by_route
def test_a_commit_comes_before_the_answer(route: RouteContext) -> None:
    """`scope="function"`: with the default one, a commit that fails is found after the client has its 201."""

    def scopes(dependant: Dependant) -> Iterator[str | None]:
        if dependant.call in CONNECTIONS:
            yield dependant.scope
        for inner in dependant.dependencies:
            yield from scopes(inner)

    assert set(scopes(route.dependant)) <= {"function"}


def test_every_operation_has_an_id_of_its_own() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))


@operation_by_operation
def test_an_operation_says_what_it_does(path: str, operation: dict[str, Any]) -> None:
    assert operation["summary"][0].isupper()
    assert "_" not in operation["summary"]
    assert set(operation["tags"]) <= {tag["name"] for tag in TAGS}
    assert len(operation["tags"]) == 1


@operation_by_operation
def test_an_operation_declares_its_errors(path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    errors = {status for status in responses if status[0] in "45"}
    assert "500" not in errors, "that is never meant"
    assert (str(Unavailable.status) in errors) != (path in ALWAYS_THERE)
    if operation.get("parameters"):
        assert "422" in errors
    if operation.get("security"):
        assert "401" in errors
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", [])):
        assert "404" in errors
    if body := operation.get("requestBody"):
        assert {"413", "415", "422"} <= errors
        assert "400" in errors or "application/json" not in body["content"]


@operation_by_operation
def test_an_error_is_a_problem_with_an_example(path: str, operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        if status[0] not in "45":
            continue
        assert list(response["content"]) == ["application/problem+json"], status
        content = response["content"]["application/problem+json"]
        assert content["schema"] == PROBLEM
        assert content["examples"]
        for code, example in content["examples"].items():
            assert example["value"]["code"] == code
            assert str(example["value"]["status"]) == status
            assert "{" not in example["value"]["detail"]
            assert code in classes_of_error()


@operation_by_operation
def test_no_parameter_is_null(path: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        assert "null" not in json.dumps(parameter["schema"]), parameter["name"]


def test_nothing_of_the_default_errors_is_left() -> None:
    assert "HTTPValidationError" not in json.dumps(DOCUMENT)
    assert {"Problem", "FieldProblem"} <= DOCUMENT["components"]["schemas"].keys()


def bodies() -> Iterator[Any]:
    for route in ROUTES:
        if route.body_field is not None and route.include_in_schema:
            for method in route.methods or ():
                yield pytest.param(
                    route, DOCUMENT["paths"][route.path_format][method.lower()]["requestBody"], id=name(route)
                )


def examples(content: dict[str, Any]) -> Iterator[Any]:
    """Those of the call, else those of the whole schema, else one made of its fields' examples."""
    if content.get("examples"):
        yield from (example["value"] for example in content["examples"].values())
        return
    schema = content["schema"]
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    yield from schema.get("examples", [])
    fields = {
        key: field["examples"][0]
        for key, field in schema.get("properties", {}).items()
        if field.get("examples")
    }
    if fields:
        yield fields


@pytest.mark.parametrize(("route", "body"), list(bodies()))
def test_the_examples_of_a_body_are_good_ones(route: RouteContext, body: dict[str, Any]) -> None:
    for media, content in body["content"].items():
        found = list(examples(content))
        assert found, f"{media} has no example"
        for example in found:
            TypeAdapter(route.body_field.field_info.annotation).validate_json(json.dumps(example))
