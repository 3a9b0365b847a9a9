"""A thousand tickets at once: each by itself, whatever the others are, read as they come."""

import json
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest
import time_machine

from app.core import stream
from app.core.errors import AppError
from app.core.i18n import LANGUAGES, Language
from app.core.stream import LONGEST_ITEM, Elements, Lines
from app.intake.tickets.api import BODY_LIMITS
from tests.intake.tickets.centre import (
    BATCH,
    JSON,
    NDJSON,
    Centre,
    good,
    lines,
    local,
    refused,
    ticket,
    tickets,
)


def statuses(answer: dict[str, Any]) -> list[str]:
    assert [result["index"] for result in answer["results"]] == list(range(len(answer["results"])))
    counts = (answer["accepted"], answer["duplicates"], answer["rejected"])
    found = [result["status"] for result in answer["results"]]
    assert counts == tuple(found.count(status) for status in ("created", "duplicate", "rejected"))
    return found


def problems(answer: dict[str, Any]) -> dict[str, str]:
    """The codes of what was rejected, by place and id."""
    return {
        f"{result['index']} {result['external_id']}": result["problem"]["code"]
        for result in answer["results"]
        if result["status"] == "rejected"
    }


@pytest.mark.parametrize("media", [JSON, "application/json; charset=utf-8", NDJSON, "application/ndjson"])
async def test_a_batch_is_registered(centre: Centre, media: str) -> None:
    items = tickets(250)
    body = lines(items) if "nd" in media else json.dumps(items, ensure_ascii=False).encode()
    answer = good(await centre.batch(body, media))
    assert statuses(answer) == ["created"] * 250
    assert [result["external_id"] for result in answer["results"]] == [item["external_id"] for item in items]
    assert len({result["number"] for result in answer["results"]}) == 250
    for result in (answer["results"][0], answer["results"][249]):
        assert (await centre.state(result["external_id"]))["due_on"] == result["due_on"]
        opened = await centre.client.get(
            f"/api/v1/appeals/{result['number']}", headers={"x-access-code": result["access_code"]}
        )
        assert opened.status_code == 200


async def test_a_line_is_the_same_message_as_a_single_ticket(centre: Centre) -> None:
    single = await centre.brought("1")
    answer = good(await centre.batch(lines([ticket("1"), ticket("2")])))
    assert statuses(answer) == ["duplicate", "created"]
    assert answer["results"][0]["number"] == single["number"]
    again = good(await centre.bring(ticket("2")), 200)
    assert again["number"] == answer["results"][1]["number"]


async def test_the_whole_batch_again(centre: Centre) -> None:
    first = good(await centre.batch(lines(tickets(120))))
    again = good(await centre.batch(lines(reversed(tickets(120)))))
    assert statuses(again) == ["duplicate"] * 120
    numbers = {result["external_id"]: result["number"] for result in first["results"]}
    assert numbers == {result["external_id"]: result["number"] for result in again["results"]}
    assert await centre.value("SELECT count(*) FROM appeal") == 120


async def test_twice_in_one_batch(centre: Centre) -> None:
    """The first of an id is the first, the same again a duplicate, another a mistake; in any order of ids."""
    for round_ in range(5):
        items = [
            ticket(f"{round_}-b"),
            ticket(f"{round_}-a"),
            ticket(f"{round_}-b"),
            ticket(f"{round_}-a", text="Басқа"),
            ticket(f"{round_}-b"),
        ]
        answer = good(await centre.batch(lines(items)))
        assert statuses(answer) == ["created", "created", "duplicate", "rejected", "duplicate"]
        assert problems(answer) == {f"3 {round_}-a": "key_reused"}


