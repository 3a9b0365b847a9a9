"""What a term allows on a day, and what it asks for first. Pure; `on` is always the civil day of the act.

A guard gives what follows from the act (a day), or raises `Refused` with a stable code. Nothing here looks
at roles and states beyond the term: who may do which act in which state is decided before.
"""

from datetime import date

from app.deadlines.calendar import Calendar
from app.deadlines.ledger import forward_by
from app.deadlines.regimes import LAW, Law, Matter, Rule, Stage
from app.deadlines.term import Term


class Refused(Exception):
    """The term does not allow the act. `field`: the field of the act that is wrong, empty when it is the
    state; `params` fill the sentence `key` (days are dates)."""

    def __init__(self, code: str, field: str = "", **params: object) -> None:
        super().__init__(code)
        self.code, self.field, self.params = code, field, params

    @property
    def key(self) -> str:
        """Of its sentence in the catalogues."""
        return f"validation.{self.code}" if self.field else f"refusal.{self.code}"


def _own(term: Term, calendar: Calendar) -> Calendar:
    return calendar.for_week(term.week)


def _rule(term: Term, matter: Matter, law: Law) -> Rule | None:
    return law.find(matter, term.subject, term.law_day)


def _in_time(term: Term, on: date) -> None:
    """What changes a term is done while it lasts: what is late stays late."""
    if on > term.due_on:
        raise Refused("too_late", due_on=term.due_on)


# extension


def cap_on(term: Term, calendar: Calendar, law: Law = LAW) -> date | None:
    """The last day that a term can be extended to (R15, L2007-EXT); None where it cannot be extended.

    `in_all`: so long since registration; `on_top`: so long beyond the first term. The days that the clock
    stood do not count, and those of the first holding do when the case has come back.
    """
    rule, own = _rule(term, Matter.EXTENSION, law), _own(term, calendar)
    if rule is None:
        return None
    if rule.reading == "on_top":
        return rule.last_day(term.first_due_on, own)
    cap = rule.last_day(term.registered_on, own)
    used = max(0, _full_term(term, law) - term.rest) if term.rest is not None else 0
    moved = term.stood_days - used
    return own.add_working_days(cap, moved) if moved > 0 else own.working_day_before(cap, -moved)


def _full_term(term: Term, law: Law) -> int:
    return law.named(term.rule, term.law_day).amount


def may_extend(term: Term, by_role: str, on: date, until: date, calendar: Calendar, law: Law = LAW) -> date:
    """R15: by a head, on or before the due day, to a later day within the cap. Gives the new due day:
    `until`, or the next working day.

    Refused: not_extendable, head_only, clock_stopped, too_late; until: not_later, beyond_cap.
    """
    rule, cap = _rule(term, Matter.EXTENSION, law), cap_on(term, calendar, law)
    if rule is None or cap is None:
        raise Refused("not_extendable")
    if by_role not in rule.codes:
        raise Refused("head_only")
    if not term.running:
        raise Refused("clock_stopped")
    _in_time(term, on)
    if until <= term.due_on:
        raise Refused("not_later", "until", due_on=term.due_on)
    if until > cap:
        raise Refused("beyond_cap", "until", cap=cap)
    return _own(term, calendar).roll(until)


# suspension


def may_suspend(term: Term, ground: str, on: date, until: date | None = None, law: Law = LAW) -> None:
    """R17: for a ground of the law, while the term lasts.

    Refused: not_suspendable, already_suspended, too_late; ground: unknown_ground; until: day_not_ahead.
    """
    rule = _rule(term, Matter.SUSPENSION, law)
    if rule is None:
        raise Refused("not_suspendable")
    _known_ground(rule, ground)
    if not term.running:
        raise Refused("already_suspended")
    _in_time(term, on)
    if until is not None and until <= on:
        raise Refused("day_not_ahead", "until")


def may_resume(term: Term) -> None:
    """Refused: not_suspended."""
    if not term.suspended:
        raise Refused("not_suspended")


def may_terminate(term: Term, ground: str, law: Law = LAW) -> None:
    """A07. Refused: not_terminable; ground: unknown_ground."""
    rule = _rule(term, Matter.TERMINATION, law)
    if rule is None:
        raise Refused("not_terminable")
    _known_ground(rule, ground)


def _known_ground(rule: Rule, ground: str) -> None:
    if ground not in rule.codes:
        raise Refused("unknown_ground", "ground", known=", ".join(rule.codes))


# correction


