"""Acts over HTTP: versions, roles, states, and what each refusal says."""

from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from app.staff.permissions import ACTS
from tests.casework.people import ANSWER, Office


def in_days(days: int) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


# A number that nobody has: what is asked for by it is refused only after everything that comes before.
NO_APPEAL = "JT-2026-99999999"
BODIES: dict[str, dict[str, Any]] = {
    "claim": {},
    "release": {},
    "assign": {"to": "operator@energy"},
    "note": {"text": "ескерту"},
    "draft": {"text": "жоба"},
    "answer": ANSWER,
    "approve": {},
    "send-back": {"reason": "толықтырыңыз"},
    "forward": {"to": "health", "reason": "сіздікі"},
    "reopen": {"reason": "толық емес"},
    "split": {"parts": [{"to": "interior", "text": "тәртіп жағы"}, {"to": "labour", "text": "еңбек жағы"}]},
    "request-correction": {"what": "мекенжайды жазыңыз"},
    "suspend": {"ground": "court", "until": in_days(9), "reason": "сот қарап жатыр"},
    "resume": {},
    # After any first term of today, and within two months of any appeal of these tests.
    "extend": {"until": in_days(45), "reason": "сараптама жүріп жатыр"},
    "hearing": {"on": in_days(8), "preliminary": "бас тартуға негіз бар"},
    "terminate": {"ground": "no_essence", "reason": "мәні жоқ"},
    "link": {"to": NO_APPEAL, "as": "repeat"},
    "self-correct": {"text": "түзеттік"},
    "decide": {"outcome": "cancelled", "text": "жауаптың күші жойылды"},
    "control": {"on": True, "reason": "Парламент сұрады"},
    "unmask": {"field": "phone", "purpose": "барар күнді келісу"},
}
HEADS_ONLY = ("assign", "approve", "send-back", "reopen", "extend", "terminate", "self-correct", "decide")
IGNORE_VERSION = ("claim", "release", "assign", "note", "draft", "control", "unmask")
CONTROLLER = "controller@administration"
# Of a case that nobody has taken up yet.
AT_FIRST = [
    *("answer", "claim", "draft", "forward", "hearing", "link", "note", "release", "request-correction"),
    *("split", "suspend", "unmask"),
]
AT_FIRST_OF_A_HEAD = sorted([*AT_FIRST, "assign", "extend", "terminate"])


def by(act: str, agency: str = "energy") -> str:
    """Somebody whose act it is."""
    return CONTROLLER if act == "control" else f"head@{agency}"


async def body_of(office: Office, act: str, agency: str = "energy") -> dict[str, Any]:
    """One that the act takes of a case of this agency."""
    return BODIES[act] | ({"to": (await office.file(addressee=agency)).number} if act == "link" else {})


def test_these_are_all_the_acts() -> None:
    assert set(BODIES) == ACTS


@pytest.mark.parametrize("act", BODIES)
async def test_every_act_asks_for_a_version(office: Office, act: str) -> None:
    appeal = await office.file()
    answer = await office.try_act(by(act), appeal.number, act, None, **BODIES[act])
    assert answer.status_code == 428
    assert answer.json()["code"] == "version_missing"


@pytest.mark.parametrize("act", BODIES)
async def test_every_act_of_a_stranger_is_a_404(office: Office, act: str) -> None:
    appeal = await office.file()
    for login in ("operator@health", "head@health"):
        answer = await office.try_act(login, appeal.number, act, **BODIES[act])
        assert (answer.status_code, answer.json()["code"]) == (404, "case_not_found")
    assert (await office.client.post(f"/api/v1/cases/{appeal.number}/{act}")).status_code == 401


@pytest.mark.parametrize("act", HEADS_ONLY)
async def test_decisions_are_the_heads(office: Office, act: str) -> None:
    appeal = await office.file()
    for login in ("operator@energy", CONTROLLER):
        answer = await office.try_act(login, appeal.number, act, **BODIES[act])
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("act", BODIES)
async def test_a_controller_changes_control_and_nothing_else(office: Office, act: str) -> None:
    appeal = await office.file()
    answer = await office.try_act(CONTROLLER, appeal.number, act, **BODIES[act])
    assert answer.status_code == (200 if act == "control" else 403)
    for login in ("head@energy", "operator@energy"):
        if act == "control":
            assert (await office.try_act(login, appeal.number, act, **BODIES[act])).status_code == 403


