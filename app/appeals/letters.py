"""A notice in words: what a person is sent, in their language, with the reasons of the day that it is about.

A letter is made of lines, and a line is a sentence of the catalogues: `notice.<kind>.<line>`, for staff
`notice.<kind>.<audience>.<line>`, before which the one of a variant goes where there is one
(`notice.appeal.registered.handover.due`). A line that has no sentence, or asks for a value that is not
known, is left out; the subject and what happened are always there. Letters hold nothing personal but the
number of the appeal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from string import Formatter
from typing import Any

import asyncpg

from app.appeals import numbers
from app.appeals.codes import ApplicantType, EventKind
from app.core import clock
from app.core.i18n import DEFAULT, Language, catalogues, known, t
from app.deadlines.complaints import ReviewerKind, complaint_until
from app.deadlines.explain import period, text
from app.deadlines.facts import read_facts
from app.deadlines.ledger import compute
from app.deadlines.regimes import Stage, Unit
from app.deadlines.term import LedgerEntry, Term
from app.deadlines.watch import deemed_refusal
from app.directory.registry import Directory
from app.notices.models import Audience

KINDS: Mapping[Audience, frozenset[str]] = {
    Audience.APPLICANT: frozenset(
        {
            "appeal.registered",
            "appeal.forwarded",
            "appeal.split",
            "appeal.extended",
            "appeal.suspended",
            "appeal.resumed",
            "appeal.correction_requested",
            "appeal.corrected",
            "appeal.supplemented",
            "appeal.hearing",
            "appeal.answered",
            "appeal.decided",
            "appeal.self_corrected",
            "appeal.withdrawn",
            "appeal.terminated",
            "appeal.reopened",
            "deadline.changed",
            "deadline.passed",
        }
    ),
    Audience.OPERATOR: frozenset({"deadline.near"}),
    Audience.HEAD: frozenset({"deadline.near", "deadline.passed", "control.overdue"}),
}
# These are about the term: the letter says how it was counted.
OF_TERMS = frozenset(
    {
        "appeal.registered",
        "appeal.forwarded",
        "appeal.split",
        "appeal.extended",
        "appeal.suspended",
        "appeal.resumed",
        "appeal.corrected",
        "appeal.reopened",
        "deadline.changed",
        "deadline.passed",
    }
)

# Lines in the order of the letter, a paragraph each tuple. `reviewer`: by the kind of the reviewer.
_WHAT = (
    ("happened",),
    (
        *("agency", "ground", "outcome", "reason", "days", "until", "on", "object", "decide", "promised"),
        *("due", "left"),
    ),
    ("means", "reviewer"),
    ("missing",),
    ("left_out",),
)
_NEXT = (("now", "complain"),)
_DAYS = frozenset(
    {
        *("due_on", "until", "on", "object_by", "decide_from", "promised_until"),
        *("before", "after", "complain_by"),
    }
)
_NUMBERS = frozenset({"number", "to"})
_CODES = frozenset({"ground", "outcome"})
_STAGES = {f"complaint_{stage}": stage for stage in Stage}


@dataclass(frozen=True, slots=True)
class Letter:
    """`short`: for a telephone; empty: the subject does."""

    subject: str
    text: str
    short: str = ""


def letter(
    kind: str,
    audience: Audience,
    language: Language,
    params: Mapping[str, Any],
    entries: Sequence[LedgerEntry],
) -> Letter:
    """What a notice of this kind says. ValueError for a kind that this audience is not told.

    `params`: the notice's, with the `number` as the API gives it and with the names of bodies in place of
    their codes (`agency`, `reviewer_agency`); days are ISO texts. Beside the event's own: `reviewer`, its
    kind; `complain_by`, the last day to complain; `working_days`, those left of the term.
    `entries`: of the term as it is then.
    """
    if kind not in KINDS[audience]:
        raise ValueError(f"{kind} is nothing that {audience} is told")
    lines = _Lines(_places(kind, audience, params, entries), _given(params, language), language)
    paragraphs = list(lines.paragraphs(_WHAT))
    if kind in OF_TERMS and entries:
        paragraphs.append(f"{t('notice.terms', language)}\n{text(entries, language)}")
    paragraphs += lines.paragraphs(_NEXT)
    if audience is Audience.APPLICANT:
        paragraphs = [t("notice.greeting", language), *paragraphs, t("notice.foot", language)]
    return Letter(lines.get("subject") or "", "\n\n".join(paragraphs))


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of one letter. `places`: where its sentences are looked for, the most particular first;
    `given`: what may fill them."""

    places: Sequence[str]
    given: Mapping[str, Any]
    language: Language

    def paragraphs(self, wanted: Sequence[Sequence[str]]) -> Iterator[str]:
        for names in wanted:
            if said := [line for line in map(self.get, names) if line]:
                yield "\n".join(said)

    def get(self, name: str) -> str | None:
        if name == "reviewer":
            name = f"reviewer_{self.given.get('reviewer')}"
        key = next((f"{place}.{name}" for place in self.places if known(f"{place}.{name}")), None)
        if key is None or not (asked := _asked_for(key)) <= self.given.keys():
            return None
        return t(key, self.language, **{it: _shown(it, self.given[it], self.language) for it in asked})


def _asked_for(key: str) -> set[str]:
    """The values that a sentence needs, the same in every language."""
    return {name for _, name, _, _ in Formatter().parse(catalogues()[DEFAULT][key]) if name}


