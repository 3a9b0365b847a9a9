"""What came and what was answered, by month and by channel, for everybody.

By body, channel and time the figures are exact (see suppression.py); by topic, kind or region they are not
told apart here, because beside the public tables differences would tell of persons.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import asyncpg

from app.core import clock
from app.core.errors import FieldError, Invalid
from app.core.i18n import Language
from app.directory.registry import Directory
from app.oversight.asked import days_asked, unknown_codes, wrong_days
from app.oversight.cells import month_of
from app.oversight.compliance_asked import by_of
from app.oversight.reading import Days, Statement
from app.oversight.schemas import ChannelFlowOut, MonthOut, MonthsIn, MonthsOut
from app.oversight.statistics import Basis, Filters, Period, window_of

MOST_YEARS = 3

_COUNT = """
SELECT d.of AS channel, {month} AS month, coalesce(sum(d.received), 0)::bigint AS received,
       coalesce(sum(d.answered), 0)::bigint AS answered
FROM (
{{parts}}
) d GROUP BY 1, 2
""".format(month=month_of("d.day"))


async def count(
    connection: asyncpg.Connection, asked: MonthsIn, directory: Directory, language: Language
) -> MonthsOut:
    """One statement. Raises Invalid, naming every field that is wrong."""
    today = clock.today()
    days = _understood(asked, directory, today)
    agency = directory.agency(asked.agency).id if asked.agency else None
    given = Filters(channel=asked.channel).given()
    window = window_of(Period(days.first, days.last, None, Basis.ACTIVITY), today)
    statement = Statement(window, given, [agency] if agency else None, by_of("channel", directory))
    sql = _COUNT.format(parts=statement.entries(days))
    rows = await connection.fetch(sql, *statement.values)
    return MonthsOut(
        **{"from": days.first},
        to=days.last,
        agency=asked.agency,
        channel=asked.channel,
        months=_months(rows, days),
        channels=_channels(rows, directory, language),
    )


def _understood(asked: MonthsIn, directory: Directory, today: date) -> Days:
    first, last = days_asked(asked.from_, asked.to, today)
    errors = [
        *wrong_days({"from": asked.from_, "to": asked.to}, first, last),
        *unknown_codes({"agency": asked.agency, "channel": asked.channel}, directory),
    ]
    earliest = last.replace(year=max(last.year - MOST_YEARS, 1), day=1)
    if not errors and first < earliest:
        errors.append(FieldError("from", "out_of_range", {"first": earliest, "last": last}))
    if errors:
        raise Invalid(errors=errors)
    return Days(first, last)


def _months(rows: Sequence[asyncpg.Record], days: Days) -> list[MonthOut]:
    """Every month of the period, also those in which nothing happened."""
    found: defaultdict[date, list[int]] = defaultdict(lambda: [0, 0])
    month = days.first.replace(day=1)
    while month <= days.last:
        found[month] = [0, 0]
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    for row in rows:
        found[row["month"]][0] += row["received"]
        found[row["month"]][1] += row["answered"]
    return [
        MonthOut(month=f"{one:%Y-%m}", received=received, answered=answered)
        for one, (received, answered) in sorted(found.items())
    ]


def _channels(
    rows: Sequence[asyncpg.Record], directory: Directory, language: Language
) -> list[ChannelFlowOut]:
    """Those with anything, the largest first."""
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        found[row["channel"]][0] += row["received"]
        found[row["channel"]][1] += row["answered"]
    return [
        ChannelFlowOut(
            code=code, name=directory.channel(code).name(language), received=received, answered=answered
        )
        for code, (received, answered) in sorted(found.items(), key=lambda one: (-one[1][0], one[0]))
        if received or answered
    ]
