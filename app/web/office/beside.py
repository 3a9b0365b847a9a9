"""What stands beside a case: its files, and what the same person wrote before."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from app.appeals import numbers
from app.casework import api, files_api, similar
from app.core.edge import Configured, Db, Lang
from app.desk import earlier
from app.directory import snapshot
from app.web.forms import Form
from app.web.office.case import Number, case_page
from app.web.office.signed_in import ROOM, AtCase

router = APIRouter(include_in_schema=False)


@router.get(f"{ROOM}/cases/{{number}}/files/{{id}}")
async def file(
    number: Number, id: Annotated[UUID, Path()], me: AtCase, db: Db, settings: Configured
) -> StreamingResponse:
    return await files_api.read_file(me.caller, number, id, db, settings)


@router.get(f"{ROOM}/cases/{{number}}/similar")
async def alike(
    request: Request, number: Number, me: AtCase, db: Db, lang: Lang, settings: Configured
) -> Response:
    """The case with appeals like it: by a press, so that the case itself waits for nothing."""
    async with db.read() as connection:
        shown = await api.read_case(me.caller, number, connection, lang, settings, Response())
        found = await similar.similar(me.caller, shown.number, connection)
    return case_page(request, lang, me, shown, alike=found)


@router.post(f"{ROOM}/cases/{{number}}/earlier")
async def look_up(
    request: Request, number: Number, me: AtCase, db: Db, lang: Lang, settings: Configured
) -> Response:
    """The case with what its applicant wrote before; asked for by a press, because each look is kept."""
    form = await Form.of(request)
    if not me.visitor.sent(form.token):
        return RedirectResponse(f"{ROOM}/cases/{number}", 303)
    async with db.transaction() as connection:
        shown = await api.read_case(me.caller, number, connection, lang, settings, Response())
        appeal_id = numbers.parse(shown.number).appeal_id
        found = await earlier.of_applicant(connection, me.caller, appeal_id, snapshot.current(), lang)
    return case_page(request, lang, me, shown, found=found)
