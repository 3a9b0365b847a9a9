"""What can go wrong for a caller: classes with a status and a stable code, sentences in three languages.

Every answer of this kind is `application/problem+json` (RFC 9457). `errors` names the fields.
"""

from dataclasses import dataclass
from dataclasses import field as made_by
from typing import Any, ClassVar

from app.core.i18n import Language, known, t


@dataclass(frozen=True, slots=True)
class FieldError:
    """`field`: a path such as `applicant.iin`; `code`: stable; the sentence is `validation.<code>`."""

    field: str
    code: str
    params: dict[str, Any] = made_by(default_factory=dict)

    def as_json(self, language: Language) -> dict[str, str]:
        key = f"validation.{self.code}"
        sentence = t(key if known(key) else "validation.invalid", language, **self.params)
        return {"field": self.field, "code": self.code, "message": sentence}


class AppError(Exception):
    """Base of every error that a caller is told about. `params` fill the sentence `error.<code>`."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"

    def __init__(
        self,
        *,
        errors: list[FieldError] | None = None,
        headers: dict[str, str] | None = None,
        extra: dict[str, Any] | None = None,
        **params: object,
    ) -> None:
        super().__init__(self.code)
        self.params = params
        self.errors = errors or []
        self.headers = headers or {}
        self.extra = extra or {}

    def __reduce__(self) -> tuple[Any, ...]:
        """So that it can be told from one process to another, whatever its class is made from."""
        return _again, (type(self), self.args, self.__dict__)

    def as_json(self, language: Language) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": t(f"error.{self.code}.title", language),
            "status": self.status,
            "detail": t(f"error.{self.code}", language, **self.params),
            "code": self.code,
            **self.extra,
        }
        if self.errors:
            body["errors"] = [error.as_json(language) for error in self.errors]
        return body


def _again(cls: type[AppError], args: tuple[Any, ...], state: dict[str, Any]) -> AppError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error


class Malformed(AppError):
    status, code = 400, "malformed"


class Unauthenticated(AppError):
    status, code = 401, "unauthenticated"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"}, **kwargs)


class Forbidden(AppError):
    status, code = 403, "forbidden"


class NotFound(AppError):
    status, code = 404, "not_found"


class MethodNotAllowed(AppError):
    status, code = 405, "method_not_allowed"


class Conflict(AppError):
    status, code = 409, "conflict"


class TooLarge(AppError):
    status, code = 413, "too_large"


class UnsupportedMedia(AppError):
    status, code = 415, "unsupported_media_type"


class Invalid(AppError):
    """The shape or a code in the message is wrong; `errors` says where."""

    status, code = 422, "invalid"

    @classmethod
    def of(cls, field_: str, code: str, **params: Any) -> "Invalid":
        return cls(errors=[FieldError(field_, code, params)])


class VersionMissing(AppError):
    status, code = 428, "version_missing"


class TooManyRequests(AppError):
    status, code = 429, "too_many_requests"

    def __init__(self, *, retry_after: int, **kwargs: Any) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)}, seconds=retry_after, **kwargs)


class Unavailable(AppError):
    status, code = 503, "unavailable"

    def __init__(self, *, retry_after: int = 5, **kwargs: Any) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)}, **kwargs)


def problems(*classes: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses=` for a route: one entry a status, with the codes it may carry."""
    found: dict[int | str, dict[str, Any]] = {}
    listed: list[type[AppError]] = [*classes, Unavailable]
    for cls in listed:
        entry = found.setdefault(
            cls.status,
            {
                "description": "",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        )
        entry["description"] = ", ".join(filter(None, [entry["description"], f"`{cls.code}`"]))
    return found
