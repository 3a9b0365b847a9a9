"""The shape of the data files (`data/*.toml`): what may be written there, checked entry by entry."""

import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, time
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from app.core.schema import Email
from app.directory.values import AgencyKind, Names

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
# Topics and channels are written with either sign between the words.
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", max_length=60)]
RegionCode = Annotated[str, StringConstraints(pattern=r"^KZ-[0-9]{2}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]
# Working days before a due day; 0 is the due day itself.
WarningDistance = Annotated[int, Field(ge=0, le=60)]
# Short numbers too.
BodyPhone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9 ()\-]{3,30}$", max_length=31)]
# For how long what came to a source may still be brought in with the moment of its receipt.
LateDays = Annotated[int, Field(ge=0, le=31)]


class DataError(Exception):
    """The data files contradict themselves; the message names the file and the entry."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")


class Entry(BaseModel):
    """`note` says for people what the fact rests on; it is not loaded."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    note: str = ""


class NamedEntry(Entry):
    kk: Name
    ru: Name
    en: Name

    def names(self) -> Names:
        return Names(self.kk, self.ru, self.en)


class DatedNameEntry(NamedEntry):
    """`from` and `to` may be left out: then the name reaches to its neighbour's or its owner's days."""

    valid_from: date | None = Field(None, alias="from")
    valid_to: date | None = Field(None, alias="to")


class SuccessorEntry(Entry):
    code: Slug
    topics: list[Code] | None = None


class AddressEntry(NamedEntry):
    """Where people come or write to."""


class AgencyEntry(Entry):
    code: Slug
    kind: AgencyKind
    parent: Slug | None = None
    region: RegionCode | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    approval_required: bool = False
    opens: time = time(9, 0)
    closes: time = time(18, 30)
    week: Annotated[int, Field(ge=5, le=6)] = 5
    warn_operator: WarningDistance | None = None
    warn_head: WarningDistance | None = None
    phone: BodyPhone | None = None
    email: Email | None = None
    address: AddressEntry | None = None
    names: Annotated[list[DatedNameEntry], Field(min_length=1)]
    successors: list[SuccessorEntry] = []
    formed_from: list[Slug] = []


class RegionEntry(Entry):
    code: RegionCode
    valid_from: date | None = None
    valid_to: date | None = None
    formed_from: RegionCode | None = None
    names: Annotated[list[DatedNameEntry], Field(min_length=1)]


class TopicEntry(NamedEntry):
    code: Code


class ChannelEntry(NamedEntry):
    code: Code


class SourceEntry(NamedEntry):
    code: Slug
    channels: Annotated[list[Code], Field(min_length=1)]
    agency: Slug | None = None
    region: RegionCode | None = None
    late_days: LateDays = 3


class BlogEntry(NamedEntry):
    """Without days of its own it is there for as long as its agency."""

    code: Slug
    agency: Slug
    valid_from: date | None = None
    valid_to: date | None = None


class RegionalBlogEntry(NamedEntry):
    """One blog in each region, its akimat's, under the akimat's code; `{region}` in a name is filled."""


class RegionalSourceEntry(NamedEntry):
    """One source in each region: `<prefix>-<slug of the region's akimat>`; `{region}` in a name is filled."""

    prefix: Slug
    channels: Annotated[list[Code], Field(min_length=1)]
    late_days: LateDays = 3


class ServiceEntry(NamedEntry):
    code: Code


class AgencyServiceEntry(Entry):
    """What bodies call a service, or that they do not offer it; without names: under its usual one."""

    service: Code
    agencies: Annotated[list[Slug], Field(min_length=1)]
    offered: bool = True
    kk: Name | None = None
    ru: Name | None = None
    en: Name | None = None

    @model_validator(mode="after")
    def _all_names_or_none(self) -> Self:
        if len({name is None for name in (self.kk, self.ru, self.en)}) > 1:
            raise ValueError("a name is given in all three languages")
        return self

    def names(self) -> Names | None:
        return Names(self.kk, self.ru, self.en) if self.kk and self.ru and self.en else None


class NationalEntry(Entry):
    """Who answers on a topic where no region does: each of the agencies while it exists."""

    topic: Code
    agencies: Annotated[list[Slug], Field(min_length=1)]


class LocalEntry(Entry):
    """Topics that each region's own akimat answers."""

    topics: list[Code]


class DepartmentEntry(Entry):
    """A body of one region that answers on topics in the akimat's place."""

    region: RegionCode
    topics: Annotated[list[Code], Field(min_length=1)]
    agency: Slug


class File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    agency: list[AgencyEntry] = []
    region: list[RegionEntry] = []
    topic: list[TopicEntry] = []
    channel: list[ChannelEntry] = []
    service: list[ServiceEntry] = []
    agency_service: list[AgencyServiceEntry] = []
    source: list[SourceEntry] = []
    blog: list[BlogEntry] = []
    blog_in_each_region: list[RegionalBlogEntry] = []
    source_in_each_region: list[RegionalSourceEntry] = []
    national: list[NationalEntry] = []
    local: list[LocalEntry] = []
    department: list[DepartmentEntry] = []


E = TypeVar("E", bound=Entry)


class Placed(Generic[E]):
    """An entry with the place it was read from, for messages."""

    __slots__ = ("entry", "where")

    def __init__(self, entry: E, where: str) -> None:
        self.entry = entry
        self.where = where


class Written:
    """All entries of all files, in the order of the files' names."""

    def __init__(self, read: Sequence[tuple[str, File]]) -> None:
        self._read = read

    def of(self, kind: str, cls: type[E]) -> Iterator[Placed[E]]:
        for file_name, file in self._read:
            for entry in getattr(file, kind):
                if not isinstance(entry, cls):
                    raise TypeError(f"{kind} is not {cls.__name__}")
                yield Placed(entry, f"{file_name}, {kind} {_label(entry)}")


def read_files(folder: Traversable | Path | None = None) -> Written:
    """Read every `*.toml` of a folder (this package's own data). Raises DataError for what does not fit."""
    folder = folder or files("app.directory").joinpath("data")
    found = {item.name: item for item in folder.iterdir() if item.name.endswith(".toml")}
    return Written([(name, _read(name, found[name].read_text(encoding="utf-8"))) for name in sorted(found)])


def _read(file_name: str, content: str) -> File:
    try:
        table = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise DataError(file_name, str(error)) from None
    try:
        return File.model_validate(table)
    except ValidationError as error:
        raise DataError(*_first_problem(file_name, table, error)) from None


def _first_problem(file_name: str, table: dict[str, Any], error: ValidationError) -> tuple[str, str]:
    problem = error.errors()[0]
    location = problem["loc"]
    where = file_name
    if len(location) > 1 and isinstance(location[1], int):
        where = f"{file_name}, {location[0]} {_raw_label(table[str(location[0])][location[1]], location[1])}"
        location = location[2:]
    return where, f"{'.'.join(map(str, location)) or 'entry'}: {problem['msg']}"


def _raw_label(entry: dict[str, Any], place: int) -> str:
    named = next(
        (entry[key] for key in ("code", "topic", "agency", "prefix", "service") if key in entry), None
    )
    return f"'{named}'" if named else f"number {place + 1}"


def _label(entry: Entry) -> str:
    return _raw_label(entry.model_dump(exclude_none=True), 0)