async def test_what_is_no_act_has_no_address(office: Office) -> None:
    appeal = await office.file()
    for act in ("nonsense", "elapse", "warn", "recalculate", "supplement", "withdraw"):
        assert (await office.try_act("head@energy", appeal.number, act)).status_code == 404


NEVER_SAID = ["at", "received_at", "registered_on", "due_on", "answered_at", "closed_at", "closed_on", "day"]


@pytest.mark.parametrize("act", BODIES)
async def test_nobody_dates_an_act(office: Office, act: str) -> None:
    """Whatever an act is dated with is not a field of it, so the moment is that of the server."""
    appeal = await office.file()
    body = await body_of(office, act)
    for name in NEVER_SAID:
        said = body | {name: "2026-01-05T09:00:00+05:00" if name.endswith("at") else "2026-01-05"}
        answer = await office.try_act(by(act), appeal.number, act, **said)
        assert answer.status_code == 422, answer.text
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
            (name, "extra_forbidden")
        ]


@pytest.mark.parametrize("seen", ['"1"', "1", 'W/"1"', "*", ' "1" '])
async def test_versions_as_they_may_be_written(office: Office, seen: str) -> None:
    appeal = await office.file()
    await office.act("operator@energy", appeal.number, "answer", seen, **ANSWER)


@pytest.mark.parametrize("seen", ['"one"', "", '"1', "-1", '"1", "2"', "1.0", "9" * 30, "w/1"])
async def test_what_is_no_version(office: Office, seen: str) -> None:
    appeal = await office.file()
    answer = await office.try_act("operator@energy", appeal.number, "claim", seen)
    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
        ("If-Match", "if_match")
    ]


@pytest.mark.parametrize("act", BODIES)
async def test_a_stale_version_matters_to_decisions_only(office: Office, act: str) -> None:
    appeal = await office.file()
    await office.person("operator@energy")
    body = await body_of(office, act)
    answer = await office.try_act(by(act), appeal.number, act, '"7"', **body)
    if act in IGNORE_VERSION:
        assert answer.status_code == 200, answer.text
        assert answer.json()["version"] == 1
    else:
        assert (answer.status_code, answer.json()["code"]) == (409, "version_conflict")
        assert answer.json()["version"] == 1
        assert answer.json()["allowed"] == AT_FIRST_OF_A_HEAD


async def test_a_refusal_names_what_this_role_may_do_now(office: Office) -> None:
    appeal = await office.file(addressee="health")
    await office.act("operator@health", appeal.number, "answer", **ANSWER)
    refused = await office.try_act(
        "operator@health", appeal.number, "forward", **(BODIES["forward"] | {"to": "energy"})
    )
    assert refused.status_code == 409
    said = refused.json()
    assert (said["code"], said["case_status"], said["allowed"]) == (
        "act_not_allowed",
        "awaiting_approval",
        ["link", "note", "unmask"],
    )
    assert "awaiting approval" in said["detail"]
    refused = await office.try_act("head@health", appeal.number, "answer", **ANSWER)
    assert refused.json()["allowed"] == [
        *("approve", "extend", "link", "note", "send-back", "terminate", "unmask"),
    ]


