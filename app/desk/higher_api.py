"""The calls of higher bodies: appeals down, and what became of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from app.attachments.errors import AttachmentUsed, TooManyAttachments
from app.core import sight
from app.core.edge import FIGURES, Db, Lang, Read
from app.core.errors import Invalid, Malformed, TooLarge, UnsupportedMedia, problems
from app.core.limited import seeing
from app.desk import entry, higher
from app.desk.errors import NotFromAbove
from app.desk.schemas import CountsIn, CountsOut, HigherAppealIn, HigherRegistrationOut, SentIn, SentListOut
from app.directory import snapshot
from app.intake.api import registration_out
from app.intake.register import KeyReused
from app.intake.tickets.callers import Writer
from app.intake.tickets.errors import ChannelForbidden
from app.routing.rules import UnknownAddressee
from app.staff.access import ClientCaller, StaffCaller, client_or_staff
from app.staff.api import SIGNED_IN
from app.staff.errors import ScopeMissing
from app.staff.permissions import Scope

router = APIRouter(prefix="/api/v1/higher", tags=["integrations"])

EXAMPLES: dict[str, Any] = {
    "virtual_reception": {
        "summary": "From the President's virtual reception room, with a day of control",
        "value": {
            "outgoing_number": "ВП-10-24/1177",
            "outgoing_on": "2026-11-23",
            "control_on": "2026-12-10",
            "kind": "statement",
            "language": "kk",
            "text": "Ауылда интернет жоқ, балалар сабаққа қатыса алмайды.",
            "addressee": "digital",
            "applicant": {"name": "Үлгібек Сынақбаев", "address": "Түркістан обл., Мысал ауылы"},
        },
    }
}


@router.post(
    "/appeals",
    summary="Send an appeal down",
    description=(
        "From the Administration, the Government's office or the President's virtual reception room, by the "
        "key of that source. `outgoing_number` with the year of `outgoing_on` is one appeal for ever: the "
        "same message again gives 200 and the first answer, another one under the number 409. With "
        "`control_on` it is on control from its registration, in the same transaction; the legal term is "
        "neither shortened nor lengthened by that.\n\n"
        "`curl -H 'X-API-Key: …' -H 'Content-Type: application/json' $HOST/api/v1/higher/appeals -d "
        '\'{"outgoing_number": "10-24/1177", "outgoing_on": "2026-11-23", "control_on": "2026-12-10", '
        '"kind": "statement", "language": "kk", "text": "Ауылда интернет жоқ.", "addressee": "digital"}\'`'
    ),
    status_code=201,
    response_model=HigherRegistrationOut,
    responses={
        200: {"description": "The same message again: its first answer", "model": HigherRegistrationOut},
        **problems(
            Malformed,
            NotFromAbove,
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
async def send_down(
    caller: Writer,
    form: Annotated[HigherAppealIn, Body(openapi_examples=EXAMPLES)],
    db: Db,
    lang: Lang,
    request: Request,
    response: Response,
) -> HigherRegistrationOut:
    entered = higher.sent_down(form, caller)
    registration = await entry.take_in(db, request.app.state.gatherer, entered, snapshot.current())
    response.status_code = 201 if registration.created else 200
    return HigherRegistrationOut(
        **dict(registration_out(registration, lang)),
        outgoing_number=form.outgoing_number,
        outgoing_on=form.outgoing_on,
        control_on=form.control_on,
    )


ReadingBack = Annotated[ClientCaller | StaffCaller, Depends(client_or_staff(Scope.TICKETS_READ, "desk"))]
READ_BACK = problems(*SIGNED_IN, ScopeMissing, NotFromAbove, Invalid)


@router.get(
    "/appeals",
    summary="What became of what was sent down",
    description=(
        "The newest first, each as it stands now with the answers that were given: what is `executed` "
        "(nobody holds it any more) or `in_execution`, as of the end of a day. By the key of the source, or "
        "by the people of the body.\n\n"
        "`curl -H 'X-API-Key: …' '$HOST/api/v1/higher/appeals?state=in_execution&from=2026-01-01'`"
    ),
    responses=READ_BACK,
)
async def sent(
    caller: ReadingBack, connection: Read, lang: Lang, asked: Annotated[SentIn, Query()]
) -> SentListOut:
    directory = snapshot.current()
    sender, question = higher.Sender.of(caller, directory), higher.understood(asked, directory)
    async with seeing(connection, sight.of_sources(sender.sources)):
        return await higher.page(connection, sender, question, asked, lang)


@router.get(
    "/counts",
    dependencies=[FIGURES],
    summary="How much of it is executed",
    description=(
        "`sent = executed + in_execution`; `overdue` and `control_passed` are parts of what is in execution. "
        "`/higher/appeals` with the same question lists what is counted.\n\n"
        "`curl -H 'X-API-Key: …' '$HOST/api/v1/higher/counts?agency=digital&from=2021-01-01&to=2021-06-30"
        "&as_of=2021-06-30'`"
    ),
    responses=READ_BACK,
)
async def counts(caller: ReadingBack, connection: Read, asked: Annotated[CountsIn, Query()]) -> CountsOut:
    directory = snapshot.current()
    sender, question = higher.Sender.of(caller, directory), higher.understood(asked, directory)
    async with seeing(connection, sight.of_sources(sender.sources)):
        return await higher.counts(connection, sender, question)
