"""Forms of the pages: what was sent, that it was sent from our own page, what is wrong by field."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile

from app.core import http
from app.core.errors import AppError, FieldError, Forbidden, Invalid
from app.core.i18n import Language, known, t

TOKEN = "form"
MOST_FIELDS = 60


def own_site(request: Request) -> None:
    """Raises Forbidden for what another site sent, says the browser: an answer would set our cookies."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise Forbidden


@dataclass(frozen=True, slots=True)
class Form:
    """Text fields by name, without the token; of one that came twice the last."""

    fields: dict[str, str]
    token: str

    @classmethod
    async def of(cls, request: Request) -> "Form":
        """Raises Forbidden for what another site sent."""
        own_site(request)
        async with request.form(max_fields=MOST_FIELDS, max_files=0) as sent:
            fields = {name: value for name, value in sent.items() if not isinstance(value, UploadFile)}
        return cls(fields, fields.pop(TOKEN, ""))

    def get(self, name: str) -> str:
        return self.fields.get(name, "")


@dataclass(frozen=True, slots=True)
class Mistake:
    """`field` is empty for what is about the whole; `label`: as the form calls it."""

    field: str
    message: str
    label: str = ""


def expired(lang: Language) -> Mistake:
    """The page lay open too long, or the form is another site's: pressing the button again mends it."""
    return Mistake("", t("form.expired", lang))


# Of these one is chosen, not written.
CHOSEN = frozenset({"kind", "score", "resolved", "outcome", "ground", "to", "field"})


def of_fields(errors: Iterable[FieldError], lang: Language) -> list[Mistake]:
    return [Mistake(it.field, _message(it, lang), label(it.field, lang)) for it in errors]


def _message(error: FieldError, lang: Language) -> str:
    if error.code == "missing" and error.field in CHOSEN:
        return t("form.choose", lang)
    return error.as_json(lang)["message"]


def label(field: str, lang: Language) -> str:
    """As the forms call it; empty for what none of them has."""
    keys = (f"{form}.field.{field}" for form in ("write", "booking"))
    return next((t(key, lang) for key in keys if known(key)), "")


def said_of(error: AppError, lang: Language) -> list[Mistake]:
    """What an error says, beside its fields where it names any."""
    return of_fields(error.errors, lang) or [Mistake("", error.as_json(lang)["detail"])]


S = TypeVar("S", bound=BaseModel)


def read(schema: type[S], given: Mapping[str, Any]) -> S:
    """What a form or an address says, as the call takes it. Raises Invalid, as the call would."""
    try:
        return schema.model_validate(given)
    except ValidationError as error:
        raise Invalid(errors=http.field_errors(error.errors(), skip=0)) from error