@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        ("note", {"text": " \n"}, "text"),
        ("note", {}, "text"),
        ("note", {"text": "а", "colour": 1}, "colour"),
        ("note", {"text": "a\u0000"}, "text"),
        ("draft", {"text": "a\u0000"}, "text"),
        ("claim", {"text": "а"}, "text"),
        ("answer", ANSWER | {"outcome": "good"}, "outcome"),
        ("answer", ANSWER | {"language": "de"}, "language"),
        ("answer", ANSWER | {"text": "а" * 64_001}, "text"),
        ("answer", ANSWER | {"text": 5}, "text"),
        ("forward", {"to": "health"}, "reason"),
        ("forward", {"to": "", "reason": "а"}, "to"),
        ("draft", {"version": "1"}, "version"),
        ("draft", {"version": -1}, "version"),
        ("send-back", {"reason": ""}, "reason"),
        ("assign", {"to": "nobody@energy"}, "to"),
        ("assign", {"to": "operator@health"}, "to"),
        ("assign", {"to": "controller@energy"}, "to"),
        ("split", {"parts": []}, "parts"),
        ("split", {}, "parts"),
        ("split", {"parts": [{"to": "health", "text": "а"}] * 21}, "parts"),
        ("split", {"parts": [{"to": "health", "text": "а"}, {"to": "helth", "text": "а"}]}, "parts.1.to"),
        ("split", {"parts": [{"to": "education", "text": "а"}]}, "parts.0.to"),
        ("split", {"parts": [{"to": "energy", "text": "а"}]}, "parts.0.to"),
        ("split", {"parts": [{"to": "health", "text": " "}]}, "parts.0.text"),
        ("split", {"parts": [{"to": "health"}]}, "parts.0.text"),
        ("split", {"parts": [{"to": "health", "text": "а", "due_on": "2026-12-01"}]}, "parts.0.due_on"),
        ("split", {"parts": [{"to": "health", "text": "а"}], "keeps": "yes"}, "keeps"),
        ("request-correction", {}, "what"),
        ("request-correction", {"what": "а", "until": "01.12.2026"}, "until"),
        ("request-correction", {"what": "а", "until": in_days(0)}, "until"),
        ("request-correction", {"what": "а", "until": in_days(80)}, "until"),
        ("suspend", {}, "ground"),
        ("suspend", {"ground": "holiday"}, "ground"),
        ("suspend", {"ground": "court", "until": in_days(0)}, "until"),
        ("suspend", {"ground": "court", "until": "2026-02-30"}, "until"),
        ("resume", {"on": in_days(-3)}, "on"),
        ("extend", {"until": in_days(45)}, "reason"),
        ("extend", {"reason": "а"}, "until"),
        ("extend", {"until": in_days(1), "reason": "а"}, "until"),
        ("extend", {"until": in_days(100), "reason": "а"}, "until"),
        ("extend", {"until": "9999-12-31", "reason": "а"}, "until"),
        ("extend", {"until": "0001-01-01", "reason": "а"}, "until"),
        ("hearing", {"on": in_days(8)}, "preliminary"),
        ("hearing", {"preliminary": "а"}, "on"),
        ("hearing", {"on": in_days(8), "exempt_ground": "а"}, "on"),
        ("hearing", {"preliminary": "а", "exempt_ground": "а"}, "preliminary"),
        ("hearing", {"exempt_ground": " "}, "exempt_ground"),
        ("hearing", {"on": in_days(0), "preliminary": "а"}, "on"),
        ("terminate", {"ground": "court_only", "reason": "а"}, "ground"),
        ("terminate", {"ground": "anonymous"}, "reason"),
        ("link", {"to": NO_APPEAL, "as": "repeat"}, "to"),
        ("link", {"to": "what", "as": "repeat"}, "to"),
        ("link", {"to": NO_APPEAL, "as": "same"}, "as"),
        ("link", {"to": NO_APPEAL, "as_": "repeat", "as": "repeat"}, "as_"),
        ("self-correct", {"text": ""}, "text"),
        ("decide", {"outcome": "satisfied", "text": "а"}, "outcome"),
        ("decide", {"outcome": "cancelled"}, "text"),
        ("decide", {"outcome": "cancelled", "text": "а", "language": "de"}, "language"),
        ("unmask", {"field": "name", "purpose": "а"}, "field"),
        ("unmask", {"field": "iin"}, "purpose"),
        ("unmask", {"field": "iin", "purpose": " "}, "purpose"),
        ("answer", ANSWER | {"promised_until": in_days(0)}, "promised_until"),
        ("answer", ANSWER | {"promised_until": "soon"}, "promised_until"),
        ("answer", ANSWER | {"language": "ru"}, "language"),
        ("answer", ANSWER | {"legal_basis": None}, "legal_basis"),
    ],
)
async def test_a_body_that_does_not_fit(office: Office, act: str, body: dict[str, Any], field: str) -> None:
    appeal = await office.file()
    for login in ("operator@health", "controller@energy"):
        await office.person(login)
    answer = await office.try_act("head@energy", appeal.number, act, **body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert all(error["message"] for error in answer.json()["errors"])


async def test_a_hearing_is_one_thing_or_the_other(office: Office) -> None:
    number = (await office.file()).number
    nothing = await office.try_act("head@energy", number, "hearing")
    both = await office.try_act(
        "head@energy", number, "hearing", **BODIES["hearing"], exempt_ground="келісті"
    )
    for answer in (nothing, both):
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["on", "preliminary"]


@pytest.mark.parametrize("on", ["true", 1, None])
async def test_control_is_on_or_off(office: Office, on: Any) -> None:
    number = (await office.file()).number
    answer = await office.try_act(CONTROLLER, number, "control", on=on, reason="а")
    assert [error["field"] for error in answer.json()["errors"]] == ["on"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (rb'{"text": "\ud800"}', 422),
        (b'{"text": "\xff"}', 400),
        (b'{"text": ', 400),
        (b"[]", 422),
        (b"", 422),
        (b'{"text": "' + b"a" * 2_000_000 + b'"}', 413),
    ],
)
async def test_a_body_that_cannot_be_read(office: Office, body: bytes, status: int) -> None:
    appeal = await office.file()
    person = await office.person("operator@energy")
    headers = person.headers | {"if-match": "*", "content-type": "application/json"}
    answer = await office.client.post(f"/api/v1/cases/{appeal.number}/note", headers=headers, content=body)
    assert answer.status_code == status


