"""Following an appeal: opening it with number and code or by a link, reading it, and what one can do now."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.appeals import link_token, numbers
from app.appeals.access_code import APPEAL, access_code
from app.appeals.codes import ApplicantType
from app.appeals.numbers import Number, NumberError
from app.attachments import waiting
from app.attachments.errors import MOST, AttachmentNotFound
from app.attachments.waiting import Waiting
from app.core import clock, sight
from app.core.edge import LONG, Db, Lang, Network, public_base
from app.core.errors import AppError, TooManyRequests
from app.core.i18n import Language, t
from app.intake import acts, receipts, tracking
from app.intake.citizen import AppealNotFound, CitizenCaller, unlocked
from app.intake.copies import api as copies
from app.intake.schemas import ComplaintIn, RatingIn, SupplementIn, TrackingOut, WithdrawalIn
from app.intake.sent import file_of
from app.staff.access import public
from app.staff.attempts import Throttled
from app.web.citizen import files
from app.web.citizen.contact import reached
from app.web.citizen.shown import shown_appeal
from app.web.forms import Form, Mistake, expired, said_of
from app.web.forms import read as read_form
from app.web.pages import SCRIPTED_POLICY, keep_language, page
from app.web.qr import qr
from app.web.visitor import Opened, Visiting, Visitor, close, open_to, opened, page_of

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])

TypedNumber = Annotated[str, Path(max_length=40)]


@router.get("/appeals")
async def find(request: Request, lang: Lang, visitor: Visiting) -> HTMLResponse:
    return _code_form(request, lang, visitor, {"number": request.query_params.get("number", "")[:40]})


@router.post("/appeals")
async def open_(request: Request, lang: Lang, visitor: Visiting, throttle: Throttled) -> Response:
    form = await Form.of(request)
    typed = {"number": form.get("number"), "code": form.get("code")}
    if not visitor.sent(form.token):
        return _code_form(request, lang, visitor, typed, [expired(lang)])
    try:
        number = numbers.parse(typed["number"])
    except NumberError:
        return _code_form(request, lang, visitor, typed, [Mistake("number", t("track.number.wrong", lang))])
    try:
        right = await unlocked(throttle, number.appeal_id, typed["code"], APPEAL)
    except TooManyRequests as error:
        return _code_form(request, lang, visitor, typed, said_of(error, lang))
    if not right:
        return _code_form(request, lang, visitor, typed, [Mistake("code", t("track.code.wrong", lang))])
    whole = Number(number.series, number.year, number.serial)
    there = RedirectResponse(page_of(whole), 303)
    open_to(there, whole, to_act=True, secure=visitor.secure)
    return there


@router.get("/l/{token}")
async def by_link(
    token: Annotated[str, Path(max_length=60)], request: Request, db: Db, lang: Lang
) -> Response:
    """The link of a QR code or a notice, exchanged at once for a cookie and a clean address."""
    said = link_token.read_token(token)
    if said:
        sight.limit_to(sight.of_appeal(said[0]))
    async with db.read() as connection:
        number = await _linked(connection, *said) if said else None
    if number is None:
        return page(request, "citizen/link_gone.html", lang, status=404, private=True)
    there = RedirectResponse(page_of(number), 303)
    already = opened(request, number)
    if already is None or not already.to_act:
        open_to(there, number, to_act=False, secure=request.url.scheme == "https")
    return keep_language(request, there)


async def _linked(connection: asyncpg.Connection, appeal_id: int, generation: int) -> Number | None:
    if await link_token.generation(connection, appeal_id) != generation:
        return None
    type_ = await connection.fetchval("SELECT applicant_type FROM appeal WHERE id = $1", appeal_id)
    return Number.of(appeal_id, ApplicantType(type_)) if type_ else None


@router.get("/appeals/{typed}")
async def read(request: Request, typed: TypedNumber, db: Db, lang: Lang, visitor: Visiting) -> Response:
    found = _opened(request, typed)
    if found is None:
        return _code_form(request, lang, visitor, {"number": typed})
    return await _appeal(request, db, lang, visitor, found)


@router.get("/appeals/{typed}/receipt")
async def receipt(request: Request, typed: TypedNumber, db: Db, lang: Lang, visitor: Visiting) -> Response:
    found = _opened(request, typed)
    if found is None:
        return _code_form(request, lang, visitor, {"number": typed})
    caller = CitizenCaller(found.number)
    async with db.read() as connection:
        said = await receipts.printed(caller, connection, lang)
        now = await tracking.track(caller, connection, lang, request.app.state.settings)
        generation = await link_token.generation(connection, caller.appeal_id)
    address = f"{public_base(request)}/l/{link_token.link_token(caller.appeal_id, generation)}"
    return page(
        request,
        "citizen/receipt.html",
        lang,
        private=True,
        receipt=said,
        agency=now.agency.name,
        reached=reached(_holders(now), lang),
        appeal=shown_appeal(now, lang),
        number=found.number,
        code=access_code(caller.appeal_id) if found.to_act else None,
        qr=qr(address),
        link=address,
        new="new" in request.query_params,
        visitor=visitor,
    )


@router.get("/appeals/{typed}/receipt.json")
async def proven_receipt(
    request: Request, typed: TypedNumber, db: Db, lang: Lang, visitor: Visiting
) -> Response:
    """The receipt with its proof, to be kept; it holds the access code and what was written."""
    found = _opened(request, typed)
    if found is None or not found.to_act:
        return _code_form(request, lang, visitor, {"number": typed})
    async with db.read() as connection:
        said = await receipts.receipt(CitizenCaller(found.number), connection, lang)
    name = f"receipt-{found.number.format()}.json"
    return Response(
        said.model_dump_json(indent=1),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.get("/appeals/{typed}/copy.zip", dependencies=[LONG])
async def whole_copy(request: Request, typed: TypedNumber, db: Db, lang: Lang, visitor: Visiting) -> Response:
    """Everything that is held, for who has the code: a link opens less."""
    found = _opened(request, typed)
    if found is None or not found.to_act:
        return _code_form(request, lang, visitor, {"number": typed})
    return await copies.archive(CitizenCaller(found.number), db, lang, request.app.state.settings)


@router.get("/appeals/{typed}/files/{id_}")
async def file(
    request: Request, typed: TypedNumber, id_: UUID, db: Db, lang: Lang, visitor: Visiting
) -> Response:
    """A link, which others may have read, gives out what came with the answer and not what was sent."""
    found = _opened(request, typed)
    if found is None:
        return _code_form(request, lang, visitor, {"number": typed})
    settings = request.app.state.settings
    async with db.read() as connection:
        said = await tracking.track(CitizenCaller(found.number), connection, lang, settings)
    answers = [said.answer, *(part.answer for part in said.parts)]
    given = [one for answer in answers if answer for one in answer.attachments]
    if id_ not in {one.id for one in (*given, *(said.attachments if found.to_act else ()))}:
        raise AttachmentNotFound
    return await file_of(CitizenCaller(found.number), id_, db, settings)


@router.post("/appeals/{typed}/close")
async def close_(request: Request, typed: TypedNumber, lang: Lang, visitor: Visiting) -> Response:
    """On a telephone that is not one's own."""
    there = RedirectResponse("/appeals", 303)
    found, form = _opened(request, typed), await Form.of(request)
    if found and visitor.sent(form.token):
        close(there, found.number)
    return there


