"""The answer goes back to the platform that asked: signed, in order, again until it is taken."""

from typing import Any

import asyncpg
import pytest

from app.intake.submission import Person
from app.staff.permissions import Scope
from tests.casework.people import ANSWER
from tests.delivery.post import Post
from tests.delivery.receivers import Receiver, receiver
from tests.intake.tickets.centre import refused

PLATFORM = "blog-platform"
BACK = ["post.answered"]


@pytest.fixture
async def platform(post: Post) -> Post:
    post.key = await post.new_key([Scope.WEBHOOKS], PLATFORM)
    return post


async def asked(post: Post, post_id: str = "4711", **changes: Any) -> str:
    values = {"source": PLATFORM, "channel": "blog", "blog": "energy", "external_id": post_id} | changes
    (filed,) = await post.file(addressee=None, **values)
    return filed.number


async def answer(
    post: Post, number: str, text: str = "Жарық ертең қосылады.", login: str = "head@energy"
) -> None:
    await post.office.act(login, number, "answer", **{**ANSWER, "text": text})


async def test_signed_with_the_answers_text(platform: Post, hook: Receiver) -> None:
    made = await platform.subscribe(hook.url, BACK)
    number = await asked(platform)
    await platform.deliver()
    assert not hook.requests, "of a registration nothing is told here"
    await answer(platform, number)
    await platform.deliver()
    (request,) = hook.requests
    said = request.verified(made["secret"])
    assert said["type"] == "post.answered"
    data = said["data"]
    assert data == {
        "post_id": "4711",
        "external_id": "4711",
        "number": number,
        "blog": "energy",
        "outcome": ANSWER["outcome"],
        "text": "Жарық ертең қосылады.",
        "language": "kk",
        "legal_basis": ANSWER["legal_basis"],
        "agency": "energy",
        "channel": "blog",
        "status": "answered",
        "due_on": data["due_on"],
        "version": data["version"],
    }


async def test_nothing_before_it_is_approved(platform: Post, hook: Receiver) -> None:
    await platform.subscribe(hook.url, BACK)
    number = await asked(platform, blog="health")
    await answer(platform, number, login="operator@health")
    await platform.deliver()
    assert not hook.requests
    await platform.office.act("head@health", number, "approve")
    await platform.deliver()
    assert hook.requests[0].json["data"]["text"] == "Жарық ертең қосылады."


async def test_a_second_answer_after_reopening_comes_after_the_first(platform: Post, hook: Receiver) -> None:
    """Each with its own text, though both are sent late, and each under an id of its own."""
    await platform.subscribe(hook.url, BACK)
    number = await asked(platform)
    await answer(platform, number, "Бірінші")
    await platform.office.act("head@energy", number, "reopen", reason="Жаңа мән-жайлар.")
    await answer(platform, number, "Екінші")
    hook.answers = lambda n: (503, {}, 0) if n < 3 else (204, {}, 0)
    await platform.until_over()
    texts = [request.json["data"]["text"] for request in hook.requests]
    assert texts == ["Бірінші", "Бірінші", "Бірінші", "Екінші"]
    ids = [request.headers["webhook-id"] for request in hook.requests]
    assert len(set(ids[:3])) == 1
    assert ids[3] != ids[0]
    assert len({request.body for request in hook.requests[:3]}) == 1, "a repeat is the same to the byte"


async def test_late_wrong_or_dead_is_tried_again_and_kept_as_proof(platform: Post, hook: Receiver) -> None:
    await platform.subscribe(hook.url, BACK)
    async with receiver() as other:
        second = await platform.new_key([Scope.WEBHOOKS], PLATFORM)
        first, platform.key = platform.key, second
        await platform.subscribe(other.url, BACK)
        platform.key = first
        await answer(platform, await asked(platform))
        says = {1: (200, {}, 3.0), 2: (0, {}, 0), 3: (302, {"location": other.url}, 0), 4: (500, {}, 0)}
        hook.answers = lambda n: says.get(n, (200, {}, 0))
        await platform.until_over()
        assert len(other.requests) == 1, "a slow one holds up nobody else"
    proof = await platform.ask(
        "SELECT a.result, a.code FROM delivery_attempt a JOIN delivery d ON d.id = a.delivery_id "
        "WHERE d.subscription_id = (SELECT min(id) FROM subscription) ORDER BY a.id"
    )
    assert [tuple(row) for row in proof] == [
        ("timeout", None),
        ("unreachable", None),
        ("refused", 302),
        ("refused", 500),
        ("delivered", 200),
    ]


async def test_of_a_split_post_each_part_has_its_answer(platform: Post, hook: Receiver) -> None:
    await platform.subscribe(hook.url, BACK)
    number = await asked(platform)
    parts = [{"to": "trade", "text": "Баға туралы."}]
    await platform.office.act("operator@energy", number, "split", parts=parts)
    await answer(platform, f"{number}.1", "Баға тексеріледі.", "head@trade")
    await answer(platform, number)
    await platform.deliver()
    told = {(it.json["data"]["number"], it.json["data"]["text"]) for it in hook.requests}
    assert told == {(f"{number}.1", "Баға тексеріледі."), (number, "Жарық ертең қосылады.")}


async def test_to_nobody_elses_platform(platform: Post, hook: Receiver) -> None:
    """Another source's appeals, and one without a post's id, are not told of."""
    await platform.subscribe(hook.url, BACK)
    (other,) = await platform.file()
    (typed,) = await platform.file(source=PLATFORM, channel="blog")
    for number in (other.number, typed.number):
        await answer(platform, number)
    await platform.deliver()
    assert not hook.requests


async def test_beside_other_events_it_is_one_message(platform: Post, hook: Receiver) -> None:
    await platform.subscribe(hook.url, ["appeal.registered", "appeal.answered", *BACK])
    await answer(platform, await asked(platform))
    (typed,) = await platform.file(source=PLATFORM, channel="blog", applicant=Person())
    await answer(platform, typed.number)
    await platform.deliver()
    kinds = sorted(it.json["type"] for it in hook.requests)
    assert kinds == ["appeal.answered", "appeal.registered", "appeal.registered", "post.answered"]
    plain = next(it for it in hook.requests if it.json["type"] == "appeal.answered")
    assert "text" not in plain.json["data"]


async def test_an_answer_that_was_erased(platform: Post, hook: Receiver, real_urls: Any) -> None:
    await platform.subscribe(hook.url, BACK)
    await answer(platform, await asked(platform))
    owner = await asyncpg.connect(real_urls.owner)
    try:
        await owner.execute("DELETE FROM content WHERE kind = 'answer'")
    finally:
        await owner.close()
    await platform.deliver()
    assert hook.requests[0].json["data"]["text"] is None


async def test_for_keys_with_the_channel_alone(post: Post, hook: Receiver) -> None:
    answer = await post.post("/webhooks", {"url": hook.url, "events": BACK})
    assert refused(answer, 422, "invalid") == {"events": "webhook_not_a_blog"}
