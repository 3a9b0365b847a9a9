"""What a ministry would do with a ticket, done to a test by who sent it.

The acts go through the one door, on behalf of the sandbox's agency and by nobody in particular, who may do
what a head may. What follows is what would follow: the state that is read back, the changes that are
followed, the webhooks, the applicant's page.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query

from app.appeals import service
from app.appeals.codes import ActorKind
from app.appeals.commands import ActNotAllowed, Actor, Command, TermRefused
from app.appeals.lifecycle import Act
from app.appeals.numbers import MAX_PART
from app.core import clock
from app.core.edge import Lang, Tx
from app.core.errors import AppError, Forbidden, Invalid, NotFound, problems
from app.core.schema import Schema
from app.directory import snapshot
from app.intake.tickets import following
from app.intake.tickets.callers import Desk, Writer
from app.intake.tickets.errors import TicketNotFound
from app.intake.tickets.following import OwnId
from app.intake.tickets.schemas import StateOut
from app.sandbox.said import ACTS, Trial
from app.staff.access import ClientCaller, declares

router = APIRouter(prefix="/api/v1/sandbox", tags=["integrations"])


class NotSandbox(Forbidden):
    """The key is in earnest: what becomes of its tickets is for ministries to do."""

    code = "not_sandbox"


@declares("client")
async def tester(caller: Writer) -> ClientCaller:
    if not Desk.of(caller).source.sandbox:
        raise NotSandbox
    return caller


Tester = Annotated[ClientCaller, Depends(tester)]
Part = Annotated[int, Query(ge=0, le=MAX_PART, description="of a ticket that was split")]


def _route(act: Act, trial: Trial) -> None:
    said_in: type[Schema] = trial.model
    example = Body(openapi_examples={"example": {"value": trial.example}})
    said_as: Any = said_in if trial.example else said_in | None

    async def perform(
        caller: Tester,
        external_id: OwnId,
        lang: Lang,
        connection: Tx,
        said: Annotated[said_as, example],
        part: Part = 0,
    ) -> StateOut:
        appeal_id = await following.find(connection, caller.source_id, external_id)
        command = Command(
            act,
            appeal_id,
            Actor(ActorKind.STAFF, acts=frozenset(ACTS)),
            clock.now(),
            part=part,
            agencies=frozenset({snapshot.current().sandbox_id}),
            payload=trial.payload(said),
        )
        (done,) = await service.act(connection, [command], snapshot.current())
        if isinstance(done, AppError):
            raise TicketNotFound if isinstance(done, NotFound) else done
        return await following.state(connection, appeal_id, lang)

    if not trial.example:
        perform.__defaults__ = (None, 0)
    router.post(
        f"/tickets/{{external_id:path}}/{act}",
        name=f"sandbox_{act}",
        summary=f"Sandbox: {trial.summary}",
        description=(
            "With a test key, on a ticket that it brought: as the ministry would do it, at once and with "
            f"what follows from it.{trial.more}\n\n"
            f"`curl -H 'X-API-Key: …' -X POST $HOST/api/v1/sandbox/tickets/109-2026-000123/{act}`"
        ),
        response_model=StateOut,
        responses=problems(NotSandbox, TicketNotFound, ActNotAllowed, TermRefused, *trial.refusals, Invalid),
    )(perform)


for _act, _trial in ACTS.items():
    _route(_act, _trial)
