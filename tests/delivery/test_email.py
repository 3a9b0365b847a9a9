"""E-mail over a real SMTP server: what arrives, in whose language, and what happens when it refuses."""

from datetime import timedelta

import asyncpg
import pytest
from pydantic import SecretStr

from app.appeals import numbers
from app.appeals.link_token import link_token
from app.core import clock
from app.core.db import DatabaseUrls
from app.core.i18n import LANGUAGES, Language, catalogues
from app.delivery import fanout
from app.intake.submission import Person
from tests.casework.people import ANSWER
from tests.delivery.post import EMAIL, PHONE, Post
from tests.delivery.receivers import Mailbox, free_port

TEXT = "Үйде үш күннен бері жылу жоқ"


def words(key: str, language: Language, **params: str) -> str:
    return catalogues()[language][key].format(**params)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_each_in_the_applicants_language(post: Post, mailbox: Mailbox, language: Language) -> None:
    (filed,) = await post.file(language=language)
    await post.deliver()
    (message,) = mailbox.messages
    number = filed.number if language == "en" else filed.number.replace("JT", "ЖТ")
    assert message["Subject"] == words("notice.appeal.registered.subject", language, number=number)
    assert message["To"] == EMAIL
    assert message["Content-Language"] == language
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_content()
    link = link_token(numbers.parse(filed.number).appeal_id, 0)
    assert f"https://appeals.example.kz/l/{link}?v=1" in text
    assert number in text
    assert TEXT not in text, "nothing of what was written goes out"
    assert await post.states() == [("email", "delivered")]


async def test_every_act_is_told_in_order_with_its_version(post: Post, mailbox: Mailbox) -> None:
    (filed,) = await post.file()
    shown = await post.office.act("operator@energy", filed.number, "claim")
    case = await post.office.act("head@energy", filed.number, "answer", **ANSWER)
    assert case["version"] > shown["version"] - 1
    await post.deliver()
    first, second = (message.get_content() for message in mailbox.messages)
    assert "?v=1" in first
    assert f"?v={case['version']}" in second
    notices = [n for n in case["notices"] if n["audience"] == "applicant"]
    assert [n["kind"] for n in notices] == ["appeal.registered", "appeal.answered"]
    assert {n["state"] for n in notices} == {"pending"}
    told = (await post.office.case("head@energy", filed.number))["notices"]
    assert [(n["way"], n["state"], n["attempts"], n["last_result"], n["last_code"]) for n in told] == [
        ("email", "delivered", 1, "delivered", 250)
    ] * 2


async def test_a_second_sending_carries_the_same_id(post: Post, mailbox: Mailbox) -> None:
    """The worker died after the server had taken it and before that was written."""
    await post.file()
    await post.deliver()
    await post.do("UPDATE delivery SET state = 'pending', leased_until = NULL")
    await post.deliver()
    first, second = mailbox.ids
    assert first == second
    assert first.endswith("@gov.example.kz>")


async def test_a_server_that_is_away_or_busy_is_tried_again(post: Post, mailbox: Mailbox) -> None:
    await post.file()
    mailbox.says = "451 later"
    before = clock.now()
    await post.deliver()
    ((state, next_at),) = await post.ask("SELECT state, next_at FROM delivery")
    assert state == "failed"
    assert timedelta(seconds=20) < next_at - before < timedelta(seconds=60), "half a minute, more or less"
    await post.deliver()
    ((attempts,),) = await post.ask("SELECT attempts FROM delivery")
    assert attempts == 1, "not before its time"
    mailbox.says = "250 taken"
    await post.hurry()
    await post.deliver()
    assert len(mailbox.messages) == 1
    proof = await post.ask("SELECT attempt, result, code FROM delivery_attempt ORDER BY id")
    assert [tuple(row) for row in proof] == [(1, "refused", 451), (2, "delivered", 250)]


async def test_nobody_there(post: Post) -> None:
    nowhere = SecretStr(f"smtp://127.0.0.1:{free_port()}")
    post.settings = post.settings.model_copy(update={"smtp_url": nowhere})
    await post.file()
    await post.deliver()
    ((result,),) = await post.ask("SELECT result FROM delivery_attempt")
    assert result == "unreachable"


async def test_a_mailbox_that_does_not_exist_is_a_task_at_once(post: Post, mailbox: Mailbox) -> None:
    mailbox.says_of[EMAIL] = "550 no such mailbox here"
    (filed,) = await post.file()
    await post.deliver()
    assert await post.states() == [("email", "given_up")]
    answer = await post.office.get("operator@energy", "/undelivered")
    (task,) = answer.json()["items"]
    assert (task["number"], task["kind"], task["given_up"]) == (filed.number, "appeal.registered", True)
    assert task["know_by"] == filed.due_on.isoformat()
    ((detail,),) = await post.ask("SELECT detail FROM delivery_attempt")
    assert EMAIL not in detail


async def test_an_address_that_is_none_is_given_up(post: Post, mailbox: Mailbox) -> None:
    await post.file(applicant=Person(name="Сынақ", email="a@b\r\nBcc: everybody@example.kz"))
    await post.file()
    await post.deliver()
    assert await post.states() == [("email", "given_up"), ("email", "delivered")]
    assert len(mailbox.messages) == 1


async def test_who_gave_no_address_reads_it_on_the_page(post: Post, mailbox: Mailbox) -> None:
    (filed,) = await post.file(applicant=Person(name="Сынақ", phone=PHONE))
    await post.deliver()
    assert await post.states() == [], "there is no gateway for short messages here"
    case = await post.office.case("operator@energy", filed.number)
    assert [(n["way"], n["state"]) for n in case["notices"]] == [("page", "delivered")]


async def test_old_registers_are_told_to_nobody(post: Post, mailbox: Mailbox) -> None:
    await post.file(received_at=clock.now() - fanout.OLD - timedelta(days=1))
    await post.deliver()
    assert not mailbox.messages
    assert not await post.ask("SELECT 1 FROM notice WHERE state = 'pending'")


async def test_erased_addresses_are_not_written_to(post: Post, real_urls: DatabaseUrls) -> None:
    await post.file()
    await fanout.fan_out(post.db, post.settings)
    await _as_owner(real_urls, "UPDATE applicant SET email = NULL")
    await post.deliver()
    assert await post.states() == [("email", "given_up")]


async def _as_owner(urls: DatabaseUrls, statement: str) -> None:
    connection = await asyncpg.connect(urls.owner)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_the_notice_itself_cannot_be_changed(post: Post) -> None:
    await post.file()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await post.do("UPDATE notice SET params = '{}'")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await post.do("DELETE FROM delivery_attempt")
