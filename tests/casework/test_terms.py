"""The acts that stop, move and end a term, or look on from outside: what each does and what refuses it."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.appeals.codes import ApplicantType
from app.core import clock
from app.core.db import Database
from app.directory import snapshot
from app.intake.submission import Person, Registration
from tests.casework.people import ANSWER, Office
from tests.casework.test_acts import BODIES, CONTROLLER, in_days
from tests.casework.test_case import WHO
from tests.casework.test_queue import days_ago

REFUSED = ANSWER | {"outcome": "refused", "text": "Тізімде жоқ."}


def working(start: date, days: int) -> date:
    return snapshot.current().calendar.add_working_days(start, days)


def acted_on(appeal: Registration) -> date:
    """The day of an act of now: what came after hours is registered on the next working day."""
    return max(clock.today(), appeal.registered_on)


async def refused(office: Office, login: str, number: str, act: str, **body: Any) -> str:
    """Why the term does not allow it."""
    answer = await office.try_act(login, number, act, **body)
    assert (answer.status_code, answer.json()["code"]) == (409, "term_refused"), answer.text
    assert len(answer.json()["detail"]) > 10
    assert answer.json()["allowed"]
    reason: str = answer.json()["reason"]
    return reason


async def kinds(office: Office, login: str, number: str) -> list[str]:
    events = (await office.get(login, f"/cases/{number}/events")).json()["items"]
    return [event["kind"] for event in events]


# what is shown of every case


async def test_a_case_says_how_old_it_is_and_by_when_what_may_be_done(office: Office) -> None:
    appeal = await office.file()
    shown = await office.case("operator@energy", appeal.number)
    assert shown["age"] == {"days": 0, "working_days": 0}
    assert shown["forward_by"] == working(appeal.registered_on, 3).isoformat()
    assert shown["due_on"] < shown["extendable_until"] <= in_days(75)
    for name in ("service_target", "correction", "hearing", "suspended_until", "promised_until", "complaint"):
        assert shown[name] is None
    assert (shown["links"], shown["complaints"]) == ([], [])
    assert shown["parts"] == [
        {
            "number": appeal.number,
            "agency": {"code": "energy", "name": "Ministry of Energy"},
            "status": "registered",
            "due_on": appeal.due_on.isoformat(),
        }
    ]


async def test_the_age_is_the_applicants_whole_wait(office: Office) -> None:
    appeal = await office.file(days_ago(21), addressee="health")
    await office.act("operator@health", appeal.number, "forward", to="energy", reason="сіздікі")
    there = await office.case("operator@energy", appeal.number)
    between = snapshot.current().calendar.working_days_between
    assert there["age"] == {
        "days": 21,
        "working_days": between(clock.civil_day(days_ago(21)), clock.today()),
    }
    assert there["registered_on"] >= clock.today().isoformat()


async def test_a_service_target_stands_beside_the_term(office: Office) -> None:
    appeal = await office.file(channel="social")
    shown = await office.case("operator@energy", appeal.number)
    target = working(appeal.registered_on, 2).isoformat()
    assert shown["service_target"]["on"] == target
    assert "2 working days" in shown["service_target"]["sentence"]
    assert shown["due_on"] == appeal.due_on.isoformat()
    (item,) = (await office.get("operator@energy", "/queue")).json()["items"]
    assert (item["target_on"], item["due_on"]) == (target, appeal.due_on.isoformat())


# correction


async def test_a_correction_is_asked_for_and_comes(office: Office) -> None:
    appeal = await office.file()
    asked = await office.act("operator@energy", appeal.number, "request-correction", what="пәтерді жазыңыз")
    until = working(acted_on(appeal), 5).isoformat()
    assert asked["status"] == "awaiting_correction"
    assert asked["correction"] == {"until": until, "what": "пәтерді жазыңыз"}
    assert asked["due_on"] == appeal.due_on.isoformat()
    assert await office.queue("asel@energy") == []  # there is nothing to take up now
    sent = await office.client.post(
        f"/api/v1/appeals/{appeal.number}/supplements",
        headers={"x-access-code": appeal.access_code},
        json={"text": "12-пәтер"},
    )
    assert sent.status_code == 201, sent.text
    shown = await office.case("operator@energy", appeal.number)
    assert (shown["status"], shown["correction"]) == ("in_progress", None)
    assert [said["text"] for said in shown["supplements"]] == ["12-пәтер"]
    assert (await kinds(office, "operator@energy", appeal.number))[1:] == [
        "correction_requested",
        "corrected",
    ]


async def test_a_correction_that_is_no_longer_waited_for(office: Office) -> None:
    number = (await office.file()).number
    await office.act("operator@energy", number, "request-correction", what="пәтерді жазыңыз")
    shown = await office.act("operator@energy", number, "resume")
    assert (shown["status"], shown["correction"]) == ("in_progress", None)
    assert (await kinds(office, "operator@energy", number))[-1] == "corrected"


async def test_a_correction_is_asked_for_within_the_term(office: Office) -> None:
    number = (await office.file(days_ago(60))).number
    assert await refused(office, "operator@energy", number, "request-correction", what="а") == "too_late"


# suspension


async def test_a_suspension_stops_the_clock(office: Office) -> None:
    appeal = await office.file(days_ago(3))
    until = in_days(10)
    stood = await office.act(
        "operator@energy", appeal.number, "suspend", ground="court", until=until, reason="сот қарап жатыр"
    )
    assert (stood["status"], stood["suspended_until"]) == ("suspended", until)
    assert (stood["due_on"], stood["overdue"]) == (appeal.due_on.isoformat(), False)
    assert [reason["event"] for reason in stood["reasons"]] == ["suspended"]
    (item,) = (await office.get("operator@energy", "/queue", view="all")).json()["items"]
    assert item["suspended"] is True
    went_on = await office.act("operator@energy", appeal.number, "resume")
    # On the day on which it stopped: nothing has moved.
    assert (went_on["status"], went_on["suspended_until"]) == ("in_progress", None)
    assert went_on["due_on"] == appeal.due_on.isoformat()


async def test_a_suspension_need_name_no_day(office: Office) -> None:
    number = (await office.file()).number
    stood = await office.act("operator@energy", number, "suspend", ground="missing_data")
    assert (stood["suspended_until"], stood["reasons"]) == (None, [])


async def test_what_is_over_its_term_is_not_suspended(office: Office) -> None:
    number = (await office.file(days_ago(60))).number
    assert await refused(office, "operator@energy", number, "suspend", ground="court") == "too_late"
    assert (await office.case("operator@energy", number))["overdue"] is True


async def test_days_at_the_end_of_time_are_taken_or_refused(office: Office) -> None:
    """Nothing that is sent is a 500, and the case is read afterwards."""
    for act, body in (
        ("suspend", {"ground": "court", "until": "9999-12-31"}),
        ("hearing", {"on": "9999-12-31", "preliminary": "а"}),
        ("answer", ANSWER | {"promised_until": "9999-12-31"}),
        ("request-correction", {"what": "а", "until": "9999-12-31"}),
        ("extend", {"until": "2061-01-01", "reason": "а"}),
    ):
        number = (await office.file()).number
        answer = await office.try_act("head@energy", number, act, **body)
        assert answer.status_code in (200, 422), answer.text
        assert (await office.case("head@energy", number))["number"] == number


# extension


async def test_a_head_extends_within_the_cap(office: Office) -> None:
    appeal = await office.file()
    cap = (await office.case("head@energy", appeal.number))["extendable_until"]
    longer = await office.act("head@energy", appeal.number, "extend", until=cap, reason="сараптама")
    assert longer["due_on"] == longer["deadline"]["due_on"] == cap
    assert [reason["text"] for reason in longer["reasons"]] == ["сараптама"]
    assert longer["status"] == "registered"
    beyond = await office.try_act("head@energy", appeal.number, "extend", until=in_days(99), reason="тағы")
    assert [(error["field"], error["code"]) for error in beyond.json()["errors"]] == [("until", "beyond_cap")]


async def test_what_is_late_stays_late(office: Office) -> None:
    number = (await office.file(days_ago(45))).number
    body = {"until": in_days(5), "reason": "кеш қалдық"}
    assert await refused(office, "head@energy", number, "extend", **body) == "too_late"
    assert (await office.case("head@energy", number))["overdue"] is True


async def test_a_case_that_stands_is_not_extended(office: Office) -> None:
    number = (await office.file()).number
    await office.act("head@energy", number, "suspend", ground="court")
    answer = await office.try_act("head@energy", number, "extend", until=in_days(40), reason="а")
    assert answer.json()["code"] == "act_not_allowed"
    assert "resume" in answer.json()["allowed"]


# hearing


async def test_a_refusal_waits_for_the_hearing(office: Office) -> None:
    appeal = await office.file()
    number = appeal.number
    assert await refused(office, "head@energy", number, "answer", **REFUSED) == "hearing_required"
    on = working(acted_on(appeal), 4)
    invited = await office.act(
        "operator@energy", number, "hearing", on=on.isoformat(), preliminary="бас тартпақпыз"
    )
    assert invited["status"] == "hearing"
    assert invited["hearing"] == {
        "on": on.isoformat(),
        "preliminary": "бас тартпақпыз",
        "decide_from": on.isoformat(),
        "object_by": working(acted_on(appeal), 2).isoformat(),
        "exempt": False,
    }
    assert await refused(office, "head@energy", number, "answer", **REFUSED) == "hearing_not_over"
    assert (await office.act("head@energy", number, "answer", **ANSWER))["status"] == "answered"


async def test_an_exemption_is_recorded_with_its_ground(office: Office) -> None:
    number = (await office.file()).number
    exempt = await office.act("operator@energy", number, "hearing", exempt_ground="өтініш иесі бас тартты")
    assert exempt["status"] == "registered"
    nothing = dict.fromkeys(("on", "preliminary", "decide_from", "object_by"))
    assert exempt["hearing"] == nothing | {"exempt": True}
    assert [(reason["event"], reason["text"]) for reason in exempt["reasons"]] == [
        ("hearing_exempted", "өтініш иесі бас тартты")
    ]
    assert (await office.act("operator@energy", number, "answer", **REFUSED))["answer"][
        "outcome"
    ] == "refused"


async def test_there_is_no_hearing_in_the_simplified_procedure(office: Office) -> None:
    number = (await office.file(kind="message")).number
    body = BODIES["hearing"]
    assert await refused(office, "operator@energy", number, "hearing", **body) == "no_hearing_here"


async def test_an_answer_that_the_term_refuses_is_kept_as_a_draft(office: Office) -> None:
    number = (await office.file()).number
    answer = await office.try_act("operator@energy", number, "answer", **REFUSED)
    assert (answer.json()["code"], answer.json()["draft_kept"]) == ("term_refused", True)
    kept = (await office.case("operator@energy", number))["draft"]
    assert {name: kept[name] for name in REFUSED} == REFUSED


# the end, and what comes after it


async def test_terminating(office: Office) -> None:
    number = (await office.file()).number
    await office.act("operator@energy", number, "suspend", ground="other_case")
    ended = await office.act("head@energy", number, "terminate", ground="no_essence", reason="мәні жоқ")
    assert (ended["status"], ended["holders"][0]["close"]) == ("terminated", "closed_otherwise")
    assert ended["allowed_acts"] == ["note", "reopen", "unmask"]
    events = (await office.get("head@energy", f"/cases/{number}/events")).json()["items"]
    assert events[-1]["data"]["ground"] == "no_essence"
    again = await office.act("head@energy", number, "reopen", reason="мәні бар екен")
    assert again["status"] == "registered"


async def test_a_promise_stays_under_control(office: Office) -> None:
    number = (await office.file(addressee="health")).number
    until = in_days(30)
    proposed = await office.act("operator@health", number, "answer", **ANSWER, promised_until=until)
    assert (proposed["proposed"]["promised_until"], proposed["on_control"]) == (until, False)
    answered = await office.act("head@health", number, "approve")
    assert (answered["status"], answered["on_control"]) == ("answered", True)
    assert answered["promised_until"] == answered["answer"]["promised_until"] == until
    lifted = await office.act(CONTROLLER, number, "control", on=False, reason="орындалды")
    assert (lifted["on_control"], lifted["promised_until"]) == (False, None)


async def test_control_is_seen_by_the_holder_and_moves_no_version(office: Office) -> None:
    number = (await office.file()).number
    taken = await office.act(CONTROLLER, number, "control", on=True, reason="Парламент сұрады")
    assert (taken["on_control"], taken["version"]) == (True, 1)
    shown = await office.case("operator@energy", number)
    assert shown["on_control"] is True
    assert [reason["text"] for reason in shown["reasons"]] == ["Парламент сұрады"]
    (item,) = (await office.get("operator@energy", "/queue")).json()["items"]
    assert item["on_control"] is True
    lifted = await office.act(CONTROLLER, number, "control", on=False, reason="жеткілікті")
    assert lifted["on_control"] is False
    assert (await kinds(office, CONTROLLER, number))[1:] == ["control_taken", "control_lifted"]


# unmasking

FIRM = Person(type=ApplicantType.LEGAL_ENTITY, name="Мысал ЖШС", bin="000540000014")


@pytest.mark.parametrize(("name", "clear"), [("iin", WHO.iin), ("phone", WHO.phone)])
async def test_one_field_is_shown_this_once(office: Office, db: Database, name: str, clear: str) -> None:
    number = (await office.file(applicant=WHO)).number
    before = await office.case("operator@energy", number)
    seen = await office.act("operator@energy", number, "unmask", field=name, purpose="барар күнді келісу")
    assert seen["applicant"] == before["applicant"] | {name: clear}
    assert seen["version"] == 1
    assert (await office.case("operator@energy", number))["applicant"] == before["applicant"]
    noted = await office.act("operator@energy", number, "note", text="келістік")
    assert noted["applicant"] == before["applicant"]
    raw = (await office.get("operator@energy", f"/cases/{number}/events")).json()["items"]
    assert (raw[1]["kind"], raw[1]["data"]) == ("unmasked", {"field": name, "agency": "energy"})
    assert clear not in str(raw)
    assert [reason["text"] for reason in noted["reasons"]] == ["барар күнді келісу"]


async def test_a_body_s_number(office: Office) -> None:
    number = (await office.file(applicant=FIRM)).number
    seen = await office.act("operator@energy", number, "unmask", field="bin", purpose="тексеру")
    assert seen["applicant"]["bin"] == FIRM.bin


async def test_what_was_never_given_is_not_there_in_clear_either(office: Office) -> None:
    number = (await office.file()).number
    seen = await office.act("operator@energy", number, "unmask", field="iin", purpose="тексеру")
    assert seen["applicant"]["iin"] is None


async def test_an_unmasked_field_is_cached_nowhere(office: Office) -> None:
    number = (await office.file(applicant=WHO)).number
    answer = await office.try_act("operator@energy", number, "unmask", field="iin", purpose="тексеру")
    assert answer.headers["cache-control"] == "no-store"


def test_the_bodies_of_these_tests_are_ahead_of_any_term() -> None:
    assert date.fromisoformat(in_days(45)) > working(clock.today() + timedelta(days=4), 15)


async def test_what_the_older_law_did_not_know_is_refused(office: Office) -> None:
    of_2021 = datetime(2021, 6, 1, 10, tzinfo=clock.ZONE)
    number = (await office.file(of_2021)).number
    for act, why in (("suspend", "not_suspendable"), ("hearing", "no_hearing_here")):
        assert await refused(office, "head@energy", number, act, **BODIES[act]) == why