BAD: dict[str, tuple[bytes, str, str | None]] = {
    "no JSON": (b"nonsense", "malformed", None),
    "half a line": (json.dumps(ticket("bad"))[:-5].encode(), "malformed", None),
    "two in one line": (json.dumps(ticket("bad")).encode() * 2, "malformed", None),
    "deeply nested": (b"[" * 100_000, "malformed", None),
    "no object": (b'["bad"]', "invalid", None),
    "a number without end": (b"1" + b"0" * 100_000, "malformed", None),
    "huge": (b'{"external_id": "bad", "text": "' + b"x" * LONGEST_ITEM + b'"}', "too_large", None),
    "no id": (json.dumps(ticket() | {"external_id": None}).encode(), "invalid", None),
    "an id of other letters": (json.dumps(ticket("плохой")).encode(), "invalid", None),
    "no text": (json.dumps(ticket("bad", text=None)).encode(), "invalid", "bad"),
    "an unknown topic": (json.dumps(ticket("bad", topic="lend")).encode(), "invalid", "bad"),
    "an unknown addressee": (
        json.dumps(ticket("bad", addressee="nobody")).encode(),
        "unknown_addressee",
        "bad",
    ),
    "another's channel": (json.dumps(ticket("bad", channel="blog")).encode(), "channel_forbidden", "bad"),
    "too old": (json.dumps(ticket("bad", received_at="2020-01-01T00:00:00Z")).encode(), "invalid", "bad"),
    "in 1900": (json.dumps(ticket("bad", received_at="1900-01-01T00:00:00Z")).encode(), "invalid", "bad"),
    "a day that there is not": (
        json.dumps(ticket("bad", received_at="2026-02-30T12:00:00Z")).encode(),
        "invalid",
        "bad",
    ),
    "a field of ours that it has not": (json.dumps(ticket("bad", number="JT-1")).encode(), "invalid", "bad"),
    "a wrong IIN": (json.dumps(ticket("bad", applicant={"iin": "123456789012"})).encode(), "invalid", "bad"),
    "in the future": (
        json.dumps(ticket("bad", received_at="2999-01-01T00:00:00Z")).encode(),
        "invalid",
        "bad",
    ),
    "a NUL": (json.dumps(ticket("bad", text="a\0b")).encode(), "invalid", "bad"),
    "half a letter pair": (json.dumps(ticket("bad", text="\ud800")).encode(), "malformed", None),
    "a field twice, the last one wrong": (
        json.dumps(ticket("bad")).encode()[:-1] + b', "topic": "lend"}',
        "invalid",
        "bad",
    ),
}


@pytest.mark.parametrize("bad", BAD)
async def test_one_bad_line_loses_no_other(centre: Centre, bad: str) -> None:
    line, code, legible = BAD[bad]
    answer = good(await centre.batch(lines([ticket("1")]) + line + b"\r\n\n \n" + lines([ticket("2")])))
    assert statuses(answer) == ["created", "rejected", "created"]
    assert problems(answer) == {f"1 {legible}": code}
    kept = await centre.rows("SELECT external_id, code FROM refused_ticket")
    assert kept == [{"external_id": legible, "code": code}]


@pytest.mark.parametrize("bad", [name for name, (_, code, _) in BAD.items() if code != "malformed"])
async def test_one_bad_element_loses_no_other(centre: Centre, bad: str) -> None:
    line, code, legible = BAD[bad]
    body = (
        b"[" + b",\n ".join([json.dumps(ticket("1")).encode(), line, json.dumps(ticket("2")).encode()]) + b"]"
    )
    answer = good(await centre.batch(body, JSON))
    assert statuses(answer) == ["created", "rejected", "created"]
    assert problems(answer) == {f"1 {legible}": code}


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b" ",
        b"x",
        b"[",
        b"[%s",
        b"[%s,",
        b"[%s,]",
        b"[,%s]",
        b"[%s %s]",
        b"[%s]]",
        b"[%s] []",
        b"[%s}",
        b"[%s, nonsense, %s]",
        b'[%s, {"a": tru}, %s]',
        b"[%s, " + b"[" * 100_000,
        b"[%s, " + b'{"a":' * 200 + b"1" + b"}" * 200 + b"]",
        b"[%s, [" + b"[]," * 100_000 + b"[]]]",
        b'[%s, "',
        b'[%s, "\\',
    ],
)
async def test_an_array_that_is_not_well_formed_is_refused_whole(centre: Centre, bad: bytes) -> None:
    answer = await centre.batch(bad.replace(b"%s", json.dumps(ticket("1")).encode()), JSON)
    refused(answer, 400, "malformed")
    assert await centre.value("SELECT count(*) FROM appeal") == 0
    assert await centre.rows("SELECT external_id, code, times FROM refused_ticket") == [
        {"external_id": None, "code": "malformed", "times": 1}
    ]


