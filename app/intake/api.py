"""A citizen's appeal by the API."""

import hashlib
import re
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Request, Response
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from app.appeals import history
from app.appeals.codes import Status
from app.appeals.numbers import is_sandbox
from app.attachments.errors import AttachmentUsed, TooManyAttachments
from app.core import clock
from app.core.edge import Lang
from app.core.errors import Invalid, Malformed, TooLarge, TooManyRequests, UnsupportedMedia, problems
from app.core.i18n import Language
from app.directory import snapshot
from app.intake.gatherer import Gatherer
from app.intake.limits import public_filing
from app.intake.register import KeyReused
from app.intake.said import said
from app.intake.schemas import AgencyOut, AppealIn, ComplaintOut, ReceiptRef, RegistrationOut, RouteOut
from app.intake.shown import Whereabouts, complaint_out
from app.intake.submission import Registration, Submission
from app.routing.rules import UnknownAddressee, reason

router = APIRouter(prefix="/api/v1", tags=["citizens"])

SOURCE, CHANNEL = "citizen-api", "reception_room"
KEY_LASTS_DAYS = 30

EXAMPLES: dict[str, Any] = {
    "heating": {
        "summary": "No heating, in Kazakh",
        "value": {
            "kind": "complaint",
            "language": "kk",
            "text": "Үйімізде үш күннен бері жылу жоқ. Пәтерде кішкентай бала бар. Көмектесіңіздерші.",
            "topic": "utilities",
            "region": "KZ-61",
            "applicant": {"name": "Үлгібек Сынақбаев", "address": "Түркістан қ., Мысал көшесі, 5"},
        },
    },
    "question": {
        "summary": "A question to a ministry, in Russian",
        "value": {
            "kind": "inquiry",
            "language": "ru",
            "text": "Какие документы нужны для получения адресной социальной помощи?",
            "addressee": "labour",
        },
    },
}


def _well_formed(key: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._:~-]{16,200}", key):
        raise PydanticCustomError("idempotency_key", "idempotency key")
    return key


IdempotencyKey = Annotated[
    Annotated[str, AfterValidator(_well_formed)] | None,
    Header(
        alias="Idempotency-Key",
        description="16-200 characters of your own; the same body again under it gives the same answer",
    ),
]


@router.post(
    "/appeals",
    summary="File an appeal",
    description="Registers it at once, whatever may be missing (`missing` lists it); says who will answer, "
    "why they, and by which day. Keep the access code: it opens the appeal, and its receipt, which explains "
    "the day. With `complaint_about` it is a complaint about what came of an earlier appeal.",
    status_code=201,
    response_model=RegistrationOut,
    dependencies=[Depends(public_filing)],
    responses={
        200: {"description": "The same message again: its first answer", "model": RegistrationOut},
        **problems(
            Malformed,
            KeyReused,
            AttachmentUsed,
            TooLarge,
            TooManyAttachments,
            UnsupportedMedia,
            Invalid,
            UnknownAddressee,
            TooManyRequests,
        ),
    },
)
async def file_appeal(
    appeal: Annotated[AppealIn, Body(openapi_examples=EXAMPLES)],
    lang: Lang,
    request: Request,
    response: Response,
    key: IdempotencyKey = None,
) -> RegistrationOut:
    registrar: Gatherer = request.app.state.gatherer
    registration = await registrar.register(submission(appeal, key))
    response.status_code = 201 if registration.created else 200
    return registration_out(registration, lang)


def submission(appeal: AppealIn, key: str | None, *, route: str = "appeals") -> Submission:
    """`route`: a key is unique within it."""
    now = clock.now()
    whole = appeal.model_dump(mode="json", exclude_none=True)
    for late in ("listed", "attachments"):  # hashed as before there was this field: keys are kept for 30 days
        if not whole[late]:
            del whole[late]
    return Submission(
        **said(appeal),
        attachments=tuple(appeal.attachments),
        channel=CHANNEL,
        source=SOURCE,
        received_at=now,
        key=hashlib.sha256(f"public\0{route}\0{key}".encode()).digest() if key else None,
        request_hash=hashlib.sha256(history.canonical(whole)).digest() if key else None,
        key_expires_at=now + clock.days(KEY_LASTS_DAYS) if key else None,
    )


def registration_out(registration: Registration, lang: Language) -> RegistrationOut:
    directory = snapshot.current()
    on = registration.registered_on
    agency = directory.agency(registration.decision.agency)
    return RegistrationOut(
        number=registration.number,
        access_code=registration.access_code,
        status=Status.REGISTERED,
        missing=registration.missing,
        agency=AgencyOut(code=agency.code, name=agency.name(lang, on)),
        route=RouteOut(reason=reason(registration.decision, directory, lang, on)),
        registered_on=on,
        due_on=registration.due_on,
        receipt=ReceiptRef(url=f"/api/v1/receipts/{registration.number}"),
        complaint=_complaint(registration, lang),
        sandbox=is_sandbox(registration.appeal_id),
    )


def _complaint(registration: Registration, lang: Language) -> ComplaintOut | None:
    filed, due_on = registration.complaint, registration.due_on
    if filed is None:
        return None
    at = Whereabouts(filed.stage, registration.decision.agency, due_on, first_due=due_on)
    return complaint_out(filed, at, registration.registered_on, snapshot.current(), lang)
