"""What an applicant is told while their appeal goes its way: waiting, a hearing, silence, the answer."""

import re
from datetime import date
from typing import Any

import pytest

from app.appeals import numbers
from app.appeals.codes import EventKind, Likeness, SuspensionGround, TerminationGround
from app.appeals.commands import (
    Controlling,
    Extending,
    Hearing,
    Linking,
    Requesting,
    Suspending,
    Terminating,
    Watched,
    Writing,
)
from app.appeals.lifecycle import Act
from app.core.i18n import LANGUAGES, Language, catalogues
from app.deadlines.complaints import ReviewerKind
from app.deadlines.regimes import Stage
from app.directory import snapshot
from app.intake.shown import Whereabouts, complaint_out
from app.intake.submission import Filed
from app.intake.timeline import TOLD, sentence
from tests.intake.appellant import Appellant, at

# Monday; due on Monday, 14 December.
FILED, DUE = "2026-11-23", "2026-12-14"


def codes(tracked: dict[str, Any]) -> list[str]:
    return [step["code"] for step in tracked["deadline"]["steps"]]


def events(tracked: dict[str, Any]) -> list[str]:
    return [line["event"] for line in tracked["timeline"]]


# Waiting


async def test_a_correction_that_is_waited_for(appellant: Appellant) -> None:
    filed = await appellant.filed(FILED)
    await appellant.act(
        filed, Act.REQUEST_CORRECTION, "2026-11-24", Requesting("Үй нөмірі?", date(2026, 11, 27))
    )
    tracked = await appellant.track(filed, "2026-11-25")
    assert tracked["status"] == "awaiting_correction"
    assert tracked["correction"] == {"until": "2026-11-27", "what": "Үй нөмірі?"}
    assert tracked["parts"][0]["correction"] == tracked["correction"]
    done = await appellant.say(filed, "supplements", "2026-11-26", text="5-үй.")
    assert (done.status_code, done.json()["status"]) == (201, "in_progress")
    after = await appellant.track(filed, "2026-11-26")
    assert (after["status"], after["correction"]) == ("in_progress", None)
    assert events(after) == ["registered", "correction_requested", "corrected"]


async def test_what_was_not_corrected_is_returned(appellant: Appellant) -> None:
    filed = await appellant.filed(FILED)
    await appellant.act(
        filed, Act.REQUEST_CORRECTION, "2026-11-24", Requesting("Үй нөмірі?", date(2026, 11, 27))
    )
    await appellant.act(filed, Act.ELAPSE, "2026-11-28", by="")
    tracked = await appellant.track(filed, "2026-11-28")
    assert (tracked["status"], tracked["correction"]) == ("terminated", None)
    assert events(tracked)[-1] == "returned"


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("kk", "2026 ж. 14 желтоқсан"),
        ("ru", "14 декабря 2026 г."),
        ("en", "14 December 2026"),
    ],
)
async def test_a_suspension_says_why_and_until_when(appellant: Appellant, lang: Language, said: str) -> None:
    filed = await appellant.filed(FILED)
    until = date(2026, 12, 14)
    await appellant.act(filed, Act.SUSPEND, "2026-11-24", Suspending(SuspensionGround.COURT, until))
    tracked = await appellant.track(filed, "2026-12-15", lang=lang)
    assert (tracked["status"], tracked["suspended_until"]) == ("suspended", until.isoformat())
    assert tracked["overdue"] is False
    assert said in tracked["timeline"][-1]["sentence"]
    assert catalogues()[lang]["ground.court"] in tracked["timeline"][-1]["sentence"]


async def test_a_suspension_without_an_end(appellant: Appellant) -> None:
    filed = await appellant.filed(FILED)
    await appellant.act(filed, Act.SUSPEND, "2026-11-24", Suspending(SuspensionGround.MISSING_DATA))
    assert (await appellant.track(filed, "2026-11-25"))["suspended_until"] is None
    await appellant.act(filed, Act.RESUME, "2026-11-30")
    tracked = await appellant.track(filed, "2026-11-30")
    assert tracked["due_on"] == tracked["deadline"]["due_on"] == "2026-12-21"
    assert "21 December 2026" in tracked["timeline"][-1]["sentence"]