async def test_forwarding_to_nobody_names_who_may_be_meant(office: Office) -> None:
    appeal = await office.file()
    answer = await office.try_act("operator@energy", appeal.number, "forward", to="helth", reason="сіздікі")
    assert answer.status_code == 422
    assert "health" in answer.json()["near"]
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("to", "unknown_code")
    assert "Ministry of Health" in error["message"]


async def test_forwarding_to_a_body_that_is_no_more_names_its_successor(office: Office) -> None:
    appeal = await office.file()
    answer = await office.try_act(
        "operator@energy", appeal.number, "forward", to="education", reason="сіздікі"
    )
    assert answer.status_code == 422
    assert answer.json()["successor"] == "enlightenment"
    assert answer.json()["errors"][0]["code"] == "agency_ended"


async def test_forwarding_to_oneself(office: Office) -> None:
    appeal = await office.file()
    answer = await office.try_act("operator@energy", appeal.number, "forward", to="energy", reason="сіздікі")
    assert (answer.status_code, answer.json()["code"]) == (409, "forward_to_self")


async def test_a_colleagues_lease_is_respected(office: Office) -> None:
    appeal = await office.file()
    claimed = await office.act("asel@energy", appeal.number, "claim")
    assert claimed["assignee"]["name"] == "Сынақ asel@energy"
    for act in ("claim", "release"):
        answer = await office.try_act("operator@energy", appeal.number, act)
        assert (answer.status_code, answer.json()["code"]) == (409, "claimed_by_other")
    released = await office.act("head@energy", appeal.number, "release")
    assert (released["assignee"], released["lease_until"], released["status"]) == (None, None, "in_progress")
    await office.act("operator@energy", appeal.number, "claim")


async def test_claiming_again_prolongs_and_says_nothing_new(office: Office) -> None:
    appeal = await office.file()
    first = await office.act("operator@energy", appeal.number, "claim")
    again = await office.act("operator@energy", appeal.number, "claim")
    assert again["lease_until"] > first["lease_until"]
    await office.act("operator@energy", appeal.number, "release")
    await office.act("operator@energy", appeal.number, "release")
    events = (await office.get("operator@energy", f"/cases/{appeal.number}/events")).json()["items"]
    assert [event["kind"] for event in events] == ["registered", "claimed", "released"]


