"""The one door in: submissions become registrations.

`register` is set-based: everything is decided first (route, day, due day, hashes), then written in one
statement (of a large batch in several, one while the next is made ready), so an appeal costs one round trip
whether it comes alone or in a batch; complaints about other appeals cost one more, however many there are.
A row that cannot be registered fails alone.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from app.appeals import history, record
from app.appeals.access_code import access_code
from app.appeals.codes import ApplicantType
from app.appeals.identifiers import phone_digits
from app.appeals.numbers import SERIALS, Number, format_number
from app.appeals.record import NewAppeal
from app.attachments.linking import Named
from app.core import clock, metrics
from app.core.cipher import cipher
from app.core.db import to_json, wait_for_standby
from app.core.errors import AppError, Conflict, FieldError, Invalid
from app.core.words import tokens
from app.deadlines import facts
from app.deadlines.guards import is_anonymous
from app.deadlines.ledger import Term, compute
from app.directory.registry import Directory
from app.directory.values import Source
from app.intake import attached, complaints
from app.intake.complaints import Complaint, Concerned
from app.intake.submission import Filed, Person, Registration, Submission
from app.routing.rules import Decision, RouteRequest, route

DEFAULT_TOPIC = "other"
PIECE = 32
"""Rows a statement. The socket takes the message of so many at once, and the database works on it while the
next is made ready; of a hundred rows it waited for the rest of the message until then."""
# What comes by these is made to be listed.
LISTED_CHANNELS = frozenset({"open311"})
# Who writes by these is told only by the notice what is missing.
ANSWERED_BY_NOTICE = frozenset({"email"})


class KeyReused(Conflict):
    code = "key_reused"


@dataclass(frozen=True, slots=True)
class _Decided:
    """A submission with all that follows from it, before it has a number."""

    submission: Submission
    source_id: int
    topic: str
    region: str
    decision: Decision
    term: Term
    missing: list[str]
    complaint: Complaint | None
    sandbox_id: int | None
    """Of a test: the agency that holds it, in the place of the one that it would go to."""
    attachments: tuple[Named, ...] = ()


async def register(
    connection: asyncpg.Connection, submissions: Sequence[Submission], directory: Directory
) -> list[Registration | AppError]:
    """Register each submission, or say why not, in the order given.

    Runs in the caller's transaction and commits nothing: the registrations count once that commits.
    A submission whose key was used before gives the first answer again (`created` false), or KeyReused
    when it is another message. Rules R04, R06, R14.
    """
    answers: list[Registration | AppError | None] = [None] * len(submissions)
    decided: dict[int, _Decided] = {}
    concerned = await complaints.read(connection, submissions)
    known = await attached.read(connection, submissions, clock.now())
    for place, submission in enumerate(submissions):
        try:
            named = attached.decide(submission, known)
            decided[place] = _decide(submission, concerned, directory, named)
            attached.give(submission, named, known)
        except AppError as error:
            answers[place] = error
        if place % PIECE == PIECE - 1:
            await asyncio.sleep(0)  # others have their turn
    ids = await _numbered(connection, decided)
    fresh = await _inserted(connection, decided, ids)
    written = {appeal_id: decided[place].attachments for place, appeal_id in ids.items()}
    await attached.write(connection, {appeal_id: written[appeal_id] for appeal_id in fresh})
    for place, appeal_id in ids.items():
        if appeal_id in fresh:
            answers[place] = _registration(appeal_id, decided[place])
            metrics.REGISTERED.labels(decided[place].submission.channel).inc()
    waiting = {place: submissions[place] for place, answer in enumerate(answers) if answer is None}
    answers_before = await _answered_before(connection, waiting)
    return [answer if answer is not None else answers_before[place] for place, answer in enumerate(answers)]


async def _inserted(
    connection: asyncpg.Connection, decided: Mapping[int, _Decided], ids: Mapping[int, int]
) -> set[int]:
    """Write the rows; give the ids of those that are new. Many go in pieces: while the database writes one,
    the next is made ready."""
    fresh: set[int] = set()
    writing: asyncio.Task[set[int]] | None = None
    places = list(ids)
    try:
        for begin in range(0, len(places), PIECE):
            rows = [_row(decided[place], ids[place]) for place in places[begin : begin + PIECE]]
            if writing:
                fresh |= await writing
            writing = asyncio.create_task(record.insert(connection, rows))
            await asyncio.sleep(0)  # it is sent
        return fresh | await writing if writing else fresh
    finally:
        if writing and not writing.done():
            await asyncio.wait([writing])


def look(submission: Submission, directory: Directory) -> Decision:
    """Where it would go, were it registered; nothing is asked of the database. Raises the AppError that would
    refuse it. Not for complaints about other appeals."""
    return foresee(submission, directory)[0]


def foresee(submission: Submission, directory: Directory) -> tuple[Decision, Term]:
    """Where it would go, and its term, as `look`."""
    decided = _decide(submission, {}, directory)
    return decided.decision, decided.term


def made(submission: Submission, directory: Directory, appeal_id: int) -> NewAppeal:
    """What would be written of it under this id, for who writes appeals in bulk: nothing is asked of the
    database. Raises the AppError that would refuse it. Not for complaints about other appeals."""
    return _row(_decide(submission, {}, directory), appeal_id)


def _decide(
    submission: Submission, concerned: Concerned, directory: Directory, named: tuple[Named, ...] = ()
) -> _Decided:
    source = directory.source(submission.source)
    # A call centre of one region need not say so in every message.
    region = (submission.region or source.region or "").upper()
    topic = submission.topic or DEFAULT_TOPIC
    _known_codes(submission, topic, region, directory)
    complaint = None
    if submission.complaint_about:
        _same_world(submission.complaint_about, source)
        complaint = complaints.decide(submission, submission.complaint_about, concerned, directory)
        decision, topic, region = complaint.decision, complaint.topic, complaint.region
    else:
        decision = _routed(submission, source, region, directory)
    term = _term(submission, decision, complaint, directory)
    missing = _missing(submission.applicant)
    sandbox_id = directory.sandbox_id if source.sandbox else None
    return _Decided(
        submission, source.id, topic, region, decision, term, missing, complaint, sandbox_id, named
    )


def _same_world(about: Number, source: Source) -> None:
    """What is in earnest is never about a test, nor a test about what is in earnest."""
    if about.sandbox != source.sandbox:
        raise Invalid.of("complaint_about", "complaint_about_unknown")


def _routed(submission: Submission, source: Source, region: str, directory: Directory) -> Decision:
    own = directory.agency_by_id(source.agency_id).code if source.agency_id else None
    request = RouteRequest(
        addressee=submission.addressee,
        source_agency=submission.source_agency or own,
        topic=submission.topic,
        region=region or None,
        on=clock.civil_day(submission.received_at),
        blog=submission.blog,
    )
    return route(request, directory)


def _term(
    submission: Submission, decision: Decision, complaint: Complaint | None, directory: Directory
) -> Term:
    who, filed = submission.applicant, complaint.filed if complaint else None
    opening = facts.opened(
        submission.kind,
        submission.received_at,
        directory.agency(decision.agency).hours,
        directory.calendar,
        by=submission.actor_kind,
        stage=filed.stage if filed else None,
        anonymous=is_anonymous(name=who.name, address=who.address, signed=submission.signed),
        filed_late=filed is not None and filed.filed_late,
    )
    return compute((opening,), directory.calendar)


def _known_codes(submission: Submission, topic: str, region: str, directory: Directory) -> None:
    wrong = [
        FieldError(field, "unknown_code", {"near": ", ".join(directory.near(field, typed)) or "—"})
        for field, typed, known in (
            ("topic", topic, directory.has_topic(topic)),
            ("region", region, not region or directory.has_region(region)),
            ("channel", submission.channel, directory.has_channel(submission.channel)),
            ("blog", submission.blog or "", not submission.blog or directory.has_blog(submission.blog)),
        )
        if not known
    ]
    if wrong:
        raise Invalid(errors=wrong)


def _missing(applicant: Person) -> list[str]:
    """What Article 63 asks for (R02) and is not there; the appeal is registered all the same (R04)."""
    return [f"applicant.{field}" for field in ("name", "address") if not getattr(applicant, field)]


async def _numbered(connection: asyncpg.Connection, decided: Mapping[int, _Decided]) -> dict[int, int]:
    series = {
        place: (item.term.registered_on.year, item.sandbox_id is not None) for place, item in decided.items()
    }
    free = {
        (year, sandbox): iter(await record.serials(connection, year, count, sandbox=sandbox))
        for (year, sandbox), count in Counter(series.values()).items()
    }
    return {place: of[0] * SERIALS + next(free[of]) for place, of in series.items()}


def _row(item: _Decided, appeal_id: int) -> NewAppeal:
    said, who, term = item.submission, item.submission.applicant, item.term
    salt, applicant_salt, lock = secrets.token_bytes(16), secrets.token_bytes(16), cipher()
    body, data = history.canonical(said.body()), _event_data(item, applicant_salt)
    content_hash = history.content_hash(salt, body)
    return NewAppeal(
        appeal_id=appeal_id,
        key=said.key,
        request_hash=said.request_hash,
        key_expires_at=said.key_expires_at,
        received_at=said.received_at,
        arrived_at=said.arrived_at or said.received_at,
        registered_on=term.registered_on,
        due_on=term.due_on,
        regime=term.regime,
        channel=said.channel,
        kind=said.kind,
        topic=item.topic,
        region=item.region,
        language=said.language,
        applicant_type=who.type,
        source_id=item.source_id,
        external_id=said.external_id,
        route=to_json(data["route"]),
        missing=record.pg_array(item.missing),
        agency_id=item.sandbox_id or item.decision.agency_id,
        stands_for=item.decision.agency_id if item.sandbox_id else None,
        **{name: lock.encrypt_optional(text, f"applicant.{name}") for name, text in who.identity().items()},
        iin_hash=lock.search_hash(who.iin, "applicant.iin"),
        bin_hash=lock.search_hash(who.bin, "applicant.bin"),
        phone_hash=lock.search_hash(phone_digits(who.phone), "applicant.phone"),
        email_hash=lock.search_hash(who.email.casefold() if who.email else None, "applicant.email"),
        applicant_salt=applicant_salt,
        salt=salt,
        body=lock.encrypt(body.decode(), "content.body"),
        content_hash=content_hash,
        tokens=record.pg_array(tokens(f"{said.subject or ''} {said.text}")),
        actor_kind=said.actor_kind,
        actor_id=said.actor_id,
        data=to_json(data),
        event_hash=history.event_hash(
            appeal_id=appeal_id,
            part=0,
            kind="registered",
            at=said.received_at,
            actor=(said.actor_kind, said.actor_id),
            data=data,
            content=content_hash,
            previous=None,
        ),
        facts=to_json([fact.as_json() for fact in term.facts]),
        notice=None if said.silent else to_json(_notice(item)),
        request_id=said.request_id,
        stage=item.complaint.filed.stage if item.complaint else None,
        complaint=to_json(item.complaint.row) if item.complaint else None,
        listed=_listed(item),
    )


def _listed(item: _Decided) -> bool:
    """Whether it may stand in public lists: neither a complaint about an act nor a test does."""
    said = item.submission
    shown = item.complaint is None and item.sandbox_id is None
    return shown and (said.listed or said.channel in LISTED_CHANNELS)


def _event_data(item: _Decided, salt: bytes) -> dict[str, Any]:
    return {
        "agency": item.decision.agency,
        "applicant": history.applicant_hash(salt, item.submission.applicant.identity()).hex(),
        "channel": item.submission.channel,
        "due_on": item.term.due_on.isoformat(),
        "registered_on": item.term.registered_on.isoformat(),
        "route": item.decision.as_json(),
        **({"arrived_at": item.submission.arrived_at.isoformat()} if item.submission.arrived_at else {}),
        **({"attachments": [named.hash.hex() for named in item.attachments]} if item.attachments else {}),
    } | _complaint(item)


def _notice(item: _Decided) -> dict[str, Any]:
    told = {"agency": item.decision.agency, "due_on": item.term.due_on.isoformat()} | _complaint(item)
    if item.submission.channel in ANSWERED_BY_NOTICE and item.missing:
        told["missing"] = item.missing
    if item.submission.left_out:
        told["left_out"] = item.submission.left_out
    return told


def _complaint(item: _Decided) -> dict[str, Any]:
    return {"complaint": item.complaint.filed.as_json()} if item.complaint else {}


def _registration(appeal_id: int, item: _Decided) -> Registration:
    return Registration(
        appeal_id=appeal_id,
        number=format_number(appeal_id, item.submission.applicant.type),
        access_code=access_code(appeal_id),
        decision=item.decision,
        registered_on=item.term.registered_on,
        due_on=item.term.due_on,
        missing=item.missing,
        created=True,
        complaint=item.complaint.filed if item.complaint else None,
    )


def _registered_before(first: asyncpg.Record) -> Registration:
    return Registration(
        appeal_id=first["id"],
        number=format_number(first["id"], ApplicantType(first["applicant_type"])),
        access_code=access_code(first["id"]),
        decision=Decision.from_json(first["data"]["route"]),
        registered_on=date.fromisoformat(first["data"]["registered_on"]),
        due_on=date.fromisoformat(first["data"]["due_on"]),
        missing=first["missing"],
        created=False,
        complaint=Filed.from_json(first["data"]["complaint"]) if "complaint" in first["data"] else None,
    )


async def _answered_before(
    connection: asyncpg.Connection, waiting: Mapping[int, Submission]
) -> dict[int, Registration | AppError]:
    """The first answers to those whose key was taken. A new statement: it sees what committed meanwhile."""
    if not waiting:
        return {}
    found = await record.already(connection, [said.key for said in waiting.values() if said.key])
    await wait_for_standby(connection)
    answers: dict[int, Registration | AppError] = {}
    for place, said in waiting.items():
        first = found[said.key or b""]
        answers[place] = _registered_before(first) if _is_the_same(first, said) else KeyReused()
    return answers


def _is_the_same(first: asyncpg.Record, said: Submission) -> bool:
    """A moment of receipt that only one of the two names is no difference; two that differ are one."""
    if first["request_hash"] != said.request_hash:
        return False
    both_say = said.arrived_at is not None and "arrived_at" in first["data"]
    return not both_say or first["received_at"] == said.received_at
