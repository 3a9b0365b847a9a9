"""The heads and the keys, for anybody: a copy that others keep is what nobody here can change."""

from base64 import b64encode
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Query

from app.core.edge import Read
from app.core.errors import Invalid, problems
from app.seals import heads
from app.seals.schemas import HeadOut, HeadsOut, KeyOut, KeysOut
from app.staff.access import Public

router = APIRouter(prefix="/api/v1/seals", tags=["seals"])

MOST = 1_000
_COLUMNS = "SELECT number, at, head, hash, signature, key_id FROM seal"
_AFTER = f"{_COLUMNS} WHERE number > $1 ORDER BY number LIMIT $2"
_NEWEST = f"SELECT * FROM ({_COLUMNS} ORDER BY number DESC LIMIT $1) newest ORDER BY number"
_KEYS = "SELECT id, public, since, introduced_by, signature FROM seal_key ORDER BY since, id"


@router.get(
    "",
    summary="The heads of the seals",
    description="The newest ones, or those after a number. Whoever keeps them can show later that nothing "
    "was rewritten: docs/security.md.\n\n`curl '$HOST/api/v1/seals?after=0&limit=1000'`",
    response_model=HeadsOut,
    responses=problems(Invalid),
)
async def newest(
    _caller: Public,
    connection: Read,
    after: Annotated[int | None, Query(ge=0, le=2**62, description="give what follows this number")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> HeadsOut:
    if after is None:
        found = await connection.fetch(_NEWEST, limit)
        return HeadsOut(items=[head_out(row) for row in found], more=False)
    found = await connection.fetch(_AFTER, after, limit + 1)
    return HeadsOut(items=[head_out(row) for row in found[:limit]], more=len(found) > limit)


@router.get(
    "/keys",
    summary="The public keys that heads are signed with",
    description="`curl $HOST/api/v1/seals/keys`",
    response_model=KeysOut,
    responses=problems(),
)
async def public_keys(_caller: Public, connection: Read) -> KeysOut:
    return KeysOut(items=[key_out(row) for row in await connection.fetch(_KEYS)])


def head_out(row: asyncpg.Record) -> HeadOut:
    return HeadOut(
        number=row["number"],
        at=row["at"],
        head=row["head"],
        hash=row["hash"].hex(),
        signature=b64encode(row["signature"]).decode(),
        key=row["key_id"],
    )


def key_out(row: asyncpg.Record) -> KeyOut:
    introduced = row["introduced_by"] is not None
    return KeyOut(
        id=row["id"],
        public=row["public"],
        since=row["since"],
        introduced_by=row["introduced_by"],
        introduction=heads.introduction(row["id"]) if introduced else None,
        signature=b64encode(row["signature"]).decode() if introduced else None,
    )
