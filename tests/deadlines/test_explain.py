"""The ledger in words: exact sentences where wording matters, and that nothing is left unfilled anywhere."""

import re
from datetime import date, datetime, timedelta

import pytest

from app.core.i18n import LANGUAGES, Language, known, long_date, t
from app.deadlines.calendar import FIRST_DAY, LAST_DAY, ZONE, Calendar, OfficeHours
from app.deadlines.explain import explain
from app.deadlines.ledger import LedgerEntry, open_term

CALENDAR = Calendar()
HOURS = OfficeHours()


def sentences(received_at: datetime, language: Language, calendar: Calendar = CALENDAR) -> list[str]:
    entries = open_term("statement", received_at, HOURS, calendar).entries
    return [step["sentence"] for step in explain(entries, language)]


AFTER_HOURS = datetime(2026, 11, 23, 19, 42, tzinfo=ZONE)


def test_kazakh() -> None:
    assert sentences(AFTER_HOURS, "kk") == [
        "Жолданым 2026 ж. 23 қарашада жұмыс уақытынан кейін (сағат 19:42) келіп түсті, "
        "сондықтан келесі жұмыс күні — 24 қарашада тіркелді.",
        "Қарау мерзімі — 15 жұмыс күні. Мерзім тіркелгеннен кейінгі бірінші жұмыс күнінен — "
        "25 қарашадан бастап есептеледі.",
        "Демалыс күндері есепке кірмейді: 28, 29 қараша; 5, 6, 12, 13 желтоқсан.",
        "Жауап 2026 ж. 15 желтоқсаннан кешіктірілмей берілуі тиіс: бұл — мерзімнің 15-жұмыс күні.",
    ]


def test_russian() -> None:
    assert sentences(AFTER_HOURS, "ru") == [
        "Обращение поступило 23 ноября 2026 г. после окончания рабочего дня (в 19:42), "
        "поэтому зарегистрировано в следующий рабочий день — 24 ноября.",
        "Срок рассмотрения — 15 рабочих дней. "
        "Он считается с первого рабочего дня после регистрации — с 25 ноября.",
        "Выходные дни в срок не входят: 28, 29 ноября; 5, 6, 12, 13 декабря.",
        "Ответ должен быть дан не позднее 15 декабря 2026 г.: это 15-й рабочий день срока.",
    ]


def test_english() -> None:
    assert sentences(AFTER_HOURS, "en") == [
        "The appeal came in on 23 November 2026 after closing time (at 19:42), "
        "so it was registered on the next working day, 24 November.",
        "The term is 15 working days. "
        "It is counted from the first working day after registration, 25 November.",
        "Weekends do not count: 28, 29 November; 5, 6, 12, 13 December.",
        "The answer is due by 15 December 2026: working day 15 of the term.",
    ]


@pytest.mark.parametrize(
    ("language", "skipped"),
    [
        ("kk", "Есепке кірмейді: 8 мамыр — демалыс күні (оның орнына 4 мамыр — жұмыс күні)."),
        ("kk", "4 мамыр (сенбі) жұмыс күні болып белгіленген, сондықтан есепке кіреді."),
        ("kk", "Есепке кірмейді: 9 мамыр — Жеңіс күні."),
        ("ru", "Не входит в срок: 8 мая — выходной день, перенесённый с 4 мая."),
        ("ru", "4 мая (суббота) — день, объявленный рабочим, поэтому он входит в срок."),
        ("en", "Not counted: 7 May, Defender of the Fatherland Day."),
    ],
)
def test_what_was_skipped_and_why(language: Language, skipped: str) -> None:
    assert skipped in sentences(datetime(2024, 4, 22, 10, tzinfo=ZONE), language)


def test_a_calendar_term_that_rolls() -> None:
    words = sentences(datetime(2021, 3, 5, 10, tzinfo=ZONE), "kk")
    assert words[2] == (
        "Күнтізбелік мерзімнің соңғы күні — 2021 ж. 20 наурыз — жұмыс күні емес, "
        "сондықтан жауап мерзімі келесі жұмыс күніне — 25 наурызға көшірілді."
    )
    assert words[-1] == "Жауап 2021 ж. 25 наурыздан кешіктірілмей берілуі тиіс."


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_holiday_of_the_range_has_a_name(language: Language) -> None:
    days = (FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1))
    slugs = {off.holiday for day in days if (off := CALENDAR.day_off(day)) and off.holiday}
    assert {slug for slug in slugs if not known(f"holiday.{slug}")} == set()
    assert all(t(f"holiday.{slug}", language) for slug in slugs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_unfilled_or_doubled_on_any_day(language: Language) -> None:
    ordered = Calendar({date(2024, 5, 14): False, date(2024, 5, 18): True})
    for start in (datetime(2013, 12, 1, 7, tzinfo=ZONE), datetime(2024, 4, 1, 20, tzinfo=ZONE)):
        for step in range(60):
            for sentence in sentences(start + timedelta(days=step), language, ordered):
                assert re.fullmatch(r"[^{}]+[^.]\.", sentence), sentence
                assert "None" not in sentence


def test_a_month_takes_its_kazakh_endings() -> None:
    received = [
        explain([_received(date(2026, month, 2))], "kk")[0]["sentence"].split()[4] for month in range(1, 13)
    ]
    assert " ".join(received) == (
        "қаңтарда ақпанда наурызда сәуірде мамырда маусымда "
        "шілдеде тамызда қыркүйекте қазанда қарашада желтоқсанда"
    )


def test_months_are_named_as_in_long_dates() -> None:
    for language in LANGUAGES:
        for month in range(1, 13):
            assert t(f"deadlines.month.{month}", language) in long_date(date(2026, month, 1), language)


def test_an_unknown_holiday_is_called_a_holiday() -> None:
    params = {"on": ["2030-02-05"], "why": "holiday", "holiday": "a-day-made-later"}
    entry = LedgerEntry(date(2030, 2, 5), "non_working_skipped", "D-HOLIDAY", params)
    assert explain([entry], "en")[0]["sentence"] == "Not counted: 5 February, a holiday."


def _received(day: date) -> LedgerEntry:
    params = {"received_on": day.isoformat(), "registered_on": day.isoformat(), "at": "10:00"}
    return LedgerEntry(day, "received_in_hours", "R06", params)
