"""A sheet as XLSX: real days and numbers, texts as texts, and a page that says what each column means.

Rows go to a file as they come (xlsxwriter's constant memory), so that a workbook of any length takes the
same room; what a page of a workbook cannot hold goes on on the next one.
"""

import re
from asyncio import to_thread
from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress
from datetime import date, datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from app.core import clock
from app.core.i18n import Language, long_date, t
from app.oversight.exports.sheet import Column, Kind, Row, Sheet, Value

MOST_ROWS = 1_048_576
"""Of one page, its head included."""
LONGEST_TEXT = 32_767
LONGEST_NAME = 31
NARROWEST, WIDEST, MEANING = 10, 48, 90
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]")
_FORMATS: Mapping[Kind, str] = {Kind.NUMBER: "#,##0", Kind.DECIMAL: "#,##0.00", Kind.SHARE: "0.00%"}
# A share has four decimals: what is not all in time is never shown as 100 %.


async def write(sheet: Sheet, lang: Language, folder: str, most: int = MOST_ROWS) -> Path:
    """The workbook in `folder`, an empty one of the caller's, where also the parts of it lie meanwhile."""
    book = await to_thread(_Book, sheet, lang, Path(folder), most)
    try:
        async with aclosing(sheet.rows):
            async for rows in sheet.rows:
                await to_thread(book.add, rows)
    except BaseException:
        book.give_up()
        raise
    await to_thread(book.close)
    return book.path


class _Book:
    def __init__(self, sheet: Sheet, lang: Language, folder: Path, most: int) -> None:
        self.sheet, self.lang, self.most = sheet, lang, most
        self.path = folder / "sheet.xlsx"
        self.book = xlsxwriter.Workbook(
            self.path,
            {
                "constant_memory": True,
                "tmpdir": str(folder),
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        )
        day = "yyyy-mm-dd" if lang == "en" else "dd.mm.yyyy"
        formats = {Kind.DAY: day, Kind.MOMENT: f"{day} hh:mm", **_FORMATS}
        self.formats = {kind: self.book.add_format({"num_format": said}) for kind, said in formats.items()}
        self.head = self.book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self.bold = self.book.add_format({"bold": True, "font_size": 14})
        self.wrapped = self.book.add_format({"text_wrap": True, "valign": "top"})
        self.count = 0
        self.page = self._page()

    def _page(self) -> Worksheet:
        self.count += 1
        page = self.book.add_worksheet(_name(self.sheet.title, self.count))
        page.freeze_panes(1, 0)
        for place, column in enumerate(self.sheet.columns):
            page.write_string(0, place, column.title, self.head)
        self.row = 1
        return page

    def add(self, rows: Sequence[Row]) -> None:
        if self.count == self.row == 1:
            self._widen(rows)
        for row in rows:
            if self.row == self.most:
                self._filter()
                self.page = self._page()
                self._widen(rows)
            for place, (column, value) in enumerate(zip(self.sheet.columns, row, strict=True)):
                self._cell(place, column, value)
            self.row += 1

    def _cell(self, place: int, column: Column, value: Value) -> None:
        where, look = (self.row, place), self.formats.get(column.kind)
        if value is None:
            return
        if isinstance(value, bool):
            self.page.write_boolean(*where, value)
        elif isinstance(value, int | float):
            self.page.write_number(*where, value, look)
        elif isinstance(value, date):
            self.page.write_datetime(*where, _civil(value), look)
        else:
            self.page.write_string(*where, column.words.get(value, value)[:LONGEST_TEXT])

    def _widen(self, rows: Sequence[Row]) -> None:
        """By the first rows; a longer one that comes later is cut by its neighbour, as in any sheet."""
        for place, column in enumerate(self.sheet.columns):
            shown = [_length(column, row[place]) for row in rows[:200]]
            widest = max([NARROWEST, *shown, min(len(column.title), 16)])
            self.page.set_column(place, place, min(widest + 2, WIDEST))

    def _filter(self) -> None:
        self.page.autofilter(0, 0, max(self.row - 1, 1), len(self.sheet.columns) - 1)

    def close(self) -> None:
        self._filter()
        self._about()
        self.book.close()

    def give_up(self) -> None:
        """Let go of the files of a workbook that will not be finished; they lie in the caller's folder."""
        self.book.fileclosed = True
        for page in self.book.worksheets():
            with suppress(OSError):
                page.row_data_fh.close()

    def _about(self) -> None:
        """What was asked, when, what it counts, and what each column means."""
        sheet, lang = self.sheet, self.lang
        page = self.book.add_worksheet(_name(t("export.about", lang), 1))
        page.set_column(0, 1, 32, self.wrapped)
        page.set_column(2, 2, MEANING, self.wrapped)
        page.write_string(0, 0, sheet.title, self.bold)
        now = clock.now().astimezone(clock.ZONE)
        made = f"{long_date(now.date(), lang)}, {now:%H:%M}"
        row = 2
        for what, which in (*sheet.asked, (t("export.asked.made", lang), made)):
            page.write_string(row, 0, what)
            page.write_string(row, 1, which)
            row += 1
        for note in (*sheet.notes, t("export.note.empty", lang)):
            row += 1
            page.write_string(row, 0, t("export.about.note", lang))
            page.write_string(row, 2, note)
        row += 2
        for place, head in enumerate(("export.about.column", "export.about.code", "export.about.means")):
            page.write_string(row, place, t(head, lang), self.head)
        for one in sheet.columns:
            row += 1
            for place, said in enumerate((one.title, one.key, one.means)):
                page.write_string(row, place, said, self.wrapped)


def _civil(value: date) -> date:
    """A workbook knows no zones: a moment is written as the clocks of Kazakhstan showed it."""
    return value.astimezone(clock.ZONE).replace(tzinfo=None) if isinstance(value, datetime) else value


def _length(column: Column, value: Value) -> int:
    if isinstance(value, str):
        return len(column.words.get(value, value))
    return 16 if column.kind is Kind.MOMENT else NARROWEST


def _name(title: str, count: int) -> str:
    """Of a page: at most 31 letters, without some signs, and not twice the same."""
    number = f" {count}" if count > 1 else ""
    clean = _NOT_IN_A_NAME.sub(" ", title).strip("' ")
    return f"{clean[: LONGEST_NAME - len(number)].rstrip()}{number}"
