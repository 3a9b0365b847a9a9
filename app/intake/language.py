"""In which language somebody wrote, where nobody says it (PURE)."""

import re

from app.core.i18n import Language

_WORD = re.compile(r"[^\W\d_]+")
_KAZAKH = re.compile("[әғқңөұүһі]", re.IGNORECASE)
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
# Frequent Kazakh words without a letter of its own, as they are also typed on Russian keyboards.
_KAZAKH_WORDS = frozenset(
    {
        *("мен", "бен", "пен", "емес", "бар", "болып", "болды", "деп", "дейін", "керек", "бойынша", "маган"),
        *("сизге", "салем", "рахмет", "отиниш", "менин", "бизге", "бизди", "сураймын", "жок", "комек"),
    }
)
_SHARE = 3
LOOKED_AT = 20_000


def language_of(text: str, otherwise: Language = "kk") -> Language:
    """Kazakh when every third Cyrillic word has a letter of its own or is one of its small words (a name or
    an address in a Russian letter is not enough), else Russian when most words are Cyrillic, else English."""
    words = [word.lower() for word in _WORD.findall(text[:LOOKED_AT])]
    cyrillic = [word for word in words if _CYRILLIC.search(word) or _KAZAKH.search(word)]
    if not words:
        return otherwise
    if 2 * len(cyrillic) < len(words):
        return "en"
    kazakh = sum(1 for word in cyrillic if _KAZAKH.search(word) or word in _KAZAKH_WORDS)
    return "kk" if _SHARE * kazakh >= len(cyrillic) else "ru"