@pytest.mark.parametrize("body", [b"{}", b'"x"', b"7", b"null", b' {"items": []}'])
async def test_a_body_that_is_no_array(centre: Centre, body: bytes) -> None:
    assert refused(await centre.batch(body, JSON), 422, "invalid") == {"body": "list_type"}


@pytest.mark.parametrize("encoding", ["cp1251", "utf-16", "koi8-r"])
@pytest.mark.parametrize("media", [JSON, NDJSON])
async def test_another_encoding_is_refused_whole(centre: Centre, encoding: str, media: str) -> None:
    said = [ticket("1", text="Нет света", applicant=None), ticket("2", text="Нет воды", applicant=None)]
    text = json.dumps(said, ensure_ascii=False) if media == JSON else lines(said).decode()
    refused(await centre.batch(text.encode(encoding), media), 400, "wrong_encoding")
    assert await centre.value("SELECT count(*) FROM appeal") == 0


async def test_a_mark_before_the_first_letter_is_no_harm(centre: Centre) -> None:
    assert statuses(good(await centre.batch(b"\xef\xbb\xbf" + lines([ticket("1")])))) == ["created"]
    body = b"\xef\xbb\xbf [" + json.dumps(ticket("2")).encode() + b"]\n"
    assert statuses(good(await centre.batch(body, JSON))) == ["created"]


@pytest.mark.parametrize(
    ("body", "media"), [(b"[]", JSON), (b" [ ]\n", JSON), (b"", NDJSON), (b"\n\n", NDJSON)]
)
async def test_nothing_is_nothing(centre: Centre, body: bytes, media: str) -> None:
    assert good(await centre.batch(body, media)) == {
        "accepted": 0,
        "duplicates": 0,
        "rejected": 0,
        "results": [],
    }


@pytest.mark.parametrize("media", [JSON, NDJSON])
async def test_a_thousand_and_not_one_more(centre: Centre, media: str) -> None:
    items = [ticket(f"{n}", applicant=None) for n in range(1001)]

    def body(count: int) -> bytes:
        return lines(items[:count]) if media == NDJSON else json.dumps(items[:count]).encode()

    assert refused(await centre.batch(body(1001), media), 422, "invalid") == {"body": "too_long"}
    assert await centre.value("SELECT count(*) FROM appeal") == 0
    assert good(await centre.batch(body(1000).rstrip(), media))["accepted"] == 1000


@pytest.mark.parametrize("media", ["text/csv", "", "application/x-www-form-urlencoded"])
async def test_a_body_of_another_type(centre: Centre, media: str) -> None:
    refused(await centre.batch(b"[]", media), 415, "unsupported_media_type")


