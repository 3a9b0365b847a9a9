"""A number that means several parts, on the page that asks which is meant."""

from app.core import clock
from app.directory import snapshot
from app.staff.permissions import Role
from tests.casework.people import Office
from tests.web.office.conftest import entered

COMMITTEE = "justice-registration-committee"


async def test_each_part_is_named_with_its_body(office: Office) -> None:
    number = (await office.file(addressee="justice")).number
    await office.act("head@justice", number, "split", parts=[{"to": COMMITTEE, "text": "тіркеу жағы"}])
    await entered(office, "second-head@justice", Role.HEAD)
    page = await office.client.get(f"/office/cases/{number}?lang=kk")
    for part, body in (("0", "justice"), ("1", COMMITTEE)):
        line = page.text.partition(f'href="/office/cases/{number}.{part}"')[2].partition("</li>")[0]
        assert snapshot.current().agency(body).name("kk", clock.today()) in line
        assert (await office.client.get(f"/office/cases/{number}.{part}")).status_code == 200
