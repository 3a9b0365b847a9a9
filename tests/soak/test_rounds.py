"""A hundred rounds of SIGKILL of the app, the worker and PostgreSQL under load. `LS_SEED` repeats a run."""

import os

import pytest

from tests.ops.rounds import Rounds, drawn, of_environment
from tests.ops.whole import Whole, open_folder

ROUNDS = 100


@pytest.mark.timeout(7200)
async def test_nothing_is_lost_in_a_hundred_rounds(request: pytest.FixtureRequest) -> None:
    seed = of_environment(os.environ.get("LS_SEED"))
    request.config.get_terminal_writer().line(f"\nseed {seed}")
    with open_folder() as folder:
        async with Whole(folder, LS_WORKERS="2").running() as whole:
            said = await Rounds(whole, drawn(ROUNDS, seed), seed, wait=(0.1, 3.0)).endure()
    request.config.get_terminal_writer().line(f"\n{said}")
