"""All pages of the room, as one router."""

from fastapi import APIRouter

from app.web.administration import (
    cases,
    control,
    forecast,
    issues,
    overview,
    quality,
    resonance,
    signs,
    trends,
)

router = APIRouter(include_in_schema=False)
for page in (overview, trends, cases, forecast, resonance, issues, signs, control, quality):
    router.include_router(page.router)
