"""All pages of the room, as one router."""

from fastapi import APIRouter

from app.web.administration import cases, overview, trends

router = APIRouter(include_in_schema=False)
for page in (overview, trends, cases):
    router.include_router(page.router)
