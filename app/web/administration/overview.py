"""Who is not answering, and is it getting worse: the table of bodies, each beside the period before.

Everything that it can show stands in the address: the period and filters are the call's own
(`GET /api/v1/compliance/agencies`), `sort` and `open` say how it is put.
"""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from app.core.edge import FIGURES, FiguresDb, Lang
from app.core.errors import Invalid
from app.core.i18n import Language
from app.directory import snapshot
from app.oversight import compliance_api, weekly_api
from app.oversight.answering import finding
from app.oversight.asked import refuse_unknown
from app.oversight.compliance_schemas import ComplianceIn, ComplianceOut, WeeksIn, WeeksOut
from app.web import figures
from app.web.administration import period
from app.web.administration.files import links
from app.web.administration.room import ROOM, Overseeing, given, room_page
from app.web.administration.table import COLUMNS, Order, View, cells, heads, lines, roots
from app.web.forms import Mistake, read, said_of
from app.web.office.signed_in import Worker

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])


@router.get(ROOM)
async def overview(request: Request, me: Overseeing, db: FiguresDb, lang: Lang) -> HTMLResponse:
    asked = period.usual() | given(request, ComplianceIn)
    view = View.of(request.query_params)
    wrong: list[Mistake] = []
    shown: dict[str, Any] = {"table": None}
    try:
        refuse_unknown(asked.get("agency"), None, None)
        found, weeks = await _figures(request, me, db, lang, asked)
        shown = _shown(found, weeks, asked, view, lang)
    except Invalid as error:
        wrong = said_of(error, lang)
    return room_page(
        request,
        "overview.html",
        lang,
        me,
        status=422 if wrong else 200,
        wrong=wrong,
        files=links("agencies", asked | {"compare": "before"}),
        **period.shown(asked, ROOM, lang, view.said),
        **shown,
    )


async def _figures(
    request: Request, me: Worker, db: FiguresDb, lang: Language, asked: dict[str, str]
) -> tuple[ComplianceOut, WeeksOut]:
    """Of all bodies that one sees: a body that is asked about is found among them, with those under it."""
    said = {name: value for name, value in asked.items() if name != "agency"}
    question = read(ComplianceIn, said | {"compare": "before"})
    by_week = read(WeeksIn, {name: value for name, value in said.items() if name not in {"by", "compare"}})
    async with db.moment() as connection:
        found = await compliance_api.agencies(me.caller, request, question, lang, connection, Response())
        weeks = await weekly_api.weeks(me.caller, request, by_week, lang, connection, Response())
    return found, weeks


def _shown(
    found: ComplianceOut, weeks: WeeksOut, asked: dict[str, str], view: View, lang: Language
) -> dict[str, Any]:
    directory = snapshot.current()
    series = {row.agency.code: row for row in weeks.rows}
    top = roots(found.rows, directory, asked.get("agency"))
    told = finding([node.row for node in top], {code: its.growing_weeks for code, its in _wholes(series)})
    before = found.total.before
    return {
        "table": lines(top, series, asked, view, lang),
        "heads": heads(asked, view, lang),
        "columns": COLUMNS,
        "total": None if asked.get("agency") else cells(found.total, lang),
        "told": told,
        "worst": directory.agency(told.worst).name(lang, found.to) if told.worst else "",
        "period": figures.days(found.from_, found.to, lang),
        "before": figures.days(before.from_, before.to, lang) if before else "",
        "opens": Order.all_opened(asked, view),
    }


def _wholes(series: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(code, row.with_subtree or row.own) for code, row in series.items()]
