"""E-mails become appeals: by a real IMAP server, in a database of the test's own."""

from tests.intake.mail.office import CITIZEN, TEXT, MailOffice, letter


async def test_an_e_mail_becomes_an_appeal(office: MailOffice) -> None:
    user = await office.add()
    await office.bring(user, letter())
    (appeal,) = await office.appeals()
    assert (appeal["channel"], appeal["kind"], appeal["language"]) == ("email", "statement", "kk")
    assert appeal["route"]["rule"] == "source"
    assert appeal["route"]["agency"] == "energy"
    (said,) = await office.said(appeal["id"])
    assert said["text"] == TEXT
    assert said["subject"] == "Жылу жоқ"
    assert await office.results() == ["registered"]
    assert office.server.holds(user) == 0
    assert office.server.holds(user, "Registered") == 1
    case = await office.office.case("head@energy", f"JT-{appeal['id'] // 10**8}-{appeal['id'] % 10**8:08}")
    assert case["applicant"]["name"] == "Әлия Сынақ"
    assert CITIZEN.partition("@")[2] in str(case["applicant"]["email"])
