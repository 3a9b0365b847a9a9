"""Visits to mailboxes: whoever dies in the middle, each e-mail is dealt with once and none is lost."""

import asyncio
import os
import shutil
import tracemalloc
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from app.core import clock
from app.core.db import DatabaseUrls
from app.core.i18n import Language
from app.delivery.bounces import bounced
from app.intake.language import language_of
from app.intake.mail.models import Marking
from app.intake.mail.visits import Postman
from tests.intake.mail.dovecot import Dovecot, dovecot
from tests.intake.mail.office import CITIZEN, TEXT, MailOffice, letter
from tests.intake.mail.test_reading import BROKEN, broken
from tests.support import SECRET
from tests.warm import Command, without_ours

SOME = "SELECT 1 FROM mail HAVING count(*)"
COUNT = "SELECT count(*) AS n FROM mail"


def letters(count: int) -> list[bytes]:
    return [bytes(letter(f"{TEXT} {n}", sender=f"c{n}@example.kz")) for n in range(count)]


async def each_once(office: MailOffice, user: str, count: int) -> None:
    """All are appeals, once, and all are marked."""
    appeals = await office.appeals()
    texts = {(await office.said(appeal["id"]))[0]["text"] for appeal in appeals}
    assert len(appeals) == count
    assert texts == {f"{TEXT} {n}" for n in range(count)}
    assert office.server.holds(user) == 0
    assert office.server.holds(user, "Registered") == count


async def until(office: MailOffice, query: str) -> None:
    async with asyncio.timeout(60):
        while not await office.ask(query):  # noqa: ASYNC110 (it is another process's work)
            await asyncio.sleep(0.01)


# Killed


def worker(urls: DatabaseUrls, folder: Path) -> Command:
    environment = without_ours() | {
        "LS_DATABASE_URL": urls.owner,
        "LS_DATA_DIR": str(folder),
        "LS_SECRET_KEY": SECRET,
        "LS_MAIL_EVERY": "1",
    }
    return Command(["worker"], environment, out=folder / "worker.log")


@pytest.mark.timeout(240)
async def test_killed_between_the_commit_and_the_mark(
    real_office: MailOffice, real_urls: DatabaseUrls, tmp_path: Path
) -> None:
    """What is marked is marked twenty at a time: in the middle of them some are registered and not marked."""
    office = real_office
    user = await office.add()
    office.deliver(user, *letters(70))
    seen = 0
    for life in range(2):
        process = worker(real_urls, tmp_path)
        try:
            await until(office, f"{SOME} > {seen} AND count(*) % 20 BETWEEN 2 AND 15")
        finally:
            await asyncio.to_thread(process.kill)
        (row,) = await office.ask(COUNT)
        seen = row["n"]
        left = await asyncio.to_thread(office.server.holds, user)
        assert life or left + seen > 70, "some are registered and not marked"
        # Its lease ends by itself after a minute and a half; the test does not wait for that.
        await office.do("UPDATE mailbox SET leased_until = NULL")
    await office.visit()
    await each_once(office, user, 70)
    said = (tmp_path / "worker.log").read_text()
    for personal in (CITIZEN, "c1@example.kz", "жылу", user):
        assert personal not in said


async def test_two_workers_share_the_mailboxes(real_office: MailOffice) -> None:
    office = real_office
    users = [await office.add(f"box-{n}", address=f"box{n}@example.kz") for n in range(4)]
    same = letters(10)
    for user in users:
        office.deliver(user, *same)
    await office.do("UPDATE mailbox SET next_at = $1", clock.now())
    await asyncio.gather(*(Postman(office.settings, bounced).until_over(office.db) for _ in range(3)))
    # The same ten e-mails lie in four mailboxes: ten appeals, thirty repeats.
    assert len(await office.appeals()) == 10
    assert sorted(await office.results()) == ["registered"] * 10 + ["repeated"] * 30
    assert [office.server.holds(user, "Registered") for user in users] == [10] * 4


async def test_two_visits_to_one_mailbox_at_once(real_office: MailOffice) -> None:
    """A lease that ended too early: the second visitor takes over, the first one ends."""
    office = real_office
    user = await office.add()
    office.deliver(user, *letters(60))
    await office.do("UPDATE mailbox SET next_at = $1", clock.now())
    first = asyncio.create_task(Postman(office.settings, bounced).until_over(office.db))
    await until(office, f"{SOME} > 5")
    await office.do("UPDATE mailbox SET leased_until = NULL")
    await office.visit()
    await first
    await office.visit()
    await each_once(office, user, 60)


