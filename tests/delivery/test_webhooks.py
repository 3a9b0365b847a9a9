"""Webhooks: subscribing, signed by a secret that may be changed, in order, retried, never to the inside."""

import json

import pytest
from standardwebhooks import WebhookVerificationError

from app.intake.submission import Person
from app.staff.permissions import Scope
from tests.casework.people import ANSWER
from tests.delivery.post import EMAIL, Post
from tests.delivery.receivers import Receiver, receiver

NOBODY = Person(name="Сынақ Әлия", iin=None)


async def test_signed_and_about_nothing_personal(post: Post, hook: Receiver) -> None:
    made = await post.subscribe(hook.url)
    (filed,) = await post.file(external_id="call-77", text="Менің атым Әлия, үй суық")
    await post.deliver()
    (request,) = hook.requests
    said = request.verified(made["secret"])
    assert said["type"] == "appeal.registered"
    assert said["data"] == {
        "number": filed.number,
        "external_id": "call-77",
        "channel": "reception_room",
        "status": "registered",
        "agency": "energy",
        "due_on": filed.due_on.isoformat(),
        "version": 1,
    }
    assert request.headers["content-type"] == "application/json"
    for personal in ("Әлия", EMAIL, "суық"):
        assert personal not in request.body.decode()
    with pytest.raises(WebhookVerificationError):
        request.verified("whsec_" + "A" * 43)
    tampered = type(request)(request.path, request.headers, request.body.replace(b"energy", b"health"))
    with pytest.raises(WebhookVerificationError):
        tampered.verified(made["secret"])


async def test_only_the_events_that_were_asked_for_of_ones_own_source(post: Post, hook: Receiver) -> None:
    await post.subscribe(hook.url, ["appeal.answered"])
    (filed,) = await post.file()
    (other,) = await post.file(source="blog-platform", channel="blog")
    for number in (filed.number, other.number):
        await post.office.act("head@energy", number, "answer", **ANSWER)
    await post.deliver()
    assert [(it.json["type"], it.json["data"]["number"]) for it in hook.requests] == [
        ("appeal.answered", filed.number)
    ]
    assert hook.requests[0].json["data"]["status"] == "answered"
    assert hook.requests[0].json["data"]["outcome"] == "explained"


async def test_what_is_sent_late_tells_of_the_state_then(post: Post, hook: Receiver) -> None:
    await post.subscribe(hook.url)
    (filed,) = await post.file()
    await post.office.act("operator@energy", filed.number, "forward", to="health", reason="Оларда.")
    await post.office.act("head@health", filed.number, "answer", **ANSWER)
    await post.deliver()
    told = [(it.json["type"], it.json["data"]) for it in hook.requests]
    assert [(kind, data["status"], data["agency"]) for kind, data in told] == [
        ("appeal.registered", "registered", "energy"),
        ("appeal.forwarded", "registered", "health"),
        ("appeal.answered", "answered", "health"),
    ]
    versions = [data["version"] for _, data in told]
    assert versions == sorted(versions)
    assert len(set(versions)) == 3


async def test_a_repeat_is_the_same_message_to_the_byte(post: Post, hook: Receiver) -> None:
    made = await post.subscribe(hook.url)
    await post.file()
    hook.answers = lambda n: (500, {}, 0) if n == 1 else (204, {}, 0)
    await post.until_over()
    first, second = hook.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    second.verified(made["secret"])


async def test_two_secrets_sign_after_a_rotation(post: Post, hook: Receiver) -> None:
    made = await post.subscribe(hook.url)
    answer = await post.post(f"/webhooks/{made['id']}/secret")
    assert answer.status_code == 201, answer.text
    await post.file()
    await post.deliver()
    for secret in (made["secret"], answer.json()["secret"]):
        hook.requests[0].verified(secret)
    await post.do("UPDATE subscription SET previous_until = now() - interval '1 second'")
    await post.file()
    await post.deliver()
    hook.requests[1].verified(answer.json()["secret"])
    with pytest.raises(WebhookVerificationError):
        hook.requests[1].verified(made["secret"])


async def test_secrets_are_stored_encrypted_and_shown_once(post: Post, hook: Receiver) -> None:
    made = await post.subscribe(hook.url)
    assert made["secret"].startswith("whsec_")
    (shown,) = await post.webhooks()
    assert "secret" not in shown
    ((stored,),) = await post.ask("SELECT secret FROM subscription")
    assert made["secret"].encode() not in stored


async def test_in_order_for_each_appeal_though_one_fails(post: Post, hook: Receiver) -> None:
    await post.subscribe(hook.url)
    (filed,) = await post.file()
    await post.office.act("head@energy", filed.number, "answer", **ANSWER)
    (other,) = await post.file()
    refused = filed.number

    def answers(n: int) -> tuple[int, dict[str, str], float]:
        said = hook.requests[-1].json
        failing = n < 4 and said["data"]["number"] == refused
        return (503 if failing else 204), {}, 0

    hook.answers = answers
    await post.deliver()
    # In whichever order the two came: they are of two appeals.
    assert sorted((it.json["type"], it.json["data"]["number"]) for it in hook.requests) == [
        ("appeal.registered", refused),
        ("appeal.registered", other.number),
    ], "the answer waits for what came before it, the other appeal for nothing"
    await post.until_over()
    kinds = [it.json["type"] for it in hook.requests if it.json["data"]["number"] == refused]
    assert kinds[-2:] == ["appeal.registered", "appeal.answered"]
    assert set(kinds[:-1]) == {"appeal.registered"}


