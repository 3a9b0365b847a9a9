"""What is said of attachments. Names and codes are the public contract's."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.attachments.errors import MOST
from app.attachments.models import State
from app.core.schema import Out

AttachmentIds = Annotated[
    list[UUID],
    Field(
        description=f"ids that `POST /api/v1/attachments` gave; at most {MOST} files an appeal",
        json_schema_extra={"maxItems": MOST},
    ),
]


class KeptOut(Out):
    """`id` names the file in an appeal; for some hours, and once."""

    id: UUID
    name: str = Field(examples=["фото.jpg"])
    size: int = Field(description="in bytes")
    type: str = Field(description="media type, by the content", examples=["image/jpeg"])
    state: State = Field(description="of the look for viruses; it is given out once it is `clean`")


class AttachmentOut(Out):
    """`problem`: why it is `failed` or `infected`; `sentence` says the state in words."""

    id: UUID
    name: str | None = Field(description="null while a file is still to be fetched, and once it is erased")
    size: int | None
    type: str | None
    state: State
    problem: str | None = Field(examples=["fetch_too_large"])
    sentence: str
    url: str | None = Field(description="where it can be had; null while it cannot")
