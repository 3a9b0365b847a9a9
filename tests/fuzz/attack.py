"""All that the OpenAPI document promises, tried by schemathesis on the real thing: a real socket, the server
that serves it everywhere, a real PostgreSQL; each request as one of everybody."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from app.core.db import Database, DatabaseUrls
from app.directory import snapshot
from app.main import assemble, equip
from app.settings import Settings
from tests.fuzz.document import with_known
from tests.fuzz.world import World, made
from tests.listening import listening
from tests.support import SECRET, client_of, doors_of

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CONFIG = HERE / "schemathesis.toml"


@dataclass(frozen=True, slots=True)
class Found:
    """`status`: not 0 when a check failed; `said` by schemathesis, unless it spoke to the terminal; `log`:
    the mistakes of ours that the service wrote down."""

    status: int
    said: str
    log: list[str]


async def attack(urls: DatabaseUrls, folder: Path, seed: int, *arguments: str, aloud: bool = False) -> Found:
    """`arguments`: of `schemathesis run`."""
    settings = Settings(secret_key=SECRET, data_dir=folder, rate_limits="off")
    db = await Database.open(urls, pool_size=10)
    try:
        with _errors() as log:
            async with (
                doors_of(db) as doors,
                listening(app := equip(assemble(), settings, doors)) as url,
                _peopled(db, app) as world,
            ):
                document, who = _written(world, folder, seed)
                trying = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
                    *("run", str(document), "--url", url, "--seed", str(seed), *arguments),
                    env=os.environ
                    | {"SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "LS_FUZZ_WORLD": str(who)}
                    | {"PYTHONPATH": str(ROOT)},
                    cwd=folder,  # it writes what it found beside
                    stdout=None if aloud else asyncio.subprocess.PIPE,
                    stderr=None if aloud else asyncio.subprocess.STDOUT,
                )
                said, _ = await trying.communicate()
    finally:
        await db.close()
    return Found(trying.returncode or 0, (said or b"").decode(errors="replace"), log)


@asynccontextmanager
async def _peopled(db: Database, app: FastAPI) -> AsyncIterator[World]:
    """Everybody is in the database, and is kept there."""
    await snapshot.refresh(db)
    async with client_of(app) as client:
        world = await made(db, client)
    keeping = asyncio.create_task(world.keep_up(db))
    try:
        yield world
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])


def _written(world: World, folder: Path, seed: int) -> tuple[Path, Path]:
    document, said = folder / "openapi.json", folder / "world.json"
    document.write_text(json.dumps(with_known(world.document, world.known)), encoding="utf-8")
    shown = {"staff": world.staff, "clients": world.clients, "codes": world.codes, "callers": world.callers}
    said.write_text(json.dumps(shown | {"seed": seed}), encoding="utf-8")
    return document, said


@contextmanager
def _errors() -> Iterator[list[str]]:
    """The lines that the service writes of what is its own mistake."""
    found: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(logging.Formatter().format(record))

    kept, ours = Kept(logging.ERROR), logging.getLogger()
    ours.addHandler(kept)
    try:
        yield found
    finally:
        ours.removeHandler(kept)
