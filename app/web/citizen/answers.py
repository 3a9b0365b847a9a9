"""Answers that everybody may read: to questions that are asked often, and what heads answered on blogs."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.core import clock
from app.core.edge import Db, Lang
from app.core.errors import AppError, NotFound
from app.core.i18n import Language, sort_key
from app.directory import snapshot
from app.intake.blogs import reading
from app.questions import api as questions
from app.questions import service
from app.questions.schemas import MOST, FaqIn
from app.staff.access import public
from app.web.citizen import draft
from app.web.citizen.choices import Choice, topic_choices
from app.web.forms import Form, Mistake, read, said_of
from app.web.pages import page
from app.web.visitor import Visiting

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])

EntryId = Annotated[int, Path(ge=1, le=service.LARGEST_ID)]
LONGEST = 300
ON_A_PAGE = 20


# Questions that are asked often


@router.get("/questions")
async def search(request: Request, db: Db, lang: Lang) -> HTMLResponse:
    given = request.query_params
    asked = {"q": given.get("q", "")[:LONGEST], "topic": given.get("topic", "")}
    wrong: list[Mistake] = []
    found = []
    try:
        question = read(FaqIn, {"q": asked["q"], "topic": asked["topic"] or None, "limit": MOST})
        async with db.read() as connection:
            found = (await questions.search(None, connection, lang, question)).items
    except AppError as error:
        wrong = said_of(error, lang)
    return page(
        request,
        "citizen/questions.html",
        lang,
        status=422 if wrong else 200,
        wrong=wrong,
        asked=asked,
        found=found,
        topics=topic_choices(lang),
    )


@router.get("/questions/{entry}")
async def question(request: Request, entry: EntryId, db: Db, lang: Lang, visitor: Visiting) -> HTMLResponse:
    async with db.read() as connection:
        found = await questions.one(None, entry, connection, lang)
    topic = snapshot.current().topic(found.topic).name(lang)
    said = request.query_params.get("said", "")
    return page(
        request,
        "citizen/question.html",
        lang,
        answer=found,
        topic=topic,
        said=said if said in {"yes", "no"} else "",
        visitor=visitor,
    )


@router.post("/questions/{entry}/helped")
async def helped(request: Request, entry: EntryId, db: Db, visitor: Visiting) -> Response:
    form = await Form.of(request)
    said = form.get("helped")
    if not visitor.sent(form.token) or said not in {"yes", "no"}:
        return RedirectResponse(f"/questions/{entry}", 303)
    async with db.transaction() as connection:
        await service.vote(connection, entry, helped=said == "yes")
    return RedirectResponse(f"/questions/{entry}?said={said}#helped", 303)


# Heads' blogs


@router.get("/blog")
async def blog(request: Request, db: Db, lang: Lang, visitor: Visiting) -> HTMLResponse:
    given = request.query_params
    asked = {"q": given.get("q", "")[:LONGEST], "blog": given.get("blog", "")}
    cursor = given.get("cursor", "")[:40] or None
    wrong: list[Mistake] = []
    found, more = [], None
    try:
        async with db.read() as connection:
            listed = await reading.public_answers(
                connection, lang, asked["blog"] or None, None, asked["q"] or None, cursor, ON_A_PAGE
            )
        found, more = listed.items, listed.next_cursor
    except AppError as error:
        wrong = said_of(error, lang)
    kept = {name: value for name, value in asked.items() if value}
    return page(
        request,
        "citizen/blog.html",
        lang,
        status=422 if wrong else 200,
        wrong=wrong,
        asked=asked,
        found=found,
        more=f"/blog?{urlencode(kept | {'cursor': more})}" if more else None,
        blogs=_blogs(lang),
        visitor=visitor,
    )


@router.get("/blog/{id_}")
async def answered(request: Request, id_: EntryId, db: Db, lang: Lang, visitor: Visiting) -> HTMLResponse:
    async with db.read() as connection:
        found = await reading.public_answer(connection, lang, id_)
    return page(request, "citizen/blog_answer.html", lang, answer=found, visitor=visitor)


@router.post("/blog/write")
async def write_to(request: Request, db: Db, visitor: Visiting) -> Response:
    """The head's body is the addressee of what is being written; its words, if there are any, stay."""
    form = await Form.of(request)
    directory = snapshot.current()
    if not directory.has_blog(form.get("blog")):
        raise NotFound
    head = directory.blog(form.get("blog"))
    gone_on = RedirectResponse("/write/what", 303)
    if not visitor.sent(form.token):
        gone_on = RedirectResponse(f"/blog?blog={head.code}", 303)
    else:
        async with db.transaction() as connection:
            found = await draft.begun(connection, visitor, clock.now())
            found.take("addressee", directory.agency_by_id(head.agency_id).code)
            await draft.save(connection, visitor, found, clock.now())
    visitor.keep(gone_on)
    return gone_on


def _blogs(lang: Language) -> list[Choice]:
    found = [Choice(one.code, one.name(lang)) for one in snapshot.current().blogs(clock.today())]
    return sorted(found, key=lambda one: sort_key(one.name, lang))
