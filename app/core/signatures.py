"""Standard Webhooks, by its library: secrets made, bodies that came verified."""

import base64
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import isfinite

from standardwebhooks import Webhook, WebhookVerificationError

TOLERANCE = timedelta(minutes=5)
"""Between the sender's clock and ours; the library's own."""
BOTH_SECRETS = timedelta(days=1)
"""After a rotation the secret before is good for so long."""
LONGEST_ID = 255


def new_secret() -> str:
    return secret_of(secrets.token_bytes(32))


def secret_of(key: bytes) -> str:
    return f"whsec_{base64.b64encode(key).decode()}"


def on_time(headers: Mapping[str, str], now: datetime) -> bool:
    """Whether `webhook-timestamp`, if there is one to read, is within the tolerance."""
    try:
        sent = float(headers.get("webhook-timestamp", ""))
    except ValueError:
        return True  # the signature cannot be good
    return not isfinite(sent) or abs(sent - now.timestamp()) <= TOLERANCE.total_seconds()


def verified(known: Iterable[str], raw: bytes, headers: Mapping[str, str]) -> bool:
    """Whether one of the secrets has signed just these bytes, a short while ago. Nothing of them is parsed.

    `headers`: with names in small letters."""
    if len(headers.get("webhook-id", "")) > LONGEST_ID:
        return False
    return any(_good(secret, raw, headers) for secret in known)


def _good(secret: str, raw: bytes, headers: Mapping[str, str]) -> bool:
    try:
        Webhook(secret).verify(raw, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: a signature that is no base64, or no text
        return False
    return True
