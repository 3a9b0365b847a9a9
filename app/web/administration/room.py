"""The Administration's room: who comes in, its pages, and how they are put.

It has the operators' door and cookie (`web/office/signed_in.py`). Controllers see all bodies, heads the own
ones; an administrator keeps people and reference data and sees no appeal.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from app.core.errors import Forbidden
from app.core.i18n import Language, t
from app.staff.access import declares
from app.staff.permissions import Role
from app.web.office import signed_in
from app.web.office.signed_in import Worker, Working
from app.web.pages import page

ROOM = f"{signed_in.ROOM}/administration"
S = TypeVar("S", bound=BaseModel)

OVERSEERS = (Role.CONTROLLER, Role.HEAD)
# In the order of the room's menu: what comes after ROOM, and for whom.
PAGES: Mapping[str, tuple[str, tuple[Role, ...]]] = {
    "overview": ("", OVERSEERS),
    "trends": ("/trends", OVERSEERS),
    "report": ("/report", OVERSEERS),
    "forecast": ("/forecast", OVERSEERS),
    "rises": ("/rises", OVERSEERS),
    "issues": ("/issues", OVERSEERS),
    "signs": ("/signs", OVERSEERS),
    "control": ("/control", (Role.CONTROLLER,)),
    "quality": ("/quality", (Role.CONTROLLER,)),
    "people": ("/people", (Role.ADMIN,)),
    "clients": ("/clients", (Role.ADMIN,)),
    "calendar": ("/calendar", (Role.ADMIN,)),
    "reference": ("/reference", (Role.ADMIN,)),
    "audit": ("/audit", (Role.ADMIN,)),
}


def requires(*roles: Role) -> Callable[..., Awaitable[Worker]]:
    """A page's caller with one of these roles; others get 403."""

    @declares("staff")
    async def check(me: Working) -> Worker:
        if me.caller.role not in roles:
            raise Forbidden
        return me

    return check


Overseeing = Annotated[Worker, Depends(requires(*OVERSEERS))]


def room_page(
    request: Request, template: str, lang: Language, me: Worker, *, status: int = 200, **shown: Any
) -> HTMLResponse:
    return page(
        request,
        f"administration/{template}",
        lang,
        status=status,
        private=True,
        me=me,
        menu=[
            {"url": f"{ROOM}{path}", "name": t(f"administration.page.{name}", lang)}
            for name, (path, roles) in PAGES.items()
            if me.caller.role in roles
        ],
        **shown,
    )


def given(request: Request, schema: type[BaseModel]) -> dict[str, str]:
    """What the address says of the fields that the schema has, blanks left out."""
    names = [field.alias or name for name, field in schema.model_fields.items()]
    query = request.query_params
    return {name: query[name][:200] for name in names if query.get(name) and name != "lang"}
