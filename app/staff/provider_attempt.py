"""A sign-in through the provider that was begun in a browser, and who came back from there.

What was begun is in a sealed cookie of the browser that began it, and good once and for ten minutes.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from app.core import clock
from app.core.cipher import cipher
from app.staff.errors import ProviderBroken

SECONDS = 600
_PURPOSE = "provider.attempt"


@dataclass(frozen=True, slots=True)
class Identity:
    """`name`: what the provider calls the person, as an administrator prepared it; None when it says nothing
    or has not proved it. `second_factor`: the provider says that there was one."""

    issuer: str
    subject: str
    name: str | None
    second_factor: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that was begun in this browser. `there`: where the person wanted to go."""

    state: str
    nonce: str
    verifier: str
    there: str
    until: int

    def sealed(self) -> str:
        said = json.dumps([self.state, self.nonce, self.verifier, self.there, self.until])
        return urlsafe_b64encode(cipher().encrypt(said, _PURPOSE)).decode()

    @classmethod
    def opened(cls, cookie: str) -> Self:
        """Raises ProviderBroken for what we did not begin, and once it is too old."""
        try:
            found = cls(*json.loads(cipher().decrypt(urlsafe_b64decode(cookie), _PURPOSE)))
        except Exception:  # whatever a stranger's bytes are, they are not ours
            raise ProviderBroken from None
        if found.until < clock.now().timestamp():
            raise ProviderBroken
        return found


class SignInProvider(Protocol):
    """What the pages know of `provider.Provider`, which is imported only where one is configured."""

    title: str

    async def begin(self, callback: str, there: str) -> tuple[str, Attempt]: ...

    async def complete(self, attempt: Attempt, came: Mapping[str, str], callback: str) -> Identity: ...
