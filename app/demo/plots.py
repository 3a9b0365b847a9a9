"""The lives of single appeals, each short enough to be read; followups.py has those of two.

A plot says when something came, what was done about it when, and what it needs to be possible. Days are
working days ago; where a plot names no body, the appeal goes where its topic and region take it.
"""

from collections.abc import Callable
from dataclasses import replace

from app.appeals.codes import Outcome, SuspensionGround, TerminationGround
from app.appeals.lifecycle import Act
from app.demo.plan import AS_ASKED, LIFTED, SYSTEM, WHOLE, Need, Step
from app.demo.scene import Course, Scene

Plot = Callable[[Scene], Course]

# The departments of Turkistan Region answer on different matters, under an akimat that keeps some itself.
TURKISTAN, ADMINISTRATION = "KZ-61", "administration"


# The queue of an ordinary day


def waiting(scene: Scene) -> Course:
    return Course(scene.between(0, 9))


def urgent(scene: Scene) -> Course:
    return Course(scene.between(12, 14))


def overdue(scene: Scene) -> Course:
    return Course(scene.between(17, 24))


def in_work(scene: Scene) -> Course:
    return Course(scene.between(3, 12), (Step(Act.CLAIM, scene.just_now(), "operator"),))


def drafted(scene: Scene) -> Course:
    claimed = Step(Act.CLAIM, scene.ago(1), "operator")
    return Course(scene.between(3, 10), (claimed, Step(Act.DRAFT, scene.just_now(), "operator")))


def put_back(scene: Scene) -> Course:
    steps = Step(Act.CLAIM, scene.ago(2), "operator"), Step(Act.RELEASE, scene.ago(1), "operator")
    return Course(scene.between(4, 9), steps)


def assigned(scene: Scene) -> Course:
    return Course(
        scene.between(4, 10),
        (
            Step(Act.ASSIGN, scene.ago(2), "head"),
            Step(Act.UNMASK, scene.ago(1), "operator"),
            Step(Act.NOTE, scene.ago(1), "operator"),
        ),
    )


# Answers


def answered(scene: Scene) -> Course:
    """Within its fifteen working days."""
    came = scene.rng.randint(8, 28)
    done = max(2, came - scene.rng.randint(5, 14))
    claimed = Step(Act.CLAIM, scene.between(done + 1, came - 1), "operator")
    return Course(scene.ago(came), (claimed, Step(Act.ANSWER, scene.ago(done), "head")))


def answered_late(scene: Scene) -> Course:
    steps = Step(Act.CLAIM, scene.ago(5), "operator"), Step(Act.ANSWER, scene.ago(2), "head")
    return Course(scene.between(19, 23), steps)


def to_approve(scene: Scene) -> Course:
    return Course(scene.between(6, 13), _proposed(scene), addressee=scene.one_of(scene.bodies.approving))


def _proposed(scene: Scene) -> tuple[Step, ...]:
    return Step(Act.CLAIM, scene.ago(4), "operator"), Step(Act.ANSWER, scene.ago(2), "operator")


def sent_back(scene: Scene) -> Course:
    steps = (*_proposed(scene), Step(Act.SEND_BACK, scene.ago(1), "head"))
    return Course(scene.between(6, 13), steps, addressee=scene.one_of(scene.bodies.approving))


def approved(scene: Scene) -> Course:
    steps = (*_proposed(scene), Step(Act.APPROVE, scene.ago(1), "head"))
    return Course(scene.between(6, 13), steps, addressee=scene.one_of(scene.bodies.approving))


def rated(scene: Scene) -> Course:
    told = answered(scene)
    rating = Step(Act.RATE, scene.ago(1), score=scene.rng.randint(1, 5))
    return replace(told, steps=(*told.steps, rating))


def reopened(scene: Scene) -> Course:
    told = answered(scene)
    return replace(told, steps=(*told.steps, Step(Act.REOPEN, scene.ago(1), "head")))


def promised(scene: Scene) -> Course:
    """The answer promises a later act, whose day is ahead."""
    steps = Step(Act.CLAIM, scene.ago(9), "operator"), _promise(scene, 4, scene.rng.randint(5, 20))
    return Course(scene.between(10, 15), steps, need=Need.ACTION)


