"""Rises: what heads are told of, with the cases, until somebody acknowledges it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.core import clock
from app.core.cipher import cipher
from app.core.edge import FIGURES, Lang, Read, Tx
from app.core.errors import Forbidden, Invalid, NotFound, problems
from app.directory import snapshot
from app.oversight.reach import Looker
from app.oversight.resonance import cases, reading
from app.oversight.resonance.schemas import AppealsOut, PageIn, RiseOut, RisesIn, RisesOut, WordIn
from app.staff.access import Overseer

router = APIRouter(prefix="/api/v1/oversight", tags=["oversight"], dependencies=[FIGURES])
Id = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[1])]

_ACKNOWLEDGE = """
UPDATE rise SET acknowledged_at = $2, acknowledged_by = $3, word = $4
WHERE id = $1 AND acknowledged_at IS NULL
"""


@router.get(
    "/rises",
    summary="Where appeals rise",
    description=(
        "Far more appeals of one topic in one region than the same hour of the same weekday usually brings. "
        "A head is told of those of which the own bodies got most, a controller of all; each rise is told "
        "once, however long it lasts. With `open=true` those that nobody has acknowledged.\n\n"
        "`curl -H 'Authorization: Bearer …' '$HOST/api/v1/oversight/rises?open=true'`"
    ),
    responses=problems(Forbidden, Invalid),
)
async def rises(
    caller: Overseer, asked: Annotated[RisesIn, Query()], lang: Lang, connection: Read
) -> RisesOut:
    directory = snapshot.current()
    return await reading.rises(connection, Looker.of(caller, directory), asked, directory, lang)


@router.get(
    "/rises/{id}",
    summary="A rise",
    description="With each of its hours: how many came, how many are usual, how unlikely that is.",
    responses=problems(Forbidden, NotFound, Invalid),
)
async def rise(caller: Overseer, id: Id, lang: Lang, connection: Read) -> RiseOut:
    directory = snapshot.current()
    found = await reading.rise(connection, Looker.of(caller, directory), id, directory, lang)
    if found is None:
        raise NotFound
    return found


@router.get(
    "/rises/{id}/cases",
    summary="The appeals of a rise",
    description=(
        "Exactly those that `seen` counts, whatever became of them since; a head's without those that only "
        "other bodies held. A complaint that is kept from somebody (A08) is counted and not shown to them."
    ),
    responses=problems(Forbidden, NotFound, Invalid),
)
async def rise_cases(
    caller: Overseer, id: Id, asked: Annotated[PageIn, Query()], lang: Lang, connection: Read
) -> AppealsOut:
    directory = snapshot.current()
    looker = Looker.of(caller, directory)
    if await reading.rise(connection, looker, id, directory, lang) is None:
        raise NotFound
    return await cases.page(connection, reading.COUNTED, (id,), looker, asked, directory, lang)


@router.post(
    "/rises/{id}/acknowledge",
    summary="Acknowledge a rise",
    description=(
        "Who, when, and a word of what is done about it. The first one stays: a second changes nothing and "
        "gets what the first said."
    ),
    responses=problems(Forbidden, NotFound, Invalid),
)
async def acknowledge(caller: Overseer, id: Id, said: WordIn, lang: Lang, connection: Tx) -> RiseOut:
    directory = snapshot.current()
    looker = Looker.of(caller, directory)
    if await reading.rise(connection, looker, id, directory, lang) is None:
        raise NotFound
    word = cipher().encrypt(said.word, reading.WORD)
    await connection.execute(_ACKNOWLEDGE, id, clock.now(), caller.account_id, word)
    found = await reading.rise(connection, looker, id, directory, lang)
    assert found is not None
    return found
