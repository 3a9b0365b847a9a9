"""docs/access.md, from the table of who may do what and from what each route asks of its caller."""

from collections.abc import Iterable, Iterator

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from app.staff.access import Asks, asks_of
from app.staff.permissions import RELATIONS, TABLE, Reach, Relation, Role, roles

HEAD = """\
# Who may do what

Printed by `./run access > docs/access.md` from the one table that the calls, the pages' buttons
and the tests ask (`app/staff/permissions.py`), and from what each route asks of its caller
(`app/staff/access.py`). Change those, then print this again; a test compares.

What somebody may not see is answered as if it were not there: 404. 401 is for who has not said who they
are, 403 for who may see it and may not do this, or comes to a room that is not for their role.
"""
WALLS = """\
**Walls** (`app/appeals/walls.py`, rule A08) come before every line above, for whoever they are. Who wrote,
proposed or approved what a complaint is about never sees that complaint. While a reviewer has it, the heads
of the body that it is about do not see it either, unless they are above the reviewer too; and where the head
of the same body reviews it, only its heads who did not sign see it. To the others it is not there: 404, and
in no list.

**Who has a case in hand** is no matter of permission but of its state: a colleague's lease is refused with
409 `claimed_by_other`; who may approve may also release and assign it.

**Numbers of the applicant** (IIN, BIN, telephone) are masked but for the last four digits for everybody who
sees a case. `unmask` shows one of them, once, for a purpose: it is an event of the case with who and when,
the applicant is told by which body, and administrators have the list (`GET /api/v1/admin/unmaskings`, the
page of what was changed) with how often each person did it in 30 days. In lists, long numbers that stand in
a text are left out; in the case a text is as it was written, because that is what is answered. The day's
sheet of a reception shows telephones in full to who receives: by them people are called when nothing else
has reached them.
"""
CITIZEN = """\
**The applicant** has the access code of their appeal (or of their booking). It opens that one, all of its
parts; a complaint about it has a code of its own. A wrong code and a number that is not there are the same
404, and wrong ones get slow. On pages the code becomes a cookie of that appeal's own path; a link opens for
reading only.

**A client** (a program with a key) brings in and reads back what is its own source's, as far as its scopes
go; what is another source's is not there for it.
"""
NAMES = {
    "citizen": "the applicant, by code",
    "client": "a client",
}


def document(app: FastAPI) -> str:
    """All of it, as Markdown."""
    return "\n".join(
        [
            HEAD,
            "## On a case",
            "",
            *_table(act for act, row in TABLE.items() if not row.room),
            "",
            *(f"- **{relation}**: {what}." for relation, what in RELATIONS.items()),
            "",
            WALLS,
            "## Rooms",
            "",
            "What one comes into without a case in hand; of which body's, by the same words.",
            "",
            *_table(act for act, row in TABLE.items() if row.room),
            "",
            "## Who is no staff",
            "",
            CITIZEN,
            "## Every route",
            "",
            "*Of the case*: the case decides too. *public*: anybody; pages of an appeal ask for its cookie.",
            "",
            "| route | | who |",
            "|---|---|---|",
            *(f"| `{path}` | {methods} | {who} |" for path, methods, who in sorted(_routes(app))),
            "",
        ]
    )


def _table(acts: Iterable[str]) -> Iterator[str]:
    yield f"| act | | {' | '.join(Role)} |"
    yield f"|---|---|{'---|' * len(Role)}"
    for act in acts:
        row = TABLE[act]
        cells = [_cell(row.who[role]) if role in row.who else "–" for role in Role]
        yield f"| `{act}` | {row.what} | {' | '.join(cells)} |"


def _cell(reach: Reach) -> str:
    return ", ".join(one for one in Relation if one in reach) or "yes"


def _routes(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute):
            yield str(route.path), ", ".join(sorted(route.methods or ())), who(asks_of(route.dependant))


def who(asked: Iterable[Asks]) -> str:
    """In words: the narrowest of what each kind of caller is asked."""
    said = [one for one in asked if one.act or one.scope]
    kinds = {one.kind for one in asked} - {one.kind for one in said}
    words = sorted(_asked(one) for one in said) + [NAMES.get(kind, kind) for kind in sorted(kinds)]
    return "; ".join(words)


def _asked(one: Asks) -> str:
    if one.scope:
        return f"client with `{one.scope}`"
    case = ", of the case" if one.of_case else ""
    return f"{', '.join(roles(one.act))} (`{one.act}`{case})"
