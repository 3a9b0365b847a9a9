"""What is attached to an e-mail: kept where it may be, named where not, and the sender told."""

from email.message import EmailMessage

from tests.attachments.files import JPEG, PDF
from tests.intake.mail.office import MailOffice, letter

EXE = b"MZ\x90\x00" + b"\0" * 200


def with_files(message: EmailMessage, *files: tuple[str, bytes]) -> EmailMessage:
    for name, content in files:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message


async def test_files_become_the_appeals(office: MailOffice) -> None:
    user = await office.add()
    await office.bring(user, with_files(letter(), ("Өтініш.pdf", PDF), ("photo.jpg", JPEG)))
    (appeal,) = await office.appeals()
    case = await office.office.case("head@energy", office.number(appeal))
    assert [one["name"] for one in case["attachments"]] == ["Өтініш.pdf", "photo.jpg"]
    (said,) = await office.said(appeal["id"])
    assert [one["taken"] for one in said["details"]["email"]["attachments"]] == [True, True]


async def test_what_is_not_taken_loses_no_e_mail_and_is_told(office: MailOffice) -> None:
    user = await office.add()
    files = [("зат.exe", EXE), ("zip.jpg", b"PK\x03\x04" + b"\0" * 100), ("бос.pdf", b"")]
    await office.bring(user, with_files(letter(), *files, ("хат.pdf", PDF)))
    (appeal,) = await office.appeals()
    (said,) = await office.said(appeal["id"])
    named = said["details"]["email"]["attachments"]
    assert [(one["name"], one["taken"]) for one in named] == [
        ("зат.exe", False),
        ("zip.jpg", False),
        ("бос.pdf", False),
        ("хат.pdf", True),
    ]
    assert all(one["reason"] for one in named[:3])
    await office.post.deliver()
    assert "Қабылданбаған тіркеме саны: 3." in office.sent[0].get_content()


async def test_ten_files_and_no_more(office: MailOffice) -> None:
    user = await office.add()
    await office.bring(user, with_files(letter(), *[(f"{n}.pdf", PDF + b"%d" % n) for n in range(12)]))
    (appeal,) = await office.appeals()
    (said,) = await office.said(appeal["id"])
    reasons = [one.get("reason") for one in said["details"]["email"]["attachments"]]
    assert reasons == [None] * 10 + ["too_many"] * 2
    await office.post.deliver()
    reply = with_files(letter("Тағы", In_Reply_To=office.sent[0]["Message-ID"]), ("12.pdf", PDF + b"12"))
    await office.bring(user, reply)
    assert await office.results() == ["registered", "supplement"]
    _, added = await office.said(appeal["id"])
    assert added["details"]["email"]["attachments"][0]["reason"] == "too_many"
    told = len(office.sent)
    await office.post.deliver()
    (message,) = office.sent[told:]
    assert "Қабылданбаған тіркеме саны: 1." in message.get_content()


async def test_files_of_a_reply_belong_to_the_supplement(office: MailOffice) -> None:
    user = await office.add()
    await office.bring(user, letter())
    await office.post.deliver()
    reply = with_files(letter("Міне", In_Reply_To=office.sent[0]["Message-ID"]), ("хат.pdf", PDF))
    await office.bring(user, reply)
    (appeal,) = await office.appeals()
    case = await office.office.case("head@energy", office.number(appeal))
    assert [one["name"] for one in case["attachments"]] == ["хат.pdf"]
    assert await office.results() == ["registered", "supplement"]
    told = len(office.sent)
    await office.post.deliver()
    assert len(office.sent) == told, "nothing was left out"


async def test_a_copy_brings_its_files_once(office: MailOffice) -> None:
    energy = await office.add()
    health = await office.add("health", agency="health", address="health@example.kz")
    message = with_files(letter(), ("хат.pdf", PDF))
    await office.bring(energy, message)
    await office.bring(health, message)
    assert await office.results() == ["registered", "repeated"]
    assert len(await office.ask("SELECT id FROM attachment")) == 1


async def test_files_of_what_is_automatic_are_not_kept(office: MailOffice) -> None:
    user = await office.add()
    await office.bring(user, with_files(letter(Auto_Submitted="auto-replied"), ("хат.pdf", PDF)))
    assert not await office.ask("SELECT id FROM attachment")