async def test_this_route_takes_more_than_others_but_not_anything(centre: Centre) -> None:
    padding = " " * 2_000_000
    answer = good(await centre.batch(json.dumps([ticket("1")]).encode() + padding.encode(), JSON))
    assert answer["accepted"] == 1
    single = await centre.ask("POST", "/tickets", content=padding, headers={"content-type": JSON})
    refused(single, 413, "too_large")
    limit = BODY_LIMITS[BATCH]

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(limit // 65_536 + 2):
            yield b"\n" * 65_536

    for body in (b" " * (limit + 1), endless()):
        answer_ = await centre.ask("POST", "/tickets/batch", content=body, headers={"content-type": NDJSON})
        refused(answer_, 413, "too_large")


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_problems_are_in_the_callers_language(centre: Centre, lang: Language) -> None:
    answer = good(await centre.batch(lines([ticket("1", topic="lend"), "x"]), lang=lang))
    found = [result["problem"] for result in answer["results"]]
    assert [problem["code"] for problem in found] == ["invalid", "invalid"]
    assert [problem["errors"][0]["field"] for problem in found] == ["topic", "body"]
    assert "land" in found[0]["errors"][0]["message"]
    assert ("Please" in found[0]["detail"]) == (lang == "en")


async def test_a_late_batch(centre: Centre) -> None:
    """What came before the time that the source may bring is refused, unless it is here already."""
    with time_machine.travel(local("2026-11-23T12:00:00"), tick=False):
        await centre.brought("1", received_at="2026-11-23T11:00:00+05:00")
    items = [ticket(f"{n}", received_at="2026-11-23T11:00:00+05:00") for n in (1, 2)]
    items.append(ticket("3", received_at="2026-11-26T11:00:00+05:00"))
    with time_machine.travel(local("2026-11-27T12:00:00"), tick=False):
        answer = good(await centre.batch(lines(items)))
    assert statuses(answer) == ["duplicate", "rejected", "created"]
    kept = await centre.rows("SELECT external_id, day::text, fields FROM refused_ticket")
    assert kept == [{"external_id": "2", "day": "2026-11-23", "fields": ["received_at:too_old"]}]


# The reading itself


def split(splitter: Lines | Elements, body: bytes, size: int) -> list[bytes | None]:
    found = [item for at in range(0, len(body), size) for item in splitter.feed(body[at : at + size])]
    return [*found, *splitter.end()]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10**6])
def test_where_an_element_ends_does_not_depend_on_the_pieces(size: int) -> None:
    values: list[Any] = [
        {"a": 'x"]},{[\\', "ә": ["]", {"b": "\\\\"}]},
        "\\",
        '"',
        [],
        {},
        [[1, [2]], 3],
        -1.5e9,
        None,
        True,
        "",
    ]
    for indent in (None, 2):
        for ascii_ in (True, False):
            body = json.dumps(values, indent=indent, ensure_ascii=ascii_).encode()
            found = split(Elements(), body, size)
            assert [json.loads(item or b"") for item in found] == values
    assert split(Lines(), b"1\r\n\n 2 \n3", size) == [b"1", b"2", b"3"]


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_what_is_too_long_is_passed_over(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(stream, "LONGEST_ITEM", 10)
    assert split(Lines(), b"1\n" + b"x" * 11 + b"\n" + b"y" * 10 + b"\n" + b"z" * 50, size) == [
        b"1",
        None,
        b"y" * 10,
        None,
    ]
    body = b'[1, "' + b"x" * 30 + b'",    "yyyyyyyy", {"a": "' + b"z" * 30 + b'"}, 2]'
    assert split(Elements(), body, size) == [b"1", None, b'"yyyyyyyy"', None, b"2"]


def test_a_body_that_never_ends_is_not_held() -> None:
    for splitter, begin in ((Lines(), b""), (Elements(), b'["'), (Elements(), b"[")):
        list(splitter.feed(begin))
        tracemalloc.start()
        for _ in range(100):
            assert not list(splitter.feed(b"0" * 1_000_000))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 8_000_000


def test_what_stands_around_an_array() -> None:
    assert split(Elements(), b" \r\n\t[1] \n", 1) == [b"1"]
    for body in (b"[1] 2", b"x [1]", b"[1]]", b"}", b",", b'"'):
        with pytest.raises(AppError):
            split(Elements(), body, 1)
