"""The cases behind a figure: `GET /api/v1/compliance/cases` as a page, asked by the figure's own address."""

import asyncpg
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from app.appeals import numbers
from app.core import clock
from app.core.edge import FIGURES, Db, Lang
from app.core.errors import Invalid
from app.core.i18n import Language, known, t
from app.directory import snapshot
from app.oversight import compliance_api
from app.oversight.cases import MOST_COUNTED
from app.oversight.columns import BY_CODE
from app.oversight.compliance_schemas import NO_REGION, CaseOut, CasesIn
from app.web import figures
from app.web.administration.files import links
from app.web.administration.room import Overseeing, further, given, room_page
from app.web.administration.table import CASES
from app.web.forms import Mistake, read, said_of
from app.web.office import signed_in
from app.web.office.signed_in import Worker

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

SHOWN_AT_ONCE = "50"


@router.get(CASES)
async def cases(request: Request, me: Overseeing, db: Db, lang: Lang) -> HTMLResponse:
    asked = given(request, CasesIn)
    wrong: list[Mistake] = []
    rows, more, question, total = [], "", None, ""
    try:
        question = read(CasesIn, {"limit": SHOWN_AT_ONCE} | asked)
        async with db.moment() as connection:
            found = await compliance_api.list_cases(
                me.caller, request, question, lang, connection, Response()
            )
            if not question.cursor:
                total = await _total(me, request, question, lang, connection)
        rows = [_row(case, lang) for case in found.items]
        more = further(CASES, asked, found.next_cursor)
    except Invalid as error:
        wrong, question = said_of(error, lang), None
    return room_page(
        request,
        "cases.html",
        lang,
        me,
        status=422 if wrong else 200,
        wrong=wrong,
        title=_title(question.figure, lang) if question else t("administration.cases", lang),
        about=_about(question, lang) if question else [],
        rows=rows,
        more=more,
        total=total,
        files=links("cases", asked) if rows else [],
        first=not asked.get("cursor"),
    )


async def _total(
    me: Worker, request: Request, asked: CasesIn, lang: Language, connection: asyncpg.Connection
) -> str:
    """How many cases there are, in words."""
    listed, _ = compliance_api.listed_cases(me.caller, request, asked, lang, Response())
    count = await listed.count(connection)
    if count > MOST_COUNTED:
        return t("administration.cases.more_than", lang, count=figures.number(MOST_COUNTED, lang))
    return t("administration.cases.total", lang, count=figures.number(count, lang))


def _title(figure: str, lang: Language) -> str:
    return BY_CODE[figure].title(lang) if figure in BY_CODE else t("administration.judged", lang)


def _about(asked: CasesIn, lang: Language) -> list[str]:
    """The question in words: whose, when, and what else."""
    directory, on = snapshot.current(), asked.to or clock.today()
    said = []
    if asked.agency:
        whose = directory.agency(asked.agency).name(lang, on)
        said.append(whose if asked.subtree else t("administration.cases.own", lang, agency=whose))
    if asked.from_ and asked.to:
        said.append(figures.days(asked.from_, asked.to, lang))
    if asked.topic:
        said.append(directory.topic(asked.topic).name(lang))
    if asked.region == NO_REGION:
        said.append(t("administration.no_region", lang))
    elif asked.region:
        said.append(directory.region(asked.region).name(lang, on))
    if asked.channel:
        said.append(directory.channel(asked.channel).name(lang))
    for name, key in (("kind", "write.kind"), ("applicant_type", "write.type")):
        if code := getattr(asked, name):
            said.append(t(f"{key}.{code}", lang) if known(f"{key}.{code}") else code)
    return said


def _row(case: CaseOut, lang: Language) -> dict[str, object]:
    directory = snapshot.current()
    state = case.outcome or case.close or ""
    return {
        "case": case,
        "number": numbers.parse(case.number).display(),
        "url": f"{signed_in.ROOM}/cases/{case.number}",
        "topic": directory.topic(case.topic).name(lang),
        "region": directory.region(case.region).name(lang, case.registered_on) if case.region else "",
        "state": _state(case, state, lang),
    }


def _state(case: CaseOut, state: str, lang: Language) -> str:
    for key in (f"outcome.{state}", f"figure.{state}", f"office.status.{case.status}"):
        if state and known(key):
            return t(key, lang)
    return t(f"office.status.{case.status}", lang)
