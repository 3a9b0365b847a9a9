"""A case on one page: what was written, why it is due when it is, and every act that is allowed now.

Each act is the call's own function, given what the form says; what refuses it is shown on the page, with what
was typed. When somebody else was quicker both texts are there: theirs in the case, one's own in the form.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel

from app.appeals import numbers
from app.appeals.codes import Outcome, SuspensionGround, TerminationGround
from app.appeals.drafts import DraftConflict
from app.attachments import waiting
from app.attachments.waiting import Waiting
from app.casework import api, inputs, templates, terms_api
from app.casework.acts import Doing
from app.casework.case import SeveralParts
from app.casework.page import opened
from app.casework.schemas import CaseOut, TemplateOut
from app.casework.similar import SimilarListOut
from app.core import clock
from app.core.db import Database
from app.core.edge import Db, Lang, Network
from app.core.errors import AppError, NotFound
from app.core.i18n import Language, t
from app.core.nested import Row
from app.desk.schemas import EarlierListOut
from app.directory import snapshot
from app.web import forms
from app.web.citizen import files
from app.web.citizen.choices import bodies
from app.web.citizen.shown import day_of
from app.web.forms import Form, Mistake, expired, said_of
from app.web.office import history
from app.web.office.signed_in import ROOM, AtCase, Worker
from app.web.pages import SCRIPTED_POLICY, page

router = APIRouter(include_in_schema=False)

Number = Annotated[str, Path(max_length=40)]


@dataclass(frozen=True, slots=True)
class ActForm:
    """An act's call and what it takes. `leaves`: afterwards the case is not ours, or not open, any more."""

    call: Callable[[Doing, Any], Awaitable[CaseOut]]
    schema: type[BaseModel]
    leaves: bool = False


ACTS: Mapping[str, ActForm] = {
    "claim": ActForm(api.claim, inputs.EmptyIn),
    "release": ActForm(api.release, inputs.EmptyIn),
    "note": ActForm(api.note, inputs.NoteIn),
    "draft": ActForm(api.draft, inputs.DraftIn),
    "answer": ActForm(api.answer, inputs.AnswerIn),
    "approve": ActForm(api.approve, inputs.EmptyIn),
    "send-back": ActForm(api.send_back, inputs.ReasonIn),
    "forward": ActForm(api.forward, inputs.ForwardIn, leaves=True),
    "request-correction": ActForm(terms_api.request_correction, inputs.RequestIn),
    "suspend": ActForm(terms_api.suspend, inputs.SuspendIn),
    "resume": ActForm(terms_api.resume, inputs.EmptyIn),
    "extend": ActForm(terms_api.extend, inputs.ExtendIn),
    "hearing": ActForm(terms_api.hearing, inputs.HearingIn),
    "terminate": ActForm(terms_api.terminate, inputs.TerminateIn),
    "reopen": ActForm(api.reopen, inputs.ReasonIn),
    "unmask": ActForm(terms_api.unmask, inputs.UnmaskIn),
    "control": ActForm(terms_api.control, inputs.ControlIn),
}
DRAFTED = ("text", "outcome", "language", "legal_basis")
# In the order of a working day; `draft` and `answer` are one form of their own.
ORDER = (
    "forward",
    "extend",
    "request-correction",
    "suspend",
    "resume",
    "hearing",
    "send-back",
    "terminate",
    "reopen",
    "control",
    "note",
)


@router.get(f"{ROOM}/cases/{{number}}")
async def read(request: Request, number: Number, me: AtCase, db: Db, lang: Lang) -> Response:
    try:
        async with db.read() as connection:
            now = await opened(
                connection, me.caller, number, snapshot.current(), lang, request.app.state.settings
            )
    except SeveralParts as several:
        directory, today = snapshot.current(), clock.today()
        names = [directory.agency_by_id(id_).name(lang, today) for id_ in several.agencies]
        parts = list(zip(several.extra["parts"], names, strict=True))
        return page(request, "office/parts.html", lang, private=True, me=me, parts=parts)
    done = request.query_params.get("done", "")
    if done not in ACTS:
        done = ""
    return case_page(
        request, lang, me, now.case, seen=str(now.seen), done=done, offered=now.templates, events=now.events
    )


