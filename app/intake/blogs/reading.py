"""Public questions and answers, for anybody to read."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from app.appeals.codes import LanguageCode
from app.core import clock, paging
from app.core.edge import Lang, Read
from app.core.errors import Invalid, NotFound, problems
from app.core.i18n import Language
from app.core.schema import Code, Out
from app.directory import snapshot
from app.directory.registry import Directory
from app.intake.blogs import answers
from app.intake.blogs.answers import Asked
from app.intake.blogs.schemas import BlogRef
from app.intake.schemas import AgencyOut
from app.intake.shown import agency_out
from app.staff.access import public

router = APIRouter(prefix="/api/v1/blog/answers", tags=["citizens"], dependencies=[Depends(public)])

MOST = 100
LARGEST = 2**63 - 1


class AnswerNotFound(NotFound):
    code = "answer_not_found"


class PublicAnswerOut(Out):
    id: int
    blog: BlogRef | None
    agency: AgencyOut = Field(description="who answered")
    title: str | None
    question: str
    answer: str
    language: LanguageCode = Field(description="of the answer")
    answered_on: date


class PublicAnswersOut(Out):
    items: list[PublicAnswerOut]
    next_cursor: str | None = Field(description="null: there is no more")


@router.get(
    "",
    summary="Public questions and answers",
    description=(
        "What people asked heads of state bodies on their blogs, and what they were answered: where the "
        "author allowed it, without anything personal, the newest first.\n\n"
        "`curl '$HOST/api/v1/blog/answers?agency=energy&q=жарык'`"
    ),
    responses=problems(Invalid),
)
async def public_answers(
    connection: Read,
    lang: Lang,
    blog: Annotated[Code | None, Query(examples=["energy"])] = None,
    agency: Annotated[Code | None, Query(description="who answered", examples=["energy"])] = None,
    q: Annotated[
        str | None, Query(max_length=300, description="words that all occur, in any form", examples=["жарық"])
    ] = None,
    cursor: Annotated[
        str | None, Query(max_length=40, description="`next_cursor` of the last answer")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
) -> PublicAnswersOut:
    directory = snapshot.current()
    asked = Asked(
        blog=_known("blog", blog, directory),
        agency_id=directory.agency(agency).id if _known("agency", agency, directory) and agency else None,
        words=q if q and q.strip() else None,
        before=paging.place(cursor, int)[0] if cursor is not None else None,
        limit=limit + 1,
    )
    rows = await answers.listed(connection, asked)
    page = rows[:limit]
    return PublicAnswersOut(
        items=[_shown(row, directory, lang) for row in page],
        next_cursor=paging.cursor(page[-1]["id"]) if len(rows) > limit else None,
    )


def _known(kind: Any, code: str | None, directory: Directory) -> str | None:
    """Raises Invalid for a code that there is not."""
    has = {"blog": directory.has_blog, "agency": directory.has_agency}[kind]
    if code is not None and not has(code):
        raise Invalid.of(kind, "unknown_code", near=", ".join(directory.near(kind, code)) or "—")
    return code


@router.get(
    "/{id}",
    summary="One public question with its answer",
    description="`curl $HOST/api/v1/blog/answers/1`",
    responses=problems(AnswerNotFound, Invalid),
)
async def public_answer(
    connection: Read, lang: Lang, id: Annotated[int, Path(ge=1, le=LARGEST, examples=[1])]
) -> PublicAnswerOut:
    rows = await answers.listed(connection, Asked(id=id))
    if not rows:
        raise AnswerNotFound
    return _shown(rows[0], snapshot.current(), lang)


def _shown(row: dict[str, Any], directory: Directory, lang: Language) -> PublicAnswerOut:
    on = clock.civil_day(row["answered_at"])
    blog = directory.blog(row["blog"]) if row["blog"] else None
    return PublicAnswerOut(
        id=row["id"],
        blog=BlogRef(code=blog.code, name=blog.name(lang)) if blog else None,
        agency=agency_out(directory, directory.agency_by_id(row["agency_id"]).code, on, lang),
        title=row["title"],
        question=row["question"],
        answer=row["answer"],
        language=row["language"],
        answered_on=on,
    )
