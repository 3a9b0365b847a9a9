"""The same table over HTTP: in every state that the acts lead to, each act is done or refused by name."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.appeals.codes import Status
from app.appeals.lifecycle import CLOSED, allowed
from app.staff.permissions import Role, acts_of
from tests.casework.people import ANSWER, Office
from tests.casework.test_acts import BODIES, body_of, by


async def _registered(office: Office) -> str:
    return (await office.file(addressee="health")).number


async def _in_progress(office: Office) -> str:
    number = await _registered(office)
    await office.act("head@health", number, "claim")
    return number


async def _awaiting_approval(office: Office) -> str:
    number = await _registered(office)
    await office.act("operator@health", number, "answer", **ANSWER)
    return number


async def _answered(office: Office) -> str:
    number = await _registered(office)
    await office.act("head@health", number, "answer", **ANSWER)
    return number


async def _withdrawn(office: Office) -> str:
    appeal = await office.file(addressee="health")
    answer = await office.client.post(
        f"/api/v1/appeals/{appeal.number}/withdrawal", headers={"x-access-code": appeal.access_code}, json={}
    )
    assert answer.status_code == 200
    return appeal.number


def _after(act: str, **body: Any) -> Callable[[Office], Awaitable[str]]:
    async def arrived(office: Office) -> str:
        number = await _registered(office)
        await office.act("head@health", number, act, **(BODIES[act] | body))
        return number

    return arrived


STATES: dict[Status, Callable[[Office], Awaitable[str]]] = {
    Status.REGISTERED: _registered,
    Status.IN_PROGRESS: _in_progress,
    Status.AWAITING_CORRECTION: _after("request-correction"),
    Status.HEARING: _after("hearing"),
    Status.SUSPENDED: _after("suspend"),
    Status.AWAITING_APPROVAL: _awaiting_approval,
    Status.ANSWERED: _answered,
    Status.WITHDRAWN: _withdrawn,
    Status.TERMINATED: _after("terminate"),
}


def test_these_are_all_the_states() -> None:
    assert set(STATES) == set(Status)


@pytest.mark.parametrize("act", BODIES)
@pytest.mark.parametrize("status", STATES)
async def test_every_act_in_every_state(office: Office, status: Status, act: str) -> None:
    number = await STATES[status](office)
    await office.person("operator@health")
    by_state = {one.value for one in allowed(status, closed=status in CLOSED)}
    before = await office.case("head@health", number)
    assert (before["status"], set(before["allowed_acts"])) == (status, by_state & acts_of(Role.HEAD))
    body = await body_of(office, act, "health")
    body |= {"assign": {"to": "operator@health"}, "forward": {"to": "energy"}}.get(act, {})
    answer = await office.try_act(by(act, "health"), number, act, f'"{before["version"]}"', **body)
    if act in by_state:
        assert answer.status_code == 200, answer.text
    else:
        assert answer.status_code == 409
        assert (answer.json()["code"], answer.json()["case_status"]) == ("act_not_allowed", status)
        assert answer.json()["allowed"] == before["allowed_acts"]
