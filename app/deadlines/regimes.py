"""The law as dated rows: which regime a moment of receipt falls under, its terms, and the rules they rest on.

Pure. A rule's id is stable: it is stored with every entry of a ledger. What `evidence` calls "default" was
not read in the text of the law: it is a dated default for a lawyer to check. Next year's amendment is a row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from app.deadlines.calendar import civil


class Unit(StrEnum):
    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    """All days count; a last day that nobody works on moves to the next working day."""


class Procedure(StrEnum):
    GENERAL = "general"
    SIMPLIFIED = "simplified"


class Evidence(StrEnum):
    READ = "read"
    PARTLY = "partly"
    DEFAULT = "default"


CODE = "Administrative Procedural and Process-Related Code, 350-VI"
LAW_2007 = "Law on the procedure for considering appeals, 221-III"
HOLIDAYS_LAW = "Law on holidays, 267-II"
LABOUR_CODE = "Labour Code"


@dataclass(frozen=True, slots=True)
class Rule:
    """`article`: empty where the source names the rule but not its article. `valid_to` is inclusive."""

    id: str
    act: str
    article: str
    valid_from: date
    evidence: Evidence
    valid_to: date | None = None


_SINCE, _CODE_SINCE, _LAW_2007_UNTIL = date(2007, 1, 1), date(2021, 7, 1), date(2021, 6, 30)

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.id: rule
        for rule in (
            Rule("R06", CODE, "64(3)", _CODE_SINCE, Evidence.READ),
            Rule("R10", CODE, "65", _CODE_SINCE, Evidence.READ),
            Rule("R14", CODE, "76(1)", _CODE_SINCE, Evidence.READ),
            Rule("R20", CODE, "86-90", _CODE_SINCE, Evidence.PARTLY),
            Rule("L2007-REG", LAW_2007, "7", _SINCE, Evidence.DEFAULT, _LAW_2007_UNTIL),
            Rule("L2007-TERM", LAW_2007, "8", _SINCE, Evidence.DEFAULT, _LAW_2007_UNTIL),
            Rule("L2007-ROLL", LAW_2007, "8", _SINCE, Evidence.DEFAULT, _LAW_2007_UNTIL),
            Rule("L2007-FWD", LAW_2007, "", _SINCE, Evidence.READ, _LAW_2007_UNTIL),
            Rule("D-HOLIDAY", HOLIDAYS_LAW, "5", _SINCE, Evidence.READ),
            Rule("D-TRANSFER", LABOUR_CODE, "85(3)", _SINCE, Evidence.READ),
            Rule("D-WEEK", LABOUR_CODE, "", _SINCE, Evidence.DEFAULT),
            Rule("D-ORDER", "", "", _SINCE, Evidence.DEFAULT),
        )
    }
)


@dataclass(frozen=True, slots=True)
class TermRule:
    """How long a body has; the day of registration is day 0.

    `rolling`: id of the rule that moves a last day on which nobody works to the next working one.
    """

    rule: str
    procedure: Procedure
    days: int
    unit: Unit
    rolling: str = ""


@dataclass(frozen=True, slots=True)
class Regime:
    """`registration` is the id of a rule; `terms` is by kind of appeal; `valid_to` is inclusive."""

    code: str
    valid_from: date
    valid_to: date | None
    registration: str
    forwarding: TermRule
    terms: Mapping[str, TermRule]


_KINDS_OF_RIGHTS = ("statement", "complaint")
_OTHER_KINDS = ("message", "inquiry", "response", "proposal")
_LAW_2007_TERM = TermRule("L2007-TERM", Procedure.GENERAL, 15, Unit.CALENDAR_DAYS, rolling="L2007-ROLL")
_CODE_GENERAL = TermRule("R14", Procedure.GENERAL, 15, Unit.WORKING_DAYS)
_CODE_SIMPLIFIED = TermRule("R20", Procedure.SIMPLIFIED, 15, Unit.WORKING_DAYS)

REGIMES: tuple[Regime, ...] = (
    Regime(
        code="law-2007",
        valid_from=_SINCE,
        valid_to=_LAW_2007_UNTIL,
        registration="L2007-REG",
        forwarding=TermRule("L2007-FWD", Procedure.GENERAL, 3, Unit.WORKING_DAYS),
        terms=MappingProxyType(dict.fromkeys(_KINDS_OF_RIGHTS + _OTHER_KINDS, _LAW_2007_TERM)),
    ),
    Regime(
        code="code-2021",
        valid_from=_CODE_SINCE,
        valid_to=None,
        registration="R06",
        forwarding=TermRule("R10", Procedure.GENERAL, 3, Unit.WORKING_DAYS),
        terms=MappingProxyType(
            dict.fromkeys(_KINDS_OF_RIGHTS, _CODE_GENERAL) | dict.fromkeys(_OTHER_KINDS, _CODE_SIMPLIFIED)
        ),
    ),
)


def regime_for(received_at: datetime) -> Regime:
    """By the aware moment of receipt, whatever day it is registered on. ValueError outside 2007-2060."""
    return regime_on(civil(received_at).date())


def regime_on(day: date) -> Regime:
    """The regime of what is received on a civil day. ValueError before the first one."""
    for regime in REGIMES:
        if regime.valid_from <= day and (regime.valid_to is None or day <= regime.valid_to):
            return regime
    raise ValueError(f"no regime is known for {day}")


def term_rule(regime: Regime, kind: str) -> TermRule:
    """ValueError for an unknown kind of appeal."""
    try:
        return regime.terms[kind]
    except KeyError:
        raise ValueError(f"{kind!r} is not a kind of appeal") from None
