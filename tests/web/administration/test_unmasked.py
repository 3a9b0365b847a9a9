"""The page of what was changed also says who looked at numbers in full, and what for."""

import httpx

from app.core.db import Database
from app.staff.permissions import Role
from tests.casework.people import Office
from tests.casework.test_case import WHO
from tests.web.administration.room import entered


async def test_who_looked_and_what_for(db: Database, client: httpx.AsyncClient) -> None:
    office = Office(db, client)
    browser = await entered(client, db, Role.ADMIN)
    assert "Nobody looked at an applicant" in await browser.get("/office/administration/audit")
    number = (await office.file(applicant=WHO)).number
    await office.act("operator@energy", number, "unmask", field="phone", purpose="барар күнді келісу")
    page = await browser.get("/office/administration/audit?lang=ru")
    for said in ("operator@energy", number, "барар күнді келісу", "Кто за последние 30 дней смотрел номера"):
        assert said in page
    assert str(WHO.phone) not in page
    assert str(WHO.name) not in page
