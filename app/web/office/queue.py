"""The queue as a page: what is due first, the filters in the address, the next case by one press."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.appeals.lifecycle import Act
from app.casework import api, views
from app.casework.queue import View
from app.casework.schemas import QueueItem
from app.casework.views import SavedView
from app.core import clock
from app.core.edge import Db, Lang
from app.core.errors import AppError
from app.core.i18n import Language, t
from app.deadlines.explain import period
from app.deadlines.regimes import Unit
from app.directory import snapshot
from app.staff.permissions import Role
from app.web.citizen.choices import channels, topic_choices
from app.web.citizen.shown import NEAR, Day
from app.web.forms import Form
from app.web.office.signed_in import ROOM, Queueing, Worker, requires
from app.web.pages import SCRIPTED_POLICY, page

router = APIRouter(include_in_schema=False)

Taking = Annotated[Worker, Depends(requires(Act.CLAIM))]

FILTERS = ("topic", "channel", "q")
SHOWN_AT_ONCE = 50
NAME_LENGTH = 60
BULK_ACTS = ("claim", "assign", "forward", "approve")


@router.get(ROOM)
async def read(request: Request, me: Queueing, db: Db, lang: Lang) -> HTMLResponse:
    given = request.query_params
    view = _view(given.get("view", ""), me)
    filters = {name: given[name][:200] for name in FILTERS if given.get(name)}
    mistake, found, seen = "", None, ""
    kept: Sequence[SavedView] = ()
    try:
        async with db.read() as connection:
            place, kept = await views.beside(connection, me.caller.account_id)
            seen = str(place)
            found = await api.read_queue(
                me.caller,
                connection,
                lang,
                Response(),
                view=view,
                cursor=given.get("cursor"),
                limit=SHOWN_AT_ONCE,
                **{name: filters.get(name) for name in FILTERS},
            )
    except AppError as error:
        mistake = error.as_json(lang)["detail"]
    return page(
        request,
        "office/queue.html",
        lang,
        status=422 if mistake else 200,
        private=True,
        policy=SCRIPTED_POLICY,
        me=me,
        view=view.value,
        views=[
            {"name": t(f"office.view.{one}", lang), "url": _url(one, filters), "current": one is view}
            for one in View
        ],
        filters=filters,
        topics=topic_choices(lang),
        channels=channels(lang),
        rows=[_row(item, lang) for item in found.items] if found else [],
        more=_url(view, filters | {"cursor": found.next_cursor}) if found and found.next_cursor else None,
        mistake=mistake,
        acts=[one for one in BULK_ACTS if me.may(one)],
        kept=[{"id": one.id, "name": one.name, "url": f"{ROOM}?{one.query}"} for one in kept],
        seen=seen,
        taken="nothing" in given,
    )


@router.post(f"{ROOM}/next")
async def claim_next(request: Request, me: Taking, db: Db, lang: Lang) -> Response:
    """The most urgent case that nobody works on, taken and opened."""
    form = await Form.of(request)
    if not me.visitor.sent(form.token):
        return RedirectResponse(ROOM, 303)
    async with db.transaction() as connection:
        taken = await api.claim_next(me.caller, connection, lang)
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


def _url(view: View, filters: dict[str, Any]) -> str:
    return f"{ROOM}?{urlencode({'view': view.value} | filters)}"


def _day(item: QueueItem, lang: Language) -> Day | None:
    """How near, in a few words; how far a case is past its day says more than the day."""
    if item.suspended:
        return None
    days = abs(item.working_days_left)
    how = "late" if item.overdue else "near" if item.working_days_left <= NEAR else "far"
    if not days:
        return Day(how, t(f"office.left.{'late' if item.overdue else 'today'}", lang))
    left = period(days, Unit.WORKING_DAYS, lang)
    return Day(how, t("office.left.over", lang, period=left) if item.overdue else left)


def _row(item: QueueItem, lang: Language) -> dict[str, Any]:
    directory = snapshot.current()
    day = _day(item, lang)
    return {
        "item": item,
        "url": f"{ROOM}/cases/{item.number}",
        "day": day,
        "topic": directory.topic(item.topic).name(lang),
        "region": directory.region(item.region).name(lang, item.registered_on) if item.region else "",
        "channel": directory.channel(item.channel).name(lang),
    }
