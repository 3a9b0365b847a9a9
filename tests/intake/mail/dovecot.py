"""A real IMAP server: Debian's dovecot on loopback, with a configuration and a folder of its own.

Every user exists, with one password. TLS has a certificate for `localhost` that only the test trusts.
"""

import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.delivery.receivers import free_port

PASSWORD = "кілт/құпия-1"
PATIENCE = 20

_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
auth_failure_delay = 0
mail_fsync = never
mail_max_userip_connections = 100
default_process_limit = 200
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


def missing() -> str | None:
    """Why there is no such server here, in words."""
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        return "no IMAP server here: apt-get install dovecot-imapd"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return None if said.startswith("2.3") else f"written for dovecot 2.3, found {said.strip()}"


@dataclass
class Dovecot:
    folder: Path
    plain: int = field(default_factory=free_port)
    tls: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def certificate(self) -> Path:
        return self.folder / "cert.pem"

    def start(self) -> None:
        program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
        assert program
        command = [program, "-F", "-c", str(self.folder / "dovecot.conf")]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + PATIENCE
        while not self._answers():
            assert time.monotonic() < end, (self.folder / "dovecot.log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(PATIENCE)
            self.process = None

    def kill(self) -> None:
        """All its processes at once."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.plain), 1) as probe:
                return probe.recv(4) == b"* OK"
        except OSError:
            return False

    def imap(self, user: str) -> imaplib.IMAP4:
        found = imaplib.IMAP4("127.0.0.1", self.plain, timeout=PATIENCE)
        found.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
        return found

    def deliver(self, user: str, *raws: bytes, at: datetime | None = None, folder: str = "INBOX") -> None:
        """Put them into the mailbox, with `at` as the day of receipt."""
        with self.imap(user) as imap:
            when = imaplib.Time2Internaldate(at or datetime.now(UTC))
            for raw in raws:
                assert imap.append(folder, None, when, raw)[0] == "OK"

    def holds(self, user: str, folder: str = "INBOX", flags: str = "") -> int:
        """How many e-mails lie in a folder; 0 where there is none."""
        with self.imap(user) as imap:
            if imap.select(folder, readonly=True)[0] != "OK":
                return 0
            return len(imap.search(None, flags or "ALL")[1][0].split())


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    folder = Path(tempfile.mkdtemp(prefix="ls-imap-"))
    folder.chmod(0o755)
    server = Dovecot(folder)
    try:
        _configure(server)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _configure(server: Dovecot) -> None:
    folder = server.folder
    internal, login, owner = _users()
    for name in ("mail", "state"):
        (folder / name).mkdir(mode=0o755)
    if os.geteuid() == 0:
        os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
    _certify(folder)
    text = _CONFIG.format(
        folder=folder,
        internal=internal.pw_name,
        login=login.pw_name,
        group=grp.getgrgid(internal.pw_gid).gr_name,
        password=PASSWORD,
        uid=owner.pw_uid,
        gid=owner.pw_gid,
        plain=server.plain,
        tls=server.tls,
    )
    (folder / "dovecot.conf").write_text(text, encoding="utf-8")


def _users() -> Sequence[pwd.struct_passwd]:
    """Of its own processes, of those that speak with strangers, of the mail; not root: all oneself."""
    if os.geteuid() == 0:
        return [pwd.getpwnam(name) for name in ("dovecot", "dovenull", "nobody")]
    return [pwd.getpwuid(os.geteuid())] * 3


def _certify(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(pem)
