"""E-mails become appeals: by a real IMAP server, in a database of the test's own."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from app.core import clock
from tests.intake.mail.office import CITIZEN, OURS, TEXT, MailOffice, letter


async def test_an_e_mail_becomes_an_appeal(office: MailOffice) -> None:
    user = await office.add()
    await office.bring(user, letter())
    (appeal,) = await office.appeals()
    assert (appeal["channel"], appeal["kind"], appeal["language"]) == ("email", "statement", "kk")
    assert (appeal["route"]["rule"], appeal["route"]["agency"]) == ("source", "energy")
    (said,) = await office.said(appeal["id"])
    assert (said["subject"], said["text"]) == ("Жылу жоқ", TEXT)
    assert said["details"]["email"] == {"to": [OURS], "date": "2026-11-27T10:00:00+05:00"}
    assert await office.results() == ["registered"]
    assert office.server.holds(user) == 0
    assert office.server.holds(user, "Registered") == 1
    case = await office.office.case("head@energy", office.number(appeal))
    assert case["applicant"]["name"] == "Әлия Сынақ"
    assert case["missing"] == ["applicant.address"]
    assert CITIZEN.partition("@")[2] in str(case["applicant"]["email"])


async def test_the_sender_is_told_and_what_is_missing_too(office: MailOffice) -> None:
    user = await office.add()
    await office.bring(user, letter(sender=CITIZEN))
    await office.post.deliver()
    (message,) = office.sent
    (appeal,) = await office.appeals()
    text = message.get_content()
    assert message["To"] == CITIZEN
    assert message["Reply-To"] == OURS
    assert message["Auto-Submitted"] == "auto-generated"
    assert office.number(appeal).removeprefix("JT-") in text
    assert "Хатта мыналар көрсетілмеген: аты-жөніңіз, пошта мекенжайыңыз." in text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (TEXT, "kk"),
        ("Прошу отремонтировать дорогу возле дома. Үлгібек Сынақбаев, ул. Абая 5", "ru"),
        ("The street lamps in our street are dark.", "en"),
    ],
)
async def test_the_language_is_that_of_the_letter(office: MailOffice, text: str, language: str) -> None:
    user = await office.add()
    await office.bring(user, letter(text, Subject="1"))
    assert [appeal["language"] for appeal in await office.appeals()] == [language]


async def test_a_letter_without_a_text(office: MailOffice) -> None:
    user = await office.add()
    message = letter(" ", Subject="")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Арыз.pdf")
    await office.bring(user, message, letter("", Subject="Только тема"))
    first, second = await office.appeals()
    (said,) = await office.said(first["id"])
    assert said["text"] == "Хатта мәтін жоқ, тек тіркелген файлдар бар."
    assert said["details"]["email"]["attachments"] == [
        {"name": "Арыз.pdf", "type": "application/pdf", "taken": True}
    ]
    assert (await office.said(second["id"]))[0]["text"] == "Только тема"
    assert second["language"] == "ru"


# One message


async def test_one_message_to_several_of_ours_is_one_appeal(office: MailOffice) -> None:
    """Whoever's copy is read first: the first addressee that is an agency's decides."""
    health = await office.add("health", agency="health", address="health@example.kz")
    energy = await office.add("energy")
    message = letter(To=f"a@example.kz, {OURS}", Cc="health@example.kz")
    office.deliver(health, message)
    await office.visit()
    await office.bring(energy, b"Received: by another way\r\n" + bytes(message))
    (appeal,) = await office.appeals()
    assert appeal["route"]["agency"] == "energy"
    (said,) = await office.said(appeal["id"])
    assert said["details"]["email"]["to"] == ["a@example.kz", OURS, "health@example.kz"]
    assert await office.results() == ["registered", "repeated"]
    assert office.server.holds(energy, "Registered") == office.server.holds(health, "Registered") == 1


async def test_a_hidden_copy_goes_to_whose_mailbox_it_lies_in(office: MailOffice) -> None:
    user = await office.add("health", agency="health", address="health@example.kz")
    await office.bring(user, letter(To="somebody@example.kz"))
    assert [appeal["route"]["agency"] for appeal in await office.appeals()] == ["health"]


async def test_a_mailbox_of_nobody_goes_to_triage(office: MailOffice) -> None:
    user = await office.add("common", agency=None)
    await office.bring(user, letter())
    assert [appeal["route"]["rule"] for appeal in await office.appeals()] == ["triage"]


async def test_the_same_id_over_other_words_is_refused(office: MailOffice) -> None:
    user = await office.add()
    await office.bring(user, letter(Message_ID="<1@example.kz>"))
    await office.bring(user, letter("Басқа мәтін", Message_ID="<1@example.kz>"))
    assert len(await office.appeals()) == 1
    assert await office.results() == ["registered", "refused:message_id_reused"]
    assert office.server.holds(user, "Refused") == 1


async def test_without_an_id_the_same_bytes_are_one(office: MailOffice) -> None:
    user = await office.add()
    message = letter(Message_ID="")
    await office.bring(user, message, message)
    await office.bring(user, message, letter("Басқа", Message_ID=""))
    assert len(await office.appeals()) == 2
    assert await office.results() == ["registered", "repeated", "repeated", "registered"]


# When


async def test_the_moment_of_receipt_is_the_servers(office: MailOffice) -> None:
    user = await office.add()
    at = (clock.now() - timedelta(hours=30)).replace(microsecond=0)
    await office.bring(user, letter(Date="Mon, 01 Jan 1900 00:00:00 +0000"), at=at)
    (appeal,) = await office.appeals()
    assert appeal["received_at"] == at


@pytest.mark.parametrize("year", [1900, 1999, 2037])
async def test_a_moment_that_cannot_be_is_that_of_the_visit(office: MailOffice, year: int) -> None:
    user = await office.add()
    before = clock.now() - timedelta(seconds=1)  # of the server there are whole seconds
    at = datetime(year, 5, 5, tzinfo=UTC)
    await office.bring(user, letter(Date=at.strftime("%a, %d %b %Y 00:00:00 +0000")), at=at)
    (appeal,) = await office.appeals()
    assert before <= appeal["received_at"] <= clock.now()
    assert await office.results() == ["registered"]


# What no person wrote


@pytest.mark.parametrize(
    ("header", "value", "reason"),
    [
        ("Auto-Submitted", "auto-replied", "auto_submitted"),
        ("Auto-Submitted", "auto-generated; owner-email=x", "auto_submitted"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply", "auto_response_suppress"),
        ("Precedence", "bulk", "precedence"),
        ("Return-Path", "<>", "empty_return_path"),
        ("List-Id", "News <news.example.kz>", "mailing_list"),
        ("List-Unsubscribe", "<https://example.kz/u>", "mailing_list"),
        ("X-Autoreply", "yes", "auto_reply"),
    ],
)
async def test_what_is_automatic_is_no_appeal_and_not_answered(
    office: MailOffice, header: str, value: str, reason: str
) -> None:
    user = await office.add()
    await office.bring(user, letter(**{header: value}))
    assert await office.results() == [f"automatic:{reason}"]
    assert not await office.appeals()
    assert office.server.holds(user, "Automatic") == 1
    await office.post.deliver()
    assert not office.sent


async def test_a_person_who_says_that_nothing_is_automatic_is_heard(office: MailOffice) -> None:
    user = await office.add()
    await office.bring(user, letter(**{"Auto-Submitted": "no", "X-Auto-Response-Suppress": "DR, RN"}))
    assert await office.results() == ["registered"]


async def test_our_own_addresses_never_write_to_us(office: MailOffice) -> None:
    user = await office.add()
    await office.bring(user, letter(sender=OURS), letter(sender="otinish@gov.example.kz"))
    assert await office.results() == ["automatic:own_address"] * 2


async def test_a_machine_that_answers_everything_comes_to_its_end(office: MailOffice) -> None:
    """It says in no header that it is one, and answers each of our notices with a letter of its own."""
    user = await office.add()
    await office.bring(user, letter("0"))
    for answer in range(1, 15):
        await office.post.deliver()
        if not office.sent[answer - 1 :]:
            break
        await office.bring(user, letter(f"I am away {answer}", Subject="Away"))
    else:
        raise AssertionError("it goes on for ever")
    assert len(await office.appeals()) == len(await office.results()) == 11
    assert len(office.sent) == 10


def dsn(notice: EmailMessage, action: str = "failed", **changes: str) -> bytes:
    """As a mail server reports that a message did not arrive."""
    original = notice["Message-ID"] if "id_" not in changes else changes["id_"]
    return f"""Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.kz>
