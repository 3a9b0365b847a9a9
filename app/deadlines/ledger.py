"""From the facts of a holding to its term: the due day, whether the clock runs, and why. Pure.

`compute` is the only place where a due day comes from, so that what is explained and what is counted with
are the same. Facts are taken in the order in which they were written; each is dated no earlier than the one
before it.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from app.deadlines import entries as words
from app.deadlines.calendar import Calendar, OfficeHours, civil
from app.deadlines.facts import Fact, FactCode, opened
from app.deadlines.regimes import LAW, Law, Matter, Rule, Stage, Unit
from app.deadlines.running import Running
from app.deadlines.term import Hearing, LedgerEntry, NoticeDue, Term

__all__ = ["LedgerEntry", "Term", "compute", "forward_by", "forward_due", "open_term", "rest_of_term"]


def open_term(
    kind: str,
    received_at: datetime,
    hours: OfficeHours,
    calendar: Calendar,
    *,
    regime_at: datetime | None = None,
    law: Law = LAW,
) -> Term:
    """The term of a body that receives an appeal at an aware moment (R06, R14, R20, L2007-TERM).

    `hours` are the receiving body's, and so is the week that days are counted by. `regime_at` is when the
    appeal first came to the state, where that differs: a forwarded appeal keeps its regime.
    Raises ValueError for an unknown kind, a naive moment or one outside 2007-2060.
    """
    opening = opened(kind, received_at, hours, calendar, first_received_at=regime_at)
    return compute((opening,), calendar, law)


def compute(facts: Iterable[Fact], calendar: Calendar, law: Law = LAW) -> Term:
    """The term that follows from the facts, the first of which is the opening.

    ValueError for facts that cannot follow each other: none at all, one before its predecessor, a clock
    that is stopped twice or started without having been stopped.
    """
    opening, *later = tuple(facts) or (None,)
    if opening is None or opening.code is not FactCode.OPENED:
        raise ValueError("a ledger begins with its opening")
    course = _Course(opening, calendar, law)
    for fact in later:
        course.take(fact)
    return course.term()


def rest_of_term(term: Term, on: date, calendar: Calendar) -> int:
    """The days that a body leaves unused when it passes the case on, which it has left if the same part
    comes back to it (R12-BACK); in the unit of the term, never negative."""
    if term.unit is Unit.WORKING_DAYS:
        return max(0, calendar.for_week(term.week).working_days_between(on, term.due_on))
    return max(0, ((term.raw_due_on or term.due_on) - on).days)


def forward_by(term: Term, calendar: Calendar, law: Law = LAW) -> date | None:
    """The last day to pass the case on (R10, R13; C03 for a complaint at the body it is about). None: it may
    not be passed on. Later is possible, and marked."""
    if term.subject == Stage.HANDOVER:
        return term.due_on
    rule = law.find(Matter.FORWARDING, term.subject, term.law_day)
    if rule is None:
        return None
    return rule.last_day(term.registered_on, calendar.for_week(term.week))


def forward_due(registered_on: date, calendar: Calendar, law: Law = LAW) -> date:
    """R10: what is not within a body's powers is forwarded by the third working day after registration."""
    rule = law.rule(Matter.FORWARDING, "statement", registered_on)
    return rule.last_day(registered_on, calendar)


@lru_cache(maxsize=1024)
def _plain(
    registered_on: date, due_on: date, raw: date | None, rule: Rule, days: int, rolling: str, own: Calendar
) -> tuple[LedgerEntry, ...]:
    """The entries of a term to which nothing has happened, shared by all that is registered on one day."""
    if raw is None:
        special = words.counted(registered_on, due_on, own)
    else:
        special = words.rolled(raw, due_on, rolling, own)
    return (*words.counting(registered_on, rule, days, own), *special, words.due(due_on, rule, days))