async def test_an_invitation_to_a_hearing(appellant: Appellant) -> None:
    filed = await appellant.filed(FILED)
    on = date(2026, 12, 1)
    await appellant.act(filed, Act.HEARING, "2026-11-24", Hearing(on, "Бас тарту ұсынылады."))
    tracked = await appellant.track(filed, "2026-11-25")
    assert tracked["status"] == "hearing"
    assert tracked["hearing"] == {
        "on": "2026-12-01",
        "preliminary": "Бас тарту ұсынылады.",
        "object_by": "2026-11-26",
    }
    await appellant.answer(filed, "2026-12-04")
    assert (await appellant.track(filed, "2026-12-04"))["hearing"] is None


async def test_an_extended_term(appellant: Appellant) -> None:
    filed = await appellant.filed(FILED)
    extending = Extending(date(2026, 12, 30), "Тексеру қажет.")
    await appellant.act(filed, Act.EXTEND, "2026-12-01", extending, by="head@energy")
    tracked = await appellant.track(filed, "2026-12-15")
    assert (tracked["due_on"], tracked["overdue"]) == ("2026-12-30", False)
    assert "extended" in codes(tracked)
    assert "30 December 2026" in tracked["timeline"][-1]["sentence"]


# Silence


@pytest.mark.parametrize(("on", "silent"), [(DUE, False), ("2026-12-15", True)])
async def test_silence_is_a_refusal_once_the_due_day_is_over(
    appellant: Appellant, on: str, silent: bool
) -> None:
    tracked = await appellant.track(await appellant.filed(FILED), on)
    assert tracked["overdue"] is silent
    assert codes(tracked)[-1] == ("deemed_refusal" if silent else "due")
    if silent:
        last = tracked["deadline"]["steps"][-1]
        assert last["date"] == DUE
        assert "16 March 2027" in last["sentence"]


async def test_of_an_inquiry_the_law_says_nothing(appellant: Appellant) -> None:
    tracked = await appellant.track(await appellant.filed(FILED, kind="inquiry"), "2026-12-15")
    assert (tracked["overdue"], codes(tracked)[-1]) == (True, "due")


async def test_a_late_answer_ends_the_silence(appellant: Appellant) -> None:
    filed = await appellant.filed(FILED)
    await appellant.act(filed, Act.WARN, "2026-12-15", Watched(date(2026, 12, 14), passed=True), by="")
    await appellant.answer(filed, "2026-12-16")
    tracked = await appellant.track(filed, "2026-12-17")
    assert codes(tracked)[-1] == "answered_late"
    assert events(tracked) == ["registered", "deadline_passed", "answered"]


# The answer


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("kk", ("2027 ж. 25 ақпан", "жауап берген органның өзіне (Энергетика министрлігі)", "Сотқа")),
        ("ru", ("25 февраля 2027 г.", "в орган, который дал ответ (Министерство энергетики)", "В суд")),
        ("en", ("25 February 2027", "with the body that answered (Ministry of Energy)", "court")),
    ],
)
async def test_an_answer_explains_how_to_complain(
    appellant: Appellant, lang: str, said: tuple[str, ...]
) -> None:
    filed = await appellant.filed(FILED)
    await appellant.answer(filed, "2026-11-25")
    answer = (await appellant.track(filed, "2026-11-25", lang=lang))["answer"]
    assert answer["may_complain_until"] == "2027-02-25"
    for words in said:
        assert words in answer["how_to_complain"]


async def test_under_the_law_of_2007_one_complained_above(appellant: Appellant) -> None:
    filed = await appellant.filed("2021-06-01")
    await appellant.answer(filed, "2021-06-03")
    answer = (await appellant.track(filed, "2021-06-03"))["answer"]
    assert answer["may_complain_until"] == "2021-09-03"
    assert "the body above the one that answered (Ministry of Energy)" in answer["how_to_complain"]


async def test_after_a_reopening_there_is_no_answer_until_there_is_one(appellant: Appellant) -> None:
    filed = await appellant.filed(FILED)
    await appellant.answer(filed, "2026-11-25")
    await appellant.act(filed, Act.REOPEN, "2026-11-26", Writing("Қайта."), by="head@energy")
    assert (await appellant.track(filed, "2026-11-26"))["answer"] is None
    await appellant.answer(filed, "2026-11-27")
    tracked = await appellant.track(filed, "2026-11-27")
    assert tracked["answer"]["answered_at"].startswith("2026-11-27")


# Age and aim


