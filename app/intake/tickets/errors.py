"""What can go wrong for a source."""

from app.core.errors import Forbidden, NotFound


class ChannelForbidden(Forbidden):
    """The channel is another's: the key is not for it."""

    code = "channel_forbidden"


class TicketNotFound(NotFound):
    code = "ticket_not_found"


class NoSuchDay(NotFound):
    """A day that has not been yet, or was before the record began."""

    code = "no_such_day"
