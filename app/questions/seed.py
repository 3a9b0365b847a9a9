"""Answers that come with the demo: invented, of several ministries (data/faq.toml)."""

import tomllib
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files

from app.core import clock
from app.core.db import Database
from app.core.schema import Code, Schema
from app.directory.registry import Directory
from app.questions import repository, service
from app.questions.schemas import FaqTextsIn

VALID_FROM = date(2026, 1, 1)


class Seed(Schema):
    code: Code
    agency: Code
    topic: Code
    texts: FaqTextsIn


class _File(Schema):
    entry: list[Seed]


@cache
def seeds() -> Sequence[Seed]:
    with files(__package__).joinpath("data", "faq.toml").open("rb") as opened:
        return _File.model_validate(tomllib.load(opened)).entry


async def load(db: Database, directory: Directory) -> int:
    """Those that are not there yet; how many. What somebody has revised since stays as it is."""
    async with db.transaction() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('faq'))")
        there = await repository.by_code(connection)
        new = [seed for seed in seeds() if seed.code not in there]
        rows = []
        for seed in new:
            # Whoever does this body's work now.
            agency = directory.holder(directory.agency(seed.agency), seed.topic, clock.today())
            id_ = await repository.add(connection, agency.id, directory.topic(seed.topic).code, seed.code)
            rows.append(service.worded(id_, 1, seed.texts, author_id=None, valid_from=VALID_FROM))
        return await repository.write(connection, rows)
