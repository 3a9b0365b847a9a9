"""The plan of the last weeks, whenever it is made: every act, by whom it may be done, when people work."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from app.appeals.codes import Decision, SuspensionGround, TerminationGround
from app.appeals.lifecycle import SYSTEM_ACTS, Act
from app.core import clock
from app.core.db import Database
from app.demo import living
from app.demo.plan import SYSTEM, Life, moment
from app.demo.texts import Texts
from app.directory import snapshot
from app.directory.registry import Directory
from app.staff.permissions import Role, may

TEXTS = Texts.load()
DOCS = Path(__file__).parents[2] / "docs" / "demo.md"
# An ordinary Tuesday, a moment after opening, a night, a Sunday, and the days after the long holidays.
MOMENTS = (
    "2026-11-24T15:20+05:00",
    "2026-11-24T09:31+05:00",
    "2026-11-25T02:10+05:00",
    "2026-11-29T12:00+05:00",
    "2027-01-08T10:00+05:00",
    "2027-03-26T09:40+05:00",
    "2026-05-12T18:29+05:00",
)


def told(directory: Directory, now: datetime) -> list[Life]:
    return list(living.lives(TEXTS, directory, now))


@pytest.fixture
def directory(db: Database) -> Directory:
    return snapshot.current()


@pytest.fixture
def lives(directory: Directory) -> Sequence[Life]:
    return told(directory, datetime.fromisoformat(MOMENTS[0]))


@pytest.mark.parametrize("now", MOMENTS)
def test_everything_happens_in_order_when_people_work_and_nothing_in_the_future(
    directory: Directory, now: str
) -> None:
    at = datetime.fromisoformat(now)
    for life in told(directory, at):
        moments = [life.submission.received_at, *(step.at for step in life.steps)]
        assert moments == sorted(moments)
        assert moments[-1] <= at
        by_people = [step.at for step in life.steps if step.by != SYSTEM] + moments[:1]
        for done in by_people:
            day = clock.civil_day(done)
            assert directory.calendar.is_working_day(day), (life.key, done)
            assert moment(day, 9) <= done <= moment(day, 18.5), (life.key, done)


def test_every_act_that_somebody_may_do_is_done(lives: Sequence[Life]) -> None:
    done = {step.act for life in lives for step in life.steps}
    assert done >= set(Act) - SYSTEM_ACTS
    assert Act.ELAPSE in done


def test_everybody_does_what_their_role_may_do(lives: Sequence[Life]) -> None:
    for life in lives:
        for step in life.steps:
            if step.by in set(Role):
                assert may(Role(step.by), step.act), (life.key, step.act)
            else:
                assert (step.act in SYSTEM_ACTS) == (step.by == SYSTEM), (life.key, step.act)


def test_every_decision_and_most_grounds_occur(lives: Sequence[Life]) -> None:
    said = {(step.act, step.how) for life in lives for step in life.steps if step.how}
    assert {how for act, how in said if act is Act.DECIDE} == set(Decision)
    assert {how for act, how in said if act is Act.SUSPEND} == set(SuspensionGround)
    given = {how for act, how in said if act is Act.TERMINATE}
    assert given == set(TerminationGround) - {TerminationGround.NO_ESSENCE}, "every letter has an essence"


def test_every_plot_is_lived_and_told_of_in_the_docs(lives: Sequence[Life]) -> None:
    names = {plot.__name__ for plot in living.PLOTS}
    assert {life.key.split(":")[1] for life in lives} == names
    page = DOCS.read_text("utf-8")
    assert not {name for name in names if f"`{name}`" not in page}


def test_the_same_moment_gives_the_same_lives(directory: Directory) -> None:
    now = datetime.fromisoformat(MOMENTS[0])
    assert told(directory, now) == told(directory, now)


def test_a_second_letter_is_by_the_same_person_and_later(lives: Sequence[Life]) -> None:
    first = {life.key: life for life in lives}
    seconds = [life for life in lives if life.follows]
    assert seconds
    for life in seconds:
        before = first[life.follows]
        assert life.submission.applicant == before.submission.applicant
        assert life.submission.received_at > before.submission.received_at
        assert life.letter.language == before.letter.language
        if life.complains:
            assert f"«{before.letter.subject}»" in life.letter.text
            answers = [step.at for step in before.steps if step.act is Act.ANSWER]
            assert all(at + timedelta(hours=12) < life.submission.received_at for at in answers)


def test_the_matters_of_a_letter_about_several_are_of_different_bodies(directory: Directory) -> None:
    for seed in range(20):
        letter = TEXTS.several("ru" if seed % 2 else "kk", Random(seed))
        bodies = {directory.competent(piece.topic, "KZ-61", clock.today()) for piece in letter.pieces}
        assert len(bodies) == len(letter.pieces) == 3
