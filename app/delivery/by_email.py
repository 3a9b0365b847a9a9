"""E-mail by SMTP. A server that is away or says 4xx is tried again, not a recipient refused for good."""

import asyncio
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib
from aiosmtplib import (
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPTimeoutError,
)

from app.delivery.outcome import Outcome
from app.notices.models import Result

PORTS = {"smtp": 25, "starttls": 587, "smtps": 465}
LONGEST = 3
"""A whole conversation may take so many times what each answer may."""
_PERMANENT = 500


@dataclass(frozen=True, slots=True)
class Mailer:
    """`smtp://` speaks in clear (inside one's own network), `starttls://` insists on TLS after the greeting,
    `smtps://` begins with it. `user:password@` signs in."""

    url: SplitResult
    timeout: float

    @classmethod
    def of(cls, url: str, timeout: float) -> Self:
        return cls(urlsplit(url), timeout)

    async def send(self, message: EmailMessage) -> Outcome:
        try:
            async with asyncio.timeout(LONGEST * self.timeout):
                await self._send(message)
        except SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            return _refused(min(codes, default=0), "recipient", final=all(it >= _PERMANENT for it in codes))
        except SMTPDataError as error:
            return _refused(error.code, "message", final=error.code >= _PERMANENT)
        except (SMTPTimeoutError, TimeoutError):
            return Outcome(Result.TIMEOUT)
        except SMTPNotSupported:
            return Outcome(Result.REFUSED, detail="not_supported")
        except SMTPResponseException as error:
            return _refused(error.code, "server", final=False)
        except (SMTPConnectError, SMTPException, OSError) as error:
            return Outcome(Result.UNREACHABLE, detail=type(error).__name__)
        return Outcome(Result.DELIVERED, 250)

    async def _send(self, message: EmailMessage) -> None:
        url = self.url
        encrypted = url.scheme != "smtp"
        await aiosmtplib.send(
            message.as_bytes(),  # by the message's own policy; the library has another
            sender=message["From"].addresses[0].addr_spec,
            recipients=[to.addr_spec for to in message["To"].addresses],
            hostname=url.hostname,
            port=url.port or PORTS[url.scheme],
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            use_tls=url.scheme == "smtps",
            start_tls=url.scheme == "starttls",
            tls_context=ssl.create_default_context() if encrypted else None,
            timeout=self.timeout,
        )


def _refused(code: int, what: str, *, final: bool) -> Outcome:
    return Outcome(Result.REFUSED, code, what, final=final)
