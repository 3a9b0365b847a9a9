"""Every form of every template has its token; nothing in a template is inline or another's."""

import re
from collections.abc import Iterator

import pytest

from tests.repository.source import APP

TEMPLATES = sorted(APP.rglob("templates/**/*.html"))
FORM = re.compile(r"<form\b[^>]*method=\"post\"[^>]*>.*?</form>", re.DOTALL)
TOKEN = re.compile(r"forms\.token\(visitor\)|name=\"form\" value=\"\{\{ (?:me\.)?visitor\.form_token \}\}\"")
BEGUN = re.compile(r"<form\b[^>]*method=\"post\"")
# `on` begins names that are no handlers.
INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\ssrc=)|javascript:|(?:src|href|action)=\"(?:https?:)?//"
)


def posts() -> Iterator[tuple[str, str]]:
    for path in TEMPLATES:
        yield from ((path.name, form) for form in FORM.findall(path.read_text(encoding="utf-8")))


def test_every_form_that_changes_something_has_its_token() -> None:
    found = list(posts())
    assert len(found) == sum(len(BEGUN.findall(path.read_text(encoding="utf-8"))) for path in TEMPLATES) > 30
    assert not [(name, form[:120]) for name, form in found if not TOKEN.search(form)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_nothing_is_inline_or_from_elsewhere(path: object) -> None:
    assert not INLINE.findall(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
