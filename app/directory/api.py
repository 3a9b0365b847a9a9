"""Who and what exists, for callers: names in the asked language, sorted by its alphabet."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response

from app.core import clock
from app.core.edge import Lang
from app.core.errors import Invalid, problems
from app.core.i18n import Language, sort_key
from app.core.schema import Code, Day
from app.directory import snapshot
from app.directory.registry import Directory
from app.directory.schemas import (
    AgenciesOut,
    AgencyOut,
    BlogOut,
    BlogsOut,
    ChannelOut,
    ChannelsOut,
    ContactOut,
    RegionOut,
    RegionsOut,
    ServiceOut,
    ServicesOut,
    SuccessorOut,
    TopicOut,
    TopicsOut,
)
from app.directory.values import Agency, Blog, Region
from app.staff.access import Public

router = APIRouter(prefix="/api/v1/directory", tags=["directory"])

FRESH_FOR = "public, max-age=60"
T = TypeVar("T", AgencyOut, RegionOut, TopicOut, ChannelOut, BlogOut)

OnDay = Annotated[
    Day | None,
    Query(description="only what exists on this day, under its name of that day", examples=["2021-06-30"]),
]
# Read by the `Lang` dependency; declared here for the documentation.
AskedLanguage = Annotated[Language | None, Query(description="instead of Accept-Language", examples=["en"])]
Words = Annotated[
    str | None,
    Query(max_length=200, description="beginnings of words of a name or code", examples=["минист энерг"]),
]
RESPONSES = {304: {"description": "Not changed since the ETag in If-None-Match"}, **problems(Invalid)}


async def directory() -> Directory:
    return snapshot.current()


Known = Annotated[Directory, Depends(directory)]


def _not_modified(
    request: Request, response: Response, known: Directory, lang: Language, day: date
) -> Response | None:
    """Mark the answer with the directory's version; give a 304 to who has it already."""
    etag = f'"{known.version}-{known.content_hash[:12]}-{lang}-{day.isoformat()}"'
    headers = {
        "ETag": etag,
        "Cache-Control": FRESH_FOR,
        "Content-Language": lang,
        "Vary": "Accept-Language",
    }
    response.headers.update(headers)
    seen = request.headers.get("if-none-match", "")
    if etag in (tag.strip().removeprefix("W/") for tag in seen.split(",")):
        return Response(status_code=304, headers=headers)
    return None


def _sorted(items: Sequence[T], lang: Language) -> list[T]:
    return sorted(items, key=lambda item: (sort_key(item.name, lang), item.code))


@router.get(
    "/agencies",
    summary="State bodies",
    description=(
        "All bodies that exist or existed, with the body they are part of and who took over from those "
        "abolished; `?on=` gives those of one day, `?q=` searches by code and name in any language.\n\n"
        "`curl -H 'Accept-Language: en' '$HOST/api/v1/directory/agencies?on=2021-06-30&q=justice'`"
    ),
    responses=RESPONSES,
    response_model=AgenciesOut,
)
async def agencies(
    _: Public,
    request: Request,
    response: Response,
    known: Known,
    language: Lang,
    on: OnDay = None,
    q: Words = None,
    lang: AskedLanguage = None,
) -> Response | AgenciesOut:
    day = on or clock.today()
    if unchanged := _not_modified(request, response, known, language, day):
        return unchanged
    wanted = known.matching("agency", q) if q and q.strip() else None
    items = [
        _agency(known, agency, language, day)
        for agency in known.agencies(on)
        if wanted is None or agency.code in wanted
    ]
    return AgenciesOut(version=known.version, language=language, on=day, items=_sorted(items, language))


@router.get(
    "/regions",
    summary="Regions and cities of republican significance",
    description=(
        "By ISO 3166-2 code, with the days they exist and what they were part of before.\n\n"
        "`curl '$HOST/api/v1/directory/regions?lang=ru&on=2021-06-30'`"
    ),
    responses=RESPONSES,
    response_model=RegionsOut,
)
async def regions(
    _: Public,
    request: Request,
    response: Response,
    known: Known,
    language: Lang,
    on: OnDay = None,
    lang: AskedLanguage = None,
) -> Response | RegionsOut:
    day = on or clock.today()
    if unchanged := _not_modified(request, response, known, language, day):
        return unchanged
    items = [_region(region, language, day) for region in known.regions(on)]
    return RegionsOut(version=known.version, language=language, on=day, items=_sorted(items, language))


@router.get(
    "/topics",
    summary="What appeals are about",
    description="`curl '$HOST/api/v1/directory/topics?lang=en'`",
    responses=RESPONSES,
    response_model=TopicsOut,
)
async def topics(
    _: Public,
    request: Request,
    response: Response,
    known: Known,
    language: Lang,
    lang: AskedLanguage = None,
) -> Response | TopicsOut:
    day = clock.today()
    if unchanged := _not_modified(request, response, known, language, day):
        return unchanged
    items = [TopicOut(code=topic.code, name=topic.name(language)) for topic in known.topics()]
    return TopicsOut(version=known.version, language=language, on=day, items=_sorted(items, language))


