"""A real IMAP server for the run, and a post office over a database of the test's own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.core.db import Database
from app.settings import Settings
from tests.delivery.receivers import Mailbox, mail_server
from tests.intake.mail.dovecot import Dovecot, dovecot, missing
from tests.intake.mail.office import MailOffice
from tests.support import SECRET, running


@pytest.fixture(scope="session")
def server() -> Iterator[Dovecot]:
    if reason := missing():
        pytest.skip(reason)
    with dovecot() as found:
        yield found


@pytest.fixture(autouse=True)
def _trusted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's certificate is believed, as an own authority's is in `SSL_CERT_FILE`."""
    if "server" in request.fixturenames:
        found: Dovecot = request.getfixturevalue("server")
        monkeypatch.setenv("SSL_CERT_FILE", str(found.certificate))


@pytest.fixture
async def outbox() -> AsyncIterator[Mailbox]:
    """What our notices are sent to: a real SMTP server."""
    async with mail_server(Mailbox()) as found:
        yield found


@pytest.fixture
def mail_settings(outbox: Mailbox, tmp_path: Path) -> Settings:
    return Settings(
        secret_key=SECRET,
        data_dir=tmp_path,
        smtp_url=f"smtp://127.0.0.1:{outbox.port}",
        public_url="https://appeals.example.kz/",
        mail_from="otinish@gov.example.kz",
        mail_every=1,
        mail_timeout=5,
        mail_largest=1_000_000,
    )


@pytest.fixture
async def office(
    db: Database, server: Dovecot, mail_settings: Settings, outbox: Mailbox
) -> AsyncIterator[MailOffice]:
    async with running(mail_settings, db) as client:
        yield MailOffice(db, client, mail_settings, server, outbox)


@pytest.fixture
async def real_office(
    real_db: Database, server: Dovecot, mail_settings: Settings, outbox: Mailbox
) -> AsyncIterator[MailOffice]:
    """With a pool of connections and real commits."""
    async with running(mail_settings, real_db) as client:
        yield MailOffice(real_db, client, mail_settings, server, outbox)
