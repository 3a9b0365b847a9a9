"""Logging: one line an event, no personal data, to standard error.

Of an error its kind and where it happened is written, never its message: what somebody wrote may be repeated
there ("invalid input for query argument $3: …"), whichever library raises it. Sentences of our own errors are
kept.
"""

import logging
import sys
import traceback

import asyncpg

from app.core.errors import AppError

OURS = "app."


def setup(level: int = logging.INFO) -> None:
    """Everything by this format, the web server's own messages too: it repeats each error that a route
    raised."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Careful("%(asctime)s %(levelname)s %(name)s: %(message)s"))
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
