"""Keeping mailboxes: the command line, and what an administrator sees."""

import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.core import clock
from app.core.db import Database, DatabaseUrls
from app.intake.mail import boxes
from app.intake.mail.boxes import BoxProblem, NewMailbox
from tests.casework.people import Office
from tests.intake.mail.dovecot import PASSWORD, Dovecot
from tests.intake.mail.office import MailOffice, letter
from tests.support import SECRET
from tests.warm import ran, without_ours

GOOD: dict[str, Any] = {
    "code": "energy",
    "source": "email",
    "agency": "energy",
    "address": "Otinish@energy.example.kz",
    "url": "imaps://mail.example.kz",
    "username": "otinish",
    "password": "a secret",
}


def run(
    urls: DatabaseUrls, folder: Path, *arguments: str, said: str = ""
) -> subprocess.CompletedProcess[str]:
    environment = without_ours() | {
        "LS_DATABASE_URL": urls.owner,
        "LS_DATA_DIR": str(folder),
        "LS_SECRET_KEY": SECRET,
        "LS_MAIL_TIMEOUT": "5",
    }
    return ran(["mailbox", *arguments], environment, said=said)


async def test_the_command_adds_lists_and_tries(
    real_urls: DatabaseUrls, real_db: Database, server: Dovecot, tmp_path: Path
) -> None:
    where = ["--address", "o@example.kz", "--url", f"imaps://localhost:{server.tls}", "--user", "o@box"]
    added = run(real_urls, tmp_path, "add", "energy", "--agency", "energy", *where, said=f"{PASSWORD}\n")
    assert (added.returncode, added.stdout) == (0, "energy is read from now on.\n"), added.stderr
    async with real_db.read() as connection:
        sealed = await connection.fetchval("SELECT password FROM mailbox")
    assert PASSWORD.encode() not in sealed
    tried = run(real_urls, tmp_path, "test", "energy")
    assert tried.stdout == "energy: 0 e-mails in the folder\n", tried.stderr
    run(real_urls, tmp_path, "password", "energy", said="wrong\n")
    tried = run(real_urls, tmp_path, "test", "energy")
    assert (tried.returncode, tried.stderr) == (1, "Error: energy: login (see docs/operations.md)\n")
    run(real_urls, tmp_path, "stop", "energy")
    listed = run(real_urls, tmp_path, "list")
    assert listed.stdout == "energy  o@example.kz  energy  stopped\n"
    twice = run(real_urls, tmp_path, "add", "energy", *where, said="x\n")
    assert twice.stderr == "Error: there is a mailbox with this code already\n"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"code": "Энергия"}, "small Latin letters"),
        ({"source": "nowhere"}, "no source nowhere"),
        ({"source": "109-turkistan"}, "has no channel email"),
        ({"agency": "nobody"}, "no agency nobody"),
        ({"address": "not an address"}, "what people write to"),
        ({"url": "https://mail.example.kz"}, "imaps://host"),
        ({"url": "imaps://user:secret@mail.example.kz"}, "no user, password or path"),
        ({"url": "imaps://mail.example.kz:0"}, "imaps://host"),
        ({"url": "imaps://mail.example.kz:x"}, "imaps://host"),
        ({"registered_folder": "INBOX"}, "where it lies"),
        ({"password": ""}, "must not be empty"),
    ],
)
async def test_a_mailbox_that_cannot_be(db: Database, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(BoxProblem, match=says):
        await boxes.add(db, NewMailbox(**(GOOD | changes)))
    async with db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM mailbox") == 0


async def test_an_administrator_sees_every_e_mail_counted(office: MailOffice) -> None:
    user = await office.add()
    first = letter(Message_ID="<1@example.kz>")
    await office.bring(
        user,
        first,
        first,
        letter("Тағы", References="<1@example.kz>"),
        letter("Басқа", Message_ID="<1@example.kz>"),
        letter(Auto_Submitted="auto-replied"),
    )
    (box,) = (await office.office.get("admin@administration", "/mailboxes")).json()["items"]
    assert (box["code"], box["agency"], box["source"], box["active"]) == ("energy", "energy", "email", True)
    assert (box["last_error"], box["failures"]) == (None, 0)
    assert sum(box["today"].values()) == 5
    assert "password" not in box
    assert "username" not in box
    answer = await office.office.get("admin@administration", f"/mailboxes/energy/days/{clock.today()}")
    day = answer.json()
    assert day["received"] == 5
    assert [
        day[name] for name in ("registered", "supplement", "repeated", "automatic", "bounce", "refused")
    ] == [*(1, 1, 1, 1, 0, 1)]
    assert [(one["result"], one["reason"]) for one in day["not_taken"]] == [
        ("refused", "message_id_reused"),
        ("automatic", "auto_submitted"),
    ]


async def test_only_an_administrator_does(db: Database, client: httpx.AsyncClient) -> None:
    office = Office(db, client)
    for login in ("operator@energy", "head@energy", "controller@administration"):
        assert (await office.get(login, "/mailboxes")).status_code == 403
        assert (await office.get(login, "/mailboxes/energy/days/2026-11-27")).status_code == 403
    assert (await client.get("/api/v1/mailboxes")).status_code == 401
    admin = "admin@administration"
    assert (await office.get(admin, "/mailboxes/nowhere/days/2026-11-27")).status_code == 404
    for strange in ("2026-13-01", "1", "2026-11-27T00:00:00Z"):
        assert (await office.get(admin, f"/mailboxes/energy/days/{strange}")).status_code == 422
