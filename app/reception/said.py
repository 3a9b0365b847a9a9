"""What a schedule says in up to three languages, in the one that is asked for."""

from collections.abc import Mapping
from datetime import datetime

from app.core import clock
from app.core.i18n import LANGUAGES, Language, long_date, t

Texts = Mapping[str, str]


def said(texts: Texts, lang: Language) -> str:
    """In this language, else in the first of ours in which it is there."""
    return next(texts[one] for one in (lang, *LANGUAGES) if one in texts)


def said_optional(texts: Texts | None, lang: Language) -> str | None:
    return said(texts, lang) if texts else None


def when(moment: datetime, lang: Language) -> str:
    """Day and hour as people in Kazakhstan have them."""
    local = moment.astimezone(clock.ZONE)
    return t("reception.when", lang, day=long_date(local.date(), lang), hour=f"{local:%H:%M}")


def bring(mode: str, own: Texts | None, lang: Language) -> list[str]:
    """What everybody brings, then what this reception asks for beside it."""
    return [t(f"reception.bring.{mode}", lang), *([said(own, lang)] if own else [])]


def initials(name: str) -> str:
    """Surname and initials, as on a receipt (R05): `Сынақбаев А. Ү.` of `Сынақбаев Арман Үлгіұлы`."""
    surname, *others = name.split()
    return " ".join([surname, *(f"{other[0].upper()}." for other in others)])
