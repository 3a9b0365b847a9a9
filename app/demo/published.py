"""The half-year that the ministries published in 2021, as lives that are then really lived.

The figures are those of the government's letter of July 2021 (docs/demo.md): received and answered from
1 January to 30 June, pending at its end. What was pending is answered in July.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from app.appeals.lifecycle import Act
from app.deadlines.calendar import Calendar
from app.demo.plan import Arrival, Life, Step, life, moment, working_days
from app.demo.texts import Texts

FIRST, LAST = date(2021, 1, 4), date(2021, 6, 30)
# The last days' appeals are the pending ones: nobody answers on the day of receipt.
LAST_ANSWERED_RECEIPT = date(2021, 6, 22)


@dataclass(frozen=True, slots=True)
class Group:
    """One published line. `ways`: channel, its source, and how often it was used."""

    agency: str
    ways: tuple[tuple[str, str, int], ...]
    topic: str
    received: int
    answered: int
    legal_entities: int = 0


_BLOG = (("blog", "blog-platform", 1),)
_JUSTICE_WAYS = (
    ("letter", "letters", 46),
    ("reception_room", "citizen-api", 18),
    ("virtual_reception", "virtual-reception", 8),
    ("blog", "blog-platform", 9),
    ("open_government", "open-government", 6),
    ("front_office", "front-office", 8),
    ("email", "email", 5),
)

PUBLISHED = (
    Group("culture-sport", _BLOG, "other", received=289, answered=287),
    Group("ecology", _BLOG, "ecology", received=274, answered=248),
    Group("digital", _BLOG, "digital", received=788, answered=725, legal_entities=61),
    Group(
        "agriculture",
        (("open_government", "open-government", 1),),
        "agriculture",
        received=426,
        answered=417,
        legal_entities=94,
    ),
    Group(
        "digital",
        (("virtual_reception", "virtual-reception", 1),),
        "digital",
        received=38,
        answered=37,
    ),
    Group("justice", _JUSTICE_WAYS, "justice", received=8110, answered=7607, legal_entities=1354),
)


def lives(group: Group, texts: Texts, calendar: Calendar) -> Iterator[Life]:
    """Every appeal of one line, in order of arrival; the same for the same texts."""
    name = f"{group.agency}-{group.ways[0][0]}"
    rng = Random(f"published {name}")
    moments = _moments(group, calendar, rng)
    entities = set(rng.sample(range(group.received), group.legal_entities))
    for place, received_at in enumerate(moments):
        channel, source, _ = rng.choices(group.ways, [way[2] for way in group.ways])[0]
        arrival = Arrival(
            channel=channel,
            source=source,
            received_at=received_at,
            topic=group.topic,
            addressee=group.agency,
            legal_entity=place in entities,
        )
        answered_at = _answered_at(received_at, place < group.answered, calendar, rng)
        steps = [Step(Act.ANSWER, answered_at, "head")]
        yield life(f"published:{name}:{place}", arrival, steps, texts, rng)


def _moments(group: Group, calendar: Calendar, rng: Random) -> Sequence[datetime]:
    """When they came: the answered ones first in the list, the pending ones of the last weeks after them."""
    early = working_days(calendar, FIRST, LAST_ANSWERED_RECEIPT)
    late = working_days(calendar, date(2021, 6, 9), LAST)
    answered = sorted(_received(rng.choice(early), rng) for _ in range(group.answered))
    pending = sorted(_received(rng.choice(late), rng) for _ in range(group.received - group.answered))
    return [*answered, *pending]


def _received(day: date, rng: Random) -> datetime:
    """Some write at night; on the last day of the half-year nobody does, or July would count them."""
    return moment(
        day, rng.uniform(8.0, 18.0) if day == LAST or rng.random() < 0.85 else rng.uniform(18.6, 23.9)
    )


def _answered_at(received_at: datetime, within: bool, calendar: Calendar, rng: Random) -> datetime:
    """Most within the term of 15 calendar days, one in fifty late; those pending on 30 June, in July."""
    if not within:
        return moment(calendar.roll(date(2021, 7, rng.randint(1, 22))), rng.uniform(9.2, 18.0))
    wait = rng.randint(17, 24) if rng.random() < 0.02 else min(14, 2 + int(rng.expovariate(1 / 5)))
    day = calendar.roll(received_at.date() + timedelta(days=wait))
    last = rng.choice((date(2021, 6, 28), date(2021, 6, 29), LAST))
    return moment(min(day, last), rng.uniform(9.2, 18.0))
