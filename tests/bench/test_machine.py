import os
import time
from pathlib import Path

import psutil
import pytest

from bench.machine import OtherLoad, Use, cpu_of, description, other_load, sync_time


def test_other_load_is_what_was_not_ours() -> None:
    before = Use(at=10.0, busy=100.0, ours=5.0, stolen=1.0)
    after = Use(at=20.0, busy=112.0, ours=15.0, stolen=1.5)
    found = other_load(before, after, of_cores=2)
    assert found.others == pytest.approx(0.10)
    assert found.stolen == pytest.approx(0.025)


@pytest.mark.parametrize(
    ("load", "high"),
    [
        (OtherLoad(others=0.01, stolen=0.0), False),
        (OtherLoad(others=0.30, stolen=0.0), True),
        (OtherLoad(others=0.0, stolen=0.10), True),
    ],
)
def test_a_machine_that_does_something_else_is_busy(load: OtherLoad, high: bool) -> None:
    assert load.high is high


def test_cpu_of_a_process_grows_with_its_work() -> None:
    me = psutil.Process()
    before, used = cpu_of(me), time.process_time()
    while time.process_time() - used < 0.1:
        sum(range(1000))
    assert cpu_of(me) - before > 0.05


def test_machine_is_described(tmp_path: Path) -> None:
    assert f"{psutil.cpu_count()} cores" in description("18.4")
    assert sync_time(tmp_path) > 0
    assert os.listdir(tmp_path) == ["sync"]
