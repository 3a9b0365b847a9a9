"""What a page of the room shows, as a file: the calls' own files, by the room's cookie."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from app.core.db import Database
from app.core.edge import FIGURES, Db, FiguresDb, Lang
from app.core.errors import Forbidden, NotFound
from app.core.i18n import Language
from app.core.schema import Schema
from app.oversight.compliance_schemas import CasesOfIn, ComplianceIn, PeriodIn, TopicsIn, WeeksIn
from app.oversight.control import schemas as control
from app.oversight.exports import api
from app.oversight.exports.download import Download, Form, download
from app.oversight.exports.sheet import Sheet
from app.oversight.forecast.schemas import ForecastOfIn, LateIn
from app.oversight.index.schemas import IndexIn
from app.oversight.resonance.schemas import IssuesOfIn, RisesOfIn
from app.oversight.signs.codes import Sign
from app.oversight.signs.schemas import PeriodIn as SignsIn
from app.staff.access import StaffCaller
from app.web.administration.room import ROOM, Overseeing, given
from app.web.forms import read

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])


class SampleOf(Schema):
    id: Annotated[int, Field(ge=1, le=2**63 - 1)]


async def _agreement(caller: StaffCaller, _: Request, asked: SampleOf, lang: Language, db: Database) -> Sheet:
    return await api.agreement(caller, asked.id, lang, db)


@dataclass(frozen=True, slots=True)
class File:
    """`asked`: the schema of its question. `made` is called as the call's file is. `figures`: it only reads
    these, and a replica may give them."""

    made: Callable[..., Awaitable[Sheet]]
    asked: type[BaseModel]
    act: str = "oversight"
    figures: bool = False


FILES: Mapping[str, File] = {
    "agencies": File(api.agencies, ComplianceIn, figures=True),
    "topics": File(api.topics, TopicsIn, figures=True),
    "regions": File(api.regions, TopicsIn, figures=True),
    "weeks": File(api.weeks, WeeksIn, figures=True),
    "overdue": File(api.overdue, PeriodIn, figures=True),
    "index": File(api.index, IndexIn, figures=True),
    "cases": File(api.cases, CasesOfIn),
    "control": File(api.on_control, control.CasesOfIn, "control-orders"),
    "agreement": File(_agreement, SampleOf, "quality"),
    "signs": File(api.signs, SignsIn, figures=True),
    "forecast": File(api.forecast, ForecastOfIn, figures=True),
    "forecast-cases": File(api.late, LateIn),
    "rises": File(api.rises, RisesOfIn),
    "issues": File(api.issues, IssuesOfIn),
    **{f"signs-{sign}": File(partial(api.sign, sign=sign.value), SignsIn) for sign in Sign},
}


@router.get(f"{ROOM}/files/{{name}}.{{form}}")
async def file(
    request: Request,
    name: Annotated[str, Path(max_length=40)],
    form: Annotated[str, Path(max_length=10)],
    me: Overseeing,
    db: Db,
    figures: FiguresDb,
    lang: Lang,
) -> Download:
    found = FILES.get(name)
    if found is None or form not in set(Form):
        raise NotFound
    if not me.may(found.act):
        raise Forbidden
    asked = read(found.asked, given(request, found.asked))
    read_from = figures if found.figures else db
    return await download(await found.made(me.caller, request, asked, lang, read_from), Form(form), lang)


def links(name: str, asked: Mapping[str, Any]) -> list[dict[str, str]]:
    """The file's addresses, one a form, with what the page was asked of it."""
    names = {field.alias or key for key, field in FILES[name].asked.model_fields.items()}
    query = urlencode({key: value for key, value in asked.items() if key in names and value})
    return [{"form": form.upper(), "url": f"{ROOM}/files/{name}.{form}?{query}"} for form in Form]