def _promise(scene: Scene, ago: int, ahead: int) -> Step:
    until = scene.ahead(ahead) if ahead > 0 else scene.day(-ahead)
    return Step(Act.ANSWER, scene.ago(ago), "head", how=Outcome.PARTLY_SATISFIED, day=until)


def promise_broken(scene: Scene) -> Course:
    """Its day has passed, and nothing was reported."""
    over = Step(Act.ELAPSE, scene.night_after(scene.day(3)), SYSTEM)
    return Course(scene.between(16, 22), (_promise(scene, 12, -3), over), need=Need.ACTION)


def promise_kept(scene: Scene) -> Course:
    lifted = Step(Act.CONTROL, scene.ago(4), "controller", how=LIFTED)
    return Course(scene.between(16, 22), (_promise(scene, 12, -2), lifted), need=Need.ACTION)


def controlled(scene: Scene) -> Course:
    steps = Step(Act.CONTROL, scene.ago(4), "controller"), Step(Act.CLAIM, scene.ago(2), "operator")
    return Course(scene.between(5, 11), steps)


# From body to body


def passed_on(scene: Scene) -> Course:
    """Addressed to the Administration, which sends it to the body whose it is: in time, or late."""
    to = scene.one_of(scene.bodies.topmost)
    steps = (Step(Act.FORWARD, scene.ago(3), "operator", to=to),)
    return Course(scene.between(4, 8), steps, ADMINISTRATION, scene.topic_of(to), scene.region_of(to))


def passed_round(scene: Scene) -> Course:
    """A body passes it on, so does the next one, and the third gives it back: the first has the rest of its
    term."""
    first, second, third = scene.rng.sample(scene.bodies.ministries, 3)
    steps = (
        Step(Act.FORWARD, scene.ago(10), "operator", to=second),
        Step(Act.FORWARD, scene.ago(7), "operator", to=third),
        Step(Act.FORWARD, scene.ago(4), "operator", to=first),
    )
    return Course(scene.between(11, 12), steps, first, scene.topic_of(first))


def split(scene: Scene) -> Course:
    """Several matters in one letter: one stays, the others are other bodies', of which one has answered."""
    steps = (
        Step(Act.SPLIT, scene.ago(9), "operator"),
        Step(Act.CLAIM, scene.ago(6), "operator", part=1),
        Step(Act.ANSWER, scene.between(2, 5), "operator", part=1),
    )
    return Course(scene.between(10, 12), steps, region=TURKISTAN, need=Need.SEVERAL, legal_entity=False)


def split_answered(scene: Scene) -> Course:
    """Every part is answered, and so is the whole."""
    told = split(scene)
    more = Step(Act.ANSWER, scene.ago(2), "head", part=2), Step(Act.ANSWER, scene.ago(1), "head")
    return replace(told, steps=(*told.steps, *more))


def split_whole(scene: Scene) -> Course:
    """Nothing in it is the Administration's."""
    steps = (
        Step(Act.SPLIT, scene.ago(6), "operator", how=WHOLE),
        Step(Act.ANSWER, scene.ago(2), "operator", part=2),
    )
    return Course(
        scene.between(7, 8),
        steps,
        addressee=ADMINISTRATION,
        region=TURKISTAN,
        need=Need.SEVERAL,
        legal_entity=False,
    )


# Terms that stop and start


def to_correct(scene: Scene) -> Course:
    """The applicant was asked yesterday."""
    steps = Step(Act.CLAIM, scene.ago(2), "operator"), Step(Act.REQUEST_CORRECTION, scene.ago(1), "operator")
    return Course(scene.between(3, 5), steps)


def _asked(scene: Scene, ago: int) -> Step:
    return Step(Act.REQUEST_CORRECTION, scene.ago(ago), "operator")


def corrected(scene: Scene) -> Course:
    return Course(scene.between(9, 11), (_asked(scene, 7), Step(Act.SUPPLEMENT, scene.ago(4), how=AS_ASKED)))


def no_longer_asked(scene: Scene) -> Course:
    return Course(scene.between(7, 9), (_asked(scene, 5), Step(Act.RESUME, scene.ago(3), "operator")))


