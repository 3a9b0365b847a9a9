"""What every answer says to browsers, unless its route says it otherwise: the strictest that there is.

A page brings its own Content-Security-Policy; whatever is no page may do nothing, wherever it is opened. What
no route calls fit to be kept stays on no disk.
"""

from collections.abc import Iterable

from starlette.types import Message, Receive, Scope, Send

from app.core.around import Around

# Of what is no page: a browser that opens it all the same runs, loads and frames nothing.
NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
# What no page of ours asks of a device.
_DEVICES = (
    "accelerometer camera display-capture geolocation gyroscope magnetometer microphone midi payment usb"
)
TLS_ONLY_SECONDS = 31_536_000

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": NO_PAGE,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{device}=()" for device in _DEVICES.split()),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Only where the request came by TLS, which the proxy in front says (LS_TRUSTED_PROXIES).
BY_TLS = {"Strict-Transport-Security": f"max-age={TLS_ONLY_SECONDS}"}

Raw = list[tuple[bytes, bytes]]


def _raw(headers: dict[str, str]) -> Raw:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


_ALWAYS, _BY_TLS = _raw(HEADERS), _raw(BY_TLS)


def completed(given: Iterable[tuple[bytes, bytes]], *, tls: bool) -> Raw:
    """The headers of an answer, with those that it has not got."""
    found = list(given)
    names = {name.lower() for name, _ in found}
    return found + [one for one in _ALWAYS + (_BY_TLS if tls else []) if one[0] not in names]


class SafeHeaders(Around):
    """Outside of all that answers, a refusal of `Bounds` too, so that no answer goes past it."""

    async def around(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def completing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = completed(message.get("headers", ()), tls=scope["scheme"] == "https")
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, completing)
