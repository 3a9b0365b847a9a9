"""What is read out of an e-mail, well made or not."""

import base64
import quopri
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from app.intake.mail.message import LONGEST_TEXT, Read, read
from tests.intake.mail.office import TEXT, letter

RUSSIAN = "Уважаемые господа! Прошу отремонтировать дорогу возле школы № 5. Спасибо."
WINDOWS = "Қала әкіміне: «жолды жөндеңіздер» — өтінеміз, ұялы байланыс та жоқ."


def raw(body: bytes, content_type: str = "text/plain", encoding: str = "8bit", more: bytes = b"") -> bytes:
    head = f"From: a@example.kz\r\nMessage-ID: <1@example.kz>\r\nContent-Type: {content_type}\r\n"
    return head.encode() + f"Content-Transfer-Encoding: {encoding}\r\n".encode() + more + b"\r\n" + body


def text_of(found: bytes) -> str:
    return read(found).text


@pytest.mark.parametrize(
    ("said", "charset"),
    [
        (RUSSIAN.replace("№", "N"), "koi8-r"),
        (RUSSIAN, "windows-1251"),
        (RUSSIAN, "utf-8"),
        (WINDOWS, "utf-8"),
        (WINDOWS, "kz1048"),
        (WINDOWS, "utf-16"),
        (RUSSIAN.replace("№", "N"), "iso-8859-5"),
    ],
)
def test_encodings(said: str, charset: str) -> None:
    body = said.encode(charset)
    assert text_of(raw(base64.encodebytes(body), f'text/plain; charset="{charset}"', "base64")) == said
    if charset != "utf-16":
        quoted = quopri.encodestring(body)
        assert text_of(raw(quoted, f"text/plain; charset={charset}", "quoted-printable")) == said
        assert text_of(raw(body, f"text/plain; charset={charset}")) == said


@pytest.mark.parametrize(
    ("really", "label"),
    [
        ("utf-8", "windows-1251"),
        ("utf-8", "koi8-r"),
        ("utf-8", "us-ascii"),
        ("utf-8", "iso-8859-1"),
        ("utf-8", "no-such-thing"),
        ("windows-1251", "utf-8"),
        ("windows-1251", "koi8-r"),
        ("windows-1251", "iso-8859-1"),
        ("windows-1251", ""),
        ("koi8-r", "windows-1251"),
        ("koi8-r", "us-ascii"),
        ("koi8-r", "utf-8"),
    ],
)
def test_wrong_labels(really: str, label: str) -> None:
    said = RUSSIAN.replace("№", "N")
    kind = f"text/plain; charset={label}" if label else "text/plain"
    assert text_of(raw(said.encode(really), kind)) == said


def test_a_cut_sign_does_not_make_it_another_encoding() -> None:
    assert text_of(raw(RUSSIAN.encode()[:-4] + b"\xd0", "text/plain; charset=utf-8")).startswith(RUSSIAN[:-4])


def test_headers_in_encoded_words_and_in_plain_bytes() -> None:
    whole = "Әкімдікке өтініш: «жылу» туралы, көшедегі қар да тазаланбайды"
    encoded = EmailMessage(policy=SMTP)
    encoded["Subject"] = whole
    head = bytes(encoded).split(b"\r\n\r\n")[0]
    assert read(head + b"\r\nFrom: =?utf-8?B?0JTQsNC8?= <A@Example.KZ>\r\n\r\nx").subject == whole
    # A letter that is cut between two words of one encoding, as some programs do.
    half = base64.b64encode("Қар".encode()[:3]).decode(), base64.b64encode("Қар".encode()[3:]).decode()
    split = f"Subject: =?utf-8?B?{half[0]}?=\r\n =?utf-8?B?{half[1]}?=\r\n\r\nx".encode()
    assert read(split).subject == "Қар"
    assert read("Subject: Өтініш, жай\r\n\r\nx".encode()).subject == "Өтініш, жай"
    assert (
        read(b"Subject: " + "Жалоба на дорогу".encode("koi8-r") + b"\r\n\r\nx").subject == "Жалоба на дорогу"
    )
    assert read(b"Subject: =?utf-8?B?%%%%?= =?x-none?Q?a?=\r\n\r\nx").subject


def test_who_wrote() -> None:
    sender = read(bytes(letter(sender="=?utf-8?B?06nTmdC70LjRjw==?= <Aliya@Example.KZ>")))
    assert (sender.name, sender.sender) == ("өәлия", "aliya@example.kz")
    assert read(b"From: nobody\r\n\r\nx").sender is None
    assert read(b"\r\nx").sender is None
    two = read(b"From: a@example.kz\r\nFrom: b@example.kz\r\n\r\nx")
    assert two.sender == "a@example.kz"
    assert read("From: \u202eгел <a@example.kz>\r\n\r\nx".encode()).name == "гел"


