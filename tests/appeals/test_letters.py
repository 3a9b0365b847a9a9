"""What people are sent: each notice in each language, with the reasons that the applicant's page gives."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from app.appeals.codes import TOLD, Decision, Likeness, Outcome, Status, SuspensionGround, TerminationGround
from app.appeals.letters import KINDS, OF_TERMS, Letter, letter
from app.appeals.lifecycle import Act
from app.core.i18n import LANGUAGES, Language, catalogues, known
from app.deadlines import facts
from app.deadlines.complaints import ReviewerKind
from app.deadlines.explain import text
from app.deadlines.facts import Fact
from app.deadlines.regimes import Stage
from app.deadlines.term import LedgerEntry
from app.intake.timeline import TOLD as ON_THE_TIMELINE
from app.notices.models import Audience
from tests.deadlines.days import at, day, opened, term_of

APPLICANT, OPERATOR, HEAD = Audience
NUMBER = "JT-2026-00000123"
SHOWN = {"kk": "ЖТ-2026-00000123", "ru": "ЖТ-2026-00000123", "en": NUMBER}
# Beside the others it has the one Kazakh letter that few words have.
AGENCY = "Жиһаз өнеркәсібі комитеті"
ALWAYS = {"number": NUMBER, "agency": AGENCY, "due_on": "2026-12-14"}
KNOWN_TO_ALL = ALWAYS | {"complain_by": "2027-03-15", "working_days": 3, "running": True}

PLAIN = opened("2026-11-23")
HANDED = opened("2026-11-23", "complaint", stage=Stage.HANDOVER)
REVIEWED = opened("2026-11-23", "complaint", stage=Stage.REVIEW)
STOOD = facts.suspended(at("2026-11-25"), "staff", "court", day("2026-12-25"))

Sample = tuple[dict[str, Any], Sequence[Fact]]
SAMPLES: Mapping[tuple[str, Audience], Sequence[Sample]] = {
    ("appeal.registered", APPLICANT): [
        ({}, [PLAIN]),
        ({"reviewer": "body", "reviewer_agency": AGENCY}, [HANDED]),
        ({"reviewer": "head", "reviewer_agency": AGENCY}, [HANDED]),
        ({"reviewer": "court", "reviewer_agency": None}, [HANDED]),
    ],
    ("appeal.forwarded", APPLICANT): [
        ({"from": "energy"}, [opened("2026-11-23", origin="forwarded")]),
        ({"from": "energy"}, [REVIEWED]),
    ],
    ("appeal.split", APPLICANT): [({"from": "energy"}, [opened("2026-11-23", origin="split")])],
    ("appeal.extended", APPLICANT): [
        ({"until": "2027-01-11"}, [PLAIN, facts.extended(at("2026-11-25"), "staff", day("2027-01-11"))])
    ],
    ("appeal.suspended", APPLICANT): [
        ({"ground": "court", "until": "2026-12-25", "running": False}, [PLAIN, STOOD]),
        ({"ground": "missing_data"}, [PLAIN, facts.suspended(at("2026-11-25"), "staff", "missing_data")]),
    ],
    ("appeal.resumed", APPLICANT): [({}, [PLAIN, STOOD, facts.resumed(at("2026-12-01"), "staff")])],
    ("appeal.correction_requested", APPLICANT): [({"until": "2026-11-30"}, [PLAIN])],
    ("appeal.corrected", APPLICANT): [({}, [PLAIN]), ({"left_out": 2}, [PLAIN])],
    ("appeal.supplemented", APPLICANT): [({"left_out": 2}, [PLAIN])],
    ("appeal.hearing", APPLICANT): [
        ({"on": "2026-12-01", "decide_from": "2026-12-02", "object_by": "2026-11-27"}, [PLAIN])
    ],
    ("appeal.answered", APPLICANT): [
        ({"outcome": outcome, "language": "kk", "promised_until": until}, [PLAIN])
        for outcome in ("satisfied", "partly_satisfied", "refused", "explained", "taken_note")
        for until in ("2027-03-01", None)
    ],
    ("appeal.decided", APPLICANT): [
        ({"outcome": outcome, "language": "kk"}, [REVIEWED])
        for outcome in ("cancelled", "replaced", "obliged", "upheld_act", "left_unconsidered")
    ],
    ("appeal.self_corrected", APPLICANT): [({"outcome": "satisfied", "language": "kk"}, [HANDED])],
    ("appeal.withdrawn", APPLICANT): [({}, [PLAIN])],
    ("appeal.terminated", APPLICANT): [
        *(({"ground": ground}, [PLAIN]) for ground in TerminationGround),
        ({"ground": "court_only"}, [HANDED]),
        ({"until": "2026-11-30"}, [PLAIN]),
        ({"to": "JT-2026-00000001"}, [PLAIN]),
    ],
    ("appeal.reopened", APPLICANT): [({}, [opened("2026-11-23", origin="reopened")])],
    ("deadline.changed", APPLICANT): [
        ({"before": "2026-12-11", "after": "2026-12-14", "act": "№ 5", "rule": ""}, [PLAIN]),
        ({"before": "2026-12-11", "after": "2026-12-14", "act": "", "rule": "R14"}, [PLAIN]),
    ],
    ("deadline.passed", APPLICANT): [({}, [opening]) for opening in (PLAIN, HANDED, REVIEWED)],
    ("deadline.passed", HEAD): [({}, [opening]) for opening in (PLAIN, HANDED, REVIEWED)],
    ("deadline.near", OPERATOR): [
        ({"to": "operator", "days": 3}, [opening]) for opening in (PLAIN, HANDED, REVIEWED)
    ],
    ("deadline.near", HEAD): [
        ({"to": "head", "days": 1}, [opening]) for opening in (PLAIN, HANDED, REVIEWED)
    ],
    ("control.overdue", HEAD): [({"until": "2026-12-14"}, [PLAIN])],
}


def rendered(language: Language) -> Iterator[tuple[str, Audience, Sequence[LedgerEntry], Letter]]:
    """Every sample: with all that can be known, and with what the event alone says."""
    for (kind, audience), samples in SAMPLES.items():
        for params, life in samples:
            entries = term_of(*life).entries
            for given in (KNOWN_TO_ALL, {"number": NUMBER}):
                yield kind, audience, entries, letter(kind, audience, language, given | params, entries)


# Every letter


def test_there_is_a_sample_of_each_letter() -> None:
    assert set(SAMPLES) == {(kind, audience) for audience, kinds in KINDS.items() for kind in kinds}


def test_everything_that_an_act_tells_has_its_letter() -> None:
    assert KINDS[APPLICANT] == {*TOLD.values(), "appeal.registered", "appeal.supplemented"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_unfilled(language: Language) -> None:
    for kind, audience, _, found in rendered(language):
        for said in (found.subject, found.text):
            assert SHOWN[language] in said, (kind, audience, said)
            left = re.search(r"[{}]|None|\.\.|\b[a-z]+_[a-z_]+\b|\b(?:notice|ground|outcome)\.", said)
            assert not left, (kind, audience, said)
        assert "\n" not in found.subject
        assert "\n\n\n" not in found.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_about_a_term_carries_its_explanation(language: Language) -> None:
    for kind, _, entries, found in rendered(language):
        assert (text(entries, language) in found.text) == (kind in OF_TERMS), kind


def test_letters_differ() -> None:
    """No two kinds, no two samples and no two languages read the same."""
    for language in LANGUAGES:
        texts = {
            (kind, audience, sample): letter(
                kind, audience, language, KNOWN_TO_ALL | params, term_of(*life).entries
            )
            for (kind, audience), samples in SAMPLES.items()
            for sample, (params, life) in enumerate(samples)
        }
        assert len({found.text for found in texts.values()}) == len(texts)
    assert len({one.text for language in LANGUAGES for *_, one in rendered(language)}) > len(texts) * 2


def test_kazakh_is_written_in_its_own_letters() -> None:
    written = {letter_ for *_, found in rendered("kk") for letter_ in found.text}
    assert set("әғқңөұүһі") <= written


def test_a_letter_nobody_is_sent() -> None:
    with pytest.raises(ValueError, match=r"appeal\.answered is nothing that operator is told"):
        letter("appeal.answered", OPERATOR, "kk", KNOWN_TO_ALL, [])


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "kk",
            [
                "Құрметті жолданым иесі!",
                "ЖТ-2026-00000123 жолданымыңызды қарау мерзімі тоқтатыла тұрды.",
                "Себебі: мәселе сотта қаралып жатыр",
                "Тоқтата тұрудың соңғы күні: 2026 ж. 25 желтоқсан. Одан кейін қарау өздігінен жалғасады.",
                "Мерзім былай есептелді:",
                "Бұл кезде де жолданымды толықтыруға немесе кері қайтарып алуға болады.",
                "Жолданымның беті талондағы нөмірмен және қолжетімділік кодымен ашылады.",
            ],
        ),
        (
            "ru",
            [
                "Уважаемый заявитель!",
                "Срок рассмотрения вашего обращения ЖТ-2026-00000123 приостановлен.",
                "Причина: вопрос рассматривает суд",
                "Последний день приостановки — 25 декабря 2026 г., после него рассмотрение продолжится само.",
                "Срок посчитан так:",
                "И в это время обращение можно дополнить или отозвать.",
                "Страница обращения открывается по номеру и коду доступа с талона.",
            ],
        ),
        (
            "en",
            [
                "Dear applicant,",
                "The term for considering your appeal JT-2026-00000123 is suspended.",
                "The reason: the matter is before a court",
                "The last day of the suspension: 25 December 2026. "
                "After it the consideration goes on by itself.",
                "This is how the term was counted:",
                "You may still add to the appeal or withdraw it.",
                "The page of the appeal opens with the number and the access code on the receipt.",
            ],
        ),
    ],
)
def test_a_whole_letter(language: Language, lines: list[str]) -> None:
    params, life = SAMPLES["appeal.suspended", APPLICANT][0]
    entries = term_of(*life).entries
    found = letter("appeal.suspended", APPLICANT, language, ALWAYS | params, entries)
    why = text(entries, language).split("\n")
    assert [line for line in found.text.split("\n") if line] == [*lines[:5], *why, *lines[5:]]


def test_what_is_not_known_is_not_spoken_of() -> None:
    open_end = letter(
        "appeal.suspended", APPLICANT, "en", ALWAYS | {"ground": "court"}, term_of(PLAIN, STOOD).entries
    )
    assert "The last day of the suspension" not in open_end.text
    assert "When the reason is gone" in open_end.text
    last_day = letter("deadline.near", OPERATOR, "en", ALWAYS | {"working_days": 0}, [])
    assert "The last day of the term: 14 December 2026" in last_day.text
    assert "Time left" not in last_day.text


# The words that letters and pages are made of


@pytest.mark.parametrize(
    ("prefix", "codes"),
    [
        ("act", Act),
        ("status", Status),
        ("ground", [*SuspensionGround, *TerminationGround, "court_only"]),
        ("outcome", [*Outcome, *Decision]),
        ("likeness", Likeness),
        ("stage", Stage),
        ("reviewer", ReviewerKind),
        ("event", ON_THE_TIMELINE),
    ],
)
def test_every_code_has_its_words(prefix: str, codes: Iterable[str]) -> None:
    assert not [code for code in codes if not known(f"{prefix}.{code}")]


def test_a_russian_day_ends_no_sentence() -> None:
    """`23 декабря 2026 г.` has its own full stop."""
    days = "due_on|until|on|object_by|decide_from|promised_until|before|after|complain_by"
    ends_with_day = re.compile(rf"\{{(?:{days})\}}\.")
    sentences = [
        (key, sentence)
        for key, sentence in catalogues()["ru"].items()
        if key.startswith(("event.", "notice."))
    ]
    assert len(sentences) > 100
    assert not [key for key, sentence in sentences if ends_with_day.search(sentence)]
