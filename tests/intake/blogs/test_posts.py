"""Posts in: signed over their very bytes, once by their ids, to the body whose blog it is."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.core import clock
from app.core.db import Database
from app.core.i18n import LANGUAGES
from app.intake.blogs.messages import purge_messages
from app.staff.permissions import Scope
from tests.intake.blogs.platform import Platform, encoded, open_platform, post
from tests.intake.tickets.centre import good, open_centre, refused


async def test_a_post_is_an_appeal_to_the_body_whose_blog_it_is(platform: Platform) -> None:
    answer = await platform.brought()
    assert answer["post_id"] == "4711"
    assert answer["blog"] == {"code": "energy", "name": "Blog of the Minister of Energy"}
    assert answer["agency"]["code"] == "energy"
    assert answer["route"]["reason"] == (
        "The Ministry of Energy deals with this: it was written on the blog of this body "
        "(Blog of the Minister of Energy)."
    )
    (row,) = await platform.centre.rows("SELECT channel, language, kind, external_id, listed FROM appeal")
    assert row == {
        "channel": "blog",
        "language": "kk",
        "kind": "statement",
        "external_id": "4711",
        "listed": True,
    }


async def test_what_was_published_then_has_its_legal_day_then(platform: Platform) -> None:
    at = clock.now() - timedelta(days=2)
    answer = await platform.brought(published_at=at.isoformat())
    assert await platform.centre.value("SELECT received_at FROM appeal") == at
    seen = await platform.centre.ask(
        "GET", f"/receipts/{answer['number']}", headers={"x-access-code": answer["access_code"]}
    )
    assert good(seen)["registered_on"] == answer["registered_on"]


async def test_a_blog_of_a_body_that_is_gone(platform: Platform) -> None:
    """Whoever does its work now, and the reason says so."""
    answer = await platform.brought(blog="culture-sport")
    assert answer["agency"]["code"] == "culture-information"
    assert "whose matters are dealt with here on that day" in answer["route"]["reason"]


async def test_an_akims_blog(platform: Platform) -> None:
    assert (await platform.brought(blog="akimat-turkistan"))["agency"]["code"] == "akimat-turkistan"


@pytest.mark.parametrize(
    ("public", "may_publish", "listed"),
    [(True, None, True), (None, None, False), (True, False, False), (False, True, True)],
)
async def test_what_the_author_allows(
    platform: Platform, public: bool | None, may_publish: bool | None, listed: bool
) -> None:
    await platform.brought(public=public, may_publish=may_publish)
    assert await platform.centre.value("SELECT listed FROM appeal") == listed


async def test_the_least_that_a_post_says(platform: Platform) -> None:
    said = {"post_id": "1", "blog": "health", "text": "Где получить полис?"}
    answer = good(await platform.bring(said), 201)
    assert answer["missing"] == ["applicant.name", "applicant.address"]
    assert await platform.centre.value("SELECT language FROM appeal") == "ru"


# Signed


async def test_nothing_unsigned(platform: Platform) -> None:
    raw = encoded(post())
    headers = platform.headers(raw)
    for without in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        left = {name: value for name, value in headers.items() if name != without}
        refused(await platform.send(raw, left), 401, "signature_invalid")
    assert await platform.centre.value("SELECT count(*) FROM appeal") == 0
    assert await platform.refusals() == []


@pytest.mark.parametrize(
    "signature",
    ["v1,", "v1", "v2,AAAA", "v1,not base64", "v1,a,b", ",", " ", "v1,AAAA v1,BBBB", "v1,әлия".encode()],
)
async def test_strange_signatures(platform: Platform, signature: Any) -> None:
    raw = encoded(post())
    headers = platform.headers(raw) | {"webhook-signature": signature}
    refused(await platform.send(raw, headers), 401, "signature_invalid")


@pytest.mark.parametrize("timestamp", ["", "soon", "nan", "inf", "-inf", "1e400"])
async def test_strange_timestamps(platform: Platform, timestamp: str) -> None:
    raw = encoded(post())
    headers = platform.headers(raw) | {"webhook-timestamp": timestamp}
    refused(await platform.send(raw, headers), 401, "signature_invalid")


async def test_over_other_bytes(platform: Platform) -> None:
    """One byte, or an order of fields, is another message."""
    said = post()
    headers = platform.headers(encoded(said))
    for other in (encoded(said) + b" ", encoded(dict(reversed(said.items()))), b"", b"\xff"):
        answer = await platform.send(other, headers)
        assert answer.status_code == (400 if other == b"\xff" else 401)
    good(await platform.send(encoded(said), headers), 201)


async def test_signatures_come_before_parsing(platform: Platform) -> None:
    """What cannot be read at all gets its 401 first, and its 400 once it is signed."""
    for raw, status in ((b"{", 400), (b"[]", 422), (b"null", 422), (b"", 400)):
        refused(
            await platform.send(raw, platform.headers(raw, secret="whsec_AAAA")), 401, "signature_invalid"
        )
        assert (await platform.send(raw)).status_code == status


async def test_an_id_that_was_signed_with_another(platform: Platform) -> None:
    raw = encoded(post())
    headers = platform.headers(raw, id="msg_a") | {"webhook-id": "msg_b"}
    refused(await platform.send(raw, headers), 401, "signature_invalid")


@pytest.mark.parametrize(("seconds", "taken"), [(-290, True), (290, True), (-301, False), (310, False)])
async def test_the_time_of_the_signature(platform: Platform, seconds: int, taken: bool) -> None:
    answer = await platform.bring(post(), at=clock.now() + timedelta(seconds=seconds))
    if taken:
        good(answer, 201)
    else:
        refused(answer, 401, "timestamp_refused")


async def test_anothers_secret(platform: Platform, db: Database, client: httpx.AsyncClient) -> None:
    other = await open_platform(db, client)
    refused(await platform.bring(post(), secret=other.secret), 401, "signature_invalid")


async def test_without_a_key_a_scope_the_channel_or_a_secret(
    platform: Platform, db: Database, client: httpx.AsyncClient
) -> None:
    raw = encoded(post())
    centre = await open_centre(db, client, "blog-platform", channels=["blog"])
    answer = await centre.ask("POST", "/blog/posts", content=raw, headers=platform.headers(raw))
    refused(answer, 403, "signing_secret_missing")
    reader = await open_platform(db, client, scopes=[Scope.TICKETS_READ])
    refused(await reader.bring(post()), 403, "scope_missing")
    telephone = await open_platform(db, client, "109-turkistan", channels=["call_centre"])
    refused(await telephone.bring(post()), 403, "channel_forbidden")
    platform.centre.headers = {}
    refused(await platform.bring(post()), 401, "api_key_invalid")


# Two secrets


async def _rotated(platform: Platform) -> str:
    found = good(await platform.send(b"{}", path="/blog/secret"), 201)
    return str(found["secret"])


async def test_two_secrets_are_good_while_one_is_rotated(platform: Platform) -> None:
    first, second = platform.secret, await _rotated(platform)
    good(await platform.bring(post("1"), secret=first), 201)
    good(await platform.bring(post("2"), secret=second), 201)
    async with platform.centre.db.transaction() as connection:
        await connection.execute("UPDATE client_secret SET previous_until = now() - interval '1 second'")
    refused(await platform.bring(post("3"), secret=first), 401, "signature_invalid")
    good(await platform.bring(post("3"), secret=second), 201)


async def test_the_key_alone_makes_no_secret(platform: Platform) -> None:
    refused(
        await platform.send(b"{}", platform.headers(b"{}", secret="whsec_AAAA"), "/blog/secret"),
        401,
        "signature_invalid",
    )


async def test_one_that_leaked_is_gone_with_the_second_rotation(platform: Platform) -> None:
    leaked = platform.secret
    platform.secret = await _rotated(platform)
    platform.secret = await _rotated(platform)
    refused(await platform.bring(post(), secret=leaked), 401, "signature_invalid")
    good(await platform.bring(post()), 201)


async def test_secrets_are_stored_encrypted(platform: Platform) -> None:
    await _rotated(platform)
    (row,) = await platform.centre.rows("SELECT secret, previous_secret FROM client_secret")
    assert platform.secret.encode() not in row["secret"] + row["previous_secret"]


# Once


async def test_the_same_bytes_again_get_the_first_answer(platform: Platform) -> None:
    """Signed anew, with a new id or the old one, and years later."""
    raw = encoded(post())
    first = good(await platform.send(raw, platform.headers(raw, id="msg_once")), 201)
    for id_ in ("msg_once", "msg_again"):
        assert good(await platform.send(raw, platform.headers(raw, id=id_)), 200) == first
    async with platform.centre.db.transaction() as connection:
        await connection.execute("UPDATE source SET late_days = 0 WHERE code = 'blog-platform'")
    assert good(await platform.send(raw), 200) == first
    assert await platform.centre.value("SELECT count(*) FROM appeal") == 1


async def test_other_bytes_under_the_post_id(platform: Platform) -> None:
    first = await platform.brought()
    answer = await platform.bring(post(text="Басқа мәтін"))
    refused(answer, 409, "key_reused")
    assert first["number"] not in answer.text
    assert await platform.refusals() == [("4711", "key_reused", [], 1)]


async def test_other_bytes_under_the_message_id(platform: Platform) -> None:
    """Though they are another post: one of the two is a mistake of the sender's."""
    good(await platform.bring(post("1"), id="msg_1"), 201)
    refused(await platform.bring(post("2"), id="msg_1"), 409, "key_reused")
    good(await platform.bring(post("2"), id="msg_2"), 201)


