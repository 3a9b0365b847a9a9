"""A sheet as a download, and the routes that give it in each form.

A call's twin is a function that gives a sheet, and a line above it:

    @as_file(router, "/api/v1/compliance/topics", "By topic")
    async def topics(caller: Overseer, …, db: Db) -> Sheet: …

makes `/api/v1/compliance/topics.csv` and `.xlsx`. It takes `Db` and no connection of the request's: a long
list is read while it is sent, in a session of its own.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from enum import StrEnum
from tempfile import TemporaryDirectory
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from starlette.types import Send

from app.core.edge import LONG, Lang
from app.core.errors import AppError, Forbidden, Invalid, NotFound, problems
from app.core.i18n import Language
from app.oversight.exports import csv_file
from app.oversight.exports.sheet import Sheet

Twin = TypeVar("Twin", bound=Callable[..., Awaitable[Sheet]])
PIECE = 256 * 1024
PATIENCE = 60
"""Seconds in which a reader has to take a piece: who stops reading does not hold a session for ever."""


class Form(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"

    @property
    def media(self) -> str:
        return {
            Form.CSV: "text/csv",
            Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }[self]


class Download(StreamingResponse):
    """Broken off, whether by us or by the reader, it closes what it reads from."""

    async def stream_response(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        await send(start)
        body: Any = self.body_iterator
        async with aclosing(body):
            async for piece in body:
                async with asyncio.timeout(PATIENCE):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def download(sheet: Sheet, form: Form, lang: Language) -> Download:
    """The file. What fails before its first piece is raised here, as an error to the caller."""
    pieces = csv_file.pieces(sheet) if form is Form.CSV else _workbook(sheet, lang)
    first = await anext(pieces)
    return Download(
        _all(first, pieces),
        media_type=form.media,
        headers={
            "Content-Disposition": f'attachment; filename="{sheet.name}.{form}"',
            "Content-Language": lang,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


async def _all(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece


async def _workbook(sheet: Sheet, lang: Language) -> AsyncGenerator[bytes, None]:
    """A workbook is sent when it is whole: its table of contents stands at its end, and is read first."""
    from app.oversight.exports import xlsx_file  # its library is for the few who ask for a workbook

    with TemporaryDirectory(prefix="listening-state-") as folder:
        path = await xlsx_file.write(sheet, lang, folder)
        with await asyncio.to_thread(path.open, "rb") as whole:
            while piece := await asyncio.to_thread(whole.read, PIECE):
                yield piece


def as_file(
    router: APIRouter, path: str, summary: str, *refusals: type[AppError], tag: str = "oversight"
) -> Callable[[Twin], Twin]:
    """Offer what the function makes at `path` + `.csv` and `.xlsx`. `summary`: what it is, in a line."""

    def offer(made: Twin) -> Twin:
        for form in Form:
            router.add_api_route(
                f"{path}.{form}",
                _route(made, form),
                response_class=Download,
                dependencies=[LONG],
                summary=f"{summary}, as {form.upper()}",
                description=f"The figures of `{path}`, with the same question and for the same callers.",
                responses={
                    200: {"description": "The file", "content": {form.media: {}}},
                    **problems(*(refusals or (Forbidden, Invalid, NotFound))),
                },
                tags=[tag],
                name=f"{made.__name__}_{form}",
            )
        return made

    return offer


def _route(made: Callable[..., Awaitable[Sheet]], form: Form) -> Callable[..., Awaitable[Download]]:
    async def give(sheet: Annotated[Sheet, Depends(made)], lang: Lang) -> Download:
        return await download(sheet, form, lang)

    return give
