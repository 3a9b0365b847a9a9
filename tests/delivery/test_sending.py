"""Workers that share, slow receivers, workers that are killed, and what a person has to do in the end."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.appeals import numbers
from app.appeals.link_token import link_token
from app.core import clock
from app.core.db import Database, DatabaseUrls
from app.delivery.deliver import PLACES_OF_A_SUBSCRIBER, Deliverer
from app.delivery.fanout import fan_out
from app.directory import snapshot
from app.intake.register import register
from app.intake.submission import Person
from tests.casework.people import ANSWER, submission
from tests.delivery.post import EMAIL, PHONE, Post
from tests.delivery.receivers import Mailbox, Receiver, receiver
from tests.support import SECRET
from tests.warm import Command, without_ours

QUIET = Person(name="Сынақ")


async def test_a_slow_receiver_holds_up_no_other(post: Post, mailbox: Mailbox, hook: Receiver) -> None:
    async with receiver(Receiver(lambda n: (204, {}, 30.0))) as slow:
        await post.subscribe(slow.url)
        await post.subscribe(hook.url)
        await post.file(40)
        await fan_out(post.db, post.settings)
        deliverer = Deliverer(post.settings.model_copy(update={"delivery_timeout": 20}))
        for _ in range(20):
            await deliverer.round(post.db)
            if len(hook.requests) == len(mailbox.messages) == 40:
                break
        assert len(hook.requests) == len(mailbox.messages) == 40
        assert len(slow.requests) == PLACES_OF_A_SUBSCRIBER, "it has its own places and no more"
        for task in deliverer._sending:
            task.cancel()


async def test_many_workers_share_and_send_nothing_twice(post: Post, hook: Receiver) -> None:
    await post.subscribe(hook.url)
    filed = await post.file(30, applicant=QUIET)
    for one in filed[:10]:
        await post.office.act("head@energy", one.number, "answer", **ANSWER)
    await fan_out(post.db, post.settings)
    workers = [Deliverer(post.settings) for _ in range(4)]

    async def work(worker: Deliverer) -> None:
        while await post.ask("SELECT 1 FROM delivery WHERE state = 'pending'"):
            await worker.round(post.db)
            await worker.finish()

    await asyncio.gather(*map(work, workers))
    ids = [it.headers["webhook-id"] for it in hook.requests]
    assert len(ids) == len(set(ids)) == 40
    _in_order(hook)


def _in_order(hook: Receiver) -> None:
    """The first arrival of each message, by appeal."""
    kinds: dict[str, list[str]] = defaultdict(list)
    seen = set()
    for request in hook.requests:
        if request.headers["webhook-id"] not in seen:
            seen.add(request.headers["webhook-id"])
            kinds[request.json["data"]["number"]].append(request.json["type"])
    for order in kinds.values():
        assert order == ["appeal.registered", "appeal.answered"][: len(order)]


async def test_killed_in_the_middle_everything_arrives_under_one_id(
    post: Post, mailbox: Mailbox, hook: Receiver, real_urls: DatabaseUrls, tmp_path: Path
) -> None:
    """Real processes, SIGKILL, leases that end: at least once, in order, and the same ids."""
    hook.answers = lambda n: (204, {}, 0.02)
    await post.subscribe(hook.url)
    filed = await post.file(120)
    for one in filed[:40]:
        await post.office.act("head@energy", one.number, "answer", **ANSWER)
    environment = {
        **without_ours(),
        "LS_DATABASE_URL": real_urls.owner,
        "LS_SECRET_KEY": SECRET,
        "LS_SMTP_URL": f"smtp://127.0.0.1:{mailbox.port}",
        "LS_OUTBOUND_ALLOW": "127.0.0.1",
        "LS_DELIVERY_TIMEOUT": "2",
        "LS_DATA_DIR": str(tmp_path),
    }
    log = tmp_path / "log"
    for life in range(3):
        before = len(hook.requests)
        worker = Command(["worker"], environment, out=log)
        try:
            await _until(partial(_more_than, hook, before + 10))
        finally:
            await asyncio.to_thread(worker.kill)
        assert life or await post.ask("SELECT 1 FROM delivery WHERE state = 'pending'"), "nothing was left"
        # Their leases end by themselves after half a minute; the test does not wait for that.
        await post.do("UPDATE delivery SET leased_until = now() WHERE leased_until IS NOT NULL")
    await post.until_over()
    rows = await post.ask("SELECT notice_id, way, state FROM delivery")
    assert {row["state"] for row in rows} == {"delivered"}
    assert len(rows) == 320
    subscription = (await post.webhooks())[0]["id"]
    sent = {it.headers["webhook-id"] for it in hook.requests}
    assert sent == {f"msg_{row['notice_id']}_{subscription}" for row in rows if row["way"] == "webhook"}
    assert {it.split(".")[0] for it in mailbox.ids} == {f"<notice-{row['notice_id']}" for row in rows}
    _in_order(hook)
    written = log.read_text()
    for personal in (EMAIL, "Әлия", "жылу", hook.url):
        assert personal not in written


def _more_than(hook: Receiver, count: int) -> bool:
    return len(hook.requests) > count


async def _until(what: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to it"
        await asyncio.sleep(0.02)


async def test_what_a_dead_worker_leased_is_not_anybodys_until_the_lease_ends(
    post: Post, hook: Receiver
) -> None:
    await post.subscribe(hook.url)
    (filed,) = await post.file(applicant=QUIET)
    await post.office.act("head@energy", filed.number, "answer", **ANSWER)
    await fan_out(post.db, post.settings)
    soon = clock.now() + timedelta(seconds=30)
    await post.do(
        "UPDATE delivery SET leased_until = $1, attempts = 1 WHERE id = (SELECT min(id) FROM delivery)", soon
    )
    await post.deliver()
    assert not hook.requests, "nor does the next one overtake it"
    await post.do("UPDATE delivery SET leased_until = now()")
    await post.deliver()
    assert [it.json["type"] for it in hook.requests] == ["appeal.registered", "appeal.answered"]


async def test_who_finishes_late_changes_nothing(post: Post, hook: Receiver) -> None:
    """A worker that was slow, whose lease another has taken over: its failure does not undo a success."""
    await post.subscribe(hook.url)
    await post.file(applicant=QUIET)
    hook.answers = lambda n: (500 if n == 1 else 204, {}, 1.0 if n == 1 else 0.0)
    await fan_out(post.db, post.settings)
    slow, quick = Deliverer(post.settings), Deliverer(post.settings)
    await slow._take(post.db)
    await _until(lambda: hook.requests)
    await post.do("UPDATE delivery SET leased_until = now()")
    await quick._take(post.db)
    await quick.finish()
    await slow.finish()
    assert await post.states() == [("webhook", "delivered")]
    proof = await post.ask("SELECT attempt, result FROM delivery_attempt ORDER BY attempt")
    assert [tuple(row) for row in proof] == [(1, "refused"), (2, "delivered")], "both are kept"


@pytest.mark.parametrize("status", [0, 404, 500])
async def test_after_the_last_try_it_is_given_up(post: Post, hook: Receiver, status: int) -> None:
    await post.subscribe(hook.url)
    hook.answers = lambda n: (status, {}, 0)
    await post.file(applicant=QUIET)
    await post.until_over()
    assert await post.states() == [("webhook", "given_up")]
    assert len(hook.requests) == post.settings.delivery_tries


async def test_retry_after_is_waited_for(post: Post, hook: Receiver) -> None:
    await post.subscribe(hook.url)
    hook.answers = lambda n: (429, {"Retry-After": "3600"}, 0)
    await post.file(applicant=QUIET)
    await post.deliver()
    ((next_at,),) = await post.ask("SELECT next_at FROM delivery")
    assert next_at > clock.now() + timedelta(minutes=45)


# A person's task


async def test_given_up_is_a_task_for_the_holder_until_it_is_settled(post: Post, mailbox: Mailbox) -> None:
    mailbox.says = "451 later"
    (filed,) = await post.file()
    await post.until_over()
    for login in ("operator@energy", "head@energy"):
        (task,) = (await post.office.get(login, "/undelivered")).json()["items"]
        assert (task["number"], task["attempts"], task["given_up"]) == (filed.number, 8, True)
    for stranger in ("operator@health", "head@health"):
        assert (await post.office.get(stranger, "/undelivered")).json()["items"] == []
    controller = await post.office.get("controller@administration", "/undelivered")
    assert controller.status_code == 403
    case = await post.office.case("operator@energy", filed.number)
    assert case["notices"][0]["needs_a_person"]
    path = f"/api/v1/undelivered/{task['id']}/settle"
    strangers = (await post.office.person("operator@health")).headers
    assert (await post.client.post(path, headers=strangers, json={"how": "letter"})).status_code == 404
    mine = (await post.office.person("operator@energy")).headers
    assert (await post.client.post(path, headers=mine, json={"how": "dove"})).status_code == 422
    assert (await post.client.post(path, headers=mine, json={"how": "letter"})).status_code == 204
    assert (await post.office.get("operator@energy", "/undelivered")).json()["items"] == []
    (notice,) = (await post.office.case("operator@energy", filed.number))["notices"]
    assert (notice["settled"], notice["needs_a_person"], notice["state"]) == ("letter", False, "given_up")


async def test_it_is_a_task_before_the_legal_day_while_it_is_still_tried(
    post: Post, mailbox: Mailbox
) -> None:
    mailbox.says = "451 later"
    (filed,) = await post.file()
    await post.deliver()
    assert (await post.office.get("operator@energy", "/undelivered")).json()["items"] == []
    await post.do("UPDATE delivery SET know_by = $1", clock.today())
    await post.hurry()
    await post.deliver()
    (task,) = (await post.office.get("operator@energy", "/undelivered")).json()["items"]
    assert (task["number"], task["given_up"]) == (filed.number, False)
    mailbox.says = "250 taken"
    await post.hurry()
    await post.deliver()
    assert (await post.office.get("operator@energy", "/undelivered")).json()["items"] == [], "it got through"


# Short messages


async def test_sms_through_the_gateway(post: Post, hook: Receiver) -> None:
    url = SecretStr(hook.url.replace("http://", "http://us:p%40ss@"))
    post.settings = post.settings.model_copy(update={"sms_url": url})
    (filed,) = await post.file(applicant=Person(name="Сынақ", phone=PHONE))
    hook.answers = lambda n: (503, {}, 0) if n == 1 else (202, {}, 0)
    await post.until_over()
    first, second = hook.requests
    assert first.body == second.body
    said = second.json
    assert set(said) == {"id", "to", "text"}
    assert said["to"] == PHONE
    assert second.headers["idempotency-key"] == said["id"]
    assert second.headers["authorization"].startswith("Basic ")
    assert filed.number.replace("JT", "ЖТ") in said["text"]
    link = link_token(numbers.parse(filed.number).appeal_id, 0)
    assert f"/l/{link}?v=1" in said["text"]
    assert len(said["text"]) <= 300
    assert await post.states() == [("sms", "delivered")]


async def test_email_before_sms(post: Post, mailbox: Mailbox, hook: Receiver) -> None:
    post.settings = post.settings.model_copy(update={"sms_url": SecretStr(hook.url)})
    await post.file(applicant=Person(name="Сынақ", phone=PHONE, email=EMAIL))
    await post.deliver()
    assert (len(mailbox.messages), len(hook.requests)) == (1, 0)


async def test_the_outbox_is_taken_once(real_db: Database, post: Post) -> None:
    await post.file(3)
    assert await fan_out(real_db, post.settings) == 3
    assert await fan_out(real_db, post.settings) == 0
    assert len(await post.states()) == 3


async def test_what_commits_late_is_not_passed_over(real_db: Database, post: Post) -> None:
    """An older transaction that is still open while a newer one is fanned out."""
    late = real_db.transaction()
    connection = await late.__aenter__()
    await register(connection, [submission(applicant=Person(name="Сынақ", email=EMAIL))], snapshot.current())
    await post.file()
    assert await fan_out(real_db, post.settings) == 1
    await late.__aexit__(None, None, None)
    assert await fan_out(real_db, post.settings) == 1
    assert len(await post.states()) == 2