async def test_a_message_id_is_kept_for_a_month(platform: Platform) -> None:
    good(await platform.bring(post("1"), id="msg_1"), 201)
    for days, status in ((29, 409), (31, 201)):
        async with platform.centre.db.transaction() as connection:
            await purge_messages(connection, clock.now() + timedelta(days=days))
        assert (await platform.bring(post("2"), id="msg_1")).status_code == status


async def test_what_was_refused_did_not_take_the_id(platform: Platform) -> None:
    refused(await platform.bring(post(blog="nobody"), id="msg_1"), 422, "invalid")
    good(await platform.bring(post(), id="msg_1"), 201)


async def test_one_id_of_two_clients(platform: Platform, db: Database, client: httpx.AsyncClient) -> None:
    """A message's id is its sender's; a post's is its source's, whoever of it brings it."""
    other = await open_platform(db, client)
    raw = encoded(post())
    first = good(await platform.send(raw, platform.headers(raw, id="msg_1")), 201)
    assert good(await other.send(raw, other.headers(raw, id="msg_1")), 200) == first
    good(await other.bring(post("2"), id="msg_2"), 201)
    good(await platform.bring(post("3"), id="msg_2"), 201)


async def test_a_ticket_of_the_source_with_the_posts_id(platform: Platform) -> None:
    await platform.brought("7")
    said = {"external_id": "7", "channel": "blog", "kind": "statement", "language": "kk", "text": "Жарық жоқ"}
    refused(await platform.centre.bring(said), 409, "key_reused")


