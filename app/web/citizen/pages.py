"""The citizen's room, page by page: what the application takes in."""

from fastapi import APIRouter

from app.core.rooms import join
from app.web.citizen import answers, bookings, files, receptions, statistics, track, write

router = APIRouter(include_in_schema=False)
join(router, *(pages.router for pages in (write, track, answers, receptions, bookings, statistics)))

BODY_LIMITS = files.BODY_LIMITS
# What goes wrong under these is told on a page.
BEGINNINGS = ("/write", "/appeals", "/l/", "/questions", "/blog", "/receptions", "/bookings", "/statistics")
