"""Five of the rounds of `./run soak`: each part is shot, and nothing that was confirmed is lost."""

import os
from random import Random

import pytest

from tests.ops.rounds import FEW, Rounds, of_environment
from tests.ops.whole import Whole, open_folder


async def test_nothing_is_lost_in_five_rounds(request: pytest.FixtureRequest) -> None:
    seed = of_environment(os.environ.get("LS_SEED"))
    shots = Random(seed).sample(FEW, len(FEW))
    request.config.get_terminal_writer().line(f"\nseed {seed}: {', '.join(shots)}")
    with open_folder() as folder:
        async with Whole(folder, LS_WORKERS="1").running() as whole:
            said = await Rounds(whole, shots, seed).endure()
    request.config.get_terminal_writer().line(f"\n{said}")
