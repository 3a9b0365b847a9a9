"""The calls about questions: search, ask, and keep the answers."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response

from app.appeals.codes import Kind
from app.core.edge import Db, Lang, Network, Read, Tx
from app.core.errors import (
    Forbidden,
    Invalid,
    Malformed,
    TooLarge,
    TooManyRequests,
    UnsupportedMedia,
    problems,
)
from app.core.i18n import t
from app.directory import snapshot
from app.intake.api import IdempotencyKey, registration_out, submission
from app.intake.limits import public_filing
from app.intake.register import KeyReused
from app.intake.schemas import AppealIn
from app.questions import service
from app.questions.errors import FaqChanged, FaqNotFound
from app.questions.schemas import (
    FaqHistoryOut,
    FaqIn,
    FaqListOut,
    FaqNewIn,
    FaqOut,
    FaqRetirementIn,
    FaqRevisionIn,
    HelpedIn,
    QuestionIn,
    QuestionOut,
)
from app.staff.access import Public, StaffCaller, require
from app.staff.api import SIGNED_IN
from app.staff.limits import Limiting

router = APIRouter(prefix="/api/v1", tags=["questions"])

Keeper = Annotated[StaffCaller, Depends(require("keep-faq"))]
EntryId = Annotated[int, Path(ge=1, le=service.LARGEST_ID, examples=[1])]
# So many of the answers that were found are shown before a question is registered.
OFFERED = 5

BODY = (Malformed, TooLarge, UnsupportedMedia, Invalid)
KEEPING = (*SIGNED_IN, Forbidden, *BODY)

ASKED: dict[str, Any] = {
    "first": {
        "summary": "Ask; what is known already is shown",
        "value": {"text": "Үйде жылу жоқ, қайда хабарласамын?", "language": "kk"},
    },
    "confirmed": {
        "summary": "Nothing of it helped: register it",
        "value": {
            "text": "Үйде жылу жоқ, қайда хабарласамын?",
            "language": "kk",
            "agency": "energy",
            "applicant": {"name": "Үлгібек Сынақбаев", "email": "synaq@example.org"},
            "confirm": True,
        },
    },
}
WORDS: dict[str, Any] = {
    "kk": {
        "question": "Жылу болмаса, қайда хабарласу керек?",
        "answer": "Алдымен үйіңізге қызмет көрсететін ұйымға қоңырау шалыңыз.",
    },
    "ru": {
        "question": "Куда обращаться, если нет отопления?",
        "answer": "Сначала позвоните в организацию, которая обслуживает ваш дом.",
    },
}
NEW = {"heating": {"value": {"agency": "energy", "topic": "utilities", "texts": WORDS}}}
REVISED = {"heating": {"value": {"version": 1, "texts": WORDS}}}


@router.get(
    "/faq",
    summary="Search the answers that are known",
    description=(
        "By words in Kazakh, Russian or English, however they end and whether or not Kazakh letters were to "
        "hand: `ауежай` finds `әуежайда`. Rarer words weigh more, and the question more than its answer.\n\n"
        "`curl -G $HOST/api/v1/faq --data-urlencode 'q=жылу жоқ'`"
    ),
    responses=problems(Invalid),
)
async def search(_: Public, connection: Read, lang: Lang, asked: Annotated[FaqIn, Query()]) -> FaqListOut:
    directory = snapshot.current()
    agencies = service.answering(service.known(asked.agency, asked.topic, directory), asked.topic, directory)
    language = asked.language.value if asked.language else lang
    wanted = service.Search(asked.q, agencies, asked.topic, language, asked.limit)
    return FaqListOut(items=await service.search(connection, wanted, directory))


@router.get(
    "/faq/{entry}",
    summary="One answer",
    description="In the caller's language, if it is there in it.",
    responses=problems(FaqNotFound, Invalid),
)
async def one(_: Public, entry: EntryId, connection: Read, lang: Lang) -> FaqOut:
    return await service.one(connection, entry, lang, snapshot.current())


@router.post(
    "/faq/{entry}/helped",
    summary="Say whether an answer helped",
    description="It is counted, by day, and nothing is kept of who said it.",
    status_code=204,
    responses=problems(FaqNotFound, *BODY),
)
async def vote(_: Public, entry: EntryId, said: HelpedIn, connection: Tx) -> None:
    await service.vote(connection, entry, helped=said.helped)


@router.post(
    "/questions",
    summary="Ask a question",
    description=(
        "First the answers that are known are searched, and nothing is registered. If none of them helped, "
        "send the same with `confirm: true`: then it is registered as an inquiry, like any appeal, with a "
        "number, an access code and a day by which it is answered."
    ),
    response_model=QuestionOut,
    responses={
        201: {"description": "Registered", "model": QuestionOut},
        **problems(KeyReused, TooManyRequests, *BODY),
    },
)
async def ask(
    limiter: Limiting,
    network: Network,
    _: Public,
    asked: Annotated[QuestionIn, Body(openapi_examples=ASKED)],
    db: Db,
    lang: Lang,
    request: Request,
    response: Response,
    key: IdempotencyKey = None,
) -> QuestionOut:
    directory = snapshot.current()
    agency = service.known(asked.agency, asked.topic, directory)
    if not asked.confirm:
        agencies = service.answering(agency, asked.topic, directory)
        wanted = service.Search(asked.text, agencies, asked.topic, asked.language.value, OFFERED)
        async with db.read() as connection:
            found = await service.search(connection, wanted, directory)
        sentence = t(f"questions.{'found' if found else 'nothing_found'}", lang)
        return QuestionOut(found=found, registration=None, sentence=sentence)
    await public_filing(limiter, network)
    said = submission(_appeal(asked, agency.code if agency else None), key, route="questions")
    registration = await request.app.state.gatherer.register(said)
    response.status_code = 201 if registration.created else 200
    return QuestionOut(
        found=[],
        registration=registration_out(registration, lang),
        sentence=t("questions.registered", lang, due_on=registration.due_on),
    )


def _appeal(asked: QuestionIn, addressee: str | None) -> AppealIn:
    return AppealIn(
        kind=Kind.INQUIRY,
        language=asked.language,
        text=asked.text,
        subject=asked.subject,
        applicant=asked.applicant,
        addressee=addressee,
        topic=asked.topic,
        region=asked.region,
    )


# Keeping them


@router.post(
    "/faq",
    summary="Write an answer down",
    description="A head for the bodies below, an administrator for any. Kazakh and Russian always.",
    status_code=201,
    responses=problems(*KEEPING),
)
async def create(
    caller: Keeper, said: Annotated[FaqNewIn, Body(openapi_examples=NEW)], connection: Tx
) -> FaqHistoryOut:
    return await service.create(connection, caller, said, snapshot.current())


@router.put(
    "/faq/{entry}",
    summary="Revise an answer",
    description="As a new version beside the old ones; `version` is the one that was read.",
    responses=problems(*KEEPING, FaqNotFound, FaqChanged),
)
async def revise(
    caller: Keeper,
    entry: EntryId,
    said: Annotated[FaqRevisionIn, Body(openapi_examples=REVISED)],
    connection: Tx,
) -> FaqHistoryOut:
    return await service.revise(connection, caller, entry, said.version, said, snapshot.current())


@router.post(
    "/faq/{entry}/retire",
    summary="Take an answer back",
    description="It is found no more; what it said, and who took it back, stays.",
    responses=problems(*KEEPING, FaqNotFound, FaqChanged),
)
async def retire(caller: Keeper, entry: EntryId, said: FaqRetirementIn, connection: Tx) -> FaqHistoryOut:
    return await service.retire(connection, caller, entry, said.version, snapshot.current())


@router.get(
    "/faq/{entry}/versions",
    summary="Who wrote what when",
    description="All versions of an answer, and of how many readers it was what they needed.",
    responses=problems(*SIGNED_IN, Forbidden, FaqNotFound, Invalid),
)
async def versions(caller: Keeper, entry: EntryId, connection: Read) -> FaqHistoryOut:
    return await service.history(connection, caller, entry, snapshot.current())
