"""A complaint about what came of another appeal: what it is about, who reviews it, to whom it goes (C01-C06).

Whatever may be said against it, it is registered (R04): a late or an early one, and a second one about the
same answer. What is needed of the appeals that a batch complains about is read by one statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, NoReturn

import asyncpg

from app.appeals import repository
from app.appeals.codes import ApplicantType, Close, Kind
from app.appeals.numbers import Number, format_number
from app.core import clock
from app.core.errors import Invalid
from app.deadlines.complaints import Reviewer, ReviewerKind, filed_late, reviewer_of
from app.deadlines.regimes import LAW, Matter, Stage
from app.directory.registry import Directory
from app.directory.values import Agency
from app.intake.parts import H, Holding, answered_last, is_open, overdue
from app.intake.submission import Filed, Submission
from app.routing.rules import Decision, RouteRequest, route_complaint

Concerned = Mapping[int, Sequence[Holding]]
"""The holdings of each appeal that is complained about, in order."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What follows from what a complaint is about. `row` is that of the table `complaint`."""

    filed: Filed
    decision: Decision
    row: dict[str, Any]
    topic: str
    region: str


async def read(connection: asyncpg.Connection, submissions: Iterable[Submission]) -> Concerned:
    """Asks nothing where nothing complains about another appeal."""
    ids = {said.complaint_about.appeal_id for said in submissions if said.complaint_about}
    if not ids:
        return {}
    rows = await repository.complained_about(connection, sorted(ids))
    found: dict[int, list[Holding]] = {}
    for row in rows:
        found.setdefault(row["appeal_id"], []).append(row)
    return found


def decide(said: Submission, about: Number, concerned: Concerned, directory: Directory) -> Complaint:
    """Raises Invalid for another kind than a complaint, and for a number that nothing has."""
    if said.kind is not Kind.COMPLAINT:
        raise Invalid.of("kind", "complaint_kind")
    on = clock.civil_day(said.received_at)
    held = concerned.get(about.appeal_id) or _unknown()
    holding = meant(held, about.part, on)
    if holding is None or holding["applicant_type"] != about.applicant_type:
        _unknown()
    return _decided(said, holding, on, directory)


def _unknown() -> NoReturn:
    raise Invalid.of("complaint_about", "complaint_about_unknown")


def _decided(said: Submission, holding: Holding, on: date, directory: Directory) -> Complaint:
    about = directory.agency_by_id(holding["agency_id"])
    respondent = directory.holder(about, holding["topic"], on)
    reviewer = _reviewer(respondent, holding, on, directory)
    # The law of 2007 knew no handing over: then it is an appeal to the reviewer like any other.
    stage = Stage.HANDOVER if LAW.find(Matter.TERM, Stage.HANDOVER, on) else None
    topic, region = said.topic or holding["topic"], said.region or holding["region"]
    request = RouteRequest(said.addressee, None, topic, region or None, on)
    return Complaint(
        filed=Filed(
            about=format_number(
                holding["appeal_id"], ApplicantType(holding["applicant_type"]), holding["part"]
            ),
            respondent=respondent.code,
            reviewer=reviewer.kind,
            agency=reviewer.agency,
            stage=stage,
            filed_late=filed_late(_known_on(holding, on), on, directory.calendar),
        ),
        decision=route_complaint(
            request, respondent, about, reviewer, directory, handed_over=stage is not None
        ),
        row={
            "about_id": holding["appeal_id"],
            "about_part": holding["part"],
            "respondent_id": respondent.id,
            "signers": holding["signers"],
            "reviewer": reviewer.kind.value,
            "reviewer_id": directory.agency(reviewer.agency).id if reviewer.agency else None,
        },
        topic=topic,
        region=region.upper(),
    )


def _reviewer(respondent: Agency, holding: Holding, on: date, directory: Directory) -> Reviewer:
    """C02; after a review, or a review that did not come, only the court is left (C05)."""
    if holding["stage"] == Stage.REVIEW:
        return Reviewer(ReviewerKind.COURT)
    heads = (holding["heads"] or {}).get(str(respondent.id), ())
    parents = [agency.code for agency in _above(respondent, directory) if agency.valid(on)]
    return reviewer_of(respondent.code, parents, heads, holding["signers"], on)


def _above(agency: Agency, directory: Directory) -> Iterable[Agency]:
    while (parent := directory.parent(agency)) is not None:
        yield parent
        agency = parent


# Which holding a complaint is about


def meant(held: Sequence[H], part: int, on: date) -> H | None:
    """Of the part that is named; else of the part that was answered last, else of the one that is most
    overdue, else the newest of the whole. None when there is no such part."""
    chains = {
        number: list(rows)
        for number, rows in groupby(sorted(held, key=lambda row: (row["part"], row["id"])), _part)
    }
    if part:
        return _of_part(chains[part], on) if part in chains else None
    found = [_of_part(rows, on) for rows in chains.values() if rows[-1]["close"] != Close.FORWARDED_OUT]
    if answered := answered_last(found):
        return answered
    late = [row for row in found if overdue(row, on)]
    return min(late, key=lambda row: row["due_on"]) if late else (found or held)[0]


def _part(row: Holding) -> int:
    return int(row["part"])


def _of_part(rows: Sequence[H], on: date) -> H:
    """The newest, unless it is still within its term and there was an answer before (it was reopened)."""
    newest = rows[-1]
    within_term = is_open(newest) and not overdue(newest, on)
    return (answered_last(rows) if within_term else None) or newest


def _known_on(row: Holding, on: date) -> date:
    """The day on which the applicant could know of what they complain about."""
    if row["closed_at"] is not None:
        return clock.civil_day(row["closed_at"])
    due_on: date = row["due_on"]
    return due_on if overdue(row, on) else on
