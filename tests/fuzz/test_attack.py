"""The attack with a fixed seed, short enough for every run; `./run fuzz` draws anew, and for longer."""

from pathlib import Path

import pytest

from app.core.db import DatabaseUrls
from tests.fuzz.attack import attack

SEED = 7


@pytest.mark.xdist_group("attack")
@pytest.mark.timeout(600)
async def test_all_of_the_api_as_everybody(real_urls: DatabaseUrls, tmp_path: Path) -> None:
    few = ("--phases", "fuzzing,stateful", "--max-examples", "1")
    found = await attack(real_urls, tmp_path, SEED, *few)
    assert found.status == 0, found.said
    assert found.log == []
