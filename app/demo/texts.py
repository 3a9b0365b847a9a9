"""What people write and what officials answer, for the demo: Kazakh and Russian, by topic, all invented.

The words are in texts/: a file for each topic and each minister's blog (`blog-<agency>`), common.toml with
what goes around them, and acts.toml with what is written in the course of a case. A letter is an opening, one
of the topic's texts with its blanks filled, and a closing, so that thousands of them differ. Everything
follows from the `random.Random` that is handed in.
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from importlib.resources import files
from random import Random
from typing import Any, NamedTuple

from app.appeals.codes import ApplicantType, Kind, Outcome
from app.core.i18n import Language
from app.demo.people import make_company, make_person
from app.intake.submission import Person

BLOG = "blog-"
_NO_THEMES = ("common", "acts")
_PLACES = ("{village}", "{district}", "{street}")

ASKS_TO_ACT = frozenset({Kind.STATEMENT, Kind.COMPLAINT})
_DECIDED = frozenset({Outcome.SATISFIED, Outcome.PARTLY_SATISFIED, Outcome.REFUSED})
# Numbers that Russian counts with the genitive plural, so that no text needs to know them.
_FAMILIES = (15, 16, 17, 18, 25, 26, 27, 28, 35, 36, 38, 45, 47, 48, 56, 67, 78, 86, 120, 150, 180)


class Piece(NamedTuple):
    """One matter of a letter about several, and how the body whose it is would be asked about it alone."""

    topic: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """`theme`: the file that it came from; `topic`: the code to register it under; `pieces`: its matters,
    when there are several."""

    theme: str
    topic: str
    kind: Kind
    applicant_type: ApplicantType
    language: Language
    subject: str
    text: str
    pieces: tuple[Piece, ...] = ()

    def about(self, piece: Piece) -> "Letter":
        """The part of it that is about one of its matters."""
        return replace(self, theme=piece.topic, subject=piece.subject, text=piece.text, pieces=())


def outcomes_for(kind: Kind) -> tuple[Outcome, ...]:
    """The outcomes that make sense for what was asked, the likeliest first."""
    if kind in ASKS_TO_ACT:
        return Outcome.SATISFIED, Outcome.EXPLAINED, Outcome.PARTLY_SATISFIED, Outcome.REFUSED
    return (Outcome.EXPLAINED,) if kind is Kind.INQUIRY else (Outcome.TAKEN_NOTE, Outcome.EXPLAINED)


class Answer(NamedTuple):
    text: str
    legal_basis: str


class Texts:
    """A theme is a topic's code, or `blog-<agency>`; an agency's code does where no topic has it.

    Raises KeyError for a theme or a language that has no texts.
    """

    def __init__(self, themes: Mapping[str, Any]) -> None:
        self._themes = themes
        self._common = themes["common"]
        self._acts = themes["acts"]

    @classmethod
    def load(cls) -> "Texts":
        return cls(_themes())

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(
            theme for theme in self._themes if theme not in _NO_THEMES and not theme.startswith(BLOG)
        )

    @property
    def blogs(self) -> tuple[str, ...]:
        """The themes of ministers' blogs."""
        return tuple(theme for theme in self._themes if theme.startswith(BLOG))

    def appeal(self, theme: str, language: Language, rng: Random) -> tuple[str, str]:
        """Subject and text of an individual's letter."""
        letter = self.letter(theme, language, rng)
        return letter.subject, letter.text

    def letter(
        self,
        theme: str,
        language: Language,
        rng: Random,
        *,
        applicant_type: ApplicantType = ApplicantType.INDIVIDUAL,
        on: date | None = None,
        kinds: Collection[Kind] = tuple(Kind),
    ) -> Letter:
        """A letter of one of these kinds, written on the day `on`: the months and years that it names lie
        before that."""
        theme, content = self._theme(theme)
        if applicant_type.value not in content:
            theme, content = self._theme(content["topic"])
        fitting = [row for row in content[applicant_type.value][language] if row[0] in kinds]
        kind, subject, body = rng.choice(fitting)
        words = self._common[language]
        before, after = _around(words, theme, Kind(kind), applicant_type, body, rng)
        parts = " ".join(filter(None, (before, body, *after)))
        return Letter(
            theme=theme,
            topic=content.get("topic", theme),
            kind=Kind(kind),
            applicant_type=applicant_type,
            language=language,
            subject=subject,
            text=parts.format_map(_blanks(words, language, rng, on)),
        )

    def answer(
        self, outcome: Outcome, language: Language, theme: str, rng: Random, *, subject: str | None = None
    ) -> Answer:
        """The text with its reasons, the law in general words and the right to complain; and the legal basis.

        With the subject of the letter it speaks of that; without, of what the theme is usually about.
        """
        words, (_, content) = self._common[language], self._theme(theme)
        if subject is None:
            finding = content["findings"][language][outcome.value]
        else:
            finding = rng.choice(words["findings"][outcome.value]).format(subject=subject)
        law = content["law"][language]
        norm = words["norms"]["decided" if outcome in _DECIDED else "told"].format(law=_inside(law))
        opening, rights = rng.choice(words["answer_openings"]), rng.choice(words["rights"])
        return Answer(" ".join((opening, finding, norm, rights)), words["basis"].format(law=law))

    def several(self, language: Language, rng: Random, *, on: date | None = None) -> Letter:
        """A statement about several matters, which different bodies may have to answer."""
        said = rng.choice(self._acts[language]["several"])
        blanks = _blanks(self._common[language], language, rng, on)
        pieces = tuple(
            Piece(topic, subject, text.format_map(blanks)) for topic, subject, text in said["pieces"]
        )
        return Letter(
            theme=pieces[0].topic,
            topic=pieces[0].topic,
            kind=Kind.STATEMENT,
            applicant_type=ApplicantType.INDIVIDUAL,
            language=language,
            subject=said["subject"],
            text=said["text"].format_map(blanks),
            pieces=pieces,
        )

    def repeat(self, of: Letter, rng: Random) -> Letter:
        """What the same person writes when the answer has changed nothing."""
        return replace(of, text=f"{self.said('repeats', of.language, rng)} {of.text}")

    def complaint(self, about: Letter, rng: Random, *, of_silence: bool = False) -> Letter:
        """About the answer to a letter, or about there being none."""
        subject, text = rng.choice(
            self._acts[about.language]["complaints_of_silence" if of_silence else "complaints"]
        )
        text = text.format(subject=about.subject)
        return replace(about, kind=Kind.COMPLAINT, subject=subject, text=text, pieces=())

    def said(self, what: str, language: Language, rng: Random, *, of: str = "", **blanks: object) -> str:
        """A sentence of acts.toml; `of`: under which code of its table."""
        found = self._acts[language][what]
        said: str = rng.choice(found[of] if of else found)
        return said.format(**blanks)

    def to_court(self, language: Language) -> str:
        """The way that is open after a review."""
        said: str = self._acts[language]["to_court"]
        return said

    def person(self, rng: Random, language: Language) -> Person:
        return make_person(rng, self._common[language])

    def company(self, rng: Random, language: Language = "kk") -> Person:
        return make_company(rng, self._common[language])

    def _theme(self, name: str) -> tuple[str, Mapping[str, Any]]:
        theme = name if name in self._themes else f"{BLOG}{name}"
        return theme, self._themes[theme]


