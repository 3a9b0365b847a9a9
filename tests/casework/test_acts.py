"""Acts over HTTP: versions, roles, states, and what each refusal says."""

from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from tests.casework.people import ANSWER, Office

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
}
HEADS_ONLY = ("assign", "approve", "send-back", "reopen")
IGNORE_VERSION = ("claim", "release", "assign", "note", "draft")


@pytest.mark.parametrize("act", BODIES)
async def test_every_act_asks_for_a_version(office: Office, act: str) -> None:
    appeal = await office.file()
    answer = await office.try_act("head@energy", appeal.number, act, None, **BODIES[act])
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
    answer = await office.try_act("operator@energy", appeal.number, act, **BODIES[act])
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("act", ["split", "extend", "control", "decide", "nonsense"])
async def test_an_act_that_is_not_built_has_no_address(office: Office, act: str) -> None:
    appeal = await office.file()
    assert (await office.try_act("head@energy", appeal.number, act)).status_code == 404


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
    answer = await office.try_act("head@energy", appeal.number, act, '"7"', **BODIES[act])
    if act in IGNORE_VERSION:
        assert answer.status_code == 200, answer.text
        assert answer.json()["version"] == 1
    else:
        assert (answer.status_code, answer.json()["code"]) == (409, "version_conflict")
        assert answer.json()["version"] == 1
        assert answer.json()["allowed"] == [
            "answer",
            "assign",
            "claim",
            "draft",
            "forward",
            "note",
            "release",
        ]


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
        ["note"],
    )
    assert "awaiting approval" in said["detail"]
    refused = await office.try_act("head@health", appeal.number, "answer", **ANSWER)
    assert refused.json()["allowed"] == ["approve", "note", "send-back"]


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
    ],
)
async def test_a_body_that_does_not_fit(office: Office, act: str, body: dict[str, Any], field: str) -> None:
    appeal = await office.file()
    for login in ("operator@health", "controller@energy"):
        await office.person(login)
    answer = await office.try_act("head@energy", appeal.number, act, **body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


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
    assert (refused.status_code, refused.json()["allowed"]) == (409, ["note"])


async def test_a_citizen_is_told_of_the_citizens_acts_only(office: Office) -> None:
    appeal = await office.file()
    await office.act("operator@energy", appeal.number, "answer", **ANSWER)
    answer = await office.client.post(
        f"/api/v1/appeals/{appeal.number}/withdrawal", headers={"x-access-code": appeal.access_code}, json={}
    )
    assert answer.status_code == 409
    assert answer.json()["allowed"] == ["rate"]
