"""Bases of what comes in and what goes out.

Input refuses unknown fields and text that cannot be stored or shown safely; text is normalised (NFC) and
loses the marks that change the direction of writing, with which a name could be made to read as another.
"""

import re
import unicodedata
from datetime import date, time
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]")


def clean(value: Any) -> Any:
    """Normalise text; raise `control_character` for NUL and its kind (PostgreSQL stores no NUL)."""
    if not isinstance(value, str):
        return value
    value = unicodedata.normalize("NFC", value)
    if value.isprintable():  # nothing of what follows is; the common case, and quick
        return value
    value = _DIRECTION_MARKS.sub("", value).replace("\r\n", "\n")
    if _CONTROL.search(value):
        raise PydanticCustomError("control_character", "control character")
    return value


def _one_line(value: str) -> str:
    if "\n" in value or "\t" in value:
        raise PydanticCustomError("one_line", "one line only")
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("blank", "must not be blank")
    return value


# `clean` stands last to run first: before the length is looked at.
Text = Annotated[str, StringConstraints(max_length=64_000), BeforeValidator(clean)]
FullText = Annotated[Text, AfterValidator(_not_blank)]
Line = Annotated[
    str,
    StringConstraints(max_length=300, strip_whitespace=True),
    AfterValidator(_one_line),
    BeforeValidator(clean),
]
FullLine = Annotated[Line, AfterValidator(_not_blank)]


def _email(value: str) -> str:
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+", value):
        raise PydanticCustomError("email", "e-mail")
    return value


Email = Annotated[Line, AfterValidator(_email)]
Code = Annotated[
    str, StringConstraints(max_length=100, strip_whitespace=True, min_length=1), BeforeValidator(clean)
]


def _iso_day(value: Any) -> Any:
    """Days are written one way only: pydantic would also take a number of seconds for one."""
    number = isinstance(value, int | float)
    if number or (isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)):
        raise PydanticCustomError("date_parsing", "not a day")
    return value


Day = Annotated[date, BeforeValidator(_iso_day)]

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*)")
# In an address an unescaped `+` stands for a space; where an offset should be, it can mean nothing else.
_UNESCAPED_OFFSET = re.compile(r"(?<=\d) (?=\d\d:?\d\d$)")


def _moment(value: Any) -> Any:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise PydanticCustomError("datetime_parsing", "not a moment")
    return _UNESCAPED_OFFSET.sub("+", value)


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:00)?"


def _time_of_day(value: Any) -> Any:
    """One way only: pydantic would also take a number of seconds, or a time with a zone."""
    if not isinstance(value, time) and not (isinstance(value, str) and re.fullmatch(_TIME, value)):
        raise PydanticCustomError("time_of_day", "not a time of day")
    return value


TimeOfDay = Annotated[
    time,
    BeforeValidator(_time_of_day),
    # JSON Schema's own `time` has an offset.
    WithJsonSchema({"type": "string", "pattern": f"^{_TIME}$", "examples": ["10:00"]}),
]
"""Hours and minutes in Kazakhstan's civil time."""


class Schema(BaseModel):
    """Input: strict about fields, frozen once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Out(BaseModel):
    """Output: built by our own code."""

    model_config = ConfigDict(extra="ignore")
