"""The Administration's room: who comes in, its pages, and how they are put.

It has the operators' door and cookie (`web/office/signed_in.py`). Controllers see all bodies, heads the own
ones; an administrator keeps people and reference data and sees no appeal.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from app.core.i18n import Language, t
from app.web.office import signed_in
from app.web.office.signed_in import Worker, requires
from app.web.pages import page

ROOM = f"{signed_in.ROOM}/administration"
S = TypeVar("S", bound=BaseModel)

# In the order of the room's menu: what comes after ROOM, and which act of the table opens it.
PAGES: Mapping[str, tuple[str, str]] = {
    "overview": ("", "oversight"),
    "trends": ("/trends", "oversight"),
    "report": ("/report", "oversight"),
    "index": ("/index", "oversight"),
    "forecast": ("/forecast", "oversight"),
    "rises": ("/rises", "oversight"),
    "issues": ("/issues", "issues"),
    "signs": ("/signs", "oversight"),
    "control": ("/control", "control-orders"),
    "quality": ("/quality", "quality"),
    "people": ("/people", "people"),
    "clients": ("/clients", "clients"),
    "calendar": ("/calendar", "calendar"),
    "rules": ("/rules", "calendar"),
    "reference": ("/reference", "reference"),
    "audit": ("/audit", "audit"),
    "readings": ("/readings", "readings"),
}


Overseeing = Annotated[Worker, Depends(requires("oversight"))]
# An operator sees the systemic issues that are theirs to see to, and nothing else here.
Owning = Annotated[Worker, Depends(requires("issues"))]


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
        menu=list(_menu(request.url.path, me, lang)),
        **shown,
    )


def _menu(here: str, me: Worker, lang: Language) -> Iterator[dict[str, str]]:
    """`current`: as `aria-current` has it, of the page itself and of what lies under it."""
    for name, (path, act) in PAGES.items():
        if me.may(act):
            url = f"{ROOM}{path}"
            under = path and here.startswith(f"{url}/")
            current = "page" if here == url else "true" if under else ""
            yield {"url": url, "name": t(f"administration.page.{name}", lang), "current": current}


def further(page: str, asked: Mapping[str, str], cursor: str | None) -> str:
    """The address of the next part of a list; empty after the last one."""
    return f"{page}?{urlencode({**asked, 'cursor': cursor})}" if cursor else ""


def given(request: Request, schema: type[BaseModel]) -> dict[str, str]:
    """What the address says of the fields that the schema has, blanks left out."""
    names = [field.alias or name for name, field in schema.model_fields.items()]
    query = request.query_params
    return {name: query[name][:200] for name in names if query.get(name) and name != "lang"}