@router.get(
    "/channels",
    summary="The ways in",
    description="`curl '$HOST/api/v1/directory/channels?lang=en'`",
    responses=RESPONSES,
    response_model=ChannelsOut,
)
async def channels(
    _: Public,
    request: Request,
    response: Response,
    known: Known,
    language: Lang,
    lang: AskedLanguage = None,
) -> Response | ChannelsOut:
    day = clock.today()
    if unchanged := _not_modified(request, response, known, language, day):
        return unchanged
    items = [ChannelOut(code=channel.code, name=channel.name(language)) for channel in known.channels()]
    return ChannelsOut(version=known.version, language=language, on=day, items=_sorted(items, language))


@router.get(
    "/blogs",
    summary="Blogs of heads of state bodies",
    description=(
        "With the body that answers there; `?on=` gives those of one day.\n\n"
        "`curl '$HOST/api/v1/directory/blogs?lang=en'`"
    ),
    responses=RESPONSES,
    response_model=BlogsOut,
)
async def blogs(
    _: Public,
    request: Request,
    response: Response,
    known: Known,
    language: Lang,
    on: OnDay = None,
    lang: AskedLanguage = None,
) -> Response | BlogsOut:
    day = on or clock.today()
    if unchanged := _not_modified(request, response, known, language, day):
        return unchanged
    items = [_blog(known, blog, language) for blog in known.blogs(on)]
    return BlogsOut(version=known.version, language=language, on=day, items=_sorted(items, language))


def _blog(known: Directory, blog: Blog, lang: Language) -> BlogOut:
    return BlogOut(
        code=blog.code,
        name=blog.name(lang),
        agency=known.agency_by_id(blog.agency_id).code,
        valid_from=blog.valid_from,
        valid_to=blog.valid_to,
    )


@router.get(
    "/services",
    summary="Services of the online reception room",
    description=(
        "Write an appeal, the head's blog, the receptions, ask a question. With `agency`: those that the "
        "body offers, under the names that it gives them.\n\n"
        "`curl '$HOST/api/v1/directory/services?agency=labour&lang=kk'`"
    ),
    responses=RESPONSES,
    response_model=ServicesOut,
)
async def services(
    _: Public,
    request: Request,
    response: Response,
    known: Known,
    language: Lang,
    agency: Annotated[Code | None, Query(description="its code", examples=["labour"])] = None,
    lang: AskedLanguage = None,
) -> Response | ServicesOut:
    day = clock.today()
    if agency is not None and agency not in {one.code for one in known.agencies()}:
        near = ", ".join(known.near("agency", agency)) or "—"
        raise Invalid.of("agency", "unknown_code", near=near)
    if unchanged := _not_modified(request, response, known, language, day):
        return unchanged
    found = known.services(known.agency(agency) if agency else None)
    items = [ServiceOut(code=one.code, name=one.names.in_(language)) for one in found]
    return ServicesOut(version=known.version, language=language, on=day, agency=agency, items=items)


def _agency(known: Directory, agency: Agency, lang: Language, day: date) -> AgencyOut:
    parent = known.parent(agency)
    return AgencyOut(
        code=agency.code,
        name=agency.name(lang, day),
        kind=agency.kind,
        parent=parent.code if parent else None,
        region=agency.region_code,
        valid_from=agency.valid_from,
        valid_to=agency.valid_to,
        successors=_successors(known, agency, lang),
        predecessors=[before.code for before in known.predecessors(agency)],
        contact=contact_out(agency, lang),
    )


def contact_out(agency: Agency, lang: Language) -> ContactOut:
    said, hours = agency.contact, agency.hours
    return ContactOut(
        phone=said.phone,
        email=said.email,
        address=said.address.in_(lang) if said.address else None,
        opens=hours.opens,
        closes=hours.closes,
        week=hours.week,
    )


def _successors(known: Directory, agency: Agency, lang: Language) -> list[SuccessorOut]:
    if agency.valid_to is None:
        return []
    return [
        SuccessorOut(
            code=successor.code,
            name=successor.name(lang, link.since),
            since=link.since,
            topics=None if link.topics is None else sorted(link.topics),
        )
        for successor, link in known.successors(agency)
    ]


def _region(region: Region, lang: Language, day: date) -> RegionOut:
    return RegionOut(
        code=region.code,
        name=region.name(lang, day),
        valid_from=region.valid_from,
        valid_to=region.valid_to,
        formed_from=region.formed_from,
    )
