"""What the audit of packages says of what pip-audit found."""

import json

import pytest

from tests.audit import NOT_DONE, judged

GOOD = {"name": "httpx", "version": "0.28", "vulns": []}
WEAK = {"name": "jinja2", "version": "2.0", "vulns": [{"id": "PYSEC-1"}, {"id": "CVE-2"}]}
SKIPPED = {"name": "uvicorn", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "status", "line"),
    [
        ([GOOD, GOOD, SKIPPED], 0, "audit: 2 of 3 packages asked for, no known weakness"),
        ([GOOD, WEAK], 1, "audit: known weaknesses: jinja2 2.0: PYSEC-1, CVE-2"),
        ([SKIPPED, SKIPPED, WEAK], 1, "audit: known weaknesses: jinja2 2.0: PYSEC-1, CVE-2"),
        ([SKIPPED, SKIPPED, GOOD], 0, NOT_DONE),
    ],
)
def test_what_the_audit_says(packages: list[dict[str, object]], status: int, line: str) -> None:
    assert judged(json.dumps({"dependencies": packages})) == (status, line)


@pytest.mark.parametrize("found", ["", "no JSON", "{}"])
def test_without_anybody_to_ask_nothing_fails(found: str) -> None:
    assert judged(found) == (0, NOT_DONE)
