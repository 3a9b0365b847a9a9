"""One act for many cases: first rehearsed, so that a person sees what would become of each, then done, each
in a transaction of its own.

What was done before it was broken off is refused the second time by its version or its state, so that
repeating does each case once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.casework import api, inputs
from app.casework.acts import Doing
from app.casework.schemas import CaseOut
from app.core import clock
from app.core.db import Database
from app.core.edge import Db, Lang
from app.core.errors import AppError
from app.core.i18n import Language, t
from app.directory import snapshot
from app.settings import Settings
from app.web.citizen.choices import bodies
from app.web.forms import Form, Mistake, expired, said_of
from app.web.office.case import ActForm, said_by
from app.web.office.queue import BULK_ACTS
from app.web.office.signed_in import ROOM, Queueing, Worker
from app.web.pages import SCRIPTED_POLICY, page

router = APIRouter(include_in_schema=False)

BULK = f"{ROOM}/bulk"
CASE = "case-"
MOST = 50
ACTS: Mapping[str, ActForm] = {
    "claim": ActForm(api.claim, inputs.EmptyIn),
    "assign": ActForm(api.assign, inputs.AssignIn),
    "forward": ActForm(api.forward, inputs.ForwardIn),
    "approve": ActForm(api.approve, inputs.EmptyIn),
}


@dataclass(frozen=True, slots=True)
class Result:
    number: str
    version: str
    good: bool
    sentence: str


def acts_for(me: Worker) -> list[str]:
    return [act for act in BULK_ACTS if me.may(act)]


@router.post(BULK)
async def rehearse(request: Request, me: Queueing, db: Db, lang: Lang) -> Response:
    """What would become of each, by the acts themselves, undone again."""
    form = await Form.of(request)
    act, chosen = form.get("act"), _chosen(form)
    if act not in acts_for(me) or not chosen:
        return RedirectResponse(ROOM, 303)
    schema = ACTS[act].schema
    if not me.visitor.sent(form.token):
        return _page(request, lang, me, act, form, [], [expired(lang)])
    try:
        said = said_by(ACTS[act], form)
    except AppError as error:
        asked = bool(set(schema.model_fields) & set(form.fields))
        wrong = said_of(error, lang) if asked else []
        return _page(request, lang, me, act, form, _unasked(chosen), wrong)
    results = await _each(me, db.rehearsing(), lang, request.app.state.settings, act, said, chosen, "will")
    return _page(request, lang, me, act, form, results, ready=True)


@router.post(f"{BULK}/do")
async def do(request: Request, me: Queueing, db: Db, lang: Lang) -> Response:
    form = await Form.of(request)
    act, chosen = form.get("act"), _chosen(form)
    if act not in acts_for(me) or not chosen:
        return RedirectResponse(ROOM, 303)
    if not me.visitor.sent(form.token):
        return _page(request, lang, me, act, form, _unasked(chosen), [expired(lang)])
    try:
        said = said_by(ACTS[act], form)
    except AppError as error:
        return _page(request, lang, me, act, form, _unasked(chosen), said_of(error, lang))
    results = await _each(me, db, lang, request.app.state.settings, act, said, chosen, "done")
    return _page(request, lang, me, act, form, results, done=True)


def _chosen(form: Form) -> dict[str, str]:
    """The versions that were seen, by number."""
    named = {name[len(CASE) :][:40]: value for name, value in form.fields.items() if name.startswith(CASE)}
    return {number: version for number, version in list(named.items())[:MOST] if _is_version(version)}


def _is_version(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) < 19


def _unasked(chosen: Mapping[str, str]) -> list[Result]:
    return [Result(number, version, True, "") for number, version in chosen.items()]


async def _each(
    me: Worker,
    db: Database,
    lang: Language,
    settings: Settings,
    act: str,
    said: Any,
    chosen: Mapping[str, str],
    how: str,
) -> list[Result]:
    results = []
    for number, version in chosen.items():
        doing = Doing(me.caller, number, int(version), db, lang, settings, Response())
        try:
            if await _already(doing, act, said):
                results.append(Result(number, version, False, t("bulk.already", lang)))
                continue
            shown = await ACTS[act].call(doing, said)
        except AppError as error:
            why = said_of(error, lang)[0].message
            results.append(Result(number, version, False, why))
        else:
            results.append(Result(number, version, True, _sentence(act, how, shown, said, lang)))
    return results


async def _already(doing: Doing, act: str, said: Any) -> bool:
    """Taking and assigning move no version: whose it is already, theirs it stays."""
    if act not in {"claim", "assign"}:
        return False
    async with doing.db.read() as connection:
        case = await api.read_case(
            doing.caller, doing.number, connection, doing.language, doing.settings, Response()
        )
        login = doing.caller.login if act == "claim" else said.to
        theirs = await connection.fetchval("SELECT id FROM staff_account WHERE login = $1", login)
    return case.assignee is not None and case.assignee.id == theirs


def _sentence(act: str, how: str, shown: CaseOut, said: Any, lang: Language) -> str:
    to = getattr(said, "to", "")
    found = snapshot.current().find_agency(to) if act == "forward" else None
    whom = found.name(lang, clock.today()) if found else to
    return t(f"bulk.{how}.{act}", lang, to=whom)


def _page(
    request: Request,
    lang: Language,
    me: Worker,
    act: str,
    form: Form,
    results: Sequence[Result],
    wrong: list[Mistake] | None = None,
    *,
    ready: bool = False,
    done: bool = False,
) -> HTMLResponse:
    """Asks for what is missing, else lists what would be done (`ready`) or what was (`done`)."""
    return page(
        request,
        "office/bulk.html",
        lang,
        status=422 if wrong else 200,
        private=True,
        policy=SCRIPTED_POLICY,
        me=me,
        act=act,
        fields=list(ACTS[act].schema.model_fields),
        typed=form.fields,
        good=[one for one in results if one.good],
        bad=[one for one in results if not one.good],
        wrong=wrong or [],
        bodies=bodies(lang),
        ready=ready,
        done=done,
    )
