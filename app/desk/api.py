"""The clerk's calls."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request, Response

from app.appeals import numbers
from app.attachments.errors import AttachmentUsed, TooManyAttachments
from app.core import clock, sight
from app.core.edge import Db, Lang, Tx
from app.core.errors import Forbidden, Invalid, Malformed, TooLarge, UnsupportedMedia, problems
from app.core.i18n import Language
from app.desk import earlier, entry
from app.desk.errors import WayClosed
from app.desk.schemas import (
    DeskAppealIn,
    DeskRegistrationOut,
    EarlierIn,
    EarlierListOut,
    PrintedReceipt,
    WayOut,
    WaysOut,
)
from app.directory import snapshot
from app.intake import receipts
from app.intake.api import IdempotencyKey, registration_out
from app.intake.register import KeyReused
from app.intake.schemas import ReceiptOut
from app.intake.submission import Registration
from app.routing.rules import UnknownAddressee
from app.staff.access import StaffCaller, require
from app.staff.api import SIGNED_IN

router = APIRouter(prefix="/api/v1/desk", tags=["desk"])

Clerk = Annotated[StaffCaller, Depends(require("desk"))]

EXAMPLES: dict[str, Any] = {
    "letter": {
        "summary": "A letter by post, in Kazakh",
        "value": {
            "channel": "letter",
            "kind": "statement",
            "language": "kk",
            "text": "Ауылымызға апаратын жолды жөндеуді сұраймын: көктемде автобус жүре алмайды.",
            "topic": "transport",
            "applicant": {"name": "Үлгібек Сынақбаев", "address": "Түркістан қ., Мысал көшесі, 5"},
            "signed": True,
            "how": {"outgoing_number": "17", "outgoing_on": "2026-11-20", "sheets": 2},
        },
    },
    "trust_line": {
        "summary": "A call to the trust line, in Russian",
        "value": {
            "channel": "trust_line",
            "kind": "message",
            "language": "ru",
            "text": "В кабинете приёма просят оплатить справку, которая выдаётся бесплатно.",
            "how": {"employee": {"name": "Сынақ Асан", "position": "бас маман"}},
        },
    },
}


@router.get(
    "/ways",
    summary="What I may put in by hand",
    description="Each channel with the fields of `how` that its form has.",
    responses=problems(*SIGNED_IN, Forbidden, Invalid),
)
async def ways(caller: Clerk, lang: Lang) -> WaysOut:
    directory = snapshot.current()
    return WaysOut(
        items=[
            WayOut(
                channel=way.channel,
                name=directory.channel(way.channel).name(lang),
                asks=way.asks,
                needs=way.needs,
            )
            for way in entry.ways_of(caller)
        ]
    )


@router.post(
    "/appeals",
    summary="Put in an appeal that came to a desk",
    description=(
        "A letter, a visit to the front office, a call to the trust line, a message of a social network: "
        "what a citizen's body has, and how it came. It is this body's, unless it is addressed to another. "
        "The answer has the receipt of rule R05 in the language of the appeal, to be printed and handed "
        "over. What the Administration and the Government's office hand down goes by its outgoing number: "
        "with the year of its day that is one appeal for ever, whatever the key."
    ),
    status_code=201,
    response_model=DeskRegistrationOut,
    responses={
        200: {"description": "The same again: its first answer", "model": DeskRegistrationOut},
        **problems(
            *SIGNED_IN,
            Forbidden,
            WayClosed,
            Malformed,
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
async def put_in(
    caller: Clerk,
    form: Annotated[DeskAppealIn, Body(openapi_examples=EXAMPLES)],
    db: Db,
    lang: Lang,
    request: Request,
    response: Response,
    key: IdempotencyKey = None,
) -> DeskRegistrationOut:
    directory = snapshot.current()
    entered = entry.by_hand(form, caller, key, directory)
    registration = await entry.take_in(db, request.app.state.gatherer, entered, directory)
    # The appeal may be another body's by now.
    with sight.within(sight.of_appeal(registration.appeal_id)):
        async with db.read() as connection:
            printed = await receipts.of(connection, registration.appeal_id, directory, form.language.value)
    assert printed is not None
    response.status_code = 201 if registration.created else 200
    return _registered(registration, printed, entered, lang)


def _registered(
    registration: Registration, printed: ReceiptOut, entered: entry.Entry, lang: Language
) -> DeskRegistrationOut:
    shown = registration_out(registration, lang)
    local = printed.received_at.astimezone(clock.ZONE)
    assert printed.accepted_by_person is not None
    receipt = PrintedReceipt(
        url=shown.receipt.url,
        number=printed.number,
        shown_number=numbers.parse(printed.number).display(),
        day=local.date(),
        time=local.strftime("%H:%M"),
        accepted_by=printed.accepted_by_person,
        deadline=printed.deadline,
        text=printed.text,
    )
    return DeskRegistrationOut(**(dict(shown) | {"receipt": receipt}), control_on=entered.control_on)


@router.post(
    "/earlier",
    summary="What somebody wrote before",
    description=(
        "By a registration number, a telephone number, an IIN or a BIN: what of it came to this body (a "
        "head: or to those under it), the newest first and without personal data. Each look-up is kept: who "
        "looked, when, by what, and how much was found."
    ),
    responses=problems(*SIGNED_IN, Forbidden, Malformed, TooLarge, UnsupportedMedia, Invalid),
)
async def look_up(
    caller: Clerk,
    asked: Annotated[EarlierIn, Body(openapi_examples={"phone": {"value": {"phone": "+7 700 000 00 01"}}})],
    connection: Tx,
    lang: Lang,
) -> EarlierListOut:
    return await earlier.look_up(connection, caller, asked, snapshot.current(), lang)
