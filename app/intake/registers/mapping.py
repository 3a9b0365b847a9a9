"""The mapping of a register: a TOML file that says what its columns mean (docs/importing.md)."""

import codecs
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.appeals.codes import ApplicantType, Kind, LanguageCode, Outcome, TerminationGround
from app.directory.registry import Directory, UnknownCode
from app.intake.registers.flaws import Unusable

LARGEST = 1_000_000
REQUIRED = ("number", "received", "kind", "language", "channel", "text")
APPLICANT = ("type", "name", "iin", "bin", "address", "phone", "email")
APPEAL = ("subject", "addressee", "topic", "region", "incident_address")
ENDING = ("closed", "ending", "answer", "legal_basis", "reason", "forwarded_to")
FIELDS = frozenset((*REQUIRED, *APPEAL, *APPLICANT, *ENDING))

OPEN, WITHDRAWN, FORWARDED = "open", "withdrawn", "forwarded"
TERMINATED = "terminated:"
ENDINGS = frozenset(
    (OPEN, WITHDRAWN, FORWARDED, *Outcome, *(f"{TERMINATED}{ground}" for ground in TerminationGround))
)
_NAMED = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Spec:
    """Where a field comes from: a `constant`, a `column` with or without a table of `codes`, or a
    `template` of several columns. `otherwise`: for what the table does not list."""

    constant: str | None = None
    column: str = ""
    codes: Mapping[str, str] | None = None
    otherwise: str | None = None
    template: str = ""

    def columns(self) -> list[str]:
        return [self.column] if self.column else _NAMED.findall(self.template)

    def pieces(self) -> list[str]:
        """Of the template: text, column, text, column, …"""
        return _NAMED.split(self.template)

    def written(self) -> Iterator[str]:
        """The values that stand in the mapping itself."""
        yield from (value for value in (self.constant, self.otherwise) if value is not None)
        yield from (self.codes or {}).values()


@dataclass(frozen=True, slots=True)
class RegisterMapping:
    """`moments`: how dates and times are written; ISO 8601 is always read. `zone`: of what is written."""

    source: str
    zone: ZoneInfo
    fields: Mapping[str, Spec]
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str | None = None
    skip: int = 0
    moments: tuple[str, ...] = field(default=())

    def columns(self) -> list[str]:
        return list(dict.fromkeys(name for spec in self.fields.values() for name in spec.columns()))

    def column_of(self, name: str) -> str:
        """What a flaw of this field names: its column, else the field."""
        spec = self.fields.get(name)
        return ", ".join(spec.columns()) or name if spec else name

    def check(self, directory: Directory) -> None:
        """Raises Unusable for a code that nobody knows."""
        _known(self.source, "source", directory)
        for name, spec in self.fields.items():
            for value in spec.written():
                _known(value, name, directory)


def load(path: Path) -> RegisterMapping:
    """Raises Unusable."""
    try:
        if path.stat().st_size > LARGEST:
            raise Unusable("mapping_unreadable", problem=f"> {LARGEST}")
        with path.open("rb") as source:
            return parse(tomllib.load(source))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise Unusable("mapping_unreadable", problem=str(error)) from error


def parse(given: Mapping[str, Any]) -> RegisterMapping:
    _only(given, "", {"source", "file", "fields"})
    about = _typed(given, "file", dict, {})
    _only(about, "file.", {"encoding", "delimiter", "sheet", "skip", "moments", "zone"})
    return RegisterMapping(
        source=_typed(given, "source", str),
        zone=_zone(_typed(about, "zone", str, where="file.")),
        fields=_fields(_typed(given, "fields", dict)),
        encoding=_encoding(_typed(about, "encoding", str, "utf-8", where="file.")),
        delimiter=_delimiter(_typed(about, "delimiter", str, ",", where="file.")),
        sheet=_typed(about, "sheet", str, None, where="file."),
        skip=_typed(about, "skip", int, 0, where="file."),
        moments=_strings(_typed(about, "moments", list, [], where="file.")),
    )


_NOTHING = object()


