"""A subscriber tries its receiver: a sample of an event, sent at once, and what came of it.

The sample is made by what makes the real ones, of a number that nothing will ever have, so that its shape
and its signature are theirs.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
from limits import RateLimitItem, RateLimitItemPerMinute

from app.appeals.codes import ApplicantType, Outcome, Status, SuspensionGround, TerminationGround
from app.appeals.numbers import LAST_YEAR, SERIALS
from app.core import clock
from app.core.cipher import cipher
from app.core.db import Database, to_json
from app.core.outbound import Allowed
from app.delivery import messages
from app.delivery.messages import Event
from app.delivery.schemas import DeliveryOut, EventName, TriedOut, TryOut
from app.delivery.subscriptions import WebhookNotFound
from app.directory.registry import Directory
from app.notices.models import DeliveryState
from app.settings import Settings

TRIES_OF_A_CLIENT: RateLimitItem = RateLimitItemPerMinute(10, 15, namespace="webhook-test")
NUMBER = (LAST_YEAR + 1) * SERIALS - 1
AGENCY = "energy"
BODY = "content.body"
MOST_ATTEMPTS = 20

_OWN = """
SELECT id, url, secret, previous_secret, previous_until FROM subscription
WHERE id = $1 AND client_id = $2 AND ended_at IS NULL
"""
_DELIVERIES = f"""
SELECT d.notice_id, d.subscription_id, n.kind, n.appeal_id, a.applicant_type, said.part, said.at,
       a.external_id, d.state, d.next_at, d.attempts,
       ARRAY(SELECT ROW(t.at, t.result, t.code, t.detail) FROM delivery_attempt t
             WHERE t.delivery_id = d.id ORDER BY t.id DESC LIMIT {MOST_ATTEMPTS}) AS tries
FROM delivery d
JOIN notice n ON n.id = d.notice_id
JOIN appeal a ON a.id = d.appeal_id
JOIN event said ON said.appeal_id = n.appeal_id AND said.hash = n.event_hash
WHERE d.subscription_id = $1 ORDER BY d.id DESC LIMIT $2
"""
# How a case stands after each; what is in progress otherwise.
_STATUS = {
    EventName.REGISTERED: Status.REGISTERED,
    EventName.FORWARDED: Status.REGISTERED,
    EventName.SUSPENDED: Status.SUSPENDED,
    EventName.CORRECTION_REQUESTED: Status.AWAITING_CORRECTION,
    EventName.ANSWERED: Status.ANSWERED,
    EventName.WITHDRAWN: Status.WITHDRAWN,
    EventName.TERMINATED: Status.TERMINATED,
    EventName.REOPENED: Status.REGISTERED,
    EventName.POST_ANSWERED: Status.ANSWERED,
}
# What a platform is sent in place of `appeal.answered` has the answer itself.
ANSWER = {"text": "Көшедегі жарық 23 қарашада қосылды.", "legal_basis": "ӘРПК 76-бап"}


async def send(
    db: Database, client_id: int, id_: int, name: EventName, directory: Directory, settings: Settings
) -> TriedOut:
    """Raises WebhookNotFound. Nothing is kept of it, and a receiver that answers 410 stays subscribed."""
    async with db.read() as connection:
        row = await connection.fetchrow(_OWN, id_, client_id)
    if row is None:
        raise WebhookNotFound
    from app.delivery import by_http  # 2 MB of a web process that nobody may ever ask this

    now, loop = clock.now(), asyncio.get_running_loop()
    event = sample(name, directory, now)
    began = loop.time()
    outcome = await by_http.send_webhook(
        row, event, Allowed.of(settings.outbound_allow), settings.delivery_timeout, now
    )
    return TriedOut(
        webhook_id=event.id,
        event=name,
        result=outcome.result,
        code=outcome.code,
        detail=outcome.detail or None,
        ms=round((loop.time() - began) * 1000),
    )


def sample(name: EventName, directory: Directory, now: datetime) -> Event:
    made = messages.event(_row(name, now), directory)
    return Event(f"msg_test_{uuid4().hex}", made.body)


def _row(name: EventName, now: datetime) -> dict[str, Any]:
    """As of a notice on its way."""
    today = clock.civil_day(now)
    due_on = today + timedelta(days=21)
    post = name is EventName.POST_ANSWERED
    return {
        "notice_id": 0,
        "subscription_id": 0,
        "appeal_id": NUMBER,
        "applicant_type": ApplicantType.INDIVIDUAL,
        "part": 0,
        "external_id": "sample",
        "channel": "blog" if post else "call_centre",
        "kind": EventName.ANSWERED if post else name,
        "events": [name],
        "blog": AGENCY,
        "language": "kk",
        "answer": cipher().encrypt(to_json(ANSWER), BODY) if post else None,
        "at": now,
        "version": 2,
        "due_on": due_on,
        "status": _STATUS.get(name, Status.IN_PROGRESS),
        "params": {"agency": AGENCY} | _told(name, due_on.isoformat(), today.isoformat()),
    }


def _told(name: EventName, due_on: str, today: str) -> dict[str, Any]:
    """What an event of this name tells beside the state."""
    match name:
        case EventName.EXTENDED | EventName.CORRECTION_REQUESTED:
            return {"until": due_on}
        case EventName.SUSPENDED:
            return {"ground": SuspensionGround.COURT}
        case EventName.ANSWERED | EventName.POST_ANSWERED:
            return {"outcome": Outcome.EXPLAINED}
        case EventName.TERMINATED:
            return {"ground": TerminationGround.NO_ESSENCE}
        case EventName.DEADLINE_CHANGED:
            return {"before": today, "after": due_on}
    return {}


async def deliveries(
    connection: asyncpg.Connection, client_id: int, id_: int, limit: int
) -> list[asyncpg.Record]:
    """The newest messages of a subscription with the newest attempts of each. Raises WebhookNotFound."""
    if await connection.fetchrow(_OWN, id_, client_id) is None:
        raise WebhookNotFound
    return list(await connection.fetch(_DELIVERIES, id_, limit))


def delivery_out(row: asyncpg.Record) -> DeliveryOut:
    waits = row["state"] in {DeliveryState.PENDING, DeliveryState.FAILED}
    return DeliveryOut(
        webhook_id=messages.webhook_id(row),
        event=row["kind"],
        number=messages.number_of(row),
        external_id=row["external_id"],
        at=row["at"],
        state=row["state"],
        next_at=row["next_at"] if waits else None,
        attempts=row["attempts"],
        tries=[
            TryOut(at=at, result=result, code=code, detail=detail or None)
            for at, result, code, detail in row["tries"]
        ],
    )
