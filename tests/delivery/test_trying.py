"""A subscriber tries its receiver, and sees what was sent to it."""

import json

import pytest

from app.delivery.schemas import EventName
from app.staff.permissions import Scope
from tests.delivery.post import Post
from tests.delivery.receivers import Receiver, receiver


async def subscribed(post: Post, url: str) -> tuple[str, str]:
    made = await post.subscribe(url)
    return f"/webhooks/{made['id']}", made["secret"]


@pytest.mark.parametrize("name", EventName)
async def test_a_sample_of_each_event_is_sent_at_once_and_signed(
    post: Post, hook: Receiver, name: EventName
) -> None:
    path, secret = await subscribed(post, hook.url)
    answer = await post.post(f"{path}/test", {"event": name})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["event"], told["result"], told["code"], told["detail"]) == (name, "delivered", 204, None)
    assert told["ms"] >= 0
    (request,) = hook.requests
    said = request.verified(secret)
    assert said["type"] == name
    assert said["data"]["sandbox"], "nobody takes it for an appeal"
    assert request.headers["webhook-id"] == told["webhook_id"]


async def test_it_is_of_the_shape_of_a_real_one(post: Post, hook: Receiver) -> None:
    path, _ = await subscribed(post, hook.url)
    await post.file(external_id="call-1")
    await post.deliver()
    await post.post(f"{path}/test", {"event": "appeal.registered"})
    real, sample = (request.json for request in hook.requests)
    assert set(sample) == set(real)
    assert set(sample["data"]) == set(real["data"]) | {"sandbox"}
    kinds = {name: type(value) for name, value in real["data"].items()}
    assert {name: type(sample["data"][name]) for name in kinds} == kinds
    assert await post.ask("SELECT FROM delivery_attempt") != []
    assert len(hook.requests) == 2
    assert await post.states() == [("email", "delivered"), ("webhook", "delivered")], (
        "nothing is kept of the sample"
    )


async def test_what_came_of_it_is_told_and_never_what_was_said(post: Post) -> None:
    answers = {
        1: (500, {}, 0.0),
        2: (410, {}, 0.0),
        3: (302, {"location": "http://127.0.0.1/"}, 0.0),
        4: (0, {}, 0.0),
    }
    async with receiver(Receiver(lambda n: answers[n])) as bad:
        path, _ = await subscribed(post, bad.url)
        told = [(await post.post(f"{path}/test")).json() for _ in answers]
    assert [(one["result"], one["code"]) for one in told] == [
        ("refused", 500), ("refused", 410), ("refused", 302), ("unreachable", None),
    ]  # fmt: skip
    assert [one["detail"] for one in told[:3]] == [None, "gone", "redirect"]
    gone = (await post.post(f"{path}/test")).json()
    assert (gone["result"], gone["code"]) == ("unreachable", None), "nobody is there any more"
    assert [one["id"] for one in await post.webhooks()], "a 410 to a sample ends nothing"


async def test_a_receiver_that_does_not_answer(post: Post) -> None:
    async with receiver(Receiver(lambda n: (200, {}, 30.0))) as slow:
        path, _ = await subscribed(post, slow.url)
        told = (await post.post(f"{path}/test")).json()
    assert told["result"] == "timeout"


async def test_ten_in_a_quarter_of_an_hour(post: Post, hook: Receiver) -> None:
    path, _ = await subscribed(post, hook.url)
    statuses = [(await post.post(f"{path}/test")).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    assert len(hook.requests) == 10


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"event": "appeal.eaten"}, 422, "invalid"),
        ({"url": "http://127.0.0.1"}, 422, "invalid"),
        ([], 422, "invalid"),
    ],
)
async def test_what_cannot_be_tried(post: Post, hook: Receiver, said: object, status: int, code: str) -> None:
    path, _ = await subscribed(post, hook.url)
    answer = await post.post(f"{path}/test", said)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert hook.requests == []


async def test_anothers_and_one_that_ended_are_not_there(post: Post, hook: Receiver) -> None:
    path, _ = await subscribed(post, hook.url)
    own = await post.headers()
    stranger = {"x-api-key": await post.new_key(source="blog-platform")}
    scopeless = {"x-api-key": await post.new_key([Scope.TICKETS_READ])}
    for method, what in (("POST", "test"), ("GET", "deliveries")):
        url = f"/api/v1{path}/{what}"
        assert (await post.client.request(method, url, headers=stranger)).status_code == 404
        assert (await post.client.request(method, url, headers=scopeless)).status_code == 403
        assert (
            await post.client.request(method, f"/api/v1/webhooks/99/{what}", headers=own)
        ).status_code == 404
    await post.client.delete(f"/api/v1{path}", headers=own)
    for method, what in (("POST", "test"), ("GET", "deliveries")):
        assert (await post.client.request(method, f"/api/v1{path}/{what}", headers=own)).status_code == 404
    assert hook.requests == []


async def test_what_was_sent_and_what_came_of_each_try(post: Post) -> None:
    async with receiver(Receiver(lambda n: (503 if n == 1 else 204, {}, 0.0))) as hook:
        path, _ = await subscribed(post, hook.url)
        (first,) = await post.file(external_id="call-1")
        await post.deliver()
        await post.hurry()
        await post.deliver()
        (second,) = await post.file()
        await post.deliver()
        sent = [request.headers["webhook-id"] for request in hook.requests]
    found = (await post.client.get(f"/api/v1{path}/deliveries", headers=await post.headers())).json()["items"]
    assert [(one["number"], one["external_id"], one["state"], one["attempts"]) for one in found] == [
        (second.number, None, "delivered", 1), (first.number, "call-1", "delivered", 2),
    ]  # fmt: skip
    assert [one["webhook_id"] for one in found] == [sent[2], sent[0]]
    assert [(it["result"], it["code"]) for it in found[1]["tries"]] == [("delivered", 204), ("refused", 503)]
    assert found[1]["next_at"] is None
    one = await post.client.get(f"/api/v1{path}/deliveries?limit=1", headers=await post.headers())
    assert len(one.json()["items"]) == 1
    assert json.dumps(found).count("Әлия") == 0
