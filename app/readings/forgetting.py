"""Readings are forgotten when their term is over (retention.toml)."""

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files

from pydantic import Field

from app.core import clock
from app.core.db import Database
from app.core.schema import Schema

AT_ONCE = 5000
_FORGET = "SELECT forget_readings($1, $2)"


class Term(Schema):
    from_: date = Field(alias="from")
    years: int = Field(ge=1)


class _File(Schema):
    term: list[Term] = Field(min_length=1)


@cache
def terms() -> list[Term]:
    with files(__package__).joinpath("retention.toml").open("rb") as opened:
        return sorted(_File.model_validate(tomllib.load(opened)).term, key=lambda term: term.from_)


def kept_from(today: date) -> date:
    """The first civil day whose readings are kept on this one."""
    begun = [term for term in terms() if term.from_ <= today] or terms()[:1]
    # Not the same day of the year: the 29th of February has none in most years.
    return date(today.year - begun[-1].years, today.month, 1)


async def forget(db: Database) -> None:
    """Everything that is older, some at a time, each in a transaction of its own."""
    before = kept_from(clock.today())
    while True:
        async with db.transaction() as connection:
            gone = await connection.fetchval(_FORGET, before, AT_ONCE)
        if gone < AT_ONCE:
            return