@router.post(f"{ROOM}/cases/{{number}}/{{act}}")
async def do(
    request: Request, number: Number, act: str, me: AtCase, db: Db, lang: Lang, network: Network
) -> Response:
    if act not in ACTS:
        raise NotFound
    sent = await files.received(request, network, lang)
    form, kept = sent.form, await _kept(db, sent.kept)
    try:
        if wrong := sent.wrong if me.visitor.sent(form.token) else [expired(lang)]:
            return await _again(request, number, db, lang, me, act, form, wrong, kept=kept)
        version = form.get("version")
        seen = int(version) if version.isdigit() else None
        settings = request.app.state.settings
        doing = Doing(me.caller, number, seen, db, lang, settings, Response())
        await _insert(doing, form)
        shown = await ACTS[act].call(doing, _read(act, form, kept))
    except AppError as error:
        if _by_script(request):
            return JSONResponse(error.as_json(lang), error.status)
        if error.status == 404:
            raise
        both = error.extra["draft"] if isinstance(error, DraftConflict) else None
        wrong = _of_answer(said_of(error, lang), lang) if act in {"answer", "draft"} else said_of(error, lang)
        return await _again(request, number, db, lang, me, act, form, wrong, both, kept)
    if _by_script(request):  # a draft that saves itself
        return JSONResponse({"draft_version": shown.draft.version if shown.draft else 0})
    if act == "draft" and kept:  # files wait on this page for the answer
        return case_page(request, lang, me, shown, at="draft", typed=form.fields, kept=kept, done=act)
    if act == "unmask":  # shown once, on this page, and kept in no address
        return case_page(request, lang, me, shown)
    return RedirectResponse(_after(act, form, shown), 303)


def _of_answer(wrong: Sequence[Mistake], lang: Language) -> list[Mistake]:
    """In the order of the form, its text by its own name."""
    own = {"text": t("office.answer.text", lang)}
    named = [replace(one, label=own.get(one.field, one.label)) for one in wrong]
    return sorted(named, key=lambda one: DRAFTED.index(one.field) if one.field in DRAFTED else len(DRAFTED))


def _after(act: str, form: Form, case: CaseOut) -> str:
    """Where one goes once it is done."""
    if act == "draft" and form.get("choose") == "preview":
        return f"{ROOM}/cases/{case.number}/preview"
    return f"{ROOM}{'' if ACTS[act].leaves else f'/cases/{case.number}'}?done={act}"


async def _insert(doing: Doing, form: Form) -> None:
    """Where it is asked for, put the template after what is written. Raises TemplateNotFound."""
    directory, chosen = snapshot.current(), form.get("template")
    if form.get("choose") != "template" or not chosen.isdigit() or len(chosen) > 18:
        return
    async with doing.db.read() as connection:
        case = await api.read_case(
            doing.caller, doing.number, connection, doing.language, doing.settings, Response()
        )
        one = await templates.one(connection, doing.caller, int(chosen), directory, doing.language)
    text = templates.filled(one, case, directory)
    form.fields["text"] = f"{form.get('text').rstrip()}\n\n{text}".lstrip()
    form.fields["language"] = one.language