async def test_redirects_are_not_followed(post: Post, hook: Receiver) -> None:
    async with receiver() as inside:
        await post.subscribe(hook.url)
        hook.answers = lambda n: (302, {"location": inside.url}, 0)
        await post.file()
        await post.deliver()
        assert not inside.requests
    ((result, code, detail),) = await post.ask(
        "SELECT result, code, detail FROM delivery_attempt WHERE code = 302"
    )
    assert (result, code, detail) == ("refused", 302, "redirect")


async def test_gone_ends_the_subscription(post: Post, hook: Receiver) -> None:
    await post.subscribe(hook.url)
    hook.answers = lambda n: (410, {}, 0)
    await post.file(2, applicant=NOBODY)
    await post.deliver()
    assert await post.webhooks() == []
    assert {state for _, state in await post.states()} == {"given_up"}
    assert not (await post.office.get("operator@energy", "/undelivered")).json()["items"], (
        "nobody's task here"
    )


async def test_the_client_sees_how_it_goes(post: Post, hook: Receiver) -> None:
    made = await post.subscribe(hook.url)
    hook.answers = lambda n: (500, {}, 0)
    await post.file()
    await post.deliver()
    (shown,) = await post.webhooks()
    assert (shown["id"], shown["waiting"], shown["given_up"]) == (made["id"], 1, 0)
    assert (shown["last"]["result"], shown["last"]["code"]) == ("refused", 500)
    await post.until_over()
    (shown,) = await post.webhooks()
    assert (shown["waiting"], shown["given_up"]) == (0, 1)
    assert len(hook.requests) == post.settings.delivery_tries


async def test_unsubscribed_is_told_nothing_more(post: Post, hook: Receiver) -> None:
    made = await post.subscribe(hook.url)
    await post.file()
    headers = await post.headers()
    answer = await post.client.delete(f"/api/v1/webhooks/{made['id']}", headers=headers)
    assert answer.status_code == 204
    await post.deliver()
    assert not hook.requests
    assert (await post.client.delete(f"/api/v1/webhooks/{made['id']}", headers=headers)).status_code == 404


async def test_anothers_subscription_is_not_there(post: Post, hook: Receiver) -> None:
    made = await post.subscribe(hook.url)
    other = {"x-api-key": await post.new_key()}
    path = f"/api/v1/webhooks/{made['id']}"
    assert (await post.client.get("/api/v1/webhooks", headers=other)).json() == {"items": []}
    assert (await post.client.delete(path, headers=other)).status_code == 404
    assert (await post.client.post(f"{path}/secret", headers=other)).status_code == 404


async def test_who_may(post: Post, hook: Receiver) -> None:
    body = {"url": hook.url, "events": ["appeal.answered"]}
    nobody = await post.client.post("/api/v1/webhooks", json=body)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "api_key_invalid")
    other = {"x-api-key": await post.new_key([Scope.TICKETS_READ])}
    refused = await post.client.post("/api/v1/webhooks", json=body, headers=other)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


async def test_limits(post: Post, hook: Receiver) -> None:
    for n in range(10):
        await post.subscribe(f"{hook.url}/{n}")
    again = await post.post("/webhooks", {"url": f"{hook.url}/3", "events": ["appeal.answered"]})
    full = await post.post("/webhooks", {"url": f"{hook.url}/11", "events": ["appeal.answered"]})
    assert (full.status_code, full.json()["code"]) == (409, "webhooks_full")
    assert again.status_code == 409


async def test_once_for_one_address(post: Post, hook: Receiver) -> None:
    await post.subscribe(hook.url)
    again = await post.post("/webhooks", {"url": hook.url, "events": ["appeal.answered"]})
    assert (again.status_code, again.json()["code"]) == (409, "webhook_known")


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://hooks.example.kz/x", "events": []},
        {"url": "https://hooks.example.kz/x", "events": ["appeal.read"]},
        {"url": "https://hooks.example.kz/x"},
        {"url": 5, "events": ["appeal.answered"]},
        {"url": "https://hooks.example.kz/x", "events": ["appeal.answered"], "secret": "mine"},
        {"url": "https://hooks.example.kz/" + "x" * 3000, "events": ["appeal.answered"]},
        {"url": "https://hooks.example.kz/\u0000", "events": ["appeal.answered"]},
    ],
)
async def test_bad_input_is_a_clear_refusal(post: Post, body: dict[str, object]) -> None:
    answer = await post.post("/webhooks", body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]


async def test_a_public_name_is_taken_also_when_nothing_resolves_it_now(post: Post) -> None:
    answer = await post.post(
        "/webhooks", {"url": "https://hooks.example.invalid/x", "events": ["appeal.answered"]}
    )
    assert answer.status_code == 201, answer.text


async def test_sent_notices_are_json_of_one_shape(post: Post, hook: Receiver) -> None:
    await post.subscribe(hook.url)
    await post.file()
    await post.deliver()
    assert set(json.loads(hook.requests[0].body)) == {"type", "timestamp", "data"}
