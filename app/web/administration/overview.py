"""Who is not answering, and is it getting worse: the table of bodies, each beside the period before.

Everything that it can show stands in the address: the period and filters are the call's own
(`GET /api/v1/compliance/agencies`), `sort` and `open` say how it is put.
"""

from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from app.appeals.codes import ApplicantType, Kind
from app.core import clock
from app.core.edge import Db, Lang
from app.core.errors import Invalid
from app.core.i18n import Language, t
from app.directory import snapshot
from app.oversight import compliance_api, weekly_api
from app.oversight.answering import finding
from app.oversight.asked import refuse_unknown
from app.oversight.compliance_schemas import ComplianceIn, ComplianceOut, WeeksIn, WeeksOut
from app.oversight.weekly import WEEKS
from app.web import figures
from app.web.administration.room import ROOM, Overseeing, given, read, room_page
from app.web.administration.table import COLUMNS, Order, View, cells, heads, lines, roots
from app.web.citizen.choices import Choice, bodies, regions, topic_choices
from app.web.forms import Mistake, said_of
from app.web.office.signed_in import Worker

router = APIRouter(include_in_schema=False)

FILTERS = ("agency", "topic", "region", "channel", "kind", "applicant_type")


@router.get(ROOM)
async def overview(request: Request, me: Overseeing, db: Db, lang: Lang) -> HTMLResponse:
    asked = usual_period() | given(request, ComplianceIn)
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
        asked=asked,
        view=view,
        periods=_periods(asked, view, lang),
        choices=filter_choices(lang),
        filtered=[name for name in FILTERS if asked.get(name)],
        **shown,
    )


def usual_period() -> dict[str, str]:
    """The weeks of the small trends."""
    return _days(clock.today() - timedelta(days=7 * WEEKS - 1), clock.today())


async def _figures(
    request: Request, me: Worker, db: Db, lang: Language, asked: dict[str, str]
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


def _days(first: date, last: date) -> dict[str, str]:
    return {"from": first.isoformat(), "to": last.isoformat()}


def _periods(asked: dict[str, str], view: View, lang: Language) -> list[dict[str, Any]]:
    """Those that people ask for, as links."""
    today = clock.today()
    wanted = {
        "weeks_4": _days(today - timedelta(days=27), today),
        "weeks_12": usual_period(),
        "year": _days(date(today.year, 1, 1), today),
        "last_year": _days(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    }
    return [
        {
            "name": t(f"administration.period.{name}", lang),
            "url": Order.address(asked | days, view),
            "current": all(asked.get(key) == value for key, value in days.items()),
        }
        for name, days in wanted.items()
    ]


def filter_choices(lang: Language) -> dict[str, list[Choice]]:
    channels = [Choice(channel.code, channel.name(lang)) for channel in snapshot.current().channels()]
    return {
        "agency": [choice for group in bodies(lang) for choice in group.choices],
        "topic": topic_choices(lang),
        "region": regions(lang),
        "channel": channels,
        "kind": [Choice(kind, t(f"write.kind.{kind}", lang)) for kind in Kind],
        "applicant_type": [Choice(one, t(f"write.type.{one}", lang)) for one in ApplicantType],
    }
