"""A sheet as CSV (RFC 4180): UTF-8 with its mark, commas, a head of codes that stay.

Excel runs what begins like a formula, so a text that does gets an apostrophe before it.
"""

import csv
import io
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime

from app.core import clock
from app.oversight.exports.sheet import Sheet, Value

MARK = "\ufeff"
# The last four are what Excel also takes for the first ones.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


async def pieces(sheet: Sheet) -> AsyncGenerator[bytes, None]:
    """In portions; the head comes with the first rows, so that what fails at once fails before it."""
    buffer = io.StringIO(newline="")
    buffer.write(MARK)
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([column.key for column in sheet.columns])
    async with aclosing(sheet.rows):
        async for rows in sheet.rows:
            writer.writerows([written(value) for value in row] for row in rows)
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    if rest := buffer.getvalue():
        yield rest.encode()


def written(value: Value) -> str:
    """Days and moments in ISO form (moments with Kazakhstan's offset of then), numbers with a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(clock.ZONE).isoformat(timespec="seconds")
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return str(value)
