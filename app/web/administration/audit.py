"""What administrators changed, and who looked at applicants' numbers in full."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from app.casework import unmaskings
from app.casework.unmaskings import UnmaskingsIn, UnmaskingsOut
from app.core.edge import FIGURES, Db, Lang
from app.core.errors import Invalid
from app.core.i18n import Language, t
from app.staff import people_api as api
from app.staff.people_api import AuditOut, PageIn
from app.web import figures
from app.web.administration import reference_words as words
from app.web.administration.parts import Cell, Grid, Section, heads, sections_page
from app.web.administration.room import ROOM, further, given
from app.web.forms import read, said_of
from app.web.office.signed_in import Worker, requires
from app.web.pages import moment

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

AUDIT = f"{ROOM}/audit"
Auditing = Annotated[Worker, Depends(requires("audit"))]


@router.get(AUDIT)
async def audit(request: Request, me: Auditing, db: Db, lang: Lang) -> HTMLResponse:
    asked = given(request, PageIn)
    title = t("administration.page.audit", lang)
    try:
        async with db.read() as connection:
            found = await api.list_audit(me.caller, read(PageIn, asked), connection)
            looked = await unmaskings.newest(connection, UnmaskingsIn())
    except Invalid as error:
        return sections_page(request, lang, me, title, [], wrong=said_of(error, lang))
    more = further(AUDIT, asked, found.next_cursor)
    grid = Grid(
        title,
        heads(lang, "at", "who", "step", "subject", "details"),
        [_entry(one, lang) for one in found.items],
        t("administration.audit.none", lang),
        more,
    )
    sections = [Section(grid=grid), *_looked(looked, lang)]
    return sections_page(request, lang, me, title, sections, lead=t("administration.audit.lead", lang))


def _looked(found: UnmaskingsOut, lang: Language) -> list[Section]:
    """Who had numbers of applicants shown in full: how often, and each of the last times with its purpose."""
    if not found.items:
        return [Section(words=[t("administration.unmasked.none", lang)])]
    often = [
        [Cell(one.name, note=one.login), Cell(str(one.times)), Cell(str(one.cases))] for one in found.people
    ]
    times = [
        [
            Cell(moment(one.at, lang)),
            Cell(one.name, note=one.login),
            Cell(one.number),
            Cell(t(f"write.field.applicant.{one.field}", lang)),
            Cell(one.purpose or figures.NOTHING),
        ]
        for one in found.items
    ]
    grids = (
        ("people", ("who", "times#", "cases#"), often),
        ("times", ("at", "who", "number", "field", "purpose"), times),
    )
    return [
        Section(grid=Grid(t(f"administration.unmasked.{name}", lang), heads(lang, *columns), rows, empty=""))
        for name, columns, rows in grids
        if rows
    ]


def _entry(one: AuditOut, lang: Language) -> list[Cell]:
    subject = one.subject or one.details.get("code") or str(one.subject_id)
    return [
        Cell(moment(one.at, lang)),
        Cell(one.by_name, note=one.by_login),
        Cell(t(f"administration.audit.{one.act}", lang)),
        Cell(subject),
        Cell(_details(one.details, lang)),
    ]


def _details(details: dict[str, Any], lang: Language) -> str:
    """What was and what is, where an entry has both."""
    if "was" in details:
        return f"{words.said(details['was'], lang)} → {words.said(details['is'], lang)}"
    said = (", ".join(map(str, it)) if isinstance(it, list) else str(it) for it in details.values())
    return "; ".join(said) or figures.NOTHING
