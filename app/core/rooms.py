"""Putting rooms together: routes as they were declared, where `include_router` would make each a second time.

FastAPI keeps for an included route all that it knows of it twice (eleven megabytes of a process here), and
counts the routes of each room before it compares a request with them. So a room names its prefix, its tags
and its dependencies itself.
"""

from collections.abc import Mapping, Sequence
from copy import copy

from fastapi import APIRouter
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

STEPS = 3
"""So many steps of a path tell routes apart: `/api/v1/cases`."""

_Steps = tuple[str, ...]


def join(whole: APIRouter, *rooms: APIRouter) -> None:
    """Take the rooms' routes into `whole`, in this order, after its own."""
    for room in rooms:
        whole.routes.extend(room.routes)


def signpost(whole: APIRouter) -> None:
    """Have a request compared only with the routes that begin as its path does: of hundreds those are a few
    dozen, and comparing with all took a tenth of an act's time. Which one is found stays the same; of routes
    that are joined later this knows nothing."""
    ways = _ways(whole)

    async def directed(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("router", whole)
        await _way(ways, scope.get("path", "")).app(scope, receive, send)

    whole.middleware_stack = directed


def _ways(whole: APIRouter) -> dict[_Steps, APIRouter]:
    beginnings = [_beginning(route) for route in whole.routes]
    return {steps: _toward(whole, beginnings, steps) for steps in {(), *beginnings}}


def _way(ways: Mapping[_Steps, APIRouter], path: str) -> APIRouter:
    """The routes of the longest beginning that the path has."""
    steps = _steps(path)
    while steps not in ways:
        steps = steps[:-1]
    return ways[steps]


def _toward(whole: APIRouter, beginnings: Sequence[_Steps], steps: _Steps) -> APIRouter:
    """The same with those routes alone whose beginning is one of these steps' own."""
    some, each = copy(whole), zip(whole.routes, beginnings, strict=True)
    some.routes = [route for route, begins in each if begins == steps[: len(begins)]]
    return some


def _beginning(route: BaseRoute) -> _Steps:
    """The first steps of its path, as far as they are the same for every request."""
    fixed, varies, _ = getattr(route, "path", "").partition("{")
    return _steps(fixed.rpartition("/")[0] if varies else fixed)


def _steps(path: str) -> _Steps:
    plain = path.strip("/")
    return tuple(plain.split("/")[:STEPS]) if plain else ()
