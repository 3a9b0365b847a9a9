"""What sources send and get back. Names and codes are the public contract's."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.appeals.codes import Decision, LanguageCode, Outcome, Status
from app.attachments.errors import MOST
from app.attachments.models import State
from app.core.outbound import LONGEST_URL
from app.core.schema import Code, Line, Moment, Out, Schema
from app.intake.schemas import AgencyOut, RegistrationOut, Sandbox, Saying

EXTERNAL_ID = re.compile(r"[A-Za-z0-9._:/-]{1,100}")
MOST_DECLARED = 20_000


def _external_id(value: str) -> str:
    if not EXTERNAL_ID.fullmatch(value):
        raise PydanticCustomError("external_id", "external id")
    return value


ExternalId = Annotated[
    str,
    AfterValidator(_external_id),
    Field(
        description="your own id: 1 to 100 Latin letters, digits and `._:/-`; within your source it is one "
        "message for ever",
        json_schema_extra={"pattern": f"^{EXTERNAL_ID.pattern}$"},
        examples=["109-2026-000123"],
    ),
]


class Identified(Schema):
    """A message with its source's own id."""

    external_id: ExternalId


class RemoteIn(Schema):
    """A file where you keep it: fetched once the ticket is registered."""

    url: Annotated[
        str,
        Field(max_length=LONGEST_URL, description="http or https, without redirects"),
    ]
    name: Annotated[Line | None, Field(description="left out: the last step of the URL's path")] = None


def _how(value: Any) -> str:
    return "url" if isinstance(value, dict | RemoteIn) else "id"


# Described where it stands: the document has it nowhere else.
AttachmentIn = Annotated[
    Annotated[UUID, Tag("id")] | Annotated[RemoteIn, Tag("url")],
    Discriminator(_how),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "uuid"}, RemoteIn.model_json_schema()]}),
]


AttachmentsIn = Annotated[
    list[AttachmentIn],
    Field(
        default_factory=list,
        description="ids that `POST /api/v1/attachments` gave, or `{url, name?}` of files that are "
        "fetched afterwards; at most 10",
        json_schema_extra={"maxItems": MOST},
    ),
]


class TicketIn(Saying, Identified):
    channel: Annotated[Code, Field(description="one of your key's", examples=["call_centre"])]
    attachments: AttachmentsIn
    received_at: Annotated[
        Moment | None,
        Field(
            description="when it came to you, from which the legal day follows; left out: now. Not in the "
            "future, not older than your source may bring (3 days, if nothing else was agreed)",
            examples=["2026-11-23T09:41:00+05:00"],
        ),
    ] = None
    caller: Annotated[
        Line | None,
        Field(
            description="your desk's own line for those who work on the case: operator, extension, call. It "
            "is kept encrypted with the text",
            examples=["оператор 17, қоңырау 8841"],
        ),
    ] = None


class TicketOut(RegistrationOut):
    external_id: str


class LineOut(Out):
    """What became of one item. What does not apply is left out."""

    index: int = Field(description="its place in what was sent, from 0; blank lines are not counted")
    external_id: str | None = Field(description="null when it cannot be read")
    status: Literal["created", "duplicate", "rejected"]
    number: str | None = Field(None, examples=["JT-2026-00000123"])
    access_code: str | None = Field(None, description="for the citizen: it opens the appeal")
    registered_on: date | None = None
    due_on: date | None = None
    sandbox: Sandbox = False
    problem: dict[str, Any] | None = Field(None, description="why it was rejected: a Problem")


class BatchOut(Out):
    """accepted + duplicates + rejected = the number of results."""

    accepted: int = Field(description="created now", examples=[498])
    duplicates: int = Field(description="here before, or earlier in this batch, with the same content")
    rejected: int
    results: list[LineOut]


# What became of them


class TicketPartOut(Out):
    number: str
    status: Status
    agency: AgencyOut
    registered_on: date
    due_on: date
    overdue: bool
    answered_at: datetime | None
    outcome: Outcome | Decision | None


class TicketFileOut(Out):
    """How a file stands; `problem` says why it is `failed` or `infected`."""

    id: UUID
    name: str | None = Field(description="null until it was fetched")
    size: int | None
    type: str | None
    state: State
    problem: str | None = Field(examples=["fetch_too_large"])


class StateOut(TicketPartOut):
    """How a ticket stands. The whole is answered once every part is that was not withdrawn or terminated."""

    external_id: str
    channel: str
    received_at: datetime
    updated_at: datetime = Field(description="when the last change became known here")
    sandbox: Sandbox
    parts: list[TicketPartOut]
    attachments: list[TicketFileOut] = Field(description="what came with the ticket, or was added to it")


class ChangesOut(Out):
    items: list[StateOut] = Field(description="each ticket once, as it stands now, in the order of changes")
    next_cursor: str = Field(description="go on from here: at once while there is more, else later")
    more: bool


# Consultations


class ConsultationIn(Identified):
    at: Annotated[
        Moment, Field(description="when the call was answered", examples=["2026-11-23T09:41:00+05:00"])
    ]
    topic: Annotated[Code | None, Field(examples=["utilities"])] = None
    region: Annotated[Code | None, Field(description="left out: your source's", examples=["KZ-61"])] = None
    language: LanguageCode | None = None
    channel: Annotated[Code, Field(description="one of your key's")] = "call_centre"
    seconds: Annotated[
        int | None, Field(ge=0, le=86_400, strict=True, description="how long it took", examples=[140])
    ] = None


class ConsultationOut(Out):
    external_id: str
    at: datetime
    day: date = Field(description="the civil day on which it counts")


# Reconciliation


class DeclarationIn(Schema):
    """Tickets only; consultations are counted apart."""

    count: Annotated[int, Field(ge=0, le=10_000_000, strict=True, examples=[2])]
    external_ids: Annotated[
        list[ExternalId] | None,
        Field(max_length=MOST_DECLARED, examples=[["109-2026-000123", "109-2026-000124"]]),
    ] = None


class RefusedOut(Out):
    external_id: str | None = Field(description="null when it could not be read")
    code: str = Field(examples=["invalid"])
    errors: list[str] = Field(description="as `field:code`", examples=[["topic:unknown_code"]])
    times: int = Field(description="how often it came")
    at: datetime = Field(description="the last time")


class OtherDayOut(Out):
    external_id: str
    day: date


class ReconciliationOut(Out):
    day: date
    sent: int | None = Field(description="declared; null: not declared")
    declared_at: datetime | None
    received: int = Field(description="registered + refused")
    refused: int = Field(description="ids that came and are no appeal, and messages without a legible id")
    registered: int = Field(description="appeals of that day")
    consultations: int
    clean: bool | None = Field(
        description="everything declared is registered, and nothing else; null: not declared"
    )
    missing: list[str] = Field(description="declared, but no appeal here: send these again")
    missing_count: int | None = Field(description="null: no ids were declared")
    unexpected: list[str] = Field(description="appeals of that day that were not declared")
    unexpected_count: int | None
    other_day: list[OtherDayOut] = Field(description="declared, and here under another day")
    other_day_count: int | None
    refusals: list[RefusedOut] = Field(description="what was refused and why: mend these and send them again")
