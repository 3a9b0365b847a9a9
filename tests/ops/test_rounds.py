"""Ten of the rounds of `./run soak`: everything is shot once or more, and nothing that was confirmed is lost."""

import asyncio
import os
from random import Random

import pytest

from tests.ops.rounds import FEW, Rounds, of_environment
from tests.ops.whole import Whole, open_folder


async def test_nothing_is_lost_in_ten_rounds(request: pytest.FixtureRequest) -> None:
    seed = of_environment(os.environ.get("LS_SEED"))
    shots = Random(seed).sample(FEW, len(FEW))
    print(f"seed {seed}: {shots}")
    with open_folder() as folder:
        whole = Whole(folder, LS_WORKERS="1")
        await asyncio.to_thread(whole.start)
        try:
            said = await Rounds(whole, shots, seed).endure()
        finally:
            whole.end()
    request.config.get_terminal_writer().line(f"\n{said}")
