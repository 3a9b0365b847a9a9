"""What is watched beside a term: warnings before it ends, its passing, service targets, the age. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from app.deadlines.calendar import Calendar, civil, days_later
from app.deadlines.complaints import complaint_until
from app.deadlines.regimes import LAW, Law, Matter
from app.deadlines.term import LedgerEntry, Term


@dataclass(frozen=True, slots=True)
class TermWarning:
    """On the day `on`, so many working days before the due day, the role `to` is warned."""

    on: date
    to: str
    days: int
    rule: str


def distances(on: date, law: Law = LAW) -> dict[str, int]:
    """Working days before the due day by role, for agencies that have not set their own."""
    rules = law.all(Matter.WARNING, "", on)
    return {role: rule.amount for rule in rules for role in rule.codes}


def warnings(
    term: Term, calendar: Calendar, own_distances: Mapping[str, int] | None = None, law: Law = LAW
) -> tuple[TermWarning, ...]:
    """When who is warned, in order; nothing while the clock stands. A term shorter than a distance warns on
    its first day. `own_distances`: what the agency has set, by role."""
    if not term.running:
        return ()
    own, rules = calendar.for_week(term.week), law.all(Matter.WARNING, term.subject, term.registered_on)
    found = [
        TermWarning(max(term.registered_on, own.working_day_before(term.due_on, days)), role, days, rule.id)
        for rule in rules
        for role in rule.codes
        for days in [(own_distances or {}).get(role, rule.amount)]
    ]
    return tuple(sorted(found, key=lambda warning: warning.on))


def warned_of(on: date, days: int, calendar: Calendar) -> date:
    """The latest due day of which a warning `days` working days ahead has fallen due by `on`: what a query
    over due days compares with. `calendar`: of the body's own week."""
    return calendar.add_working_days(on, days)


def passed_on(term: Term) -> date:
    """The first civil day on which the term is over: overdue, unless the clock stands."""
    return days_later(term.due_on, 1)


@dataclass(frozen=True, slots=True)
class ServiceTarget:
    """What we aim for beside the legal term and never in place of it."""

    on: date
    rule: str
    entry: LedgerEntry


def service_target(channel: str, term: Term, calendar: Calendar, law: Law = LAW) -> ServiceTarget | None:
    """The target of a channel for what was registered on the term's day; None for a channel without one, and
    where it would be later than the term itself."""
    for rule in law.all(Matter.SERVICE_TARGET, term.subject, term.law_day):
        on = rule.last_day(term.registered_on, calendar.for_week(term.week))
        if channel in rule.codes and rule.unit and on < term.due_on:
            params = {"days": rule.amount, "unit": rule.unit.value, "target_on": on.isoformat()}
            return ServiceTarget(on, rule.id, LedgerEntry(on, "service_target", rule.id, params))
    return None


def deemed_refusal(term: Term, on: date, calendar: Calendar, law: Law = LAW) -> LedgerEntry | None:
    """R16: what silence means once the due day has passed without an answer; None before, and where the law
    says nothing of it. The entry's day is the due day, from whose end it is a refusal."""
    rule = law.find(Matter.SILENCE, term.subject, term.law_day)
    if rule is None or term.closed_on is not None or not term.running or on <= term.due_on:
        return None
    until = complaint_until(term.due_on, calendar, law)
    return LedgerEntry(term.due_on, "deemed_refusal", rule.id, {"by_day": until.isoformat()})


@dataclass(frozen=True, slots=True)
class Age:
    """How long the state has had an appeal, whoever holds it: whole days since it first came."""

    days: int
    working_days: int


def age(first_received_at: datetime, on: date, calendar: Calendar) -> Age:
    """Up to the civil day `on` (the day of the answer, once there is one)."""
    received_on = civil(first_received_at).date()
    return Age(max(0, (on - received_on).days), max(0, calendar.working_days_between(received_on, on)))
