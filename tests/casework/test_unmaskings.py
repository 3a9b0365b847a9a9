"""Who looked at a number in full: the applicant is told the body, administrators who and what for."""

import httpx

from app.appeals.access_code import access_code
from tests.casework.people import Office
from tests.casework.test_case import WHO

OPERATOR, ADMIN = "operator@energy", "admin@administration"
PURPOSE = "барар күнді келісу"


async def test_it_is_told_and_listed(office: Office, client: httpx.AsyncClient) -> None:
    appeal = await office.file(applicant=WHO)
    for field in ("phone", "iin", "phone"):
        await office.act(OPERATOR, appeal.number, "unmask", field=field, purpose=PURPOSE)
    await office.act("head@energy", appeal.number, "unmask", field="iin", purpose="тексеру")

    shown = (await office.get(ADMIN, "/admin/unmaskings", limit=2)).json()
    assert [(one["login"], one["times"], one["cases"]) for one in shown["people"]] == [
        (OPERATOR, 3, 1),
        ("head@energy", 1, 1),
    ]
    assert [(one["login"], one["field"], one["purpose"]) for one in shown["items"]] == [
        ("head@energy", "iin", "тексеру"),
        (OPERATOR, "phone", PURPOSE),
    ]
    assert {one["number"] for one in shown["items"]} == {appeal.number}
    rest = (await office.get(ADMIN, "/admin/unmaskings", cursor=shown["next_cursor"])).json()
    assert ([one["field"] for one in rest["items"]], rest["next_cursor"]) == (["iin", "phone"], None)
    assert (await office.get("head@energy", "/admin/unmaskings")).status_code == 403

    code = access_code(appeal.appeal_id)
    told = await client.get(f"/api/v1/appeals/{appeal.number}", headers={"x-access-code": code})
    sentences = [one["sentence"] for one in told.json()["timeline"] if one["event"] == "unmasked"]
    assert len(sentences) == 4
    assert sentences[0].startswith("Ministry of Energy looked at one of your numbers")
    assert PURPOSE not in told.text
