"""Near-identical answers: the marks, the worker that keeps them, and the list."""

import asyncio
from collections.abc import Sequence

import httpx
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from app.appeals.codes import Outcome
from app.appeals.commands import Answering
from app.appeals.lifecycle import Act
from app.core.db import Database
from app.core.words import tokens
from app.oversight.signs import prints
from app.oversight.signs.printing import print_answers
from app.staff.permissions import Role
from tests.casework.people import Person, make_person
from tests.oversight.desk import LEGAL_BASIS, Desk
from tests.oversight.test_signs import START, ask, listed, numbers

FORM = (
    "Құрметті {name}! Сіздің өтінішіңіз қаралды. Аталған мәселе бойынша тиісті жұмыстар жүргізілуде, қосымша "
    "ақпаратты облыстық басқармадан немесе бірыңғай байланыс орталығынан алуыңызға болады. Шешіммен "
    "келіспеген жағдайда сіз жоғары тұрған органға немесе сотқа заңда белгіленген мерзімде "
    "шағымдануға құқылысыз."
)
OWN = (
    "Көшедегі үш бағана он екінші қазанда ауыстырылды, жарық қосылды, жұмысты қалалық электр желісі атқарды.",
    "Ауызсу құбыры қараша айының соңына дейін тартылады, мердігермен келісімшарт жасалды.",
    "Мектеп автобусының бағыты ата-аналардың сұрауымен өзгертілді, енді жаңа шағынауданға да кіреді.",
)

words = st.sets(st.integers(0, 2**63 - 1), min_size=1, max_size=60)


@settings(max_examples=30, deadline=None)
@given(words, words)
def test_marks_estimate_the_words_in_common(one: set[int], other: set[int]) -> None:
    both = one | other
    alike = prints.likeness(prints.marks(sorted(one)), prints.marks(sorted(other)))
    # Six standard errors of 128 marks.
    assert abs(alike - 100 * len(one & other) / len(both)) <= 27


@settings(max_examples=30, deadline=None)
@given(words)
def test_the_order_of_words_is_nothing(one: set[int]) -> None:
    forth, back = prints.marks(sorted(one)), prints.marks(sorted(one, reverse=True))
    assert forth == back
    assert prints.likeness(forth, back) == 100
    assert not set(prints.bands(forth, 1)) & set(prints.bands(forth, 2))


def test_a_form_with_another_name_is_near_identical_and_another_text_is_not() -> None:
    one, other, own = (
        prints.marks(tokens(text))
        for text in (FORM.format(name="Үлгібек"), FORM.format(name="Айгүл"), OWN[0])
    )
    assert prints.likeness(one, other) >= prints.LIKE
    assert set(prints.bands(one, 1)) & set(prints.bands(other, 1))
    assert prints.likeness(one, own) < 20


@pytest_asyncio.fixture
async def desk(real_db: Database, real_client: httpx.AsyncClient) -> Desk:
    """What is committed: the worker reads what is over."""
    return Desk(real_db, real_client)


@pytest_asyncio.fixture
async def controller(real_db: Database) -> Person:
    return await make_person(real_db, "controller@administration", Role.CONTROLLER, "Сынақ Бақылаушы")


async def answer(desk: Desk, moment: str, appeals: Sequence[int], texts: Sequence[str]) -> None:
    for appeal, text in zip(appeals, texts, strict=True):
        answering = Answering(Outcome.EXPLAINED, text, "kk", LEGAL_BASIS)
        await desk._act(Act.ANSWER, moment, [appeal], answering)


async def test_three_answers_alike_are_listed_and_forgotten_with_their_texts(
    desk: Desk, controller: Person
) -> None:
    appeals = await desk.file_many(START, 6)
    elsewhere = await desk.file_many(START, 2, "health")
    names = ("Үлгібек", "Айгүл", "Серік")
    await answer(desk, "2025-10-06 12:00", appeals[:3], OWN)
    await answer(desk, "2025-10-07 12:00", appeals[3:5], [FORM.format(name=name) for name in names[:2]])
    # Two of one body, and two of another, are no group.
    await answer(desk, "2025-10-07 12:00", elsewhere, [FORM.format(name=name) for name in names[1:]])
    await printed(desk.db)
    assert (await ask(desk, controller, "same_answer"))["items"] == []
    await answer(desk, "2025-10-08 12:00", appeals[5:], [FORM.format(name=names[2])])
    assert (await ask(desk, controller, "same_answer"))["items"] == []
    await printed(desk.db)
    await print_answers(desk.db)
    found = await ask(desk, controller, "same_answer")
    assert listed(found) == [("same_answer", numbers(*appeals[3:]))]
    (item,) = found["items"]
    assert (item["day"], item["count"], item["agency"]["code"]) == ("2025-10-08", 3, "energy")
    assert item["numbers"]["answers"] == 3
    assert prints.LIKE <= item["numbers"]["percent"] <= 100
    outside = await ask(desk, controller, "same_answer", to="2025-10-07")
    assert outside["items"] == []
    rows = {row["agency"]["code"]: row for row in (await ask(desk, controller))["rows"]}
    assert rows["energy"]["signs"]["same_answer"]["cases"] == 3
    await erase(desk.db, appeals[3])
    async with desk.db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM answer_print") == 7
    assert (await ask(desk, controller, "same_answer"))["items"] == []


async def test_after_a_restore_it_begins_anew_and_keeps_nothing_twice(desk: Desk) -> None:
    await answer(desk, "2025-10-06 12:00", await desk.file_many(START, 3), OWN)
    await printed(desk.db)
    async with desk.db.transaction() as connection:
        kept = await connection.fetch("SELECT * FROM answer_print ORDER BY content_id")
        # The numbers of the server that it was before.
        await connection.execute("UPDATE answers_read SET xid = '9000000000'")
    await answer(desk, "2025-10-06 12:00", await desk.file_many(START, 1), OWN[:1])
    await printed(desk.db)
    async with desk.db.read() as connection:
        prints_ = await connection.fetch("SELECT * FROM answer_print ORDER BY content_id")
        assert await connection.fetchval("SELECT xid < '9000000000' FROM answers_read")
    assert len(kept) == 3
    assert prints_[:3] == kept
    assert (len(prints_), prints_[3]["first"], prints_[3]["likeness"]) == (4, kept[0]["content_id"], 100)


async def printed(db: Database) -> None:
    """Until all answers are: tests beside this one hold transactions open, which it waits for."""
    newest = "SELECT max(id) FROM event WHERE kind = 'answered'"
    async with db.read() as connection:
        wanted = await connection.fetchval(newest)
        while True:
            await print_answers(db)
            if await connection.fetchval("SELECT event_id FROM answers_read") == wanted:
                return
            await asyncio.sleep(0.05)


async def erase(db: Database, appeal: int) -> None:
    """As whoever may: the app's own role does not delete texts."""
    async with db.transaction() as connection:
        await connection.execute("SET LOCAL ROLE none")
        await connection.execute("DELETE FROM content WHERE appeal_id = $1", appeal)
