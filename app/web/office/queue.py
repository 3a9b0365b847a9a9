"""The queue as a page: what is due first, the filters in the address, the next case by one press."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, Self
from urllib.parse import urlencode

import asyncpg
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup

from app.appeals.lifecycle import Act
from app.casework import api, queue, views
from app.casework.queue import View
from app.core import clock
from app.core.edge import Db, Lang
from app.core.errors import AppError
from app.core.i18n import Language, t
from app.staff.permissions import Role
from app.web.citizen.choices import channels, topic_choices
from app.web.forms import Form
from app.web.office.rows import Rows
from app.web.office.signed_in import ROOM, Queueing, Worker, requires
from app.web.pages import SCRIPTED_POLICY, fragment, page

router = APIRouter(include_in_schema=False)

Taking = Annotated[Worker, Depends(requires(Act.CLAIM))]

FILTERS = ("topic", "channel", "q")
SHOWN_AT_ONCE = 50
NAME_LENGTH = 60
BULK_ACTS = ("claim", "assign", "forward", "approve")

_rows = Rows()


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the address of a page of the queue."""

    view: View
    filters: Mapping[str, str]
    cursor: str | None

    @classmethod
    def of(cls, request: Request, me: Worker) -> Self:
        given = request.query_params
        filters = {name: given[name][:200] for name in FILTERS if given.get(name)}
        return cls(_view(given.get("view", ""), me), filters, given.get("cursor"))

    def of_queue(self, me: Worker) -> queue.Asked:
        """Raises Invalid for a code or a cursor that is none."""
        given = {name: self.filters.get(name) for name in FILTERS}
        return api.what_is_asked(me.caller, self.view, **given, cursor=self.cursor, limit=SHOWN_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Part:
    """The rows, with what is done to several of them. `tag`: the same as long as they are."""

    html: Markup
    tag: str


@router.get(ROOM)
async def read(request: Request, me: Queueing, db: Db, lang: Lang) -> HTMLResponse:
    asked = Asked.of(request, me)
    mistake, part, seen = "", None, ""
    try:
        async with db.glance() as connection:
            found, beside = await queue.heads_beside(
                connection, asked.of_queue(me), clock.now(), me.caller.account_id
            )
            part = await _part(connection, found, asked, me, lang)
        seen, kept = str(beside.seen), beside.kept
    except AppError as error:
        mistake = error.as_json(lang)["detail"]
        async with db.read() as connection:
            kept = await views.of(connection, me.caller.account_id)
    return page(
        request,
        "office/queue.html",
        lang,
        status=422 if mistake else 200,
        private=True,
        policy=SCRIPTED_POLICY,
        me=me,
        view=asked.view.value,
        views=[
            {
                "name": t(f"office.view.{one}", lang),
                "url": _url(one, asked.filters),
                "current": one is asked.view,
            }
            for one in View
        ],
        filters=asked.filters,
        topics=topic_choices(lang),
        channels=channels(lang),
        part=part,
        its=f"{ROOM}/rows?{request.url.query}",
        mistake=mistake,
        kept=[{"id": one.id, "name": one.name, "url": f"{ROOM}?{one.query}"} for one in kept],
        seen=seen,
        taken="nothing" in request.query_params,
    )


@router.get(f"{ROOM}/rows")
async def rows(request: Request, me: Queueing, db: Db, lang: Lang) -> Response:
    """Of the page whose address this is but for the path, what changes while it is open; nothing (304) to who
    has it already, by the tag. Raises Invalid."""
    asked = Asked.of(request, me)
    async with db.glance() as connection:
        found = await queue.heads(connection, asked.of_queue(me), clock.now())
        part = await _part(connection, found, asked, me, lang)
    headers = {"ETag": part.tag, "Cache-Control": "no-store", "Content-Language": lang}
    if request.headers.get("if-none-match") == part.tag:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(part.html, headers=headers)


async def _part(
    connection: asyncpg.Connection, found: queue.Page, asked: Asked, me: Worker, lang: Language
) -> Part:
    acts = [one for one in BULK_ACTS if me.may(one)]
    html = fragment(
        "office/rows.html",
        lang,
        rows=await _rows.written(connection, found.rows, lang, marked=bool(acts)),
        more=_url(asked.view, {**asked.filters, "cursor": found.following}) if found.following else None,
        acts=acts,
        me=me,
        view=asked.view.value,
        filters=asked.filters,
    )
    return Part(html, f'"{blake2b(html.encode(), digest_size=12).hexdigest()}"')


@router.post(f"{ROOM}/next")
async def claim_next(request: Request, me: Taking, db: Db, lang: Lang) -> Response:
    """The most urgent case that nobody works on, taken and opened."""
    form = await Form.of(request)
    if not me.visitor.sent(form.token):
        return RedirectResponse(ROOM, 303)
    taken = await api.taken(db, me.caller, 1, lang)
    if not taken.items:
        return RedirectResponse(f"{ROOM}?nothing=1", 303)
    return RedirectResponse(f"{ROOM}/cases/{taken.items[0].number}", 303)


@router.post(f"{ROOM}/views")
async def keep_view(request: Request, me: Queueing, db: Db, lang: Lang) -> Response:
    """What stands in the address now, under a name."""
    form = await Form.of(request)
    view = _view(form.get("view"), me)
    filters = {name: form.get(name)[:200] for name in FILTERS if form.get(name)}
    name = " ".join(form.get("name").split())[:NAME_LENGTH]
    if not me.visitor.sent(form.token) or not name:
        return RedirectResponse(_url(view, filters), 303)
    query = urlencode({"view": view.value} | filters)
    async with db.transaction() as connection:
        await views.keep(connection, me.caller.account_id, name, query, clock.now())
    return RedirectResponse(_url(view, filters), 303)


@router.post(f"{ROOM}/views/forget")
async def forget_view(request: Request, me: Queueing, db: Db) -> Response:
    form = await Form.of(request)
    if me.visitor.sent(form.token) and form.get("id").isdigit() and len(form.get("id")) < 19:
        async with db.transaction() as connection:
            await views.forget(connection, me.caller.account_id, int(form.get("id")))
    return RedirectResponse(ROOM, 303)


def _view(asked: str, me: Worker) -> View:
    usual = View.ALL if me.caller.role is Role.CONTROLLER else View.UNCLAIMED
    return View(asked) if asked in set(View) else usual


def _url(view: View, filters: Mapping[str, str]) -> str:
    return f"{ROOM}?{urlencode({'view': view.value, **filters})}"