To: otinish@gov.example.kz
Subject: Undelivered Mail Returned to Sender
Message-ID: <dsn-{action}-{abs(hash(original))}@mx.example.kz>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

This is the mail system. I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.kz

Final-Recipient: rfc822; {CITIZEN}
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <{CITIZEN}>: no such user

--b
Content-Type: text/rfc822-headers

From: otinish@gov.example.kz
Message-ID: {original}

--b--
""".replace("\n", "\r\n").encode()


async def test_a_notice_that_came_back_is_a_task_for_a_person(office: MailOffice) -> None:
    user = await office.add()
    await office.bring(user, letter())
    await office.post.deliver()
    (notice,) = office.sent
    await office.bring(user, dsn(notice, "delayed"))
    assert await office.post.states() == [("email", "delivered")]
    await office.bring(user, dsn(notice))
    await office.bring(user, dsn(notice).replace(b"dsn-", b"another-"))
    assert await office.post.states() == [("email", "given_up")]
    assert await office.results() == ["registered", "automatic:report", "bounce", "bounce"]
    (task,) = (await office.office.get("head@energy", "/undelivered")).json()["items"]
    assert (task["kind"], task["given_up"]) == ("appeal.registered", True)
    (appeal,) = await office.appeals()
    case = await office.office.case("head@energy", office.number(appeal))
    (told,) = [one for one in case["notices"] if one["way"] == "email"]
    assert (told["last_result"], told["last_code"], told["needs_a_person"]) == ("refused", 550, True)
    assert told["know_by"]
    assert office.server.holds(user, "Automatic") == 3


async def test_nobody_can_make_up_that_a_notice_came_back(office: MailOffice) -> None:
    user = await office.add()
    await office.bring(user, letter())
    await office.post.deliver()
    (row,) = await office.ask("SELECT id FROM notice")
    made_up = f"<notice-{row['id']}.aaaaaaaaaaaaaaaa@gov.example.kz>"
    await office.bring(user, dsn(office.sent[0], id_=made_up))
    assert await office.post.states() == [("email", "delivered")]
    assert await office.results() == ["registered", "automatic:report"]


# Threads


async def replied(office: MailOffice, text: str, **changes: str) -> None:
    """A reply to our newest notice."""
    await office.post.deliver()
    reply = letter(text, In_Reply_To=office.sent[-1]["Message-ID"], Subject="Re: тіркелді", **changes)
    (user,) = [row["username"] for row in await office.ask("SELECT username FROM mailbox")]
    await office.bring(user, reply)


QUOTED = "\n\nсб, 28 нояб. 2026 г. в 09:00, Жолданым <otinish@gov.example.kz> писал:\n> Тіркелді.\n> №"


async def test_a_reply_to_our_notice_is_a_supplement(office: MailOffice) -> None:
    await office.bring(await office.add(), letter())
    await replied(office, f"Мекенжайым: Мысал көшесі, 5{QUOTED}")
    (appeal,) = await office.appeals()
    assert await office.results() == ["registered", "supplement"]
    _, said = await office.said(appeal["id"])
    assert said["text"] == "Мекенжайым: Мысал көшесі, 5"
    assert said["details"]["quoted"] == QUOTED.strip()
    case = await office.office.case("head@energy", office.number(appeal))
    (supplement,) = case["supplements"]
    assert supplement["text"] == "Мекенжайым: Мысал көшесі, 5"
    assert supplement["details"]["quoted"].startswith("сб, 28")


async def test_going_on_about_ones_own_letter_is_a_supplement(office: MailOffice) -> None:
    user = await office.add()
    await office.bring(user, letter(Message_ID="<first@example.kz>"))
    await office.bring(user, letter("Тағы бір дерек", References="<x@y.kz> <first@example.kz>"))
    assert await office.results() == ["registered", "supplement"]


async def test_a_supplement_is_the_correction_that_was_waited_for(office: MailOffice) -> None:
    await office.bring(await office.add(), letter())
    (appeal,) = await office.appeals()
    until = (clock.today() + timedelta(days=14)).isoformat()
    await office.office.act("operator@energy", office.number(appeal), "claim")
    await office.office.act(
        "operator@energy", office.number(appeal), "request-correction", what="Мекенжайыңыз?", until=until
    )
    await replied(office, "Мысал көшесі, 5")
    assert [row["status"] for row in await office.appeals()] == ["in_progress"]


async def test_somebody_else_who_replies_makes_an_appeal_of_their_own(office: MailOffice) -> None:
    """And is told nothing of the other one."""
    await office.bring(await office.add(), letter())
    await replied(office, "Мен де", sender="other@example.kz")
    first, second = await office.appeals()
    assert len(await office.said(first["id"])) == 1
    (said,) = await office.said(second["id"])
    assert "about" not in said["details"]
    await office.post.deliver()
    assert office.number(first).removeprefix("JT-") not in office.sent[-1].get_content()


async def test_a_made_up_id_of_a_notice_leads_nowhere(office: MailOffice) -> None:
    user = await office.add()
    await office.bring(user, letter())
    (row,) = await office.ask("SELECT id FROM notice")
    for made_up in (
        f"<notice-{row['id']}@gov.example.kz>",
        f"<notice-{row['id']}.{'a' * 16}@gov.example.kz>",
    ):
        await office.bring(user, letter("Шағымымды қайтарамын", In_Reply_To=made_up))
    assert await office.results() == ["registered"] * 3


@pytest.mark.parametrize(
    ("results", "became"),
    [
        ("mx.example.kz; dkim=pass; dmarc=pass header.from=example.kz", "supplement"),
        ("mx.example.kz; dkim=none; dmarc=fail header.from=example.kz", "registered"),
        ("evil.example.kz; dmarc=pass header.from=example.kz", "registered"),
        ("mx.example.kz; spf=pass (dmarc=pass)", "registered"),
        ("", "registered"),
    ],
)
async def test_a_forged_sender_adds_nothing_where_the_server_checks(
    office: MailOffice, results: str, became: str
) -> None:
    await office.bring(await office.add(auth_server="mx.example.kz"), letter())
    await replied(office, "Қосымша", Authentication_Results=results)
    assert await office.results() == ["registered", became]


async def test_a_reply_when_all_is_over_is_an_appeal_that_names_the_first(office: MailOffice) -> None:
    await office.bring(await office.add(), letter())
    (appeal,) = await office.appeals()
    number = office.number(appeal)
    await office.office.act("head@energy", number, "claim")
    await office.office.act(
        "head@energy", number, "answer", outcome="explained", text="Ертең.", language="kk", legal_basis="76"
    )
    await replied(office, "Жылу әлі жоқ")
    _, second = await office.appeals()
    (said,) = await office.said(second["id"])
    assert said["details"]["about"] == number
    assert await office.results() == ["registered", "registered"]


async def test_who_answers_between_the_lines_loses_nothing(office: MailOffice) -> None:
    await office.bring(await office.add(), letter())
    text = "> Мекенжайыңыз?\nМысал көшесі\n> Телефоныңыз?\n87011234567"
    await replied(office, text)
    (appeal,) = await office.appeals()
    _, said = await office.said(appeal["id"])
    assert said["text"] == text
