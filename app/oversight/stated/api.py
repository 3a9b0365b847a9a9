"""`GET /api/v1/statistics/stated`: what agencies said of the time before the service."""

from collections.abc import Iterator
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Query

from app.core import clock
from app.core.edge import FIGURES, FiguresRead, Lang
from app.core.errors import FieldError, Invalid, problems
from app.core.i18n import Language, t
from app.directory import snapshot
from app.directory.registry import Directory, UnknownCode
from app.oversight.asked import FIRST_DAY, LAST_DAY, unknown_code, wrong_days
from app.oversight.schemas import AgencyRef
from app.oversight.stated.codes import Measure
from app.oversight.stated.schemas import NoteOut, PartOut, StatedIn, StatedListOut, StatedOut
from app.staff.access import Public

router = APIRouter(prefix="/api/v1/statistics", tags=["statistics"], dependencies=[FIGURES])

ROWS = """
SELECT * FROM stated_total
WHERE ($1::text IS NULL OR agency = $1) AND ($2::text IS NULL OR measure = $2)
  AND ($3::date IS NULL OR last >= $3) AND ($4::date IS NULL OR first <= $4)
ORDER BY agency, measure, first, last, scope
"""


@router.get(
    "/stated",
    summary="What agencies stated of the time before",
    description=(
        "Totals that an agency gave for a time before the service, as it gave them: with the parts that it "
        "named, what those add up to, and the difference. Nothing of it is counted here, and no figure of "
        "`/agencies` contains any of it. Measures are never added to one another.\n\n"
        "`curl '$HOST/api/v1/statistics/stated?agency=health&measure=appeals&lang=en'`"
    ),
    response_model=StatedListOut,
    responses=problems(Invalid),
)
async def stated(
    _: Public, asked: Annotated[StatedIn, Query()], lang: Lang, connection: FiguresRead
) -> StatedListOut:
    directory = snapshot.current()
    if errors := list(_wrong(asked, directory)):
        raise Invalid(errors=errors)
    rows = await connection.fetch(ROWS, asked.agency, asked.measure, asked.from_, asked.to)
    return StatedListOut(rows=[_shown(row, directory, lang) for row in rows])


def _wrong(asked: StatedIn, directory: Directory) -> Iterator[FieldError]:
    yield from wrong_days(
        {"from": asked.from_, "to": asked.to}, asked.from_ or FIRST_DAY, asked.to or LAST_DAY
    )
    if asked.measure is not None and asked.measure not in list(Measure):
        yield unknown_code("measure", [code.value for code in Measure])
    try:
        if asked.agency is not None:
            directory.agency(asked.agency)
    except UnknownCode:
        yield unknown_code("agency", directory.near("agency", asked.agency or ""))


def _shown(row: asyncpg.Record, directory: Directory, lang: Language) -> StatedOut:
    parts = [PartOut(name=part[lang], count=part["count"]) for part in row["parts"]]
    added = sum(part.count for part in parts) if parts else None
    on = row["last"] or clock.today()
    return StatedOut(
        **{"from": row["first"]},
        agency=AgencyRef(code=row["agency"], name=directory.agency(row["agency"]).name(lang, on)),
        measure=Measure(row["measure"]),
        what=t(f"stated.measure.{row['measure']}", lang),
        scope=t(f"stated.scope.{row['scope']}", lang) if row["scope"] else None,
        to=row["last"],
        period_as_stated=row["period"] or None,
        total=row["total"],
        parts=parts,
        parts_total=added,
        difference=None if added is None or row["total"] is None else added - row["total"],
        notes=[NoteOut(code=code, sentence=t(f"stated.note.{code}", lang)) for code in row["notes"]],
        source=row["source"][lang],
        counted_url=_counted(row),
    )


def _counted(row: asyncpg.Record) -> str | None:
    if row["measure"] != Measure.APPEALS or row["first"] is None or row["last"] is None:
        return None
    return f"/api/v1/statistics/agencies?agency={row['agency']}&from={row['first']}&to={row['last']}"
