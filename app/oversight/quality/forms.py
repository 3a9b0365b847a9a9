"""The forms of criteria.toml, by the day from which each is used."""

import tomllib
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

from pydantic import BaseModel, ConfigDict, Field

from app.core.i18n import Language
from app.directory.files import DataError, NamedEntry

FILE = "criteria.toml"


class Criterion(NamedEntry):
    code: str = Field(pattern=r"^[a-z]+(_[a-z]+)*$")
    rule: str = ""

    def text(self, lang: Language) -> str:
        return self.names().in_(lang)


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    first: date = Field(alias="from")
    criteria: tuple[Criterion, ...] = Field(alias="criterion", min_length=1)

    @property
    def codes(self) -> list[str]:
        return [one.code for one in self.criteria]


@lru_cache(maxsize=1)
def forms() -> Sequence[Form]:
    return read(files(__package__).joinpath(FILE).read_text("utf-8"))


def read(text: str) -> Sequence[Form]:
    """Raises DataError where days or criteria do not follow each other or come twice."""
    found = tuple(Form.model_validate(one) for one in tomllib.loads(text)["form"])
    if any(earlier.first >= later.first for earlier, later in pairwise(found)):
        raise DataError(FILE, "forms are in the order of their days")
    for form in found:
        if len(set(form.codes)) != len(form.codes):
            raise DataError(FILE, f"form of {form.first}: a criterion twice")
    return found


def form_on(day: date) -> Form:
    """The one that is used on a day; before the first one, that."""
    return next((one for one in reversed(forms()) if one.first <= day), forms()[0])
