"""What may be attached is told by its content, and its name must fit."""

import io
import tracemalloc
import zipfile
from contextlib import suppress

import pytest

from app.attachments.types import Inspector, WrongType
from tests.attachments.files import BOMB, DOCX, GOOD, JPEG, MP4, ODT, PDF, PNG, TXT, ZIP, package


def judged(content: bytes, name: str, declared: str = "", piece: int = 1_000) -> str:
    inspector = Inspector()
    for begin in range(0, len(content), piece):
        inspector.feed(content[begin : begin + piece])
    return inspector.judge(name, declared).media


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("piece", [7, 100_000])
def test_what_is_allowed(name: str, piece: int) -> None:
    content, media = GOOD[name]
    assert judged(content, name, piece=piece) == media


EXE = b"MZ\x90\0\x03" + b"\0" * 200
REFUSED = {
    "empty": (b"", "a.jpg", "empty"),
    "a zip as a picture": (ZIP, "a.jpg", "type"),
    "a zip as a document": (ZIP, "a.docx", "type"),
    "a zip": (ZIP, "a.zip", "type"),
    "a page": (b"<!DOCTYPE html><script>alert(1)</script>", "a.html", "type"),
    "a page as text": (b"\n <html><body onload=x>", "a.txt", "type"),
    "a drawing": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "a.svg", "type"),
    "a drawing as a picture": (b'<?xml version="1.0"?><svg/>', "a.png", "type"),
    "a program": (EXE, "a.exe", "type"),
    "a program as a picture": (EXE, "a.jpg", "type"),
    "a program of another system": (b"\x7fELF\x02\x01\x01" + b"\0" * 200, "a.pdf", "type"),
    "a script as text": (b"#!/bin/sh\nrm -rf /\n", "a.txt", "type"),
    "a picture named as a document": (JPEG, "a.pdf", "extension"),
    "a document of another kind": (DOCX, "a.xlsx", "extension"),
    "a picture named as a program": (JPEG, "photo.jpg.exe", "extension"),
    "a picture that is an archive": (JPEG + ZIP, "a.jpg", "two_types"),
    "a document that is an archive": (PDF + ZIP, "a.pdf", "two_types"),
    "a film that is an archive": (MP4 + ZIP, "a.mp4", "two_types"),
    "a picture that is a page": (JPEG[:20] + b"<html><script>alert(1)</script>" + JPEG, "a.jpg", "two_types"),
    "a bomb": (BOMB, "a.docx", "package"),
    "a package cut off": (DOCX[:-30], "a.docx", "package"),
    "many members": (package(*((f"word/{n}.xml", b"") for n in range(2_500))), "a.docx", "package"),
    "a document with macros": (
        package(("word/document.xml", b"<w/>"), ("word/vbaProject.bin", b"x")), "a.docx", "package",
    ),
    "nothing that is text": (bytes(range(256)), "a.txt", "type"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not(what: str) -> None:
    content, name, code = REFUSED[what]
    with pytest.raises(WrongType) as refused:
        judged(content, name)
    assert refused.value.code == code


def test_a_bomb_is_small_and_is_never_unpacked() -> None:
    """Fifty megabytes in fifty kilobytes, judged by its table of contents in the memory that it has."""
    with zipfile.ZipFile(io.BytesIO(BOMB)) as package:
        assert sum(member.file_size for member in package.infolist()) > 500 * len(BOMB)
    tracemalloc.start()
    try:
        with pytest.raises(WrongType, match="package"):
            judged(BOMB, "a.docx")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_table_of_contents_that_lies() -> None:
    """A size that is not so is no way in: what is said is compared, and what lies elsewhere is not read."""
    for place in range(len(ODT) - 60, len(ODT) - 2):
        broken = bytearray(ODT)
        broken[place] ^= 0xFF
        with suppress(WrongType):
            assert judged(bytes(broken), "a.odt") == GOOD["a.odt"][1]


def test_a_name_without_an_ending_says_nothing() -> None:
    assert judged(PNG, "") == "image/png"
    assert judged(MP4, "film", "video/mp4") == "video/mp4"
    assert judged(MP4, "voice", "audio/mp4") == "audio/mp4"
    assert judged(TXT, "README") == "text/plain"
