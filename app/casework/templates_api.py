"""Templates of answers: what everybody of a body writes with, and what its heads keep."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query, Response

from app.appeals.codes import LanguageCode
from app.casework import templates
from app.casework.acts import IfMatch, version_seen
from app.casework.schemas import TemplateIn, TemplateOut, TemplatesOut
from app.casework.templates import TemplateMoved, TemplateNotFound
from app.core import clock
from app.core.edge import Lang, Read, Tx
from app.core.errors import (
    Forbidden,
    Invalid,
    Malformed,
    TooLarge,
    UnsupportedMedia,
    VersionMissing,
    problems,
)
from app.directory import snapshot
from app.staff.access import StaffCaller, require

router = APIRouter(prefix="/api/v1", tags=["casework"])

Writer = Annotated[StaffCaller, Depends(require("templates"))]
Keeper = Annotated[StaffCaller, Depends(require("keep-templates"))]


async def _seen(if_match: IfMatch = None) -> int | None:
    """The template's `version`, as for cases."""
    return version_seen(if_match)


Seen = Annotated[int | None, Depends(_seen)]
TemplateId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Said = Annotated[
    TemplateIn,
    Body(
        openapi_examples={
            "heating": {
                "value": {
                    "name": "Жылу: жөндеу мерзімі",
                    "topic": "utilities",
                    "language": "kk",
                    "text": "Құрметті {name}! Сіздің {number} жолданымыңыз {registered_on} күні тіркелді.",
                }
            }
        }
    ),
]
WRITING = problems(Forbidden, Malformed, TooLarge, UnsupportedMedia, Invalid)


@router.get(
    "/templates",
    summary="Templates of answers",
    description="Of one's own body and of those above it. `topic` brings those for every topic too.",
    responses=problems(Forbidden, Invalid),
)
async def read_templates(
    caller: Writer,
    connection: Read,
    lang: Lang,
    topic: Annotated[str | None, Query(max_length=100, examples=["utilities"])] = None,
    language: Annotated[LanguageCode | None, Query()] = None,
) -> TemplatesOut:
    directory = snapshot.current()
    return TemplatesOut(items=await templates.listed(connection, caller, directory, lang, topic, language))


@router.post(
    "/templates",
    summary="Keep a template",
    description="Heads, for their body. A field that no case fills is refused.",
    status_code=201,
    responses=WRITING,
)
async def add_template(caller: Keeper, said: Said, connection: Tx, lang: Lang) -> TemplateOut:
    return await templates.add(connection, caller, said, snapshot.current(), lang, clock.now())


@router.put(
    "/templates/{id}",
    summary="Change a template",
    description="Heads, of their own body's. Drafts that were begun with it stay as they are.",
    responses=WRITING | problems(TemplateNotFound, TemplateMoved, VersionMissing),
)
async def change_template(
    caller: Keeper, id: TemplateId, said: Said, seen: Seen, connection: Tx, lang: Lang
) -> TemplateOut:
    return await templates.change(connection, caller, id, said, snapshot.current(), lang, clock.now(), seen)


@router.delete(
    "/templates/{id}",
    summary="Remove a template",
    description="Heads, of their own body's.",
    status_code=204,
    responses=problems(Forbidden, TemplateNotFound, TemplateMoved, Invalid, VersionMissing),
)
async def remove_template(caller: Keeper, id: TemplateId, seen: Seen, connection: Tx) -> Response:
    await templates.remove(connection, caller, id, seen)
    return Response(status_code=204)
