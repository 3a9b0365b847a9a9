"""Files read back as their readers do: CSV by Python's reader, XLSX by openpyxl."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import openpyxl

from app.oversight.exports.sheet import Column, Kind, Row, Sheet, at_once


def csv_rows(content: bytes) -> list[dict[str, str]]:
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def workbook(content: bytes) -> Any:
    """As it stands, formulas not computed."""
    return openpyxl.load_workbook(io.BytesIO(content))


def xlsx_rows(content: bytes, codes: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of the first page, by the columns' codes."""
    _, *rows = workbook(content).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(codes, row, strict=True)) for row in rows]


def codes_of(content: bytes) -> list[str]:
    """The columns' codes, as the last page tells them."""
    told = [row[1] for row in workbook(content).worksheets[-1].iter_rows(values_only=True)]
    start = max(place for place, said in enumerate(told) if said == "Code")
    return [str(code) for code in told[start + 1 :]]


def sheet_of(rows: Sequence[Row], **kinds: Kind) -> Sheet:
    columns = [Column(key, kind, key.title(), f"What {key} is.") for key, kind in kinds.items()]
    return Sheet("sample", "Sample", [("Period", "2026")], columns, at_once(rows))
