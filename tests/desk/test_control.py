"""What a higher body's people hand down: under its outgoing number, with a day of control beside the term."""

import asyncio
from typing import Any

import httpx

from app.appeals import numbers
from app.appeals.lifecycle import Act
from app.core.db import Database
from tests.casework.people import ANSWER, Office
from tests.desk.clerks import FROM_ABOVE, LETTER, Clerks
from tests.intake.tickets.centre import refused

CONTROLLER = "controller@administration"


def handed_down(**how: Any) -> dict[str, Any]:
    return FROM_ABOVE | {"how": {k: v for k, v in (FROM_ABOVE["how"] | how).items() if v is not None}}


async def test_it_is_on_control_at_once_and_the_term_is_the_laws(clerks: Clerks) -> None:
    down = await clerks.taken(CONTROLLER, handed_down(control_on="2059-12-01"))
    plain = await clerks.taken("operator@digital", LETTER)
    assert down["agency"]["code"] == "digital"
    assert (down["control_on"], plain["control_on"]) == ("2059-12-01", None)
    assert (down["registered_on"], down["due_on"]) == (plain["registered_on"], plain["due_on"])
    case = await clerks.office.case("operator@digital", down["number"])
    assert (case["on_control"], case["control_on"], case["version"]) == (True, "2059-12-01", 1)
    assert case["due_on"] == down["due_on"]
    assert any("10-24/1177" in reason["text"] for reason in case["reasons"])


async def test_both_are_one_transaction(clerks: Clerks) -> None:
    """The same transaction wrote the appeal and the control."""
    down = await clerks.taken(CONTROLLER, handed_down())
    kinds = await clerks.value(
        "SELECT array_agg(kind ORDER BY id) FROM event WHERE appeal_id = $1 GROUP BY xid",
        numbers.parse(down["number"]).appeal_id,
    )
    assert kinds == ["registered", "control_taken"]


async def test_an_outgoing_number_is_one_appeal_a_year(clerks: Clerks) -> None:
    first = await clerks.taken(CONTROLLER, handed_down(), key="the-first-of-two-keys")
    again = await clerks.put_in("operator@administration", handed_down(outgoing_number="10-24 / 1177"))
    assert (again.status_code, again.json()["number"]) == (200, first["number"])
    refused(await clerks.put_in(CONTROLLER, handed_down() | {"text": "Басқа"}), 409, "key_reused")
    earlier = await clerks.taken(CONTROLLER, handed_down(outgoing_on="2025-11-20"))
    elsewhere = await clerks.taken("operator@pm-office", handed_down())
    assert len({one["number"] for one in (first, earlier, elsewhere)}) == 3


async def test_a_repeat_takes_no_control_twice(clerks: Clerks) -> None:
    down = await clerks.taken(CONTROLLER, handed_down())
    await clerks.put_in(CONTROLLER, handed_down())
    count = await clerks.value(
        "SELECT count(*) FROM event WHERE appeal_id = $1 AND kind = 'control_taken'",
        numbers.parse(down["number"]).appeal_id,
    )
    assert count == 1


async def test_it_stays_on_control_where_it_goes(clerks: Clerks) -> None:
    down = await clerks.taken(CONTROLLER, handed_down())
    office = clerks.office
    await office.act("operator@digital", down["number"], Act.FORWARD, to="energy", reason="Құзыреті бойынша.")
    case = await office.case("operator@energy", down["number"])
    assert (case["on_control"], case["control_on"]) == (True, "2059-12-01")
    lifted = await office.act(CONTROLLER, down["number"], Act.CONTROL, on=False, reason="Орындалды.")
    assert (lifted["on_control"], lifted["control_on"]) == (False, None)
    await office.act("head@energy", down["number"], Act.ANSWER, **ANSWER)


async def test_without_a_day_of_control_it_is_not_on_control(clerks: Clerks) -> None:
    down = await clerks.taken("head@pm-office", handed_down(control_on=None))
    case = await clerks.office.case("operator@digital", down["number"])
    assert (case["on_control"], case["control_on"]) == (False, None)


async def test_what_must_be_there(clerks: Clerks) -> None:
    wrong = refused(await clerks.put_in(CONTROLLER, FROM_ABOVE | {"how": {}}), 422, "invalid")
    assert wrong == {"how.outgoing_number": "missing", "how.outgoing_on": "missing"}
    late = refused(await clerks.put_in(CONTROLLER, handed_down(control_on="2026-11-20")), 422, "invalid")
    assert late == {"how.control_on": "control_not_later"}


async def test_two_send_the_same_at_the_same_moment(
    real_db: Database, real_client: httpx.AsyncClient
) -> None:
    """Real connections, real commits: one appeal, one control, the same answer to all."""
    clerks = Clerks(real_db, real_client, Office(real_db, real_client))
    await clerks.office.person(CONTROLLER)
    answers = await asyncio.gather(*(clerks.put_in(CONTROLLER, handed_down()) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert await clerks.value("SELECT count(*) FROM event WHERE kind = 'control_taken'") == 1
