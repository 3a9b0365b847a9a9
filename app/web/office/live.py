"""Open pages are told that something changed: by server-sent events, or by asking again and again.

What is told is only that there is something new, for the page asks for itself again, and who else is looking
at the case. A stream lasts a few minutes: the browser opens the next one, whose sign-in is looked at anew.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from app.casework import case as cases
from app.casework import changes, presence, reach
from app.casework.changes import Place
from app.casework.live import Live, Watcher
from app.casework.presence import Case, Looking
from app.core import clock
from app.core.db import Database
from app.core.edge import Db, Lang
from app.core.i18n import Language, t
from app.directory import snapshot
from app.web.office.signed_in import ROOM, Queueing, Worker

router = APIRouter(include_in_schema=False)

LASTS_SECONDS = 300
QUIET_SECONDS = 15
# Many changes in a row are told as one; of a queue that never rests ever more rarely, for each telling is a
# page that asks again: five hundred of them, every two seconds, would be more than the rest of a busy day.
PAUSE_SECONDS = 2
LONGEST_PAUSE_SECONDS = 16
# Where a process ends all its streams end: the browsers come again each at a moment of its own.
RETRY_SECONDS = 2, 10
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}


@router.get(f"{ROOM}/live")
async def stream(request: Request, me: Queueing, db: Db, lang: Lang) -> Response:
    """Raises CaseNotFound, SeveralParts, Unavailable."""
    place = Place.of(request.headers.get("last-event-id", "")) or _place(request)
    watcher = await _watcher(request, me, db, place)
    live: Live = request.app.state.live
    live.room()
    return StreamingResponse(_events(live, watcher, lang), media_type="text/event-stream", headers=HEADERS)


@router.get(f"{ROOM}/live/poll")
async def poll(request: Request, me: Queueing, db: Db, lang: Lang) -> JSONResponse:
    """The same for who can open no stream. Raises CaseNotFound, SeveralParts."""
    watcher = await _watcher(request, me, db, _place(request))
    now = clock.now()
    here: list[Looking] = []
    async with db.transaction() as connection:
        found = await changes.since(connection, watcher.place)
        if watcher.case:
            await presence.keep(connection, [(watcher.case, me.caller.account_id)], [], now)
            here = (await presence.looking(connection, [watcher.case], now))[watcher.case]
    for change in found:
        watcher.see(change)
    watcher.see_all(here)
    return JSONResponse(
        {
            "place": str(found[-1].place if found else watcher.place),
            "changed": watcher.changed or len(found) == changes.AT_ONCE,
            "here": _said(watcher.told, lang),
        },
        headers=HEADERS,
    )


def _place(request: Request) -> Place:
    """Of nothing that is one: the beginning, so that the page is asked for once too often."""
    return Place.of(request.query_params.get("from", "")) or Place(0, 0)


async def _watcher(request: Request, me: Worker, db: Database, place: Place) -> Watcher:
    directory = snapshot.current()
    number, shown = request.query_params.get("case", "")[:40], None
    if number:
        async with db.read() as connection:
            found = await cases.find(connection, me.caller, number, directory)
        shown = Case(found.appeal_id, found.part)
    return Watcher(me.caller.account_id, reach.visible(me.caller, directory), shown, place)


async def _events(live: Live, watcher: Watcher, lang: Language) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    end = loop.time() + LASTS_SECONDS * random.uniform(0.8, 1)
    pause = PAUSE_SECONDS
    with live.watch(watcher):
        yield f"retry: {1000 * random.uniform(*RETRY_SECONDS):.0f}\n\n"
        while loop.time() < end and not live.closed:
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    await watcher.wake.wait()
            except TimeoutError:
                yield _seen(live, watcher)
                pause = PAUSE_SECONDS
                continue
            watcher.wake.clear()
            if watcher.changed:
                await live.turn()
            if live.closed:
                break
            for told in _news(live, watcher, lang):
                yield told
            # Not all at once: pages that came together would ask again together, too.
            await live.rest(pause * random.uniform(0.5, 1))
            if not watcher.case:
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        yield _seen(live, watcher)


def _seen(live: Live, watcher: Watcher) -> str:
    """Up to where there was nothing for this page, which the browser names when it comes again; at least a
    sign of life."""
    if watcher.changed:
        return ": \n\n"
    watcher.place = max(live.place or watcher.place, watcher.place)
    return f"id: {watcher.place}\n\n"


def _news(live: Live, watcher: Watcher, lang: Language) -> list[str]:
    told = []
    if watcher.here is not None:
        told.append(f"event: here\ndata: {json.dumps(_said(watcher.here, lang))}\n\n")
        watcher.here = None
    if watcher.changed:
        watcher.changed = False
        watcher.place = max(live.place or watcher.place, watcher.place)
        told.append(f"id: {watcher.place}\nevent: changed\ndata: 1\n\n")
    return told


def _said(here: tuple[Looking, ...], lang: Language) -> str:
    return t("live.here", lang, names=", ".join(one.name for one in here)) if here else ""
