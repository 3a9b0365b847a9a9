"""Lists as sheets. They are read while they are sent, each portion named as it comes."""

from collections.abc import Sequence

from app.core.db import Database
from app.core.i18n import Language, t
from app.directory.registry import Directory
from app.oversight.cases import Listed
from app.oversight.columns import BY_CODE
from app.oversight.compliance_api import case_out
from app.oversight.compliance_schemas import CaseOut, CasesOfIn
from app.oversight.exports.sheet import Column, Kind, Row, Rows, Sheet, column
from app.oversight.exports.words import coded, told, whose

CASE = ("kind", "topic", "channel", "region", "applicant_type", "origin", "status")
DAYS = ("registered_on", "due_on", "closed_on")


def cases(asked: CasesOfIn, listed: Listed, db: Database, directory: Directory, lang: Language) -> Sheet:
    """The cases behind a figure."""
    title = BY_CODE[asked.figure].title(lang) if asked.figure in BY_CODE else t("export.judged", lang)
    columns: Sequence[Column] = [
        column("number", Kind.TEXT, lang),
        *whose(lang),
        *(coded(name, lang) for name in CASE),
        *(column(name, Kind.DAY, lang) for name in DAYS),
        coded("close", lang),
        coded("outcome", lang),
    ]
    return Sheet(
        f"cases-{asked.figure}-{listed.first}-{listed.last}",
        title,
        told(asked, (listed.first, listed.last), lang),
        columns,
        _cases(listed, db, directory, lang),
        [t("export.note.walls", lang)],
    )


async def _cases(listed: Listed, db: Database, directory: Directory, lang: Language) -> Rows:
    """What is committed when it begins; a session of its own, for the request's is over when this is sent."""
    async with db.moment() as connection:
        async for rows in listed.all(connection):
            yield [_case(case_out(row, directory, lang)) for row in rows]


def _case(case: CaseOut) -> Row:
    told = (getattr(case, name) for name in (*CASE, *DAYS, "close", "outcome"))
    return [case.number, case.agency.code, case.agency.name, *told]
