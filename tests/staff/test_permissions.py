"""The table of who may do what: what a reader of the law would look for in it."""

import pytest

from app.appeals.lifecycle import RULES, SYSTEM_ACTS, Act
from app.staff.access import require
from app.staff.permissions import (
    ACTS,
    SEE,
    TABLE,
    Relation,
    Role,
    acts_of,
    may,
    relations,
    roles,
)

HOLDER, BELOW = Relation.HOLDER, Relation.BELOW
DECISIONS = frozenset(act for act in ACTS if roles(act) == [Role.HEAD])
# What only the applicant does, and what passes by itself.
NOT_STAFFS = {Act.SUPPLEMENT, Act.RATE, Act.WITHDRAW} | SYSTEM_ACTS


def test_every_act_of_a_case_is_somebodys() -> None:
    assert all(roles(act) for act in TABLE)
    assert set(RULES) - NOT_STAFFS >= ACTS


def test_a_head_may_do_all_that_an_operator_may_and_decide() -> None:
    assert acts_of(Role.OPERATOR) < acts_of(Role.HEAD)
    assert acts_of(Role.HEAD) - acts_of(Role.OPERATOR) == DECISIONS
    assert {"approve", "extend", "terminate", "reopen", "decide"} <= DECISIONS


@pytest.mark.parametrize("act", sorted(ACTS))
def test_who_works_on_a_case_is_of_the_body_that_has_it_or_above(act: str) -> None:
    assert relations(Role.OPERATOR, act) <= {HOLDER}
    assert relations(Role.HEAD, act) <= {HOLDER, BELOW}


def test_a_controller_sees_all_and_changes_only_control() -> None:
    assert acts_of(Role.CONTROLLER) == {"control"}
    assert relations(Role.CONTROLLER, SEE) == {Relation.ANY}


def test_an_administrator_sees_no_appeal() -> None:
    assert not acts_of(Role.ADMIN)
    assert not may(Role.ADMIN, SEE)
    assert not any(may(Role.ADMIN, room) for room in ("desk", "oversight", "undelivered", "quality"))


def test_who_reads_no_appeal_keeps_people_and_who_reads_them_does_not() -> None:
    for room in ("people", "clients", "audit"):
        assert roles(room) == [Role.ADMIN]


def test_an_unknown_act_is_nobodys() -> None:
    assert not any(may(role, "erase") for role in Role)
    assert not any(relations(role, "erase") for role in Role)
    with pytest.raises(LookupError):
        require("erase")