def _places(
    kind: str, audience: Audience, params: Mapping[str, Any], entries: Sequence[LedgerEntry]
) -> list[str]:
    base = f"notice.{kind}" if audience is Audience.APPLICANT else f"notice.{kind}.{audience}"
    variants = [variant for variant in (_variant(kind, params), _stage(entries)) if variant]
    return [*(f"{base}.{variant}" for variant in variants), base]


def _variant(kind: str, params: Mapping[str, Any]) -> str | None:
    """What one kind of notice tells of in several ways."""
    match kind:
        case "appeal.suspended" if not params.get("until"):
            return "open"
        case "appeal.terminated" if params.get("to"):
            return "merged"
        case "appeal.terminated" if not params.get("ground"):
            return "returned"
        case "appeal.terminated" if params["ground"] == "court_only":
            return "court_only"
        case "deadline.changed" if not params.get("act"):
            return "rule"
    return None


def _stage(entries: Sequence[LedgerEntry]) -> Stage | None:
    """Of a complaint: with the body that it is about, or with its reviewer."""
    return next((_STAGES[entry.code] for entry in entries if entry.code in _STAGES), None)


def _given(params: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """What is empty is not known."""
    found = {name: value for name, value in params.items() if value}
    if missing := params.get("missing"):
        found["missing"] = ", ".join(t(f"missing.{code}", language) for code in missing)
    if (left := params.get("working_days") or 0) > 0:
        found["left"] = period(left, Unit.WORKING_DAYS, language)
    return found


def _shown(name: str, value: Any, language: Language) -> object:
    """A value as people write it."""
    if name in _DAYS:
        return date.fromisoformat(value)
    if name in _NUMBERS:
        number = numbers.parse(value)
        return number.format() if language == "en" else number.display()
    return t(f"{name}.{value}", language) if name in _CODES else value


# From what is stored

AS_OF = """
SELECT said.appeal_id, said.hash, said.part, said.at, said.kind, a.applicant_type, c.reviewer,
       coalesce(h.stands_for, h.agency_id) AS agency_id,
       (SELECT json_agg(json_build_array(encode(l.event_hash, 'hex'), l.facts) ORDER BY l.id)
        FROM ledger l JOIN event e ON e.holding_id = l.holding_id AND e.hash = l.event_hash
        WHERE l.holding_id = h.id AND e.id <= said.id) AS facts
FROM unnest($1::bigint[], $2::bytea[]) AS told(appeal_id, hash)
JOIN event said ON said.appeal_id = told.appeal_id AND said.hash = told.hash
JOIN holding h ON h.id = said.holding_id
JOIN appeal a ON a.id = said.appeal_id
LEFT JOIN complaint c ON c.appeal_id = said.appeal_id
"""

Notice = Mapping[str, Any] | asyncpg.Record
# Of these the applicant may complain from the day on which they happen.
_COMPLAINED_OF = frozenset(
    {EventKind.ANSWERED, EventKind.SELF_CORRECTED, EventKind.TERMINATED, EventKind.RETURNED}
)


async def letter_of(connection: asyncpg.Connection, notice: Notice, directory: Directory) -> Letter:
    """What a row of the table `notice` says; see `letters_of`."""
    return (await letters_of(connection, [notice], directory))[0]


async def letters_of(
    connection: asyncpg.Connection, notices: Sequence[Notice], directory: Directory
) -> list[Letter]:
    """What notices say, in the order given: each with the facts up to the event that it tells of, and
    whatever has happened since left out. Days are counted by the calendar of now."""
    rows = await connection.fetch(
        AS_OF, [notice["appeal_id"] for notice in notices], [notice["event_hash"] for notice in notices]
    )
    then = {(row["appeal_id"], row["hash"]): row for row in rows}
    return [
        _written(notice, then[notice["appeal_id"], notice["event_hash"]], directory) for notice in notices
    ]


def _written(notice: Notice, then: asyncpg.Record, directory: Directory) -> Letter:
    on, language = clock.civil_day(then["at"]), notice["language"]
    facts = read_facts([(bytes.fromhex(event), facts) for event, facts in then["facts"]])
    term = compute(facts, directory.calendar)
    silence = deemed_refusal(term, on, directory.calendar)
    entries = (*term.entries, silence) if silence else term.entries
    params = notice["params"] | {
        "number": numbers.format_number(
            then["appeal_id"], ApplicantType(then["applicant_type"]), then["part"]
        ),
        "agency": directory.agency_by_id(then["agency_id"]).name(language, on),
        "due_on": term.due_on.isoformat(),
        "complain_by": _complain_by(then, term, on, directory),
        "working_days": directory.calendar.for_week(term.week).working_days_between(on, term.due_on),
        **_reviewer(notice["params"].get("complaint") or {}, directory, language, on),
    }
    return letter(notice["kind"], Audience(notice["audience"]), language, params, entries)


def _complain_by(then: asyncpg.Record, term: Term, on: date, directory: Directory) -> str | None:
    """None where nothing is to be said of it: after a review only the court is left (C05)."""
    if term.subject == Stage.REVIEW or then["reviewer"] == ReviewerKind.COURT:
        return None
    if then["kind"] == EventKind.DEADLINE_PASSED:
        since = term.due_on
    elif then["kind"] in _COMPLAINED_OF:
        since = on
    else:
        return None
    return complaint_until(since, directory.calendar).isoformat()


def _reviewer(filed: Mapping[str, Any], directory: Directory, language: Language, on: date) -> dict[str, Any]:
    """Who will review what was filed as a complaint."""
    code = filed.get("agency")
    name = directory.agency(code).name(language, on) if code else None
    return {"reviewer": filed.get("reviewer"), "reviewer_agency": name}
