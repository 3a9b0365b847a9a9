"""Words shown to those who need not know whose they are: what looks like a person's own data is left out."""

import re
from collections.abc import Iterable

import asyncpg

from app.core.cipher import cipher

MASK = "…"
_EMAIL = re.compile(r"[^\s@,;<>()]+@[\w-]+(?:\.[\w-]+)+")
# Identity numbers and telephones: nine digits or more, however they are grouped.
_LONG_NUMBER = re.compile(r"\+?\d(?:[ ()\-]{0,2}\d){8,}")
_SHORTEST_NAME = 3
_PERSONAL = ("name", "iin", "bin", "address", "phone", "email")


def own(row: asyncpg.Record) -> list[str]:
    """What the applicant said of themselves; a name also word by word."""
    lock = cipher()
    found = {name: lock.decrypt_optional(row[name], f"applicant.{name}") for name in _PERSONAL}
    words = (found["name"] or "").split()
    return [value for value in (*found.values(), *words) if value]


def masked(text: str | None, personal: Iterable[str]) -> str | None:
    """The text without e-mail addresses, long numbers, and what the applicant said of themselves."""
    if text is None:
        return None
    if "@" in text:  # looked for at each letter, an address costs more than all the rest
        text = _EMAIL.sub(MASK, text)
    text = _LONG_NUMBER.sub(MASK, text)
    for value in sorted(set(personal), key=len, reverse=True):
        if len(value) >= _SHORTEST_NAME:
            text = re.sub(rf"(?<!\w){re.escape(value)}\w*", MASK, text, flags=re.IGNORECASE)
    return text
