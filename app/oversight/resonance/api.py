"""The room of resonance: rises, trends and systemic issues."""

from fastapi import APIRouter

from app.core.rooms import join
from app.oversight.resonance import issues_api, rises_api

router = APIRouter()
join(router, rises_api.router, issues_api.router)
