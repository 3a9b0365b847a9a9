"""A person's change of the reference data: checked, laid over what the files say, written with its entry."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg

from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.directory import laying, load
from app.directory.changes import LANGUAGES, Change, Row, Rows, What, subject, value, version
from app.directory.checks import TRIAGE
from app.directory.competence import WITHOUT_COMPETENCE
from app.directory.files import DataError
from app.directory.laying import Kept
from app.directory.near import fold
from app.directory.registry import SANDBOX
from app.staff import audit
from app.staff.models import AuditAct

_ADD = """
INSERT INTO directory_change (at, by_id, what, code, said, was, files) VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING id
"""
_TAKE_BACK = """
INSERT INTO directory_change (at, by_id, what, code, said, was, files, takes_back)
VALUES ($1, $2, $3, $4, '{}', '{}', '{}', $5)
"""
_NEWEST = """
SELECT kept.id, kept.at, kept.by_id, who.name AS by_name, kept.what, kept.code, kept.said, kept.was,
       kept.files, back.at AS taken_back_at
FROM directory_change kept JOIN staff_account who ON who.id = kept.by_id
LEFT JOIN directory_change back ON back.takes_back = kept.id
WHERE kept.takes_back IS NULL AND kept.id < $1 AND kept.what = ANY ($4)
  AND ($3::text IS NULL OR kept.code = $3)
ORDER BY kept.id DESC LIMIT $2
"""


class DirectoryMoved(Conflict):
    """Somebody changed the thing since it was read; `version` is its newest."""

    code = "directory_moved"


class DirectoryContradiction(Conflict):
    """With the change the directory would contradict itself: `what` says how."""

    code = "directory_contradiction"


class ChangeOver(Conflict):
    """It is taken back already, or made something that others refer to."""

    code = "change_over"


@dataclass(frozen=True, slots=True)
class State:
    """`files`: as the data files say; `rows`: with the changes in force on them."""

    files: Rows
    changes: Sequence[Kept]
    rows: Rows

    def version(self, kind: str, code: str) -> str:
        """Raises NotFound for what is not there, or is nobody's to change."""
        if code == SANDBOX or not subject(self.rows, kind, code)[kind]:
            raise NotFound
        return version(self.rows, kind, code)


async def state(connection: asyncpg.Connection) -> State:
    files, changes = await laying.files(connection), await laying.kept(connection)
    return State(files, changes, laying.together(files, changes))


async def change(
    connection: asyncpg.Connection, made: Change, seen: str | None, by: int, at: datetime, today: date
) -> State:
    """The directory with the change, which every process knows within seconds. What is so already is written
    nowhere. `seen`: the version that the person saw. Raises NotFound, DirectoryMoved, Invalid,
    DirectoryContradiction."""
    await load.take_turns(connection)
    before = await state(connection)
    check(before, made, seen, today)
    was = value(before.rows, made)
    if was == dict(made.said):
        return before
    id_ = await connection.fetchval(
        _ADD, at, by, made.what, made.code, made.said, was, value(before.files, made)
    )
    after = await _written(connection, before)
    details = {"what": made.what, "code": made.code, "was": was, "is": dict(made.said)}
    await audit.note(connection, by, AuditAct.DIRECTORY_CHANGED, id_, **details)
    return after


async def take_back(connection: asyncpg.Connection, change_id: int, by: int, at: datetime) -> State:
    """As the files say, or an earlier change. Raises NotFound, ChangeOver, DirectoryContradiction."""
    await load.take_turns(connection)
    before = await state(connection)
    if not await connection.fetchval("SELECT true FROM directory_change WHERE id = $1", change_id):
        raise NotFound
    found = next((one for one in before.changes if one.id == change_id), None)
    if found is None or found.change.what is What.AGENCY_NEW:
        raise ChangeOver
    made = found.change
    await connection.execute(_TAKE_BACK, at, by, made.what, made.code, change_id)
    after = await _written(connection, before)
    details = {"what": made.what, "code": made.code, "was": dict(made.said), "is": value(after.rows, made)}
    await audit.note(connection, by, AuditAct.DIRECTORY_TAKEN_BACK, change_id, **details)
    return after


async def newest(
    connection: asyncpg.Connection, before: int, limit: int, kind: str | None = None, code: str | None = None
) -> list[asyncpg.Record]:
    """Changes before the id `before`, the newest first; of one thing if it is named."""
    of = [what for what in What if kind is None or what.kind == kind]
    rows: list[asyncpg.Record] = await connection.fetch(_NEWEST, before, limit, code, of)
    return rows


async def tried(
    connection: asyncpg.Connection, made: Change, seen: str | None, today: date
) -> tuple[Rows, Rows]:
    """The rows as they are and as they would be; nothing is written. Raises as `change` does."""
    before = await state(connection)
    check(before, made, seen, today)
    try:
        return before.rows, laying.laid(before.files, [*(one.change for one in before.changes), made])
    except DataError as error:
        raise DirectoryContradiction(what=str(error)) from None


async def _written(connection: asyncpg.Connection, before: State) -> State:
    changes = await laying.kept(connection)
    try:
        rows = laying.together(before.files, changes)
    except DataError as error:
        raise DirectoryContradiction(what=str(error)) from None
    await load.write(connection, rows)
    await load.bump(connection)
    return State(before.files, changes, rows)


def check(now: State, made: Change, seen: str | None, today: date) -> None:
    """Raises NotFound, DirectoryMoved, Invalid."""
    if made.what is not What.AGENCY_NEW:
        current = now.version(made.what.kind, made.code)
        if seen != current:
            raise DirectoryMoved(extra={"version": current})
    if errors := list(_wrong(now.rows, made, today)):
        raise Invalid(errors=errors)


