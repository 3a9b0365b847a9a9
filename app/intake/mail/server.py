"""A mailbox on its IMAP server. IMAPClient speaks, in a thread of the visit's own.

Only the address that was looked at is connected to (app/core/outbound), TLS is checked against the name, and
passwords go in clear only to this machine and to hosts that `LS_OUTBOUND_ALLOW` names. Nothing is marked as
read by looking at it, and of an e-mail no more is fetched at a time than a piece.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from app.core import outbound
from app.core.outbound import AddressRefused, Allowed
from app.intake.mail.models import Marking

PORTS = {"imaps": 993, "starttls": 143, "imap": 143}
_PORT = re.compile(r"(?:[^:\[\]]+|\[[0-9a-fA-F:.]+\])(?::[1-9][0-9]{0,4})?")
PIECE = 1_000_000
# An answer to SEARCH is one line, which the library takes up to a million characters.
WIDEST = 50_000
LONGEST_STEP = 10
"""A step may take so many times what a single answer may."""


class Mark(StrEnum):
    """What is said on the server of an e-mail: by the folder it goes to, or by a keyword of this name."""

    REGISTERED = "Registered"
    REFUSED = "Refused"
    AUTOMATIC = "Automatic"


P = ParamSpec("P")
T = TypeVar("T")


class MailProblem(Exception):
    """The mailbox cannot be read now. `code`: why, as it is kept and shown."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Access:
    """How a mailbox is reached. `folders`: where to what is dealt with is moved."""

    url: str
    username: str
    password: str
    folder: str
    marking: Marking
    folders: Mapping[Mark, str]

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or PORTS[parts.scheme]

    @property
    def scheme(self) -> str:
        return urlsplit(self.url).scheme


@dataclass(frozen=True, slots=True)
class State:
    uid_validity: int
    uid_next: int
    messages: int
    writable: bool


@dataclass(frozen=True, slots=True)
class Head:
    """What the server says of an e-mail before it is fetched. `received_at`: INTERNALDATE."""

    uid: int
    size: int
    received_at: datetime | None


def check_url(url: str) -> None:
    """Raises ValueError with what is wrong; it may be said to whoever typed it."""
    parts = urlsplit(url)
    if (
        parts.scheme not in PORTS
        or not parts.hostname
        or not _PORT.fullmatch(parts.netloc.rpartition("@")[2])
    ):
        raise ValueError("imaps://host, starttls://host or imap://host, with :port where it is another one")
    if parts.username is not None or parts.password is not None or parts.path not in ("", "/"):
        raise ValueError("no user, password or path in the address")


async def addresses(access: Access, allowed: Allowed) -> list[str]:
    """Those that may be connected to. Raises MailProblem."""
    host, port = access.host, access.port
    if host in ("localhost", "127.0.0.1", "::1"):
        allowed = Allowed(allowed.entries | {(host, port)})
    if access.scheme == "imap" and not allowed.has(host, port):
        raise MailProblem("clear_text")
    try:
        return await outbound.resolve(host, port, allowed)
    except AddressRefused:
        raise MailProblem("address") from None
    except TimeoutError:
        raise MailProblem("timeout") from None
    except OSError:
        raise MailProblem("unreachable") from None


