"""Programs of sources as callers, by what they may do."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from app.core.errors import FieldError, Invalid, Unavailable
from app.directory import snapshot
from app.directory.registry import Directory
from app.directory.values import Source
from app.intake.tickets.errors import ChannelForbidden
from app.staff.access import ClientCaller, client_with
from app.staff.permissions import Scope

Writer = Annotated[ClientCaller, Depends(client_with(Scope.TICKETS_WRITE))]
Reader = Annotated[ClientCaller, Depends(client_with(Scope.TICKETS_READ))]
Reconciler = Annotated[ClientCaller, Depends(client_with(Scope.RECONCILIATION))]


@dataclass(frozen=True, slots=True)
class Desk:
    """A client with the source that it brings messages of."""

    caller: ClientCaller
    source: Source
    directory: Directory

    @classmethod
    def of(cls, caller: ClientCaller) -> "Desk":
        directory = snapshot.current()
        try:
            return cls(caller, directory.source_by_id(caller.source_id), directory)
        except KeyError:  # made a moment ago: this process reads the directory again within seconds
            raise Unavailable from None

    def check_channel(self, channel: str) -> None:
        """Raises Invalid for a channel that there is not, ChannelForbidden for another's."""
        if not self.directory.has_channel(channel):
            near = ", ".join(self.directory.near("channel", channel)) or "—"
            raise Invalid(errors=[FieldError("channel", "unknown_code", {"near": near})])
        if channel not in self.caller.channels:
            raise ChannelForbidden(channel=channel)
