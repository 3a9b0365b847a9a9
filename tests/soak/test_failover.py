"""The leader killed and cut off, with a writer on its own side."""

import pytest

from tests.soak.cluster import cluster, missing
from tests.soak.failover import Failover


@pytest.mark.timeout(3600)
async def test_what_was_acknowledged_survives_the_leader(request: pytest.FixtureRequest) -> None:
    if lacking := missing():
        pytest.skip(lacking)
    with cluster() as found:
        said = await Failover(found).endure(kills=1, cuts=1)
    request.config.get_terminal_writer().line(f"\n{said}")
