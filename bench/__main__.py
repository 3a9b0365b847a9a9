"""`python -m bench`: prints the table on standard output, what it is doing on standard error."""

import signal
import sys
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

import click

from app.core import clock
from app.core.db import DatabaseProblem
from app.core.embedded_place import EmbeddedError
from bench import batch, claims, counters, importing, machine, recalculation, registration, service
from bench.cost import cost
from bench.day import day
from bench.importing import NotBrought
from bench.machine import OtherLoad, Use
from bench.made.cli import generate
from bench.made.sizes import sizes
from bench.pgbench import PgbenchFailed
from bench.reading import reading
from bench.service import NotServed
from bench.size import size
from bench.turns import Miscounted

BUSY = 2
EXPLAINED = (DatabaseProblem, EmbeddedError, Miscounted, NotBrought, NotServed, PgbenchFailed)


def say(line: str) -> None:
    click.echo(line, err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True)
@click.pass_context
@click.option("--quick", is_flag=True, help="Two rounds of a second: for errors, not for figures.")
@click.option("--busy", is_flag=True, help="Measure although the machine does something else.")
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option(
    "--rows", type=click.IntRange(500, 1_000_000), default=20_000, show_default=True, help="Imported."
)
@click.option("--seconds", type=click.IntRange(1, 600), default=7, show_default=True, help="Of each turn.")
@click.option(
    "--open", "cases", type=click.IntRange(2000), default=100_000, show_default=True, help="Cases that move."
)
def main(
    context: click.Context, quick: bool, busy: bool, rounds: int, rows: int, seconds: int, cases: int
) -> None:
    """Measure beside the limit: registration over HTTP, claims, batches, recalculation, import, counters.

    The limit of registration and of claims is pgbench of the very statements, that of a batch and of an
    import COPY of the same rows, that of the recalculation plain SQL that writes the same rows, that of
    registration with its counters the same without. Each pair shares one embedded PostgreSQL with fsync, made
    for the run in a temporary folder; the web processes are those of `listening-state serve`. Some eight
    minutes. Refused (exit 2) while the machine is busy; exit 1 when anything went wrong. docs/performance.md
    says what the figures mean.
    """
    if context.invoked_subcommand:
        return
    if quick:
        rounds, seconds, cases, rows = 2, 1, 5000, 1000
    average, quiet = machine.load_average(), machine.quiet_second()
    if quiet.high and not busy:
        say(f"bench: the machine is busy ({quiet}): wait until it is quiet, or give --busy")
        sys.exit(BUSY)
    try:
        errors = _measure(Sizes(rounds, seconds, cases, rows), average, quiet)
    except EXPLAINED as error:
        say(f"bench: {type(error).__name__}: {error}")
        sys.exit(1)
    if errors:
        say(f"bench: {errors} errors")
        sys.exit(1)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: turns and their seconds, cases that move, rows that are brought along."""

    rounds: int
    seconds: int
    cases: int
    rows: int


def _measure(sizes: Sizes, average: str, quiet: OtherLoad) -> int:
    """Measure and print; how many errors there were. `average` and `quiet`: what the machine did before."""
    before = machine.used()
    with service.own_folder() as folder:
        sync = machine.sync_time(folder)
        with registration.site(folder, say) as here:
            outcome = registration.measure(here, rounds=sizes.rounds, seconds=sizes.seconds, say=say)
            batches = batch.measure(
                here.cluster, here.web, rounds=sizes.rounds, seconds=sizes.seconds / 2, say=say
            )
            version = service.ask(here.cluster.owner_url, "SHOW server_version")
    with service.own_folder() as folder:
        worked = claims.measure(folder, rounds=sizes.rounds, seconds=sizes.seconds, say=say)
    with service.own_folder() as folder:
        moved = recalculation.measure(folder, cases=sizes.cases, say=say)
    with service.own_folder() as folder, service.database(folder, say=say) as (cluster, urls):
        brought = importing.measure(
            cluster, urls, folder, rounds=min(sizes.rounds, 3), rows=sizes.rows, say=say
        )
    with service.own_folder() as folder, service.database(folder, say=say) as (cluster, urls):
        counted = counters.measure(cluster, urls, rounds=sizes.rounds, seconds=sizes.seconds / 2, say=say)
    click.echo(registration.report(outcome))
    click.echo(f"\n{claims.report(worked)}")
    click.echo(f"\n{batch.report(batches)}")
    click.echo(f"\n{recalculation.report(moved)}")
    click.echo(f"\n{importing.report(brought)}")
    click.echo(f"\n{counters.report(counted)}")
    click.echo(_circumstances(str(version), sync, average, quiet, before))
    return outcome.errors + worked.errors


def _circumstances(version: str, sync: float, average: str, quiet: OtherLoad, before: Use) -> str:
    """The machine and what else it did, in the lines under the table."""
    during = machine.other_load(before, machine.used(), machine.cores())
    lines = [
        "",
        f"{clock.today()}: {machine.description(version)}, a page synced in {sync * 1000:.2f} ms.",
        f"Other load: before {quiet}, load average {average}; during the run {during}.",
    ]
    if quiet.high or during.high:
        lines.append("MEASURED ON A BUSY MACHINE: no figure here counts, the ratio hardly.")
    return "\n".join(lines)


main.add_command(generate)
main.add_command(sizes)
main.add_command(reading)
main.add_command(day)
main.add_command(cost)
main.add_command(size)
main.add_command(claims.claims)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _leave)  # so that the database is stopped and its folder removed
    main()
