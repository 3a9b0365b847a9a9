"""Reference data as the service knows them today: bodies with their days, regions, topics, channels.

They are files of the installation (docs/architecture.md), loaded by `migrate`; here they are read.
"""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from app.core import clock
from app.core.edge import Lang
from app.core.i18n import Language, long_date, t
from app.directory import snapshot
from app.directory.registry import Directory
from app.directory.values import Agency
from app.staff.permissions import Role
from app.web import figures
from app.web.administration.parts import Cell, Grid, Section, heads, sections_page
from app.web.administration.room import ROOM, requires
from app.web.office.signed_in import Worker

router = APIRouter(include_in_schema=False)

PAGE = f"{ROOM}/reference"


@router.get(PAGE)
async def reference(
    request: Request, me: Annotated[Worker, Depends(requires(Role.ADMIN))], lang: Lang
) -> HTMLResponse:
    directory, today = snapshot.current(), clock.today()
    nothing = t("administration.empty", lang)
    agencies = Grid(
        t("administration.reference.agencies", lang),
        heads(lang, "name", "code", "above", "from", "until"),
        [_agency(one, directory, lang, today) for one in directory.agencies()],
        nothing,
    )
    regions = Grid(
        t("administration.reference.regions", lang),
        heads(lang, "name", "code", "from", "until"),
        [
            [Cell(one.name(lang, today)), Cell(one.code), *_days(one.valid_from, one.valid_to, lang)]
            for one in directory.regions()
        ],
        nothing,
    )
    names = {
        "topics": [(one.name(lang), one.code) for one in directory.topics()],
        "channels": [(one.name(lang), one.code) for one in directory.channels()],
    }
    lists = [
        Grid(
            t(f"administration.reference.{name}", lang),
            heads(lang, "name", "code"),
            [[Cell(words), Cell(code)] for words, code in rows],
            nothing,
        )
        for name, rows in names.items()
    ]
    return sections_page(
        request,
        lang,
        me,
        t("administration.page.reference", lang),
        [Section(grid=grid) for grid in (agencies, regions, *lists)],
        lead=t("administration.reference.lead", lang, version=directory.version),
    )


def _agency(one: Agency, directory: Directory, lang: Language, today: date) -> list[Cell]:
    above = directory.parent(one)
    return [
        Cell(one.name(lang, today)),
        Cell(one.code),
        Cell(above.name(lang, today) if above else figures.NOTHING),
        *_days(one.valid_from, one.valid_to, lang),
    ]


def _days(first: date, last: date | None, lang: Language) -> list[Cell]:
    return [Cell(long_date(first, lang)), Cell(long_date(last, lang) if last else figures.NOTHING)]
