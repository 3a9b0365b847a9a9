"""The demo's texts: enough of them, all blanks filled, plainly invented, and the same for the same seed."""

import re
import string
import tomllib
from datetime import date
from importlib.resources import files
from random import Random
from typing import Any

import pytest

from app.appeals.codes import ApplicantType, Kind, Outcome
from app.appeals.identifiers import EntityPart, Sex, check_bin, check_iin
from app.core.i18n import Language
from app.demo.people import make_bin, make_iin
from app.demo.texts import ASKS_TO_ACT, Texts, outcomes_for

TEXTS = Texts.load()
TOPICS = (
    *("land", "construction", "housing", "utilities", "social", "employment", "health", "education"),
    *("agriculture", "transport", "ecology", "digital", "law-order", "tax", "justice", "other"),
)
BLOGS = ("blog-agriculture", "blog-culture-sport", "blog-digital", "blog-ecology", "blog-justice")
LANGUAGES: tuple[Language, ...] = ("kk", "ru")
KAZAKH_ONLY = set("әғқңөұүһі")
LATIN_THAT_PEOPLE_WRITE = {"eGov", "mobile", "SMS"}
REAL_PLACES = re.compile("Алмат|Астан|Шымкент|Қарағанды|Караганд|Атырау|Түркістан|Туркестан|Павлодар|Ақтау")


def content(theme: str) -> dict[str, Any]:
    return tomllib.loads(files("app.demo").joinpath("texts", f"{theme}.toml").read_text("utf-8"))


def rows(theme: str, language: Language) -> list[list[str]]:
    found = content(theme)
    return [row for who in ApplicantType if who.value in found for row in found[who.value][language]]


def everything_written(theme: str, language: Language) -> list[str]:
    found = content(theme)
    return [part for row in rows(theme, language) for part in row[1:]] + [
        found["law"][language],
        *found["findings"][language].values(),
    ]


def said_in_acts(language: Language) -> dict[str, list[str]]:
    """Every sentence of acts.toml by its place."""
    found: dict[str, list[str]] = {}
    for name, value in content("acts")[language].items():
        tables = value if isinstance(value, dict) else {"": value}
        for code, said in tables.items():
            rows = [said] if isinstance(said, str) else said
            flat = [part for row in rows for part in ([row] if isinstance(row, str) else _parts(row))]
            found[f"{name}.{code}".rstrip(".")] = flat
    return found


def _parts(row: list[str] | dict[str, Any]) -> list[str]:
    """A complaint's text; the texts of a letter about several matters."""
    return row[1:] if isinstance(row, list) else [row["text"], *(text for *_, text in row["pieces"])]


def test_acts_are_written_about_in_both_languages() -> None:
    kazakh, russian = said_in_acts("kk"), said_in_acts("ru")
    assert {name: len(said) for name, said in kazakh.items()} == {
        name: len(said) for name, said in russian.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_written_in_acts_is_whole_sentences_of_its_language(language: Language) -> None:
    for name, sentences in said_in_acts(language).items():
        for said in sentences:
            blanks = {blank for _, blank, _, _ in string.Formatter().parse(said) if blank}
            plain = said.format_map(dict.fromkeys(blanks, ""))
            assert said.endswith("."), (name, said)
            assert not re.search("[A-Za-z]", plain), said
            assert not REAL_PLACES.search(plain), said
            assert bool(KAZAKH_ONLY & set(plain.lower())) == (language == "kk"), said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_about_several_matters_names_them_all(language: Language) -> None:
    rng = Random(8)
    for _ in range(40):
        letter = TEXTS.several(language, rng, on=date(2026, 1, 15))
        assert not set("{}") & set(letter.text + "".join(piece.text for piece in letter.pieces))
        assert (letter.topic, len(letter.pieces)) == (letter.pieces[0].topic, 3)
        part = letter.about(letter.pieces[2])
        assert (part.theme, part.subject) == (letter.pieces[2].topic, letter.pieces[2].subject)
        assert TEXTS.answer(Outcome.SATISFIED, language, part.theme, rng, subject=part.subject)


def test_every_topic_and_blog_has_a_file() -> None:
    assert sorted(TEXTS.topics) == sorted(TOPICS)
    assert sorted(TEXTS.blogs) == sorted(BLOGS)


@pytest.mark.parametrize("theme", TOPICS)
def test_a_topic_has_enough_texts(theme: str) -> None:
    found = content(theme)
    assert len(found["individual"]["kk"]) >= 10
    assert len(found["individual"]["ru"]) >= 8
    assert min(len(found["legal_entity"][language]) for language in LANGUAGES) >= 2


@pytest.mark.parametrize("theme", BLOGS)
def test_a_blog_has_enough_texts(theme: str) -> None:
    found = content(theme)
    assert found["topic"] in TOPICS
    assert len(found["individual"]["kk"]) >= 8
    assert len(found["individual"]["ru"]) >= 6


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", TOPICS + BLOGS)
def test_what_is_written_is_a_letter_in_its_language(theme: str, language: Language) -> None:
    for kind, subject, text in rows(theme, language):
        assert Kind(kind)
        assert 5 <= len(subject) <= 80
        assert not subject.endswith(".")
        assert 2 <= len(re.findall(r"[.?!](?:\s|$)", text)) <= 6, text
    for said in everything_written(theme, language):
        blanks = {name for _, name, _, _ in string.Formatter().parse(said) if name}
        plain = said.format_map(dict.fromkeys(blanks, ""))
        assert set(re.findall("[A-Za-z]+", plain)) <= LATIN_THAT_PEOPLE_WRITE, said
        assert not REAL_PLACES.search(plain), said
        assert "  " not in said
        if language == "ru":
            assert not KAZAKH_ONLY & set(plain.lower()), said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", TOPICS + BLOGS)
def test_no_text_is_there_twice_and_kazakh_looks_kazakh(theme: str, language: Language) -> None:
    bodies = [text for _, _, text in rows(theme, language)]
    assert len(set(bodies)) == len(bodies)
    if language == "kk":
        assert all(KAZAKH_ONLY & set(text) for text in bodies)


@pytest.mark.parametrize("who", ApplicantType)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", TOPICS + BLOGS)
def test_every_blank_is_filled_in_every_month(theme: str, language: Language, who: ApplicantType) -> None:
    rng = Random(1)
    for month in range(1, 13):
        for _ in range(12):
            letter = TEXTS.letter(theme, language, rng, applicant_type=who, on=date(2021, month, 15))
            assert not set("{}") & set(letter.text + letter.subject)
            assert letter.topic in TOPICS
            assert letter.applicant_type is who


def test_a_letter_names_only_months_and_years_before_it() -> None:
    rng = Random(2)
    for _ in range(400):
        text = TEXTS.letter("tax", "ru", rng, on=date(2021, 3, 1)).text
        assert not re.search("марте|апреле|мае|июне|июле|августе|сентябре|2021|2022", text)


def test_the_same_seed_gives_the_same_texts() -> None:
    def drawn(seed: int) -> list[object]:
        rng = Random(seed)
        return [
            TEXTS.appeal("land", "kk", rng),
            TEXTS.letter("blog-justice", "ru", rng),
            TEXTS.answer(Outcome.REFUSED, "kk", "land", rng, subject="Жер туралы"),
            TEXTS.person(rng, "kk"),
            TEXTS.company(rng),
            TEXTS.said("notes", "ru", rng),
            TEXTS.several("ru", rng),
        ]

    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)