async def test_a_worker_that_is_stopped_ends_with_the_e_mail_that_it_is_at(real_office: MailOffice) -> None:
    office = real_office
    user = await office.add()
    office.deliver(user, *letters(60))
    await office.do("UPDATE mailbox SET next_at = $1", clock.now())
    postman = Postman(office.settings, bounced)
    await postman.round(office.db)
    await until(office, f"{SOME} > 5")
    await postman.finish()
    (row,) = await office.ask("SELECT leased_until, last_error, last_uid FROM mailbox")
    assert (row["leased_until"], row["last_error"]) == (None, None)
    (taken,) = await office.ask(COUNT)
    assert 5 < taken["n"] < 60
    assert office.server.holds(user) == 60 - taken["n"], "what it did is marked"
    await office.visit()
    await each_once(office, user, 60)


# The server


@pytest.fixture
async def own_office(real_office: MailOffice, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MailOffice]:
    """With a mail server that may be killed."""
    with dovecot() as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        real_office.server = server
        yield real_office


async def test_the_server_dies_in_the_middle(own_office: MailOffice) -> None:
    office = own_office
    user = await office.add()
    office.deliver(user, *letters(60))
    await office.do("UPDATE mailbox SET next_at = $1", clock.now())
    visiting = asyncio.create_task(office.postman.until_over(office.db))
    await until(office, f"{SOME} > 25")
    office.server.kill()
    await visiting
    (row,) = await office.ask("SELECT last_error, failures, next_at FROM mailbox")
    assert row["last_error"] in ("unreachable", "server")
    await office.visit()
    (away,) = await office.ask("SELECT last_error, failures FROM mailbox")
    assert (away["last_error"], away["failures"]) == ("unreachable", 2)
    office.server.start()
    await office.visit()
    await each_once(office, user, 60)
    (row,) = await office.ask("SELECT last_error, failures, last_ok_at FROM mailbox")
    assert (row["last_error"], row["failures"]) == (None, 0)
    assert row["last_ok_at"]


async def test_all_e_mails_get_new_ids(own_office: MailOffice) -> None:
    """Another UIDVALIDITY, and the server has forgotten what was marked as well."""
    office = own_office
    user = await office.add(marking=Marking.FLAG)
    await office.bring(user, *letters(5))
    (before,) = await office.ask("SELECT uid_validity, last_uid FROM mailbox")
    assert (office.server.holds(user), office.server.holds(user, flags="UNKEYWORD Registered")) == (5, 0)
    office.server.stop()
    _forget(office.server, user)
    office.server.start()
    await office.bring(user, bytes(letter(f"{TEXT} 5")))
    (after,) = await office.ask("SELECT uid_validity, last_uid FROM mailbox")
    assert after["uid_validity"] != before["uid_validity"]
    assert len(await office.appeals()) == 6
    assert await office.results() == ["registered"] * 5 + ["repeated"] * 5 + ["registered"]


def _forget(server: Dovecot, user: str) -> None:
    folder = server.folder / "mail" / user
    for path in folder.rglob("dovecot*"):
        path.unlink()
    for path in (folder / "cur").iterdir():  # flags are in the names
        path.rename(path.with_name(f"{path.name.partition(':')[0]}:2,"))
    shutil.rmtree(folder / "tmp", ignore_errors=True)


@pytest.mark.parametrize("scheme", ["imaps", "starttls", "imap"])
async def test_each_way_to_connect(office: MailOffice, scheme: str) -> None:
    port = office.server.tls if scheme == "imaps" else office.server.plain
    user = await office.add(url=f"{scheme}://localhost:{port}")
    await office.bring(user, letter())
    assert await office.results() == ["registered"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"password": "wrong"}, "login"),
        ({"folder": "Nowhere"}, "folder"),
        ({"url": "imaps://localhost:1"}, "unreachable"),
        ({"url": "imap://mail.example.kz"}, "clear_text"),
        ({"url": "imaps://10.0.0.1"}, "address"),
        ({"url": "imaps://metadata.internal.invalid"}, "unreachable"),
    ],
)
async def test_a_mailbox_that_cannot_be_read_says_why(
    office: MailOffice, changes: dict[str, str], code: str
) -> None:
    await office.add(**changes)
    (row,) = await office.ask("SELECT last_error, failures, next_at, leased_until FROM mailbox")
    assert (row["last_error"], row["failures"], row["leased_until"]) == (code, 1, None)


