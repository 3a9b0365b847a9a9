"""For how many years something is kept: `retention.toml` of a package, terms that begin on a day."""

import tomllib
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import Field, RootModel

from app.core.schema import Schema


class Term(Schema):
    """`source`: where it stands; `confirmed`: that this is its text was seen."""

    from_: date = Field(alias="from")
    years: int = Field(ge=1)
    source: str = ""
    confirmed: bool = True


_File = RootModel[dict[str, Annotated[list[Term], Field(min_length=1)]]]


@cache
def terms(package: str, of: str = "term") -> Sequence[Term]:
    with files(package).joinpath("retention.toml").open("rb") as opened:
        found = _File.model_validate(tomllib.load(opened)).root[of]
    return sorted(found, key=lambda term: term.from_)


def term(package: str, today: date, of: str = "term") -> Term:
    """Of those that have begun the last; before the first has begun, the first. `of`: its rows' name."""
    begun = [one for one in terms(package, of) if one.from_ <= today] or terms(package, of)[:1]
    return begun[-1]
