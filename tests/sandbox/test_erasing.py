"""What integrators try is not kept."""

from datetime import timedelta

import httpx
import pytest

from app.core import clock
from app.core.db import Database
from app.sandbox import erasing
from tests.intake.tickets.centre import Centre, good
from tests.sandbox.test_life import ANSWER, tried


async def move_back(db: Database, days: int) -> None:
    async with db.transaction() as connection:
        await connection.execute("SET ROLE NONE")
        await connection.execute(
            "UPDATE event SET at = at - $1::interval, changed_at = changed_at - $1::interval",
            timedelta(days=days),
        )
        await connection.execute("SET ROLE ls_worker")


async def test_a_test_is_erased_after_thirty_days(
    db: Database, centre: Centre, sandbox: Centre, client: httpx.AsyncClient
) -> None:
    await centre.brought()
    brought = await sandbox.brought()
    await tried(sandbox, "answer", **ANSWER)
    await move_back(db, 29)
    await erasing.erase(db)
    assert len(await sandbox.rows("SELECT FROM content")) == 3
    await sandbox.brought("young")
    await move_back(db, 2)
    await sandbox.brought("younger")
    await erasing.erase(db)
    kept = {"109-1": False, "young": True, "younger": True}
    found = await sandbox.rows(
        "SELECT a.external_id, c.id IS NOT NULL AS said, p.appeal_id IS NOT NULL AS named FROM appeal a "
        "LEFT JOIN content c ON c.appeal_id = a.id LEFT JOIN applicant p ON p.appeal_id = a.id "
        "WHERE a.source_id = $1",
        sandbox.source_id,
    )
    assert {one["external_id"]: one["said"] for one in found} == kept
    assert {one["external_id"]: one["named"] for one in found} == kept
    assert await centre.value("SELECT count(*) FROM content WHERE appeal_id % 100000000 < 90000000") == 1, (
        "what is in earnest stays"
    )
    assert (await sandbox.state("109-1"))["status"] == "answered"
    code = {"x-access-code": brought["access_code"]}
    page = good(await client.get(f"/api/v1/appeals/{brought['number']}", headers=code))
    assert page["answer"]["text"] is None


async def test_the_apps_role_erases_nothing_else(db: Database, centre: Centre) -> None:
    await centre.brought()
    with pytest.raises(Exception, match="permission denied"):
        async with db.transaction() as connection:
            await connection.execute("DELETE FROM content")
    async with db.transaction() as connection:
        future = clock.now() + clock.days(9999)
        assert await connection.fetchval("SELECT erase_sandbox($1, 1000)", future) == 0
