"""Searching: Kazakh and Russian, whatever the endings and the keyboard."""

from typing import Any

import pytest

from app.directory import snapshot
from app.questions import seed
from tests.intake.tickets.centre import good, refused
from tests.questions.faq import AIRPORT, HEATING, Faq


@pytest.fixture
async def two(faq: Faq) -> dict[str, int]:
    heating = (await faq.written(HEATING))["id"]
    airport = (await faq.written(AIRPORT, "admin@administration", "industry", topic="transport"))["id"]
    return {"heating": heating, "airport": airport}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("әуежай", ["airport"]),
        ("ауежай", ["airport"]),
        ("АУЕЖАЙДАН", ["airport"]),
        ("әуежайда жүк", ["airport"]),
        ("аэропорта багажом", ["airport"]),
        ("lost baggage", ["airport"]),
        ("жылу", ["heating"]),
        ("жылудың жоқтығы", ["heating"]),
        ("отопление", ["heating"]),
        ("зоопарк", []),
        ("жо", []),
        ("'; DROP TABLE faq_entry; --", []),
        ("\u0430\u0301", []),
    ],
)
async def test_words_are_found(faq: Faq, two: dict[str, int], typed: str, found: list[str]) -> None:
    assert await faq.ids(typed) == [two[name] for name in found]


async def test_the_question_weighs_more_than_the_answer(faq: Faq, two: dict[str, int]) -> None:
    """The airport's answer has the word, too; it fits far less."""
    assert (await faq.ids("жылу"))[0] == two["heating"]


async def test_in_the_callers_language_or_the_one_asked_for(faq: Faq, two: dict[str, int]) -> None:
    for lang, language in (("ru", "ru"), ("en", "en"), ("kk", "kk")):
        (shown,) = await faq.search("әуежай", lang=lang)
        assert (shown["language"], shown["question"]) == (language, AIRPORT[language]["question"])
    (shown,) = await faq.search("отопление", lang="en")
    assert shown["language"] == "kk"
    (shown,) = await faq.search("жылу", lang="kk", language="ru")
    assert (shown["question"], shown["languages"]) == (HEATING["ru"]["question"], ["kk", "ru"])


async def test_of_a_body_and_a_topic_alone(faq: Faq, two: dict[str, int]) -> None:
    assert await faq.ids("жылу", agency="energy") == [two["heating"]]
    assert await faq.ids("жылу", agency="health") == []
    assert await faq.ids("әуежай", topic="utilities") == []
    assert await faq.ids(agency="industry") == [two["airport"]]


async def test_without_words_there_is_everything_the_newest_first(faq: Faq, two: dict[str, int]) -> None:
    assert await faq.ids() == [two["airport"], two["heating"]]
    assert await faq.ids(limit=1) == [two["airport"]]


async def test_one_by_its_id(faq: Faq, two: dict[str, int]) -> None:
    answer = await faq.client.get(f"/api/v1/faq/{two['heating']}", headers={"accept-language": "ru"})
    assert good(answer)["answer"] == HEATING["ru"]["answer"]
    for strange in (two["airport"] + 1000, 2**63 - 1):
        refused(
            await faq.client.get(f"/api/v1/faq/{strange}", headers={"accept-language": "en"}),
            404,
            "faq_not_found",
        )


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"agency": "nowhere"}, "agency"),
        ({"topic": "nothing"}, "topic"),
        ({"language": "de"}, "language"),
        ({"limit": 51}, "limit"),
        ({"q": "а" * 301}, "q"),
        ({"q": "a\x00"}, "q"),
        ({"page": 2}, "page"),
    ],
)
async def test_a_wrong_search(faq: Faq, params: dict[str, Any], field: str) -> None:
    answer = await faq.client.get("/api/v1/faq", params=params, headers={"accept-language": "en"})
    assert field in refused(answer, 422, "invalid")


# The demo's entries


def test_the_entries_are_whole() -> None:
    directory = snapshot.current()
    codes = [one.code for one in seed.seeds()]
    assert len(codes) == len(set(codes)) >= 20
    assert len({one.agency for one in seed.seeds()}) >= 8
    for one in seed.seeds():
        directory.agency(one.agency)
        directory.topic(one.topic)
        for text in (one.texts.kk, one.texts.ru, one.texts.en):
            assert text is None or text.question[-1] in "?"
            assert text is None or text.answer[-1] == "."


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("уйде жылу жок, кайда хабарласамын", "no-heating"),
        ("нет отопления в доме", "no-heating"),
        ("ауежайда жугим жогалды", "airport-baggage"),
        ("в аэропорту потеряли багаж", "airport-baggage"),
        ("дәрігерге жазыла алмай жүрмін", "doctor-appointment"),
        ("не могу записаться к врачу", "doctor-appointment"),
        ("жауаппен келиспесем, шагым бере аламын ба", "complaint-about-answer"),
        ("через сколько дней ответят на обращение", "appeal-term"),
        ("eGov порталына кіре алмаймын, құпиясөзді ұмыттым", "egov-password"),
        ("свалка мусора возле дома", "illegal-dump"),
        ("интернет жоқ ауылда", "slow-internet"),
        ("зарплату не платят", "wages-not-paid"),
    ],
)
async def test_as_people_ask(faq: Faq, typed: str, code: str) -> None:
    await seed.load(faq.office.db, snapshot.current())
    wanted = await faq.value("SELECT id FROM faq_entry WHERE code = $1", code)
    assert (await faq.ids(typed))[0] == wanted


async def test_loading_twice_changes_nothing(faq: Faq) -> None:
    directory, db = snapshot.current(), faq.office.db
    assert await seed.load(db, directory) == len(seed.seeds())
    before = await faq.ids(limit=50)
    assert await seed.load(db, directory) == 0
    assert await faq.ids(limit=50) == before
