"""Forms with files (`multipart/form-data`), part by part as they come; nothing is held but a piece.

Works without JavaScript on the other side: it is what a plain HTML form sends.
"""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import Message

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.core.errors import Malformed, UnsupportedMedia
from app.core.stream import received

FORM = "multipart/form-data"
MOST_PARTS = 100
LONGEST_FIELD = 262_144


@dataclass
class Part:
    """A field or a file. `filename` is None for a field. Iterated once, before the next part."""

    name: str
    filename: str | None
    type: str
    _form: "_Form" = field(repr=False)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._form.content(self)

    async def text(self, most: int = LONGEST_FIELD) -> str:
        """A field's value. Raises Malformed when it is longer, or not UTF-8."""
        held = bytearray()
        async for data in self:
            held += data
            if len(held) > most:
                raise Malformed
        try:
            return held.decode()
        except UnicodeDecodeError:
            raise Malformed from None


def is_form(request: Request) -> bool:
    return _media(request)[0] == FORM.encode()


async def parts(request: Request) -> AsyncIterator[Part]:
    """The parts in order. What is not read of one is passed over. Raises UnsupportedMedia, Malformed."""
    media, options = _media(request)
    boundary = options.get(b"boundary", b"")
    if media != FORM.encode():
        raise UnsupportedMedia(expected=FORM)
    if not 1 <= len(boundary) <= 70:
        raise Malformed
    form = _Form(request, boundary)
    count = 0
    while (part := await form.next()) is not None:
        count += 1
        if count > MOST_PARTS:
            raise Malformed
        yield part


def _media(request: Request) -> tuple[bytes, dict[bytes, bytes]]:
    return parse_options_header(request.headers.get("content-type", ""))


class _Form:
    """Feeds the parser as its reader asks, and keeps what the parser found meanwhile, in order."""

    def __init__(self, request: Request, boundary: bytes) -> None:
        self._body = received(request)
        self._found: deque[Part | bytes | None] = deque()  # None: a part ends
        self._header = [bytearray(), bytearray()]
        self._headers = Message()
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": lambda data, start, end: self._found.append(data[start:end]),
                "on_part_end": lambda: self._found.append(None),
                "on_end": self._end,
            },
        )

    async def next(self) -> Part | None:
        while True:
            found = await self._take()
            if isinstance(found, Part) or (found is None and self._ended and not self._found):
                return found

    async def content(self, part: Part) -> AsyncIterator[bytes]:
        while isinstance(found := await self._take(), bytes):
            yield found

    async def _take(self) -> Part | bytes | None:
        while not self._found:
            if self._ended:
                return None
            await self._feed()
        return self._found.popleft()

    async def _feed(self) -> None:
        data = await anext(self._body, None)
        if data is None:  # it broke off before its last boundary
            raise Malformed
        try:
            self._parser.write(data)
        except FormParserError:
            raise Malformed from None

    # what the parser tells

    def _begin(self) -> None:
        self._headers = Message()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0] += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1] += data[start:end]

    def _header_end(self) -> None:
        name, value = (bytes(one).decode("utf-8", "replace") for one in self._header)
        self._headers[name] = value
        self._header = [bytearray(), bytearray()]

    def _headers_finished(self) -> None:
        disposition = self._headers.get("content-disposition", "")
        _, options = parse_options_header(disposition.encode())
        name, filename = options.get(b"name"), options.get(b"filename")
        self._found.append(
            Part(
                name=(name or b"").decode("utf-8", "replace"),
                filename=None if filename is None else filename.decode("utf-8", "replace"),
                type=self._headers.get("content-type", ""),
                _form=self,
            )
        )

    def _end(self) -> None:
        self._ended = True
