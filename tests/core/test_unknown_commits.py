"""A commit is believed only without a warning and in its time: else nobody is told that it worked, and who
sends the same again is answered by what there is."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
from prometheus_client import REGISTRY

from app.core import db as core_db
from app.core.db import CommitUnknown, Database, DatabaseUrls, Login

APPEAL = {"kind": "inquiry", "language": "kk", "text": "Қашан?", "applicant": {"name": "Үлгі Сынақбаев"}}
WARNS = "RAISE WARNING 'canceling the wait for synchronous replication due to user request'"
"""What the server says when the wait for a standby is broken off, beside that it has committed."""
TAKES_LONG = "PERFORM pg_sleep(1)"


async def at_the_commit(owner: asyncpg.Connection, does: str) -> None:
    """Of whatever registers an appeal, or writes into `slow`."""
    await owner.execute(
        f"""
        CREATE OR REPLACE FUNCTION at_the_commit() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN {does}; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER at_the_commit AFTER INSERT ON appeal DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION at_the_commit();
        """
    )


def counted() -> float:
    return REGISTRY.get_sample_value("ls_unknown_commits_total") or 0.0


@pytest.fixture
async def web(real_urls: DatabaseUrls) -> AsyncIterator[Database]:
    db = await Database.open(real_urls, Login.WEB, pool_size=1)
    yield db
    await db.close()


@pytest.mark.parametrize(("does", "within"), [(WARNS, 15.0), (TAKES_LONG, 0.2)])
async def test_it_is_a_503_and_the_same_again_settles_it(
    real_client: httpx.AsyncClient,
    real_db: Database,
    owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    does: str,
    within: float,
) -> None:
    await at_the_commit(owner, does)
    monkeypatch.setattr(core_db, "COMMIT_WITHIN", within)
    before, key = counted(), {"idempotency-key": "settled-by-the-same-again"}
    for lang, said in (("kk", key), ("ru", {"idempotency-key": "of-somebody-else-altogether"})):
        said |= {"accept-language": lang}
        refused = await real_client.post("/api/v1/appeals", json=APPEAL, headers=said)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable"), refused.text
        assert refused.headers["content-language"] == lang
        assert int(refused.headers["retry-after"]) > 0
    assert counted() == before + 2
    await owner.execute("DROP TRIGGER at_the_commit ON appeal")
    again = await real_client.post("/api/v1/appeals", json=APPEAL, headers=key)
    assert again.status_code in {200, 201}, again.text
    once_more = await real_client.post("/api/v1/appeals", json=APPEAL, headers=key)
    assert (once_more.status_code, once_more.json()["number"]) == (200, again.json()["number"])
    assert await owner.fetchval("SELECT count(*) FROM appeal") in {1, 2}


async def test_nobody_is_given_a_connection_that_waits(
    web: Database, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line on which a commit hangs is cut, and the next one gets another."""
    await owner.execute("CREATE TABLE slow (id int); GRANT SELECT, INSERT ON slow TO ls_web")
    await at_the_commit(owner, TAKES_LONG)
    await owner.execute(
        "CREATE CONSTRAINT TRIGGER slowly AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION at_the_commit()"
    )
    monkeypatch.setattr(core_db, "COMMIT_WITHIN", 0.2)

    async def written() -> None:
        async with web.transaction() as connection:
            await connection.execute("INSERT INTO slow VALUES (1)")

    with pytest.raises(CommitUnknown):
        await written()
    async with web.read() as connection:
        assert await connection.fetchval("SELECT 1") == 1
