"""Templates on their page: two heads at one of them, without a script."""

from app.staff.permissions import Role
from tests.casework.people import Office
from tests.web.office.conftest import entered

SAID = {"name": "Жылу", "topic": "utilities", "language": "kk", "text": "Құрметті {name}!"}


async def test_two_heads_at_one_template_lose_neither_text(office: Office) -> None:
    headers = (await office.person("head@energy")).headers
    made = (await office.client.post("/api/v1/templates", headers=headers, json=SAID)).json()
    token = await entered(office, "second-head@energy", Role.HEAD)
    page = await office.client.get(f"/office/templates?edit={made['id']}")
    assert 'name="version" value="1"' in page.text
    where, first = f"/api/v1/templates/{made['id']}", SAID | {"text": "Бірінші басшының мәтіні."}
    await office.client.put(where, headers=headers | {"If-Match": '"1"'}, json=first)
    mine = SAID | {"text": "Екінші басшының мәтіні.", "form": token}
    page = await office.client.post(f"/office/templates/{made['id']}", data=mine | {"version": "1"})
    assert page.status_code == 409
    assert "Бірінші басшының мәтіні." in page.text
    assert "Екінші басшының мәтіні." in page.text
    assert 'name="version" value="2"' in page.text
    assert (await office.client.delete(where, headers=headers | {"If-Match": '"2"'})).status_code == 204
    page = await office.client.post(f"/office/templates/{made['id']}", data=mine | {"version": "2"})
    assert page.status_code == 404
    assert "Екінші басшының мәтіні." in page.text
    assert 'action="/office/templates"' in page.text, "it may be kept as a new one"