def may_request_correction(
    term: Term, on: date, until: date | None, calendar: Calendar, law: Law = LAW
) -> date:
    """R08: gives the last day to correct; without `until` the default of the rule, within the term where
    the time is part of it.

    Refused: not_correctable, correction_open, clock_stopped, too_late; until: day_not_ahead, beyond_term.
    """
    rule = _rule(term, Matter.CORRECTION, law)
    if rule is None:
        raise Refused("not_correctable")
    if term.correct_by is not None:
        raise Refused("correction_open", day=term.correct_by)
    if not term.running:
        raise Refused("clock_stopped")
    _in_time(term, on)
    within = rule.reading == "within_term"
    if until is None:
        usual = rule.last_day(on, _own(term, calendar))
        return min(usual, term.due_on) if within else usual
    if until <= on:
        raise Refused("day_not_ahead", "until")
    if within and until > term.due_on:
        raise Refused("beyond_term", "until", due_on=term.due_on)
    return until


def may_return(term: Term, on: date) -> None:
    """R08: what was not corrected is returned once its time is over.

    Refused: no_correction_open, correction_time_left.
    """
    if term.correct_by is None:
        raise Refused("no_correction_open")
    if on <= term.correct_by:
        raise Refused("correction_time_left", day=term.correct_by)


# hearing and answer


def hearing_needed(term: Term, outcome: str, law: Law = LAW) -> bool:
    """R18: whether this outcome is unfavourable and nobody was heard or exempted yet."""
    rule = _rule(term, Matter.HEARING, law)
    return rule is not None and outcome in rule.codes and not (term.hearing or term.hearing_exempt)


def may_hold_hearing(term: Term, on: date, hearing_on: date, law: Law = LAW) -> None:
    """Refused: no_hearing_here, clock_stopped; on: day_not_ahead (the day of the invitation, or before)."""
    if _rule(term, Matter.HEARING, law) is None:
        raise Refused("no_hearing_here")
    if not term.running:
        raise Refused("clock_stopped")
    if hearing_on <= on:
        raise Refused("day_not_ahead", "on")


def may_answer(
    term: Term,
    *,
    on: date,
    outcome: str,
    language: str,
    appeal_language: str,
    legal_basis: str | None,
    law: Law = LAW,
) -> None:
    """A01, A02, R18, C03. A late answer is allowed: it is counted as late.

    Refused: only_hand_over, hearing_required, hearing_not_over; language: answer_language; legal_basis:
    legal_basis_missing.
    """
    may_act(term, "answer", law)
    answer_language(term, language, appeal_language, law)
    if _rule(term, Matter.ANSWER_BASIS, law) and not (legal_basis or "").strip():
        raise Refused("legal_basis_missing", "legal_basis")
    may_decide(term, on, outcome, law)


def may_decide(term: Term, on: date, outcome: str, law: Law = LAW) -> None:
    """R18: an unfavourable decision comes after the hearing, or after a recorded exemption.

    Refused: hearing_required, hearing_not_over.
    """
    if hearing_needed(term, outcome, law):
        raise Refused("hearing_required")
    rule, heard = _rule(term, Matter.HEARING, law), term.hearing
    unfavourable = rule is not None and outcome in rule.codes
    if unfavourable and heard and not term.hearing_exempt and on < heard.decide_from:
        raise Refused("hearing_not_over", day=heard.decide_from)


def answer_language(term: Term, language: str, appeal_language: str, law: Law = LAW) -> None:
    """A01: Kazakh, or the language of the appeal."""
    rule = _rule(term, Matter.ANSWER_LANGUAGE, law)
    allowed = {appeal_language, *(rule.codes if rule else ())}
    if language not in allowed:
        raise Refused("answer_language", "language", allowed=", ".join(sorted(allowed)))


# forwarding


def may_act(term: Term, act: str, law: Law = LAW) -> None:
    """C03, C04: with the body that it is about, a complaint is handed over or corrected, and nothing else
    that would decide it. Refused: only_hand_over."""
    if term.subject == Stage.HANDOVER and act not in law.named(term.rule, term.law_day).codes:
        raise Refused("only_hand_over")


def forward_late(term: Term, on: date, calendar: Calendar, law: Law = LAW) -> bool:
    """R10: whether forwarding on this day is late; it is possible and marked."""
    by = forward_by(term, calendar, law)
    return by is not None and on > by


def is_anonymous(*, name: str | None, address: str | None, signed: bool) -> bool:
    """A04: neither a name, nor an address, nor a signature says who wrote."""
    return not (signed or (name or "").strip() or (address or "").strip())
