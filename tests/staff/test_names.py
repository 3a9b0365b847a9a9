"""Surname and initials, as a receipt names an official (R05)."""

import pytest

from app.staff.names import initials, surname_and_initials


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Үлгібек Сынақбаев", "Сынақбаев Ү."),
        ("Сынақбаев Үлгібек", "Сынақбаев Ү."),
        ("Сынақбаев Үлгібек Бекұлы", "Сынақбаев Ү. Б."),
        ("Сынақова Әсел Бекқызы", "Сынақова Ә. Б."),
        ("Асель Бековна Пробная", "Пробная А. Б."),
        ("Пробная Асель Бековна", "Пробная А. Б."),
        ("Айгүл Серікқызы", "Серікқызы А."),
        ("  Сынақ   Асан ", "Асан С."),
        ("Айгүл", "Айгүл"),
        ("", ""),
    ],
)
def test_surname_and_initials(name: str, shown: str) -> None:
    assert surname_and_initials(name) == shown


def test_initials() -> None:
    assert initials("Үлгібек  Сынақбаев") == "Ү. С."
    assert initials("") == ""
