"""What an applicant can do about their appeal now, and until when, by the rules of the acts. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date

from app.appeals.codes import EventKind, Status
from app.appeals.lifecycle import Act, allowed
from app.core import clock
from app.core.nested import Row
from app.deadlines.complaints import complaint_until, may_complain
from app.deadlines.guards import Refused
from app.deadlines.regimes import Stage
from app.deadlines.term import Term
from app.directory.registry import Directory
from app.intake.complaints import meant
from app.intake.parts import Holding, answered_last, is_open
from app.intake.schemas import MayOut

COMPLAIN = "complain"


def possible(
    parts: Sequence[Row],
    holdings: Sequence[Row],
    events: Sequence[Row],
    terms: Mapping[int, Term],
    directory: Directory,
    today: date,
) -> list[MayOut]:
    """`parts`: the newest holding of each part that is asked for."""
    if any(event["kind"] == EventKind.ERASED for event in events):
        return []
    acts: set[str] = {act for part in parts for act in _of_part(part)}
    answered = answered_last(parts)
    if answered is None or _rated(answered, events):
        acts.discard(Act.RATE)
    found = [MayOut(act=act, until=None) for act in (Act.SUPPLEMENT, Act.WITHDRAW, Act.RATE) if act in acts]
    named = parts[0]["part"] if len(parts) == 1 else 0
    about = meant(holdings, named, today)
    if about is not None and (complaint := _complaint(about, terms, directory, today)):
        found.append(complaint)
    return found


def _of_part(part: Holding) -> frozenset[Act]:
    stage = Stage(part["stage"]) if part["stage"] else None
    return allowed(Status(part["status"]), closed=not is_open(part), stage=stage)


def _rated(answered: Holding, events: Sequence[Row]) -> bool:
    return any(event["kind"] == EventKind.RATED and event["holding_id"] == answered["id"] for event in events)


def _complaint(about: Holding, terms: Mapping[int, Term], directory: Directory, today: date) -> MayOut | None:
    """Of an answer until the last day; of silence as long as it lasts. A review is appealed to a court."""
    if about["stage"] == Stage.REVIEW or about["status"] == Status.WITHDRAWN:
        return None
    if not is_open(about):
        until = complaint_until(clock.civil_day(about["closed_at"]), directory.calendar)
        return MayOut(act=COMPLAIN, until=until) if about["status"] == Status.ANSWERED else None
    try:
        may_complain(terms[about["part"]], today)
    except Refused:
        return None
    return MayOut(act=COMPLAIN, until=None)
