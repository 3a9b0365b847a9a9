"""All pages of the room, as one router."""

from fastapi import APIRouter

from app.core.rooms import join
from app.web.administration import (
    audit,
    calendar,
    cases,
    control,
    files,
    forecast,
    index,
    issues,
    overview,
    people,
    quality,
    readings,
    reference_data,
    reference_thing,
    report,
    resonance,
    rules,
    signs,
    trends,
)

router = APIRouter(include_in_schema=False)
join(
    router,
    *(
        page.router
        for page in (
            overview,
            files,
            trends,
            cases,
            report,
            index,
            forecast,
            resonance,
            issues,
            signs,
            control,
            quality,
            people,
            readings,
            audit,
            calendar,
            rules,
            reference_data,
            reference_thing,
        )
    ),
)