def test_nothing_is_injected_by_a_header() -> None:
    made = base64.b64encode(b"a\r\nBcc: all@example.kz\r\n\r\nbody").decode()
    found = read(f"From: =?utf-8?B?{made}?= <a@example.kz>\r\nSubject: =?utf-8?B?{made}?=\r\n\r\nx".encode())
    assert found.subject == "a Bcc: all@example.kz body"
    assert found.name == "a Bcc: all@example.kz body"
    assert "\n" not in (found.subject + found.name)
    assert found.to == ()


def test_html_alone() -> None:
    html = (
        "<html><head><title>no</title><style>p {color: red}</style></head><body><p>Сәлеметсіз бе!</p>"
        "<script>alert('no')</script><p>Қараңыз: <a href='https://example.kz/a?b=1&amp;c'>мына жерді</a>,"
        " <a href='https://example.kz'>https://example.kz/</a><br>екі&nbsp;жол</p><ul><li>бір<li>екі</ul>"
        "<a href='javascript:alert(1)'>басыңыз</a><img src='https://spy.example.kz/1.gif'></body></html>"
    )
    text = text_of(raw(html.encode(), "text/html; charset=utf-8"))
    assert text == (
        "Сәлеметсіз бе!\n\nҚараңыз: мына жерді (https://example.kz/a?b=1&c), https://example.kz/\nекі жол\n\n"
        "- бір\n\n- екі\n\nбасыңыз"
    )


def test_of_alternatives_the_plain_one_unless_it_is_empty() -> None:
    message = letter("Мәтін.")
    message.add_alternative("<p>Басқаша</p>", subtype="html")
    assert read(bytes(message)).text == "Мәтін."
    empty = letter(" ")
    empty.add_alternative("<p>Тек осында</p>", subtype="html")
    assert read(bytes(empty)).text == "Тек осында"


def test_flowed_lines() -> None:
    flowed = "Бірінші жол \r\nжалғасы.\r\n\r\n> дәйексөз \r\n> тағы\r\n -- емес\r\n-- \r\nқолы"
    found = text_of(raw(flowed.encode(), "text/plain; charset=utf-8; format=flowed"))
    assert found == "Бірінші жол жалғасы.\n\n> дәйексөз тағы\n-- емес\n-- \nқолы"
    tight = text_of(raw("бұл \r\nбір".encode(), "text/plain; charset=utf-8; format=flowed; delsp=yes"))
    assert tight == "бұлбір"


def test_attachments_are_named() -> None:
    message = letter("Файл тіркелді.")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Өтініш №1.pdf")
    message.add_attachment("қосымша", subtype="plain", filename="../../etc/passwd")
    found = read(bytes(message))
    assert found.text == "Файл тіркелді."
    assert [(one.name, one.type) for one in found.attachments] == [
        ("Өтініш №1.pdf", "application/pdf"),
        ("passwd", "text/plain"),
    ]
    assert found.attachments[0].content() == b"%PDF-1.7"


def test_without_a_message_id_the_bytes_are_the_key() -> None:
    first = read(b"From: a@example.kz\r\n\r\nx")
    assert first.key.startswith("bytes:")
    assert read(b"From: a@example.kz\r\n\r\nx").key == first.key
    assert read(b"From: a@example.kz\r\n\r\ny").key != first.key
    assert read(b"Message-Id: abc@example.kz\r\n\r\n").key == "abc@example.kz"


def test_copies_with_other_traces_have_the_same_content() -> None:
    message = bytes(letter(Message_ID="<1@example.kz>"))
    copy = (
        b"Received: from x by y; Fri, 27 Nov 2026 10:00:00 +0500\r\nDelivered-To: b@example.kz\r\n" + message
    )
    assert read(copy).content_hash() == read(message).content_hash()
    assert read(copy.replace(b"Subject:", b"Subject: x")).content_hash() != read(message).content_hash()


# What is broken, or wants to break something


