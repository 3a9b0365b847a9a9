"""Short names for the tests of terms."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from app.deadlines import facts
from app.deadlines.calendar import ZONE, Calendar, OfficeHours
from app.deadlines.facts import Fact, FactCode
from app.deadlines.ledger import compute
from app.deadlines.regimes import KINDS, LAW, Law
from app.deadlines.term import Term

CALENDAR = Calendar()
HOURS = OfficeHours()
INSTANTS = st.datetimes(datetime(2007, 1, 1), datetime(2060, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
RECENT = st.datetimes(datetime(2021, 7, 1), datetime(2035, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
A_KIND = st.sampled_from(KINDS)


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    """A day (then at noon) or a moment, in civil time."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T12:00").replace(tzinfo=ZONE)


def opened(received: str, kind: str = "statement", **more: Any) -> Fact:
    return facts.opened(kind, at(received), HOURS, CALENDAR, **more)


def term_of(*happened: Fact, calendar: Calendar = CALENDAR, law: Law = LAW) -> Term:
    return compute(happened, calendar, law)


def codes(term: Term) -> list[tuple[str, str]]:
    return [(entry.day.isoformat(), entry.code) for entry in term.entries]


def later(moment: datetime, days: int) -> datetime:
    return moment + timedelta(days=days)


DUE = day("2026-12-14")
"""Of a statement of 23 November 2026."""

SAMPLES: dict[FactCode, list[Fact]] = {
    FactCode.SUSPENDED: [
        facts.suspended(at("2026-11-25"), "staff", ground, day("2026-12-25"))
        for ground in ("court", "other_case", "missing_data")
    ],
    FactCode.RESUMED: [facts.resumed(at("2026-12-01"), "staff")],
    FactCode.CORRECTION_REQUESTED: [facts.correction_requested(at("2026-11-25"), "staff", day("2026-11-30"))],
    FactCode.CORRECTED: [facts.corrected(at("2026-11-27"), "citizen")],
    FactCode.EXTENDED: [
        facts.extended(at("2026-11-25"), "staff", day("2027-01-09")),
        facts.extended(at("2026-11-25"), "staff", day("2027-01-11")),
    ],
    FactCode.HEARING: [facts.hearing(at("2026-11-25"), "staff", day("2026-12-01"))],
    FactCode.HEARING_EXEMPT: [facts.hearing_exempt(at("2026-11-25"), "staff")],
    FactCode.PROMISED: [facts.promised(at("2026-12-01"), "staff", day("2027-03-01"))],
    FactCode.CONTROL_LIFTED: [facts.control_lifted(at("2027-02-01"), "staff")],
    FactCode.LINKED: [
        facts.linked(at("2026-11-25"), "staff", "JT-2026-00000001", "duplicate"),
        facts.linked(at("2026-11-25"), "staff", "JT-2026-00000001", "repeat"),
    ],
    FactCode.RECALCULATED: [
        facts.recalculated(
            at("2026-12-01"), before=day("2026-12-14"), after=day("2026-12-15"), act="order 1"
        ),
        facts.recalculated(at("2026-12-01"), before=day("2026-12-14"), after=day("2026-12-15"), rule="R14"),
    ],
    FactCode.FORWARDED: [
        facts.forwarded(at("2026-11-25"), "staff", due_on=DUE),
        facts.forwarded(at("2026-12-01"), "staff", due_on=DUE),
    ],
    FactCode.ANSWERED: [
        facts.answered(at("2026-12-01"), "staff", due_on=DUE),
        facts.answered(at("2027-02-01"), "staff", due_on=DUE),
    ],
    FactCode.CLOSED: [
        facts.closed(at("2026-12-01"), "staff", how, due_on=DUE)
        for how in ("withdrawn", "terminated", "returned", "merged", "self_corrected")
    ],
}
"""One fact of each code and variant, as it could follow an appeal of 23 November 2026."""
