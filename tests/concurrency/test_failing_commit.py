"""When the commit fails nobody is told that it worked, and trying again gives a good answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from app.core.db import DatabaseUrls
from tests.casework.people import ANSWER, Office
from tests.concurrency.test_registration import APPEAL, posted, rows

AT_COMMIT = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the disk is gone' USING ERRCODE = 'disk_full'; END $$;
CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT OR UPDATE ON {table}
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()
"""


@asynccontextmanager
async def commits_fail(urls: DatabaseUrls, table: str) -> AsyncIterator[None]:
    """While this holds, every transaction that writes to the table fails at its commit."""
    owner = await asyncpg.connect(urls.owner)
    try:
        await owner.execute(AT_COMMIT.format(table=table))
        yield
        await owner.execute("DROP FUNCTION refuse CASCADE")
    finally:
        await owner.close()


async def test_filing(office: Office, real_urls: DatabaseUrls) -> None:
    key = "the-key-of-this-message"
    async with commits_fail(real_urls, "appeal"):
        refused = await posted(office.client, APPEAL, key)
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
    assert await rows(office) == 0
    again = await posted(office.client, APPEAL, key)
    assert again.status_code == 201
    assert (await posted(office.client, APPEAL, key)).json() == again.json()
    assert await rows(office) == 1


@pytest.mark.parametrize("table", ["holding", "event", "counter_delta"])
async def test_answering(office: Office, real_urls: DatabaseUrls, table: str) -> None:
    number = (await office.file()).number
    await office.person("operator@energy")
    async with commits_fail(real_urls, table):
        refused = await office.try_act("operator@energy", number, "answer", '"1"', **ANSWER)
        assert refused.status_code == 503
    unchanged = await office.case("operator@energy", number)
    assert (unchanged["status"], unchanged["version"], unchanged["answer"]) == ("registered", 1, None)
    answered = await office.act("operator@energy", number, "answer", '"1"', **ANSWER)
    assert answered["status"] == "answered"


async def test_claiming(office: Office, real_urls: DatabaseUrls) -> None:
    number = (await office.file()).number
    person = await office.person("operator@energy")
    async with commits_fail(real_urls, "holding"):
        refused = await office.client.post("/api/v1/queue/claim", headers=person.headers)
        assert refused.status_code == 503
    assert await office.queue("operator@energy") == [number]


async def test_keeping_a_draft(office: Office, real_urls: DatabaseUrls) -> None:
    number = (await office.file()).number
    await office.act("operator@energy", number, "answer", **ANSWER)
    await office.person("asel@energy")
    async with commits_fail(real_urls, "draft"):
        refused = await office.try_act("asel@energy", number, "answer", '"1"', **ANSWER)
        assert refused.status_code == 503
    again = await office.try_act("asel@energy", number, "answer", '"1"', **ANSWER)
    assert (again.status_code, again.json()["draft_kept"]) == (409, True)
