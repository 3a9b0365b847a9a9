"""The receipt with its proof, from the citizen's page."""

import httpx
import pytest

from app.appeals import link_token
from app.core.db import Database
from app.core.i18n import LANGUAGES, Language, t
from tests.casework.people import Office
from tests.web.forms import token


@pytest.fixture
def office(db: Database, client: httpx.AsyncClient) -> Office:
    return Office(db, client)


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_who_opened_it_with_the_code_may_keep_it(
    office: Office, client: httpx.AsyncClient, lang: Language
) -> None:
    filed = await office.file()
    client.headers["accept-language"] = lang
    form = token(await client.get("/appeals"))
    await client.post("/appeals", data={"form": form, "number": filed.number, "code": filed.access_code})
    page = f"/appeals/{filed.number}/receipt"
    shown = (await client.get(page)).text
    assert f'href="{page}.json"' in shown
    assert t("seals.page.download", lang) in shown
    kept = await client.get(f"{page}.json")
    assert kept.headers["content-disposition"] == f'attachment; filename="receipt-{filed.number}.json"'
    assert kept.headers["cache-control"] == "no-store"
    headers = {"x-access-code": filed.access_code, "accept-language": lang}
    told = (await client.get(f"/api/v1/receipts/{filed.number}", headers=headers)).json()
    assert {name: value for name, value in kept.json().items() if name != "proof"} == {
        name: value for name, value in told.items() if name != "proof"
    }
    assert kept.json()["proof"]["state"] == "waiting"


async def test_a_link_gives_it_to_nobody(office: Office, client: httpx.AsyncClient) -> None:
    filed = await office.file()
    await client.get(f"/l/{link_token.link_token(filed.appeal_id, 0)}", follow_redirects=True)
    shown = await client.get(f"/appeals/{filed.number}/receipt")
    assert filed.access_code not in shown.text
    assert "receipt.json" not in shown.text
    refused = await client.get(f"/appeals/{filed.number}/receipt.json")
    assert refused.headers["content-type"].startswith("text/html")
    assert filed.access_code not in refused.text
