"""Web, worker and parent killed in the middle of a day's tickets; a thousand of them in tests/soak."""

from pathlib import Path

import pytest

from app.core.db import Database, DatabaseUrls
from tests.delivery.receivers import Mailbox, mail_server, receiver
from tests.ops.killed import Ordeal


@pytest.mark.timeout(300)
async def test_each_is_there_once_and_told_at_least_once_under_one_id(
    real_urls: DatabaseUrls, real_db: Database, tmp_path: Path
) -> None:
    async with mail_server(Mailbox()) as mailbox, receiver() as hook:
        await Ordeal(real_urls, real_db, tmp_path, mailbox, hook, count=150).endure()
