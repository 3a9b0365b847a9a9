"""Who is told by webhook: made, listed, given another secret, ended. A client sees its own alone."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from app.core import outbound
from app.core.cipher import cipher
from app.core.errors import Conflict, Invalid, NotFound
from app.core.outbound import AddressRefused, Allowed
from app.core.signatures import BOTH_SECRETS, new_secret
from app.delivery import leases

MOST = 10
SECRET = "subscription.secret"
"""As what it is encrypted."""

_INSERT = """
INSERT INTO subscription (client_id, url, events, secret, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING RETURNING id
"""

_LIST = """
SELECT s.id, s.url, s.events, s.created_at,
       CASE WHEN s.previous_until > $2 THEN s.previous_until END AS previous_secret_until,
       counted.waiting, counted.given_up, last.at, last.result, last.code
FROM subscription s
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE d.state IN ('pending', 'failed')) AS waiting,
           count(*) FILTER (WHERE d.state = 'given_up') AS given_up
    FROM delivery d WHERE d.subscription_id = s.id AND d.state <> 'delivered'
) counted
LEFT JOIN LATERAL (
    SELECT a.at, a.result, a.code
    FROM (SELECT d.id FROM delivery d WHERE d.subscription_id = s.id AND d.attempts > 0
          ORDER BY d.id DESC LIMIT 100) begun
    JOIN delivery_attempt a ON a.delivery_id = begun.id
    ORDER BY a.id DESC LIMIT 1
) last ON true
WHERE s.client_id = $1 AND s.ended_at IS NULL ORDER BY s.id
"""

# A second rotation within the day keeps the newest two: the one that leaked is gone at once.
_ROTATE = """
UPDATE subscription SET previous_secret = secret, previous_until = $3, secret = $4
WHERE id = $1 AND client_id = $2 AND ended_at IS NULL RETURNING id
"""


class WebhookKnown(Conflict):
    """This client has a subscription to that address."""

    code = "webhook_known"


class WebhooksFull(Conflict):
    code = "webhooks_full"


class WebhookNotFound(NotFound):
    code = "webhook_not_found"


async def check(url: str, allowed: Allowed) -> None:
    """Raises Invalid for an address that nothing would ever be sent to. A name that has no address now may
    get one: it is looked at again at every sending."""
    try:
        parts = outbound.check_url(url, allowed)
        await outbound.resolve(
            parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80), allowed
        )
    except AddressRefused as refused:
        raise Invalid.of("url", f"webhook_{refused.code}") from None
    except OSError:  # a name server that does not answer among them (TimeoutError)
        return


async def create(
    connection: asyncpg.Connection, client_id: int, url: str, events: Sequence[str], now: datetime
) -> tuple[int, str]:
    """Its id and secret. Raises WebhooksFull, WebhookKnown. Two at once wait for each other."""
    await connection.execute("SELECT FROM api_client WHERE id = $1 FOR NO KEY UPDATE", client_id)
    count = await connection.fetchval(
        "SELECT count(*) FROM subscription WHERE client_id = $1 AND ended_at IS NULL", client_id
    )
    secret = new_secret()
    sealed = cipher().encrypt(secret, SECRET)
    if count >= MOST:
        raise WebhooksFull(most=MOST)
    id_ = await connection.fetchval(_INSERT, client_id, url, [str(event) for event in events], sealed, now)
    if id_ is None:
        raise WebhookKnown
    return id_, secret


async def listed(connection: asyncpg.Connection, client_id: int, now: datetime) -> Sequence[asyncpg.Record]:
    rows: Sequence[asyncpg.Record] = await connection.fetch(_LIST, client_id, now)
    return rows


async def rotate(
    connection: asyncpg.Connection, client_id: int, id_: int, now: datetime
) -> tuple[str, datetime]:
    """The new secret, and until when the one before it signs too. Raises WebhookNotFound."""
    secret, until = new_secret(), now + BOTH_SECRETS
    sealed = cipher().encrypt(secret, SECRET)
    if await connection.fetchval(_ROTATE, id_, client_id, until, sealed) is None:
        raise WebhookNotFound
    return secret, until


async def end(connection: asyncpg.Connection, client_id: int, id_: int, now: datetime) -> None:
    """Nothing more is sent there, what waits neither. Raises WebhookNotFound."""
    own = await connection.fetchval(
        "SELECT id FROM subscription WHERE id = $1 AND client_id = $2 AND ended_at IS NULL FOR UPDATE",
        id_,
        client_id,
    )
    if own is None:
        raise WebhookNotFound
    await leases.end_subscription(connection, id_, now)
