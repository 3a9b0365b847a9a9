"""Complaints over HTTP: handed over, decided, and walled off from those that they are about."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from app.appeals import numbers
from app.appeals.codes import Decision, Status
from app.appeals.lifecycle import Act, allowed
from app.casework import intents
from app.deadlines.regimes import Stage
from app.staff.permissions import Role, acts_of
from tests.casework.people import ANSWER, Office
from tests.casework.test_acts import BODIES, CONTROLLER, body_of, by
from tests.casework.test_queue import days_ago

COMMITTEE, MINISTRY = "ecology-regulation-committee", "ecology"
AUTHOR, COLLEAGUE, HEAD = f"asel@{COMMITTEE}", f"operator@{COMMITTEE}", f"head@{COMMITTEE}"
REVIEWER, DECIDES = f"operator@{MINISTRY}", f"head@{MINISTRY}"
WORDS = "Жауап мүлдем түсініксіз"


@dataclass(frozen=True, slots=True)
class Quarrel:
    """`first`: the number of what was answered; `complaint`: of the complaint about it."""

    first: str
    complaint: str


async def complained(office: Office, about: str, **changes: Any) -> str:
    said = {"addressee": None, "topic": None, "text": WORDS} | changes
    return (await office.file(complaint_about=numbers.parse(about), **said)).number


async def quarrel(
    office: Office, author: str = AUTHOR, others: Iterable[str] = (HEAD, COLLEAGUE), **changes: Any
) -> Quarrel:
    """What `author` answered, and the complaint about it, which is with their body now."""
    for login in others:
        await office.person(login)
    first = (await office.file(addressee=author.partition("@")[2], kind="statement", **changes)).number
    await office.act(author, first, "answer", **(ANSWER | {"language": changes.get("language", "kk")}))
    return Quarrel(first, await complained(office, first))


async def handed_over(office: Office) -> Quarrel:
    found = await quarrel(office)
    await office.act(COLLEAGUE, found.complaint, "forward", to=MINISTRY, reason="сіз қарайсыз")
    return found


async def sees(office: Office, login: str, number: str) -> bool:
    """Everywhere or nowhere: the case, its history, the queue, a search, an act, a link to it."""
    paths = (f"/cases/{number}", f"/cases/{number}/events")
    codes = {(await office.get(login, path)).status_code for path in paths}
    codes.add((await office.try_act(login, number, "note", text="көрдім")).status_code)
    if codes == {404}:
        for query in ({}, {"q": number}, {"q": "түсініксіз"}, {"view": "unclaimed"}):
            assert number not in await office.queue(login, **({"view": "all", "limit": 200} | query))
        assert number not in await claimed(office, login)
        return False
    assert codes <= {200, 403, 409}, codes
    return True


async def claimed(office: Office, login: str) -> list[str]:
    """What the next claim takes; given back."""
    person = await office.person(login)
    answer = await office.client.post("/api/v1/queue/claim", headers=person.headers, json={"count": 20})
    if answer.status_code == 403:
        return []
    taken = [item["number"] for item in answer.json()["items"]]
    for number in taken:
        await office.act(login, number, "release")
    return taken


async def test_what_a_complaint_says_of_itself(office: Office) -> None:
    found = await quarrel(office)
    shown = await office.case(COLLEAGUE, found.complaint)
    assert shown["complaint"] == {
        "about": found.first,
        "respondent": {"code": COMMITTEE, "name": shown["agency"]["name"]},
        "reviewer": {
            "kind": "body",
            "agency": {"code": MINISTRY, "name": "Ministry of Ecology and Natural Resources"},
        },
        "filed_late": False,
        "stage": "handover",
    }
    assert (shown["forward_by"], shown["extendable_until"]) == (shown["due_on"], None)
    assert shown["allowed_acts"] == ["claim", "draft", "forward", "note", "release", "unmask"]
    (item,) = (await office.get(COLLEAGUE, "/queue", view="all")).json()["items"]
    assert (item["number"], item["stage"]) == (found.complaint, "handover")
    assert (await office.case(COLLEAGUE, found.first))["complaints"] == [found.complaint]
    assert (await office.case(AUTHOR, found.first))["complaints"] == []


async def test_a_late_complaint_is_marked_wherever_it_is(office: Office) -> None:
    await office.person(COLLEAGUE)
    first = (await office.file(days_ago(400), addressee=COMMITTEE, kind="statement")).number
    number = await complained(office, first)  # of a silence of more than a year
    assert (await office.case(COLLEAGUE, number))["complaint"]["filed_late"] is True
    await office.act(COLLEAGUE, number, "forward", to=MINISTRY, reason="сіз қарайсыз")
    assert (await office.case(REVIEWER, number))["complaint"]["filed_late"] is True


EVERYBODY = {
    AUTHOR: (False, False, False),
    COLLEAGUE: (True, True, True),
    HEAD: (True, False, True),
    REVIEWER: (False, True, True),
    DECIDES: (True, True, True),
    CONTROLLER: (True, True, True),
    "head@energy": (False, False, False),
    "operator@ecology-dept-turkistan": (False, False, False),
    "admin@administration": (False, False, False),
}


@pytest.mark.parametrize("login", [login for login in EVERYBODY if not login.startswith("admin")])
async def test_who_sees_it_when(office: Office, login: str) -> None:
    """With the body that it is about; with the reviewer; once it is decided."""
    found = await quarrel(office)
    number = found.complaint
    at_first = await sees(office, login, number)
    await office.act(COLLEAGUE, number, "forward", to=MINISTRY, reason="сіз қарайсыз")
    under_review = await sees(office, login, number)
    await office.act(DECIDES, number, "decide", **BODIES["decide"])
    decided = await sees(office, login, number)
    assert (at_first, under_review, decided) == EVERYBODY[login]


async def test_an_administrator_sees_none(office: Office) -> None:
    found = await quarrel(office)
    assert (await office.get("admin@administration", f"/cases/{found.complaint}")).status_code == 404


@pytest.mark.parametrize("act", BODIES)
async def test_every_act_of_who_may_not_see_it_is_a_404(office: Office, act: str) -> None:
    found = await handed_over(office)
    for login in (AUTHOR, HEAD):
        answer = await office.try_act(login, found.complaint, act, **BODIES[act])
        assert (answer.status_code, answer.json()["code"]) == (404, "case_not_found"), login


async def test_nobody_links_to_what_they_may_not_see(office: Office) -> None:
    found = await handed_over(office)
    for login in (AUTHOR, HEAD):
        another = (await office.file(addressee=COMMITTEE)).number
        answer = await office.try_act(login, another, "link", **{"to": found.complaint, "as": "repeat"})
        assert [error["code"] for error in answer.json()["errors"]] == ["unknown_case"]


async def test_a_head_who_hands_it_over_is_answered_once_more(office: Office) -> None:
    found = await quarrel(office)
    left = await office.act(HEAD, found.complaint, "forward", to=MINISTRY, reason="сіз қарайсыз")
    assert (left["past"], left["allowed_acts"], left["status"]) == (True, [], "registered")
    assert not await sees(office, HEAD, found.complaint)


async def test_it_is_handed_over_to_its_reviewer_alone(office: Office) -> None:
    found = await quarrel(office)
    for to in ("energy", COMMITTEE, "akimat-turkistan"):
        answer = await office.try_act(COLLEAGUE, found.complaint, "forward", to=to, reason="а")
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
            ("to", "not_the_reviewer")
        ]


@pytest.mark.parametrize("act", BODIES)
@pytest.mark.parametrize("stage", Stage)
async def test_every_act_at_every_stage(office: Office, stage: Stage, act: str) -> None:
    at_first = stage is Stage.HANDOVER
    number = (await quarrel(office) if at_first else await handed_over(office)).complaint
    agency = COMMITTEE if at_first else MINISTRY
    await office.person(f"operator@{agency}")
    by_state = {one.value for one in allowed(Status.REGISTERED, closed=False, stage=stage)}
    shown = await office.case(f"head@{agency}", number)
    assert set(shown["allowed_acts"]) == by_state & acts_of(Role.HEAD)
    body = await body_of(office, act, agency)
    body |= {"assign": {"to": f"operator@{agency}"}, "forward": {"to": MINISTRY}}.get(act, {})
    answer = await office.try_act(by(act, agency), number, act, **body)
    if act in by_state:
        assert answer.status_code == 200, answer.text
    else:
        assert (answer.status_code, answer.json()["code"]) == (409, "act_not_allowed")


async def test_a_complaint_is_not_assigned_to_whom_it_is_about(office: Office) -> None:
    found = await quarrel(office)
    refused = await office.try_act(HEAD, found.complaint, "assign", to=AUTHOR)
    assert [(error["field"], error["code"]) for error in refused.json()["errors"]] == [
        ("to", "unknown_colleague")
    ]
    await office.act(HEAD, found.complaint, "assign", to=COLLEAGUE)


# what the reviewer reads besides


async def test_who_reviews_reads_what_it_is_about_and_no_longer(office: Office) -> None:
    found = await quarrel(office)
    await office.act(AUTHOR, found.first, "note", text="біздің ескерту")
    paths = (f"/cases/{found.first}", f"/cases/{found.first}/events")

    async def reads(login: str) -> set[int]:
        return {(await office.get(login, path)).status_code for path in paths}

    assert await reads(REVIEWER) == {404}
    await office.act(COLLEAGUE, found.complaint, "forward", to=MINISTRY, reason="сіз қарайсыз")
    read = await office.case(REVIEWER, found.first)
    assert (read["past"], read["allowed_acts"], read["status"]) == (True, [], "answered")
    assert (read["answer"]["text"], read["complaints"]) == (ANSWER["text"], [found.complaint])
    assert [note["text"] for note in read["notes"]] == ["біздің ескерту"]
    assert (read["draft"], read["drafts"]) == (None, [])
    events = (await office.get(REVIEWER, f"/cases/{found.first}/events")).json()["items"]
    assert [event["kind"] for event in events] == ["registered", "answered", "note_added"]
    assert await reads("operator@energy") == {404}
    assert found.first not in await office.queue(REVIEWER, view="all")
    await office.act(DECIDES, found.complaint, "decide", outcome="upheld_act", text="жауап дұрыс")
    assert await reads(REVIEWER) == {404}


@pytest.mark.parametrize("act", sorted(acts_of(Role.OPERATOR)))
async def test_who_reads_it_does_nothing_to_it(office: Office, act: str) -> None:
    found = await handed_over(office)
    body = BODIES[act] | ({"to": found.complaint} if act == "link" else {})
    answer = await office.try_act(REVIEWER, found.first, act, **body)
    assert (answer.status_code, answer.json()["allowed"]) == (409, []), answer.text
    shown = await office.case(COLLEAGUE, found.first)
    assert (shown["drafts"], shown["notes"], shown["version"]) == ([], [], 2)


async def test_of_an_appeal_in_parts_the_part_that_it_is_about(office: Office) -> None:
    await office.person(COLLEAGUE)
    first = (await office.file(kind="statement")).number
    parts = [{"to": COMMITTEE, "text": "тіркеу жағы"}, {"to": "health", "text": "дәрігер жағы"}]
    await office.act("operator@energy", first, "split", parts=parts)
    await office.act(AUTHOR, first, "answer", **ANSWER)
    number = await complained(office, f"{first}.1")
    await office.act(COLLEAGUE, number, "forward", to=MINISTRY, reason="сіз қарайсыз")
    assert (await office.case(REVIEWER, number))["complaint"]["about"] == f"{first}.1"
    read = await office.case(REVIEWER, first)
    assert (read["number"], read["text"], read["past"]) == (f"{first}.1", "тіркеу жағы", True)
    for other in (f"{first}.0", f"{first}.2"):
        assert (await office.get(REVIEWER, f"/cases/{other}")).status_code == 404
    decided = await office.act(DECIDES, number, "decide", **BODIES["decide"])
    assert decided["answer"]["outcome"] == "cancelled"
    reopened = await office.case(COLLEAGUE, first)
    assert (reopened["number"], reopened["status"]) == (f"{first}.1", "registered")
    assert (await office.case("operator@energy", first))["status"] == "registered"


# deciding


@pytest.mark.parametrize("outcome", Decision)
async def test_a_decision_reopens_what_it_must(office: Office, outcome: Decision) -> None:
    found = await handed_over(office)
    decided = await office.act(DECIDES, found.complaint, "decide", outcome=outcome, text="шешім осындай")
    assert (decided["status"], decided["answer"]["outcome"]) == ("answered", outcome)
    assert (decided["answer"]["text"], decided["answer"]["language"]) == ("шешім осындай", "kk")
    assert decided["holders"][-1]["outcome"] == outcome
    about = await office.case(COLLEAGUE, found.first)
    if outcome in {Decision.CANCELLED, Decision.OBLIGED}:
        assert (about["status"], about["agency"]["code"]) == ("registered", COMMITTEE)
        assert [holder["origin"] for holder in about["holders"]] == ["registered", "reopened"]
        assert about["holders"][0]["outcome"] == "explained"
        shown = f"ЖТ{found.complaint[2:]}"
        assert [reason["text"] for reason in about["reasons"]] == [
            f"{shown} шағымы бойынша қабылданған шешімге сәйкес."
        ]
    else:
        assert (about["status"], len(about["holders"])) == ("answered", 1)


async def test_the_reason_is_in_the_language_of_what_is_reopened(office: Office) -> None:
    found = await quarrel(office, language="ru")
    await office.act(COLLEAGUE, found.complaint, "forward", to=MINISTRY, reason="сіз қарайсыз")
    body = {"outcome": "obliged", "text": "жауап толық берілсін"}
    wrong = await office.try_act(DECIDES, found.complaint, "decide", **body, language="en")
    assert [error["field"] for error in wrong.json()["errors"]] == ["language"]
    await office.act(DECIDES, found.complaint, "decide", **body)
    about = await office.case(COLLEAGUE, found.first)
    assert "По решению, принятому по жалобе ЖТ-" in about["reasons"][0]["text"]


async def test_silence_has_nothing_to_reopen(office: Office) -> None:
    await office.person(COLLEAGUE)
    first = (await office.file(days_ago(60), addressee=COMMITTEE, kind="statement")).number
    number = await complained(office, first)
    await office.act(COLLEAGUE, number, "forward", to=MINISTRY, reason="сіз қарайсыз")
    await office.act(DECIDES, number, "decide", outcome="obliged", text="жауап берілсін")
    about = await office.case(COLLEAGUE, first)
    assert (about["status"], len(about["holders"]), about["overdue"]) == ("registered", 1, True)


async def test_what_was_reopened_meanwhile_does_not_stop_the_decision(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await handed_over(office)
    await office.act(HEAD, found.first, "reopen", reason="өзіміз көрдік")
    # As if it had happened just after the decision looked.
    monkeypatch.setattr(intents, "allowed", lambda status, *, closed, stage: {Act.REOPEN})
    decided = await office.act(DECIDES, found.complaint, "decide", **BODIES["decide"])
    assert decided["status"] == "answered"
    assert len((await office.case(COLLEAGUE, found.first))["holders"]) == 2


async def test_a_decision_that_is_refused_is_kept_and_reopens_nothing(office: Office) -> None:
    found = await handed_over(office)
    refused = await office.try_act(DECIDES, found.complaint, "decide", '"1"', **BODIES["decide"])
    assert (refused.status_code, refused.json()["draft_kept"]) == (409, True)
    kept = (await office.case(DECIDES, found.complaint))["draft"]
    assert (kept["text"], kept["language"], kept["outcome"]) == (BODIES["decide"]["text"], "kk", None)
    assert (await office.case(COLLEAGUE, found.first))["status"] == "answered"
    decided = await office.act(DECIDES, found.complaint, "decide", **BODIES["decide"])
    assert decided["draft"] is None


async def test_the_body_corrects_itself(office: Office) -> None:
    found = await quarrel(office)
    corrected = await office.act(HEAD, found.complaint, "self-correct", text="дұрыс жауап мынау")
    assert (corrected["status"], corrected["answer"]["text"]) == ("answered", "дұрыс жауап мынау")
    assert (corrected["answer"]["outcome"], corrected["holders"][0]["close"]) == (
        "satisfied",
        "closed_otherwise",
    )
    assert not await sees(office, AUTHOR, found.complaint)


# where there is no body above

OWN = ("head@energy", "operator@energy")


async def test_a_head_who_did_not_sign_reviews_and_alone_sees_it(office: Office) -> None:
    found = await quarrel(office, "asel@energy", OWN)
    number = found.complaint
    shown = await office.case("operator@energy", number)
    assert shown["complaint"]["reviewer"]["kind"] == "head"
    taken = await office.act("operator@energy", number, "forward", to="energy", reason="басшы қарайды")
    assert (taken["agency"]["code"], taken["past"], taken["allowed_acts"]) == ("energy", True, [])
    assert not await sees(office, "operator@energy", number)
    assert not await sees(office, "asel@energy", number)
    assert await sees(office, CONTROLLER, number)
    shown = await office.case("head@energy", number)
    assert (shown["past"], shown["complaint"]["stage"]) == (False, "review")
    assert "decide" in shown["allowed_acts"]
    refused = await office.try_act("head@energy", number, "assign", to="operator@energy")
    assert [error["code"] for error in refused.json()["errors"]] == ["unknown_colleague"]
    await office.act("head@energy", number, "decide", **BODIES["decide"])
    assert await sees(office, "operator@energy", number)
    assert not await sees(office, "asel@energy", number)
    reopened = await office.case("asel@energy", found.first)
    assert (len(reopened["holders"]), reopened["complaints"]) == (2, [])


async def test_where_everybody_signed_the_head_above_hands_it_over(office: Office) -> None:
    committee = "justice-registration-committee"
    first = (await office.file(addressee=committee, kind="statement")).number
    await office.act(f"operator@{committee}", first, "answer", **ANSWER)
    await office.act(f"head@{committee}", first, "approve")
    number = await complained(office, first)
    for login in (f"operator@{committee}", f"head@{committee}"):
        assert not await sees(office, login, number)
    taken = await office.act("head@justice", number, "forward", to="justice", reason="өзіміз қараймыз")
    assert (taken["agency"]["code"], taken["complaint"]["stage"]) == ("justice", "review")
    await office.act("head@justice", number, "decide", **BODIES["decide"])
    assert (await office.case(f"operator@{committee}", first))["status"] == "registered"


async def test_a_head_who_signed_does_not_review(office: Office) -> None:
    found = await quarrel(office, "head@energy", ("operator@energy",))
    shown = await office.case("operator@energy", found.complaint)
    assert shown["complaint"]["reviewer"] == {"kind": "court", "agency": None}
    assert not await sees(office, "head@energy", found.complaint)
    refused = await office.try_act("operator@energy", found.complaint, "forward", to="health", reason="а")
    assert (refused.json()["code"], refused.json()["reason"]) == ("term_refused", "court_only")
