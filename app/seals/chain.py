"""Do the heads follow one from another, signed by us, and are those outside the same?"""

from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import islice

import asyncpg

from app.core.db import Database
from app.seals import heads, keys
from app.seals.findings import Finding
from app.seals.heads import Head, NotAHead
from app.seals.heads_file import HeadsFile, Signed

PIECE = 500

_HEADS = """
SELECT number, at, upto_xid::text::bigint AS xid, upto_id AS id, head, hash, signature, key_id
FROM seal WHERE number > $1 ORDER BY number LIMIT $2
"""
_KEYS = "SELECT id, public, introduced_by, signature FROM seal_key"
_THESE = "SELECT number, head, signature FROM seal WHERE number = ANY ($1::bigint[])"


async def broken(db: Database) -> AsyncIterator[Finding]:
    """What is wrong with the heads in the database, in their order."""
    async with db.read() as connection:
        known = {row["id"]: row for row in await connection.fetch(_KEYS)}
    for found in _keys(known):
        yield found
    before: asyncpg.Record | None = None
    while True:
        async with db.read() as connection:
            piece = await connection.fetch(_HEADS, before["number"] if before else 0, PIECE)
        if not piece:
            break
        for row in piece:
            wrong = _wrong(row, before, known)
            if wrong:
                yield Finding("seal", row["number"], wrong)
            before = row
    if before and before["key_id"] not in {key.id for key in keys.signing_keys()}:
        yield Finding("seal", before["number"], "foreign_key", {"by": before["key_id"]})


def _keys(known: Mapping[str, asyncpg.Record]) -> Iterator[Finding]:
    for id_, row in known.items():
        try:
            right = heads.key_id(row["public"]) == id_
        except ValueError:
            right = False
        if right and row["introduced_by"] is not None:
            by = known.get(row["introduced_by"])
            said = heads.introduction(id_)
            right = by is not None and heads.signed_by(by["public"], said, row["signature"] or b"")
        if not right:
            yield Finding("seal_key", id_, "key")


def _wrong(
    row: asyncpg.Record, before: asyncpg.Record | None, known: Mapping[str, asyncpg.Record]
) -> str | None:
    """The code of what is wrong with a head that comes after another one."""
    try:
        head = Head.read(row["head"])
    except NotAHead:
        return "head"
    key = known.get(head.key)
    if key is None or not heads.signed_by(key["public"], row["head"], row["signature"]):
        return "signature"
    beside = (row["number"], row["at"], (row["xid"], row["id"]), row["hash"], row["key_id"])
    if beside != (head.number, head.at, head.upto, heads.head_hash(row["head"]), head.key):
        return "beside"
    if head.number != (before["number"] + 1 if before else 1):
        return "gap"
    return None if head.previous == (before["hash"] if before else None) else "previous"


async def outside(db: Database, file: HeadsFile) -> AsyncIterator[Finding]:
    """What the file says otherwise than the database. What it does not have yet is nothing wrong."""
    lines = file.read()
    expected = None
    while piece := list(islice(lines, PIECE)):
        async with db.read() as connection:
            rows = await connection.fetch(_THESE, [one.number for _, one in piece if one])
        known = {row["number"]: row["head"] for row in rows}
        for place, one in piece:
            wrong = _of_line(one, known, expected)
            if wrong:
                said = {"seal": one.number} if one else {}
                yield Finding(str(file.path), place, wrong, said)
            expected = one.number + 1 if one else None


def _of_line(one: Signed | None, known: Mapping[int, str], expected: int | None) -> str | None:
    if one is None:
        return "line"
    if one.number not in known:
        return "lost_seal"
    if known[one.number] != one.head:
        return "other_seal"
    return "line_missing" if expected is not None and one.number != expected else None
