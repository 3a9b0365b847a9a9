"""What a change of the reference data says, in the reader's words: names for codes, days as written."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from app.core import clock
from app.core.i18n import LANGUAGES, Language, long_date, t
from app.directory import snapshot
from app.directory.registry import UnknownCode
from app.web import figures

_BODIES = ("parent", "agency", "successor")
_LABELS = {"agency": "administration.head.body", "region": "administration.head.where"}
_ORDER = (*LANGUAGES, "kind", "region", "parent", "agency", "role", "last_day", "successor", "from")
_DAYS = ("from", "last_day")


def said(values: Mapping[str, Any], lang: Language) -> str:
    """Every value behind its name; a dash for nothing at all."""
    return "; ".join(_each(values, lang)) or figures.NOTHING


def _each(values: Mapping[str, Any], lang: Language) -> Iterator[str]:
    for name, it in sorted(values.items(), key=_place):
        if name != "region" or it is not None:
            label = _LABELS.get(name, f"administration.field.{name}")
            yield f"{t(label, lang)}: {value(name, it, lang)}"


def _place(item: tuple[str, Any]) -> int:
    """As one says it: where, who, from when; what is kept as JSON has no order of its own."""
    return _ORDER.index(item[0]) if item[0] in _ORDER else len(_ORDER)


def value(name: str, value: Any, lang: Language) -> str:
    if value is None:
        return figures.NOTHING
    if name in _DAYS:
        return long_date(date.fromisoformat(value), lang)
    if name == "kind":
        return t(f"reference.kind.{value}", lang)
    if name in _BODIES or name == "region":
        return place(value, lang) if name == "region" else body(value, lang)
    if name == "role":
        return t(f"administration.role.{value}", lang)
    if isinstance(value, dict):
        return ", ".join(str(it) for _, it in sorted(value.items(), key=_place)) or figures.NOTHING
    if isinstance(value, bool):
        return t(f"reference.{'yes' if value else 'no'}", lang)
    return hour(str(value))


def hour(text: str) -> str:
    """`09:00:00` as people write it; anything else as it is."""
    return text.removesuffix(":00") if text.count(":") == 2 else text


def body(code: str, lang: Language) -> str:
    """A body by its name of today; by its code when it is known no more."""
    try:
        return snapshot.current().agency(code).name(lang, clock.today())
    except UnknownCode:
        return code


def place(code: str | None, lang: Language) -> str:
    if code is None:
        return t("reference.everywhere", lang)
    directory = snapshot.current()
    return directory.region(code).name(lang, clock.today()) if directory.has_region(code) else code
