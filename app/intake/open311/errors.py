"""What is wrong, in the format of the standard: a list of `{code, description}`, under 404, 403 or 400."""

from collections.abc import Iterator

from fastapi import Request
from fastapi.responses import Response

from app.core.errors import AppError, FieldError, Forbidden, Malformed, NotFound
from app.core.i18n import Language
from app.intake.open311.formats import language_of, respond

# What says nothing about the request itself keeps its status: the caller is to come again later.
OWN_STATUS = frozenset({403, 404, 429, 500, 503})


class ServiceNotFound(NotFound):
    code = "service_not_found"


class ServiceRequestNotFound(NotFound):
    code = "service_request_not_found"


class ServiceTokenNotFound(NotFound):
    code = "service_token_not_found"


class JurisdictionNotFound(NotFound):
    code = "jurisdiction_not_found"


class FormatNotOffered(NotFound):
    code = "format_not_offered"


class ApiKeyRefused(Forbidden):
    """Missing, unknown, expired, or another channel's."""

    code = "api_key_refused"


class FormMalformed(Malformed):
    code = "form_malformed"


def spoken(error: AppError, request: Request) -> Response:
    """The error as the standard wants it."""
    status = error.status if error.status in OWN_STATUS else 403 if error.status == 401 else 400
    # More exactly than the status, where HTTP has a code for it: 405, 409, 413, 415.
    code = str(status if error.status in (401, 422) else error.status)
    lang = language_of(request)
    said = [{"code": code, "description": line} for line in _lines(error, lang)]
    return respond(request, "errors", said, status=status, headers=error.headers, lang=lang)


def _lines(error: AppError, lang: Language) -> Iterator[str]:
    """For the user: a line a field, else what is wrong as a whole."""
    for found in error.errors:
        yield f"{_as_sent(found)}: {found.as_json(lang)['message']}"
    if not error.errors:
        yield error.as_json(lang)["detail"]


def _as_sent(found: FieldError) -> str:
    """`attributes.kind` is sent as `attribute[kind]`."""
    first, _, rest = found.field.partition(".")
    return f"attribute[{rest}]" if first == "attributes" else first
