"""Small files of every kind, made here, and the calls of the tests."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import httpx

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<<>>\n%%EOF\n"
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + b"\x11" * 400 + b"\xff\xd9"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d494844520000000100000001080600000000000000")
HEIC = b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + b"\0" * 64
MP4 = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41" + b"\0" * 64
M4A = b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0" + b"\0" * 64
MP3 = b"ID3\x03\0\0\0\0\x0f\x76TIT2" + b"\0" * 64
TXT = "Үйде жылу жоқ.\r\nКөмектесіңіздерші.\n".encode()


def package(*members: tuple[str, bytes], stored: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as made:
        for name, data in members:
            made.writestr(zipfile.ZipInfo(name, (2026, 11, 23, 9, 0, 0)), data, made.compression)
    return out.getvalue()


DOCX = package(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w:document/>"))
XLSX = package(("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>"))
ODT = package(
    ("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"<office/>"), stored=True
)
ZIP = package(("a.txt", b"hello"))
BOMB = package(
    ("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w:document/>"), ("x", b"\0" * 50_000_000)
)

GOOD = {
    "хат.pdf": (PDF, "application/pdf"),
    "photo.JPG": (JPEG, "image/jpeg"),
    "a.jpeg": (JPEG, "image/jpeg"),
    "a.png": (PNG, "image/png"),
    "a.heic": (HEIC, "image/heic"),
    "a.docx": (DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "a.xlsx": (XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "a.odt": (ODT, "application/vnd.oasis.opendocument.text"),
    "a.txt": (TXT, "text/plain"),
    "a.mp3": (MP3, "audio/mpeg"),
    "a.m4a": (M4A, "audio/mp4"),
    "a.mp4": (MP4, "video/mp4"),
}
UPLOADS = "/api/v1/attachments"


async def send(
    client: httpx.AsyncClient,
    content: bytes = JPEG,
    name: str = "фото.jpg",
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    files = {"file": (name, content, "application/octet-stream")}
    return await client.post(UPLOADS, files=files, headers=headers)


async def sent(client: httpx.AsyncClient, content: bytes = JPEG, name: str = "фото.jpg") -> dict[str, Any]:
    answer = await send(client, content, name)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found
