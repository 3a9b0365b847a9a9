"""What can go wrong at a desk."""

from app.core.errors import Forbidden


class WayClosed(Forbidden):
    """The caller's body does not put appeals in by this channel."""

    code = "way_closed"


class NotFromAbove(Forbidden):
    """The caller is of no body that sends appeals down."""

    code = "not_from_above"
