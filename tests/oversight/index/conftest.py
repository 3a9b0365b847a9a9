import httpx
import pytest

from app.core.db import Database
from app.staff.permissions import Role
from tests.casework.people import Person, make_person
from tests.oversight.desk import Desk
from tests.oversight.test_compliance import others  # noqa: F401


@pytest.fixture
def desk(db: Database, client: httpx.AsyncClient) -> Desk:
    return Desk(db, client)


@pytest.fixture
async def controller(db: Database) -> Person:
    return await make_person(db, "controller@administration", Role.CONTROLLER, "Бақылаушы")