@router.post("/appeals/{typed}/links")
async def call_links_back(
    request: Request, typed: TypedNumber, db: Db, lang: Lang, visitor: Visiting
) -> Response:
    async def forget_links(found: Opened, form: Form) -> None:
        async with db.transaction() as connection:
            await link_token.call_back(connection, found.number.appeal_id)

    return await _acted(request, typed, db, lang, visitor, "links", forget_links)


# What one can do


@router.post("/appeals/{typed}/supplements")
async def supplement(
    request: Request, typed: TypedNumber, network: Network, db: Db, lang: Lang, visitor: Visiting
) -> Response:
    """With files, which stay chosen while something else is still wrong."""
    found = _opened(request, typed)
    if found is None or not found.to_act:
        unsent = (await files.received(request, network, lang, before=MOST)).form
        return _code_form(request, lang, visitor, {"number": typed}, unsent=unsent)
    sent = await files.received(request, network, lang)
    form = sent.form
    async with db.read() as connection:
        kept = await waiting.waiting(connection, sent.kept, clock.now())

    async def add(found: Opened, form: Form) -> None:
        said = read_form(SupplementIn, {"text": form.get("text"), "attachments": [one.id for one in kept]})
        async with db.transaction() as connection:
            await acts.supplement(CitizenCaller(found.number), said, connection)

    if form.get("add") or sent.wrong:
        return await _appeal(request, db, lang, visitor, found, "supplement", form, sent.wrong, kept)
    return await _acted(request, typed, db, lang, visitor, "supplement", add, form, kept)


@router.post("/appeals/{typed}/withdrawal")
async def withdraw(request: Request, typed: TypedNumber, db: Db, lang: Lang, visitor: Visiting) -> Response:
    async def take_back(found: Opened, form: Form) -> None:
        said = read_form(WithdrawalIn, {"reason": form.get("reason") or None})
        async with db.transaction() as connection:
            await acts.withdraw(CitizenCaller(found.number), said, connection)

    return await _acted(request, typed, db, lang, visitor, "withdraw", take_back)


