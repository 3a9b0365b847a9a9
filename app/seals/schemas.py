"""What the world sees of the seals."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.core.schema import Out


class HeadOut(Out):
    number: int
    at: datetime
    head: str = Field(description="exactly the bytes that are hashed and signed; JSON")
    hash: str = Field(description="SHA-256 of `head`, in hex; the next head holds it as `previous`")
    signature: str = Field(description="ECDSA on P-256 with SHA-256, DER, in base64")
    key: str = Field(description="id of the key that signed")


class HeadsOut(Out):
    items: list[HeadOut] = Field(description="by number")
    more: bool = Field(description="there are newer ones: ask again with `after` the last number")


class KeyOut(Out):
    id: str = Field(description="SHA-256 of the key's DER, in hex")
    public: str = Field(description="PEM")
    since: datetime
    introduced_by: str | None = Field(description="id of the key that signed that this one comes after it")
    introduction: str | None = Field(description="what it signed")
    signature: str | None = Field(description="DER, in base64")


class KeysOut(Out):
    items: list[KeyOut] = Field(description="the oldest first; heads go on being checked with the old ones")


class StepOut(Out):
    side: Literal["left", "right"] = Field(description="where the neighbour stands")
    hash: str = Field(description="the neighbour's, in hex")


class CommittedOut(Out):
    """What a hash is of: SHA-256 of the salt's bytes and then of `body` as it stands here."""

    erased: bool = Field(description="it is kept no more; the hash stands and says nothing of it")
    salt: str | None = Field(description="in hex")
    body: str | None = Field(description="JSON; may be taken out of the receipt before it is shown to others")


class ProvenOut(Out):
    kind: str = Field(examples=["registered"])
    part: int
    at: datetime
    event: str = Field(description="what `hash` is the SHA-256 of; JSON, exactly these bytes")
    hash: str = Field(description="in hex")
    leaf: str = Field(description="the row of the record that is sealed; JSON, exactly these bytes")
    path: list[StepOut] | None = Field(description="from the leaf to the root of the head")
    head: int | None = Field(description="number of the head; null while it is not sealed")
    content: CommittedOut | None = Field(description="the text that `event` names as `content`")


class ProofOut(Out):
    """That the appeal was registered then, and these answers given then: docs/security.md."""

    state: Literal["sealed", "waiting", "broken"] = Field(
        description="waiting: fetch the receipt again after `sealed_by`; broken: the record was changed"
    )
    sealed_by: datetime | None
    sentence: str
    events: list[ProvenOut] = Field(description="the registration, then the answers")
    applicant: CommittedOut | None = Field(description="what the registration names as `applicant`")
    heads: list[HeadOut]
    keys: list[KeyOut]
