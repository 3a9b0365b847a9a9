"""What is logged of an error: where and what kind, and nothing that somebody wrote."""

import io
import logging

import asyncpg
import pytest

from app.core.cipher import CipherError
from app.core.errors import Invalid
from app.core.log import Careful, kind

MARK = "Құпиясөзов"


@pytest.fixture
def written() -> tuple[logging.Logger, io.StringIO]:
    out = io.StringIO()
    handler, logger = logging.StreamHandler(out), logging.Logger("asyncio")
    handler.setFormatter(Careful("%(message)s"))
    logger.addHandler(handler)
    return logger, out


def test_an_error_with_what_led_to_it(written: tuple[logging.Logger, io.StringIO]) -> None:
    logger, out = written
    try:
        try:
            int(MARK)
        except ValueError as error:
            raise LookupError(MARK) from error
    except LookupError as error:
        logger.error("unexpected error at %s", "/appeals/{number}", exc_info=error)
    said = out.getvalue()
    assert said.startswith("unexpected error at /appeals/{number}\n")
    assert said.index("ValueError") < said.index("LookupError")
    assert f"{__file__}:" in said
    assert MARK not in said


def test_what_asyncio_says_of_a_task(written: tuple[logging.Logger, io.StringIO]) -> None:
    logger, out = written
    logger.error("Task exception was never retrieved\nfuture: <Task exception=%r>", ValueError(MARK))
    assert out.getvalue() == "Task exception was never retrieved\n"


def test_kinds() -> None:
    broken = asyncpg.CheckViolationError(MARK)
    broken.table_name, broken.constraint_name = "content", "ck_content_kind"
    assert kind(broken) == "CheckViolationError (23514, content, ck_content_kind)"
    assert kind(ValueError(MARK)) == "ValueError"
    assert kind(CipherError("content.body: the stored value was changed")) == (
        "CipherError: content.body: the stored value was changed"
    )
    assert kind(Invalid.of("text", "blank")) == "Invalid: invalid"