async def test_a_certificate_that_nobody_vouches_for(
    office: MailOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    for scheme, port in (("imaps", office.server.tls), ("starttls", office.server.plain)):
        await office.add(f"box-{scheme}", address=f"{scheme}@example.kz", url=f"{scheme}://localhost:{port}")
    assert {row["last_error"] for row in await office.ask("SELECT last_error FROM mailbox")} == {"tls"}


async def test_a_server_that_says_nothing(office: MailOffice) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    office.postman.settings = office.settings.model_copy(update={"mail_timeout": 0.5})
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await office.add(url=f"imap://127.0.0.1:{port}")
        server.close()
    (row,) = await office.ask("SELECT last_error FROM mailbox")
    assert row["last_error"] == "timeout"


async def test_a_password_under_another_key(office: MailOffice) -> None:
    await office.add()
    await office.do("UPDATE mailbox SET password = decode('00', 'hex')")
    await office.visit()
    assert [row["last_error"] for row in await office.ask("SELECT last_error FROM mailbox")] == ["sealed"]


async def test_pauses_grow_and_end(office: MailOffice) -> None:
    await office.add(password="wrong")
    pauses = []
    for failures in (1, 4, 300):
        await office.do("UPDATE mailbox SET failures = $1", failures)
        before = clock.now()
        await office.visit()
        (row,) = await office.ask("SELECT next_at FROM mailbox")
        pauses.append((row["next_at"] - before).total_seconds())
    assert pauses[0] < pauses[1] < pauses[2] < 1000


# What lies there


async def test_what_lay_there_before_is_left_alone(office: MailOffice) -> None:
    user = f"old-{os.getpid()}@box"
    office.deliver(user, *letters(3), at=clock.now() - timedelta(hours=1))
    office.deliver(user, letter("Екі арада"), at=clock.now() + timedelta(seconds=1))  # before the first visit
    await office.add(username=user)
    await office.bring(user, letter("Жаңа"))
    texts = [(await office.said(one["id"]))[0]["text"] for one in await office.appeals()]
    assert texts == ["Екі арада", "Жаңа"]
    assert office.server.holds(user) == 3
    await office.add("second", username=user, address="second@example.kz", everything=True)
    assert len(await office.appeals()) == 5


async def test_a_stopped_mailbox_is_not_read(office: MailOffice) -> None:
    user = await office.add()
    await office.do("UPDATE mailbox SET active = false")
    await office.bring(user, letter())
    assert not await office.results()
    await office.do("UPDATE mailbox SET active = true")
    await office.visit()
    assert await office.results() == ["registered"]


async def test_five_hundred_e_mails(office: MailOffice) -> None:
    user = await office.add()
    await office.bring(user, *letters(500))
    await each_once(office, user, 500)


async def test_of_sixty_megabytes_the_text_is_read(office: MailOffice) -> None:
    """It is never fetched as a whole, and never refused."""
    user = await office.add()
    message = letter()
    message.add_attachment(b"x" * 44_000_000, maintype="image", subtype="jpeg", filename="қар.jpg")
    raw = bytes(message)
    assert len(raw) > 59_000_000
    office.deliver(user, raw)
    del message, raw
    tracemalloc.start()
    try:
        await office.visit()
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()
    (appeal,) = await office.appeals()
    (said,) = await office.said(appeal["id"])
    assert said["text"] == TEXT
    assert said["details"]["email"]["attachments"] == [
        {"name": "қар.jpg", "type": "image/jpeg", "taken": False, "reason": "mail_too_large"}
    ]
    assert said["details"]["email"]["cut"]
    (row,) = await office.ask("SELECT bytes FROM mail")
    assert row["bytes"] > 59_000_000


async def test_one_that_breaks_holds_up_no_other(office: MailOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours in one e-mail: it is kept aside with a reason."""

    def breaks(text: str) -> Language:
        if "жарылды" in text:
            raise ZeroDivisionError
        return language_of(text)

    monkeypatch.setattr("app.intake.mail.taking.language_of", breaks)
    user = await office.add()
    await office.bring(user, letter("бір"), letter("жарылды"), letter("екі"))
    assert await office.results() == ["registered", "refused:broken", "registered"]
    assert office.server.holds(user, "Refused") == 1
    assert office.server.holds(user) == 0


@pytest.mark.timeout(120)
async def test_whatever_comes_becomes_something(office: MailOffice) -> None:
    """However broken it is: nothing is refused (R04)."""
    user = await office.add()
    sent = [broken(name) for name in BROKEN if name != "empty"]
    for raw in sent:  # some share a Message-ID
        await office.bring(user, raw.replace(b"<1@example.kz>", f"<{uuid4()}@example.kz>".encode()))
    assert await office.results() == ["registered"] * len(sent)
    assert office.server.holds(user, "Registered") == len(sent)
    for appeal in await office.appeals():
        assert (await office.said(appeal["id"]))[0]["text"]


@pytest.mark.parametrize("marking", list(Marking))
async def test_what_was_read_is_not_read_again(office: MailOffice, marking: Marking) -> None:
    user = await office.add(marking=marking)
    for text in ("бір", "екі"):
        await office.bring(user, letter(text))
        await office.visit()
    assert await office.results() == ["registered"] * 2
