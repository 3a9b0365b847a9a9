"""`GET /api/v1/oversight/forecast`: what will be late at today's pace, and how far to trust that."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.core.edge import FIGURES, FiguresRead, Lang
from app.core.errors import Forbidden, Invalid, problems
from app.directory import snapshot
from app.oversight.forecast import answers
from app.oversight.forecast.schemas import ForecastIn, ForecastOut
from app.staff.access import Overseer

router = APIRouter(prefix="/api/v1/oversight", tags=["oversight"], dependencies=[FIGURES])


@router.get(
    "/forecast",
    summary="What will be late at today's pace",
    description=(
        "For each body what is open, worked off first due first at the pace of the last eight weeks: how "
        "many of what is due on which day will be late. Beside it what the same forecast would have said in "
        "the last 90 days, against what happened. With `agency` also the cases that will be late. Heads see "
        "the bodies under them.\n\n"
        "`curl -H \"Authorization: Bearer $TOKEN\" '$HOST/api/v1/oversight/forecast?agency=energy'`"
    ),
    response_model=ForecastOut,
    responses=problems(Invalid, Forbidden),
)
async def forecast(
    caller: Overseer, asked: Annotated[ForecastIn, Query()], lang: Lang, connection: FiguresRead
) -> ForecastOut:
    return await answers.forecast(connection, asked, caller, snapshot.current(), lang)