@lru_cache(maxsize=1)
def _themes() -> Mapping[str, Any]:
    folder = files("app.demo").joinpath("texts")
    named = sorted((entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return {name.removesuffix(".toml"): tomllib.loads(entry.read_text("utf-8")) for name, entry in named}


def _inside(law: str) -> str:
    """The name of a law in the middle of a sentence."""
    return law[0].lower() + law[1:]


def _around(
    words: Mapping[str, Any],
    theme: str,
    kind: Kind,
    applicant_type: ApplicantType,
    body: str,
    rng: Random,
) -> tuple[str, list[str]]:
    """What comes before the text and what follows it; both may have blanks."""
    if applicant_type is ApplicantType.LEGAL_ENTITY:
        return "", [rng.choice(words["entity_closings"])]
    opening = rng.choice(words["blog_openings" if theme.startswith(BLOG) else "openings"])
    if not any(place in body for place in _PLACES) and rng.random() < 0.7:
        opening = f"{opening} {rng.choice(words['intros'])}".lstrip()
    if kind not in ASKS_TO_ACT:
        return opening, [rng.choice(words["questions_closings"])]
    history = rng.choice(words["histories"]) if rng.random() < 0.5 else ""
    return opening, [history, rng.choice(words["closings"])]


def _blanks(words: Mapping[str, Any], language: Language, rng: Random, on: date | None) -> dict[str, object]:
    """A value for every blank that a text may have."""
    day = on or date(2021, rng.randint(2, 6), 1)
    month = (day.month - rng.randint(2, 5)) % 12
    months = (
        {"month": words["months"][month]}
        if language == "kk"
        else {"month_in": words["months_in"][month], "month_from": words["months_from"][month]}
    )
    return {
        "village": rng.choice(words["villages"]),
        "district": rng.choice(words["districts"]),
        "street": rng.choice(words["streets"]),
        "company": words["firm"].format(name=rng.choice(words["firms"])),
        "house": rng.randint(1, 120),
        "flat": rng.randint(1, 90),
        "school": rng.randint(201, 260),
        "clinic": rng.randint(41, 60),
        "route": rng.randint(301, 340),
        "years": rng.randint(5, 12),
        "months": rng.randint(5, 11),
        "days": rng.randint(6, 20),
        "hours": rng.randint(5, 9),
        "km": rng.randint(5, 19),
        "families": rng.choice(_FAMILIES),
        "sum": f"{rng.randint(12, 480)} {rng.randint(1, 9)}00",
        "year": day.year - rng.randint(1, 3),
        **months,
    }
