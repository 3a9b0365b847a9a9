"""The definitions of "What is counted", applied to a plain list of holdings; nothing else is known here."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.oversight.statistics import Basis, Period

DIMENSIONS = ("channel", "applicant_type", "kind", "topic", "region")


@dataclass
class Held:
    """`about`: its dimensions. `close`: answered, forwarded_out or closed_otherwise; None while open."""

    appeal: int
    agency: str
    opened_on: date
    first_due_on: date
    about: dict[str, str]
    part: int = 0
    clock: list[tuple[date, date, bool]] = field(default_factory=list)
    """From which day on it is due when, and whether its clock runs: what came after it opened."""
    extended_on: date | None = None
    close: str | None = None
    closed_on: date | None = None
    forwarded_late: bool = False

    @property
    def due_on(self) -> date:
        return self.clock_on(date.max)[0]

    def clock_on(self, day: date) -> tuple[date, bool]:
        """The due day and whether the clock runs, as it was at the end of a day."""
        said = [(due_on, running) for since, due_on, running in self.clock if since <= day]
        return said[-1] if said else (self.first_due_on, True)

    def moved(self, day: date, due_on: date, running: bool) -> None:
        if (due_on, running) != self.clock_on(date.max):
            self.clock.append((day, due_on, running))

    def overdue(self, day: date, known: date) -> bool:
        """Of one that is open, by what was known at the end of the day `known`."""
        due_on, running = self.clock_on(known)
        return running and due_on < day

    def closed_by(self, day: date) -> bool:
        return self.closed_on is not None and self.closed_on <= day

    def closed_late(self) -> bool:
        return self.closed_on is not None and self.closed_on > self.due_on

    def matches(self, filters: dict[str, str]) -> bool:
        own = {"agency": self.agency, **self.about}
        return all(own[name] == value for name, value in filters.items())


def answer(holdings: Iterable[Held], period: Period, filters: dict[str, str], today: date) -> dict[str, Any]:
    """Rows by agency, the total and its distinct appeals."""
    wanted = [held for held in holdings if held.matches(filters)]
    measure = received if period.basis is Basis.RECEIVED else activity
    rows = {
        agency: measure([held for held in wanted if held.agency == agency], period, today)
        for agency in {held.agency for held in wanted}
        | {value for name, value in filters.items() if name == "agency"}
    }
    shown = {
        agency: row for agency, row in rows.items() if any(row.values()) or agency == filters.get("agency")
    }
    total = {name: sum(row[name] for row in shown.values()) for name in measure([], period, today)}
    appeals = {held.appeal for held in wanted if takes_part(held, period)}
    return {
        "rows": {agency: row | {"on_time_share": share(row)} for agency, row in shown.items()},
        "total": total | {"on_time_share": share(total), "appeals": len(appeals)},
    }


def ordered(holdings: Iterable[Held]) -> list[Held]:
    return sorted(
        holdings,
        key=lambda held: (held.appeal, held.part, held.opened_on, held.agency, str(held.closed_on)),
    )


def takes_part(held: Held, period: Period) -> bool:
    end = period.end if period.basis is Basis.ACTIVITY else min(period.last, period.as_of or date.max)
    if period.first <= held.opened_on <= end:
        return True
    return period.basis is Basis.ACTIVITY and carried(held, period)


def carried(held: Held, period: Period) -> bool:
    """Open when the period began, as far as was known at its end."""
    gone = held.closed_by(period.end) and held.closed_on is not None and held.closed_on < period.first
    return held.opened_on < period.first and held.opened_on <= period.end and not gone


def received(holdings: list[Held], period: Period, today: date) -> dict[str, int]:
    known = period.as_of or date.max
    mine = [held for held in holdings if period.first <= held.opened_on <= min(period.last, known)]
    closed = [held for held in mine if held.closed_by(known)]
    extended = [held for held in mine if held.extended_on and held.extended_on <= known]
    left = [held for held in mine if not held.closed_by(known)]
    return flows(mine, closed, extended) | stock(left, min(known, today), known)


def activity(holdings: list[Held], period: Period, today: date) -> dict[str, int]:
    end = period.end
    opened = [held for held in holdings if period.first <= held.opened_on <= end]
    closed = [held for held in holdings if held.closed_on and period.first <= held.closed_on <= end]
    extended = [held for held in holdings if held.extended_on and period.first <= held.extended_on <= end]
    left = [held for held in holdings if held.opened_on <= end and not held.closed_by(end)]
    brought = sum(carried(held, period) for held in holdings)
    return flows(opened, closed, extended) | stock(left, min(end, today), end) | {"carried_in": brought}


def flows(opened: list[Held], closed: list[Held], extended: list[Held]) -> dict[str, int]:
    answered = [held for held in closed if held.close == "answered"]
    others = [held for held in closed if held.close != "answered"]
    return {
        "received": len(opened),
        "answered": len(answered),
        "answered_late": sum(held.closed_late() for held in answered),
        "forwarded_out": sum(held.close == "forwarded_out" for held in others),
        "forwarded_late": sum(held.forwarded_late for held in others),
        "closed_otherwise": sum(held.close == "closed_otherwise" for held in others),
        "closed_late": sum(held.closed_late() for held in others),
        "extended": len(extended),
    }


def stock(held_now: list[Held], day: date, known: date) -> dict[str, int]:
    return {"pending": len(held_now), "overdue": sum(held.overdue(day, known) for held in held_now)}


def share(row: dict[str, int]) -> float | None:
    judged = row["answered"] + row["overdue"]
    return round((row["answered"] - row["answered_late"]) / judged, 4) if judged else None
