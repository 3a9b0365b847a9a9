"""`listening-state import`: a register of another system's, brought along.

What is heavy is imported where it is used, as in app/cli.py: `--help` must not wait for it.
"""

import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.core.commands import OnDatabase, Progress, language

if TYPE_CHECKING:
    from app.core.db import Database
    from app.core.i18n import Language
    from app.intake.registers.clerk import Clerk
    from app.intake.registers.flaws import AnyFlaw
    from app.intake.registers.importing import Summary
    from app.intake.registers.table import Line, Table

UNUSABLE, SOME_REFUSED = 2, 1
LARGE = 100_000  # bytes
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def commands(on_database: OnDatabase, progress: Progress) -> list[click.Command]:
    """The command to add to the main one. `progress(done, all)` is told how far the work is."""

    @click.command("import")
    @click.argument("file", type=FILE)
    @click.option("--mapping", type=FILE, required=True, help="What the columns mean: a TOML file.")
    @click.option("--dry-run", is_flag=True, help="Only say which rows would be refused, and why.")
    @click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Where refused rows go.")
    @click.option("--processes", type=click.IntRange(1, 64), help="That share the work. [the cores]")
    @click.option("--lang", type=click.Choice(["kk", "ru", "en"]), help="Of what is said. [LANG]")
    def import_(
        file: Path,
        mapping: Path,
        dry_run: bool,
        rejects: Path | None,
        processes: int | None,
        lang: str | None,
    ) -> None:
        """Bring a register along: the appeals of another system, from a CSV or XLSX file.

        docs/importing.md describes the mapping. Each row becomes an appeal, registered when it was received
        and closed as the register says. What is there already is passed over, so the same command goes on
        where one was broken off. Refused rows go, with the reason, to FILE.rejects.csv (or --rejects), which
        can be mended and fed again. Exit code: 1 when rows were refused, 2 when the file or the mapping
        cannot be used.
        """
        said, shared = language(lang, os.environ), processes or os.cpu_count() or 1
        found = _Import(file, mapping, dry_run, rejects, shared, said, progress)
        raise SystemExit(found.unusable() or on_database(found.run))

    return [import_]


class _Import:
    """One run of the command; gives its exit code."""

    def __init__(
        self,
        file: Path,
        mapping: Path,
        dry_run: bool,
        rejects: Path | None,
        processes: int,
        lang: "Language",
        progress: Progress,
    ) -> None:
        self.file, self.mapping, self.dry_run = file, mapping, dry_run
        self.rejects, self.lang, self.progress = rejects, lang, progress
        # A small register is in before a process has begun.
        self.processes = processes if file.stat().st_size >= LARGE else 1

    def unusable(self) -> int:
        """Said before a database is opened for nothing."""
        from app.intake.registers import mapping, table
        from app.intake.registers.flaws import Unusable

        try:
            with table.open_table(self.file, mapping.load(self.mapping)):
                return 0
        except Unusable as error:
            _fail(error.sentence(self.lang))
            return UNUSABLE

    async def run(self, db: "Database") -> int:
        from app.directory import snapshot
        from app.intake.registers import mapping, table
        from app.intake.registers.flaws import Unusable

        try:
            known = mapping.load(self.mapping)
            directory = await snapshot.refresh(db)
            known.check(directory)
            with table.open_table(self.file, known) as found:
                summary = await self._import(db, found)
        except Unusable as error:
            _fail(error.sentence(self.lang))
            return UNUSABLE
        return self._sum_up(summary)

    async def _import(self, db: "Database", found: "Table") -> "Summary":
        from app.intake.registers.importing import Importing
        from app.intake.registers.refused import RefusedRows

        with RefusedRows(self._rejects(), found.header, found.mapping.delimiter) as refused:

            def refuse(line: "Line", flaws: "Sequence[AnyFlaw]") -> None:
                self._refuse(line, flaws, refused)

            async with self._clerks(db, found) as clerks:
                return await Importing(found, clerks, refuse, self.progress).run()

    @asynccontextmanager
    async def _clerks(self, db: "Database", found: "Table") -> AsyncIterator["Sequence[Clerk]"]:
        from app.directory import snapshot
        from app.intake.registers import processes
        from app.intake.registers.clerk import Here
        from app.intake.registers.entry import Reader
        from app.settings import get_settings

        if self.processes == 1 or db.urls is None:
            directory = snapshot.current()
            reader = Reader(found.mapping, found.header, directory)
            yield [Here(db, directory, reader, dry_run=self.dry_run)]
            return
        task = processes.Task(db.urls, get_settings().secrets(), self.mapping, found.header, self.dry_run)
        async with processes.clerks(self.processes, task) as clerks:
            yield clerks

    def _rejects(self) -> Path:
        return self.rejects or self.file.with_name(f"{self.file.name}.rejects.csv")

    def _refuse(self, line: "Line", flaws: "Sequence[AnyFlaw]", refused: object) -> None:
        from app.core.i18n import t
        from app.intake.registers.flaws import said
        from app.intake.registers.refused import RefusedRows

        assert isinstance(refused, RefusedRows)
        reasons = said(flaws, self.lang)
        if self.dry_run:
            _say(t("registers.row", self.lang, row=line.place, reason=" ".join(reasons)))
        if self.rejects or not self.dry_run:
            refused.add(line, reasons)

    def _sum_up(self, summary: "Summary") -> int:
        from app.core.i18n import t

        counted = {
            "rows": summary.rows,
            "brought": summary.brought,
            "closed": summary.closed,
            "there": summary.there,
            "refused": summary.refused,
        }
        _say(t("registers.would_be" if self.dry_run else "registers.done", self.lang, **counted))
        if summary.refused and (self.rejects or not self.dry_run):
            _say(t("registers.refused_are_in", self.lang, file=self._rejects()))
        if summary.stopped:
            _fail(summary.stopped.sentence(self.lang))
            return UNUSABLE
        return SOME_REFUSED if summary.refused else 0


def _say(line: str) -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)  # where the progress stood
    click.echo(line)


def _fail(line: str) -> None:
    click.echo(f"listening-state: {line}", err=True)
