"""What stands around every answer: each part is a class with `around`, and `main.assemble` has the order."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send


class Around(ABC):
    """Of requests alone: the start and the end of the application, which come the same way, pass by."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return (self.around if scope["type"] == "http" else self.app)(scope, receive, send)

    @abstractmethod
    async def around(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, by `self.app` where there is nothing to be said before."""
