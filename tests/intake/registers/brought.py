"""Bringing a register along in a test, without the command."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from app.core.db import Database
from app.core.i18n import Language
from app.directory import snapshot
from app.intake.registers import mapping, table
from app.intake.registers.clerk import Clerk, Here
from app.intake.registers.entry import Reader
from app.intake.registers.flaws import AnyFlaw, Flaw, said
from app.intake.registers.importing import Importing, Summary
from app.intake.registers.refused import RefusedRows
from app.intake.registers.table import Line

HERE = Path(__file__).parent
CSV, MAPPING = HERE / "requests.csv", HERE / "requests.toml"

Change = Callable[[str], str]


@dataclass
class Told:
    """`flaws`: by row, as (column, code); `sentences`: by row, with their columns."""

    summary: Summary = field(default_factory=Summary)
    flaws: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    sentences: dict[int, list[str]] = field(default_factory=dict)


async def brought(
    db: Database,
    file: Path = CSV,
    by: Path = MAPPING,
    *,
    dry_run: bool = False,
    rejects: Path | None = None,
    lang: Language = "en",
    clerks: Sequence[Clerk] = (),
) -> Told:
    """`clerks`: who is to do it, else one in this process."""
    told, directory, known = Told(), snapshot.current(), mapping.load(by)
    known.check(directory)
    with (
        table.open_table(file, known) as found,
        RefusedRows(rejects or file.with_suffix(".rejects"), found.header, known.delimiter) as refused,
    ):

        def refuse(line: Line, flaws: Sequence[AnyFlaw]) -> None:
            told.sentences[line.place] = said(flaws, lang)
            told.flaws[line.place] = [(flaw.column, code_of(flaw)) for flaw in flaws]
            if rejects:
                refused.add(line, said(flaws, lang))

        clerk = Here(db, directory, Reader(known, found.header, directory), dry_run=dry_run)
        run = Importing(found, clerks or [clerk], refuse, lambda done, all_: None)
        told.summary = await run.run()
    return told


def code_of(flaw: AnyFlaw) -> str:
    return flaw.code if isinstance(flaw, Flaw) else flaw.error.code


def changed(folder: Path, change: Change, of: Path = CSV) -> Path:
    """A file like the example but for a change of its text."""
    file = folder / of.name
    file.write_text(change(of.read_text(encoding="utf-8")), encoding="utf-8")
    return file


def with_rows(folder: Path, *rows: str) -> Path:
    """The example's header and these rows."""
    header = CSV.read_text(encoding="utf-8").partition("\n")[0]
    file = folder / "rows.csv"
    file.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return file


def row(**cells: str) -> str:
    """A row that is good but for `cells` (by position: number, received, …)."""
    names = ["number", "received", "language", "topic", "text", "to", "name", "phone", "status", "closed"]
    names += ["answer", "forwarded"]
    usual = dict.fromkeys(names, "") | {
        "number": "50", "received": "04.03.2019 10:15", "topic": "Дороги", "text": "Яма", "to": "energy",
        "status": "Исполнено", "closed": "05.03.2019 10:00",
    }  # fmt: skip
    assert cells.keys() <= usual.keys()
    return ";".join((usual | cells).values())


async def number_of(db: Database) -> int:
    async with db.read() as connection:
        return int(await connection.fetchval("SELECT count(DISTINCT external_id) FROM appeal"))


async def closed(db: Database) -> int:
    async with db.read() as connection:
        return int(await connection.fetchval("SELECT count(*) FROM holding WHERE close = 'answered'"))


def clerks_of(pid: int) -> list[psutil.Process]:
    """The processes that bring a register in for this one."""
    found = psutil.Process(pid).children()
    return [one for one in found if "spawn_main" in " ".join(one.cmdline())]
