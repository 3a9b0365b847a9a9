"""A clerk's form as a submission, and its registration; with a day of control in the same transaction."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import asyncpg

from app.appeals import history
from app.appeals.codes import ActorKind
from app.appeals.commands import Actor, Command, Controlling
from app.appeals.lifecycle import Act
from app.appeals.numbers import FIRST_YEAR, LAST_YEAR
from app.appeals.service import act
from app.core import clock, sight
from app.core.db import Database
from app.core.errors import AppError, FieldError, Invalid
from app.core.i18n import Language, t
from app.desk import ways
from app.desk.errors import WayClosed
from app.desk.schemas import DeskAppealIn, How
from app.desk.ways import Way
from app.directory.registry import Directory
from app.directory.values import Source
from app.intake.api import KEY_LASTS_DAYS
from app.intake.gatherer import Gatherer
from app.intake.receipts import ACCEPTED_BY
from app.intake.register import register
from app.intake.said import said
from app.intake.submission import Registration, Submission, source_key
from app.intake.tickets.ticket import check_moment, too_late
from app.staff.access import StaffCaller
from app.staff.names import surname_and_initials

FIRST_DAY, LAST_DAY = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be registered. `source`: that it is counted under."""

    submission: Submission
    source: Source
    control_on: date | None = None


def ways_of(caller: StaffCaller) -> list[Way]:
    """Those by which the caller may put appeals in. A controller only hands down what came from above, an
    administrator nothing."""
    return [
        way
        for way in ways.of(caller.agency_code)
        if caller.may("desk") and (way.from_above or caller.may("desk-own"))
    ]


def by_hand(form: DeskAppealIn, caller: StaffCaller, key: str | None, directory: Directory) -> Entry:
    """Raises WayClosed, and Invalid for what can be seen without looking anything up."""
    way = next((way for way in ways_of(caller) if way.channel == form.channel), None)
    if way is None:
        if not directory.has_channel(form.channel):
            near = ", ".join(directory.near("channel", form.channel)) or "—"
            raise Invalid.of("channel", "unknown_code", near=near)
        raise WayClosed(channel=form.channel)
    now = clock.now()
    source = directory.source(way.source)
    _check(form, way, now)
    submission = Submission(
        **said(form),
        channel=way.channel,
        source=source.code,
        attachments=tuple(form.attachments),
        signed=form.signed,
        source_agency=None if way.from_above else caller.agency_code,
        actor_kind=ActorKind.STAFF,
        actor_id=caller.account_id,
        details=_details(form, way, caller, directory),
        **received(form.received_at, now),
        **(_sent_down(form, source.code) if way.from_above else _keyed(form, caller, key, now)),
    )
    return Entry(submission, source, form.how.control_on)


def received(at: datetime | None, now: datetime) -> dict[str, Any]:
    return {"received_at": at.astimezone(UTC) if at else now, "arrived_at": now if at else None}


def _keyed(form: DeskAppealIn, caller: StaffCaller, key: str | None, now: datetime) -> dict[str, Any]:
    if key is None:
        return {}
    return {
        "key": hashlib.sha256(f"staff\0{caller.account_id}\0desk\0{key}".encode()).digest(),
        "request_hash": meaning(form.model_dump(mode="json", exclude_none=True)),
        "key_expires_at": now + clock.days(KEY_LASTS_DAYS),
    }


def _sent_down(form: DeskAppealIn, source: str) -> dict[str, Any]:
    number, on = form.how.outgoing_number, form.how.outgoing_on
    assert number is not None
    assert on is not None
    whole = form.model_dump(mode="json", exclude_none=True, exclude={"received_at"})
    return identified(source, number, on, whole)


def identified(source: str, number: str, on: date, whole: dict[str, Any]) -> dict[str, Any]:
    """An outgoing number comes again every year: with its year it is one appeal of the source for ever."""
    external_id = f"{on.year}/{number}"
    return {
        "external_id": external_id,
        "key": source_key(source, external_id),
        "request_hash": meaning(whole),
    }