def _by_script(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


async def _kept(db: Database, ids: Sequence[UUID]) -> Sequence[Waiting]:
    if not ids:
        return ()
    async with db.read() as connection:
        return await waiting.waiting(connection, ids, clock.now())


def _read(act: str, form: Form, kept: Sequence[Waiting] = ()) -> Any:
    """Raises Invalid."""
    if act != "draft":
        return said_by(ACTS[act], form, kept)
    given: dict[str, Any] = {name: form.get(name) or None for name in DRAFTED}  # one of nothing is one too
    given["text"] = _chosen(form) or None
    if form.get("draft_version").isdigit():
        given["version"] = int(form.get("draft_version"))
    return forms.read(inputs.DraftIn, given)


def said_by(act: ActForm, form: Form, kept: Sequence[Waiting] = ()) -> Any:
    """The fields that the act knows, blank ones left out. Raises Invalid."""
    named = act.schema.model_fields
    given: dict[str, Any] = {name: form.get(name) for name in named if form.get(name).strip()}
    if act.schema is inputs.ControlIn:
        given["on"] = given.get("on") == "yes"
    if "attachments" in named:
        given["attachments"] = [one.id for one in kept]
    return forms.read(act.schema, given)


def _chosen(form: Form) -> str:
    """Of two texts that were saved on two pages, what their author wants."""
    match form.get("choose"):
        case "theirs":
            return form.get("theirs")
        case "both":
            return f"{form.get('text').rstrip()}\n\n{form.get('theirs')}"
        case _:
            return form.get("text")


async def _again(
    request: Request,
    number: str,
    db: Db,
    lang: Language,
    me: Worker,
    act: str,
    form: Form,
    wrong: list[Mistake],
    both: Mapping[str, Any] | None = None,
    kept: Sequence[Waiting] = (),
) -> HTMLResponse:
    """The case as it is now, beside what was typed. `both`: one's draft as another page has saved it."""
    async with db.read() as connection:
        now = await opened(
            connection, me.caller, number, snapshot.current(), lang, request.app.state.settings
        )
    typed = form.fields
    return case_page(
        request,
        lang,
        me,
        now.case,
        seen=str(now.seen),
        at=act,
        typed=typed,
        wrong=wrong,
        both=both,
        kept=kept,
        offered=now.templates,
        events=now.events,
    )


def case_page(
    request: Request,
    lang: Language,
    me: Worker,
    case: CaseOut,
    *,
    seen: str = "",
    at: str = "",
    typed: Mapping[str, str] | None = None,
    wrong: list[Mistake] | None = None,
    both: Mapping[str, Any] | None = None,
    kept: Sequence[Waiting] = (),
    found: EarlierListOut | None = None,
    alike: SimilarListOut | None = None,
    offered: Sequence[TemplateOut] = (),
    events: Sequence[Row] = (),
    done: str = "",
) -> HTMLResponse:
    directory = snapshot.current()
    closed = case.past or case.status in {"answered", "withdrawn", "terminated"}
    return page(
        request,
        "office/case.html",
        lang,
        status=422 if wrong else 200,
        private=True,
        policy=SCRIPTED_POLICY,
        me=me,
        case=case,
        number=numbers.parse(case.number),
        day=None if closed or case.status == "suspended" else day_of(case.due_on, lang, overdue=case.overdue),
        topic=directory.topic(case.topic).name(lang),
        channel=directory.channel(case.channel).name(lang),
        region=directory.region(case.region).name(lang, case.registered_on) if case.region else "",
        acts=[act for act in ORDER if act in set(case.allowed_acts)],
        may=set(case.allowed_acts),
        bodies=bodies(lang),
        outcomes=[(code.value, t(f"outcome.{code}", lang)) for code in Outcome],
        suspension_grounds=[(code.value, t(f"ground.{code}", lang)) for code in SuspensionGround],
        termination_grounds=[(code.value, t(f"ground.{code}", lang)) for code in TerminationGround],
        unmaskable=_unmaskable(case, lang),
        written=_written(case),
        history=history.told(events, directory, lang),
        answering=_answering(case, typed if at in {"answer", "draft"} else None),
        at=at,
        typed=dict(typed or {}),
        wrong=wrong or [],
        both=both,
        kept=files.listed(kept, lang),
        limits=files.limits(),
        found=found,
        alike=alike,
        offered=offered,
        unfinished="unfinished" in request.query_params,
        seen=seen,
        done=done,
    )


def _unmaskable(case: CaseOut, lang: Language) -> list[tuple[str, str]]:
    fields = (field for field in ("phone", "iin", "bin") if getattr(case.applicant, field))
    return [(field, t(f"write.field.applicant.{field}", lang)) for field in fields]


def _written(case: CaseOut) -> list[Any]:
    """Supplements, notes and reasons in one stream, the newest last."""
    return sorted([*case.supplements, *case.notes, *case.reasons], key=lambda one: one.at)


def _answering(case: CaseOut, typed: Mapping[str, str] | None) -> dict[str, str]:
    """What stands in the form of the answer: what was typed, else one's draft."""
    if typed is not None:
        return dict(typed)
    if case.draft is None:
        return {"language": case.language}
    said = case.draft.model_dump(mode="json", include=set(DRAFTED))
    return {name: value or "" for name, value in said.items()} | (
        {} if case.draft.language else {"language": case.language}
    )
