"""The Message-ID of a notice that goes out by e-mail: what comes back is recognised by it.

It follows from the notice, so that a repeat has the same one, and ends in a tag that only we can make: who
names it has had our e-mail before them.
"""

import base64
import hmac
import re

from app.core.cipher import cipher

_OURS = re.compile(r"notice-([1-9][0-9]{0,18})\.([a-z2-7]{16})@[^@\s]+")


def message_id(notice_id: int, domain: str) -> str:
    """Without its brackets."""
    return f"notice-{notice_id}.{_tag(notice_id)}@{domain}"


def notice_of(message_id: str) -> int | None:
    """The id of the notice, if this is a Message-ID of ours. Its domain may have changed meanwhile."""
    found = _OURS.fullmatch(message_id)
    if found is None or not hmac.compare_digest(found[2], _tag(int(found[1]))):
        return None
    return int(found[1]) if int(found[1]) < 2**63 else None


def _tag(notice_id: int) -> str:
    digest = hmac.digest(cipher().lasting("notice message-id"), str(notice_id).encode(), "sha256")
    return base64.b32encode(digest[:10]).decode().lower()
