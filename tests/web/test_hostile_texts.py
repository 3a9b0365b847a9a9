"""What people write is shown as they wrote it, and is never a part of a page."""

from html.parser import HTMLParser

import httpx

from app.core.db import Database
from app.staff.permissions import Role
from tests.attachments.files import JPEG, sent
from tests.casework.people import Office
from tests.web.forms import token
from tests.web.office.conftest import entered

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>"
WORDS = "alert(1)"


class Parts(HTMLParser):
    """What a browser would take for parts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.wrong = "", list[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and not (given.get("src") or "").startswith("/assets/"):
            self.wrong.append(tag)
        self.wrong += [f"{tag} {name}" for name in given if name.startswith("on")]
        self.wrong += [tag] * ((tag, given.get("src")) == ("img", "x"))
        self.text += " ".join(value or "" for value in given.values())

    def handle_data(self, data: str) -> None:
        self.text += data


async def test_on_the_pages_of_both_sides(db: Database, client: httpx.AsyncClient) -> None:
    """The queue, the case, the citizen's own page, and forms that keep what was typed."""
    office = Office(db, client)
    kept = await sent(client, JPEG, f"{HOSTILE.replace('/', '')}.jpg")
    said = {
        "kind": "complaint",
        "language": "kk",
        "text": f"{HOSTILE} Жарық жоқ.",
        "subject": HOSTILE,
        "addressee": "energy",
        "applicant": {"name": HOSTILE, "address": HOSTILE},
        "attachments": [kept["id"]],
    }
    filed = await client.post("/api/v1/appeals", json=said)
    assert filed.status_code == 201, filed.text
    number, code = filed.json()["number"], filed.json()["access_code"]
    form = token(await client.get("/appeals"))
    assert (
        await client.post("/appeals", data={"form": form, "number": number, "code": code})
    ).status_code == 303
    mine = await client.get(f"/appeals/{number}")
    writing = await client.post("/write/what", data={"form": form, "text": HOSTILE, "kind": HOSTILE})
    await entered(office, "aigul@energy", Role.OPERATOR)
    pages = {
        "mine": mine,
        "writing": writing,
        "queue": await client.get("/office?view=all"),
        "search": await client.get("/office", params={"view": "all", "q": HOSTILE}),
        "case": await client.get(f"/office/cases/{number}"),
    }
    for name, page in pages.items():
        assert page.headers["content-type"].startswith("text/html"), (name, page.status_code)
        parts = Parts(page.text)
        assert not parts.wrong, name
        assert "unsafe" not in page.headers["content-security-policy"], name
        assert WORDS in parts.text, f"{name}: it is not shown at all"
