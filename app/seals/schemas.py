"""What the world sees of the seals."""

from datetime import datetime

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
