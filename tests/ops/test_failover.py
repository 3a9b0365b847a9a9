"""A minute of what `./run soak` does to a leader: its link is cut, with a writer on its side, and heals."""

import pytest

from tests.soak.cluster import cluster, missing
from tests.soak.failover import Failover


@pytest.mark.timeout(900)  # nothing in it is judged by its time
async def test_what_was_acknowledged_survives_a_cut(request: pytest.FixtureRequest) -> None:
    if lacking := missing():
        pytest.skip(lacking)
    with cluster() as found:
        said = await Failover(found, pause=0.2).endure(kills=0, cuts=1)
    request.config.get_terminal_writer().line(f"\n{said}")
