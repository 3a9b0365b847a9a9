"""`GET /api/v1/compliance/index`: who keeps the law how well, among those of the same volume."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.core import clock
from app.core.edge import FIGURES, FiguresMoment, FiguresRead, Lang
from app.core.errors import Forbidden, Invalid, NotFound, problems
from app.core.i18n import Language
from app.directory import snapshot
from app.directory.registry import Directory
from app.oversight.asked import FIRST_DAY, LAST_DAY, refuse_repeated, unknown_code, unknown_codes, wrong_days
from app.oversight.compliance_asked import bodies_asked
from app.oversight.index import closing, kept
from app.oversight.index.answer import definition_out, rows_out
from app.oversight.index.asked import span_asked
from app.oversight.index.closing import Closed
from app.oversight.index.definition import version_on
from app.oversight.index.kept import Index, in_order
from app.oversight.index.schemas import (
    NOW,
    DefinitionIn,
    DefinitionOut,
    IndexIn,
    IndexOut,
    PeriodOut,
    PeriodsOut,
)
from app.staff.access import Overseer, Public, StaffCaller

router = APIRouter(prefix="/api/v1/compliance/index", tags=["oversight"], dependencies=[FIGURES])


@router.get(
    "",
    summary="The index of bodies, with what it is made from",
    description="Every body with all under it, compared with those of its level and of the same volume. Each "
    "component shows the figures that it is made from, and their cases. A head sees the own body and those "
    "under it, with their ranks among all.\n\n"
    "A month, a quarter or a year that is over is closed some days later: from then on the answer is what "
    "was kept, whatever happens. `beside=now` says what today's figures would give.\n\n"
    "`curl -H \"Authorization: Bearer $TOKEN\" '$HOST/api/v1/compliance/index?period=2026-Q3'`",
    responses=problems(Forbidden, Invalid, NotFound),
)
async def index(
    caller: Overseer,
    request: Request,
    asked: Annotated[IndexIn, Query()],
    lang: Lang,
    connection: FiguresMoment,
    response: Response,
) -> IndexOut:
    refuse_repeated(request)
    response.headers["Content-Language"] = lang
    directory, today = snapshot.current(), clock.today()
    span, seen = span_asked(asked, today), _seen(asked, caller, directory)
    closed = await closing.read(connection, span)
    as_it_is = None
    if closed is None or asked.beside == NOW:
        version = closed.index.version if closed else version_on(span.first)
        as_it_is = await kept.computed(connection, span, version, directory, today)
    return _answer(closed, as_it_is, seen, lang)


def _answer(
    closed: Closed | None, as_it_is: Index | None, seen: frozenset[str] | None, lang: Language
) -> IndexOut:
    """`as_it_is`: of a closed period, what stands beside it."""
    found, beside = (closed.index, as_it_is) if closed else (as_it_is, None)
    assert found
    span, version = found.span, found.version
    rows = [row for row in in_order(found.rows, version) if seen is None or row.agency in seen]
    now = {row.agency: row for row in beside.rows} if beside else None
    return IndexOut(
        **{"from": span.first},
        to=span.last,
        period=span.code,
        state="closed" if closed else "open",
        closed_at=closed.at if closed else None,
        closes_on=None if closed else closing.closes_on(span),
        definition=definition_out(version, lang),
        rows=rows_out(rows, version, span, lang, now),
    )


def _seen(asked: IndexIn, caller: StaffCaller, directory: Directory) -> frozenset[str] | None:
    """The codes of the bodies that are shown; None: all. Raises Invalid, NotFound."""
    errors = list(unknown_codes({"agency": asked.agency}, directory))
    if asked.beside not in (None, NOW):
        errors.append(unknown_code("beside", [NOW]))
    if errors:
        raise Invalid(errors=errors)
    ids = bodies_asked(asked.agency, caller, directory)
    return None if ids is None else frozenset(directory.agency_by_id(id_).code for id_ in ids)


@router.get(
    "/periods",
    summary="The closed periods of the index",
    description="Months, quarters and years whose index is kept as it was when they were closed.",
    responses=problems(Forbidden),
)
async def closed_periods(_: Overseer, connection: FiguresRead) -> PeriodsOut:
    return PeriodsOut(
        items=[
            PeriodOut(
                **{"from": row["first"]}, to=row["last"], period=row["period"], closed_at=row["closed_at"]
            )
            for row in await closing.closed(connection)
        ]
    )


@router.get(
    "/definition",
    summary="How the index is made",
    description="The bands, the components with their weights, floors and targets, and what each means. For "
    "everybody.",
    responses=problems(Invalid),
)
async def definition(
    _: Public, request: Request, asked: Annotated[DefinitionIn, Query()], lang: Lang, response: Response
) -> DefinitionOut:
    refuse_repeated(request)
    response.headers["Content-Language"] = lang
    if errors := list(wrong_days({"on": asked.on}, FIRST_DAY, LAST_DAY)):
        raise Invalid(errors=errors)
    return definition_out(version_on(asked.on or clock.today()), lang)
