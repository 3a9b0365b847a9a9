"""A form as it was posted: URL-encoded or multipart, small, in UTF-8. What is not known is passed over."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from app.core.bounds import DEFAULT_BODY_LIMIT
from app.core.errors import TooLarge, UnsupportedMedia
from app.intake.open311.errors import FormMalformed

ENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
# With pictures, which `three` and others post; of text alone DEFAULT_BODY_LIMIT.
LARGEST = 10 * DEFAULT_BODY_LIMIT
MOST_FIELDS, MOST_FILES, LARGEST_FIELD = 200, 10, 100_000
# These a client may put into the address of a POST instead.
IN_ADDRESS = ("api_key", "jurisdiction_id")


@dataclass(frozen=True, slots=True)
class Posted:
    """`fields` in the order sent, the empty ones left out; `files`: how many came with it."""

    fields: tuple[tuple[str, str], ...]
    files: int = 0

    def one(self, name: str) -> str | None:
        return next((value for key, value in self.fields if key == name), None)

    def many(self, *names: str) -> list[str]:
        return [value for key, value in self.fields if key in names]


async def posted(request: Request) -> Posted:
    """Raises FormMalformed, UnsupportedMedia or TooLarge."""
    media = request.headers.get("content-type", ENCODED).split(";")[0].strip().lower() or ENCODED
    if media not in (ENCODED, MULTIPART):
        raise UnsupportedMedia(expected=ENCODED)
    pairs, files = await (_encoded(request) if media == ENCODED else _multipart(request))
    query = [(name, value) for name in IN_ADDRESS if (value := request.query_params.get(name))]
    return Posted(tuple((name, value) for name, value in [*pairs, *query] if value.strip()), files)


Form = Annotated[Posted, Depends(posted)]


async def _encoded(request: Request) -> tuple[list[tuple[str, str]], int]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > DEFAULT_BODY_LIMIT:
            raise TooLarge(limit=DEFAULT_BODY_LIMIT)
    try:
        text = body.decode()
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS), 0
    except ValueError:  # not UTF-8, or too many fields
        raise FormMalformed from None


async def _multipart(request: Request) -> tuple[list[tuple[str, str]], int]:
    pairs, files = [], 0
    async with request.form(
        max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=LARGEST_FIELD
    ) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files += bool(value.size)
            else:
                pairs.append((name, value))
    return pairs, files
