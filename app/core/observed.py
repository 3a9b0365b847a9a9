"""Every request: its id, its figures, its line in the log, its span. Of a path only the template is kept."""

import logging
from time import monotonic
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from app.core import log, metrics, tracing
from app.core.around import Around

HEADER = "X-Request-ID"

_log = logging.getLogger("listening_state.access")


def route_of(scope: Scope) -> str:
    """The route's template: a path itself may carry a number or a name."""
    return getattr(scope.get("route"), "path", "an unknown route")


class Observed(Around):
    """Outside of all else, so that each request is seen. Good readings are counted and leave no line."""

    async def around(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        found = log.follow(headers.get(HEADER.lower().encode(), b"").decode("latin-1"))
        scope.setdefault("state", {})["request_id"] = found
        began = monotonic()
        seen: dict[str, Any] = {"status": 500, "seconds": None}

        async def with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.update(status=message["status"], seconds=monotonic() - began)
                own = (HEADER.lower().encode(), found.encode())
                message = {**message, "headers": [*message["headers"], own]}
            await send(message)

        with tracing.request(scope["method"], headers) as span:
            try:
                await self.app(scope, receive, with_id)
            finally:
                _note(scope, seen["status"], seen["seconds"] or monotonic() - began)
                span.answered(route_of(scope), seen["status"], found)


def _note(scope: Scope, status: int, seconds: float) -> None:
    method, route = scope["method"], route_of(scope)
    metrics.answered(method, route, status, seconds)
    if method in {"GET", "HEAD"} and status < 500:
        return
    fields = {"method": method, "route": route, "status": status, "ms": round(1000 * seconds)}
    _log.info("%s %s %d in %d ms", *fields.values(), extra={"fields": fields})
