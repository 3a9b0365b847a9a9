"""Atom 1.0 and RSS 2.0 as entries. PURE.

No document type, no entities of its own, nothing from elsewhere (defusedxml). What stands before a fault, or
before the place where a long feed was cut, is read all the same.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from app.intake.mail.texts import of_html

_ENTRIES = frozenset({"entry", "item"})
# Of an entry's children those of the formats themselves, and the two that RSS borrows.
_SPACES = frozenset(
    {
        "",
        "http://www.w3.org/2005/Atom",
        "http://purl.org/rss/1.0/",
        "http://purl.org/rss/1.0/modules/content/",
        "http://purl.org/dc/elements/1.1/",
    }
)
_BODIES = ("content", "encoded", "description", "summary")


@dataclass(frozen=True, slots=True)
class Entry:
    """None: it has none. `published`: as RFC 3339 where it can be read, else as it was written."""

    id: str | None
    title: str | None
    text: str | None
    author: str | None
    published: str | None
    link: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """`fault`: it is no feed from some place on. `more`: there are more entries than were asked for."""

    entries: list[Entry]
    fault: bool = False
    more: bool = False


def read(body: bytes, most: int) -> Document:
    """The first `most` entries, in the feed's order."""
    found: list[Entry] = []
    try:
        for element in _elements(body):
            if len(found) == most:
                return Document(found, more=True)
            found.append(_entry(element))
            element.clear()
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        # LookupError: an encoding that there is not; RecursionError: elements nested beyond sense
        return Document(found, fault=True)
    return Document(found)


def _elements(body: bytes) -> Iterator[Element]:
    root: Element | None = None
    for event, element in iterparse(BytesIO(body), events=("start", "end"), forbid_dtd=True):
        if root is None:
            root = element
            if _name(element)[1] not in {"feed", "rss", "RDF"}:
                raise ValueError("no feed")
        elif event == "end" and _name(element)[1] in _ENTRIES:
            yield element
            root.clear()


def _name(element: Element) -> tuple[str, str]:
    space, _, local = str(element.tag).rpartition("}")
    return space.lstrip("{"), local


def _entry(element: Element) -> Entry:
    children: dict[str, Element] = {}
    for child in element:
        space, local = _name(child)
        if space in _SPACES and (local != "link" or child.get("rel", "alternate") == "alternate"):
            children.setdefault(local, child)
    body = next((children[name] for name in _BODIES if name in children), None)
    link = _link(children.get("link"))
    return Entry(
        id=_plain(children.get("id")) or _plain(children.get("guid")) or link,
        title=_line(_text(children.get("title"))),
        text=_text(body),
        author=_author(children),
        published=_published(children),
        link=link,
    )


def _plain(element: Element | None) -> str | None:
    return ("".join(element.itertext()).strip() or None) if element is not None else None


def _text(element: Element | None) -> str | None:
    """Atom says by `type` what it is; RSS writes HTML."""
    if element is None:
        return None
    space, _ = _name(element)
    written = element.get("type") or ("text" if space.endswith("Atom") else "html")
    if written == "text":
        return _plain(element)
    if written == "xhtml":
        return of_html(_markup(element)) or None
    return of_html("".join(element.itertext())) or None


def _markup(element: Element) -> str:
    """XHTML's elements with their names alone, as HTML."""
    inner = "".join(f"{_markup(child)}{_escaped(child.tail)}" for child in element)
    name = _name(element)[1]
    return f"<{name}>{_escaped(element.text)}{inner}</{name}>"


def _escaped(text: str | None) -> str:
    return (text or "").replace("&", "&amp;").replace("<", "&lt;")


def _line(text: str | None) -> str | None:
    return re.sub(r"\s+", " ", text)[:300].strip() or None if text else None


def _author(children: dict[str, Any]) -> str | None:
    author = children.get("author")
    if author is not None:
        named = next((child for child in author if _name(child)[1] == "name"), None)
        return _line(_plain(named if named is not None else author))
    return _line(_plain(children.get("creator")))


def _link(element: Element | None) -> str | None:
    return (element.get("href") or _plain(element)) if element is not None else None


def _published(children: dict[str, Any]) -> str | None:
    """Not when it was changed last: that moves."""
    dates = (_plain(children.get(name)) for name in ("published", "pubDate", "date"))
    written = next(filter(None, dates), None)
    if written is None:
        return None
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(written)
        except (ValueError, TypeError, OverflowError):
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
    return written
