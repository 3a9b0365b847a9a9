"""Every route of staff and clients stands in the table of who may do what; docs/access.md is that table."""

from pathlib import Path

import pytest
from fastapi.routing import RouteContext

from app.staff.access import asks_of
from app.staff.permissions import TABLE
from app.web.access_page import document
from tests.repository.test_routes import ROUTES, name, the_app

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_a_route_says_which_act_or_scope_it_needs(route: RouteContext) -> None:
    asked = asks_of(route.dependant)
    kinds = {one.kind for one in asked}
    if "staff" in kinds:
        assert len({one.act for one in asked if one.act}) == 1
    if "client" in kinds:
        assert len({one.scope for one in asked if one.scope}) == 1
    assert all(one.act in TABLE for one in asked if one.act)


def test_every_row_is_asked_for_somewhere() -> None:
    """A row that no route asks for would be a promise that nothing keeps."""
    asked = {one.act for route in ROUTES for one in asks_of(route.dependant)}
    assert set(TABLE) - asked == {"desk-own"}  # asked for by the desk itself, of each way in


def test_the_documentation_is_the_table() -> None:
    written = (ROOT / "docs/access.md").read_text(encoding="utf-8")
    assert written == document(the_app()), "print it again: ./run access > docs/access.md"
