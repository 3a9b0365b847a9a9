"""What is done once after a database was restored, before it is served: `listening-state restored`.

What was confirmed after the moment that was restored is gone from the database, but not from the world: a
citizen has the number, a mail server the message's id, a call centre the place up to which it has read. None
of these may come again with another meaning, so all of them go on far beyond where they can have been.
"""

from dataclasses import dataclass
from datetime import datetime

from app.core import ahead, clock
from app.core.commands import Progress
from app.core.db import Database, DatabaseUrls
from app.seals.findings import local
from app.seals.heads import Head
from app.seals.heads_file import HeadsFile, Signed
from app.settings import Settings
from app.staff.sessions import end_all

SPARE = 1_000_000
"""Numbers left out: far more than any month brings, and one in ninety of those that a year has."""

_LAST_EVENT = "SELECT max(at) FROM event"
_SEALED = "SELECT head FROM seal WHERE number = $1"


@dataclass(frozen=True, slots=True)
class Restored:
    """`upto`: the newest event there is. `beyond`: the last head outside that the database has not, and where
    those heads are kept now. `first`: the serial given next, by year. `signed_out`: sessions ended."""

    upto: datetime | None
    beyond: Head | None
    kept_as: str
    first: dict[int, int]
    signed_out: int


async def work(db: Database, settings: Settings, spare: int | None, progress: Progress) -> list[str]:
    """For the command line: do it, and say what it came to."""
    assert db.urls is not None
    file = HeadsFile.of(settings)
    done = await after_restore(db, db.urls, file, spare=SPARE if spare is None else spare, progress=progress)
    numbers = ", ".join(f"{year} with {serial:08}" for year, serial in done.first.items())
    upto = local(done.upto) if done.upto else "its beginning"
    lines = [f"The database is as it was at {upto}.", f"Numbers go on: {numbers}."]
    if done.beyond:
        lines += [
            f"Seals were made until {local(done.beyond.at)} that it does not have (the last was "
            f"{done.beyond.number}): they are kept in {done.kept_as}. What was registered between the two "
            "moments is lost here: see 'Restore to a moment' in docs/operations.md.",
        ]
    return [*lines, f"{done.signed_out} sessions are ended: everybody signs in again."]


async def after_restore(
    db: Database, urls: DatabaseUrls, file: HeadsFile, *, spare: int, progress: Progress
) -> Restored:
    """Everything that is to be done, in an order that may be broken off and begun again."""
    last = file.last()
    async with db.read() as connection:
        upto = await connection.fetchval(_LAST_EVENT)
        known = await connection.fetchval(_SEALED, last.number) if last else None
    beyond = Head.read(last.head) if last and known != last.head else None
    years = _years(upto)
    numbers = await ahead.move_on(
        urls.owner,
        spare=spare,
        also=[f"appeal_serial_{year}" for year in years],
        known=beyond.upto[0] if beyond else 0,
        progress=progress,
    )
    async with db.transaction() as connection:
        signed_out = await end_all(connection)
    kept_as = _aside(file, last) if beyond and last else ""
    first = {year: numbers[f"appeal_serial_{year}"] for year in years}
    return Restored(upto, beyond, kept_as, first, signed_out)


def _years(upto: datetime | None) -> range:
    """Those in which something may have been registered since: on the last days of one for the next."""
    today = clock.today()
    return range(clock.civil_day(upto).year if upto else today.year, (today + clock.days(31)).year + 1)


def _aside(file: HeadsFile, last: Signed) -> str:
    """Heads of what is lost prove that it was: they are kept, and a new file begins."""
    kept = file.path.with_name(f"{file.path.stem}-until-seal-{last.number}{file.path.suffix}")
    file.path.rename(kept)
    return str(kept)
