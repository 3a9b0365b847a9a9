"""What happens to a test is followed and told as in earnest: by cursor, and by signed webhook."""

from pathlib import Path

import httpx
import pytest

from app.core.db import Database
from app.settings import Settings
from tests.delivery.post import EVERY, Post
from tests.delivery.receivers import receiver
from tests.intake.tickets.centre import Centre, good
from tests.sandbox.conftest import open_sandbox
from tests.sandbox.test_life import ANSWER, tried
from tests.support import SECRET


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(secret_key=SECRET, data_dir=tmp_path, outbound_allow="127.0.0.1")


@pytest.fixture
async def sandbox(real_db: Database, real_client: httpx.AsyncClient) -> Centre:
    return await open_sandbox(real_db, real_client)


async def test_its_changes_come_by_the_cursor(sandbox: Centre) -> None:
    await sandbox.brought()
    first = await sandbox.changes()
    assert [item["external_id"] for item in first["items"]] == ["109-1"]
    await tried(sandbox, "forward", to="energy", reason="Оныкі.")
    await tried(sandbox, "answer", **ANSWER)
    (changed,) = (await sandbox.changes(cursor=first["next_cursor"]))["items"]
    assert changed == await sandbox.state("109-1")
    assert (changed["status"], changed["agency"]["code"], changed["sandbox"]) == ("answered", "energy", True)


async def test_its_webhooks_are_sent_and_say_that_it_is_a_test(
    sandbox: Centre, real_db: Database, real_client: httpx.AsyncClient, settings: Settings
) -> None:
    post = Post(real_db, real_client, settings)
    async with receiver() as screen:
        said = {"url": screen.url, "events": EVERY}
        secret = good(await sandbox.ask("POST", "/webhooks", json=said), 201)["secret"]
        await sandbox.brought()
        await tried(sandbox, "forward", to="energy", reason="Оныкі.")
        await tried(sandbox, "answer", **ANSWER)
        await post.deliver()
        told = [request.verified(secret) for request in screen.requests]
    assert [one["type"] for one in told] == ["appeal.registered", "appeal.forwarded", "appeal.answered"]
    assert all(one["data"]["sandbox"] and one["data"]["external_id"] == "109-1" for one in told)
    assert [one["data"]["agency"] for one in told] == ["akimat-turkistan", "energy", "energy"]
