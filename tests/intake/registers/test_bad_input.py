"""What is wrong with a register is said, row by row or of the file; nothing fills the memory or is lost."""

import tracemalloc
import zipfile
from pathlib import Path

import openpyxl
import pytest

from app.core.db import Database
from app.core.i18n import LANGUAGES
from app.intake.registers import mapping, table
from app.intake.registers.flaws import Unusable
from tests.intake.registers.brought import CSV, MAPPING, brought, changed, row, with_rows

REFUSED = {
    "header again": ("№;Поступило;Язык;Тема;Суть;Исполнитель;Заявитель;Телефон;Статус;Закрыто;Ответ;Передано",
                     "", "header_again"),
    "too few cells": ("50;04.03.2019 10:15;рус", "", "ragged"),
    "too many cells": (row() + ";", "", "ragged"),
    "quotes that do not fit": ('50;"04.03" 2019;;;;;;;;;;', "", "not_csv"),
    "no moment": (row(received=""), "Поступило", "moment_missing"),
    "no such day": (row(received="30.02.2019 10:00"), "Поступило", "moment_unread"),
    "another form": (row(received="03/04/2019"), "Поступило", "moment_unread"),
    "in 1900": (row(received="01.01.1900 00:00"), "Поступило", "too_early"),
    "in the future": (row(received="01.01.2059 00:00", closed="", status=""), "Поступило", "in_future"),
    "closed in the future": (row(closed="01.01.2059"), "Закрыто", "in_future"),
    "closed before received": (row(closed="04.03.2019 10:14"), "Закрыто", "closed_before"),
    "closed on the day before": (row(closed="03.03.2019"), "Закрыто", "closed_before"),
    "closed without a day": (row(closed=""), "Закрыто", "closed_missing"),
    "open with a day": (row(status="В работе"), "Закрыто", "open_but_closed"),
    "a status unknown": (row(status="Закрыто?"), "Статус", "unknown_value"),
    "forwarded to nobody": (row(status="Передано"), "Передано", "forwarded_nowhere"),
    "an agency unknown": (row(to="Министерство погоды"), "Исполнитель", "unknown_addressee"),
    "no such telephone": (row(phone="см. выше"), "Телефон", "phone"),
    "a control character": (row(text="а\x00б"), "Тема, Суть", "control_character"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "column", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_bad_row_is_refused_alone(
    db: Database, tmp_path: Path, line: str, column: str, code: str
) -> None:
    file = with_rows(tmp_path, row(number="1"), line, row(number="2"))
    for dry_run in (True, False):
        told = await brought(db, file, dry_run=dry_run)
        assert told.flaws == {3: [(column, code)]}
        assert told.summary.brought == 2


async def test_everything_that_is_wrong_with_a_row_is_said_at_once(db: Database, tmp_path: Path) -> None:
    file = with_rows(tmp_path, row(received="soon", status="?", phone="none"))
    told = await brought(db, file)
    assert {code for _, code in told.flaws[2]} == {"moment_unread", "unknown_value", "phone"}


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_in_the_language_asked_for(db: Database, tmp_path: Path, lang: str) -> None:
    file = with_rows(tmp_path, row(closed="04.03.2019 10:14"), row(number="2", phone="-"))
    told = await brought(db, file, dry_run=True, lang=lang)  # type: ignore[arg-type]
    ours = {
        "kk": "Закрыто: Түскен уақытынан (04.03.2019 10:15) бұрын жабылған.",
        "ru": "Закрыто: Закрыто раньше, чем поступило (04.03.2019 10:15).",
        "en": "Закрыто: Closed before it was received (04.03.2019 10:15).",
    }
    assert told.sentences[2] == [ours[lang]]
    assert told.sentences[3][0].startswith("Телефон: ")


async def test_a_row_in_another_encoding_is_refused_and_kept_as_it_was(db: Database, tmp_path: Path) -> None:
    file = with_rows(tmp_path, row(number="1"))
    kept = row(number="2", text="Яма").encode("cp1251")
    file.write_bytes(file.read_bytes() + kept + b"\n")
    rejects = tmp_path / "rejects.csv"
    told = await brought(db, file, rejects=rejects)
    assert told.flaws == {3: [("Тема", "undecoded")]}
    assert kept in rejects.read_bytes()


def unusable(file: Path, by: Path = MAPPING) -> str:
    with pytest.raises(Unusable) as refused, table.open_table(file, mapping.load(by)) as found:
        for _ in found.lines():
            pass
    assert all(refused.value.sentence(language) for language in LANGUAGES)
    return refused.value.code


def test_a_file_that_is_no_register(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for content, code in (
        (b"", "empty"),
        (b"\n\n", "empty"),
        (CSV.read_bytes().decode().encode("cp1251", "replace"), "header_unreadable"),
        (CSV.read_bytes().decode().encode("utf-16"), "header_unreadable"),
        (b"a,b,c\n1,2,3\n", "columns_missing"),
        (CSV.read_bytes().replace("Язык".encode(), "Тема".encode(), 1), "columns_missing"),
        (CSV.read_bytes().replace("Телефон;".encode(), "Телефон;Тема;".encode(), 1), "column_twice"),
        (CSV.read_bytes() + b'"never closed', "quote_open"),
        (b"x" * 3_000_000, "record_too_long"),
        (b"PK\x03\x04 and no archive", "xlsx_broken"),
    ):
        file.write_bytes(content)
        assert unusable(file) == code, content[:40]


async def test_what_stands_before_the_place_where_a_file_breaks_is_brought(
    db: Database, tmp_path: Path
) -> None:
    file = with_rows(tmp_path, row(number="1"), row(number="2"), '3;"never closed')
    file.write_text(file.read_text(encoding="utf-8") + "x\n" * 1_000_000, encoding="utf-8")
    told = await brought(db, file)
    assert told.summary.brought == 2
    assert told.summary.stopped
    assert told.summary.stopped.code == "record_too_long"


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    file = tmp_path / "endless.csv"
    with file.open("wb") as target:
        for _ in range(64):
            target.write(b"x" * 1_000_000)
    tracemalloc.start()
    assert unusable(file) == "record_too_long"
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def bomb(file: Path, sheet: bytes, times: int) -> None:
    """A workbook whose sheet goes on and on."""
    plain = file.with_name("plain.xlsx")
    openpyxl.Workbook().save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            if not member.filename.startswith("xl/worksheets/"):
                target.writestr(member, source.read(member))
        with target.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as into:
            into.write(
                b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            )
            for _ in range(times):
                into.write(sheet)


@pytest.mark.parametrize(
    ("sheet", "times"),
    [(b"<row><c t='inlineStr'><is><t>" + b"x" * 1_000_000, 40), (b"<row/>" * 150_000, 100)],
    ids=["a row without end", "rows without end"],
)
def test_a_zip_bomb_is_refused_unread(tmp_path: Path, sheet: bytes, times: int) -> None:
    file = tmp_path / "bomb.xlsx"
    bomb(file, sheet, times)
    tracemalloc.start()
    assert unusable(file) == "zip_bomb"
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    file = tmp_path / "entities.xlsx"
    bomb(file, b"", 1)
    with zipfile.ZipFile(file) as source:
        others = {name: source.read(name) for name in source.namelist()}
    others["xl/worksheets/sheet1.xml"] = (
        b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b"<row><c t='inlineStr'><is><t>&b;</t></is></c></row></sheetData></worksheet>"
    )
    with zipfile.ZipFile(file, "w") as target:
        for name, content in others.items():
            target.writestr(name, content)
    assert unusable(file) == "xlsx_broken"


MAPPINGS = {
    "mapping_unreadable": lambda text: text.replace("[file]", "[file"),
    "mapping_missing": lambda text: text.replace("number = ", "subject = "),
    "mapping_wrong": lambda text: text.replace('kind = "message"', "kind = 5"),
    "mapping_unknown_key": lambda text: text.replace("phone = ", "fone = "),
    "mapping_one_of": lambda text: text.replace('{ column = "Телефон" }', "{}"),
    "mapping_codes_of_column": lambda text: text.replace(
        'column = "Телефон"', 'column = "Телефон", otherwise = "1"'
    ),
    "mapping_zone": lambda text: text.replace("Asia/Almaty", "../Almaty"),
    "mapping_encoding": lambda text: text.replace('"utf-8"', '"utf-9"'),
    "columns_missing": lambda text: text.replace("{Суть}", "{Сутъ}"),
}


@pytest.mark.parametrize("code", MAPPINGS)
def test_a_mapping_that_does_not_fit(tmp_path: Path, code: str) -> None:
    assert unusable(CSV, changed(tmp_path, MAPPINGS[code], MAPPING)) == code


@pytest.mark.parametrize("wrong", ["transport", "call_centre", "satisfied", "message"])
async def test_a_code_of_the_mapping_that_nobody_knows(db: Database, tmp_path: Path, wrong: str) -> None:
    by = changed(tmp_path, lambda text: text.replace(f'"{wrong}"', '"nothing"'), MAPPING)
    with pytest.raises(Unusable) as refused:
        await brought(db, by=by)
    assert refused.value.code == "mapping_code"