async def test_parallel_posts_are_one_appeal(real_db: Database, real_client: httpx.AsyncClient) -> None:
    platform = await open_platform(real_db, real_client)
    raws = [encoded(post(str(n))) for n in range(5)]
    answers = await asyncio.gather(*(platform.send(raws[n % 5]) for n in range(60)))
    assert sorted(answer.status_code for answer in answers) == [200] * 55 + [201] * 5
    numbers = {answer.json()["post_id"]: answer.json()["number"] for answer in answers}
    assert all(answer.json()["number"] == numbers[answer.json()["post_id"]] for answer in answers)
    assert await platform.centre.value("SELECT count(*) FROM appeal") == 5


async def test_parallel_other_bytes(real_db: Database, real_client: httpx.AsyncClient) -> None:
    platform = await open_platform(real_db, real_client)
    raws = [encoded(post("1", text=f"{n}-мәтін")) for n in range(20)]
    answers = await asyncio.gather(*(platform.send(raw) for raw in raws))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19


# Refused


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"blog": "enrgy"}, "blog", "unknown_code"),
        ({"blog": None}, "blog", "missing"),
        ({"text": "  "}, "text", "blank"),
        ({"text": None}, "text", "missing"),
        ({"public": "yes"}, "public", "bool_type"),
        ({"topic": "nothing"}, "topic", "unknown_code"),
        ({"published_at": "1900-01-01T00:00:00Z"}, "published_at", "out_of_range"),
        ({"published_at": "2100-01-01T00:00:00Z"}, "published_at", "in_future"),
        ({"published_at": "2026-01-01T00:00:00Z"}, "published_at", "too_old"),
        ({"published_at": "yesterday"}, "published_at", "datetime_parsing"),
        ({"author": {"iin": "123"}}, "author.iin", "identifier_length"),
        ({"votes": 5}, "votes", "extra_forbidden"),
        ({"title": "x" * 301}, "title", "string_too_long"),
    ],
)
async def test_a_refused_post_is_kept_with_the_reason(
    platform: Platform, changes: dict[str, Any], field: str, code: str
) -> None:
    assert refused(await platform.bring(post(**changes)), 422, "invalid") == {field: code}
    shown = "?" if field == "votes" else field
    assert await platform.refusals() == [("4711", "invalid", [f"{shown}:{code}"], 1)]


