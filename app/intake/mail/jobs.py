"""The worker's job about mailboxes, shared by all workers."""

from app.core.db import Database
from app.intake.mail.taking import Bounced
from app.intake.mail.visits import Postman
from app.settings import get_settings


class Mailboxes:
    """`bounced`: told of notices that came back."""

    def __init__(self, bounced: Bounced) -> None:
        self._bounced = bounced
        self._postman: Postman | None = None

    @property
    def postman(self) -> Postman:
        if self._postman is None:
            self._postman = Postman(get_settings(), self._bounced)
        return self._postman

    async def visit(self, db: Database) -> None:
        await self.postman.round(db)

    async def finish(self, _db: Database) -> None:
        await self.postman.finish()
