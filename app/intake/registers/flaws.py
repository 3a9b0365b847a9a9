"""What can be wrong with a register, its mapping or one of its rows, in sentences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.errors import AppError, FieldError
from app.core.i18n import Language, t


class Unusable(Exception):
    """The file or the mapping cannot be used, or not from some row on; the sentence is `registers.<code>`."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code, self.params = code, params

    def sentence(self, language: Language) -> str:
        return t(f"registers.{self.code}", language, **self.params)


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a row is refused. `column`: as the file names it, empty when it is the row as a whole."""

    code: str
    column: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    def sentence(self, language: Language) -> str:
        return t(f"registers.{self.code}", language, **self.params)


@dataclass(frozen=True, slots=True)
class Answered:
    """The same, as the service itself refuses it: a field of the submission, or the whole of it."""

    error: FieldError | AppError
    column: str = ""

    def sentence(self, language: Language) -> str:
        said = self.error.as_json(language)
        return str(said["message"] if isinstance(self.error, FieldError) else said["detail"])


AnyFlaw = Flaw | Answered


class RowRefused(Exception):
    """A row that is not brought in, with everything that is wrong with it."""

    def __init__(self, flaws: Iterable[AnyFlaw]) -> None:
        super().__init__()
        self.flaws = tuple(flaws)


def said(flaws: Iterable[AnyFlaw], language: Language) -> list[str]:
    """Each flaw in a line of its own, with its column."""
    return [
        f"{flaw.column}: {flaw.sentence(language)}" if flaw.column else flaw.sentence(language)
        for flaw in flaws
    ]
