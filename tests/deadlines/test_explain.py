"""The ledger in words: exact sentences where wording matters, and that nothing is left unfilled anywhere."""

import re
from datetime import date, datetime, timedelta

import pytest

from app.core.i18n import LANGUAGES, Language, known, long_date, t
from app.deadlines import facts
from app.deadlines.calendar import FIRST_DAY, LAST_DAY, ZONE, Calendar, OfficeHours, Override
from app.deadlines.explain import explain, period, text
from app.deadlines.facts import FactCode
from app.deadlines.ledger import LedgerEntry, open_term
from app.deadlines.regimes import Stage
from app.deadlines.watch import deemed_refusal, service_target
from tests.deadlines.days import SAMPLES, at, day, opened, term_of

CALENDAR = Calendar()
HOURS = OfficeHours()


def sentences(received_at: datetime, language: Language, calendar: Calendar = CALENDAR) -> list[str]:
    entries = open_term("statement", received_at, HOURS, calendar).entries
    return [step["sentence"] for step in explain(entries, language)]


AFTER_HOURS = datetime(2026, 11, 23, 19, 42, tzinfo=ZONE)


def test_kazakh() -> None:
    assert sentences(AFTER_HOURS, "kk") == [
        "Жолданым 2026 ж. 23 қарашада жұмыс уақытынан кейін (сағат 19:42) келіп түсті, "
        "сондықтан келесі жұмыс күні – 24 қарашада тіркелді.",
        "Қарау мерзімі – 15 жұмыс күні. Мерзім тіркелгеннен кейінгі бірінші жұмыс күнінен – "
        "25 қарашадан бастап есептеледі.",
        "Демалыс күндері есепке кірмейді: 28, 29 қараша; 5, 6, 12, 13 желтоқсан.",
        "Жауап 2026 ж. 15 желтоқсаннан кешіктірілмей берілуі тиіс: бұл – мерзімнің 15-жұмыс күні.",
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
        ("kk", "Есепке кірмейді: 8 мамыр – демалыс күні (оның орнына 4 мамыр – жұмыс күні)."),
        ("kk", "4 мамыр (сенбі) жұмыс күні болып белгіленген, сондықтан есепке кіреді."),
        ("kk", "Есепке кірмейді: 9 мамыр – Жеңіс күні."),
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
        "Күнтізбелік мерзімнің соңғы күні – 2021 ж. 20 наурыз – жұмыс күні емес, "
        "сондықтан жауап мерзімі келесі жұмыс күніне – 25 наурызға көшірілді."
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


LIFE = (
    opened("2026-11-23"),
    facts.suspended(at("2026-11-25"), "staff", "court", day("2026-12-25")),
    facts.resumed(at("2026-12-04"), "staff"),
    facts.extended(at("2026-12-18"), "staff", day("2027-01-09")),
    facts.answered(at("2027-01-12"), "staff", due_on=day("2027-01-11")),
)
LIVED = {
    "kk": [
        "Жолданым 2026 ж. 23 қарашада келіп түсті және сол күні тіркелді.",
        "Қарау мерзімі – 15 жұмыс күні. "
        "Мерзім тіркелгеннен кейінгі бірінші жұмыс күнінен – 24 қарашадан бастап есептеледі.",
        "2026 ж. 25 қарашада қарау мерзімі тоқтатыла тұрды: мәселе сотта қаралып жатыр. "
        "Мерзімнің қалғаны – 13 жұмыс күні.",
        "Тоқтата тұру 2026 ж. 25 желтоқсанға дейін жоспарланған.",
        "2026 ж. 4 желтоқсанда мерзім қайта басталды. "
        "Ол 7 жұмыс күні тоқтап тұрды, сондықтан жауап күні де сонша күнге кейінге жылжыды.",
        "Демалыс күндері есепке кірмейді: 5, 6, 12, 13, 19, 20 желтоқсан.",
        "Есепке кірмейді: 16 желтоқсан – Тәуелсіздік күні.",
        "2026 ж. 18 желтоқсанда орган басшысы мерзімді 2027 ж. 9 қаңтарға дейін ұзартты.",
        "Бұл туралы жолданым иесіне 2026 ж. 23 желтоқсаннан кешіктірілмей хабарлануы тиіс.",
        "Белгіленген күн – 2027 ж. 9 қаңтар – жұмыс күні емес, "
        "сондықтан жауап мерзімі келесі жұмыс күніне – 11 қаңтарға көшірілді.",
        "Мерзім бұл күні аяқталмайды: 9, 10 қаңтар – демалыс күні.",
        "Жауап 2027 ж. 11 қаңтардан кешіктірілмей берілуі тиіс.",
        "2027 ж. 12 қаңтарда жауап берілді – мерзімінен кеш.",
    ],
    "ru": [
        "Обращение поступило 23 ноября 2026 г. и в тот же день зарегистрировано.",
        "Срок рассмотрения — 15 рабочих дней. "
        "Он считается с первого рабочего дня после регистрации — с 24 ноября.",
        "25 ноября 2026 г. срок приостановлен: вопрос рассматривает суд. Остаток срока — 13 рабочих дней.",
        "До 25 декабря 2026 г. рассмотрение планируется не возобновлять.",
        "4 декабря 2026 г. течение срока возобновлено. "
        "Он стоял 7 рабочих дней, и день ответа сдвинут на столько же.",
        "Выходные дни в срок не входят: 5, 6, 12, 13, 19, 20 декабря.",
        "Не входит в срок: 16 декабря — День Независимости.",
        "18 декабря 2026 г. руководитель органа продлил срок до 9 января 2027 г. включительно.",
        "Об этом не позднее 23 декабря 2026 г. должен быть уведомлён заявитель.",
        "Назначенный день — 9 января 2027 г. — нерабочий, "
        "поэтому срок ответа перенесён на следующий рабочий день — 11 января.",
        "Срок не может закончиться в нерабочий день: 9, 10 января — выходной день.",
        "Не позднее 11 января 2027 г. должен быть дан ответ.",
        "12 января 2027 г. дан ответ — с опозданием.",
    ],
    "en": [
        "The appeal came in on 23 November 2026 and was registered that day.",
        "The term is 15 working days. "
        "It is counted from the first working day after registration, 24 November.",
        "On 25 November 2026 the term was suspended: the matter is before a court. "
        "What is left of the term: 13 working days.",
        "The suspension is planned to last until 25 December 2026.",
        "On 4 December 2026 the term resumed. "
        "It had been suspended for 7 working days, and the due day moved by as many.",
        "Weekends do not count: 5, 6, 12, 13, 19, 20 December.",
        "Not counted: 16 December, Independence Day.",
        "On 18 December 2026 the head of the body extended the term to 9 January 2027.",
        "The applicant must be told of it by 23 December 2026.",
        "The day that was named, 9 January 2027, is not a working day, "
        "so the due day moved to the next working day, 11 January.",
        "The term cannot end on a day off: 9, 10 January, a weekend day.",
        "The answer is due by 11 January 2027.",
        "On 12 January 2027 the answer was given, after the due day.",
    ],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_whole_life(language: Language) -> None:
    assert text(term_of(*LIFE).entries, language).split("\n") == LIVED[language]


def test_a_step_names_its_rule() -> None:
    steps = explain(term_of(*LIFE).entries, "en")
    assert [step["rule"] for step in steps if step["code"] in ("suspended", "extended", "due")] == [
        "R17",
        "R15",
        "R14",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", SAMPLES)
def test_every_fact_has_its_sentences(code: FactCode, language: Language) -> None:
    before = [SAMPLES[earlier][0] for earlier in _BEFORE.get(code, ())]
    for fact in SAMPLES[code]:
        for kind, stage in (("statement", None), ("inquiry", None), ("complaint", Stage.REVIEW)):
            opening = opened("2026-11-23", kind, stage=stage)
            for sentence in text(term_of(opening, *before, fact).entries, language).split("\n"):
                assert re.fullmatch(r"[^{}]+[^.]\.", sentence), sentence
                assert "None" not in sentence


_BEFORE = {
    FactCode.RESUMED: [FactCode.SUSPENDED],
    FactCode.CORRECTED: [FactCode.CORRECTION_REQUESTED],
    FactCode.CONTROL_LIFTED: [FactCode.ANSWERED, FactCode.PROMISED],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_beginning_has_its_sentences(language: Language) -> None:
    for opening in (
        opened("2026-11-23", origin="forwarded"),
        opened("2026-11-23", origin="split"),
        opened("2026-11-23", origin="reopened"),
        opened("2026-11-23", rest=1),
        opened("2026-11-23", rest=0),
        opened("2026-11-23", anonymous=True),
        opened("2026-11-23", "complaint", stage=Stage.HANDOVER, filed_late=True),
        opened("2026-11-23", "complaint", stage=Stage.REVIEW),
    ):
        sentences = text(term_of(opening).entries, language).split("\n")
        assert len(set(sentences)) == len(sentences)
        assert all(re.fullmatch(r"[^{}]+[^.]\.", sentence) for sentence in sentences)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_beside_a_term_has_its_sentences(language: Language) -> None:
    term = term_of(opened("2026-11-23"))
    target, silence = (
        service_target("social", term, CALENDAR),
        deemed_refusal(term, day("2027-01-11"), CALENDAR),
    )
    assert target
    assert silence
    for sentence in text([target.entry, silence], language).split("\n"):
        assert re.fullmatch(r"[^{}]+[^.]\.", sentence), sentence


def test_a_day_that_an_order_changed_is_named_with_the_order() -> None:
    act = "2026 ж. 2 қарашадағы № 5 бұйрық"
    ordered = Calendar([Override(day("2026-12-01"), working=False, act=act, valid_from=day("2026-11-02"))])
    said = text(term_of(opened("2026-11-23"), calendar=ordered).entries, "kk")
    assert f"Есепке кірмейді: 1 желтоқсан – жұмыс істемейтін күн деп жарияланған күн ({act})." in said


def test_a_replay_says_what_moved() -> None:
    moved = facts.recalculated(at("2026-11-26"), before=day("2026-12-14"), after=day("2026-12-15"), act="№ 5")
    assert text(term_of(opened("2026-11-23"), moved).entries, "ru").split("\n")[2] == (
        "Календарь изменился (№ 5), поэтому с 14 декабря 2026 г. на 15 декабря 2026 г. перенесён срок ответа."
    )


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (1, ("1 жұмыс күні", "1 рабочий день", "1 working day")),
        (2, ("2 жұмыс күні", "2 рабочих дня", "2 working days")),
        (5, ("5 жұмыс күні", "5 рабочих дней", "5 working days")),
        (11, ("11 жұмыс күні", "11 рабочих дней", "11 working days")),
        (12, ("12 жұмыс күні", "12 рабочих дней", "12 working days")),
        (21, ("21 жұмыс күні", "21 рабочий день", "21 working days")),
        (0, ("0 жұмыс күні", "0 рабочих дней", "0 working days")),
    ],
)
def test_numbers_agree_with_their_nouns(amount: int, words: tuple[str, str, str]) -> None:
    assert tuple(period(amount, "working_days", language) for language in LANGUAGES) == words