def returned(scene: Scene) -> Course:
    """Nothing came within the five working days."""
    over = Step(Act.ELAPSE, scene.night_after(scene.day(4)), SYSTEM)
    return Course(scene.between(10, 12), (_asked(scene, 9), over))


def suspended_by_court(scene: Scene) -> Course:
    """Nobody knows for how long."""
    return Course(scene.between(8, 14), (_suspension(scene, 5, SuspensionGround.COURT),), need=Need.ACTION)


def _suspension(scene: Scene, ago: int, ground: SuspensionGround, ahead: int = 0) -> Step:
    until = scene.ahead(ahead) if ahead > 0 else scene.day(-ahead) if ahead else None
    return Step(Act.SUSPEND, scene.ago(ago), "operator", how=ground, day=until)


def suspended_until(scene: Scene) -> Course:
    stopped = _suspension(scene, 4, SuspensionGround.COURT, ahead=scene.rng.randint(3, 15))
    return Course(scene.between(6, 12), (stopped,), need=Need.ACTION)


def resumed(scene: Scene) -> Course:
    steps = (
        _suspension(scene, 9, SuspensionGround.MISSING_DATA),
        Step(Act.RESUME, scene.ago(3), "operator"),
        Step(Act.CLAIM, scene.ago(2), "operator"),
    )
    return Course(scene.between(11, 16), steps)


def resumed_by_itself(scene: Scene) -> Course:
    """The day until which it was suspended is over."""
    over = Step(Act.ELAPSE, scene.night_after(scene.day(3)), SYSTEM)
    return Course(scene.between(9, 14), (_suspension(scene, 8, SuspensionGround.OTHER_CASE, ahead=-3), over))


def extended(scene: Scene) -> Course:
    longer = Step(Act.EXTEND, scene.ago(2), "head", day=scene.ahead(scene.rng.randint(14, 18)))
    return Course(scene.between(12, 14), (Step(Act.CLAIM, scene.ago(9), "operator"), longer))


# Hearings


def to_be_heard(scene: Scene) -> Course:
    invited = Step(Act.HEARING, scene.ago(1), "operator", day=scene.ahead(scene.rng.randint(3, 5)))
    return Course(scene.between(5, 8), (Step(Act.CLAIM, scene.ago(3), "operator"), invited), need=Need.ACTION)


def heard_and_refused(scene: Scene) -> Course:
    steps = (
        Step(Act.CLAIM, scene.ago(9), "operator"),
        Step(Act.HEARING, scene.ago(8), "operator", day=scene.day(4)),
        Step(Act.ANSWER, scene.ago(2), "head", how=Outcome.REFUSED),
    )
    return Course(scene.between(10, 14), steps, need=Need.ACTION)


def exempt_and_refused(scene: Scene) -> Course:
    steps = (
        Step(Act.HEARING, scene.ago(5), "operator"),
        Step(Act.ANSWER, scene.ago(3), "head", how=Outcome.REFUSED),
    )
    return Course(scene.between(7, 12), steps, need=Need.ACTION)


# Other ends


def added_to(scene: Scene) -> Course:
    return Course(scene.between(3, 8), (Step(Act.SUPPLEMENT, scene.ago(1)),))


def withdrawn(scene: Scene) -> Course:
    return Course(scene.between(4, 12), (Step(Act.WITHDRAW, scene.ago(2)),))


def in_court_already(scene: Scene) -> Course:
    end = _termination(scene, TerminationGround.SAME_SUBJECT_DECIDED)
    return Course(scene.between(6, 11), (end,), need=Need.ACTION)


def _termination(scene: Scene, ground: TerminationGround) -> Step:
    return Step(Act.TERMINATE, scene.ago(3), "head", how=ground)


def dissolved(scene: Scene) -> Course:
    end = _termination(scene, TerminationGround.DEATH_OR_LIQUIDATION)
    return Course(scene.between(6, 11), (end,), legal_entity=True)


def anonymous(scene: Scene) -> Course:
    end = _termination(scene, TerminationGround.ANONYMOUS)
    return Course(scene.between(4, 6), (end,), need=Need.ANONYMOUS, legal_entity=False)