async def test_the_age_is_counted_since_the_state_first_got_it(appellant: Appellant) -> None:
    filed = await appellant.filed("2026-11-21")  # a Saturday
    assert filed["registered_on"] == FILED
    assert (await appellant.track(filed, "2026-12-01"))["age"] == {"days": 10, "working_days": 7}
    await appellant.answer(filed, "2026-12-02")
    assert (await appellant.track(filed, "2027-01-20"))["age"] == {"days": 11, "working_days": 8}


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_social_network_has_an_aim_beside_the_term(appellant: Appellant, lang: str) -> None:
    one = await appellant.office.file(at(FILED), channel="social")
    filed = {"number": one.number, "access_code": one.access_code}
    tracked = await appellant.track(filed, FILED, lang=lang)
    assert tracked["service_target"]["on"] == "2026-11-25"
    assert "2 " in tracked["service_target"]["sentence"]
    assert tracked["due_on"] == DUE


async def test_other_channels_have_none(appellant: Appellant) -> None:
    assert (await appellant.track(await appellant.filed(FILED), FILED))["service_target"] is None


# The receipt


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_receipt_explains_the_day_as_it_was_registered(appellant: Appellant, lang: str) -> None:
    filed = await appellant.filed(FILED)
    steps = (await appellant.track(filed, FILED, lang=lang))["deadline"]["steps"]
    extending = Extending(date(2026, 12, 30), "Тексеру қажет.")
    await appellant.act(filed, Act.EXTEND, "2026-12-01", extending, by="head@energy")
    receipt = await appellant.receipt(filed, "2026-12-01", lang=lang)
    assert (receipt["number"], receipt["due_on"]) == (filed["number"], DUE)
    assert receipt["deadline"] == {"due_on": DUE, "steps": steps}
    assert receipt["complaint"] is None


async def test_the_receipt_of_a_complaint(appellant: Appellant) -> None:
    first = await appellant.filed(FILED)
    await appellant.answer(first, "2026-11-25")
    filed = await appellant.complained(first, "2026-11-26")
    receipt = await appellant.receipt(filed, "2026-12-01")
    assert receipt["complaint"] == filed["complaint"]
    assert (receipt["due_on"], receipt["deadline"]["steps"][-1]["code"]) == ("2026-12-01", "due_handover")


# The timeline


async def test_the_agencys_inner_work_is_not_told(appellant: Appellant) -> None:
    first, filed = await appellant.filed(FILED), await appellant.filed(FILED)
    await appellant.act(filed, Act.LINK, "2026-11-24", Linking(first["number"], Likeness.REPEAT))
    await appellant.act(filed, Act.NOTE, "2026-11-24", Writing("Ескерту."))
    await appellant.act(filed, Act.CONTROL, "2026-11-24", Controlling(True, "Бақылауға."))
    near = Watched(date(2026, 12, 14), "operator", 3)
    await appellant.act(filed, Act.WARN, "2026-12-09", near, by="")
    assert events(await appellant.track(filed, "2026-12-09")) == ["registered"]


async def test_a_duplicate_names_the_first_one(appellant: Appellant) -> None:
    first, filed = await appellant.filed(FILED), await appellant.filed(FILED)
    await appellant.act(filed, Act.LINK, "2026-11-24", Linking(first["number"], Likeness.DUPLICATE))
    tracked = await appellant.track(filed, "2026-11-24")
    assert tracked["status"] == "terminated"
    assert first["number"] in tracked["timeline"][-1]["sentence"]
    in_russian = await appellant.track(filed, "2026-11-24", lang="ru")
    assert numbers.parse(first["number"]).display() in in_russian["timeline"][-1]["sentence"]


async def test_a_termination_says_why(appellant: Appellant) -> None:
    filed = await appellant.filed(FILED)
    ended = Terminating(TerminationGround.NO_ESSENCE, "Мәселе жоқ.")
    await appellant.act(filed, Act.TERMINATE, "2026-11-24", ended, by="head@energy")
    tracked = await appellant.track(filed, "2026-11-24")
    assert catalogues()["en"]["ground.no_essence"] in tracked["timeline"][-1]["sentence"]


