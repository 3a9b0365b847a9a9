"""The law as rows: which one decides, how next year's amendment comes in, and what a bad row says."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from app.core.i18n import LANGUAGES, Language, catalogues, known
from app.deadlines.explain import rule_sentence, rule_source
from app.deadlines.ledger import open_term
from app.deadlines.regimes import (
    KINDS,
    LAW,
    Evidence,
    Law,
    Matter,
    Rule,
    Stage,
    Unit,
    regime_for,
    rule_of,
)
from tests.deadlines.days import CALENDAR, HOURS, at, day

NOW, OLD = day("2026-11-23"), day("2021-06-30")


def test_regimes_follow_each_other_without_a_gap() -> None:
    for older, newer in pairwise(LAW.regimes):
        assert older.valid_to is not None
        assert older.valid_to + timedelta(days=1) == newer.valid_from
    assert LAW.regimes[-1].valid_to is None
    with pytest.raises(ValueError, match="2006-12-31"):
        LAW.regime_on(day("2006-12-31"))


def test_the_regime_is_of_the_moment_of_receipt() -> None:
    midnight = datetime(2021, 6, 30, 18, 0, tzinfo=UTC)
    assert regime_for(midnight).code == "code-2021"
    assert regime_for(midnight - timedelta(microseconds=1)).code == "law-2007"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("on", [OLD, NOW])
def test_every_kind_has_its_rules_at_every_time(kind: str, on: date) -> None:
    for matter in (Matter.REGISTRATION, Matter.TERM, Matter.FORWARDING, Matter.EXTENSION, Matter.CORRECTION):
        rule = LAW.rule(matter, kind, on)
        assert rule.holds(on)
        assert rule.concerns(kind)


@pytest.mark.parametrize(
    ("matter", "subject", "on", "id_", "value"),
    [
        (Matter.TERM, "statement", NOW, "R14", (15, Unit.WORKING_DAYS)),
        (Matter.TERM, "inquiry", NOW, "R20", (15, Unit.WORKING_DAYS)),
        (Matter.TERM, "inquiry", OLD, "L2007-TERM", (15, Unit.CALENDAR_DAYS)),
        (Matter.TERM_WITH_CHECK, "statement", OLD, "L2007-TERM-CHECK", (30, Unit.CALENDAR_DAYS)),
        (Matter.TERM, Stage.HANDOVER, NOW, "C03", (3, Unit.WORKING_DAYS)),
        (Matter.TERM, Stage.REVIEW, NOW, "C07", (20, Unit.WORKING_DAYS)),
        (Matter.FORWARDING, "message", NOW, "R13", (3, Unit.WORKING_DAYS)),
        (Matter.EXTENSION, "statement", NOW, "R15", (2, Unit.MONTHS)),
        (Matter.EXTENSION, "statement", OLD, "L2007-EXT", (30, Unit.CALENDAR_DAYS)),
        (Matter.EXTENSION_NOTICE, "statement", NOW, "R15-NOTICE", (3, Unit.WORKING_DAYS)),
        (Matter.EXTENSION_NOTICE, "statement", OLD, "L2007-EXT-NOTICE", (3, Unit.CALENDAR_DAYS)),
        (Matter.HEARING, "statement", NOW, "R18", (3, Unit.WORKING_DAYS)),
        (Matter.COMPLAINT_FILING, "complaint", NOW, "C06", (3, Unit.MONTHS)),
    ],
)
def test_what_the_law_gives(
    matter: Matter, subject: str, on: date, id_: str, value: tuple[int, Unit]
) -> None:
    rule = LAW.rule(matter, subject, on)
    assert (rule.id, (rule.amount, rule.unit)) == (id_, value)


@pytest.mark.parametrize(
    ("matter", "subject", "on"),
    [
        (Matter.HEARING, "inquiry", NOW),
        (Matter.HEARING, "statement", OLD),
        (Matter.SUSPENSION, "statement", OLD),
        (Matter.SUSPENSION, Stage.HANDOVER, NOW),
        (Matter.SILENCE, "statement", OLD),
        (Matter.EXTENSION, Stage.REVIEW, NOW),
    ],
)
def test_what_the_law_does_not_give(matter: Matter, subject: str, on: date) -> None:
    assert LAW.find(matter, subject, on) is None
    with pytest.raises(LookupError, match=matter):
        LAW.rule(matter, subject, on)


def test_next_years_amendment_is_a_row() -> None:
    shorter = rule_of(
        {
            "id": "R14",
            "matter": "term",
            "act": "code-2021",
            "article": "76(1)",
            "valid_from": date(2027, 1, 1),
            "evidence": "read",
            "of": ["statement", "complaint"],
            "procedure": "general",
            "amount": 10,
            "unit": "working_days",
        }
    )
    law = LAW.amended(shorter)

    def days(received: str, kind: str = "statement") -> tuple[int, date]:
        term = open_term(kind, at(received), HOURS, CALENDAR, law=law)
        return term.term_days, term.due_on

    # By the moment of receipt, not by the day of registration.
    assert days("2026-12-31T23:59") == (15, day("2027-01-27"))
    assert days("2027-01-01T00:00") == (10, day("2027-01-20"))
    assert days("2027-02-01", "inquiry") == (15, day("2027-02-22"))
    assert open_term("statement", at("2027-02-01"), HOURS, CALENDAR).term_days == 15
    assert rule_sentence(law.named("R14", day("2027-02-01")), "en").endswith("the term is 10 working days.")


def test_an_amendment_may_end_and_what_it_changed_holds_again() -> None:
    usual = LAW.rule(Matter.TERM, "statement", NOW)
    for_a_year = replace(usual, amount=20, valid_from=date(2027, 1, 1), valid_to=date(2027, 12, 31))
    law = LAW.amended(for_a_year)
    days = [law.rule(Matter.TERM, "statement", date(year, 6, 1)).amount for year in (2026, 2027, 2028)]
    assert days == [15, 20, 15]
    assert law.named("R14", date(2027, 6, 1)) is for_a_year


def test_rules_that_stand_side_by_side_are_amended_one_by_one() -> None:
    operator, head = LAW.all(Matter.WARNING, "statement", NOW)
    law = LAW.amended(replace(operator, amount=5, valid_from=date(2026, 1, 1)))
    assert [(rule.id, rule.amount) for rule in law.all(Matter.WARNING, "statement", NOW)] == [
        ("W-HEAD", head.amount),
        ("W-OPERATOR", 5),
    ]


def test_an_unknown_id_and_an_id_of_two_matters() -> None:
    with pytest.raises(KeyError):
        LAW.named("R99", NOW)
    with pytest.raises(ValueError, match="R14: one id has one matter"):
        LAW.amended(replace(LAW.named("R14", NOW), matter=Matter.FORWARDING))


ROW: dict[str, Any] = {"id": "X", "matter": "term", "valid_from": date(2027, 1, 1), "evidence": "read"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"matter": "lunch"}, "rule X: 'lunch'"),
        ({"evidence": "hearsay"}, "rule X: 'hearsay'"),
        ({"unit": "weeks"}, "rule X: 'weeks'"),
        ({"amount": 3}, "rule X: X: 3 of no unit"),
        ({"amount": -1, "unit": "months"}, "rule X: X: -1"),
        ({"valid_to": date(2026, 1, 1)}, "rule X: X: ends on 2026-01-01"),
        ({"reading": "on_top", "readings": ["in_all"]}, "rule X: X: 'on_top' is none of its readings"),
        ({"aricle": "76"}, "rule X: no such columns: aricle"),
    ],
)
def test_a_bad_row_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        rule_of(ROW | wrong)
    with pytest.raises(ValueError, match=r"rule \?"):
        rule_of({"matter": "term"})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", LAW.rules, ids=lambda rule: rule.id)
def test_every_rule_says_what_and_where(rule: Rule, language: Language) -> None:
    assert known(f"rule.{rule.id}")
    assert known(f"law.{rule.act or 'none'}")
    sentence, source = rule_sentence(rule, language), rule_source(rule, language)
    assert sentence.endswith(".")
    assert "{" not in sentence + source
    # What a rule counts is said in its sentence, so that an amendment of the row changes the sentence too.
    assert str(rule.amount or "") in sentence
    assert rule.article in source
    assert ("{period}" in _catalogue(rule, language)) == (rule.unit is not None)


def _catalogue(rule: Rule, language: Language) -> str:
    return catalogues()[language][f"rule.{rule.id}"]


def test_what_is_not_read_is_marked() -> None:
    """The rules whose text nobody has read yet; one leaves this list by being read, with its row."""
    read = {rule.id for rule in LAW.rules if rule.evidence is Evidence.READ}
    assert {"R06", "R10", "R14", "R15-NOTICE", "R16"} <= read
    assert not {"C07", "R17", "R18", "R20", "L2007-TERM", "B-DAY0", "R12-BACK"} & read


def test_a_law_without_rules_decides_nothing() -> None:
    nothing = Law([], LAW.regimes)
    with pytest.raises(ValueError, match="not a kind of appeal"):
        open_term("statement", at("2026-11-23"), HOURS, CALENDAR, law=nothing)
