"""A request is compared with a few routes and finds the one that it would find among all."""

from collections.abc import Sequence
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match, Route

from app.core import rooms
from app.main import assemble

ODD = (
    *("/", "//", "/healthz", "/healthz/", "/kk", "/nowhere", "/api", "/api/v1", "/api/v1/nothing"),
    *("/api/v1/cases//answer", "/api/v1/cases/x/attachments/y/z", "/api/v1/queue/claim/", "//api/v1/queue"),
)


def test_the_same_route_is_found_as_among_all() -> None:
    whole = assemble().router
    ways = rooms._ways(whole)
    own = [one.path for one in whole.routes if isinstance(one, Route | APIRoute)]
    paths = {*ODD, *own, *(one.replace("{", "").replace("}", "") for one in own)}
    for path in paths:
        for method in ("GET", "POST"):
            asked: dict[str, Any] = {"type": "http", "method": method, "path": path, "headers": []}
            some = rooms._way(ways, path).routes
            assert _found(some, asked) == _found(whole.routes, asked), (method, path)
            assert len(some) < len(whole.routes) / 3


def _found(routes: Sequence[BaseRoute], asked: dict[str, Any]) -> list[BaseRoute]:
    """All that match, in order: the first whole match answers, else the first whose method differs."""
    return [one for one in routes if one.matches(dict(asked))[0] is not Match.NONE]
