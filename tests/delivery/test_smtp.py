"""How the mail server is spoken to: in clear, with TLS after the greeting or from the start, signed in."""

import datetime
import ipaddress
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.core import clock
from app.delivery.by_email import Mailer
from app.notices.models import Result
from tests.delivery.receivers import Mailbox, mail_server


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of 127.0.0.1, signed by itself; with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def message() -> EmailMessage:
    found = EmailMessage()
    found["Message-ID"], found["From"], found["To"] = "<notice-7@x.kz>", "a@x.kz", "b@x.kz"
    found["Subject"] = "Жолданым тіркелді"
    found.set_content("Мәтін")
    return found


async def test_starttls_and_signing_in(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    box = Mailbox()
    tls: dict[str, Any] = {"tls_context": server_side(certificate), "require_starttls": True}
    async with mail_server(box, authenticator=box.authenticate, auth_required=True, **tls):
        good = await Mailer.of(f"starttls://post%40us:s%2Fcret@127.0.0.1:{box.port}", 2).send(message())
        wrong = await Mailer.of(f"starttls://post%40us:wrong@127.0.0.1:{box.port}", 2).send(message())
        clear = await Mailer.of(f"smtp://127.0.0.1:{box.port}", 2).send(message())
    assert good.delivered, good
    assert (wrong.code, wrong.final) == (535, False), wrong
    assert not clear.delivered
    assert not clear.final
    assert box.ids == ["<notice-7@x.kz>"]
    assert set(box.signed_in) == {b"post@us"}


async def test_tls_from_the_first_byte(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with mail_server(Mailbox(), ssl_context=server_side(certificate)) as box:
        outcome = await Mailer.of(f"smtps://127.0.0.1:{box.port}", 2).send(message())
    assert outcome.delivered, outcome
    assert box.messages[0]["Subject"] == "Жолданым тіркелді"


async def test_a_server_that_nobody_vouches_for_gets_nothing(certificate: Path) -> None:
    async with mail_server(Mailbox(), tls_context=server_side(certificate)) as box:
        outcome = await Mailer.of(f"starttls://127.0.0.1:{box.port}", 2).send(message())
    assert (outcome.result, outcome.final) == (Result.UNREACHABLE, False)
    assert not box.messages


async def test_a_server_without_tls_gets_nothing_that_must_be_secret() -> None:
    async with mail_server(Mailbox()) as box:
        outcome = await Mailer.of(f"starttls://127.0.0.1:{box.port}", 2).send(message())
    assert not outcome.delivered
    assert not outcome.final
    assert not box.messages
