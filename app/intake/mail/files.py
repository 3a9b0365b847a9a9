"""The files of an e-mail, into the storage of attachments before what they belong to is written.

What is not taken loses no e-mail: it is named with the reason, and the sender is told. A file that nothing
names in the end, because the e-mail was here already, goes by itself (app/attachments).
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.attachments.errors import MOST, AttachmentTooLarge, AttachmentType
from app.attachments.keeping import Keeper
from app.core.db import Database
from app.intake.mail.message import Attachment

_PIECE = 262_144


@dataclass(frozen=True, slots=True)
class File:
    """`id`: what the attachment is named by; None: it was not taken, and why."""

    name: str
    type: str
    id: UUID | None = None
    reason: str = ""

    def as_json(self) -> dict[str, object]:
        found: dict[str, object] = {"name": self.name, "type": self.type, "taken": self.id is not None}
        return found | ({"reason": self.reason} if self.reason else {})

    def left_out(self, reason: str) -> "File":
        """Not taken after all."""
        return File(self.name, self.type, None, reason) if self.id else self


async def kept(db: Database, keeper: Keeper, attachments: Sequence[Attachment]) -> list[File]:
    """Each of them, in order. Raises StorageUnavailable."""
    found: list[File] = []
    taken = 0
    for one in attachments:
        file = File(one.name, one.type, None, "too_many") if taken >= MOST else await _kept(db, keeper, one)
        taken += file.id is not None
        found.append(file)
    return found


async def _kept(db: Database, keeper: Keeper, one: Attachment) -> File:
    if one.part is None:
        return File(one.name, one.type, None, "mail_too_large")
    try:
        done = await keeper.keep(db, _pieces(one.content()), name=one.name, declared_type=one.type)
    except AttachmentTooLarge:
        return File(one.name, one.type, None, "too_large")
    except AttachmentType as refused:
        return File(one.name, one.type, None, refused.reason)
    return File(one.name, one.type, done.id)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for begin in range(0, len(content), _PIECE):
        yield content[begin : begin + _PIECE]
