"""`./run fuzz`: what the test does, with a fresh seed and for longer."""

import asyncio
import os
import secrets
import sys
import tempfile
from pathlib import Path

import click

from app.core import cipher, migrate
from app.core.cipher import Cipher
from tests.fuzz.attack import Found, attack
from tests.support import SECRET, SERVER, TEMPLATE, cloned, embedded, load_reference_data, recreate, urls_of

LOG = Path(".artifacts") / "fuzz.log"


@click.command(context_settings={"help_option_names": ["-h", "--help"], "ignore_unknown_options": True})
@click.option("--seed", type=click.IntRange(0), help="Draws again what was drawn with it. [a fresh one]")
@click.option("--minutes", type=click.IntRange(1, 1440), default=10, show_default=True)
@click.argument("more", nargs=-1)
def main(seed: int | None, minutes: int, more: tuple[str, ...]) -> None:
    """Try all of the API as everybody, on a PostgreSQL and a service made for it. MORE goes to `schemathesis
    run`, such as --include-path-regex or --phases. Exit 1 when a check failed."""
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    say(f"seed {seed}, {minutes} minutes")
    cipher.use(Cipher([SECRET]))
    with embedded() as server, tempfile.TemporaryDirectory(prefix="ls-fuzz-") as folder:
        os.environ[SERVER] = server
        asyncio.run(recreate(TEMPLATE))
        migrate.upgrade(urls_of(TEMPLATE))
        asyncio.run(load_reference_data(TEMPLATE))
        found = asyncio.run(_attack(Path(folder), seed, minutes, more))
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text("\n".join(found.log), encoding="utf-8")
    if found.status or found.log:
        say(
            f"{len(found.log)} mistakes of ours in {LOG}; again: ./run fuzz --seed {seed} --minutes {minutes}"
        )
    sys.exit(found.status or bool(found.log))


async def _attack(folder: Path, seed: int, minutes: int, more: tuple[str, ...]) -> Found:
    async with cloned("ls_fuzz_test") as urls:
        return await attack(urls, folder, seed, "--max-time", str(60 * minutes), *more, aloud=True)


def say(line: str) -> None:
    click.echo(f"fuzz: {line}", err=True)


if __name__ == "__main__":
    main()
