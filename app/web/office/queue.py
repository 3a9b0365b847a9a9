"""The queue as a page: what is due first, the filters in the address, the next case by one press."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.casework import api, changes
from app.casework.queue import View
from app.casework.schemas import QueueItem
from app.core.edge import Db, Lang
from app.core.errors import AppError, Forbidden
from app.core.i18n import Language, t
from app.deadlines.explain import period
from app.deadlines.regimes import Unit
from app.directory import snapshot
from app.staff.permissions import Role
from app.web.citizen.choices import Choice, topic_choices
from app.web.citizen.shown import NEAR, Day
from app.web.forms import Form
from app.web.office.signed_in import ROOM, Worker, Working
from app.web.pages import SCRIPTED_POLICY, page

router = APIRouter(include_in_schema=False)

FILTERS = ("topic", "channel", "q")
SHOWN_AT_ONCE = 50


@router.get(ROOM)
async def read(request: Request, me: Working, db: Db, lang: Lang) -> HTMLResponse:
    given = request.query_params
    view = _view(given.get("view", ""), me)
    filters = {name: given[name][:200] for name in FILTERS if given.get(name)}
    mistake, found, seen = "", None, ""
    try:
        if me.caller.role is Role.ADMIN:
            raise Forbidden
        async with db.read() as connection:
            seen = str(await changes.place(connection))
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
        channels=_channels(lang),
        rows=[_row(item, lang) for item in found.items] if found else [],
        more=_url(view, filters | {"cursor": found.next_cursor}) if found and found.next_cursor else None,
        mistake=mistake,
        seen=seen,
        taken="nothing" in given,
    )


@router.post(f"{ROOM}/next")
async def claim_next(request: Request, me: Working, db: Db, lang: Lang) -> Response:
    """The most urgent case that nobody works on, taken and opened."""
    form = await Form.of(request)
    if not me.visitor.sent(form.token) or me.caller.role not in {Role.OPERATOR, Role.HEAD}:
        return RedirectResponse(ROOM, 303)
    async with db.transaction() as connection:
        taken = await api.claim_next(me.caller, connection, lang)
    if not taken.items:
        return RedirectResponse(f"{ROOM}?nothing=1", 303)
    return RedirectResponse(f"{ROOM}/cases/{taken.items[0].number}", 303)


def _view(asked: str, me: Worker) -> View:
    usual = View.ALL if me.caller.role is Role.CONTROLLER else View.UNCLAIMED
    return View(asked) if asked in set(View) else usual


def _url(view: View, filters: dict[str, Any]) -> str:
    return f"{ROOM}?{urlencode({'view': view.value} | filters)}"


def _channels(lang: Language) -> list[Choice]:
    return [Choice(channel.code, channel.name(lang)) for channel in snapshot.current().channels()]


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
