"""A mail server, a receiver, and the post office between them over a database of the test's own."""

from collections.abc import AsyncIterator

import pytest

from app.core.db import Database
from app.settings import Settings
from tests.delivery.post import Post
from tests.delivery.receivers import Mailbox, Receiver, mail_server, receiver
from tests.support import SECRET, running


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with mail_server(Mailbox()) as found:
        yield found


@pytest.fixture
async def hook() -> AsyncIterator[Receiver]:
    async with receiver() as found:
        yield found


@pytest.fixture
def post_settings(mailbox: Mailbox) -> Settings:
    return Settings(
        secret_key=SECRET,
        smtp_url=f"smtp://127.0.0.1:{mailbox.port}",
        public_url="https://appeals.example.kz/",
        mail_from="otinish@gov.example.kz",
        outbound_allow="127.0.0.1",
        delivery_timeout=2,
        delivery_first_pause=30,
    )


@pytest.fixture
async def post(real_db: Database, post_settings: Settings) -> AsyncIterator[Post]:
    async with running(post_settings, real_db) as client:
        yield Post(real_db, client, post_settings)
