"""The ways in which people put appeals in by hand: data (ways.toml)."""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from pydantic import Field

from app.core.schema import Code, Schema


class Way(Schema):
    """A channel, and the source that it is counted under. `agencies`: whose people may put it in; none:
    everybody's. `from_above`: a higher body sends it down."""

    channel: Code
    source: Code
    agencies: list[Code] = Field(default_factory=list)
    asks: list[Code] = Field(default_factory=list)
    needs: list[Code] = Field(default_factory=list)
    from_above: bool = False

    def open_to(self, agency: str) -> bool:
        return not self.agencies or agency in self.agencies


class _File(Schema):
    way: list[Way]


@cache
def ways() -> Sequence[Way]:
    with files(__package__).joinpath("ways.toml").open("rb") as opened:
        return tuple(_File.model_validate(tomllib.load(opened)).way)


def of(agency: str) -> Sequence[Way]:
    """Those that the people of an agency have."""
    return [way for way in ways() if way.open_to(agency)]


def find(channel: str, agency: str) -> Way | None:
    return next((way for way in of(agency) if way.channel == channel), None)


def from_above(source: str) -> Way | None:
    """The way of a source that sends appeals down."""
    return next((way for way in ways() if way.source == source and way.from_above), None)