@pytest.mark.parametrize("who", ApplicantType)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", TOPICS + BLOGS)
def test_every_theme_has_a_letter_that_asks_for_an_act(
    theme: str, language: Language, who: ApplicantType
) -> None:
    letter = TEXTS.letter(theme, language, Random(9), applicant_type=who, kinds=ASKS_TO_ACT)
    assert letter.kind in ASKS_TO_ACT


def test_a_complaint_speaks_of_the_letter_and_a_repeat_says_it_again() -> None:
    letter = TEXTS.letter("land", "kk", Random(10))
    for of_silence in (False, True):
        complaint = TEXTS.complaint(letter, Random(10), of_silence=of_silence)
        assert complaint.kind is Kind.COMPLAINT
        assert f"«{letter.subject}»" in complaint.text
        assert complaint.subject != letter.subject
    repeat = TEXTS.repeat(letter, Random(10))
    assert repeat.subject == letter.subject
    assert repeat.text.endswith(letter.text)
    assert repeat.text != letter.text


def test_thousands_of_letters_differ() -> None:
    rng = Random(3)
    letters = [TEXTS.letter("justice", "kk" if n % 3 else "ru", rng).text for n in range(3000)]
    assert len(set(letters)) > 2500


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", TOPICS + BLOGS)
def test_an_answer_gives_reasons_the_law_and_the_right_to_complain(
    theme: str, language: Language, outcome: Outcome
) -> None:
    rng = Random(4)
    subject = "Көше шамдары туралы"
    for answer in (
        TEXTS.answer(outcome, language, theme, rng),
        TEXTS.answer(outcome, language, theme, rng, subject=subject),
    ):
        law = content(theme)["law"][language]
        assert law in answer.legal_basis
        assert law[1:] in answer.text
        assert ("шағым" if language == "kk" else "обжаловать") in answer.text
        assert not set("{}") & set(answer.text)
        assert len(answer.text) > 150
    assert f"«{subject}»" in answer.text


def test_outcomes_fit_the_kind() -> None:
    assert outcomes_for(Kind.INQUIRY) == (Outcome.EXPLAINED,)
    assert Outcome.TAKEN_NOTE in outcomes_for(Kind.PROPOSAL)
    assert Outcome.TAKEN_NOTE not in outcomes_for(Kind.COMPLAINT)


def test_an_agency_without_a_topic_of_its_name_has_its_blog() -> None:
    assert TEXTS.letter("culture-sport", "kk", Random(5)).topic == "other"
    with pytest.raises(KeyError):
        TEXTS.letter("no-such-theme", "kk", Random(5))


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_and_companies_have_identifiers_that_pass(language: Language) -> None:
    rng = Random(6)
    for _ in range(300):
        person, company = TEXTS.person(rng, language), TEXTS.company(rng, language)
        assert person.iin
        assert company.bin
        assert person.name
        born = check_iin(person.iin)
        female = person.name.split()[0].endswith("а")
        assert born.sex is (Sex.FEMALE if female else Sex.MALE)
        assert check_bin(company.bin).part is EntityPart.HEAD
        assert (person.type, company.type) == (ApplicantType.INDIVIDUAL, ApplicantType.LEGAL_ENTITY)
        assert person.email
        assert person.email.endswith(".example")


def test_made_identifiers_pass_over_serials_that_are_not_issued() -> None:
    assert make_iin(date(1990, 1, 1), Sex.MALE, 9037) == make_iin(date(1990, 1, 1), Sex.MALE, 9038)
    assert make_iin(date(1985, 6, 15), Sex.FEMALE, 9993) == "850615499937"
    assert make_bin(date(2021, 1, 1), 99990) == "210140999904"
    for year in (1899, 1999, 2009):
        assert check_iin(make_iin(date(year, 2, 28), Sex.FEMALE, 9999)).born == date(year, 2, 28)
