"""What stands in `copy.json`. Names are the public contract's: they are added to, never renamed."""

from datetime import datetime
from typing import Any

from pydantic import Field

from app.core.schema import Out
from app.intake.schemas import TrackingOut


class HeldApplicantOut(Out):
    name: str | None
    iin: str | None
    bin: str | None
    address: str | None
    phone: str | None
    email: str | None


class HeldTextOut(Out):
    """`event`: with which it came, as in the timeline."""

    at: datetime
    event: str
    part: int
    said: dict[str, Any] = Field(description="`text`, and what belongs to it, such as `subject`")


class HeldNoticeOut(Out):
    at: datetime
    kind: str = Field(examples=["appeal.answered"])
    way: str | None = Field(description="`email` or `sms`; null: it is told on the page alone")
    state: str | None = Field(description="`delivered`, `pending`, `failed` or `given_up`")


class HeldFileOut(Out):
    name: str | None
    size: int | None
    type: str | None
    state: str
    sentence: str
    inside: str | None = Field(description="its name in the archive; null while it is not given out")


class CopyOut(Out):
    made_at: datetime
    appeal: TrackingOut
    applicant: HeldApplicantOut | None = Field(description="null once it is erased")
    texts: list[HeldTextOut]
    notices: list[HeldNoticeOut]
    files: list[HeldFileOut]
    left_out: str
