from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from app.core.db import Database, DatabaseUrls
from bench.pgbench import counts, literal, random_bytes, read_log, run, script

SAID = """\
pgbench (18.4)
number of clients: 32
number of transactions actually processed: 4012
number of failed transactions: 3 (0.075%)
latency average = 11.9 ms
tps = 2712.7 (without initial connection time)
"""


def test_counts_are_read_from_its_report() -> None:
    assert counts(SAID) == (4012, 3)


def test_log_gives_when_and_how_long() -> None:
    (sample,) = read_log("3 17 12500 0 1750000000 250000\n3 18 failed 0 1750000000 300000\n")
    assert sample == (1750000000.25, 0.0125)


def test_script_takes_one_row_at_random_and_makes_anew_what_is_fresh() -> None:
    made = script(
        "SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[])",
        [[7, 8], ["same", "same"], ["x:y", None], [b"", b""]],
        {1: "nextval('s')", 4: random_bytes("ab")},
    )
    assert r"\set variant random(1, 2)" in made
    assert made.splitlines()[-1] == (
        "SELECT * FROM unnest(ARRAY[nextval('s')]::bigint[], ARRAY[E'same']::text[], "
        r"ARRAY[(ARRAY[E'x\x3ay', NULL]::text[])[:variant]]::text[], "
        "ARRAY[int8send(:a) || int8send(:b)]::bytea[]);"
    )


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ('{"a":null,"b":"\\u0041 \'x\' \\\\ қ:name"}', "text"),
        ("line\nline", "text"),
        (b"\x00:\xff", "bytea"),
        (date(2026, 3, 1), "date"),
        (-5, "bigint"),
        (None, "text"),
    ],
)
async def test_literal_is_the_value_and_has_no_variable_in_it(db: Database, value: Any, kind: str) -> None:
    written = literal(value)
    assert ":" not in written
    async with db.read() as connection:
        assert await connection.fetchval(f"SELECT {written}::{kind}") == value


async def test_machine_that_stood_still_is_asked_again(
    owner: asyncpg.Connection, real_urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = urlsplit(real_urls.owner)
    if not (sockets := parse_qs(url.query).get("host")):
        pytest.skip("this server has no socket")
    await owner.execute("CREATE SEQUENCE turn")
    monkeypatch.setattr("bench.pgbench.DATABASE", url.path.lstrip("/"))
    still = 1.9  # seconds, which is past the end of a run: nothing is done in its window
    source = f"SELECT pg_sleep(CASE nextval('turn') WHEN 2 THEN {still} ELSE 0.01 END);\n"
    found = run(source, sockets[0], clients=1, settle=0.2, seconds=0.8, login=url.username or "")
    assert found.processed == await owner.fetchval("SELECT last_value FROM turn")
    assert found.failed == 0
    assert 0 < found.window.rate < 100
    assert all(0.01 < took < still for took in found.window.took)
