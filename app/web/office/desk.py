"""The desk: an appeal is put in while the person is on the line, at the counter, or has written.

The form gives the desk's own call what it says; what was typed is never lost by looking somebody up or by
choosing another way.
"""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from app.appeals import numbers
from app.core.edge import Db, Lang
from app.core.errors import AppError
from app.core.i18n import LANGUAGES, Language, t
from app.desk import api, earlier, entry
from app.desk.schemas import DeskAppealIn, DeskRegistrationOut, EarlierIn, EarlierListOut
from app.desk.ways import Way
from app.directory import snapshot
from app.web import forms
from app.web.citizen.choices import KINDS, bodies, regions, topic_choices
from app.web.forms import Form, Mistake, expired, said_of
from app.web.office.signed_in import ROOM, Worker, requires
from app.web.pages import SCRIPTED_POLICY, page

router = APIRouter(include_in_schema=False)

DESK = f"{ROOM}/desk"
USUAL = "call_centre"
NUMBERS = frozenset({"how.sheets"})
# What the form has beside the fields of its way.
FIELDS = (
    *("kind", "language", "text", "topic", "region", "incident_address", "addressee"),
    *("applicant.type", "applicant.name", "applicant.phone", "applicant.address", "applicant.email"),
    *("applicant.iin", "applicant.bin"),
)
Typed = dict[str, str]


Clerk = Annotated[Worker, Depends(requires("desk"))]


@router.get(DESK)
async def blank(request: Request, me: Clerk, lang: Lang) -> HTMLResponse:
    return _form(request, lang, me, {"channel": request.query_params.get("channel", "")})


@router.post(f"{DESK}/form")
async def another_way(request: Request, me: Clerk, lang: Lang) -> HTMLResponse:
    """The same, as another channel asks for it."""
    form = await Form.of(request)
    return _form(request, lang, me, form.fields | {"channel": form.get("way")})


@router.post(f"{DESK}/earlier")
async def look_up(request: Request, me: Clerk, db: Db, lang: Lang) -> HTMLResponse:
    form = await Form.of(request)
    if not me.visitor.sent(form.token):
        return _form(request, lang, me, form.fields, [expired(lang)])
    try:
        asked = _sought(form.get("sought") or form.get("applicant.phone"))
        async with db.transaction() as connection:
            found = await earlier.look_up(connection, me.caller, asked, snapshot.current(), lang)
    except AppError as error:
        wrong = [Mistake("sought", one.message, one.label) for one in said_of(error, lang)[:1]]
        return _form(request, lang, me, form.fields, wrong)
    typed = form.fields
    if asked.phone and not typed.get("applicant.phone", "").strip():
        typed = typed | {"applicant.phone": asked.phone}
    return _form(request, lang, me, typed, found=found)


@router.post(DESK)
async def put_in(request: Request, me: Clerk, db: Db, lang: Lang) -> HTMLResponse:
    form = await Form.of(request)
    if not me.visitor.sent(form.token):
        return _form(request, lang, me, form.fields, [expired(lang)])
    try:
        said = _read(form.fields, _way(me, form.get("channel")))
        key = f"page-{form.get('key')[:100]}"
        done = await api.put_in(me.caller, said, db, lang, request, Response(), key)
    except AppError as error:
        return _form(request, lang, me, form.fields, said_of(error, lang))
    return _registered(request, lang, me, said, done)


def _sought(typed: str) -> EarlierIn:
    """A number, an IIN or a telephone number, as they come. Raises Invalid."""
    typed = typed.strip()[:100]
    try:
        numbers.parse(typed)
    except numbers.NumberError:
        by = "iin" if typed.isdigit() and len(typed) == 12 else "phone"
    else:
        by = "number"
    return forms.read(EarlierIn, {by: typed})


def _way(me: Worker, channel: str) -> Way | None:
    ways = entry.ways_of(me.caller)
    named = {way.channel: way for way in reversed(ways)}
    return named.get(channel) or named.get(USUAL) or (ways[0] if ways else None)


def _read(typed: Mapping[str, str], way: Way | None) -> DeskAppealIn:
    """What was typed as the call takes it, blank fields left out. Raises Invalid."""
    said: dict[str, Any] = {"channel": way.channel if way else typed.get("channel", "")}
    asked = [f"how.{name}.name" if name == "employee" else f"how.{name}" for name in way.asks] if way else []
    for name in (*FIELDS, *asked):
        value = typed.get(name, "").strip()
        if value:
            _put(said, name, int(value) if name in NUMBERS and value.isdigit() else value)
    if typed.get("signed"):
        said["signed"] = True
    if set(said.get("applicant", ())) == {"type"}:
        del said["applicant"]
    return forms.read(DeskAppealIn, said)


def _put(said: dict[str, Any], name: str, value: Any) -> None:
    *above, last = name.split(".")
    for one in above:
        said = said.setdefault(one, {})
    said[last] = value


def _form(
    request: Request,
    lang: Language,
    me: Worker,
    typed: Typed,
    wrong: list[Mistake] | None = None,
    found: EarlierListOut | None = None,
) -> HTMLResponse:
    directory = snapshot.current()
    way = _way(me, typed.get("channel", ""))
    channels = {one.channel: directory.channel(one.channel).name(lang) for one in entry.ways_of(me.caller)}
    usual = {
        "language": lang,
        "kind": KINDS[0],
        "key": secrets.token_urlsafe(16),
        "applicant.type": "individual",
    }
    return page(
        request,
        "office/desk.html",
        lang,
        status=422 if wrong else 200,
        private=True,
        policy=SCRIPTED_POLICY,
        me=me,
        channels=channels,
        way=way,
        typed=usual | {name: value for name, value in typed.items() if value},
        wrong=wrong or [],
        found=found,
        statuses={one.number: t(f"office.status.{one.status}", lang) for one in found.items} if found else {},
        topic_names={one.code: one.name for one in topic_choices(lang)},
        kinds=[(kind.value, t(f"write.kind.{kind}", lang)) for kind in KINDS],
        topics=topic_choices(lang),
        regions=regions(lang),
        bodies=bodies(lang),
    )


def _registered(
    request: Request, lang: Language, me: Worker, said: DeskAppealIn, done: DeskRegistrationOut
) -> HTMLResponse:
    """What is read out, in the applicant's language, large; and in the others for who asks again."""
    values = {"number": done.receipt.shown_number, "day": done.due_on, "agency": done.agency.name}
    first: Language = said.language.value
    others: list[Language] = [one for one in LANGUAGES if one != first]
    return page(
        request,
        "office/desk_done.html",
        lang,
        private=True,
        policy=SCRIPTED_POLICY,
        me=me,
        done=done,
        channel=said.channel,
        first=first,
        said={one: _aloud(one, values, done.access_code) for one in (first, *others)},
    )


def _aloud(lang: Language, values: Mapping[str, Any], code: str) -> list[str]:
    return [t(f"desk.page.aloud.{line}", lang, code=code, **values) for line in ("number", "day", "code")]
