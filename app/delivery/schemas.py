"""What subscribers send and get back."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from app.core.outbound import LONGEST_URL
from app.core.schema import Out, Schema
from app.notices.models import DeliveryState, Result


class EventName(StrEnum):
    """What a subscriber may be told of. `post.answered`: a blog post's answer itself, in place of
    `appeal.answered`; for clients of the channel `blog`."""

    REGISTERED = "appeal.registered"
    FORWARDED = "appeal.forwarded"
    EXTENDED = "appeal.extended"
    SUSPENDED = "appeal.suspended"
    RESUMED = "appeal.resumed"
    CORRECTION_REQUESTED = "appeal.correction_requested"
    ANSWERED = "appeal.answered"
    WITHDRAWN = "appeal.withdrawn"
    TERMINATED = "appeal.terminated"
    REOPENED = "appeal.reopened"
    DEADLINE_CHANGED = "deadline.changed"
    DEADLINE_PASSED = "deadline.passed"
    POST_ANSWERED = "post.answered"


def _once_each(events: list[EventName]) -> list[EventName]:
    return list(dict.fromkeys(events))


class WebhookIn(Schema):
    url: Annotated[
        str, Field(min_length=1, max_length=LONGEST_URL, examples=["https://screen.example.kz/appeals"])
    ]
    events: Annotated[
        list[EventName],
        Field(min_length=1, max_length=50, examples=[["appeal.registered", "appeal.answered"]]),
        AfterValidator(_once_each),
    ]


class LastOut(Out):
    """The newest attempt of the hundred newest messages."""

    at: datetime
    result: Result
    code: Annotated[int | None, Field(description="the HTTP status that came back")]


class WebhookOut(Out):
    """`waiting`: not delivered yet; `given_up`: after the last attempt, never to be sent again."""

    id: int
    url: str
    events: list[EventName]
    created_at: datetime
    previous_secret_until: Annotated[
        datetime | None, Field(description="until then the secret before this one signs too")
    ]
    waiting: int
    given_up: int
    last: LastOut | None


class WebhooksOut(Out):
    items: list[WebhookOut]


class WebhookMadeOut(Out):
    id: int
    url: str
    events: list[EventName]
    secret: Annotated[str, Field(description="shown this once", examples=["whsec_…"])]
    created_at: datetime


class WebhookTestIn(Schema):
    event: Annotated[EventName, Field(description="of what a sample is sent")] = EventName.ANSWERED


class TriedOut(Out):
    """`ms`: how long it took, the name looked up and the connection made."""

    webhook_id: str
    event: EventName
    result: Result
    code: Annotated[int | None, Field(description="the HTTP status that came back")]
    detail: Annotated[str | None, Field(description="the kind of failure", examples=["redirect"])]
    ms: int


class TryOut(Out):
    at: datetime
    result: Result
    code: int | None
    detail: str | None


class DeliveryOut(Out):
    """A message and what came of sending it: `tries`, the newest first."""

    webhook_id: str
    event: EventName
    number: str
    external_id: str | None
    at: Annotated[datetime, Field(description="when it happened")]
    state: DeliveryState
    next_at: Annotated[datetime | None, Field(description="when it is tried next; null: never again")]
    attempts: int
    tries: list[TryOut]


class DeliveriesOut(Out):
    items: list[DeliveryOut]


class SecretOut(Out):
    id: int
    secret: Annotated[str, Field(description="shown this once", examples=["whsec_…"])]
    previous_secret_until: datetime