def broken(name: str) -> bytes:
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(1000)
    )
    found = {
        "empty": b"",
        "no header": b"hello",
        "only headers": b"Subject: x",
        "nul": b"Subject: a\0b\r\n\r\nc\0d",
        "multipart without boundary": raw(b"--x\r\n\r\nhello", "multipart/mixed"),
        "boundary that never comes": raw(b"hello", "multipart/mixed; boundary=never"),
        "broken base64": raw(b"!!!not base64", "text/plain", "base64"),
        "odd base64": raw(b"SGVsbG8", "text/plain", "base64"),
        "no such encoding": raw(b"hello", "text/plain", "x-nothing"),
        "no such type": raw(b"hello", "////;;;=="),
        "charset like a path": raw(b"hello \xff", "text/plain; charset=../../../etc/passwd"),
        "charset that is no text": raw(b"hello \xff", "text/plain; charset=base64"),
        "idna": raw(b"hello \xff", "text/plain; charset=idna"),
        "thousand nested multiparts": b"Subject: deep\r\n" + nested + b"\r\nhello from below",
        "ten thousand parts": raw(b"--x\r\n\r\na\r\n" * 10_000 + b"--x--", "multipart/mixed; boundary=x"),
        "rfc822 in rfc822": b"Content-Type: message/rfc822\r\n\r\n" * 2000 + b"hello",
        "long header": b"Subject: " + b"=?utf-8?Q?a?= " * 100_000 + b"\r\n\r\nx",
        "many addresses": b"To: " + b"a@example.kz, " * 100_000 + b"\r\n\r\nx",
        "parentheses": b"From: " + b"(" * 100_000 + b"\r\nTo: " + b"<" * 50_000 + b"\r\n\r\nx",
        "quotes": b'From: "' + b'\\"' * 50_000 + b"\r\n\r\nx",
        "references": b"References: " + b"<a@b> " * 100_000 + b"\r\n\r\nx",
        "many headers": b"X-A: b\r\n" * 100_000 + b"\r\nx",
        "parameters": raw(b"x", "text/plain; " + "; ".join(f"a*{i}*=x" for i in range(3000))),
        "deep html": raw(b"<div>" * 300_000 + b"x", "text/html"),
        "html of fonts": raw(
            b"".join(b"<b id=%d>" % i for i in range(30_000)) + b"<p>x" * 60_000, "text/html"
        ),
        "html of tables": raw(b"<table><tr><td>" * 50_000, "text/html"),
        "html of comments": raw(b"<!--" * 200_000, "text/html"),
        "entities": raw(
            b'<!DOCTYPE l [<!ENTITY a "'
            + b"ha" * 100
            + b'"><!ENTITY b "'
            + b"&a;" * 1000
            + b'">]>'
            + b"&b;" * 9999,
            "text/html",
        ),
        "quotes in quotes": raw(b">" * 1_000_000, "text/plain; format=flowed"),
        "wrote": raw(b"1@" + b" wrote" * 100_000 + b":\n", "text/plain"),
        "spaces": raw(b" " * 1_000_000, "text/plain; format=flowed"),
        "surrogates": b"Subject: =?utf-8?B?7aCA?=\r\n\r\n\xed\xa0\x80",
        "date": b"Date: Mon, 99 Foo 99999 99:99:99 +9999\r\n\r\nx",
    }
    return found[name]


BROKEN = [
    *("empty", "no header", "only headers", "nul", "multipart without boundary", "boundary that never comes"),
    *("broken base64", "odd base64", "no such encoding", "no such type", "charset like a path", "idna"),
    *("charset that is no text", "thousand nested multiparts", "ten thousand parts", "rfc822 in rfc822"),
    *("long header", "many addresses", "parentheses", "quotes", "references", "many headers", "parameters"),
    *("deep html", "html of fonts", "html of tables", "html of comments", "entities", "quotes in quotes"),
    *("wrote", "spaces", "surrogates", "date"),
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", BROKEN)
def test_nothing_breaks_the_reading(name: str) -> None:
    found = read(broken(name))
    assert isinstance(found, Read)
    assert len(found.text) <= LONGEST_TEXT
    (found.text + (found.subject or "") + (found.name or "")).encode()
    assert "\0" not in found.text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("no header", "hello"),
        ("multipart without boundary", "hello"),
        ("boundary that never comes", "hello"),
        ("no such encoding", "hello"),
        ("thousand nested multiparts", "hello from below"),
        ("rfc822 in rfc822", "hello"),
    ],
)
def test_what_was_written_is_there_all_the_same(name: str, text: str) -> None:
    assert text in read(broken(name)).text


def test_a_long_text_is_cut_and_says_so() -> None:
    found = read(raw(("ұзақ " * 20_000).encode()))
    assert found.cut
    assert LONGEST_TEXT - 10 < len(found.text) <= LONGEST_TEXT
    assert not read(raw(TEXT.encode())).cut


def test_the_beginning_of_a_large_e_mail() -> None:
    """Of the beginning of a large e-mail the text is read, and what did not come whole is named."""
    message = letter("Мәтін.")
    message.add_attachment(b"\x89PNG" * 200_000, maintype="image", subtype="png", filename="a.png")
    found = read(bytes(message)[:100_000], whole=False)
    assert found.text == "Мәтін."
    assert found.cut
    (one,) = found.attachments
    assert (one.name, one.part) == ("a.png", None)