def _typed(given: Mapping[str, Any], key: str, kind: type, default: Any = _NOTHING, where: str = "") -> Any:
    value = given.get(key, default)
    if value is _NOTHING:
        raise Unusable("mapping_missing", place=where + key)
    if value is not default and (not isinstance(value, kind) or isinstance(value, bool)):
        raise Unusable("mapping_wrong", place=where + key)
    return value


def _only(given: Mapping[str, Any], where: str, known: set[str] | frozenset[str]) -> None:
    for key in given:
        if key not in known:
            raise Unusable("mapping_unknown_key", place=where + key, known=", ".join(sorted(known)))


def _zone(name: str) -> ZoneInfo:
    """From the package, as the service's own: an operating system's tables may be older."""
    wanted = name.split("/")
    try:
        if not all(re.fullmatch(r"[A-Za-z0-9+_-]+", part) for part in wanted):
            raise FileNotFoundError
        with files("tzdata").joinpath("zoneinfo", *wanted).open("rb") as source:
            return ZoneInfo.from_file(source, key=name)
    except (OSError, ValueError):
        raise Unusable("mapping_zone", zone=name) from None


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise Unusable("mapping_encoding", encoding=name) from None


def _delimiter(given: str) -> str:
    if len(given) != 1 or given in '"\r\n':
        raise Unusable("mapping_wrong", place="file.delimiter")
    return given


def _strings(given: list[Any]) -> tuple[str, ...]:
    if not all(isinstance(one, str) for one in given):
        raise Unusable("mapping_wrong", place="file.moments")
    return tuple(given)


def _fields(given: Mapping[str, Any]) -> dict[str, Spec]:
    _only(given, "fields.", FIELDS)
    found = {name: _spec(name, spec) for name, spec in given.items()}
    needed = [*REQUIRED, *(("closed", "ending") if found.keys() & {"closed", "ending"} else ())]
    for name in needed:
        if name not in found:
            raise Unusable("mapping_missing", place=f"fields.{name}")
    return found


def _spec(name: str, given: Any) -> Spec:
    """A plain text is a constant."""
    where = f"fields.{name}"
    if isinstance(given, str):
        return Spec(constant=given)
    if not isinstance(given, dict):
        raise Unusable("mapping_wrong", place=where)
    _only(given, f"{where}.", {"constant", "column", "codes", "otherwise", "template"})
    if len(given.keys() & {"constant", "column", "template"}) != 1:
        raise Unusable("mapping_one_of", place=where)
    if given.keys() & {"codes", "otherwise"} and not ("column" in given and "codes" in given):
        raise Unusable("mapping_codes_of_column", place=where)
    texts = {key: _typed(given, key, str, where=f"{where}.") for key in given if key != "codes"}
    codes = _typed(given, "codes", dict, None, where=f"{where}.")
    if codes is not None and not all(isinstance(value, str) for value in codes.values()):
        raise Unusable("mapping_wrong", place=f"{where}.codes")
    return Spec(codes=codes, **texts)


_CLOSED_LISTS: Mapping[str, frozenset[str]] = {
    "kind": frozenset(Kind),
    "language": frozenset(LanguageCode),
    "type": frozenset(ApplicantType),
    "ending": ENDINGS,
}


def _known(value: str, name: str, directory: Directory) -> None:
    """Of what stands in the mapping itself."""
    if name in _CLOSED_LISTS:
        if value not in _CLOSED_LISTS[name]:
            raise Unusable(
                "mapping_code", field=name, value=value, near=", ".join(sorted(_CLOSED_LISTS[name]))
            )
        return
    if name in {"addressee", "forwarded_to"}:
        near, known = "agency", directory.find_agency(value) is not None
    elif name in {"source", "channel", "topic", "region"}:
        near, known = name, _has(directory, name, value)
    else:
        return
    if not known:
        listed = ", ".join(directory.near(near, value)) or "—"
        raise Unusable("mapping_code", field=name, value=value, near=listed)


def _has(directory: Directory, name: str, value: str) -> bool:
    look_up = {
        "source": directory.source,
        "channel": directory.channel,
        "topic": directory.topic,
        "region": directory.region,
    }[name]
    try:
        look_up(value)
    except UnknownCode:
        return False
    return True
