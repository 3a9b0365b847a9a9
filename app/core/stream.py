"""Bodies that a route reads itself: one JSON value, or many items read as they come.

Many items are a JSON array, or NDJSON: one JSON value a line. No more is held than the item that is being
read, and what is too long is passed over without being held. A line that is no JSON spoils itself alone;
an array that is no JSON is refused as a whole, for nobody knows where its elements end.
"""

import codecs
import re
from collections.abc import AsyncIterator, Iterator
from typing import Protocol

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

from app.core.errors import Invalid, Malformed, UnsupportedMedia

MOST_ITEMS = 1_000
LONGEST_ITEM = 1_048_576
NDJSON = "application/x-ndjson"
_LINES = frozenset({NDJSON, "application/ndjson", "application/jsonl", "application/x-jsonlines"})
# So deep and of so many signs is nothing that we read; to look at each would take long.
_DEEPEST = 64
_MOST_SIGNS = 10_000

_MARK = re.compile(rb'["\[\]{},]')
_REST_OF_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_BLANK_LINES = re.compile(rb"\n[ \t\r\n]*\n")
_BLANK = b" \t\r\n"
# How a JSON value that is no array begins.
_OTHER_VALUE = b'{"-0123456789tfn'

Item = bytes | None
"""One item as it was sent; None in the place of one that is too long."""


class WrongEncoding(Malformed):
    """The body is not UTF-8."""

    code = "wrong_encoding"


async def one(request: Request) -> bytes:
    """The body of a route that takes one JSON value. Raises UnsupportedMedia, WrongEncoding."""
    return value(await raw(request))


def value(body: bytes) -> bytes:
    """What of a body is the JSON value: all but the mark that some put before it."""
    return body.removeprefix(codecs.BOM_UTF8)


async def raw(request: Request) -> bytes:
    """As `one`, with every byte that was sent."""
    if not _is_json(_media_type(request)):
        raise UnsupportedMedia(expected="application/json")
    body = b"".join([data async for data in received(request)])
    try:
        body.decode()
    except UnicodeDecodeError:
        raise WrongEncoding from None
    return body


async def many(request: Request, most: int = MOST_ITEMS) -> AsyncIterator[Item]:
    """The items of a body, in order. Raises UnsupportedMedia, WrongEncoding, Malformed, and Invalid once
    there are more than `most`; then nothing after is read."""
    found = 0
    async for item in _items(request, _splitter(_media_type(request))):
        found += 1
        if found > most:
            raise Invalid.of("body", "too_long", max_length=most)
        yield item


async def _items(request: Request, splitter: "_Splitter") -> AsyncIterator[Item]:
    async for text in _utf8(request):
        for item in splitter.feed(text):
            yield item
    for item in splitter.end():
        yield item


def is_lines(request: Request) -> bool:
    """Whether the body is NDJSON."""
    return _media_type(request) in _LINES


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_json(media: str) -> bool:
    return media == "application/json" or media.endswith("+json")


async def _utf8(request: Request) -> AsyncIterator[bytes]:
    """The body piece by piece, each whole letters, without the mark that some put before the first."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        async for data in received(request):
            yield decoder.decode(data).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeDecodeError:
        raise WrongEncoding from None


async def received(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes."""
    try:
        async for data in request.stream():
            yield data
    except ClientDisconnect:  # a line that broke: nobody is there to be told, and nothing was refused
        raise HTTPException(400) from None


class _Splitter(Protocol):
    def feed(self, data: bytes) -> Iterator[Item]: ...
    def end(self) -> Iterator[Item]: ...


def _splitter(media: str) -> _Splitter:
    if media in _LINES:
        return Lines()
    if _is_json(media):
        return Elements()
    raise UnsupportedMedia(expected=f"application/json, {NDJSON}")


