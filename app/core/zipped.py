"""A ZIP that is made while it is sent: no more than a piece of it is in memory, and nothing on the disk."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from app.core import clock

MEDIA_TYPE = "application/zip"


@dataclass(frozen=True, slots=True)
class Member:
    """`at`: a moment, in the archive civil time, for which an archive has no zone. `packed`: compress it
    (files that people send mostly are already)."""

    name: str
    at: datetime
    content: AsyncIterable[bytes]
    packed: bool = False


async def zipped(members: Iterable[Member]) -> AsyncIterator[bytes]:
    """Raises what a content raises: then the archive has no end, and no program takes it for whole."""
    sink = _Sink()
    with ZipFile(sink, "w") as archive:  # type: ignore[call-overload]  # it only writes
        for member in members:
            info = ZipInfo(member.name, member.at.astimezone(clock.ZONE).timetuple()[:6])
            info.compress_type = ZIP_DEFLATED if member.packed else ZIP_STORED
            with archive.open(info, "w") as out:
                async for data in member.content:
                    out.write(data)
                    yield sink.taken()
    yield sink.taken()


class _Sink:
    """Where an archive writes to, which cannot be gone back in."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        self._held += data
        return len(data)

    def flush(self) -> None:
        """All is here."""

    def taken(self) -> bytes:
        data, self._held = bytes(self._held), bytearray()
        return data
