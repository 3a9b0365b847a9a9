"""Charts: well-formed SVG, amounts from zero, names that lie on none of the others, and nothing unescaped."""

import xml.etree.ElementTree as ET

import pytest

from app.web.charts import HEIGHT, Bar, Series, bars, lines, sparkline


def points(svg: str) -> list[list[tuple[float, float]]]:
    found = []
    for line in ET.fromstring(svg).iter("polyline"):
        pairs = (point.split(",") for point in line.attrib["points"].split())
        found.append([(float(x), float(y)) for x, y in pairs])
    return found


def test_a_small_trend_begins_at_zero() -> None:
    ((first, *_, last),) = points(sparkline([0, 5, 10], "Өсіп барады"))
    assert first[1] > last[1]
    assert first[1] == 21
    ((low, high),) = points(sparkline([9, 10], "x"))
    assert low[1] - high[1] < 3, "a tenth more looks like a tenth more"


@pytest.mark.parametrize("values", [[], [7]])
def test_one_value_is_no_trend(values: list[int]) -> None:
    assert sparkline(values, "x") == ""


def test_names_beside_lines_lie_on_none_of_the_others() -> None:
    series = [Series(f"қатар {n}", [3, 5, 5]) for n in range(3)]
    svg = ET.fromstring(lines(series, ("1.10", "31.12"), "бәрі бірдей"))
    names = [float(one.attrib["y"]) for one in svg.iter("text") if (one.text or "").startswith("қатар")]
    assert len(names) == 3
    assert min(abs(a - b) for a in names for b in names if a is not b) >= 15
    assert all(0 < y <= HEIGHT for y in names)
    dashes = [one.attrib.get("stroke-dasharray") for one in svg.iter("polyline")]
    assert len(set(dashes)) == 3, "told apart in grey too"


@pytest.mark.parametrize("values", [[0, 0], [1, 2], [7, 3], [19, 999], [1, 1_000_000]], ids=str)
def test_every_point_is_within_the_axis(values: list[int]) -> None:
    ((*_, last),) = points(lines([Series("a", values)], ("a", "b"), "x"))
    assert 12 <= last[1] <= HEIGHT - 26
    texts = [one.text for one in ET.fromstring(lines([Series("a", values)], ("a", "b"), "x")).iter("text")]
    assert "0" in texts


def test_bars_are_as_long_as_what_they_say() -> None:
    rows = [Bar("Жер", 40, 10, "40"), Bar("Су", 20, 0, "20")]
    svg = ET.fromstring(bars(rows, "Тақырыптар"))
    widths = [(one.attrib["class"], float(one.attrib["width"])) for one in svg.iter("rect")]
    assert widths == [("whole", 300.0), ("late", 75.0), ("whole", 150.0)]
    assert svg.attrib["aria-label"] == "Тақырыптар"
    ET.fromstring(bars([], "ештеңе"))


def test_what_people_wrote_is_escaped() -> None:
    hostile = '"><script>alert(1)</script>'
    for svg in (
        sparkline([1, 2], hostile),
        lines([Series(hostile, [1, 2])], (hostile, hostile), hostile),
        bars([Bar(hostile, 1, 0, hostile)], hostile),
    ):
        assert "<script" not in svg
        ET.fromstring(svg)
