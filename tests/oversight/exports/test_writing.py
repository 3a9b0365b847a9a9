"""What a file holds, read back: real days and numbers, no formulas, any length."""

import asyncio
import os
import tracemalloc
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from app.oversight.exports import csv_file, xlsx_file
from app.oversight.exports.download import Form, download
from app.oversight.exports.sheet import Column, Kind, Rows, Sheet, Value
from tests.oversight.exports.reading import codes_of, csv_rows, sheet_of, workbook

FORMULAS = [
    "=1+1",
    "+7 701 000 00 00",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    '=HYPERLINK("http://example.test","x")',
    "＝1+1",
]


async def content(sheet: Sheet, form: Form) -> bytes:
    answer = await download(sheet, form, "en")
    return b"".join([bytes(piece) async for piece in answer.body_iterator])  # type: ignore[arg-type]


@pytest.mark.parametrize("text", FORMULAS)
async def test_a_text_is_never_a_formula(text: str) -> None:
    found = csv_rows(await content(sheet_of([[text, text]], name=Kind.TEXT, code=Kind.CODE), Form.CSV))
    assert found == [{"name": f"'{text}", "code": f"'{text}"}]
    book = workbook(await content(sheet_of([[text, text]], name=Kind.TEXT, link=Kind.LINK), Form.XLSX))
    for cell in book.worksheets[0][2]:
        assert cell.data_type in {"s", "inlineStr"}
        assert cell.hyperlink is None
        assert cell.value == text or cell.value.replace("_x000D_", "\r") == text


async def test_an_address_is_no_link() -> None:
    """Excel opens no more than 65,530 links a page, and a text that looks like one is still a text."""
    book = workbook(await content(sheet_of([["https://example.test/a"]], url=Kind.LINK), Form.XLSX))
    (cell,) = book.worksheets[0][2]
    assert (cell.value, cell.hyperlink, cell.data_type) == ("https://example.test/a", None, "s")


async def test_days_and_numbers_are_real_ones() -> None:
    late = datetime(2026, 7, 1, 20, 30, tzinfo=UTC)  # 01:30 of the next day in Kazakhstan
    row: list[Value] = [
        date(2026, 3, 8),
        late,
        1234,
        0.9876,
        3.5,
        True,
        None,
        "Қазақ тілі, «ә; ғ»\nекінші жол",
    ]
    kinds = (Kind.DAY, Kind.MOMENT, Kind.NUMBER, Kind.SHARE, Kind.DECIMAL, Kind.MARK, Kind.DAY, Kind.TEXT)
    names = ("day", "at", "count", "share", "score", "mark", "none", "text")
    asked = dict(zip(names, kinds, strict=True))
    raw = await content(sheet_of([row], **asked), Form.CSV)
    assert raw.startswith(b"\xef\xbb\xbfday,at,count,")
    assert raw.endswith(b"\r\n")
    assert csv_rows(raw) == [
        {
            "day": "2026-03-08",
            "at": "2026-07-02T01:30:00+05:00",
            "count": "1234",
            "share": "0.9876",
            "score": "3.5",
            "mark": "true",
            "none": "",
            "text": row[-1],
        }
    ]
    page = workbook(await content(sheet_of([row], **asked), Form.XLSX)).worksheets[0]
    cells: dict[str, Any] = dict(zip(names, page[2], strict=True))
    assert (cells["day"].value, cells["day"].is_date) == (datetime.fromisoformat("2026-03-08"), True)
    assert cells["at"].value == datetime.fromisoformat("2026-07-02T01:30")
    assert (cells["count"].value, cells["count"].number_format) == (1234, "#,##0")
    assert (cells["share"].value, cells["share"].number_format) == (0.9876, "0.00%")
    assert (cells["score"].value, cells["mark"].value, cells["none"].value) == (3.5, True, None)
    assert cells["text"].value == row[-1]
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:H2"
    assert all(page.column_dimensions[letter].width >= 12 for letter in "ABCDEFGH")


async def test_a_code_is_a_word_for_people_and_a_code_for_programs() -> None:
    columns = [Column("topic", Kind.CODE, "Topic", "What it is about.", {"land": "Land"})]

    async def rows() -> Rows:
        yield [["land"], ["other"]]

    assert [
        row["topic"] for row in csv_rows(await content(Sheet("a", "A", [], columns, rows()), Form.CSV))
    ] == ["land", "other"]
    page = workbook(await content(Sheet("a", "A", [], columns, rows()), Form.XLSX)).worksheets[0]
    assert [page["A1"].value, page["A2"].value, page["A3"].value] == ["Topic", "Land", "other"]


