"""Webhooks to subscribers, and SMS through the gateway's port: each one POST, no redirects, a short wait."""

import base64
import json
import ssl
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg
import httpcore
from standardwebhooks import Webhook

from app.core import calling
from app.core.calling import Answer
from app.core.cipher import cipher
from app.core.outbound import AddressRefused, Allowed
from app.delivery.messages import Event
from app.delivery.outcome import Outcome
from app.delivery.subscriptions import SECRET
from app.notices.models import Result

_GONE = 410
_JSON = {"content-type": "application/json", "user-agent": "listening-state"}
# The gateway will not take this very message, however often it comes.
_NEVER = frozenset({400, 413, 422})


async def send_webhook(
    row: asyncpg.Record, event: Event, allowed: Allowed, within: float, now: datetime
) -> Outcome:
    headers = _JSON | {
        "webhook-id": event.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature(row, event, now),
    }
    outcome = await _post(row["url"], headers, event.body, allowed, within)
    if outcome.code == _GONE:
        return Outcome(Result.REFUSED, _GONE, "gone", final=True, gone=True)
    return outcome


def signature(row: Mapping[str, object] | asyncpg.Record, event: Event, now: datetime) -> str:
    """By the secret, and after a rotation by the one before it too while that is still good."""
    sealed = [row["secret"]]
    until = row["previous_until"]
    if isinstance(until, datetime) and until > now:
        sealed.append(row["previous_secret"])
    secrets = [cipher().decrypt(value, SECRET) for value in sealed if isinstance(value, bytes)]
    return " ".join(Webhook(secret).sign(event.id, now, event.body) for secret in secrets)


async def send_sms(url: str, message: Mapping[str, str], within: float) -> Outcome:
    """`Idempotency-Key` and `id` are the notice's own, so that a second sending can be dropped."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    headers = _JSON | {"idempotency-key": message["id"]} | _basic(parts.username, parts.password)
    gateway = Allowed(frozenset({(parts.hostname or "", None)}))
    body = json.dumps(message, ensure_ascii=False)
    outcome = await _post(urlunsplit(parts._replace(netloc=host)), headers, body, gateway, within)
    if outcome.code in _NEVER:
        return Outcome(outcome.result, outcome.code, outcome.detail, final=True)
    return outcome


def _basic(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


async def _post(url: str, headers: Mapping[str, str], body: str, allowed: Allowed, within: float) -> Outcome:
    try:
        answer = await calling.call(
            url, headers=headers, content=body.encode(), allowed=allowed, within=within
        )
    except AddressRefused as error:
        return Outcome(Result.ADDRESS, detail=error.code)
    except (TimeoutError, httpcore.TimeoutException):
        return Outcome(Result.TIMEOUT)
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
        return Outcome(Result.UNREACHABLE, detail=type(error).__name__)
    if 200 <= answer.status < 300:
        return Outcome(Result.DELIVERED, answer.status)
    return Outcome(
        Result.REFUSED, answer.status, "redirect" if answer.status < 400 else "", asked=_asked(answer)
    )


def _asked(answer: Answer) -> timedelta | None:
    """`Retry-After` in seconds."""
    given = answer.headers.get("retry-after", "")
    return timedelta(seconds=int(given)) if given.isdigit() and len(given) < 7 else None
