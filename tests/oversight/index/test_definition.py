"""The file of the definition: what is wrong with one is said, by version and place."""

from datetime import date
from decimal import Decimal
from importlib.resources import files

import pytest

from app.directory.files import DataError
from app.oversight.columns import COUNTS
from app.oversight.index import definition, periods
from app.oversight.index.definition import read, version_on, versions
from app.oversight.index.periods import of_code, over, whole_months

TEXT = files(definition.__package__ or "").joinpath("definition.toml").read_text("utf-8")


def test_the_definition_is_whole() -> None:
    for version in versions():
        assert sum(one.weight for one in version.components) == 1
        assert set(version.figures) <= set(COUNTS)
        assert version.closes_after_days <= 30


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("weight = 0.35", "weight = 0.34", "version of 2026-01-01: the weights add up to 0.99, not to 1"),
        ("weight = 0.35", "weight = 1.35", "version.0.component.0.weight"),
        ('part = ["closed_late"]', 'part = ["closed_lately"]', "left_late: no figure 'closed_lately'"),
        ('part = ["closed_late"]', 'part = ["on_time_share"]', "left_late: no figure 'on_time_share'"),
        ('less = ["answered_late"]', 'less = ["answered"]', "a figure is added and taken off"),
        ("floor = 0.70", "floor = 1.00", "on_time: floor and target are the same"),
        ('code = "came_back"', 'code = "resolved"', "'resolved' is there twice"),
        ("least = 300\n", "least = 30\n", "bands go from few to many"),
        ("from = 2026-01-01", "from = 2026-01-02", "it begins with a month"),
        ("least_cases = 30", "least_cases = 0", "version.0.least_cases"),
        ("least_cases = 30", "lest_cases = 30", "version.0.least_cases"),
        ("least_cases = 30", "least_cases = ", "Invalid value"),
        ("[[version]]", "[versions]\n[[version]]", "versions: Extra inputs"),
    ],
)
def test_a_wrong_file_is_refused(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(DataError) as refused:
        read(TEXT.replace(old, new, 1))
    assert str(refused.value).startswith("index/definition.toml: ")
    assert said in str(refused.value)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(DataError, match="version: Field required"):
        read("")


def test_versions_follow_each_other() -> None:
    later = TEXT.replace("from = 2026-01-01", "from = 2027-01-01").replace("0.70", "0.80")
    assert [one.components[0].floor for one in read(TEXT + later)] == [Decimal("0.70"), Decimal("0.80")]
    with pytest.raises(DataError, match="in the order of their days"):
        read(later + TEXT)


def test_a_period_has_the_version_of_its_first_day() -> None:
    first = versions()[0]
    assert version_on(first.first) is first
    assert version_on(date(2007, 1, 1)) is first, "what is before the first version is judged by it"


def test_bands_and_who_is_in_none() -> None:
    bands = [versions()[0].band_of(received) for received in (0, 29, 30, 299, 300, 2999, 3000, 10**6)]
    assert [band.code if band else None for band in bands] == [
        *(None, None, "small", "small", "middle", "middle", "large", "large")
    ]


@pytest.mark.parametrize("code", ["2026", "2026-Q1", "2026-Q4", "2026-01", "2026-12", "2024-02", "2060"])
def test_a_period_and_its_code(code: str) -> None:
    span = of_code(code)
    assert span is not None
    assert span.code == code
    assert whole_months(span.first, span.last) == span


@pytest.mark.parametrize("code", ["", "2026-Q5", "2026-13", "2026-7", "26-Q1", "2026-Q1 ", "2061", "²026"])
def test_what_is_no_period(code: str) -> None:
    assert of_code(code) is None


def test_a_half_year_has_no_code() -> None:
    half = whole_months(date(2021, 1, 1), date(2021, 6, 30))
    assert half is not None
    assert half.code is None
    assert whole_months(date(2021, 1, 1), date(2021, 6, 29)) is None
    assert whole_months(date(2021, 2, 1), date(2021, 4, 30)) not in (None, half)


def test_what_is_over() -> None:
    codes = [span.code for span in over(date(2026, 1, 1), date(2026, 4, 1))]
    assert codes == ["2026-01", "2026-02", "2026-03", "2026-Q1"]
    assert [span.code for span in over(date(2026, 1, 1), date(2026, 3, 31))] == ["2026-01", "2026-02"]
    # Of a year that had begun already only what begins later.
    assert [span.code for span in over(date(2026, 11, 1), date(2027, 1, 1))] == ["2026-11", "2026-12"]
    assert list(over(date(2027, 1, 1), date(2026, 1, 1))) == []
    assert periods.last_quarter(date(2026, 1, 1)) == of_code("2025-Q4")
