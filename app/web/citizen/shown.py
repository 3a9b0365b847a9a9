"""An appeal as its page shows it: the state in one line, how near the day is, the timeline newest first."""

from dataclasses import dataclass
from datetime import date

from app.appeals.codes import Status
from app.core import clock
from app.core.i18n import Language, long_date, t
from app.deadlines.explain import period
from app.deadlines.regimes import Unit
from app.directory import snapshot
from app.intake.schemas import PartOut, TrackingOut
from app.web.pages import moment

OVER = frozenset({Status.ANSWERED, Status.WITHDRAWN, Status.TERMINATED})
# So many working days before its end a term is called near.
NEAR = 3


@dataclass(frozen=True, slots=True)
class Told:
    when: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Day:
    """`how`: far, near or late; `left`: in words, from today."""

    how: str
    left: str


@dataclass(frozen=True, slots=True)
class Shown:
    """`of`: everything that is known; the rest is how it is put."""

    of: TrackingOut
    state: str
    day: Day | None
    timeline: list[Told]
    may: dict[str, date | None]
    parts: list[PartOut]
    looked: list[Told]


def shown_appeal(said: TrackingOut, lang: Language) -> Shown:
    return Shown(
        of=said,
        state=_state(said, lang),
        day=None if said.status in OVER else day_of(said.due_on, lang, overdue=said.overdue),
        timeline=[Told(moment(it.at, lang), it.sentence) for it in reversed(said.timeline)],
        may={may.act: may.until for may in said.may},
        parts=said.parts if len(said.parts) > 1 else [],
        looked=[Told(long_date(it.day, lang), it.agency.name) for it in reversed(said.looked)],
    )


def _state(said: TrackingOut, lang: Language) -> str:
    name = "overdue" if said.overdue and said.status not in OVER else str(said.status)
    return t(f"track.state.{name}", lang, agency=said.agency.name)


def day_of(due_on: date, lang: Language, *, overdue: bool) -> Day:
    today = clock.today()
    if overdue:
        return Day("late", t("track.late", lang, day=due_on))
    days = snapshot.current().calendar.working_days_between(today, due_on) if due_on > today else 0
    if days == 0:
        return Day("near", t("track.last_day", lang))
    left = t("track.left", lang, day=due_on, period=period(days, Unit.WORKING_DAYS, lang))
    return Day("near" if days <= NEAR else "far", left)