@router.post("/appeals/{typed}/rating")
async def rate(request: Request, typed: TypedNumber, db: Db, lang: Lang, visitor: Visiting) -> Response:
    async def judge(found: Opened, form: Form) -> None:
        score, resolved = form.get("score"), form.get("resolved")
        given = {
            "score": int(score) if score in {"1", "2", "3", "4", "5"} else None,
            "resolved": {"yes": True, "no": False}.get(resolved),
            "comment": form.get("comment"),
        }
        said = read_form(RatingIn, {name: value for name, value in given.items() if value not in (None, "")})
        async with db.transaction() as connection:
            await acts.rate(CitizenCaller(found.number), said, connection)

    return await _acted(request, typed, db, lang, visitor, "rate", judge)


@router.post("/appeals/{typed}/complaint")
async def complain(request: Request, typed: TypedNumber, db: Db, lang: Lang, visitor: Visiting) -> Response:
    filed: list[Number] = []

    async def file(found: Opened, form: Form) -> None:
        said = read_form(ComplaintIn, {"text": form.get("text")})
        key = form.get("key") or None
        registered = await acts.complain(
            CitizenCaller(found.number), said, db, lang, request, Response(), key
        )
        filed.append(numbers.parse(registered.number))

    answered = await _acted(request, typed, db, lang, visitor, "complain", file)
    if not filed:
        return answered
    there = RedirectResponse(f"{page_of(filed[0])}/receipt?new=1", 303)
    open_to(there, filed[0], to_act=True, secure=visitor.secure)
    return there


async def _acted(
    request: Request,
    typed: str,
    db: Db,
    lang: Language,
    visitor: Visitor,
    name: str,
    do: Callable[[Opened, Form], Awaitable[None]],
    form: Form | None = None,
    kept: Sequence[Waiting] = (),
) -> Response:
    """Do it, and show the appeal again: with what was done, or with what is wrong and what was typed."""
    form = form or await Form.of(request)
    found = _opened(request, typed)
    if found is None or not found.to_act:
        return _code_form(request, lang, visitor, {"number": typed}, unsent=form)
    if not visitor.sent(form.token):
        return await _appeal(request, db, lang, visitor, found, name, form, [expired(lang)], kept)
    try:
        await do(found, form)
    except AppError as error:
        return await _appeal(request, db, lang, visitor, found, name, form, said_of(error, lang), kept)
    return RedirectResponse(f"{page_of(found.number)}?done={name}", 303)


def _holders(said: TrackingOut) -> list[str]:
    return [said.agency.code, *(part.agency.code for part in said.parts)]


def _opened(request: Request, typed: str) -> Opened | None:
    try:
        found = opened(request, numbers.parse(typed))
    except NumberError:
        return None
    if found:
        sight.limit_to(sight.of_appeal(found.number.appeal_id))
    return found


# The fields in which an act has words of one's own.
WORDS = ("text", "reason", "comment")
DONE = ("supplement", "withdraw", "rate", "links")


async def _appeal(
    request: Request,
    db: Db,
    lang: Language,
    visitor: Visitor,
    found: Opened,
    at: str = "",
    form: Form | None = None,
    wrong: list[Mistake] | None = None,
    kept: Sequence[Waiting] = (),
) -> HTMLResponse:
    """`at`: the form that something was wrong with, or that is not finished. `kept`: its files."""
    async with db.glance() as connection:
        try:
            said = await tracking.track(
                CitizenCaller(found.number), connection, lang, request.app.state.settings
            )
        except AppealNotFound:
            return _code_form(request, lang, visitor, {"number": found.number.format()})
    done = request.query_params.get("done", "")
    return page(
        request,
        "citizen/appeal.html",
        lang,
        private=True,
        policy=SCRIPTED_POLICY,
        status=422 if wrong else 200,
        kept=files.listed(kept, lang),
        limits=files.limits(),
        appeal=shown_appeal(said, lang),
        reached=reached(_holders(said), lang),
        number=found.number,
        to_act=found.to_act,
        at=at,
        typed=form.fields if form else {},
        wrong=wrong or [],
        done=done if done in DONE else "",
        fresh_key=secrets.token_urlsafe(24),
        visitor=visitor,
    )


def _code_form(
    request: Request,
    lang: Language,
    visitor: Visitor,
    typed: dict[str, str],
    wrong: list[Mistake] | None = None,
    unsent: Form | None = None,
) -> HTMLResponse:
    """`unsent`: what came too late, after the appeal was closed by itself; its words can still be copied."""
    words = [unsent.get(name) for name in WORDS] if unsent else []
    return page(
        request,
        "citizen/find.html",
        lang,
        private=True,
        unsent=next((said for said in words if said.strip()), ""),
        status=422 if wrong else 200,
        typed=typed,
        wrong=wrong or [],
        visitor=visitor,
    )
