"""The versions of definition.toml, checked (PURE)."""

import tomllib
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.directory.files import DataError, NamedEntry
from app.oversight.columns import COUNTS

FILE = "index/definition.toml"
RECEIVED = "received"
"""What bands are of."""

Code = Annotated[str, Field(pattern=r"^[a-z]+(_[a-z]+)*$", max_length=40)]
Share = Annotated[Decimal, Field(ge=0, le=10)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Band(NamedEntry):
    """Bodies that received `least` cases or more, and fewer than the next band's."""

    code: Code
    least: int = Field(ge=1)


class Component(_Part):
    """(part - less) / of, from 0 points at `floor` to 100 at `target`."""

    code: Code
    weight: Annotated[Decimal, Field(gt=0, le=1)]
    part: tuple[str, ...] = Field(min_length=1)
    less: tuple[str, ...] = ()
    of: tuple[str, ...] = Field(min_length=1)
    floor: Share
    target: Share
    title: NamedEntry
    means: NamedEntry

    @property
    def figures(self) -> tuple[str, ...]:
        return (*self.part, *self.less, *self.of)

    @property
    def more_is_better(self) -> bool:
        return self.target > self.floor


class Version(_Part):
    """Closed periods keep theirs as JSON: what is added here later has a default."""

    first: date = Field(alias="from")
    closes_after_days: int = Field(ge=0, le=90)
    least_cases: int = Field(ge=1)
    least_weight: Annotated[Decimal, Field(gt=0, le=1)]
    bands: tuple[Band, ...] = Field(alias="band", min_length=1)
    components: tuple[Component, ...] = Field(alias="component", min_length=1)

    @property
    def figures(self) -> tuple[str, ...]:
        """All that it is computed from, each once, in the order of the columns."""
        used = {RECEIVED, *(figure for one in self.components for figure in one.figures)}
        return tuple(code for code in COUNTS if code in used)

    def band_of(self, received: int) -> Band | None:
        """None: too few."""
        return next((band for band in reversed(self.bands) if band.least <= received), None)


class _File(_Part):
    versions: tuple[Version, ...] = Field(alias="version", min_length=1)


@lru_cache(maxsize=1)
def versions() -> Sequence[Version]:
    return read(files(__package__).joinpath("definition.toml").read_text("utf-8"))


def read(text: str) -> Sequence[Version]:
    """Raises DataError, naming the version and what is wrong with it."""
    try:
        found = _File.model_validate(tomllib.loads(text, parse_float=Decimal)).versions
    except tomllib.TOMLDecodeError as error:
        raise DataError(FILE, str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(FILE, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    for version in found:
        if wrong := _wrong(version):
            raise DataError(FILE, f"version of {version.first}: {wrong}")
    if any(earlier.first >= later.first for earlier, later in pairwise(found)):
        raise DataError(FILE, "versions are in the order of their days")
    return found


def version_on(day: date) -> Version:
    """The one in force on a day; before the first one, that."""
    return next((one for one in reversed(versions()) if one.first <= day), versions()[0])


def _wrong(version: Version) -> str:
    whole = sum(one.weight for one in version.components)
    codes = Counter([one.code for one in version.components] + [one.code for one in version.bands])
    if version.first.day != 1:
        return "it begins with a month"
    if whole != 1:
        return f"the weights add up to {whole}, not to 1"
    if twice := [code for code, count in codes.items() if count > 1]:
        return f"{twice[0]!r} is there twice"
    if any(lower.least >= upper.least for lower, upper in pairwise(version.bands)):
        return "bands go from few to many"
    for one in version.components:
        if one.floor == one.target:
            return f"{one.code}: floor and target are the same"
        if unknown := set(one.figures) - set(COUNTS):
            return f"{one.code}: no figure {min(unknown)!r}"
        if set(one.part) & set(one.less):
            return f"{one.code}: a figure is added and taken off"
    return ""
