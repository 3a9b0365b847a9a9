"""Requests lie evenly on the web processes of one port.

All of them accept from one socket, and a connection stays with the process that accepted it. A proxy sends
the next request on the connection that came free last, and those of a process that is behind come free again
and again: it stays behind for seconds while another has nothing to do. So each process says how many requests
it has in hand, and one that has many more than another ends a connection with its answer; the next is
accepted by whoever has time.
"""

import fcntl
import mmap
import os
from pathlib import Path
from typing import Self

from starlette.types import Message, Receive, Scope, Send

from app.core.around import Around
from app.core.sharing import SHARED

MOST = 64
"""Processes that are taken into account."""
LEEWAY = 3
"""Requests more than half as many again as another process has."""
_WIDTH = 4
_NOBODY = -1
_CLOSE = (b"connection", b"close")


class InHand:
    """How many requests each process that shares `folder` has in hand. Without a folder: this one alone."""

    def __init__(self, folder: Path | None = None) -> None:
        self.mine = 0
        self._place: int | None = None
        if folder:
            self._join(folder / "in-hand")

    def _join(self, path: Path) -> None:
        # Open for as long as the process lives: with it its lock goes, however it ends.
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.lockf(self._file, fcntl.LOCK_EX, 1, MOST * _WIDTH)
        if os.fstat(self._file).st_size == 0:
            os.write(self._file, b"\xff" * _WIDTH * MOST)  # nobody
        self._all = memoryview(mmap.mmap(self._file, MOST * _WIDTH)).cast("i")
        free = [place for place in range(MOST) if self._taken(place)]
        self._place = free[0] if free else None
        for place in free[1:]:  # whoever was killed there has nothing in hand, and no time either
            self._all[place] = _NOBODY
            fcntl.lockf(self._file, fcntl.LOCK_UN, _WIDTH, place * _WIDTH)
        self._tell()
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, MOST * _WIDTH)

    def _taken(self, place: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, _WIDTH, place * _WIDTH)
        except OSError:
            return False
        return True

    @classmethod
    def here(cls) -> Self:
        """Of this process, beside the others of its port."""
        folder = os.environ.get(SHARED)
        return cls(Path(folder) if folder else None)

    def add(self, more: int) -> None:
        self.mine += more
        self._tell()

    def _tell(self) -> None:
        if self._place is not None:
            self._all[self._place] = self.mine

    def leave(self) -> None:
        """Nobody sends requests here any more."""
        self.mine = _NOBODY
        self._tell()
        self._place = None

    @property
    def too_many(self) -> bool:
        """Whether another process has so many fewer that it had better have the next request."""
        if self._place is None or self.mine <= LEEWAY:
            return False
        least = min((one for one in self._all if one != _NOBODY), default=self.mine)
        return self.mine > LEEWAY + 1.5 * least


class Evened(Around):
    """In hand is a request until its answer begins: pages that stay open are no work."""

    async def around(self, scope: Scope, receive: Receive, send: Send) -> None:
        in_hand: InHand = scope["app"].state.in_hand
        begun = False

        async def told(message: Message) -> None:
            nonlocal begun
            if not begun:
                begun = True
                if in_hand.too_many:
                    message = {**message, "headers": [*message["headers"], _CLOSE]}
                in_hand.add(-1)
            await send(message)

        in_hand.add(1)
        try:
            await self.app(scope, receive, told)
        finally:
            if not begun:
                in_hand.add(-1)
