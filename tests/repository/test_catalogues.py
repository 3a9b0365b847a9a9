"""The sentences: the same ones in all three languages, whole, and every one that the code asks for."""

import ast
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from string import Formatter

import pytest

import app.cli
import app.main  # noqa: F401
from app.appeals.identifiers import Flaw
from app.core.errors import AppError
from app.core.i18n import LANGUAGES, LOCALES, Language, catalogues
from app.web.reference import classes_of_error
from tests.repository.source import APP, calls, modules, place, text

WORD = re.compile(r"[^\W\d_]+")
PLACEHOLDER = re.compile(r"\{[^}]*\}")
# Names of the protocol and of products, which are Latin in every language.
SAME_EVERYWHERE = re.compile(r"^(?:code|OpenAPI)$")


def domains() -> set[str]:
    return {path.name.split(".")[0] for path in LOCALES.glob("*.po")}


def sentences() -> Iterator[tuple[Language, str, str]]:
    for language in LANGUAGES:
        for key, sentence in catalogues()[language].items():
            yield language, key, sentence


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def script(letter: str) -> str:
    return unicodedata.name(letter).split(" ")[0]


def test_every_domain_has_its_three_files() -> None:
    wanted = {f"{domain}.{language}.po" for domain in domains() for language in LANGUAGES}
    assert {path.name for path in LOCALES.glob("*.po")} == wanted


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_sentences_in_each_language(language: Language) -> None:
    assert catalogues()[language].keys() == catalogues()["kk"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_placeholders_in_each_language(language: Language) -> None:
    in_kazakh = {key: placeholders(sentence) for key, sentence in catalogues()["kk"].items()}
    assert {key: placeholders(sentence) for key, sentence in catalogues()[language].items()} == in_kazakh


def test_no_sentence_is_empty() -> None:
    assert not [(language, key) for language, key, sentence in sentences() if not sentence.strip()]


def test_each_language_in_its_own_script() -> None:
    """Kazakh and Russian have Cyrillic words, English none."""
    for language, key, sentence in sentences():
        words = WORD.findall(PLACEHOLDER.sub("", sentence))
        cyrillic = [word for word in words if script(word[0]) == "CYRILLIC"]
        if language == "en":
            assert not cyrillic, (key, sentence)
        elif words and not SAME_EVERYWHERE.match(sentence):
            assert cyrillic, (language, key, sentence)


def test_no_word_mixes_scripts() -> None:
    """A Latin letter in a Cyrillic word looks right and is not found by any search."""
    mixed = [
        (language, key, word)
        for language, key, sentence in sentences()
        for word in WORD.findall(sentence)
        if len({script(letter) for letter in word}) > 1
    ]
    assert not mixed


# Ends of a range, numbers or days: `1–7`, `{opens}–{closes}`, `{first} – {last}`.
RANGE = re.compile(r"[\d}]–[\d{]|\{first\} – \{last\}")


def test_each_dash_has_one_use() -> None:
    """In a sentence Kazakh has " – ", Russian " — ", English none; an en dash joins the ends of a range."""
    in_a_sentence = {"kk": "–", "ru": "—", "en": ""}
    strange = [
        (language, key, sentence)
        for language, key, sentence in sentences()
        for dash in re.findall(r"(?<=\w) - |[–—]", RANGE.sub("", sentence))
        if dash != in_a_sentence[language]
    ]
    assert not strange


def test_kazakh_is_not_russian() -> None:
    same = [
        key
        for key, sentence in catalogues()["kk"].items()
        if sentence == catalogues()["ru"][key] and len(WORD.findall(PLACEHOLDER.sub("", sentence))) > 2
    ]
    assert not same


# A number that may be any, before a word that would have to bend with it.
COUNTED = re.compile(
    r"\{(?:amount|answers|bad|cases|count|found|good|left|moved|persons|rows|total)\} [а-яё]{3,}"
)
AT_MOST = re.compile(r"(?:до|более|больше|длиннее|меньше|После) \{")
FORMS = {"one", "few", "many"}


def test_a_word_bends_with_its_number_or_stands_apart_from_it() -> None:
    """`21 дел` is no Russian: there are three forms, or "Дел: 21"."""
    stiff = [
        (key, sentence)
        for key, sentence in catalogues()["ru"].items()
        if COUNTED.search(sentence) and not AT_MOST.search(sentence) and key.rpartition(".")[2] not in FORMS
    ]
    assert not stiff


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_has_forms_has_all_of_them(language: Language) -> None:
    keys = catalogues()[language].keys()
    formed = {key.removesuffix(".one") for key in keys if key.endswith(".one")}
    assert formed
    assert {f"{key}.{form}" for key in formed for form in FORMS} <= keys


# What the code asks for is there


@cache
def asked_for() -> list[tuple[str, re.Pattern[str]]]:
    """Every sentence that a `t(...)` in the code or a template asks for; computed parts match anything."""
    found = []
    for path, tree in modules().items():
        for name, call in calls(tree):
            if name == "t" and call.args and (pattern := pattern_of(call.args[0])):
                found.append((place(path, call), re.compile(pattern)))
    for template in APP.rglob("templates/*.html"):
        for key, more in re.findall(r"""\bt\(\s*"([^"]+)"(\s*~)?""", template.read_text(encoding="utf-8")):
            found.append((template.name, re.compile(re.escape(key) + (".+" if more else ""))))
    return found


def pattern_of(node: ast.expr) -> str | None:
    """A literal as it stands, an f-string with its computed parts open; None for what is all computed."""
    if (literal := text(node)) is not None:
        return re.escape(literal)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            re.escape(text(part) or "") if text(part) is not None else ".+" for part in node.values
        )
    return None


def test_every_sentence_that_is_asked_for_exists() -> None:
    assert len(asked_for()) > 30
    keys = catalogues()["kk"]
    missing = [
        (where, pattern.pattern)
        for where, pattern in asked_for()
        if not any(pattern.fullmatch(key) for key in keys)
    ]
    assert not missing


@pytest.mark.parametrize("error", classes_of_error().values(), ids=lambda error: error.code)
def test_every_error_has_its_two_sentences(error: type[AppError]) -> None:
    keys = catalogues()["kk"].keys()
    assert {f"error.{error.code}", f"error.{error.code}.title"} <= keys
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)


def codes_of_fields() -> Iterator[tuple[str, str]]:
    """The codes that our own validation gives a field."""
    places = {"PydanticCustomError": 0, "FieldError": 1, "Invalid.of": 1}
    for path, tree in modules().items():
        for name, call in calls(tree):
            at = places.get(name)
            if at is not None and len(call.args) > at and (code := text(call.args[at])):
                yield place(path, call), code


def test_every_code_of_a_field_has_its_sentence() -> None:
    keys = catalogues()["kk"].keys()
    found = [*codes_of_fields(), *(("identifiers", code.value) for code in Flaw)]
    assert len(found) > 10
    assert not [(where, code) for where, code in found if f"validation.{code}" not in keys]


def test_one_code_is_one_error() -> None:
    """Two classes of one code would be explained by the sentence of one of them."""
    codes: dict[str, type[AppError]] = {}
    classes: list[type[AppError]] = [AppError]
    while classes:
        cls = classes.pop()
        classes += cls.__subclasses__()
        if "code" in vars(cls):
            assert codes.setdefault(cls.code, cls) is cls, (cls, codes[cls.code])
