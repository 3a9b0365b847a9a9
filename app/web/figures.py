"""Figures as the language writes them."""

from datetime import date
from decimal import ROUND_DOWN, Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from app.core.i18n import Language, long_date, t

NOTHING = "—"


def number(value: float | None, lang: Language) -> str:
    return NOTHING if value is None else str(format_decimal(value, locale=lang))


def tenths(value: float | None, lang: Language) -> str:
    """To one decimal, which is there also when it is 0, so that a column of them can be compared."""
    return NOTHING if value is None else str(format_decimal(value, "#,##0.0", locale=lang))


def share(value: float | None, lang: Language) -> str:
    """In percent to one decimal, rounded down: what is not all in time is never shown as 100 %."""
    if value is None:
        return NOTHING
    cut = Decimal(str(value)).quantize(Decimal("0.001"), rounding=ROUND_DOWN)
    pattern = Locale.parse(lang).percent_formats[None].pattern.replace("##0", "##0.0")
    return str(format_percent(cut, pattern, locale=lang))


def short_day(day: date, lang: Language) -> str:
    """For the edge of a chart."""
    return str(format_date(day, "d.MM.yy", locale=lang))


def days(first: date, last: date, lang: Language) -> str:
    """A period in words; a whole year as a year."""
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
        return t("web.figures.year", lang, year=first.year)
    return t("web.figures.range", lang, first=long_date(first, lang), last=long_date(last, lang))
