import itertools
import json

import pytest

from app.intake.schemas import AppealIn
from bench.appeals import VARIETY
from bench.client import BadResponse, Reader, requests

RESPONSE = b'HTTP/1.1 201 Created\r\nContent-Length: 9\r\nserver: x\r\n\r\n{"a": 12}'


def test_response_is_read_however_it_is_cut() -> None:
    for cut in range(1, len(RESPONSE)):
        reader = Reader()
        assert reader.feed(RESPONSE[:cut]) is None
        assert reader.feed(RESPONSE[cut:]) == 201


def test_responses_follow_each_other_on_one_connection() -> None:
    reader = Reader()
    assert reader.feed(RESPONSE) == 201
    assert reader.feed(RESPONSE.replace(b"201 Created", b"409 Conflict")) == 409


def test_what_is_as_it_was_has_a_tag_and_no_body() -> None:
    reader = Reader()
    assert reader.feed(b'HTTP/1.1 304 Not Modified\r\nETag: "a1"\r\n\r\n') == 304
    assert (reader.tag, reader.body) == (b'"a1"', b"")
    assert reader.feed(RESPONSE) == 201
    assert (reader.tag, reader.body) == (b"", b'{"a": 12}')


@pytest.mark.parametrize("data", [b"HTTP/1.1 200 OK\r\n\r\n", b"HELLO 12345\r\nContent-Length: 0\r\n\r\n"])
def test_what_is_no_response_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(BadResponse):
        Reader().feed(data)


def test_requests_are_good_appeals_with_a_key_each() -> None:
    keys = set()
    for request in itertools.islice(requests(80), 2 * VARIETY):
        head, _, body = request.partition(b"\r\n\r\n")
        headers = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        assert int(headers[b"Content-Length"]) == len(body)
        assert len(AppealIn.model_validate(json.loads(body)).text) > 300
        keys.add(headers[b"Idempotency-Key"])
    assert len(keys) == 2 * VARIETY
