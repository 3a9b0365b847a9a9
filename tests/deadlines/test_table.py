"""docs/deadlines.md says what the service decides by."""

from dataclasses import replace

from app.deadlines.regimes import GROUPS, LAW, Matter
from app.deadlines.table import PAGE, READINGS, render
from tests.deadlines.days import day


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run: python -m app.deadlines.table"


def test_every_rule_stands_on_the_page_with_its_value() -> None:
    page = render()
    for rule in LAW.rules:
        assert f"| **{rule.id}** |" in page
        assert rule.note in page
    assert {matter for matters in GROUPS.values() for matter in matters} == set(Matter)
    assert {reading for rule in LAW.rules for reading in rule.readings} == set(READINGS)


def test_an_amendment_stands_beside_what_it_changes() -> None:
    amended = replace(LAW.named("R14", day("2026-01-01")), amount=10, valid_from=day("2027-01-01"))
    rows = [line for line in render(LAW.amended(amended)).splitlines() if line.startswith("| **R14** |")]
    assert "15 working days | read |" in rows[0]
    assert "from 2027-01-01 | statement, complaint | 10 working days | read |" in rows[1]