class _Named(ssl.SSLContext):
    """Checks the certificate against the name that was configured: what is connected to is an address."""

    name: str

    def wrap_socket(self, sock: socket.socket, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        kwargs["server_hostname"] = self.name
        return super().wrap_socket(sock, *args, **kwargs)


def _context(name: str) -> ssl.SSLContext:
    context = _Named(ssl.PROTOCOL_TLS_CLIENT)
    context.name = name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    return context


class Box:
    """One connection. Its calls are made one after the other and each ends within a time.

    Raises MailProblem; after that nothing but `close` may be called.
    """

    def __init__(self, access: Access, timeout: float) -> None:
        self._access, self._timeout = access, timeout
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="mailbox")
        self._client: IMAPClient | None = None
        self._lost = False
        self._folders: set[str] = set()

    async def open(self, address: str) -> State:
        return await self._step(self._open, address)

    async def uids(self, first: int, last: int, since: date | None) -> list[int]:
        """Of the e-mails from `first` to `last`, those that are not marked; `since`: that came since then."""
        return await self._step(self._uids, first, last, since)

    async def heads(self, uids: Sequence[int]) -> list[Head]:
        return await self._step(self._heads, uids)

    async def fetch(self, uid: int, most: int) -> bytes:
        """The e-mail, of a longer one its first `most` bytes, of one that is gone nothing."""
        return await self._step(self._fetch, uid, most)

    async def mark(self, uids: Sequence[int], mark: Mark) -> None:
        """Say on the server what became of them."""
        await self._step(self._mark, uids, mark)

    async def close(self) -> None:
        with suppress(MailProblem):
            await self._step(self._close)
        self._threads.shutdown(wait=False)

    async def _step(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        running = asyncio.get_running_loop().run_in_executor(self._threads, lambda: call(*args, **kwargs))
        try:
            async with asyncio.timeout(LONGEST_STEP * self._timeout):
                return await asyncio.shield(running)
        except BaseException as error:
            self._hang_up()  # the thread wakes up
            with suppress(Exception):
                await asyncio.wait([running], timeout=1)
            problem = _problem(error)
            if problem is None:
                raise
            raise problem from error

    def _hang_up(self) -> None:
        self._lost = True
        if self._client is not None:
            with suppress(Exception):
                self._client.socket().shutdown(socket.SHUT_RDWR)

    # In the thread

    @property
    def _imap(self) -> IMAPClient:
        if self._client is None or self._lost:
            raise MailProblem("unreachable")
        return self._client

    def _open(self, address: str) -> State:
        access, context = self._access, _context(self._access.host)
        client = IMAPClient(
            address,
            access.port,
            ssl=access.scheme == "imaps",
            ssl_context=context if access.scheme == "imaps" else None,
            timeout=SocketTimeout(self._timeout, self._timeout),
        )
        self._client = client
        client.normalise_times = False
        if access.scheme == "starttls":
            client.starttls(context)
        _sign_in(client, access)
        try:
            found = client.select_folder(access.folder)
        except IMAPClientError:
            raise MailProblem("folder") from None
        return State(
            found[b"UIDVALIDITY"],
            found.get(b"UIDNEXT") or self._next(),
            found[b"EXISTS"],
            writable=b"READ-ONLY" not in found,
        )

    def _next(self) -> int:
        return int(self._imap.folder_status(self._access.folder, [b"UIDNEXT"])[b"UIDNEXT"])

    def _uids(self, first: int, last: int, since: date | None) -> list[int]:
        criteria: list[Any] = ["UID", f"{first}:{last}", "UNDELETED"]
        if since is not None:
            criteria += ["SINCE", since]
        if self._access.marking is Marking.FLAG:
            for keyword in Mark:
                criteria += ["UNKEYWORD", keyword.value]
        return sorted(uid for uid in self._imap.search(criteria) if first <= uid <= last)

    def _heads(self, uids: Sequence[int]) -> list[Head]:
        found = self._imap.fetch(uids, [b"RFC822.SIZE", b"INTERNALDATE"])
        heads = []
        for uid in uids:
            if said := found.get(uid):
                at = said.get(b"INTERNALDATE")
                received_at = at.astimezone(UTC) if isinstance(at, datetime) and at.tzinfo else None
                heads.append(Head(uid, int(said.get(b"RFC822.SIZE", 0)), received_at))
        return heads

    def _fetch(self, uid: int, most: int) -> bytes:
        found = bytearray()
        while (have := len(found)) < most:
            wanted = min(PIECE, most - have)
            said = self._imap.fetch([uid], [f"BODY.PEEK[]<{have}.{wanted}>"]).get(uid, {})
            piece = said.get(f"BODY[]<{have}>".encode(), b"") or b""
            found += piece[:wanted]
            if len(piece) < wanted:
                break
        return bytes(found)

    def _mark(self, uids: Sequence[int], mark: Mark) -> None:
        imap, folder = self._imap, self._access.folders[mark]
        if self._access.marking is Marking.FLAG:
            imap.add_flags(uids, [b"\\Seen", mark.value.encode()], silent=True)
            return
        if folder not in self._folders:
            if not imap.folder_exists(folder):
                imap.create_folder(folder)
            self._folders.add(folder)
        if imap.has_capability("MOVE"):
            imap.move(uids, folder)
            return
        imap.copy(uids, folder)
        imap.add_flags(uids, [b"\\Deleted"], silent=True)
        if imap.has_capability("UIDPLUS"):
            imap.uid_expunge(uids)

    def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                client.shutdown() if self._lost else client.logout()


def _sign_in(client: IMAPClient, access: Access) -> None:
    """LOGIN takes ASCII alone; AUTHENTICATE PLAIN any letters."""
    if (access.username + access.password).isascii():
        client.login(access.username, access.password)
    else:
        client.plain_login(access.username, access.password)


def _problem(error: BaseException) -> MailProblem | None:
    """What an error of the library or of the network is to us; None: it is none of theirs."""
    match error:
        case MailProblem():
            return error
        case TimeoutError():
            return MailProblem("timeout")
        case LoginError():
            return MailProblem("login")
        case ssl.SSLError():
            return MailProblem("tls")
        case OSError() | EOFError():
            return MailProblem("unreachable")
        case IMAPClientError():
            return MailProblem("server")
    return None
