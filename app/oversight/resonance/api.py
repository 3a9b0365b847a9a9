"""The room of resonance: rises, trends and systemic issues."""

from fastapi import APIRouter

from app.oversight.resonance import issues_api, rises_api

router = APIRouter()
router.include_router(rises_api.router)
router.include_router(issues_api.router)
