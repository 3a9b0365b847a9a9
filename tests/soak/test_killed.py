"""A thousand tickets, everything killed with SIGKILL in the middle of them, and no lease hurried."""

from pathlib import Path

import pytest

from app.core.db import Database, DatabaseUrls
from tests.delivery.receivers import Mailbox, mail_server, receiver
from tests.ops.killed import Ordeal


@pytest.mark.timeout(3600)
async def test_each_is_there_once_and_told_at_least_once_under_one_id(
    real_urls: DatabaseUrls, real_db: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with mail_server(Mailbox()) as mailbox, receiver() as hook:
        ordeal = Ordeal(real_urls, real_db, tmp_path, mailbox, hook, count=1_000)
        outcome = await ordeal.endure()
    said = f"{len(outcome.mails)} e-mails and {len(outcome.hooks)} webhooks; {outcome.repeats} came again"
    request.config.get_terminal_writer().line(f"\n{said}")
