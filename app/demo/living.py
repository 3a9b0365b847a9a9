"""A small demo of the last weeks: every channel, every state that the acts lead to, a few overdue.

Each kind of life below is short enough to be read; `Scene` gives it its place and time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import cycle
from random import Random

from app.appeals.lifecycle import Act
from app.core import clock
from app.demo.plan import Arrival, Life, Step, life, moment, working_days
from app.demo.texts import Texts
from app.directory.registry import Directory

COUNT = 320
WEEKS = 6

# channel, its source, the region it serves (empty: any)
_WAYS = (
    ("call_centre", "109-turkistan", "KZ-61"),
    ("reception_room", "citizen-api", ""),
    ("blog", "blog-platform", ""),
    ("virtual_reception", "virtual-reception", ""),
    ("open_government", "open-government", ""),
    ("letter", "letters", ""),
    ("front_office", "front-office", "KZ-61"),
    ("personal_reception", "personal-reception", ""),
    ("social", "social-desk", ""),
    ("trust_line", "trust-line", ""),
    ("higher_body", "administration-desk", ""),
    ("email", "email", ""),
    ("open311", "open311", "KZ-61"),
    ("call_centre", "109-mangystau", "KZ-47"),
    ("call_centre", "109-west-kazakhstan", "KZ-27"),
)
_REGIONS = ("KZ-61", "KZ-47", "KZ-27", "KZ-71", "KZ-75", "KZ-79", "KZ-10", "KZ-62", "")
_FORWARD_TO = ("energy", "labour", "health", "interior", "akimat-astana", "akimat-turkistan")


@dataclass(frozen=True, slots=True)
class Scene:
    """`days`: working days up to today, oldest first."""

    days: Sequence[date]
    now: datetime
    rng: Random

    def ago(self, working_days: int) -> datetime:
        """A moment within working hours, that many working days ago and in the past."""
        day = self.days[-1 - min(working_days, len(self.days) - 1)]
        return min(moment(day, self.rng.uniform(9.0, 18.2)), self.now - timedelta(minutes=5))


Plot = Callable[[Scene], tuple[datetime, tuple[Step, ...]]]


def _waiting(scene: Scene) -> tuple[datetime, tuple[Step, ...]]:
    return scene.ago(scene.rng.randint(0, 9)), ()


def _urgent(scene: Scene) -> tuple[datetime, tuple[Step, ...]]:
    return scene.ago(scene.rng.randint(12, 15)), ()


def _overdue(scene: Scene) -> tuple[datetime, tuple[Step, ...]]:
    return scene.ago(scene.rng.randint(17, 24)), ()


def _in_work(scene: Scene) -> tuple[datetime, tuple[Step, ...]]:
    received = scene.ago(scene.rng.randint(3, 12))
    return received, (Step(Act.CLAIM, scene.now - timedelta(minutes=scene.rng.randint(1, 4)), "operator"),)


def _to_approve(scene: Scene) -> tuple[datetime, tuple[Step, ...]]:
    received = scene.ago(scene.rng.randint(6, 13))
    return received, (
        Step(Act.CLAIM, scene.ago(3), "operator"),
        Step(Act.ANSWER, scene.ago(1), "operator"),
    )


def _sent_back(scene: Scene) -> tuple[datetime, tuple[Step, ...]]:
    received, steps = _to_approve(scene)
    return received, (*steps, Step(Act.SEND_BACK, scene.ago(0), "head"))


def _answered(scene: Scene) -> tuple[datetime, tuple[Step, ...]]:
    received = scene.ago(scene.rng.randint(8, 26))
    return received, (
        Step(Act.CLAIM, scene.ago(7), "operator"),
        Step(Act.ANSWER, scene.ago(scene.rng.randint(2, 6)), "head"),
    )


def _rated(scene: Scene) -> tuple[datetime, tuple[Step, ...]]:
    received, steps = _answered(scene)
    return received, (*steps, Step(Act.RATE, scene.ago(1), score=scene.rng.randint(1, 5)))


def _reopened(scene: Scene) -> tuple[datetime, tuple[Step, ...]]:
    received, steps = _answered(scene)
    return received, (*steps, Step(Act.REOPEN, scene.ago(1), "head"))


def _passed_on(scene: Scene) -> tuple[datetime, tuple[Step, ...]]:
    received = scene.ago(scene.rng.randint(4, 10))
    return received, (Step(Act.FORWARD, scene.ago(3), "operator", to=scene.rng.choice(_FORWARD_TO)),)


def _added_to(scene: Scene) -> tuple[datetime, tuple[Step, ...]]:
    return scene.ago(scene.rng.randint(3, 8)), (Step(Act.SUPPLEMENT, scene.ago(1)),)


def _withdrawn(scene: Scene) -> tuple[datetime, tuple[Step, ...]]:
    return scene.ago(scene.rng.randint(4, 12)), (Step(Act.WITHDRAW, scene.ago(2)),)


# How often each life is lived; those that need the head's approval go to bodies that ask for it.
_PLOTS: tuple[tuple[Plot, int], ...] = (
    (_waiting, 9),
    (_urgent, 2),
    (_overdue, 1),
    (_in_work, 3),
    (_to_approve, 2),
    (_sent_back, 1),
    (_answered, 10),
    (_rated, 3),
    (_reopened, 1),
    (_passed_on, 2),
    (_added_to, 1),
    (_withdrawn, 1),
)
_NEED_APPROVAL = frozenset({_to_approve, _sent_back})


def lives(texts: Texts, directory: Directory, now: datetime) -> Iterator[Life]:
    rng = Random("living")
    today = clock.civil_day(now)
    scene = Scene(working_days(directory.calendar, today - timedelta(weeks=WEEKS), today), now, rng)
    plots = cycle([plot for plot, often in _PLOTS for _ in range(often)])
    ways, topics = cycle(_WAYS), cycle([topic.code for topic in directory.topics()])
    approving = cycle([agency.code for agency in directory.agencies(today) if agency.approval_required])
    for place in range(COUNT):
        plot, (channel, source, region) = next(plots), next(ways)
        received_at, steps = plot(scene)
        arrival = Arrival(
            channel=channel,
            source=source,
            received_at=received_at,
            topic=next(topics),
            addressee=next(approving) if plot in _NEED_APPROVAL else None,
            region=region or rng.choice(_REGIONS) or None,
            legal_entity=rng.random() < 0.15,
        )
        in_order = list(_in_order(received_at, steps, now))
        yield life(f"living:{place}", arrival, in_order, texts, rng)


def _in_order(received_at: datetime, steps: Sequence[Step], now: datetime) -> Iterator[Step]:
    """Each act after the one before and none in the future, whatever was drawn."""
    last = received_at
    for step in steps:
        last = min(max(step.at, last + timedelta(minutes=1)), now)
        yield replace(step, at=last)
