"""Why a file is not taken, not named, or not given out."""

from typing import Any

from app.attachments import types
from app.core.errors import Conflict, NotFound, TooLarge, Unavailable, UnsupportedMedia
from app.core.i18n import Language, t

MEGABYTE = 1_048_576
LARGEST = 20 * MEGABYTE
MOST = 10


class AttachmentTooLarge(TooLarge):
    code = "attachment_too_large"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(megabytes=LARGEST // MEGABYTE, **kwargs)


class TooManyAttachments(TooLarge):
    code = "too_many_attachments"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(most=MOST, **kwargs)


class AttachmentType(UnsupportedMedia):
    """Names what is allowed, and in what way this is not (`reason`: a code of types.WrongType)."""

    code = "attachment_type"

    def __init__(self, reason: str = "type") -> None:
        allowed = types.extensions()
        super().__init__(extra={"reason": reason, "allowed": allowed}, allowed=", ".join(allowed))
        self.reason = reason

    def as_json(self, language: Language) -> dict[str, Any]:
        self.params["why"] = t(f"attachment.refused.{self.reason}", language)
        return super().as_json(language)


class AttachmentUsed(Conflict):
    """It belongs to another appeal already."""

    code = "attachment_used"


class AttachmentNotFound(NotFound):
    code = "attachment_not_found"


class AttachmentNotReady(Conflict):
    """It is known and may be seen, but is not given out: not looked at yet, or harmful, or not to be had."""

    code = "attachment_not_ready"

    def __init__(self, state: str = "waiting") -> None:
        super().__init__(extra={"state": state})
        self.state = state

    def as_json(self, language: Language) -> dict[str, Any]:
        return super().as_json(language) | {"detail": t(f"attachment.state.{self.state}", language)}


class StorageUnavailable(Unavailable):
    code = "storage_unavailable"
