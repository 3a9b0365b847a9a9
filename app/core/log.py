"""Logging: one line an event, no personal data, to standard error; as text or as JSON.

Of an error its kind and where it happened is written, never its message: what somebody wrote may be repeated
there ("invalid input for query argument $3: …"), whichever library raises it. Sentences of our own errors are
kept.

Each line names the request that it belongs to, or the round of a worker's job. What a request writes into the
outbox carries its id, so that the worker's lines about the same notice name it too.
"""

import logging
import re
import sys
import traceback
from contextvars import ContextVar
from uuid import uuid4

import asyncpg
import orjson

from app.core.errors import AppError

OURS = "app."

# What may come from outside: a UUID, 32 hexadecimal digits or a ULID. Nothing in which somebody could stand.
_SANE = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}|[0-7][0-9A-HJKMNP-TV-Z]{25}"
)
_following: ContextVar[str | None] = ContextVar("request_id", default=None)


def request_id() -> str | None:
    """Of the request, or of the round of a job, that is being worked on."""
    return _following.get()


def follow(given: str | None = None) -> str:
    """From here on, in this task, lines carry this id; another one when none was given or it is not sane."""
    found = given if given and _SANE.fullmatch(given) else uuid4().hex
    _following.set(found)
    return found


def setup(form: str = "text", level: int = logging.INFO) -> None:
    """Everything by this format, `text` or `json`, the web server's own messages too: it repeats each error
    that a route raised."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = Json() if form == "json" else Careful("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        server = logging.getLogger(name)
        server.handlers.clear()
        server.propagate = True


def kind(error: BaseException) -> str:
    """What an error is, without what it says: of a database its code and the constraint, of our own the
    sentence."""
    name = type(error).__name__
    if isinstance(error, AppError):
        return f"{name}: {error.code}"
    if type(error).__module__.startswith(OURS):
        return f"{name}: {first}" if (first := str(error).partition("\n")[0]) else name
    if isinstance(error, asyncpg.PostgresError):
        told = (error.sqlstate, getattr(error, "table_name", None), getattr(error, "constraint_name", None))
        return f"{name} ({', '.join(one for one in told if one)})"
    return name


class Careful(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """What asyncio tells of a task holds the error itself, below its first line."""
        if record.name == "asyncio":
            first = record.getMessage().partition("\n")[0]
            record.msg, record.args = first, ()
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # the library's name
        line = super().formatMessage(record)
        found = request_id()
        return f"{line} [{found}]" if found else line

    def formatException(self, ei: object) -> str:  # the library's name
        """The innermost error last, as Python has it."""
        error = ei[1] if isinstance(ei, tuple) else None
        lines: list[str] = []
        while error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            where = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
            lines = [*where, kind(error), *lines]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(lines)


class Json(Careful):
    """`fields` of a line (logging's `extra`) stand beside its message."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return ""

    def format(self, record: logging.LogRecord) -> str:
        error = super().format(record).strip()  # of an error its kind and place; nothing else is left of it
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id(),
            **getattr(record, "fields", {}),
            **({"error": error} if error else {}),
        }
        return orjson.dumps(line, default=str).decode()