class Lines:
    """The lines of NDJSON that are not blank."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._too_long = False

    def feed(self, data: bytes) -> Iterator[Item]:
        *ended, rest = _BLANK_LINES.sub(b"\n", data).split(b"\n")
        for line in ended:
            self._hold(line)
            yield from self.end()
        self._hold(rest)

    def end(self) -> Iterator[Item]:
        line, too_long = bytes(self._held).strip(_BLANK), self._too_long
        self._held.clear()
        self._too_long = False
        if too_long or line:
            yield None if too_long else line

    def _hold(self, data: bytes) -> None:
        if self._too_long or len(self._held) + len(data) > LONGEST_ITEM:
            self._held.clear()
            self._too_long = True
        else:
            self._held += data


class Elements:
    """The elements of a JSON array. Only strings and brackets are looked at: where an element ends is known
    without reading it, and each letter is looked at once, however small the pieces are that it comes in."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._seen = 0  # of what is held
        self._depth = 0
        self._signs = 0
        self._in_string = False
        self._too_long = False
        self._any = False
        self._closed = False

    def feed(self, data: bytes) -> Iterator[Item]:
        """Raises Malformed, or Invalid for a JSON value that is no array."""
        self._held += data
        while (mark := self._next_mark()) is not None:
            yield from self._at(mark)
        if self._depth == 0:
            self._check_blank()
        elif self._too_long or self._overlong():
            self._too_long = True
            self._drop(self._seen)

    def end(self) -> Iterator[Item]:
        if not self._closed:
            raise Malformed
        return iter(())

    def _next_mark(self) -> bytes | None:
        """The next sign outside of strings, with `_seen` behind it; None when more has to come first."""
        while True:
            if self._in_string:
                end = _REST_OF_STRING.match(self._held, self._seen).end()  # type: ignore[union-attr]
                self._seen = end
                if self._held[end : end + 1] != b'"':  # it goes on, perhaps after half an escape
                    return None
                self._in_string = False
                self._seen += 1
            found = _MARK.search(self._held, self._seen)
            if found is None:
                self._seen = len(self._held)
                return None
            self._seen = found.end()
            self._signs += 1
            if self._signs > _MOST_SIGNS:
                raise Malformed
            if found[0] != b'"':
                return bytes(found[0])
            if self._depth == 0:
                self._check_blank()
            self._in_string = True

    def _at(self, mark: bytes) -> Iterator[Item]:
        if self._depth == 0:
            self._open(mark)
        elif mark in b"[{":
            self._depth += 1
            if self._depth > _DEEPEST:
                raise Malformed
        elif mark == b",":
            if self._depth == 1:
                yield self._element()
        elif self._depth == 1:
            yield from self._close(mark)
        else:
            self._depth -= 1

    def _open(self, mark: bytes) -> None:
        if mark != b"[" or self._closed or self._held[: self._seen - 1].strip(_BLANK):
            self._check_blank()
        self._drop(self._seen)
        self._depth = 1

    def _close(self, mark: bytes) -> Iterator[Item]:
        if mark != b"]":
            raise Malformed
        if self._any or self._too_long or self._held[: self._seen - 1].strip(_BLANK):
            yield self._element()
        self._drop(self._seen)
        self._depth, self._closed = 0, True

    def _element(self) -> Item:
        element = bytes(self._held[: self._seen - 1]).strip(_BLANK)
        too_long = self._too_long or len(element) > LONGEST_ITEM
        if not element and not too_long:
            raise Malformed
        self._drop(self._seen)
        self._any, self._too_long, self._signs = True, False, 0
        return None if too_long else element

    def _overlong(self) -> bool:
        if len(self._held) <= LONGEST_ITEM:
            return False
        self._drop(len(self._held) - len(self._held.lstrip(_BLANK)))
        return len(self._held) > LONGEST_ITEM

    def _drop(self, count: int) -> None:
        del self._held[:count]
        self._seen = max(self._seen - count, 0)

    def _check_blank(self) -> None:
        """Around an array there is nothing. Raises for what is there."""
        held = self._held.strip(_BLANK)
        if not held:
            self._drop(len(self._held))
        elif not self._closed and held[:1] in _OTHER_VALUE:
            raise Invalid.of("body", "list_type")
        else:
            raise Malformed