async def test_the_last_page_says_what_was_asked_and_what_each_column_means() -> None:
    raw = await content(sheet_of([], day=Kind.DAY, count=Kind.NUMBER), Form.XLSX)
    book = workbook(raw)
    said = [value for row in book.worksheets[-1].iter_rows(values_only=True) for value in row if value]
    for wanted in ("Sample", "Period", "2026", "Made", "What count is.", "Day", "day"):
        assert wanted in said
    assert codes_of(raw) == ["day", "count"]
    assert csv_rows(await content(sheet_of([], day=Kind.DAY), Form.CSV)) == []


async def test_what_a_page_cannot_hold_goes_on_on_the_next(tmp_path: Path) -> None:
    async def rows() -> Rows:
        for portion in range(5):
            yield [[portion * 3 + place] for place in range(3)]

    columns = [Column("n", Kind.NUMBER, "N", "A number.")]
    sheet = Sheet("a", "A title that is longer than a page's: [name]", [], columns, rows())
    path = await xlsx_file.write(sheet, "kk", str(tmp_path), most=8)
    book = openpyxl.load_workbook(path)
    assert len(book.sheetnames) == 4
    assert len(set(book.sheetnames)) == 4
    assert all(len(name) <= 31 for name in book.sheetnames)
    numbers = [
        cell for page in book.worksheets[:-1] for (cell,) in page.iter_rows(min_row=2, values_only=True)
    ]
    assert numbers == list(range(15))
    assert [page.auto_filter.ref for page in book.worksheets[:-1]] == ["A1:A8", "A1:A8", "A1:A2"]
    assert {page["A1"].value for page in book.worksheets[:-1]} == {"N"}


@pytest.mark.parametrize("form", list(Form))
async def test_a_long_list_takes_no_more_room(form: Form) -> None:
    """Many rows made while they are read: what is held at once does not grow with them."""
    columns = [Column("n", Kind.NUMBER, "N", "A number."), Column("t", Kind.TEXT, "T", "A text.")]

    async def rows(portions: int) -> Rows:
        for portion in range(portions):
            yield [[portion, f"{portion} {place} {'х' * 40}"] for place in range(500)]

    async def held(portions: int) -> tuple[int, int]:
        sent = 0
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        answer = await download(Sheet("a", "A", [], columns, rows(portions)), form, "kk")
        async for piece in answer.body_iterator:
            sent += len(piece)
        return tracemalloc.get_traced_memory()[1] - before, sent

    tracemalloc.start()
    try:
        await held(1)
        few, _ = await held(2)
        many, sent = await held(20)
    finally:
        tracemalloc.stop()
    assert sent > (900_000 if form is Form.CSV else 80_000)
    assert many < few + 600_000


async def test_what_fails_at_once_is_an_error_and_leaves_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    columns = [Column("n", Kind.NUMBER, "N", "A number.")]

    async def rows() -> Rows:
        yield [[1]]
        raise ConnectionError("the database went away")

    with pytest.raises(ConnectionError):
        await download(Sheet("a", "A", [], columns, rows()), Form.XLSX, "kk")
    assert os.listdir(tmp_path) == []
    answer = await download(Sheet("a", "A", [], columns, rows()), Form.CSV, "kk")
    with pytest.raises(ConnectionError):  # breaks the connection, so that nobody takes a part for the whole
        async for _ in answer.body_iterator:
            pass


def test_a_csv_value_is_written_one_way() -> None:
    assert [csv_file.written(value) for value in (None, True, 0, 0.5, "a")] == ["", "true", "0", "0.5", "a"]


@pytest.mark.parametrize("how", ["gone", "asleep"])
async def test_a_reader_who_is_gone_or_asleep_holds_nothing(
    monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("app.oversight.exports.download.PATIENCE", 0.02)
    let_go = asyncio.Event()

    async def rows() -> Rows:
        try:
            while True:
                yield [[1]]
        finally:
            let_go.set()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            if how == "gone":
                raise OSError("the connection is closed")
            await asyncio.Event().wait()

    columns = [Column("n", Kind.NUMBER, "N", "A number.")]
    answer = await download(Sheet("a", "A", [], columns, rows()), Form.CSV, "kk")
    with pytest.raises(OSError if how == "gone" else TimeoutError):
        await answer.stream_response(send)
    await asyncio.wait_for(let_go.wait(), 5)