DAYS = {"due_on": "2026-12-14", "registered_on": "2026-11-23"}
MOVED = {"before": "2026-12-14", "after": "2026-12-15", "act": "№ 1", "rule": ""}
DATA: dict[EventKind, list[dict[str, Any]]] = {
    EventKind.REGISTERED: [
        DAYS | {"agency": "energy"},
        DAYS | {"agency": "energy", "complaint": {"stage": "handover"}},
        DAYS | {"agency": "energy", "complaint": {"stage": None}},
    ],
    EventKind.FORWARDED: [
        {"from": "energy", "to": "health", "late": False},
        {"from": "energy", "to": "energy", "late": True, "handover": True},
    ],
    EventKind.RECEIVED: [DAYS | {"agency": "health", "from": "energy"}],
    EventKind.REOPENED: [DAYS | {"agency": "energy"}],
    EventKind.ANSWERED: [{"outcome": "explained", "language": "kk"}],
    EventKind.RATED: [{"score": 5, "resolved": True}],
    EventKind.SPLIT: [{"parts": [{"part": 1, "to": "health"}], "kept": True}],
    EventKind.SPLIT_OFF: [DAYS | {"agency": "health", "from": "energy"}],
    EventKind.CORRECTION_REQUESTED: [{"until": "2026-12-01"}],
    EventKind.RETURNED: [{"until": "2026-12-01"}],
    EventKind.SUSPENDED: [
        *({"ground": ground.value} for ground in SuspensionGround),
        {"ground": "court", "until": "2026-12-01"},
    ],
    EventKind.RESUMED: [{}, {"on": "2026-12-01"}, {"due_on": "2026-12-15", "running": True}],
    EventKind.EXTENDED: [{"until": "2026-12-30", "due_on": "2026-12-30", "running": True}],
    EventKind.HEARING_SET: [{"on": "2026-12-01", "decide_from": "2026-12-01", "object_by": "2026-11-26"}],
    EventKind.TERMINATED: [{"ground": ground} for ground in (*TerminationGround, "court_only")],
    EventKind.MERGED: [{"to": "JT-2026-00000123"}],
    EventKind.SELF_CORRECTED: [{"outcome": "satisfied", "language": "kk"}],
    EventKind.DECIDED: [{"outcome": "obliged", "language": "kk"}],
    EventKind.RECALCULATED: [MOVED, MOVED | {"act": "", "rule": "R14"}],
    EventKind.DEADLINE_PASSED: [{"due_on": "2026-12-14"}],
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.usefixtures("db")
def test_every_event_that_is_told_has_its_sentence(lang: Language) -> None:
    said = [
        sentence(kind, data, date(2026, 11, 23), snapshot.current(), lang)
        for kind in TOLD
        for data in DATA.get(kind, [{}])
    ]
    assert all(said)
    assert not [one for one in said if "{" in one]


INNER: dict[EventKind, list[dict[str, Any]]] = {
    EventKind.LINKED: [{"as": "repeat", "to": "ZT-2026-00000211"}],
    EventKind.DEADLINE_NEAR: [{"to": "operator", "days": 3, "due_on": "2026-12-02"}],
    EventKind.CONTROL_OVERDUE: [{"until": "2026-11-24"}],
}
YOU = re.compile(r"\b(?:[Сс]із|жолданымыңыз|[Вв]ы\b|[Вв]ас\b|[Вв]ам\b|[Вв]аш|[Yy]ou)")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.usefixtures("db")
def test_those_who_work_on_a_case_read_each_event_and_are_not_taken_for_the_applicant(lang: Language) -> None:
    said = [
        sentence(kind, data, date(2026, 11, 23), snapshot.current(), lang, "history")
        for kind in EventKind
        for data in (DATA | INNER).get(kind, [{}])
    ]
    assert not [one for one in said if not one or "{" in one or YOU.search(one)]


AGENCY = {ReviewerKind.BODY: "akimat-turkistan", ReviewerKind.HEAD: "energy", ReviewerKind.COURT: ""}
STATES = [
    (Stage.HANDOVER, ""),
    (Stage.HANDOVER, "self_corrected"),
    (Stage.HANDOVER, "court_only"),
    (Stage.HANDOVER, "closed"),
    (Stage.REVIEW, ""),
    (Stage.REVIEW, "decided"),
    (None, ""),
    (None, "decided"),
]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("reviewer", ReviewerKind)
@pytest.mark.usefixtures("db")
def test_every_place_of_a_complaint_has_its_sentence(reviewer: ReviewerKind, lang: Language) -> None:
    day = date(2026, 12, 1)
    for stage, ended in STATES:
        filed = Filed("JT-2026-00000123", "energy", reviewer, AGENCY[reviewer], stage, False)
        shown = complaint_out(
            filed, Whereabouts(stage, "energy", day, day, ended), day, snapshot.current(), lang
        )
        for said in (shown.now, shown.reviewer.sentence):
            assert said
            assert "{" not in said
