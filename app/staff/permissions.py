"""Who may do what (PURE): one table of role x act, each cell with the relation to the case that it needs.

The acts are the last part of `POST /api/v1/cases/{number}/{act}`; `see` is reading a case at all.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    OPERATOR = "operator"
    HEAD = "head"
    CONTROLLER = "controller"
    ADMIN = "admin"


class Scope(StrEnum):
    """What an API client may do with its own source's messages."""

    TICKETS_WRITE = "tickets:write"
    TICKETS_READ = "tickets:read"
    WEBHOOKS = "webhooks"
    RECONCILIATION = "reconciliation"


class Relation(StrEnum):
    """How the caller's agency must stand to the agency that holds the case."""

    OWN_AGENCY = "own_agency"
    SUBTREE = "subtree"
    ANY = "any"


SEE = "see"

CASEWORK = frozenset(
    {
        "claim",
        "release",
        "note",
        "draft",
        "answer",
        "forward",
        "split",
        "request-correction",
        "suspend",
        "resume",
        "hearing",
        "link",
        "unmask",
    }
)
# What changes a term, ends or reopens a case without an answer, or decides on a colleague's work.
DECISIONS = frozenset(
    {"assign", "approve", "send-back", "extend", "terminate", "reopen", "self-correct", "decide"}
)
OVERSIGHT = frozenset({"control"})
ACTS = CASEWORK | DECISIONS | OVERSIGHT


def _row(acts: frozenset[str], relation: Relation) -> Mapping[str, Relation]:
    return MappingProxyType(dict.fromkeys(acts | {SEE}, relation))


TABLE: Mapping[Role, Mapping[str, Relation]] = MappingProxyType(
    {
        Role.OPERATOR: _row(CASEWORK, Relation.OWN_AGENCY),
        Role.HEAD: _row(CASEWORK | DECISIONS, Relation.SUBTREE),
        Role.CONTROLLER: _row(OVERSIGHT, Relation.ANY),
        # An administrator keeps people and reference data and reads no appeal.
        Role.ADMIN: MappingProxyType({}),
    }
)


def relation(role: Role, act: str) -> Relation | None:
    """The relation under which the role may do the act; None: never."""
    return TABLE[role].get(act)


def may(role: Role, act: str) -> bool:
    return act in TABLE[role]


def acts_of(role: Role) -> frozenset[str]:
    """The role's acts on cases, without `see`."""
    return frozenset(TABLE[role]) - {SEE}
