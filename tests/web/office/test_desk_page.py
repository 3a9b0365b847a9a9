"""The desk's page: what it asks for by each way, and that one press registers once."""

import re

from app.staff.permissions import Role
from tests.casework.people import Office
from tests.web.office.conftest import entered


async def test_one_press_registers_once_and_is_read_out(office: Office) -> None:
    token = await entered(office, "desk@energy", Role.OPERATOR)
    blank = await office.client.get("/office/desk?lang=en")
    assert blank.status_code == 200
    key = re.search(r'name="key" value="([^"]+)"', blank.text)
    assert key
    said = {"form": token, "key": key[1], "channel": "letter", "kind": "statement", "language": "kk"}
    said |= {"text": "Жылу жоқ.", "applicant.phone": "+7 700 000 00 12", "applicant.type": "individual"}
    wrong = await office.client.post(
        "/office/desk", data=said | {"applicant.iin": "123", "how.sheets": "two"}
    )
    assert wrong.status_code == 422
    assert all(f'id="{field}-wrong"' in wrong.text for field in ("applicant.iin", "how.sheets"))
    assert "Жылу жоқ." in wrong.text
    done = [await office.client.post("/office/desk", data=said | {"how.sheets": "2"}) for _ in range(2)]
    numbers = [re.findall(r"ЖТ-[0-9]{4}-[0-9]{8}", one.text)[0] for one in done]
    assert numbers[0] == numbers[1]
    found = await office.client.post("/office/desk/earlier", data=said | {"sought": "+7 700 000 00 12"})
    assert found.status_code == 200
    assert numbers[0].replace("ЖТ", "JT") in found.text
    other = await office.client.post("/office/desk/form", data=said | {"way": "front_office"})
    assert 'name="how.counter"' in other.text
    assert "Жылу жоқ." in other.text
    nothing = await office.client.post(
        "/office/desk/earlier", data=said | {"sought": "?", "applicant.phone": ""}
    )
    assert nothing.status_code == 422