def meaning(whole: dict[str, Any]) -> bytes:
    return hashlib.sha256(history.canonical(whole)).digest()


# The form


def _check(form: DeskAppealIn, way: Way, now: datetime) -> None:
    given = form.how.model_dump(exclude_none=True)
    wrong = [FieldError(f"how.{name}", "not_for_channel") for name in given if name not in way.asks]
    wrong += [FieldError(f"how.{name}", "missing") for name in way.needs if name not in given]
    wrong += wrong_days(form.how.outgoing_on, form.how.control_on, now, prefix="how.")
    if wrong:
        raise Invalid(errors=wrong)
    if form.received_at is not None:
        check_moment("received_at", form.received_at, now)


def wrong_days(
    outgoing_on: date | None, control_on: date | None, now: datetime, prefix: str = ""
) -> Iterator[FieldError]:
    """A letter bears no day that has not been, and asks for an answer on a later one. (Not than today: the
    same message is as good when it comes again.)"""
    today = clock.civil_day(now)
    if outgoing_on is not None and not FIRST_DAY <= outgoing_on <= today:
        yield FieldError(f"{prefix}outgoing_on", "out_of_range", {"first": FIRST_DAY, "last": today})
    if control_on is not None and not FIRST_DAY <= control_on <= LAST_DAY:
        yield FieldError(f"{prefix}control_on", "out_of_range", {"first": FIRST_DAY, "last": LAST_DAY})
    elif control_on is not None and outgoing_on is not None and control_on <= outgoing_on:
        yield FieldError(f"{prefix}control_on", "control_not_later")


def _details(form: DeskAppealIn, way: Way, caller: StaffCaller, directory: Directory) -> dict[str, Any]:
    language: Language = form.language.value
    details = details_of(form.how)
    position = position_of(caller, language)
    if "employee" in way.asks:
        details.setdefault("employee", {"name": caller.name, "position": position})
    agency = directory.agency_by_id(caller.agency_id).name(language, clock.today())
    details[ACCEPTED_BY] = {
        "name": surname_and_initials(caller.name),
        "position": position,
        "agency": agency,
    }
    return details


def details_of(how: How) -> dict[str, Any]:
    return how.model_dump(mode="json", exclude_none=True)


def position_of(caller: StaffCaller, language: Language) -> str:
    """What the person is; where nobody has said so, the role in a word."""
    said_in = (caller.position.get(tongue) for tongue in (language, "kk", "ru"))
    return next((words for words in said_in if words), t(f"desk.role.{caller.role}", language))


# Registration


async def take_in(db: Database, registrar: Gatherer, entry: Entry, directory: Directory) -> Registration:
    """The registration, committed. Raises the AppError that refuses it."""
    submission = entry.submission
    if submission.arrived_at is not None:
        late = await too_late(db, entry.source, {0: submission}, submission.arrived_at)
        for refused in late.values():
            raise refused
    if entry.control_on is None:
        return await registrar.register(submission)
    with sight.within(sight.EVERYTHING):  # what is not there yet is nobody's
        async with db.transaction() as connection:
            return await _under_control(connection, submission, entry.control_on, directory)


async def _under_control(
    connection: asyncpg.Connection, submission: Submission, control_on: date, directory: Directory
) -> Registration:
    """Registered and, if it is new, on control at once. The term is the law's: control adds no fact to it."""
    (registration,) = await register(connection, [submission], directory)
    if isinstance(registration, AppError):
        raise registration
    if registration.created:
        number = (submission.details or {})["outgoing_number"]
        reason = t("desk.control.reason", submission.language, number=number, day=control_on)
        command = Command(
            Act.CONTROL,
            registration.appeal_id,
            Actor(submission.actor_kind, submission.actor_id),
            submission.arrived_at or submission.received_at,
            payload=Controlling(True, reason, control_on),
        )
        (done,) = await act(connection, [command], directory)
        if isinstance(done, AppError):
            raise done
    return registration
