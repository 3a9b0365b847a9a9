"""What an act counts: the counter deltas of a change (docs/decisions/0004 and 0010)."""

from abc import ABC, abstractmethod
from datetime import date

from app.appeals.codes import Close, Decision, Origin
from app.appeals.commands import Case, Held
from app.appeals.effects import Effects, delta
from app.deadlines.calendar import Calendar
from app.deadlines.facts import Fact
from app.deadlines.taken import days_taken
from app.deadlines.term import Term


class Counting(ABC):
    """The part of a `Change` that counts: `day` is the act's, the clock as the act leaves it."""

    case: Case
    effects: Effects
    day: date
    due_on: date
    running: bool
    extended: bool
    taken: list[Fact]

    @property
    @abstractmethod
    def calendar(self) -> Calendar:
        """Of the working days that terms run on."""

    def count_clock(self) -> None:
        """A due day that moved, a clock that stopped or started, a first extension."""
        case = self.case
        if (self.due_on, self.running) != (case.due_on, case.running):
            if case.running:
                self.counted(case.due_on, running=-1)
            if self.running:
                self.counted(self.due_on, running=1)
        if self.extended and not case.extended:
            self.counted(self.due_on, extended=1)

    def count_answer(self, outcome: str, took: int | None) -> None:
        how = {"decided" if outcome in set(Decision) else str(outcome): 1}
        self.counted(
            self.due_on,
            answered=1,
            answered_late=self.day > self.due_on,
            answered_last_day=self.day == self.due_on,
            running=-1 if self.running else 0,
            working_days=took,
            **how,
        )

    def count_end(self, close: Close, *, forwarded_late: bool) -> None:
        self.counted(
            self.due_on,
            forwarded_out=close is Close.FORWARDED_OUT,
            forwarded_late=forwarded_late,
            closed_otherwise=close is Close.CLOSED_OTHERWISE,
            closed_late=self.day > self.due_on,
            running=-1 if self.running else 0,
        )

    def counted(self, due_on: date, *, working_days: int | None = None, **figures: int) -> None:
        case = self.case
        self.effects.deltas.append(
            delta(
                case,
                case.agency_id,
                case.registered_on,
                self.day,
                due_on,
                holding_id=case.holding_id,
                working_days=working_days,
                **figures,
            )
        )

    def marked(self, held: Held | None = None, **figures: int) -> None:
        """Counts what has to do with no clock: of this holding, or of an earlier one of the part."""
        case = self.case
        agency_id, opened_on, holding_id = case.agency_id, case.registered_on, case.holding_id
        if held:
            agency_id, opened_on, holding_id = held.agency_id, held.registered_on, held.holding_id
        day = max(self.day, opened_on)
        self.effects.deltas.append(
            delta(case, agency_id, opened_on, day, opened_on, holding_id=holding_id, **figures)
        )

    def took(self) -> int:
        """The working days from registration until now, the applicant's own time left out."""
        return days_taken(self.taken, self.case.registered_on, self.day, self.calendar)

    def count_opening(
        self, agency_id: int, origin: Origin, term: Term, *, part: int | None, chained: bool
    ) -> None:
        """Of the holding that the act opens, of this part or of a new one."""
        opened_on = term.registered_on
        counts = {
            "received": 1,
            "forwarded_in": origin is Origin.FORWARDED,
            "reopened": origin is Origin.REOPENED,
            "chained": chained,
            "running": 1,
        }
        self.effects.deltas.append(
            delta(
                self.case, agency_id, opened_on, opened_on, term.due_on, holding_id=None, part=part, **counts
            )
        )
