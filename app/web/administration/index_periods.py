"""The periods of the index, for people: by name, and those that are offered."""

from collections.abc import Sequence
from datetime import date

from babel.dates import format_skeleton

from app.core import clock
from app.core.i18n import Language, t
from app.oversight.index import periods
from app.oversight.index.periods import Span
from app.oversight.index.schemas import IndexOut, PeriodOut
from app.web import figures
from app.web.citizen.choices import Choice


def name(first: date, last: date, lang: Language) -> str:
    """A month, a quarter or a year by its name; whole months by their days. As a sentence begins."""
    span = Span(first, last)
    if span.code is None or span.months == 12:
        return _begun(figures.days(first, last, lang))
    if span.months == 1:
        return _begun(str(format_skeleton("yMMMM", first, locale=lang)))
    return t("administration.index.quarter", lang, quarter=(first.month + 2) // 3, year=f"{first.year}")


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]


def choices(closed: Sequence[PeriodOut], found: IndexOut, lang: Language) -> list[Choice]:
    """What is closed, what goes on today, the last quarter, and what is shown; the newest first."""
    today = clock.today()
    codes = {f"{today.year}", f"{today:%Y-%m}", f"{today.year}-Q{(today.month + 2) // 3}"}
    codes |= {periods.last_quarter(today).code or "", *(one.period for one in closed), found.period or ""}
    spans = [span for code in codes if (span := periods.of_code(code))]
    spans.sort(key=lambda span: (span.last, span.months), reverse=True)
    there = {one.period for one in closed}
    return [Choice(span.code or "", _offered(span, span.code in there, lang)) for span in spans]


def _offered(span: Span, closed: bool, lang: Language) -> str:
    words = name(span.first, span.last, lang)
    return words if closed else t("administration.index.offered_open", lang, period=words)
