"""The letter before it goes out, as its receiver will see it; and the templates that letters begin with."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.appeals import numbers
from app.appeals.codes import EventKind
from app.casework import api, templates
from app.casework.schemas import TemplateIn
from app.casework.templates import TemplateMoved
from app.core import clock
from app.core.edge import Configured, Db, Lang
from app.core.errors import AppError
from app.core.i18n import Language
from app.directory import snapshot
from app.intake.shown import answer_out
from app.web import forms
from app.web.citizen.choices import topic_choices
from app.web.forms import Form, Mistake, expired, said_of
from app.web.office.case import Number
from app.web.office.signed_in import ROOM, AtCase, Worker, requires
from app.web.pages import SCRIPTED_POLICY, page

router = APIRouter(include_in_schema=False)

Writing = Annotated[Worker, Depends(requires("templates"))]
Keeping = Annotated[Worker, Depends(requires("keep-templates"))]

TEMPLATES = f"{ROOM}/templates"
FIELDS = ("name", "topic", "language", "text")


@router.get(f"{ROOM}/cases/{{number}}/preview")
async def preview(
    request: Request, number: Number, me: AtCase, db: Db, lang: Lang, settings: Configured
) -> Response:
    """The proposed answer, else one's draft, put by what puts the citizen's page."""
    async with db.read() as connection:
        case = await api.read_case(me.caller, number, connection, lang, settings, Response())
    written: Any = case.proposed or case.draft
    if written is None or not written.text or not written.outcome:
        return RedirectResponse(f"{ROOM}/cases/{case.number}?unfinished=1", 303)
    data = {"outcome": written.outcome, "language": written.language or case.language}
    event: Any = {"kind": EventKind.ANSWERED, "at": clock.now(), "data": data}
    body = {"text": written.text, "legal_basis": written.legal_basis}
    files = case.proposed.attachments if case.proposed else []
    return page(
        request,
        "office/preview.html",
        lang,
        private=True,
        policy=SCRIPTED_POLICY,
        me=me,
        case=case,
        number=numbers.parse(case.number),
        letter=answer_out(event, body, case.agency.name, files, snapshot.current(), lang),
        written=written,
        may=set(case.allowed_acts),
    )


# Templates


@router.get(TEMPLATES)
async def read(request: Request, me: Writing, db: Db, lang: Lang) -> HTMLResponse:
    return await _page(request, me, db, lang, request.query_params.get("edit", ""))


@router.post(TEMPLATES)
async def add(request: Request, me: Keeping, db: Db, lang: Lang) -> Response:
    return await _keep(request, me, db, lang, None)


@router.post(f"{TEMPLATES}/{{id}}")
async def change(
    request: Request, id: Annotated[int, Path(ge=1, le=2**63 - 1)], me: Keeping, db: Db, lang: Lang
) -> Response:
    return await _keep(request, me, db, lang, id)


async def _keep(request: Request, me: Worker, db: Db, lang: Language, id_: int | None) -> Response:
    form, directory = await Form.of(request), snapshot.current()
    edited = str(id_ or "")
    if not me.visitor.sent(form.token):
        return await _page(request, me, db, lang, edited, form.fields, [expired(lang)])
    try:
        async with db.transaction() as connection:
            if id_ is not None and form.get("remove"):
                await templates.remove(connection, me.caller, id_, _seen(form))
            elif id_ is not None:
                await templates.change(
                    connection, me.caller, id_, _read(form), directory, lang, clock.now(), _seen(form)
                )
            else:
                await templates.add(connection, me.caller, _read(form), directory, lang, clock.now())
    except AppError as error:
        wrong = said_of(error, lang)
        return await _page(request, me, db, lang, edited, form.fields, wrong, status=error.status)
    return RedirectResponse(f"{TEMPLATES}?done=1", 303)


def _read(form: Form) -> TemplateIn:
    """Raises Invalid."""
    return forms.read(TemplateIn, {name: form.get(name) for name in FIELDS if form.get(name).strip()})


def _seen(form: Form) -> int:
    """Nobody has seen a version 0."""
    text = form.get("version").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


async def _page(
    request: Request,
    me: Worker,
    db: Db,
    lang: Language,
    edited: str,
    typed: dict[str, str] | None = None,
    wrong: list[Mistake] | None = None,
    *,
    status: int = 422,
) -> HTMLResponse:
    """With what was typed; of a template that is gone it may be kept as a new one, and of one that another
    head changed meanwhile both are there."""
    async with db.read() as connection:
        there = await templates.listed(connection, me.caller, snapshot.current(), lang)
    one = next((one for one in there if one.own and str(one.id) == edited), None)
    shown = {name: getattr(one, name) or "" for name in FIELDS} if one else {"language": lang}
    topics = topic_choices(lang)
    return page(
        request,
        "office/templates.html",
        lang,
        status=status if wrong else 200,
        private=True,
        policy=SCRIPTED_POLICY,
        me=me,
        templates=there,
        edited=one,
        moved=one is not None and status == TemplateMoved.status,
        typed=typed or shown,
        wrong=wrong or [],
        topics=topics,
        topic_names={topic.code: topic.name for topic in topics},
        fields=templates.FIELDS,
        may=me.may("keep-templates"),
        done="done" in request.query_params,
    )
