"""What reads anybody's bytes gives a value or a refusal of ours, and nothing else; what we write we read."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Any

import pytest
from fastapi import Request
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from standardwebhooks import Webhook
from starlette.types import Message

from app.appeals import numbers
from app.core import i18n, multipart, paging, signatures, stream
from app.core.errors import AppError
from app.core.schema import Day
from app.intake.blogs import syndication
from app.intake.mail import message, texts
from app.intake.open311 import formats
from app.intake.registers import mapping, table
from app.intake.registers.flaws import Unusable
from tests.intake.registers.brought import MAPPING

# Bytes with what these formats are made of in them, so that more than their first letter is read.
PIECES = st.sampled_from(
    [b"\r\n", b"\n", b"--b", b"--b--", b"[", b"]", b"{", b"}", b'"', b"\\", b",", b":", b"null", b'{"a":1}',
     b"1e999", b"\xef\xbb\xbf", b"\x00", b"\xff", "қ".encode(), b" ", b";", b"\t", b"\r\n\r\n",
     b"<rss>", b"<item>", b"</item>", b"<!DOCTYPE a>", b"&amp;", b"&lt;", b"<![CDATA[", b"]]>",
     b"From: a@b.kz\r\n", b"Content-Type: ", b"multipart/mixed; boundary=b", b"text/html", b"; charset=",
     b"utf-8", b"=?utf-8?b?", b"?=", b"=?koi8-r?q?", b"Content-Disposition: form-data", b'; name="a"',
     b'; filename="b"', b"Content-Transfer-Encoding: base64\r\n"]
)  # fmt: skip
BYTES = st.lists(PIECES | st.binary(max_size=20), max_size=30).map(b"".join)
# However they are cut on the way.
CUTS = st.lists(st.integers(1, 7), min_size=1, max_size=5)


def asked(body: bytes, cuts: list[int], media: str) -> Request:
    """A request whose body comes in pieces of these lengths."""
    begins = [0]
    while begins[-1] < len(body):
        begins.append(begins[-1] + cuts[len(begins) % len(cuts)])
    pieces = [body[begin:end] for begin, end in pairwise(begins)]

    async def receive() -> Message:
        piece = pieces.pop(0) if pieces else b""
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    headers = [(b"content-type", media.encode("latin-1", "replace"))]
    return Request({"type": "http", "method": "POST", "headers": headers, "path": "/"}, receive)


def taken(found: AsyncIterator[Any]) -> list[Any] | AppError:
    """All of it, or the refusal."""

    async def all_of() -> list[Any]:
        return [one async for one in found]

    try:
        return asyncio.run(all_of())
    except AppError as refusal:
        return refusal


@given(BYTES, CUTS, st.sampled_from([stream.NDJSON, "application/json"]))
def test_batches(body: bytes, cuts: list[int], media: str) -> None:
    found = taken(stream.many(asked(body, cuts, media)))
    assert isinstance(found, AppError) or all(isinstance(one, bytes) for one in found)
    whole = taken(stream.many(asked(body, [len(body) + 1], media)))
    assert isinstance(found, AppError) is isinstance(whole, AppError), "how it was cut changes nothing"
    assert isinstance(found, AppError) or found == whole


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=8), CUTS)
def test_a_batch_is_read_as_it_was_written(items: list[Any], cuts: list[int]) -> None:
    lines = b"".join(json.dumps(one).encode() + b"\n" for one in items)
    array = json.dumps(items, indent=1).encode()
    for body, media in ((lines, stream.NDJSON), (array, "application/json")):
        found = taken(stream.many(asked(body, cuts, media)))
        assert isinstance(found, list)
        assert [json.loads(one) for one in found] == items


@given(BYTES, CUTS, st.sampled_from(["b", "", "b; a", '"b"', "x" * 80]))
def test_forms(body: bytes, cuts: list[int], boundary: str) -> None:
    async def read() -> AsyncIterator[tuple[str, bytes]]:
        async for part in multipart.parts(asked(body, cuts, f"multipart/form-data; boundary={boundary}")):
            yield part.name, b"".join([data async for data in part])

    found = taken(read())
    assert isinstance(found, AppError) or len(found) <= multipart.MOST_PARTS


@given(
    st.lists(st.tuples(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.binary(max_size=40)), max_size=5),
    CUTS,
)
def test_a_form_is_read_as_it_was_written(fields: list[tuple[str, bytes]], cuts: list[int]) -> None:
    head = b'--BOUNDARY\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = b"".join(head % (name.encode(), value) for name, value in fields) + b"--BOUNDARY--\r\n"

    async def read() -> AsyncIterator[tuple[str, bytes]]:
        async for part in multipart.parts(asked(body, cuts, "multipart/form-data; boundary=BOUNDARY")):
            yield part.name, b"".join([data async for data in part])

    assert taken(read()) == fields


@given(BYTES)
def test_e_mail(body: bytes) -> None:
    found = message.read(body)
    assert len(found.text) <= message.LONGEST_TEXT
    assert found.key
    assert all(isinstance(one.content(), bytes) for one in found.attachments)


@given(st.text(max_size=200))
def test_text_of_e_mail(text: str) -> None:
    assert "\x00" not in texts.of_html(text) or "\x00" in text
    reply, quoted = texts.reply_and_quoted(text)
    assert len(reply) + len(quoted) <= len(text) + 2
    texts.of_flowed(text, delete_space=True)


@given(BYTES)
def test_feeds(body: bytes) -> None:
    assert len(syndication.read(body, 3).entries) <= 3


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.text(max_size=20), max_size=4))
def test_xml_is_written_so_that_anybody_reads_it(value: dict[str, str]) -> None:
    from defusedxml.ElementTree import fromstring

    root = fromstring(formats.as_xml("answer", value).decode())
    assert {child.tag for child in root} == set(value)


@given(st.binary(max_size=300) | BYTES)
@settings(max_examples=40)
def test_tables(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    read = mapping.load(MAPPING)
    for ending in ("csv", "xlsx"):
        path = tmp_path_factory.getbasetemp() / f"fuzzed.{ending}"
        path.write_bytes(body)
        try:
            with table.open_table(path, read) as opened:
                list(opened.lines())
        except Unusable:
            continue


@given(st.integers(-10_000, 10_000).map(lambda days: days * 86_400) | st.floats() | st.text(max_size=12))
def test_a_day_is_a_day_and_no_number(given: object) -> None:
    with suppress(ValidationError):
        assert TypeAdapter(Day).validate_python(given).isoformat() == given


# Words of headers and addresses


HEADER = st.text(st.characters(max_codepoint=255), max_size=60)


@given(HEADER | st.from_regex(r"(kk|ru|en|de|\*)(-[A-Z]{2})?(;q=[0-9.e-]{0,5})?(, ?(kk|ru|en);q=.{0,4})*"))
def test_accept_language(text: str) -> None:
    assert i18n.negotiate(text) in i18n.LANGUAGES


@given(
    HEADER, HEADER, HEADER | st.sampled_from(["inf", "-inf", "nan", "1e400", "9" * 400, "1e15", "0"]), BYTES
)
def test_signatures(id_: str, signature: str, stamp: str, body: bytes) -> None:
    headers = {"webhook-id": id_, "webhook-timestamp": stamp, "webhook-signature": signature}
    assert signatures.on_time(headers, datetime.now(UTC)) in (True, False)
    assert signatures.verified([signatures.new_secret()], body, headers) is False


@given(BYTES, st.integers(0, 10_000))
def test_what_is_signed_is_good_and_nothing_else(body: bytes, place: int) -> None:
    secret, now = signatures.new_secret(), datetime.now(UTC)
    signed = {
        "webhook-id": "post-1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("post-1", now, body.decode("latin-1")),
    }
    sent = body.decode("latin-1").encode()
    assert signatures.verified([signatures.new_secret(), secret], sent, signed)
    place %= len(sent) + 1
    assert not signatures.verified([secret], sent[:place] + b"x" + sent[place:], signed)


PARTS = (
    st.integers(0, paging.LARGEST_ID)
    | st.dates()
    | st.times().map(lambda at: at.replace(second=0, microsecond=0))
)


@given(st.lists(PARTS, min_size=1, max_size=4))
def test_a_cursor_is_read_as_it_was_written(parts: list[Any]) -> None:
    kinds = [date if isinstance(part, date) else type(part) for part in parts]
    assert paging.place(paging.cursor(*parts), *kinds) == tuple(parts)


@pytest.mark.parametrize(
    ("read", "refusal"),
    [
        (lambda text: paging.place(text, int, date, time), AppError),
        (paging.after, AppError),
        (numbers.parse, numbers.NumberError),
    ],
)
@given(
    text=st.text(max_size=60)
    | st.from_regex(r"[A-Za-z0-9_=-]{0,60}")
    | st.from_regex(r"[A-ZЖЗТ]{2}[-–][0-9]{4}-[0-9]{1,12}(\.[0-9]{1,4})?")
)
def test_words_that_stand_in_addresses(
    read: Callable[[str], object], refusal: type[Exception], text: str
) -> None:
    with suppress(refusal):
        read(text)
