"""Who does not see a complaint (A08): as it is said, and the same asked of the database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain, combinations, product

import asyncpg

from app.appeals import walls
from app.appeals.commands import Complaint
from app.casework.reach import Onlooker
from app.core import clock
from app.core.db import Database
from app.deadlines.complaints import ReviewerKind
from app.deadlines.regimes import Stage
from tests.casework.people import registered, submission

SIGNER, ANOTHER, NOBODY = 10, 11, 12
MINISTRY, COMMITTEE, OTHER = 1, 2, 3
BODY = Complaint(1, 2, 0, COMMITTEE, frozenset({SIGNER}), ReviewerKind.BODY, MINISTRY)
HEAD = replace(BODY, respondent_id=MINISTRY, reviewer=ReviewerKind.HEAD, reviewer_id=MINISTRY)
COURT = replace(BODY, reviewer=ReviewerKind.COURT, reviewer_id=None)


def sees(complaint: Complaint, *agencies: int, head: bool = False, who: int = NOBODY) -> tuple[bool, bool]:
    """At the body that it is about, and while a reviewer has it."""
    looker = Onlooker(who, frozenset(agencies) or None, head)
    before = looker.sees(complaint, under_review=False)
    return before, looker.sees(complaint, under_review=True)


def test_who_wrote_or_approved_the_act_never_sees_it() -> None:
    for complaint in (BODY, HEAD, COURT):
        for agencies, head in product(((), (COMMITTEE,), (MINISTRY, COMMITTEE)), (True, False)):
            assert sees(complaint, *agencies, head=head, who=SIGNER) == (False, False)


def test_the_heads_of_the_body_do_not_see_it_while_it_is_reviewed() -> None:
    assert sees(BODY, COMMITTEE, head=True) == (True, False)
    assert sees(BODY, COMMITTEE) == (True, True)
    assert sees(BODY, OTHER, head=True) == (True, True)


def test_the_head_above_sees_the_cases_of_both() -> None:
    assert sees(BODY, MINISTRY, COMMITTEE, head=True) == (True, True)
    assert sees(BODY, MINISTRY) == (True, True)


def test_where_the_head_reviews_the_heads_alone_see_it() -> None:
    assert sees(HEAD, MINISTRY, COMMITTEE, head=True) == (True, True)
    assert sees(HEAD, MINISTRY) == (True, False)
    assert sees(HEAD, OTHER) == (True, True)


def test_who_belongs_to_no_body_is_hidden_from_only_as_a_signer() -> None:
    for complaint in (BODY, HEAD, COURT):
        assert sees(complaint) == (True, True)


def complaints() -> Iterator[Complaint]:
    reviewers: list[tuple[ReviewerKind, int | None]] = [
        *((ReviewerKind.BODY, agency) for agency in (MINISTRY, COMMITTEE, OTHER)),
        (ReviewerKind.HEAD, MINISTRY),
        (ReviewerKind.HEAD, COMMITTEE),
        (ReviewerKind.COURT, None),
    ]
    signers = (frozenset[int](), frozenset({SIGNER}), frozenset({SIGNER, ANOTHER}))
    for respondent, (kind, id_), signed in product((MINISTRY, COMMITTEE), reviewers, signers):
        yield Complaint(0, 0, 0, respondent, signed, kind, id_)


def lookers() -> Iterator[Onlooker]:
    all_ = (MINISTRY, COMMITTEE, OTHER)
    subsets = chain.from_iterable(combinations(all_, size) for size in range(4))
    for who, agencies, head in product((SIGNER, ANOTHER, NOBODY), [None, *subsets], (True, False)):
        yield Onlooker(who, None if agencies is None else frozenset(agencies), head)


HELD: list[tuple[str | None, datetime | None]] = list(
    product((None, Stage.HANDOVER, Stage.REVIEW), (None, clock.now()))
)
ASKED = f"""
SELECT h.appeal_id, {walls.condition(me="$4", agencies="$5", head="$6")} AS shown
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[]) AS h(appeal_id, stage, closed_at)
"""


async def test_the_database_says_the_same(db: Database) -> None:
    """Of every complaint there can be between three bodies, at every stage, to everybody."""
    about, plain, *filed = [
        one.appeal_id for one in await registered(db, [submission(f"{n} жылу") for n in range(38)])
    ]
    stored = [
        replace(complaint, appeal_id=id_, about_id=about)
        for id_, complaint in zip(filed, complaints(), strict=True)
    ]
    async with db.transaction() as connection:
        await connection.executemany(
            "INSERT INTO complaint (appeal_id, about_id, respondent_id, signers, reviewer, reviewer_id) "
            "VALUES ($1, $2, $3, $4, $5, $6)",
            [
                (one.appeal_id, about, one.respondent_id, list(one.signers), one.reviewer, one.reviewer_id)
                for one in stored
            ],
        )
        for looker in lookers():
            for stage, closed_at in HELD:
                shown = await asked(connection, [plain, *filed], stage, closed_at, looker)
                under_review = stage == Stage.REVIEW and closed_at is None
                assert shown == {
                    plain: True,
                    **{one.appeal_id: looker.sees(one, under_review=under_review) for one in stored},
                }, (looker, stage, closed_at)


async def asked(
    connection: asyncpg.Connection,
    ids: list[int],
    stage: str | None,
    closed_at: datetime | None,
    looker: Onlooker,
) -> dict[int, bool]:
    count = len(ids)
    rows = await connection.fetch(ASKED, ids, [stage] * count, [closed_at] * count, *looker.values())
    return {row["appeal_id"]: row["shown"] for row in rows}
