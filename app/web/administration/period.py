"""The period and the filters that every page of figures has, as they stand in its address."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from app.appeals.codes import ApplicantType, Kind
from app.core import clock
from app.core.i18n import Language, t
from app.oversight.weekly import WEEKS
from app.web.citizen.choices import Choice, Group, bodies, channels, regions, topic_choices

FILTERS = ("agency", "topic", "region", "channel", "kind", "applicant_type")


def usual() -> dict[str, str]:
    """The weeks of the small trends."""
    return _days(clock.today() - timedelta(days=7 * WEEKS - 1), clock.today())


def _days(first: date, last: date) -> dict[str, str]:
    return {"from": first.isoformat(), "to": last.isoformat()}


def shown(
    asked: dict[str, str],
    page: str,
    lang: Language,
    more: dict[str, str] | None = None,
    filters: Sequence[str] = FILTERS,
) -> dict[str, Any]:
    """What the form of a page shows. `more`: what else its address says; `filters`: those that it has."""
    return {
        "asked": asked,
        "more": more or {},
        "periods": _links(asked, page, lang, more or {}),
        "choices": {name: all_ for name, all_ in filter_choices(lang).items() if name in filters},
        "filtered": [name for name in filters if asked.get(name)],
    }


def _links(asked: dict[str, str], page: str, lang: Language, more: dict[str, str]) -> list[dict[str, Any]]:
    """The periods that people ask for."""
    today = clock.today()
    wanted = {
        "weeks_4": _days(today - timedelta(days=27), today),
        "weeks_12": usual(),
        "year": _days(date(today.year, 1, 1), today),
        "last_year": _days(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    }
    return [
        {
            "name": t(f"administration.period.{name}", lang),
            "url": f"{page}?{urlencode(asked | days | more)}",
            "current": all(asked.get(key) == value for key, value in days.items()),
        }
        for name, days in wanted.items()
    ]


def filter_choices(lang: Language) -> dict[str, Sequence[Choice | Group]]:
    return {
        "agency": bodies(lang),
        "topic": topic_choices(lang),
        "region": regions(lang),
        "channel": channels(lang),
        "kind": [Choice(kind, t(f"export.kinds.{kind}", lang)) for kind in Kind],
        "applicant_type": [Choice(one, t(f"export.types.{one}", lang)) for one in ApplicantType],
    }
