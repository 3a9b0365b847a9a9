"""Bytes to text, whatever their label says (PURE).

Labels are often wrong: mail programs and gateways of this region mix UTF-8, windows-1251 and KOI8-R. What is
good UTF-8 and not plain ASCII is UTF-8, for text of another encoding almost never is by chance. Of the
Cyrillic one-byte encodings the right one makes mostly small letters, for in the others capitals and small
letters change places or become signs.
"""

import codecs
import re
import unicodedata

_CYRILLIC = ("windows-1251", "kz1048", "koi8-r")
_SMALL = re.compile("[а-яёәғқңөұүһі]")
_ODD = re.compile("[А-ЯЁӘҒҚҢӨҰҮҺІ\u0080-\u00bf\u2500-\u259f\u0402-\u040f\u0452-\u045f]")
_UNSURE = frozenset(
    {"", "ascii", "iso8859-1", "iso8859-15", "cp1252", "iso8859-5", *_CYRILLIC, "cp1251", "koi8-u"}
)
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def decoded(raw: bytes, label: str | None) -> str:
    """Never fails: what no encoding explains is marked as U+FFFD."""
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    codec = _codec(label)
    if not codec.startswith(("utf-16", "utf-32", "iso2022")):
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            pass
    if codec in _UNSURE:
        return _likeliest(raw, codec)
    try:
        return raw.decode(codec)
    except (UnicodeDecodeError, ValueError):
        return (
            _likeliest(raw, "") if codec != "utf-8" or _is_one_byte(raw) else raw.decode("utf-8", "replace")
        )


def _is_one_byte(raw: bytes) -> bool:
    """Whether most of what is no ASCII is no UTF-8 either, and not just a sign that was cut off."""
    return raw.decode("utf-8", "ignore").encode().count(b"\xd0") * 4 < sum(byte > 0x7F for byte in raw)


def _codec(label: str | None) -> str:
    """Python's name of a text encoding; empty for none that is known."""
    try:
        found = codecs.lookup((label or "").strip().strip("\"'")[:40])
        return found.name if found._is_text_encoding else ""
    except (LookupError, ValueError):
        return ""


def _likeliest(raw: bytes, label: str) -> str:
    """Of the candidates the one with most small letters; its own label where that is as good."""
    names = [label, *(name for name in _CYRILLIC if name != label)] if label else list(_CYRILLIC)
    if label in ("iso8859-1", "iso8859-15", "cp1252", "ascii"):
        names = [*_CYRILLIC, *((label,) if label != "ascii" else ())]
    texts = [raw.decode(name, "replace") for name in names]
    return max(texts, key=_score)


def _score(text: str) -> int:
    sample = text[:20_000]
    return 2 * len(_SMALL.findall(sample)) - len(_ODD.findall(sample)) - 5 * sample.count("\ufffd")


def plain(text: str) -> str:
    """As it can be stored and shown safely: NFC, one kind of line end, no control characters, and none that
    turn the direction of writing."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _CONTROL.sub("", _DIRECTION.sub("", text))
    return text.encode("utf-8", "replace").decode().replace("\u00a0", " ")


def one_line(text: str, most: int = 300) -> str:
    return " ".join(plain(text).split())[:most].rstrip()
