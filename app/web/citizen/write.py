"""Writing an appeal: a start page, one question a page, a page to check, and sending it.

What is typed is kept before anything is said of it, so that going back, a bad line or an expired form lose
nothing. Works without a script.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.appeals import numbers
from app.attachments.keeping import Kept
from app.attachments.waiting import Waiting
from app.core import clock
from app.core.edge import Db, Lang, Network
from app.core.errors import AppError, NotFound
from app.core.i18n import Language
from app.intake.api import submission
from app.intake.gatherer import Gatherer
from app.intake.limits import FilingTurn, Turn
from app.staff.access import public
from app.web.citizen import choices, draft, files
from app.web.citizen.draft import Draft
from app.web.citizen.outlook import outlook
from app.web.citizen.steps import (
    BY_NAME,
    CHECK,
    STEPS,
    Step,
    after,
    appeal_of,
    before,
    mistakes,
    place,
    unfinished,
)
from app.web.forms import Form, Mistake, expired, said_of
from app.web.pages import SCRIPTED_POLICY, page
from app.web.visitor import Visiting, Visitor, open_to, page_of

router = APIRouter(prefix="/write", include_in_schema=False, dependencies=[Depends(public)])


@router.get("")
async def start(request: Request, db: Db, lang: Lang, visitor: Visiting) -> HTMLResponse:
    async with db.read() as connection:
        found = await draft.load(connection, visitor)
    return page(request, "citizen/start.html", lang, private=True, draft=found, visitor=visitor)


@router.post("")
async def begin(request: Request, db: Db, lang: Lang, visitor: Visiting) -> Response:
    """Anew: what was written before is thrown away, unless one goes on with it."""
    form = await Form.of(request)
    if visitor.sent(form.token):
        async with db.transaction() as connection:
            await draft.forget(connection, visitor, clock.now())
    gone_on = RedirectResponse("/write/what", 303)
    visitor.keep(gone_on)
    return gone_on


@router.get("/{name}")
async def ask(request: Request, name: str, db: Db, lang: Lang, visitor: Visiting) -> Response:
    async with db.read() as connection:
        found = await draft.load(connection, visitor)
        kept = await draft.files(connection, found, clock.now())
    if found.sent:
        return RedirectResponse("/write", 303)
    if name != CHECK:
        return _question(request, _step(name), lang, visitor, found, kept=kept)
    missing = unfinished(found.typed, lang)
    if missing:
        return RedirectResponse(f"/write/{missing}", 303)
    return _check(request, lang, visitor, found, kept)


@router.post("/files")
async def attach(request: Request, network: Network, db: Db, lang: Lang, visitor: Visiting) -> Response:
    """Each file is kept, and in the draft, before the next is read."""
    async with db.read() as connection:
        found = await draft.load(connection, visitor)

    async def taken(file: Kept) -> None:
        async with db.transaction() as connection:
            await draft.add_file(connection, visitor, file.id, clock.now())

    before = 0 if found.sent else len(found.files)
    sent = await files.received(request, network, lang, before=before, taken=taken)
    form = sent.form
    async with db.transaction() as connection:
        if removed := files.as_id(form.get("remove")):
            await draft.remove_file(connection, visitor, removed, clock.now())
        found = await draft.load(connection, replace(visitor, known=True))
        kept = await draft.files(connection, found, clock.now())
    wrong = sent.wrong if visitor.sent(form.token) else [*sent.wrong, expired(lang)]
    if wrong:
        return _question(request, BY_NAME["files"], lang, visitor, found, wrong, kept=kept)
    going = "files" if removed or form.get("add") else after("files")
    if "check" in form.fields:
        going = "files?check=1" if going == "files" else CHECK
    return RedirectResponse(f"/write/{going}", 303)


@router.post("/{name}")
async def answer(
    request: Request, name: str, db: Db, lang: Lang, visitor: Visiting, turn: FilingTurn
) -> Response:
    form = await Form.of(request)
    if name == CHECK:
        return await _send(request, db, lang, visitor, form, turn)
    step = _step(name)
    async with db.transaction() as connection:
        found = await draft.begun(connection, visitor, clock.now())
        for field in step.fields:
            found.take(field, form.fields.get(field, ""))
        # Kept also when it cannot go on yet; without the cookie, for who has it from now on.
        await draft.save(connection, visitor, found, clock.now())
    wrong = mistakes(found.typed, lang, step) if visitor.sent(form.token) else [expired(lang)]
    if wrong:
        return _question(request, step, lang, visitor, found, wrong)
    going = CHECK if "check" in form.fields else after(name)
    return RedirectResponse(f"/write/{going}", 303)


async def _send(
    request: Request, db: Db, lang: Language, visitor: Visitor, form: Form, turn: Turn
) -> Response:
    async with db.read() as connection:
        found = await draft.load(connection, visitor)
        kept = await draft.files(connection, found, clock.now())
    if not found.sent:
        if not visitor.sent(form.token):
            return _check(request, lang, visitor, found, kept, [expired(lang)])
        if unfinished(found.typed, lang):
            return RedirectResponse("/write/check", 303)
        registrar: Gatherer = request.app.state.gatherer
        await turn.come()
        try:
            appeal = appeal_of(found.typed, lang, found.file_ids)
            registered = await registrar.register(submission(appeal, found.key))
        except AppError as error:
            return _check(request, lang, visitor, found, kept, said_of(error, lang))
        async with db.transaction() as connection:
            # Its words are in the record now; here they are of no more use.
            await draft.save(connection, visitor, Draft(key=found.key, sent=registered.number), clock.now())
        found.sent = registered.number
    number = numbers.parse(found.sent)
    sent = RedirectResponse(f"{page_of(number)}/receipt?new=1", 303)
    open_to(sent, number, to_act=True, secure=visitor.secure)
    return sent


def _step(name: str) -> Step:
    if name not in BY_NAME:
        raise NotFound
    return BY_NAME[name]


def _question(
    request: Request,
    step: Step,
    lang: Language,
    visitor: Visitor,
    found: Draft,
    wrong: list[Mistake] | None = None,
    *,
    kept: Sequence[Waiting] = (),
) -> HTMLResponse:
    shown: dict[str, Any] = {}
    match step.name:
        case "files":
            shown["kept"], shown["limits"] = files.listed(kept, lang), files.limits()
            shown["policy"] = SCRIPTED_POLICY
        case "where":
            shown["regions"] = choices.regions(lang)
        case "topic":
            shown["likely"], shown["others"] = choices.topics(found.typed.get("text", ""), lang)
        case "addressee":
            shown["outlook"] = _foreseen(found, lang)
            shown["bodies"] = choices.bodies(lang)
    return page(
        request,
        f"citizen/{step.name}.html",
        lang,
        private=True,
        status=422 if wrong else 200,
        typed=found.typed,
        wrong=wrong or [],
        step=step.name,
        back=before(step.name),
        number=place(step.name),
        of=len(STEPS),
        checking="check" in request.query_params,
        visitor=visitor,
        **shown,
    )


def _foreseen(found: Draft, lang: Language) -> Any:
    """Who would answer if nobody is named; None while what was written before does not stand yet."""
    typed = found.typed | {"addressee": ""}
    try:
        return outlook(submission(appeal_of(typed, lang), None), lang)
    except AppError:
        return None


def _check(
    request: Request,
    lang: Language,
    visitor: Visitor,
    found: Draft,
    kept: Sequence[Waiting],
    wrong: list[Mistake] | None = None,
) -> HTMLResponse:
    try:
        foreseen = outlook(submission(appeal_of(found.typed, lang), None), lang)
    except AppError as error:
        foreseen, wrong = None, wrong or said_of(error, lang)
    return page(
        request,
        "citizen/check.html",
        lang,
        private=True,
        status=422 if wrong else 200,
        typed=found.typed,
        wrong=wrong or [],
        answers=choices.answers(found.typed, lang),
        kept=files.listed(kept, lang),
        outlook=foreseen,
        back=before(CHECK),
        visitor=visitor,
    )