async def test_a_head_assigns_for_longer_than_a_lease(office: Office) -> None:
    appeal = await office.file()
    asel = await office.person("asel@energy")
    await office.act("operator@energy", appeal.number, "claim")
    assigned = await office.act("head@energy", appeal.number, "assign", to="Asel@Energy")
    assert assigned["assignee"]["id"] == asel.account_id
    assert assigned["lease_until"] > (clock.now() + timedelta(days=2)).isoformat()
    claimed = await office.act("asel@energy", appeal.number, "claim")
    assert claimed["lease_until"] == assigned["lease_until"]
    assert await office.queue("operator@energy") == []


async def test_a_ministry_s_head_assigns_within_the_committee(office: Office) -> None:
    appeal = await office.file(addressee="justice-registration-committee")
    for login in ("operator@justice", "operator@justice-registration-committee"):
        await office.person(login)
    refused = await office.try_act("head@justice", appeal.number, "assign", to="operator@justice")
    assert refused.status_code == 422
    assigned = await office.act(
        "head@justice", appeal.number, "assign", to="operator@justice-registration-committee"
    )
    assert assigned["assignee"] is not None


async def test_a_head_s_own_answer_goes_out_at_once(office: Office) -> None:
    appeal = await office.file(addressee="health")
    assert (await office.act("head@health", appeal.number, "answer", **ANSWER))["status"] == "answered"


async def test_what_is_sent_back_is_the_authors_draft_again(office: Office) -> None:
    appeal = await office.file(addressee="health")
    await office.act("operator@health", appeal.number, "draft", text="алғашқы жоба")
    await office.act("operator@health", appeal.number, "answer", **ANSWER)
    back = await office.act("head@health", appeal.number, "send-back", '"2"', reason="күнін жазыңыз")
    assert (back["status"], back["version"], back["proposed"], back["draft"]) == (
        "in_progress",
        3,
        None,
        None,
    )
    mine = await office.case("operator@health", appeal.number)
    assert mine["draft"] | {"updated_at": ""} == {"version": 1, **ANSWER, "updated_at": ""}
    assert [(reason["event"], reason["text"]) for reason in mine["reasons"]] == [
        ("sent_back", "күнін жазыңыз")
    ]
    again = await office.act("operator@health", appeal.number, "answer", '"3"', **ANSWER)
    assert again["status"] == "awaiting_approval"


async def test_a_supplement_makes_an_approval_look_again(office: Office) -> None:
    appeal = await office.file(addressee="health")
    await office.act("operator@health", appeal.number, "answer", **ANSWER)
    await office.client.post(
        f"/api/v1/appeals/{appeal.number}/supplements",
        headers={"x-access-code": appeal.access_code},
        json={"text": "Дәрігер келді"},
    )
    refused = await office.try_act("head@health", appeal.number, "approve", '"2"')
    assert (refused.status_code, refused.json()["code"]) == (409, "version_conflict")
    approved = await office.act("head@health", appeal.number, "approve", '"3"')
    assert [said["text"] for said in approved["supplements"]] == ["Дәрігер келді"]


async def test_only_decisions_move_the_version(office: Office) -> None:
    appeal = await office.file(addressee="health")
    for act in ("claim", "note", "draft", "release"):
        assert (await office.act("operator@health", appeal.number, act, **BODIES[act]))["version"] == 1
    assert (await office.act("operator@health", appeal.number, "answer", **ANSWER))["version"] == 2


async def test_notes_go_on_after_the_answer(office: Office) -> None:
    appeal = await office.file()
    await office.act("operator@energy", appeal.number, "answer", **ANSWER)
    noted = await office.act("operator@energy", appeal.number, "note", text="телефон соқты")
    assert [note["text"] for note in noted["notes"]] == ["телефон соқты"]
    assert noted["status"] == "answered"
    refused = await office.try_act("operator@energy", appeal.number, "draft", text="жоба")
    assert (refused.status_code, refused.json()["allowed"]) == (409, ["note", "unmask"])


async def test_a_citizen_is_told_of_the_citizens_acts_only(office: Office) -> None:
    appeal = await office.file()
    await office.act("operator@energy", appeal.number, "answer", **ANSWER)
    answer = await office.client.post(
        f"/api/v1/appeals/{appeal.number}/withdrawal", headers={"x-access-code": appeal.access_code}, json={}
    )
    assert answer.status_code == 409
    assert answer.json()["allowed"] == ["rate"]
