"""That the statistics are read from rollups, whatever the size of the record; for a test of any size."""

from collections.abc import Iterable
from datetime import date

from app.core.db import Database, DatabaseUrls
from app.oversight import rollups
from app.oversight.statistics import Period
from app.retention import erasing
from bench.made import country
from bench.made.cli import analyzed, differences, rolled_up
from bench.made.country import Plan, make
from bench.made.questions import Reads, compliance_reads, questions, reads, reads_for_any, statement_reads
from bench.made.sizes import LAST
from tests.support import SECRET

BY_COMMIT = "ix_counter_delta_xid"
RECORD = {"appeal", "event", "content", "applicant", "ledger"}


async def read_from_rollups(urls: DatabaseUrls, db: Database, appeals: int, processes: int) -> None:
    """Makes so many appeals in an empty record and looks at the plan of each question.

    The distinct appeals of the total look at the holdings of acts that are not folded yet, one by one;
    nothing else looks at a holding. Where a whole year is asked for, those deltas alone are read that are not
    folded yet, by the plan that a connection keeps too.
    """
    made = make(Plan(appeals, LAST), urls, SECRET, processes=processes, progress=lambda done, all_: None)
    assert made == appeals // country.ALIKE * country.ALIKE
    await rolled_up(urls)
    await analyzed(urls)
    assert not await differences(urls, 3, seed=1)
    async with db.read() as connection:
        last_year = Period(date(LAST.year - 1, 1, 1), date(LAST.year - 1, 12, 31))
        for asked in questions(LAST):
            found = await reads(connection, asked, LAST)
            tables = {one.table for one in found}
            assert not tables & RECORD, asked.name
            assert [one for one in found if one.table == "holding" and not one.apart] == [], asked.name
            assert not scanned(found), asked.name
            if asked.quick and asked.period.last.year > asked.period.first.year:
                assert "rollup_year" in tables, asked.name
            if asked.period == last_year and asked.quick:
                kept = await reads_for_any(connection, asked, LAST)
                assert {one.index for one in kept if one.table == "counter_delta"} == {BY_COMMIT}, asked.name
            figures = await compliance_reads(connection, asked, LAST)
            assert not {one.table for one in figures} & {*RECORD, "holding"}, asked.name
            if asked.quick:
                assert not scanned(figures), asked.name
        kept_until = date(LAST.year - 5, 1, 1)
        assert not scanned(await statement_reads(connection, erasing.DUE, kept_until, 0, erasing.AT_ONCE))
        newest = await connection.fetchval("SELECT max(xid)::text FROM counter_delta")
        for sql in (rollups.ADD, rollups.AGAIN):
            assert not scanned(await statement_reads(connection, sql, newest, str(int(newest) + 1)))


def scanned(found: Iterable[Reads]) -> set[str]:
    """Tables of the record, and the deltas, that are read from one end to the other."""
    kept = {*RECORD, "holding", "counter_delta"}
    return {one.table for one in found if one.table in kept and one.how == "Seq Scan"}
