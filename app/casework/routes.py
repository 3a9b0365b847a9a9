"""What the routes of acts have in common."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Body, Depends

from app.appeals.commands import ActNotAllowed, CaseNotFound
from app.appeals.lifecycle import Act
from app.casework.case import SeveralParts
from app.casework.inputs import EmptyIn
from app.casework.schemas import CaseOut
from app.core.errors import AppError, Forbidden, Invalid, VersionMissing, problems
from app.staff.access import about_case

Handler = TypeVar("Handler", bound=Callable[..., Any])

TAG = {"ETag": {"description": "The version of the case", "schema": {"type": "string", "examples": ['"3"']}}}
SEEN: tuple[type[AppError], ...] = (CaseNotFound, SeveralParts)


def act(
    router: APIRouter, name: Act, summary: str, description: str = "", *more: type[AppError]
) -> Callable[[Handler], Handler]:
    """A route for an act: all answer with the case and its new ETag, and all may be refused in these ways."""
    return router.post(
        f"/cases/{{number}}/{name}",
        name=f"act_{name}",
        summary=summary,
        description=description or summary,
        dependencies=[Depends(about_case(name))],
        response_model=CaseOut,
        responses={
            200: {"headers": TAG},
            **problems(Forbidden, *SEEN, ActNotAllowed, *more, Invalid, VersionMissing),
        },
    )


def example(**value: Any) -> Any:
    return Body(openapi_examples={"example": {"value": value}})


Nothing = Annotated[EmptyIn | None, example()]
