"""Each threat that docs/security.md names has a test that there is."""

import re

from tests.repository.source import ROOT

SECTION = re.compile(r"## Threats\n(.*?)\n### ", re.DOTALL)
TEST = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)


def test_each_threat_has_its_tests() -> None:
    found = SECTION.search((ROOT / "docs" / "security.md").read_text(encoding="utf-8"))
    assert found
    rows = [line.split("|") for line in found[1].splitlines() if line.startswith("|")][2:]
    assert len(rows) > 20
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in TEST.findall(path.read_text(encoding="utf-8"))
    }
    for _, threat, _, tests, _ in rows:
        named = re.findall(r"`(test_\w+)`", tests)
        assert named, f"{threat} has no test"
        assert set(named) <= there, f"{threat}: {set(named) - there} is not there"
