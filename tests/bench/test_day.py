"""What the report of a day says of rates that met the bar and of those that did not."""

from bench.day import Cores, Step, report
from bench.day_load import Failed, Ran


def step(rate: int, took: float, cores: Cores, *errors: Failed) -> Step:
    return Step(rate, Ran(1.0, {"tracking": [took] * 10}, list(errors)), cores)


def test_the_highest_rate_that_met_the_bar_and_what_gave_way_first() -> None:
    refused = [Failed("tracking", "503"), Failed("tracking", "503"), Failed("a case", "TimeoutError")]
    said = report(
        [
            step(225, 0.1, Cores(0.9, 0.5, 0.0, 0.1)),
            step(150, 0.1, Cores(0.6, 0.4, 0.0, 0.1)),
            step(300, 0.3, Cores(1.1, 0.7, 0.0, 0.1)),
            step(400, 0.1, Cores(0.2, 0.1, 0.0, 0.1), *refused),
        ],
        cores=2,
    )
    assert "The highest rate that met the bar: 225 a second" in said
    assert "| at 225 a second" in said
    assert "2 × 503, 1 × TimeoutError" in said
    assert "At 300 a second what gave way was the processor (1.90 of 2 cores)" in said
    assert "p99 over 200 ms: tracking." in said
    assert "At 400 a second what gave way was not the processor (0.40 of 2 cores)" in said
    assert "tracking (503) 2, a case (TimeoutError) 1" in said
