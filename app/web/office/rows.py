"""Rows of the queue in HTML. Each is remembered for some minutes with the head that it was written by: for a
page that asks again only what changed is fetched, opened and written anew.

What may be seen is decided by the statement that reads the heads, each time; what it gave is written here.
"""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any

import asyncpg
from markupsafe import Markup

from app.casework import queue
from app.casework.schemas import QueueItem
from app.core import clock
from app.core.i18n import Language, t
from app.deadlines.explain import period
from app.deadlines.regimes import Unit
from app.directory import snapshot
from app.directory.registry import Directory
from app.web.citizen.shown import NEAR, Day
from app.web.pages import fragment

MOST, FORGOTTEN_AFTER_SECONDS = 3000, 600

Key = tuple[Any, ...]


class Rows:
    """What one process has written. None of it is left after some minutes, whether or not somebody asks."""

    def __init__(self) -> None:
        self._written: dict[Key, Markup] = {}
        self._named_by: Directory | None = None

    def __len__(self) -> int:
        return len(self._written)

    def forget(self) -> None:
        self._written.clear()

    async def written(
        self,
        connection: asyncpg.Connection,
        heads: Sequence[asyncpg.Record],
        lang: Language,
        *,
        marked: bool,
    ) -> list[Markup]:
        """In the order of the heads, without those that are not there any more. `marked`: with a box for acts
        on several cases."""
        directory, today = snapshot.current(), clock.today()
        if directory is not self._named_by:
            self.forget()
            self._named_by = directory
        seen = (today, lang, marked)
        known = {row["id"]: self._written.get((*seen, *queue.head_of(row))) for row in heads}
        unknown = [id_ for id_, html in known.items() if html is None]
        for row in await queue.whole(connection, unknown) if unknown else ():
            html = known[row["id"]] = _html(row, *seen, directory)
            self._remember((*seen, *queue.head_of(row)), html)
        return [html for html in known.values() if html is not None]

    def _remember(self, key: Key, html: Markup) -> None:
        if len(self._written) >= MOST:
            self.forget()
        if not self._written:
            asyncio.get_running_loop().call_later(FORGOTTEN_AFTER_SECONDS, self.forget)
        self._written[key] = html


def _html(row: asyncpg.Record, today: date, lang: Language, marked: bool, directory: Directory) -> Markup:
    item = queue.item(row, directory, lang, today)
    return fragment(
        "office/row.html",
        lang,
        item=item,
        day=_day(item, lang),
        topic=directory.topic(item.topic).name(lang),
        region=directory.region(item.region).name(lang, item.registered_on) if item.region else "",
        channel=directory.channel(item.channel).name(lang),
        marked=marked,
    )


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
