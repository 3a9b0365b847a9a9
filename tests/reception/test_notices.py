"""What who has booked is told, by a real mail server and a real gateway: once, in time, in their language."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta

import pytest
import time_machine

import app.reception.letters  # noqa: F401  (who writes about bookings)
from app.core import clock
from app.core.db import Database, DatabaseUrls
from app.core.i18n import LANGUAGES, Language
from app.reception.reminders import remind
from app.settings import Settings
from app.worker import JOBS, once
from tests.casework.people import Office
from tests.delivery.post import Post
from tests.delivery.receivers import Mailbox, Receiver, mail_server, receiver
from tests.reception.desk import DAY, DEPUTY, LINK, PLACE, Desk, reception
from tests.support import SECRET, running

pytestmark = pytest.mark.usefixtures("morning")
LATER = DAY + timedelta(days=5)
REMINDED = "SELECT count(*) AS n FROM notice WHERE kind = 'booking.reminder'"
REMIND = next(job for job in JOBS if job.name == "remind")


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with mail_server(Mailbox()) as found:
        yield found


@pytest.fixture
async def gateway() -> AsyncIterator[Receiver]:
    async with receiver() as found:
        yield found


@pytest.fixture
async def post(real_db: Database, mailbox: Mailbox, gateway: Receiver) -> AsyncIterator[Post]:
    settings = Settings(
        secret_key=SECRET,
        smtp_url=f"smtp://127.0.0.1:{mailbox.port}",
        sms_url=gateway.url,
        public_url="https://appeals.example.kz/",
        mail_from="qabyldau@gov.example.kz",
        delivery_timeout=2,
        delivery_first_pause=30,
    )
    async with running(settings, real_db) as client:
        yield Post(real_db, client, settings)


@pytest.fixture
def told_desk(post: Post) -> Desk:
    return Desk(Office(post.db, post.client))


@contextmanager
def at(days: int, hour: int) -> Iterator[None]:
    """An hour of a civil day, counted from LATER."""
    day = LATER + timedelta(days=days)
    with time_machine.travel(datetime.combine(day, time(hour), clock.ZONE)):
        yield


def text(mailbox: Mailbox, place: int = -1) -> str:
    found: str = mailbox.messages[place].get_content()
    return found


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_confirmation_in_the_persons_language(
    told_desk: Desk, post: Post, mailbox: Mailbox, language: Language
) -> None:
    first, _ = await told_desk.slots(reception(LATER))
    booked = await told_desk.book(first, language=language)
    await post.deliver()
    (message,) = mailbox.messages
    body = text(mailbox)
    number = booked["number"] if language == "en" else booked["number"].replace("QJ", "ҚЖ")
    subject = {
        "kk": "Қабылдауға жазылдыңыз: 2026 ж. 14 желтоқсан, сағат 10:00",
        "ru": "Вы записаны на приём: 14 декабря 2026 г., 10:00",
        "en": "Your reception is booked: 14 December 2026, 10:00",
    }
    assert message["Subject"] == subject[language]
    assert (message["To"], message["Content-Language"]) == ("ulgibek@post.example", language)
    place = PLACE["ru" if language == "ru" else "kk"]
    for part in (number, place, "Сынақбаев Арман Үлгіұлы"):
        assert part in body
    assert "Жер учаскесі" not in body, "nothing of what was written goes out"
    assert booked["access_code"] not in body


async def test_a_video_link_goes_to_who_has_booked(told_desk: Desk, post: Post, mailbox: Mailbox) -> None:
    first, second = await told_desk.slots(reception(LATER, mode="video", place=None, video_link=LINK))
    booked = await told_desk.book(first)
    await told_desk.mine(booked, "change", {"slot": second})
    await post.deliver()
    with_link = {message["Subject"]: LINK in message.get_content() for message in mailbox.messages}
    assert sorted(with_link.values()) == [False, True], "the first stands no more"
    (newest,) = (subject for subject, given in with_link.items() if given)
    assert newest.startswith("Қабылдау уақыты ауыстырылды:")
    rows = await post.ask("SELECT params::text FROM notice")
    assert not any(LINK in row["params"] for row in rows)


async def test_a_short_message_where_there_is_a_telephone_only(
    told_desk: Desk, post: Post, gateway: Receiver, mailbox: Mailbox
) -> None:
    first, _ = await told_desk.slots(reception(LATER))
    await told_desk.book(first, contact={"phone": "+7 700 000 00 01"})
    await post.deliver()
    assert mailbox.messages == []
    (request,) = gateway.requests
    assert request.json["to"] == "+7 700 000 00 01"
    assert request.json["text"] == (
        "Қабылдауға жазылдыңыз: 2026 ж. 14 желтоқсан, сағат 10:00. Астана қ., Мысал даңғылы, 8."
    )


async def test_the_reminder_goes_once_on_the_day_before(
    told_desk: Desk, post: Post, mailbox: Mailbox, real_urls: DatabaseUrls
) -> None:
    first, second = await told_desk.slots(reception(LATER))
    await told_desk.book(first, language="ru")
    given_back = await told_desk.book(second)
    await told_desk.mine(given_back, "cancellation")
    await post.deliver()
    before = len(mailbox.messages)
    with at(-2, 23):
        await remind(post.db)
    with at(-1, 8):
        await remind(post.db)
    assert [row["n"] for row in await post.ask(REMINDED)] == [0]
    other = await Database.open(real_urls, pool_size=5)  # a second worker, on connections of its own
    try:
        with at(-1, 9):
            await asyncio.gather(*(remind(db) for db in (post.db, other) for _ in range(4)))
            await asyncio.gather(*(once(db, REMIND) for db in (post.db, other)))
            await post.deliver()
    finally:
        await other.close()
    with at(-1, 15):  # it was started again
        await remind(post.db)
        await post.deliver()
    with at(0, 9):
        await remind(post.db)
        await post.deliver()
    assert len(mailbox.messages) == before + 1
    assert mailbox.messages[-1]["Subject"] == "Напоминание о приёме: 14 декабря 2026 г., 10:00"


async def test_a_worker_that_was_away_reminds_in_the_morning(
    told_desk: Desk, post: Post, mailbox: Mailbox
) -> None:
    first, second = await told_desk.slots(reception(LATER))
    await told_desk.book(first)
    with at(0, 9):
        await told_desk.book(second)  # who books today for today needs none
        await remind(post.db)
        assert [row["n"] for row in await post.ask(REMINDED)] == [1]
    with at(0, 11):
        await remind(post.db)
    assert [row["n"] for row in await post.ask(REMINDED)] == [1]


async def test_each_of_those_whose_slot_is_called_off_is_told_and_offered_the_next(
    told_desk: Desk, post: Post, mailbox: Mailbox
) -> None:
    _, first, second = await told_desk.slots(
        reception(LATER, leader=DEPUTY, begins="09:00", ends="09:30"), reception(LATER)
    )
    await told_desk.book(first, contact={"email": "one@post.example"})
    await told_desk.book(first, contact={"email": "two@post.example"}, language="ru")
    await post.deliver()
    mailbox.messages.clear()
    await told_desk.call("operator", "POST", f"/slots/{first}/cancellation", {"reason": "Министр іссапарда"})
    await post.deliver()
    assert {message["To"] for message in mailbox.messages} == {"one@post.example", "two@post.example"}
    for message in mailbox.messages:
        body = message.get_content()
        assert "Министр іссапарда" in body
        assert "10:30" in body, "the same leader's next slot"
    rows = await post.ask("SELECT params FROM notice WHERE kind = 'booking.called_off'")
    assert [row["params"]["next"] for row in rows] == [second, second]


async def test_a_booking_that_nobody_could_be_told_of_is_shown_with_its_contact(
    told_desk: Desk, post: Post, mailbox: Mailbox
) -> None:
    first, _ = await told_desk.slots(reception(LATER))
    mailbox.says_of["gone@post.example"] = "550 no such person"
    await told_desk.book(first, contact={"email": "gone@post.example", "phone": "+7 700 000 00 01"})
    await post.deliver()
    (sheet,) = await told_desk.sheet(LATER)
    (visitor,) = sheet["visitors"]
    assert (visitor["told"], visitor["phone"]) == ("given_up", "+7 700 000 00 01")
    ((know_by, task_at),) = await post.ask("SELECT know_by, task_at FROM delivery")
    assert know_by == LATER
    assert task_at is not None
    answer = await told_desk.office.get("operator@labour", "/undelivered")
    assert answer.json()["items"] == [], "that list is of cases"


async def test_nobody_is_told_of_a_reception_that_is_over(
    told_desk: Desk, post: Post, mailbox: Mailbox
) -> None:
    first, _ = await told_desk.slots(reception(LATER))
    await told_desk.book(first)
    mailbox.says = "451 later"
    with at(0, 23):
        await post.deliver()
        await post.do(
            "UPDATE delivery SET attempts = 6, next_at = $1", clock.now()
        )  # the next pause is hours
        await post.deliver()
    ((state,),) = await post.ask("SELECT state FROM delivery")
    assert state == "given_up"


async def test_notices_of_one_booking_go_in_order(told_desk: Desk, post: Post, mailbox: Mailbox) -> None:
    first, _ = await told_desk.slots(reception(LATER))
    booked = await told_desk.book(first)
    mailbox.says = "451 later"
    await post.deliver()
    await told_desk.mine(booked, "cancellation")
    mailbox.says = "250 taken"
    await post.deliver()
    assert mailbox.messages == [], "the confirmation goes first, and waits for its next try"
    await post.until_over()
    assert [message["Subject"].split(":")[0] for message in mailbox.messages] == [
        "Қабылдауға жазылдыңыз",
        "Қабылдауға жазылудан бас тарттыңыз",
    ]
