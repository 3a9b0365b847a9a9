"""Where a life of the last weeks is set: its working days, its bodies, and moments that can be believed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import TypeVar

from app.core import clock
from app.demo.plan import Need, Step, moment, working_days
from app.directory.registry import Directory
from app.directory.values import AgencyKind

T = TypeVar("T")
Code = str

# Six working weeks and the day of today.
DAYS = 31
BEGINS, OPENS, CLOSES = 9.5, 9.2, 18.0


@dataclass(frozen=True, slots=True)
class Bodies:
    """Codes of bodies by what can happen at them. `approving`: an operator's answer waits for the head;
    elsewhere it does not. `under`: those with a body above them, which reviews complaints; `topmost`: those
    without, among them the `ministries`."""

    approving: Sequence[Code]
    under: Sequence[Code]
    topmost: Sequence[Code]
    ministries: Sequence[Code]

    @classmethod
    def of(cls, directory: Directory, on: date) -> "Bodies":
        working = [
            agency for agency in directory.agencies(on) if agency.code not in ("administration", "pm-office")
        ]
        free = [agency for agency in working if not agency.approval_required]
        return cls(
            [agency.code for agency in working if agency.approval_required],
            [agency.code for agency in free if agency.parent_id is not None],
            [agency.code for agency in free if agency.parent_id is None],
            [agency.code for agency in free if agency.kind is AgencyKind.MINISTRY],
        )


@dataclass(frozen=True, slots=True)
class Scene:
    """`days`: working days up to the last one that has begun, oldest first; `last`: the newest moment at
    which somebody worked."""

    days: Sequence[date]
    last: datetime
    directory: Directory
    bodies: Bodies
    rng: Random

    @classmethod
    def at(cls, now: datetime, directory: Directory, rng: Random) -> "Scene":
        today = clock.civil_day(now)
        if now < moment(today, BEGINS):
            today -= clock.days(1)
        days = working_days(directory.calendar, today - timedelta(weeks=10), today)[-DAYS:]
        last = min(now - timedelta(minutes=5), moment(days[-1], CLOSES))
        return cls(days, last, directory, Bodies.of(directory, today), rng)

    def ago(self, working_days: int) -> datetime:
        """A moment within working hours, that many working days ago and in the past."""
        day = self.day(working_days)
        opens, closes = moment(day, OPENS), min(moment(day, CLOSES), self.last)
        return opens + timedelta(seconds=round(self.rng.random() * (closes - opens).total_seconds()))

    def between(self, least: int, most: int) -> datetime:
        """As `ago`, of a day drawn from these."""
        return self.ago(self.rng.randint(least, most))

    def just_now(self) -> datetime:
        """So that a lease taken then still runs."""
        return self.last - timedelta(seconds=self.rng.randint(0, 900))

    def day(self, ago: int) -> date:
        return self.days[-1 - ago]

    def ahead(self, working_days: int) -> date:
        return self.directory.calendar.add_working_days(self.days[-1], working_days)

    def night_after(self, day: date) -> datetime:
        """When the service itself finds that a day is over."""
        return moment(day + clock.days(1), 0.1)

    def one_of(self, these: Sequence[T]) -> T:
        return self.rng.choice(these)

    def region_of(self, code: Code) -> str | None:
        return self.directory.agency(code).region_code

    def topic_of(self, code: Code) -> str:
        """A topic that the body, or the one above it, answers on; else what fits nowhere."""
        directory, agency = self.directory, self.directory.agency(code)
        while True:
            for topic in directory.topics():
                if directory.competent(topic.code, agency.region_code, self.days[-1]) == agency:
                    return topic.code
            above = directory.parent(agency)
            if above is None:
                return "other"
            agency = above


@dataclass(frozen=True, slots=True)
class Course:
    """One life as a plot tells it. What is empty is drawn. `then`: what the same applicant sends later."""

    received_at: datetime
    steps: tuple[Step, ...] = ()
    addressee: str | None = None
    topic: str | None = None
    region: str | None = None
    need: Need = Need.ANYTHING
    legal_entity: bool | None = None
    then: "Course | None" = field(default=None)
