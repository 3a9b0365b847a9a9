"""Two letters by one person: the second repeats the first, or complains about what came of it."""

from collections.abc import Sequence
from datetime import datetime

from app.appeals.codes import Decision, Likeness, Outcome, TerminationGround
from app.appeals.lifecycle import Act
from app.demo.plan import REVIEWER, Need, Step
from app.demo.scene import Code, Course, Scene

# Repeats and copies


def repeated(scene: Scene) -> Course:
    """The same person about the same matter again: a case of its own, linked to the first."""
    claimed, linked = Step(Act.CLAIM, scene.ago(4), "operator"), _linked(scene, 3, Likeness.REPEAT)
    again = Course(scene.between(5, 7), (claimed, linked), need=Need.REPEAT)
    return _answered(scene, then=again)


def _linked(scene: Scene, ago: int, as_: Likeness) -> Step:
    return Step(Act.LINK, scene.ago(ago), "operator", how=as_)


def _answered(scene: Scene, *, then: Course, addressee: Code | None = None, by: str = "head") -> Course:
    """Answered in time and well before the second letter, but not as the applicant had wished."""
    outcome = scene.one_of((Outcome.EXPLAINED, Outcome.PARTLY_SATISFIED))
    answer = Step(Act.ANSWER, scene.between(16, 18), by, how=outcome)
    steps = Step(Act.CLAIM, scene.ago(20), "operator"), answer
    return Course(scene.between(22, 28), steps, addressee, need=Need.ACTION, then=then)


def repeated_without_news(scene: Scene) -> Course:
    end = Step(Act.TERMINATE, scene.ago(3), "head", how=TerminationGround.NO_NEW_ARGUMENTS)
    again = Course(scene.between(8, 10), (_linked(scene, 6, Likeness.REPEAT), end), need=Need.REPEAT)
    return _answered(scene, then=again)


def merged(scene: Scene) -> Course:
    """A copy sent before the first was answered: both are answered under the first one's number."""
    copy = Course(scene.between(5, 6), (_linked(scene, 3, Likeness.DUPLICATE),), need=Need.COPY)
    return Course(scene.between(7, 9), (Step(Act.CLAIM, scene.ago(4), "operator"),), then=copy)


# Complaints. Where the operator answered alone, the head did not sign and may correct or review.


def complaint_handed_in(scene: Scene) -> Course:
    """With the body that it is about, which has three working days."""
    return _complained(scene, scene.bodies.under, scene.between(0, 1))


def _complained(
    scene: Scene,
    about: Sequence[Code],
    received_at: datetime,
    *steps: Step,
    by: str = "operator",
) -> Course:
    complaint = Course(received_at, steps, need=Need.COMPLAINT)
    return _answered(scene, then=complaint, addressee=scene.one_of(about), by=by)


def complaint_self_corrected(scene: Scene) -> Course:
    given_in = Step(Act.SELF_CORRECT, scene.ago(4), "head")
    return _complained(scene, scene.bodies.under, scene.ago(6), given_in)


def complaint_under_review(scene: Scene) -> Course:
    """At the body above."""
    claimed = Step(Act.CLAIM, scene.ago(2), "operator")
    return _complained(scene, scene.bodies.under, scene.ago(6), _handed_over(scene, 4), claimed)


def _handed_over(scene: Scene, ago: int) -> Step:
    return Step(Act.FORWARD, scene.ago(ago), "head", to=REVIEWER)


def _reviewed(scene: Scene, outcome: Decision) -> Course:
    decided = Step(Act.DECIDE, scene.between(1, 4), "head", how=outcome)
    return _complained(scene, scene.bodies.under, scene.ago(12), _handed_over(scene, 10), decided)


def complaint_obliged(scene: Scene) -> Course:
    """The first appeal is open again, with the body that answered it."""
    return _reviewed(scene, Decision.OBLIGED)


def complaint_cancelled(scene: Scene) -> Course:
    return _reviewed(scene, Decision.CANCELLED)


def complaint_replaced(scene: Scene) -> Course:
    return _reviewed(scene, Decision.REPLACED)


def complaint_upheld_act(scene: Scene) -> Course:
    return _reviewed(scene, Decision.UPHELD_ACT)


def complaint_left_unconsidered(scene: Scene) -> Course:
    return _reviewed(scene, Decision.LEFT_UNCONSIDERED)


def complaint_before_head(scene: Scene) -> Course:
    """No body is above, so the head reviews it, who did not sign the answer."""
    return _complained(scene, scene.bodies.topmost, scene.ago(7), _handed_over(scene, 5))


def complaint_decided_by_head(scene: Scene) -> Course:
    decided = Step(Act.DECIDE, scene.ago(2), "head", how=Decision.REPLACED)
    return _complained(scene, scene.bodies.topmost, scene.ago(11), _handed_over(scene, 9), decided)


def complaint_for_court(scene: Scene) -> Course:
    """No body is above, and the head signed the answer: the applicant is told so."""
    return _complained(scene, scene.bodies.topmost, scene.between(0, 1), by="head")


def complaint_left_to_court(scene: Scene) -> Course:
    """As above, and its three days are over."""
    return _complained(scene, scene.bodies.topmost, scene.between(7, 9), by="head")


def complaint_of_silence(scene: Scene) -> Course:
    """The term passed without an answer."""
    complaint = Course(scene.ago(4), (_handed_over(scene, 2),), need=Need.COMPLAINT_OF_SILENCE)
    addressee = scene.one_of(scene.bodies.under)
    return Course(scene.between(21, 24), addressee=addressee, need=Need.ACTION, then=complaint)
