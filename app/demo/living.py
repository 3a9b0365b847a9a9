"""A small demo of the last weeks: every channel, every state and every act, a few appeals overdue.

What can happen is in plots.py and followups.py; here is how often, and through which channel it comes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle
from random import Random

from app.demo import followups, plots
from app.demo.plan import COMPLAINTS, LIVING, SECOND, Arrival, Life, Step, following, life
from app.demo.plots import Plot
from app.demo.scene import Course, Scene
from app.demo.texts import Texts
from app.directory.registry import Directory

COUNT = 360
"""Without what follows upon another appeal."""

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
_ONLINE = ("reception_room", "citizen-api", "")
_REGIONS = ("KZ-61", "KZ-47", "KZ-27", "KZ-71", "KZ-75", "KZ-79", "KZ-10", "KZ-62", "")

# How often each is lived in one round.
_OFTEN: dict[Plot, int] = {
    plots.waiting: 24,
    plots.urgent: 5,
    plots.overdue: 2,
    plots.in_work: 8,
    plots.to_approve: 4,
    plots.answered: 24,
    plots.rated: 6,
    plots.reopened: 2,
    plots.passed_on: 4,
    plots.withdrawn: 2,
}
_ONCE: tuple[Plot, ...] = (
    plots.drafted,
    plots.put_back,
    plots.assigned,
    plots.answered_late,
    plots.sent_back,
    plots.approved,
    plots.promised,
    plots.promise_broken,
    plots.promise_kept,
    plots.controlled,
    plots.passed_round,
    plots.split,
    plots.split_answered,
    plots.split_whole,
    plots.to_correct,
    plots.corrected,
    plots.no_longer_asked,
    plots.returned,
    plots.suspended_by_court,
    plots.suspended_until,
    plots.resumed,
    plots.resumed_by_itself,
    plots.extended,
    plots.to_be_heard,
    plots.heard_and_refused,
    plots.exempt_and_refused,
    plots.added_to,
    plots.in_court_already,
    plots.dissolved,
    plots.anonymous,
    followups.repeated,
    followups.repeated_without_news,
    followups.merged,
    followups.complaint_handed_in,
    followups.complaint_self_corrected,
    followups.complaint_under_review,
    followups.complaint_obliged,
    followups.complaint_cancelled,
    followups.complaint_replaced,
    followups.complaint_upheld_act,
    followups.complaint_left_unconsidered,
    followups.complaint_before_head,
    followups.complaint_decided_by_head,
    followups.complaint_for_court,
    followups.complaint_left_to_court,
    followups.complaint_of_silence,
)


PLOTS = (*_OFTEN, *_ONCE)


def lives(texts: Texts, directory: Directory, now: datetime) -> Iterator[Life]:
    """One life after the other; a second letter comes right after the one that it follows."""
    rng = Random("living")
    scene = Scene.at(now, directory, rng)
    ways, topics = cycle(_WAYS), cycle([topic.code for topic in directory.topics()])
    for place, plot in zip(range(COUNT), cycle(_round()), strict=False):
        course = plot(scene)
        arrival = _arrival(course, next(ways), next(topics), scene)
        key = f"{LIVING}:{plot.__name__}:{place}"
        first = life(key, arrival, _in_order(course, now), texts, rng, watched=True)
        yield first
        if (then := course.then) is not None:
            yield following(
                f"{key}:{SECOND}", first, _second(then, arrival), _in_order(then, now), texts, rng
            )


def _round() -> list[Plot]:
    """Every plot as often as it is lived, the frequent ones spread between the rare ones."""
    often = [plot for plot, times in _OFTEN.items() for _ in range(times)]
    Random("order").shuffle(often)
    share = len(often) / len(_ONCE)
    mixed: list[Plot] = []
    for n, plot in enumerate(_ONCE):
        mixed += [plot, *often[round(n * share) : round((n + 1) * share)]]
    return mixed


def _arrival(course: Course, way: tuple[str, str, str], topic: str, scene: Scene) -> Arrival:
    to = course.addressee
    region = course.region or (scene.region_of(to) if to else None)
    channel, source, served = way if way[2] in ("", region) or region is None else _ONLINE
    legal_entity = scene.rng.random() < 0.15 if course.legal_entity is None else course.legal_entity
    return Arrival(
        channel=channel,
        source=source,
        received_at=course.received_at,
        topic=course.topic or (scene.topic_of(to) if to else topic),
        addressee=to,
        region=region or served or scene.one_of(_REGIONS) or None,
        legal_entity=legal_entity,
        need=course.need,
    )


def _second(then: Course, first: Arrival) -> Arrival:
    """By the same way as the first; a complaint on the page of the answer."""
    arrival = replace(first, received_at=then.received_at, need=then.need)
    if then.need not in COMPLAINTS:
        return arrival
    channel, source, _ = _ONLINE
    return replace(arrival, channel=channel, source=source, addressee=None)


def _in_order(course: Course, now: datetime) -> Sequence[Step]:
    """Each act after the one before and none in the future, whatever was drawn."""
    last, steps = course.received_at, []
    for step in course.steps:
        last = min(max(step.at, last + timedelta(minutes=1)), now)
        steps.append(replace(step, at=last))
    return steps
