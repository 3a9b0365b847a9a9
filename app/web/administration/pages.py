"""All pages of the room, as one router."""

from fastapi import APIRouter

from app.web.administration import (
    calendar,
    cases,
    control,
    files,
    forecast,
    issues,
    overview,
    people,
    quality,
    reference_data,
    resonance,
    signs,
    trends,
)

router = APIRouter(include_in_schema=False)
for page in (
    overview,
    files,
    trends,
    cases,
    forecast,
    resonance,
    issues,
    signs,
    control,
    quality,
    people,
    calendar,
    reference_data,
):
    router.include_router(page.router)
