"""Atom and RSS as entries, whatever is in them."""

import pytest

from app.intake.blogs.syndication import Entry, read

ATOM = '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="urn:other">{}</feed>'


def only(body: str | bytes) -> Entry:
    raw = body if isinstance(body, bytes) else body.encode()
    (found,) = read(raw, 10).entries
    return found


def test_an_atom_entry() -> None:
    found = only(
        ATOM.format(
            "<entry><id>urn:1</id><media:title>no</media:title>"
            "<title type='html'>Жол &amp;amp; \n көпір</title>"
            "<link rel='self' href='https://x/self'/><link href='https://x/1'/>"
            "<author><name>Әлия</name><email>a@example.kz</email></author>"
            "<updated>2026-11-24T00:00:00Z</updated><published>2026-11-23T09:41:00+05:00</published>"
            "<summary>қысқаша</summary>"
            "<content type='html'>&lt;p&gt;Бір&lt;/p&gt;&lt;p&gt;Екі&lt;/p&gt;</content></entry>"
        )
    )
    assert found == Entry(
        "urn:1", "Жол & көпір", "Бір\n\nЕкі", "Әлия", "2026-11-23T09:41:00+05:00", "https://x/1"
    )


def test_atoms_plain_text_is_no_html() -> None:
    assert only(ATOM.format("<entry><content>1 &lt; 2 &lt;b&gt;</content></entry>")).text == "1 < 2 <b>"


def test_atoms_xhtml() -> None:
    inner = "<div xmlns='http://www.w3.org/1999/xhtml'><p>Бір &lt; екі</p><p>Үш</p></div>"
    found = only(ATOM.format(f"<entry><content type='xhtml'>{inner}</content></entry>"))
    assert found.text == "Бір < екі\n\nҮш"


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("Mon, 23 Nov 2026 09:41:00 +0500", "2026-11-23T09:41:00+05:00"),
        ("Mon, 23 Nov 2026 04:41:00 GMT", "2026-11-23T04:41:00+00:00"),
        ("2026-11-23T09:41:00", "2026-11-23T09:41:00+00:00"),
        ("yesterday", "yesterday"),
        ("99999999999999999999", "99999999999999999999"),
    ],
)
def test_dates(written: str, read_as: str) -> None:
    body = f"<rss><channel><item><guid>1</guid><pubDate>{written}</pubDate></item></channel></rss>"
    assert only(body).published == read_as


def test_another_encoding() -> None:
    head = '<?xml version="1.0" encoding="windows-1251"?>'
    body = f"{head}<rss><channel><item><title>Дорога</title></item></channel></rss>"
    assert only(body.encode("cp1251")).title == "Дорога"


def test_full_text_before_a_description() -> None:
    body = (
        '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><item>'
        "<description>қысқаша</description><content:encoded>толық</content:encoded></item></channel></rss>"
    )
    assert only(body).text == "толық"


def test_what_came_before_a_fault() -> None:
    found = read(ATOM.format("<entry><id>1</id></entry><entry><id>2").encode(), 10)
    assert ([entry.id for entry in found.entries], found.fault, found.more) == (["1"], True, False)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"<a/>", b"\x00", b"<feed>" * 300_000, b"<?xml version='1.0' encoding='x'?><feed/>"]
)
def test_no_feed(body: bytes) -> None:
    found = read(body, 10)
    assert (found.entries, found.fault) == ([], True)


def test_xhtml_nested_beyond_sense() -> None:
    deep = "<b>" * 50_000 + "</b>" * 50_000
    assert read(ATOM.format(f"<entry><content type='xhtml'>{deep}</content></entry>").encode(), 10).fault
