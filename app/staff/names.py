"""The name of an official as the receipt of an appeal has it: surname and initials (rule R05). Pure.

A name is written as people write it: `Үлгібек Сынақбаев`, or as on an identity card, surname first. Which
word is the surname follows from a patronymic, which stands after the given name, and from the endings of
surnames; where neither tells, it is the last word.
"""

_PATRONYMIC = ("ұлы", "улы", "қызы", "кызы", "вич", "вна", "чна", "ична")
_SURNAME = ("ов", "ова", "ев", "ева", "ёв", "ёва", "ин", "ина", "ын", "ына", "кий", "кая", "ко")


def surname_and_initials(name: str) -> str:
    """`Сынақбаев Ү.` of `Үлгібек Сынақбаев`; `Сынақбаев Ү. Б.` of `Сынақбаев Үлгібек Бекұлы`."""
    words = name.split()
    if len(words) < 2:
        return name.strip()
    place = _surname(words)
    given = [word for at, word in enumerate(words) if at != place]
    return " ".join([words[place], *(f"{word[0].upper()}." for word in given)])


def initials(name: str) -> str:
    """`Ү. С.`: enough to tell the members of a family apart, and no more."""
    return " ".join(f"{word[0].upper()}." for word in name.split())


def _surname(words: list[str]) -> int:
    last = len(words) - 1
    if len(words) > 2:
        return 0 if _ends(words[last], _PATRONYMIC) else last
    return 0 if _ends(words[0], _SURNAME) and not _ends(words[1], _SURNAME) else last


def _ends(word: str, endings: tuple[str, ...]) -> bool:
    return word.casefold().endswith(endings)
