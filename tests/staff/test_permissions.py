"""The table of who may do what."""

import pytest

from app.staff.permissions import (
    ACTS,
    CASEWORK,
    DECISIONS,
    SEE,
    TABLE,
    Relation,
    Role,
    acts_of,
    may,
    relation,
)


def test_every_role_has_a_row_and_every_act_somebody() -> None:
    assert set(TABLE) == set(Role)
    assert set().union(*(acts_of(role) for role in Role)) == ACTS


def test_a_head_may_do_all_that_an_operator_may() -> None:
    assert acts_of(Role.OPERATOR) < acts_of(Role.HEAD)
    assert acts_of(Role.HEAD) == CASEWORK | DECISIONS


@pytest.mark.parametrize("act", sorted(DECISIONS))
def test_an_operator_makes_no_decision(act: str) -> None:
    assert not may(Role.OPERATOR, act)


def test_a_controller_sees_all_and_changes_only_control() -> None:
    assert acts_of(Role.CONTROLLER) == {"control"}
    assert relation(Role.CONTROLLER, SEE) is Relation.ANY


def test_an_administrator_sees_no_appeal() -> None:
    assert not acts_of(Role.ADMIN)
    assert relation(Role.ADMIN, SEE) is None


def test_relations_are_those_of_the_contract() -> None:
    assert relation(Role.OPERATOR, "answer") is Relation.OWN_AGENCY
    assert relation(Role.HEAD, SEE) is Relation.SUBTREE
    assert relation(Role.OPERATOR, "control") is None


def test_an_unknown_act_is_nobodys() -> None:
    assert not any(may(role, "erase") for role in Role)