class _Course:
    """Takes fact after fact: each moves the clock or leaves it, and leaves its entries."""

    def __init__(self, opening: Fact, calendar: Calendar, law: Law) -> None:
        data = opening.data
        first = datetime.fromisoformat(data["first_received_at"]) if "first_received_at" in data else None
        self.law_day = civil(first).date() if first else opening.day
        self.law = law
        self.own = calendar.for_week(data["week"])
        self.facts = [opening]
        self.registered_on = opening.day_of("registered_on")
        self.subject, self.rule = self._term_rule(data)
        self.rest = self._rest(data)
        self.days = self.rule.amount if self.rest is None else self.rest
        self.unit = self.rule.unit or Unit.WORKING_DAYS
        due, raw = self._first_due()
        self.clock = Running(self.own, self.unit, due, raw, self.registered_on)
        self.notes: list[LedgerEntry] = []
        self.endings: list[LedgerEntry] = []
        self.notices: list[NoticeDue] = []
        self.found: dict[str, Any] = {}

    def _term_rule(self, data: Mapping[str, Any]) -> tuple[str, Rule]:
        kind, stage = data["kind"], data.get("stage")
        if stage and (rule := self._find(Matter.TERM, stage)):
            return stage, rule
        # Before there were stages a complaint was an appeal like the others.
        matter = Matter.TERM_WITH_CHECK if data.get("check_needed") else Matter.TERM
        rule = self._find(matter, kind) or self._find(Matter.TERM, kind)
        if rule is None:
            self.law.regime_on(self.law_day)
            raise ValueError(f"{kind!r} is not a kind of appeal")
        return kind, rule

    def _rest(self, data: Mapping[str, Any]) -> int | None:
        rule = self._find(Matter.COMING_BACK)
        return data.get("rest") if rule and rule.reading == "rest_of_first_term" else None

    def _first_due(self) -> tuple[date, date | None]:
        counting = self._find(Matter.COUNTING)
        days = self.days - bool(self.days and counting and counting.reading == "same_day")
        raw = self.rule.raw_last_day(self.registered_on, self.own, days)
        return self.own.roll(raw), None if self.unit is Unit.WORKING_DAYS else raw

    def _find(self, matter: Matter, subject: str = "") -> Rule | None:
        return self.law.find(matter, subject or self.subject, self.law_day)

    def _id(self, matter: Matter) -> str:
        rule = self._find(matter)
        return rule.id if rule else ""

    def take(self, fact: Fact) -> None:
        if fact.at < self.facts[-1].at:
            raise ValueError(f"{fact.code} at {fact.at} is dated before {self.facts[-1].code}")
        self.facts.append(fact)
        _TAKEN[fact.code](self, fact, max(fact.day, self.registered_on))

    # what moves the clock

    def suspended(self, fact: Fact, day: date) -> None:
        left = self.clock.stop(day)
        ground, rule = fact.data["ground"], self._id(Matter.SUSPENSION)
        self._note(fact, day, "suspended", rule, ground=ground, left=left, unit=self.unit.value)
        self.found["suspended"] = True
        if "until" in fact.data:
            self.found["resume_on"] = fact.day_of("until")
            self._note(fact, day, "suspended_until", rule, until=fact.data["until"])
        self._tell(fact, day, Matter.SUSPENSION_NOTICE)

    def resumed(self, fact: Fact, day: date) -> None:
        day = fact.day_of("on") if "on" in fact.data else day
        stood = self.clock.start(day)
        self.found.pop("suspended", None)
        self.found.pop("resume_on", None)
        self._note(fact, day, "resumed", self._id(Matter.SUSPENSION), days=stood, unit=self.unit.value)

    def correction_requested(self, fact: Fact, day: date) -> None:
        rule, code = self._find(Matter.CORRECTION), "correction_requested"
        if rule and rule.reading == "stops_term":
            self.clock.stop(day)
            code = "correction_requested_stopping"
        self.found["correct_by"] = fact.day_of("until")
        self._note(fact, day, code, self._id(Matter.CORRECTION), by_day=fact.data["until"])

    def corrected(self, fact: Fact, day: date) -> None:
        self.found.pop("correct_by", None)
        rule = self._id(Matter.CORRECTION)
        if self.clock.running_from is None and not self.found.get("suspended"):
            stood = self.clock.start(day)
            self._note(fact, day, "corrected_starting", rule, days=stood, unit=self.unit.value)
        else:
            self._note(fact, day, "corrected", rule)

    def extended(self, fact: Fact, day: date) -> None:
        until, rule = fact.day_of("until"), self._id(Matter.EXTENSION)
        rolled_to = self.clock.extend(until)
        self._note(fact, day, "extended", rule, until=until.isoformat())
        self.notes += words.rolled(until, rolled_to, rule, self.own, code="extension_rolled")
        if by := self._tell(fact, day, Matter.EXTENSION_NOTICE):
            self._note(
                fact, day, "extension_notice", self._id(Matter.EXTENSION_NOTICE), by_day=by.isoformat()
            )

    # what leaves it as it is

    def hearing(self, fact: Fact, day: date) -> None:
        rule, objection, on = self._find(Matter.HEARING), self._find(Matter.OBJECTION), fact.day_of("on")
        decide_from = max(on, rule.last_day(day, self.own)) if rule else on
        object_by = objection.last_day(day, self.own) if objection else on
        self.found["hearing"] = Hearing(day, on, decide_from, object_by)
        days = {"hearing_on": on, "by_day": object_by, "not_before": decide_from}
        texts = {name: value.isoformat() for name, value in days.items()}
        self._note(fact, day, "hearing", self._id(Matter.HEARING), **texts)

    def hearing_exempt(self, fact: Fact, day: date) -> None:
        self.found["hearing_exempt"] = True
        self._note(fact, day, "hearing_exempt", self._id(Matter.HEARING))

    def promised(self, fact: Fact, day: date) -> None:
        self.found["control_until"] = fact.day_of("until")
        self._note(fact, day, "promised", self._id(Matter.CONTROL), by_day=fact.data["until"])
        self._tell(fact, day, Matter.CONTROL_NOTICE)

    def control_lifted(self, fact: Fact, day: date) -> None:
        self.found.pop("control_until", None)
        self._note(fact, day, "control_lifted", self._id(Matter.CONTROL))

    def linked(self, fact: Fact, day: date) -> None:
        as_ = fact.data["as"]
        matter = Matter.DUPLICATE if as_ == "duplicate" else Matter.REPEATED
        self._note(fact, day, f"linked_{as_}", self._id(matter), number=fact.data["number"])

    def recalculated(self, fact: Fact, day: date) -> None:
        data = fact.data
        code = "recalculated_calendar" if data["act"] else "recalculated_rule"
        moved = {"act": data["act"], "from_day": data["before"], "to_day": data["after"]}
        self._note(fact, day, code, data["rule"] or "D-ORDER", **moved)

    # what ends it

    def answered(self, fact: Fact, day: date) -> None:
        late = day > self._end(fact, day) and self.clock.running_from is not None
        self._note(fact, day, "answered_late" if late else "answered", self.rule.id)

    def forwarded(self, fact: Fact, day: date) -> None:
        self._end(fact, day)
        self._tell(fact, day, Matter.FORWARD_NOTICE)
        by = forward_by(self.term(), self.own, self.law)
        late = by is not None and day > by
        params = {"by_day": by.isoformat()} if by else {}
        self._note(
            fact, day, "forwarded_late" if late else "forwarded", self._id(Matter.FORWARDING), **params
        )

    def closed(self, fact: Fact, day: date) -> None:
        self._end(fact, day)
        self._note(fact, day, f"closed_{fact.data['how']}", self.rule.id)

    def _end(self, fact: Fact, day: date) -> date:
        """The due day that the holding was held to, whatever the calendar says since."""
        self.found["closed_on"] = day
        kept = fact.day_of("due_on")
        if kept != self.clock.due:
            self.clock.due = kept
            self._note(fact, day, "due_kept", self.rule.id, stopped_due=kept.isoformat())
        return kept

    def opened_again(self, fact: Fact, day: date) -> None:
        raise ValueError("a ledger has one opening")

    # what comes out

    def _note(self, fact: Fact, day: date, code: str, rule: str, **params: Any) -> None:
        entries = self.endings if "closed_on" in self.found else self.notes
        entries.append(LedgerEntry(day, code, rule, params, fact.event, fact.by))

    def _tell(self, fact: Fact, day: date, matter: Matter) -> date | None:
        rule = self._find(matter)
        if rule is None:
            return None
        by = rule.last_day(day, self.own) if rule.amount else day
        self.notices.append(NoticeDue(fact.code.value, by, rule.id, fact.event))
        return by

    def term(self) -> Term:
        clock = self.clock
        return Term(
            registered_on=self.registered_on,
            due_on=clock.due,
            raw_due_on=clock.raw,
            regime=self.law.regime_on(self.law_day).code,
            procedure=self.rule.procedure,
            term_days=self.days,
            explained=self._entries,
            unit=self.unit,
            rule=self.rule.id,
            subject=self.subject,
            law_day=self.law_day,
            week=int(self.own.week),
            first_due_on=clock.first_due or clock.due,
            facts=tuple(self.facts),
            running=clock.running_from is not None and "closed_on" not in self.found,
            extended=clock.extended,
            rest=self.rest,
            stopped_on=clock.stopped_on,
            stood_days=clock.stood,
            notices=tuple(self.notices),
            **self.found,
        )

    def _entries(self) -> tuple[LedgerEntry, ...]:
        opening = self.facts[0]
        begun = (words.received(opening, self._id(Matter.REGISTRATION)), *self._circumstances(opening))
        clock, rolling = self.clock, self._id(Matter.ROLLING)
        if len(self.facts) == 1:
            return (
                *begun,
                *_plain(self.registered_on, clock.due, clock.raw, self.rule, self.days, rolling, self.own),
            )
        special: list[LedgerEntry] = []
        if self.unit is Unit.WORKING_DAYS:
            for start, end in clock.stretches():
                special += words.counted(start, end, self.own)
        elif clock.raw and not clock.extended:
            special += words.rolled(clock.raw, clock.due, rolling, self.own)
        counting = words.counting(self.registered_on, self.rule, self.days, self.own)
        explained = (*counting, *special, *self.notes, self._due(), *self.endings)
        return (*begun, *sorted(explained, key=lambda entry: entry.day))

    def _due(self) -> LedgerEntry:
        clock = self.clock
        if clock.running_from is None and "closed_on" not in self.found:
            return LedgerEntry(clock.due, "due_on_hold", self.rule.id, {"stopped_due": clock.due.isoformat()})
        return words.due(clock.due, self.rule, 0 if clock.extended else self.days)

    def _circumstances(self, opening: Fact) -> list[LedgerEntry]:
        """What is particular about how this holding began."""
        data, stage, found = opening.data, opening.data.get("stage"), list[tuple[str, Matter]]()
        params: dict[str, Any] = {}
        if self.rest is not None:
            params = {"days": self.rest, "unit": self.unit.value}
            found.append(("rest_of_first_term", Matter.COMING_BACK))
        elif stage and stage == self.subject:
            found.append((f"complaint_{stage}", Matter.TERM))
        elif data["origin"] in _ORIGINS:
            found.append((f"own_term_{data['origin']}", _ORIGINS[data["origin"]]))
        if data.get("anonymous"):
            found.append(("anonymous", Matter.ANONYMOUS))
        if data.get("filed_late"):
            found.append(("filed_late", Matter.COMPLAINT_FILING))
        return [
            LedgerEntry(self.registered_on, code, self._id(matter), params, opening.event, opening.by)
            for code, matter in found
        ]


_ORIGINS = {"split": Matter.SPLITTING, "forwarded": Matter.OWN_TERM, "reopened": Matter.OWN_TERM}
_TAKEN: Mapping[FactCode, Callable[[_Course, Fact, date], None]] = {
    FactCode.OPENED: _Course.opened_again,
    FactCode.SUSPENDED: _Course.suspended,
    FactCode.RESUMED: _Course.resumed,
    FactCode.CORRECTION_REQUESTED: _Course.correction_requested,
    FactCode.CORRECTED: _Course.corrected,
    FactCode.EXTENDED: _Course.extended,
    FactCode.HEARING: _Course.hearing,
    FactCode.HEARING_EXEMPT: _Course.hearing_exempt,
    FactCode.PROMISED: _Course.promised,
    FactCode.CONTROL_LIFTED: _Course.control_lifted,
    FactCode.LINKED: _Course.linked,
    FactCode.RECALCULATED: _Course.recalculated,
    FactCode.ANSWERED: _Course.answered,
    FactCode.FORWARDED: _Course.forwarded,
    FactCode.CLOSED: _Course.closed,
}
