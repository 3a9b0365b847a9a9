"""The one place that reads the time.

Instants are aware datetimes in UTC; civil days are days in Kazakhstan (Asia/Almaty: UTC+6 until
29 February 2024, UTC+5 after). The zone comes from the tzdata package, because an operating
system's own tables may be older than the change of 2024.
"""

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

with files("tzdata.zoneinfo.Asia").joinpath("Almaty").open("rb") as _source:
    ZONE = ZoneInfo.from_file(_source, key="Asia/Almaty")


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    return civil_day(now())


def civil_day(instant: datetime) -> date:
    """The day that people in Kazakhstan had on their calendars at this instant."""
    return instant.astimezone(ZONE).date()


def days(count: int) -> timedelta:
    return timedelta(days=count)
