"""Tickets in: one, or up to a thousand."""

from collections.abc import Mapping, Sequence
from datetime import date

from fastapi import APIRouter, Request, Response

from app.appeals.numbers import is_sandbox
from app.attachments.errors import AttachmentUsed, TooManyAttachments
from app.core import clock, stream
from app.core.edge import LONG, Db, Lang
from app.core.errors import AppError, Invalid, Malformed, TooLarge, UnsupportedMedia, problems
from app.core.outbound import Allowed
from app.core.rooms import join
from app.core.stream import WrongEncoding
from app.intake.api import registration_out
from app.intake.gatherer import Gatherer
from app.intake.register import KeyReused
from app.intake.submission import Registration, Submission
from app.intake.tickets import consultations, following, reconciliation, refused, ticket
from app.intake.tickets.callers import Desk, Writer
from app.intake.tickets.described import EXAMPLES, array_or_lines, one_of
from app.intake.tickets.errors import ChannelForbidden
from app.intake.tickets.lines import Line, batch_out, parsed, read
from app.intake.tickets.schemas import BatchOut, LineOut, TicketIn, TicketOut
from app.routing.rules import UnknownAddressee

router = APIRouter(prefix="/api/v1", tags=["integrations"])

BATCH = "/tickets/batch"
# A thousand tickets of 16 kB each.
BODY_LIMITS = {f"{router.prefix}{BATCH}": 16 * 1_048_576}


@router.post(
    "/tickets",
    summary="Bring an appeal",
    description=(
        "A citizen's appeal with your own id. `(source, external_id)` is one appeal for ever: the same "
        "message again, whatever the order of its fields, gives 200 and the first answer, so send it again "
        "until you have an answer; another message under the id gives 409. `received_at` may be left out of "
        "a repeat or added to it; two that differ are two messages.\n\n"
        "`curl -H 'X-API-Key: …' -H 'Content-Type: application/json' $HOST/api/v1/tickets -d "
        '\'{"external_id": "109-2026-000123", "channel": "call_centre", "kind": "statement", '
        '"language": "kk", "text": "Көшеде жарық жоқ.", "topic": "utilities"}\'`'
    ),
    status_code=201,
    response_model=TicketOut,
    openapi_extra=one_of(TicketIn, EXAMPLES),
    responses={
        200: {"description": "The same message again: its first answer", "model": TicketOut},
        **problems(
            Malformed,
            WrongEncoding,
            ChannelForbidden,
            KeyReused,
            AttachmentUsed,
            TooLarge,
            TooManyAttachments,
            UnsupportedMedia,
            Invalid,
            UnknownAddressee,
        ),
    },
)
async def bring_ticket(caller: Writer, db: Db, lang: Lang, request: Request, response: Response) -> TicketOut:
    raw = await stream.one(request)
    async with refused.kept(db, caller.source_id, raw):
        brought = parsed(TicketIn, raw)
        registration = await _brought(request, db, Desk.of(caller), brought)
    response.status_code = 201 if registration.created else 200
    return TicketOut(external_id=brought.external_id, **dict(registration_out(registration, lang)))


async def _brought(request: Request, db: Db, desk: Desk, brought: TicketIn) -> Registration:
    now = clock.now()
    said = ticket.submission(brought, desk, now, inside(request))
    for late in (await ticket.too_late(db, desk.source, {0: said}, now)).values():
        raise late
    registrar: Gatherer = request.app.state.gatherer
    return await registrar.register(said)


def inside(request: Request) -> Allowed:
    """What lies inside and may be fetched from all the same."""
    return Allowed.of(request.app.state.settings.outbound_allow)


# Many


@router.post(
    BATCH,
    summary="Bring up to 1,000 appeals",
    description=(
        "A JSON array, or NDJSON with one ticket a line, in UTF-8; 16 MB. Each is taken or rejected by "
        "itself, and the answer has a result for each: what is `created` or a `duplicate` is safe; of what "
        "is `rejected`, `problem` says why (send it again as it is only where its `status` is 500 or more). "
        "What is new is committed together: without an answer send the whole batch again. A ticket that "
        "comes twice in one batch is created once and is a duplicate after that. A JSON array that is not "
        "well-formed is refused as a whole; of NDJSON only the line that is not.\n\n"
        "`curl -H 'X-API-Key: …' -H 'Content-Type: application/x-ndjson' $HOST/api/v1/tickets/batch "
        "--data-binary @tickets.ndjson`"
    ),
    dependencies=[LONG],
    response_model=BatchOut,
    response_model_exclude_unset=True,
    openapi_extra=array_or_lines(TicketIn, EXAMPLES),
    responses=problems(Malformed, WrongEncoding, TooLarge, UnsupportedMedia, Invalid),
)
async def bring_tickets(caller: Writer, db: Db, lang: Lang, request: Request) -> BatchOut:
    desk = Desk.of(caller)

    def understood(brought: TicketIn) -> tuple[Submission, date]:
        said = ticket.submission(brought, desk, clock.now(), inside(request))
        return said, clock.civil_day(said.received_at)

    async with refused.kept(db, caller.source_id):
        lines = await read(request, TicketIn, understood)
    said = {line.index: line.said for line in lines if line.said}
    for index, problem in (await ticket.too_late(db, desk.source, said, clock.now())).items():
        lines[index].problem = problem
        del said[index]
    taken = await _registered(request.app.state.gatherer, lines, said)
    await refused.keep_lines(db, caller.source_id, lines)
    return batch_out(lines, taken, lang)


async def _registered(
    registrar: Gatherer, lines: Sequence[Line[Submission]], said: Mapping[int, Submission]
) -> list[LineOut]:
    """The results of what was registered now or before; the problems of the rest are put on their lines."""
    taken: list[LineOut] = []
    answers = await registrar.register_all(list(said.values())) if said else []
    for index, answer in zip(said, answers, strict=True):
        if isinstance(answer, AppError):
            lines[index].problem = answer
        else:
            taken.append(
                lines[index].result(
                    "created" if answer.created else "duplicate",
                    number=answer.number,
                    access_code=answer.access_code,
                    registered_on=answer.registered_on,
                    due_on=answer.due_on,
                    **({"sandbox": True} if is_sandbox(answer.appeal_id) else {}),
                )
            )
    return taken


join(router, following.router, reconciliation.router, consultations.router)