def _wrong(rows: Rows, made: Change, today: date) -> Iterator[FieldError]:
    said, what = made.said, made.what
    if what in (What.AGENCY_NAMES, What.AGENCY_NEW):
        yield from _names_taken(rows, made)
    if what is What.AGENCY_NEW:
        yield from _wrong_new(rows, made)
    elif what in (What.AGENCY_NAMES, What.REGION_NAMES):
        life = _one(rows, what.kind, made.code)
        assert life is not None
        if not _within(life, said["from"]):
            yield FieldError("from", "outside_its_days")
    elif what is What.AGENCY_SETTINGS:
        yield from _wrong_settings(rows, made)
    elif what is What.AGENCY_END:
        yield from _wrong_end(rows, made, today)
    elif what is What.COMPETENCE:
        yield from _wrong_competence(rows, made, today)


def _names_taken(rows: Rows, made: Change) -> Iterator[FieldError]:
    """A name means one body, because an addressee may be given by name."""
    taken = {fold(row["code"]): row["code"] for row in rows["agency"]}
    taken |= {fold(row[lang]): row["agency"] for row in rows["agency_name"] for lang in LANGUAGES}
    for lang in LANGUAGES:
        owner = taken.get(fold(made.said[lang]), made.code)
        if owner != made.code:
            yield FieldError(lang, "name_taken", {"code": owner})


def _wrong_new(rows: Rows, made: Change) -> Iterator[FieldError]:
    if _one(rows, "agency", made.code):
        yield FieldError("code", "code_taken")
    parent = _one(rows, "agency", made.said["parent"])
    if parent is None:
        yield FieldError("parent", "unknown_code", {"near": "—"})
    elif parent["valid_to"] is not None or not _within(parent, made.said["from"]):
        yield FieldError("parent", "does_not_last", {"code": parent["code"]})
    if made.said["region"] is not None and not _one(rows, "region", made.said["region"]):
        yield FieldError("region", "unknown_code", {"near": "—"})


def _wrong_settings(rows: Rows, made: Change) -> Iterator[FieldError]:
    own = _one(rows, "agency", made.code)
    assert own is not None
    whole = {**own, **made.said}
    if whole["opens"] >= whole["closes"]:
        yield FieldError("closes", "closes_before_it_opens")
    if whole["warn_operator"] is not None and (whole["warn_head"] or 0) > whole["warn_operator"]:
        yield FieldError("warn_head", "operator_is_warned_first")
    address = {f"address_{lang}": whole.get(f"address_{lang}") for lang in LANGUAGES}
    if any(address.values()):
        yield from (FieldError(name, "missing") for name, words in address.items() if not words)
    if "parent" not in made.said or made.said["parent"] == own["parent"]:
        return
    parent = _one(rows, "agency", whole["parent"])
    if parent is None:
        yield FieldError("parent", "unknown_code", {"near": "—"})
    elif made.code in _above(rows, parent["code"]):
        yield FieldError("parent", "part_of_itself")
    elif not _lasts(parent, own):
        yield FieldError("parent", "does_not_last", {"code": parent["code"]})


def _wrong_end(rows: Rows, made: Change, today: date) -> Iterator[FieldError]:
    own, heir = _one(rows, "agency", made.code), _one(rows, "agency", made.said["successor"])
    assert own is not None
    last = made.said["last_day"]
    if last < today.isoformat():
        yield FieldError("last_day", "day_passed")
    if last < own["valid_from"]:
        yield FieldError("last_day", "outside_its_days")
    if made.code == TRIAGE:
        yield FieldError("last_day", "always_there")
    if heir is None or heir["code"] in (made.code, SANDBOX):
        yield FieldError("successor", "unknown_code", {"near": "—"})
    elif heir["valid_to"] is not None or heir["valid_from"] > last:
        yield FieldError("successor", "does_not_last", {"code": heir["code"]})
    below = [r["code"] for r in rows["agency"] if r["parent"] == made.code and not _ends_by(r, last)]
    if below:
        yield FieldError("last_day", "has_bodies_below", {"codes": ", ".join(below[:5])})


def _wrong_competence(rows: Rows, made: Change, today: date) -> Iterator[FieldError]:
    said = made.said
    if made.code == WITHOUT_COMPETENCE:
        yield FieldError("agency", "nobody_answers_here")
    if said["from"] < today.isoformat():
        yield FieldError("from", "day_passed")
    if said["region"] is not None and not _one(rows, "region", said["region"]):
        yield FieldError("region", "unknown_code", {"near": "—"})
    if said["agency"] is None:
        if said["region"] is None:
            yield FieldError("agency", "missing")
        return
    agency = _one(rows, "agency", said["agency"])
    if agency is None or agency["code"] == SANDBOX:
        yield FieldError("agency", "unknown_code", {"near": "—"})
    elif agency["valid_to"] is not None or agency["valid_from"] > said["from"]:
        yield FieldError("agency", "does_not_last", {"code": agency["code"]})


def _one(rows: Rows, table: str, code: Any) -> Row | None:
    return next((row for row in rows[table] if row["code"] == code), None)


def _above(rows: Rows, code: str | None) -> set[str]:
    parents = {row["code"]: row["parent"] for row in rows["agency"]}
    found: set[str] = set()
    while code is not None:
        found.add(code)
        code = parents[code]
    return found


def _within(life: Row, day: str) -> bool:
    return bool(life["valid_from"] <= day and (life["valid_to"] is None or day <= life["valid_to"]))


def _lasts(parent: Row, child: Row) -> bool:
    return bool(parent["valid_from"] <= child["valid_from"] and _ends_by(child, parent["valid_to"]))


def _ends_by(row: Row, last: str | None) -> bool:
    return last is None or (row["valid_to"] is not None and bool(row["valid_to"] <= last))
