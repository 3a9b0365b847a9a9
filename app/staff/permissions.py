"""Who may do what (PURE): one table of act x role x relation to the case. Whatever decides asks it: the API's
checks, the buttons of the pages, and docs/access.md, which is printed from it.

An act on a case has the name of its call, `POST /api/v1/cases/{number}/{act}`; `see` is reading a case at
all. The other acts are rooms: what one comes into without a case in hand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


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
    """How a person stands to a case (or to what belongs to a body, as a case does to its holder)."""

    HOLDER = "holder"
    BELOW = "below"
    HELD = "held"
    REVIEWED = "reviewed"
    ANY = "any"


RELATIONS: Mapping[Relation, str] = {
    Relation.HOLDER: "the person's own body has it now",
    Relation.BELOW: "a body under the person's has it now",
    Relation.HELD: "such a body had it before; it is seen as it was when it left, and nothing is done to it",
    Relation.REVIEWED: "such a body reviews a complaint about it now",
    Relation.ANY: "whoever has it",
}

Reach = frozenset[Relation]
NOWHERE: Reach = frozenset()


@dataclass(frozen=True, slots=True)
class Row:
    """`what` it is, for docs/access.md; `who` may, and of which cases. `room`: no case is in hand."""

    what: str
    who: Mapping[Role, Reach] = field(default_factory=dict)
    room: bool = False


_OWN, _ALL = frozenset({Relation.HOLDER}), frozenset({Relation.ANY})
_UNDER = _OWN | {Relation.BELOW}
_ONCE = frozenset({Relation.HELD, Relation.REVIEWED})

# To work on a case; to decide what changes a term, ends or reopens a case without an answer, or is a
# colleague's; to look at how bodies do; to keep what the service runs on.
_WORKS: Mapping[Role, Reach] = {Role.OPERATOR: _OWN, Role.HEAD: _UNDER}
_DECIDES: Mapping[Role, Reach] = {Role.HEAD: _UNDER}
_LOOKS: Mapping[Role, Reach] = {Role.HEAD: _UNDER, Role.CONTROLLER: _ALL}
_KEEPS: Mapping[Role, Reach] = {Role.ADMIN: _ALL}

SEE = "see"

TABLE: Mapping[str, Row] = {
    # On a case. An administrator keeps people and reference data and reads no appeal.
    SEE: Row(
        "read a case, its history and its files; find it in the queue",
        {Role.OPERATOR: _OWN | _ONCE, Role.HEAD: _UNDER | _ONCE, Role.CONTROLLER: _ALL},
    ),
    "claim": Row("take a case, or the next from the queue", _WORKS),
    "release": Row("give it back (who may approve also a colleague's)", _WORKS),
    "note": Row("add an internal note", _WORKS),
    "draft": Row("keep a draft", _WORKS),
    "answer": Row("answer (who may not approve proposes, where the body asks for approval)", _WORKS),
    "forward": Row("forward to the competent body", _WORKS),
    "split": Row("split into parts", _WORKS),
    "request-correction": Row("ask the applicant to correct it", _WORKS),
    "suspend": Row("suspend the term", _WORKS),
    "resume": Row("resume the term", _WORKS),
    "hearing": Row("name the day of a hearing", _WORKS),
    "link": Row("link it to another appeal", _WORKS),
    "unmask": Row("see a number of the applicant in full, for a purpose", _WORKS),
    "assign": Row("assign to a colleague", _DECIDES),
    "approve": Row("approve a proposed answer; answer without approval", _DECIDES),
    "send-back": Row("send a proposed answer back", _DECIDES),
    "extend": Row("extend the term", _DECIDES),
    "terminate": Row("terminate the procedure", _DECIDES),
    "reopen": Row("reopen an answered case", _DECIDES),
    "self-correct": Row("do in full what a complaint asks", _DECIDES),
    "decide": Row("decide a complaint", _DECIDES),
    "control": Row("put on control and take off it", {Role.CONTROLLER: _ALL}),
    # Rooms of a body.
    "desk": Row(
        "put in by hand what a desk takes or a higher body sends down, and read that back",
        {Role.OPERATOR: _OWN, Role.HEAD: _OWN, Role.CONTROLLER: _OWN},
        room=True,
    ),
    "desk-own": Row(
        "at the desk: what citizens brought to the body itself",
        {Role.OPERATOR: _OWN, Role.HEAD: _OWN},
        room=True,
    ),
    "undelivered": Row("see to notices that reached nobody", _WORKS, room=True),
    "unchecked": Row("see which files could not be looked at", _WORKS, room=True),
    "release-public": Row("release texts of an appeal to the public", _WORKS, room=True),
    "templates": Row("write with templates", {Role.OPERATOR: _OWN, Role.HEAD: _OWN}, room=True),
    "keep-templates": Row("keep the body's templates", {Role.HEAD: _OWN}, room=True),
    "keep-faq": Row("keep answers to questions", {Role.HEAD: _UNDER, Role.ADMIN: _ALL}, room=True),
    "receptions": Row(
        "personal reception: draw up the schedule, receive, record what came of it",
        {Role.OPERATOR: _OWN, Role.HEAD: _OWN},
        room=True,
    ),
    "publish-receptions": Row("publish a schedule, add to a published one", {Role.HEAD: _OWN}, room=True),
    # Rooms of oversight.
    "oversight": Row(
        "compliance, trends, rises, signs and the forecast; open issues and decide on them", _LOOKS, room=True
    ),
    "issues": Row(
        "read systemic issues, and say that one's own is done (an operator: only what they own)",
        {Role.OPERATOR: NOWHERE, **_LOOKS},
        room=True,
    ),
    "control-orders": Row("what is on control; orders of control", {Role.CONTROLLER: _ALL}, room=True),
    "quality": Row("samples of answers, and judging them", {Role.CONTROLLER: _ALL}, room=True),
    # Rooms of administration.
    "people": Row("accounts of people", _KEEPS, room=True),
    "clients": Row("clients of sources and their keys", _KEEPS, room=True),
    "audit": Row("what administrators changed, and who looked at numbers in full", _KEEPS, room=True),
    "readings": Row("unusual looking into cases, in numbers", _KEEPS, room=True),
    "calendar": Row("orders about the calendar, recalculations, rules", _KEEPS, room=True),
    "reference": Row("the reference data", _KEEPS, room=True),
    "mailboxes": Row("what became of each mailbox's e-mail", _KEEPS, room=True),
    # One's own.
    "session": Row("who one is; signing out", dict.fromkeys(Role, NOWHERE), room=True),
}

ACTS = frozenset(act for act, row in TABLE.items() if not row.room) - {SEE}


def may(role: Role, act: str) -> bool:
    return act in TABLE and role in TABLE[act].who


def relations(role: Role, act: str) -> Reach:
    """The relations under which the role may do the act; none: never."""
    return TABLE[act].who.get(role, NOWHERE) if act in TABLE else NOWHERE


def roles(act: str) -> list[Role]:
    """Who may do it at all, in the order of the roles."""
    return [role for role in Role if may(role, act)]


def acts_of(role: Role) -> frozenset[str]:
    """The role's acts on cases, without `see`."""
    return frozenset(act for act in ACTS if may(role, act))


def known(acts: Iterable[str]) -> None:
    """Raises LookupError for what the table does not have."""
    if missing := [act for act in acts if act not in TABLE]:
        raise LookupError(f"not in the table of who may do what: {', '.join(missing)}")
