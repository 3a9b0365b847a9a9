"""The rules on their page: all that there are, and what another value would move. Nothing is written."""

from datetime import timedelta

import httpx

from app.core import clock
from app.core.db import Database
from app.deadlines.regimes import LAW, Matter
from app.staff.permissions import Role
from tests.oversight.desk import Desk
from tests.web.administration.room import PASSWORD, entered

PAGE = "/office/administration/rules"


async def test_a_rule_is_tried_on_the_open_cases(db: Database, desk: Desk, client: httpx.AsyncClient) -> None:
    at = clock.now().astimezone(clock.ZONE).strftime("%Y-%m-%d 10:00")
    appeal = await desk.file(at, "health")
    async with db.read() as connection:
        due = await connection.fetchval("SELECT due_on FROM holding WHERE appeal_id = $1", appeal)
    term = LAW.rule(Matter.TERM, "statement", clock.today())
    browser = await entered(client, db, Role.ADMIN)
    page = await browser.get(f"{PAGE}?lang=en")
    assert all(rule.id in page for rule in LAW.rules)
    said = {"id": term.id, "amount": str(term.amount + 5), "from": clock.today().isoformat()}
    wrong = {
        "id": (said | {"amount": ""}, said | {"id": "R999"}),
        "from": (said | {"from": (clock.today() + timedelta(days=1)).isoformat()},),
        "amount": (said | {"amount": "many"}, said | {"id": "B-DAY0"}),
        "reading": (said | {"reading": "same_day"},),
    }
    for field, forms in wrong.items():
        for form in forms:
            assert f'id="rule-{field}-wrong"' in (await browser.post(f"{PAGE}/preview", 422, **form)).text
    tried = (await browser.post(f"{PAGE}/preview", 200, **said)).text
    assert "those that would move: 1." in tried
    early = said | {"id": "B-DAY0", "reading": "same_day", "amount": ""}
    assert "those that would move: 1." in (await browser.post(f"{PAGE}/preview", 200, **early)).text
    async with db.read() as connection:
        assert await connection.fetchval("SELECT due_on FROM holding WHERE appeal_id = $1", appeal) == due
        assert await connection.fetchval("SELECT count(*) FROM audit_entry") == 0
    await the_call(client, said | {"amount": term.amount + 5})


async def the_call(client: httpx.AsyncClient, said: dict[str, str | int]) -> None:
    form = {"username": "admin@administration", "password": PASSWORD}
    token = (await client.post("/api/v1/auth/token", data=form)).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    rules = (await client.get("/api/v1/admin/rules?lang=ru", headers=headers)).json()["items"]
    assert len(rules) == len(LAW.rules)
    tried = (await client.post("/api/v1/admin/rules/preview", headers=headers, json=said)).json()
    (move,) = tried["items"]
    assert (tried["moved"], move["after"] > move["before"]) == (1, True)
