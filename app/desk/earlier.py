"""What somebody wrote before, to a clerk of the body that it came to (A09).

Numbers are compared as keyed hashes, and who looked for what is kept: a search by a person's number is a look
into their life.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg

from app.appeals import numbers, repository, walls
from app.appeals.codes import ApplicantType
from app.appeals.identifiers import phone_digits
from app.appeals.masking import masked
from app.casework import reach
from app.core import clock
from app.core.cipher import cipher
from app.core.errors import FieldError, Invalid
from app.core.i18n import Language
from app.desk.schemas import EarlierIn, EarlierListOut, EarlierOut
from app.directory.registry import Directory
from app.intake.parts import overdue
from app.intake.shown import agency_out
from app.readings import keeping
from app.readings.codes import Way
from app.staff.access import StaffCaller
from app.staff.names import initials

MOST = 50
_BY = ("iin", "bin", "phone")

_BY_NUMBER = "SELECT id FROM appeal WHERE id = $1"
_BY_HASH = "SELECT appeal_id FROM applicant WHERE {column} = ANY ($1::bytea[])"
_UNDER_REVIEW = """
EXISTS (SELECT FROM holding review WHERE review.appeal_id = mine.appeal_id AND review.stage = 'review'
        AND review.closed_at IS NULL)
"""
# Of each part the newest holding that the reader's bodies have or had; and that it was asked, with how many
# were found.
_FOUND = """
WITH mine AS (
    SELECT DISTINCT ON (h.appeal_id, h.part) h.id, h.appeal_id, h.part, h.agency_id, h.kind, h.topic,
           h.channel, h.applicant_type, h.registered_on, h.due_on, h.status, h.running, h.closed_at, h.close
    FROM holding h
    WHERE h.appeal_id IN ({which}) AND h.agency_id = ANY ($2::bigint[])
    ORDER BY h.appeal_id, h.part, h.id DESC
), found AS (
    SELECT mine.*, p.name, c.body,
           EXISTS (SELECT FROM holding later WHERE later.appeal_id = mine.appeal_id AND later.part = mine.part
                     AND later.id > mine.id) AS past
    FROM mine
    LEFT JOIN applicant p ON p.appeal_id = mine.appeal_id
    LEFT JOIN content c ON c.appeal_id = mine.appeal_id AND c.kind = 'appeal'
    WHERE {not_walled}
    ORDER BY mine.appeal_id DESC, mine.part LIMIT $6
), kept AS (
    INSERT INTO desk_lookup (account_id, agency_id, at, by, sought, found)
    SELECT $3, $7, $8, $9, $10, (SELECT count(*) FROM found)
)
SELECT * FROM found ORDER BY appeal_id DESC, part
"""
_NOT_WALLED = walls.condition(
    me="$3", agencies="$4::bigint[]", head="$5", appeal="mine.appeal_id", under_review=_UNDER_REVIEW
)
_APPLICANT = "SELECT iin, bin, phone FROM applicant WHERE appeal_id = $1"


async def look_up(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    asked: EarlierIn,
    directory: Directory,
    lang: Language,
) -> EarlierListOut:
    """Raises Invalid unless one thing is asked by. Writes down that it was asked."""
    by, value = _asked(asked)
    rows = await _search(connection, caller, by, value, directory)
    return await _listed(connection, caller, rows, directory, lang)


async def _listed(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    rows: Sequence[asyncpg.Record],
    directory: Directory,
    lang: Language,
) -> EarlierListOut:
    """What is shown of an appeal is read, and kept as that."""
    read = [(row["appeal_id"], row["part"]) for row in rows[:MOST]]
    await keeping.keep(connection, caller.account_id, caller.agency_id, read, Way.LOOKUP, clock.now())
    return EarlierListOut(items=[_shown(row, directory, lang) for row in rows[:MOST]], more=len(rows) > MOST)


async def of_applicant(
    connection: asyncpg.Connection, caller: StaffCaller, appeal_id: int, directory: Directory, lang: Language
) -> EarlierListOut:
    """The other appeals of who wrote this one, which the caller may see: by the same IIN, BIN or telephone.
    Each of these is a look-up that is kept."""
    row = await connection.fetchrow(_APPLICANT, appeal_id)
    known = {by: cipher().decrypt_optional(row[by], f"applicant.{by}") for by in _BY} if row else {}
    found: dict[tuple[int, int], asyncpg.Record] = {}
    for by, value in known.items():
        for one in await _search(connection, caller, by, value, directory) if value else ():
            if one["appeal_id"] != appeal_id:
                found[one["appeal_id"], one["part"]] = one
    rows = [found[key] for key in sorted(found, reverse=True)]
    return await _listed(connection, caller, rows, directory, lang)


async def _search(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    by: str,
    value: str,
    directory: Directory,
) -> list[asyncpg.Record]:
    """`value`: a number of an appeal, or what the applicant gave. That it was asked is kept."""
    column, normal = f"applicant.{by}", _normal(by, value)
    which: str = _BY_NUMBER if by == "number" else _BY_HASH.format(column=f"{by}_hash")
    compared = numbers.parse(value).appeal_id if by == "number" else cipher().search_hashes(normal, column)
    rows: list[asyncpg.Record] = await connection.fetch(
        _FOUND.format(which=which, not_walled=_NOT_WALLED),
        compared,
        sorted(reach.visible(caller, directory)),
        *reach.onlooker(caller, directory).values(),
        MOST + 1,
        *(caller.agency_id, clock.now(), by, cipher().lasting_hash(normal or "", column)),
    )
    return rows


def _asked(asked: EarlierIn) -> tuple[str, str]:
    given: dict[str, Any] = asked.model_dump(exclude_none=True)
    if len(given) != 1:
        raise Invalid(errors=[FieldError(name, "one_of_these") for name in given or EarlierIn.model_fields])
    ((by, value),) = given.items()
    return by, value


def _normal(by: str, value: str) -> str | None:
    return phone_digits(value) if by == "phone" else value


def _shown(row: asyncpg.Record, directory: Directory, lang: Language) -> EarlierOut:
    said = repository.opened(row["body"]) if row["body"] else {}
    name = cipher().decrypt_optional(row["name"], "applicant.name")
    agency = directory.agency_by_id(row["agency_id"]).code
    return EarlierOut(
        number=numbers.format_number(row["appeal_id"], ApplicantType(row["applicant_type"]), row["part"]),
        kind=row["kind"],
        topic=row["topic"],
        channel=row["channel"],
        subject=masked(said.get("subject"), ()),
        applicant=initials(name) if name else None,
        agency=agency_out(directory, agency, row["registered_on"], lang),
        registered_on=row["registered_on"],
        due_on=row["due_on"],
        status=row["status"],
        overdue=overdue(row, clock.today()),
        close=row["close"],
        past=row["past"],
    )
