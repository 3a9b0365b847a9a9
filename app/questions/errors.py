"""What can go wrong with the FAQ."""

from app.core.errors import Conflict, NotFound


class FaqNotFound(NotFound):
    code = "faq_not_found"


class FaqChanged(Conflict):
    """Somebody revised the entry meanwhile; `version` is what it is now."""

    code = "faq_changed"
