"""The calls about what could not be delivered."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from app.casework import undelivered
from app.casework.inputs import SettleIn
from app.casework.routes import example
from app.casework.schemas import UndeliveredListOut
from app.casework.undelivered import NothingToSettle
from app.core import clock
from app.core.edge import Lang, Read, Tx
from app.core.errors import Forbidden, Invalid, problems
from app.directory import snapshot
from app.staff.access import StaffCaller, require

router = APIRouter(prefix="/api/v1", tags=["casework"])

Watching = Annotated[StaffCaller, Depends(require("undelivered"))]


@router.get(
    "/undelivered",
    summary="What the applicant could not be told",
    description=(
        "E-mails and short messages that were given up, or that fail while the legal day comes near: "
        "somebody has to write or ring instead. Of cases that one's agency holds, a head's with all under "
        "it; the nearest legal day first. What gets through after all leaves the list by itself."
    ),
    responses=problems(Forbidden),
)
async def read_undelivered(caller: Watching, connection: Read, lang: Lang) -> UndeliveredListOut:
    return UndeliveredListOut(items=await undelivered.tasks(connection, caller, snapshot.current(), lang))


@router.post(
    "/undelivered/{id}/settle",
    summary="The applicant was told otherwise",
    description="How is kept with the proof of the attempts. Nothing more is sent of it.",
    status_code=204,
    responses=problems(Forbidden, NothingToSettle, Invalid),
)
async def settle(
    caller: Watching,
    id: Annotated[int, Path(ge=1, le=2**63 - 1, examples=[1])],
    said: Annotated[SettleIn, example(how="letter")],
    connection: Tx,
) -> None:
    await undelivered.settle(connection, caller, id, said.how, snapshot.current(), clock.now())