async def test_a_post_id_that_will_not_do(platform: Platform) -> None:
    assert refused(await platform.bring(post("жазба 1")), 422, "invalid") == {"post_id": "external_id"}
    assert await platform.refusals() == [(None, "invalid", ["post_id:external_id"], 1)]


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_refusals_in_each_language(platform: Platform, lang: str) -> None:
    raw = encoded(post())
    for headers in (
        platform.headers(raw, secret="whsec_AAAA"),
        platform.headers(raw, at=clock.now() - timedelta(minutes=6)),
    ):
        answer = await platform.send(raw, headers, lang=lang)
        assert answer.status_code == 401
        assert answer.headers["content-language"] == lang
        assert answer.headers["content-type"] == "application/problem+json"
        assert "{" not in answer.json()["detail"]


async def test_other_media(platform: Platform) -> None:
    raw = encoded(post())
    headers = platform.headers(raw) | {"content-type": "text/plain"}
    refused(await platform.send(raw, headers), 415, "unsupported_media_type")


async def test_a_mark_before_the_json_is_signed_with_it(platform: Platform) -> None:
    raw = b"\xef\xbb\xbf" + encoded(post())
    good(await platform.send(raw), 201)


# What the source sees of them


async def test_posts_are_followed_and_reconciled_like_tickets(
    real_db: Database, real_client: httpx.AsyncClient
) -> None:
    platform = await open_platform(real_db, real_client)
    answer = await platform.brought("a")
    await platform.bring(post("b", blog="nobody"))
    assert (await platform.centre.state("a"))["number"] == answer["number"]
    changes = await platform.centre.changes()
    assert [item["external_id"] for item in changes["items"]] == ["a"]
    day = clock.civil_day(clock.now() - timedelta(hours=1)).isoformat()
    found = await platform.centre.declared(day, 2, ["a", "b"])
    assert (found["sent"], found["registered"], found["refused"]) == (2, 1, 1)
    assert found["missing"] == ["b"]
    assert found["refusals"][0]["errors"] == ["blog:unknown_code"]
