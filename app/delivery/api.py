"""The calls of a subscriber."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query

from app.core import clock
from app.core.edge import Configured, Db, Read, Tx
from app.core.errors import Invalid, TooManyRequests, problems
from app.core.outbound import Allowed
from app.delivery import subscriptions, trying
from app.delivery.schemas import (
    DeliveriesOut,
    EventName,
    LastOut,
    SecretOut,
    TriedOut,
    WebhookIn,
    WebhookMadeOut,
    WebhookOut,
    WebhooksOut,
    WebhookTestIn,
)
from app.delivery.subscriptions import WebhookKnown, WebhookNotFound, WebhooksFull
from app.directory import snapshot
from app.staff.access import ClientCaller, client_with
from app.staff.limits import Limiting
from app.staff.permissions import Scope

router = APIRouter(prefix="/api/v1/webhooks", tags=["integrations"])

Subscriber = Annotated[ClientCaller, Depends(client_with(Scope.WEBHOOKS))]
BLOG = "blog"
Id = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[1])]


@router.post(
    "",
    summary="Subscribe to what happens to one's appeals",
    description=(
        "From now on each of these events of an appeal of one's own source is posted to `url`, signed as "
        "[Standard Webhooks](https://www.standardwebhooks.com) say with the secret that is shown here once. "
        "In order for each appeal, at least once, again under the same `webhook-id`. A public https address; "
        "ten at most for a client. docs/webhooks.md has a receiver to copy."
    ),
    status_code=201,
    responses=problems(WebhookKnown, WebhooksFull, Invalid),
)
async def subscribe(caller: Subscriber, said: WebhookIn, db: Db, settings: Configured) -> WebhookMadeOut:
    if EventName.POST_ANSWERED in said.events and BLOG not in caller.channels:
        raise Invalid.of("events", "webhook_not_a_blog")
    await subscriptions.check(said.url, Allowed.of(settings.outbound_allow))
    now = clock.now()
    async with db.transaction() as connection:
        id_, secret = await subscriptions.create(connection, caller.client_id, said.url, said.events, now)
    return WebhookMadeOut(id=id_, url=said.url, events=said.events, secret=secret, created_at=now)


@router.get(
    "",
    summary="One's subscriptions",
    description="With how many messages wait or were given up, and what came of the newest attempt.",
    responses=problems(),
)
async def subscribed(caller: Subscriber, connection: Read) -> WebhooksOut:
    rows = await subscriptions.listed(connection, caller.client_id, clock.now())
    return WebhooksOut(
        items=[
            WebhookOut(
                **{
                    name: row[name] for name in ("id", "url", "events", "created_at", "previous_secret_until")
                },
                waiting=row["waiting"],
                given_up=row["given_up"],
                last=LastOut(at=row["at"], result=row["result"], code=row["code"]) if row["at"] else None,
            )
            for row in rows
        ]
    )


@router.post(
    "/{id}/secret",
    summary="Another secret",
    description="For a day both sign, so that no message is lost while it is put in place.",
    status_code=201,
    responses=problems(WebhookNotFound, Invalid),
)
async def rotate(caller: Subscriber, id: Id, connection: Tx) -> SecretOut:
    secret, until = await subscriptions.rotate(connection, caller.client_id, id, clock.now())
    return SecretOut(id=id, secret=secret, previous_secret_until=until)


@router.post(
    "/{id}/test",
    summary="Try one's receiver",
    description=(
        "Sends a sample of an event at once, signed as the real ones are, and says what came back: the "
        "status and how long it took, never what was answered. Its number is the sandbox's. Ten in a quarter "
        "of an hour.\n\n"
        "`curl -H 'X-API-Key: …' -X POST $HOST/api/v1/webhooks/1/test`"
    ),
    responses=problems(WebhookNotFound, TooManyRequests, Invalid),
)
async def try_it(
    caller: Subscriber,
    id: Id,
    db: Db,
    settings: Configured,
    limiter: Limiting,
    said: Annotated[
        WebhookTestIn | None, Body(openapi_examples={"answered": {"value": {"event": "appeal.answered"}}})
    ] = None,
) -> TriedOut:
    event = (said or WebhookTestIn()).event
    await limiter.count(trying.TRIES_OF_A_CLIENT, str(caller.client_id))
    return await trying.send(db, caller.client_id, id, event, snapshot.current(), settings)


@router.get(
    "/{id}/deliveries",
    summary="What was sent, and what came of it",
    description="The newest messages of a subscription, each with its newest twenty attempts.",
    responses=problems(WebhookNotFound, Invalid),
)
async def sent(
    caller: Subscriber,
    id: Id,
    connection: Read,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DeliveriesOut:
    rows = await trying.deliveries(connection, caller.client_id, id, limit)
    return DeliveriesOut(items=[trying.delivery_out(row) for row in rows])


@router.delete(
    "/{id}",
    summary="Unsubscribe",
    description="At once: what waits is not sent any more.",
    status_code=204,
    responses=problems(WebhookNotFound, Invalid),
)
async def unsubscribe(caller: Subscriber, id: Id, connection: Tx) -> None:
    await subscriptions.end(connection, caller.client_id, id, clock.now())
