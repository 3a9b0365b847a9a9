"""The figures under many more courses of events than the tests have time for, each run with fresh seeds."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from app.core.db import DatabaseUrls
from tests.oversight.course import Real
from tests.oversight.test_stateful import Appeals

LONG = settings(max_examples=200, stateful_step_count=50, derandomize=False)


@pytest.mark.timeout(3600)
def test_every_figure_is_what_the_definitions_say_for_long(real_urls: DatabaseUrls) -> None:
    real = Real(real_urls)
    try:
        Appeals.real = real
        run_state_machine_as_test(Appeals, settings=LONG)
    finally:
        real.close()
