"""Signing in, staying signed in, signing out."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from app.core import clock
from app.core.db import Database
from app.core.errors import TooManyRequests, Unauthenticated
from app.staff import passwords, repository, service, sessions
from app.staff.access import StaffCaller, staff_caller
from app.staff.attempts import LIMIT, Throttle
from app.staff.door import Door
from app.staff.errors import InvalidCredentials, SessionOver, TokenExpired
from app.staff.sessions import FAMILY_LIFETIME, Tokens

NETWORK = "198.51.100.7"
NEW_PASSWORD = "тоғыз жолдың торабы"


async def sign_in(db: Database, person: Any, password: str | None = None, login: str | None = None) -> Tokens:
    given = person.password if password is None else password
    return await Door(db, Throttle(db, NETWORK)).sign_in(login or person.login, given)


async def caller(db: Database, tokens: Tokens) -> StaffCaller:
    return await staff_caller(db, tokens.access_token)


async def is_over(db: Database, tokens: Tokens) -> bool:
    """Whether neither token of the pair opens anything."""
    try:
        await staff_caller(db, tokens.access_token)
    except SessionOver:
        pass
    else:
        return False
    try:
        await sessions.refresh(db, tokens.refresh_token)
    except SessionOver:
        return True
    return False


def at(moment: datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


async def test_signing_in(db: Database, person: Any) -> None:
    tokens = await sign_in(db, person)
    found = await caller(db, tokens)
    assert (found.account_id, found.role, found.agency_code) == (person.account_id, "operator", "energy")
    assert tokens.expires_in == 900


@pytest.mark.parametrize("login", ["AIGUL@Energy", "  aigul@energy "])
async def test_the_login_in_any_case(db: Database, person: Any, login: str) -> None:
    assert (await caller(db, await sign_in(db, person, login=login))).login == "aigul@energy"


@pytest.mark.parametrize("password", ["", "wrong", "x" * 1_000, "\x00", "\ud800"])
async def test_a_wrong_password(db: Database, person: Any, password: str) -> None:
    with pytest.raises(InvalidCredentials):
        await sign_in(db, person, password)


@pytest.mark.parametrize("login", ["nobody@energy", "aigul", "' OR 1=1", "x" * 10_000, "@"])
async def test_an_unknown_login_gets_the_same_answer(db: Database, person: Any, login: str) -> None:
    with pytest.raises(InvalidCredentials):
        await sign_in(db, person, login=login)


async def close_account(db: Database, account_id: int) -> None:
    async with db.transaction() as connection:
        await connection.execute("UPDATE staff_account SET active = false WHERE id = $1", account_id)


async def test_a_closed_account(db: Database, person: Any) -> None:
    before = await sign_in(db, person)
    await close_account(db, person.account_id)
    with pytest.raises(InvalidCredentials):
        await sign_in(db, person)
    assert await is_over(db, before)


async def test_failures_are_kept_and_slow_down_this_network_only(db: Database, person: Any) -> None:
    for _ in range(LIMIT):
        with pytest.raises(InvalidCredentials):
            await sign_in(db, person, "wrong")
    with pytest.raises(TooManyRequests):
        await sign_in(db, person)
    elsewhere = Throttle(db, "203.0.113.9")
    assert await Door(db, elsewhere).sign_in(person.login, person.password)


async def test_a_password_changed_while_it_was_compared(
    db: Database, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = passwords.matches

    async def slow(password: str, stored: str | None) -> bool:
        right = await compare(password, stored)
        await service.set_password(db, person.login, NEW_PASSWORD)
        return right

    monkeypatch.setattr(passwords, "matches", slow)
    with pytest.raises(InvalidCredentials):
        await sign_in(db, person)


async def test_a_new_password_ends_what_was_before(db: Database, person: Any) -> None:
    before = await sign_in(db, person)
    assert await service.set_password(db, person.login, NEW_PASSWORD)
    assert await is_over(db, before)
    with pytest.raises(InvalidCredentials):
        await sign_in(db, person)
    assert await caller(db, await sign_in(db, person, NEW_PASSWORD))


async def test_staying_signed_in(db: Database, person: Any) -> None:
    first = await sign_in(db, person)
    second = await sessions.refresh(db, first.refresh_token)
    third = await sessions.refresh(db, second.refresh_token)
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    assert (await caller(db, third)).session == (await caller(db, first)).session


async def test_a_used_refresh_token_ends_its_session_and_no_other(db: Database, person: Any) -> None:
    laptop, phone = await sign_in(db, person), await sign_in(db, person)
    thief = await sessions.refresh(db, laptop.refresh_token)
    with pytest.raises(SessionOver):
        await sessions.refresh(db, laptop.refresh_token)
    assert await is_over(db, thief)
    assert await caller(db, phone)
    assert await sessions.refresh(db, phone.refresh_token)


@pytest.mark.parametrize("text", ["", "x", "қ", "\ud800", "\x00", "x" * 1_000])
async def test_an_unknown_refresh_token(db: Database, person: Any, text: str) -> None:
    tokens = await sign_in(db, person)
    with pytest.raises(SessionOver):
        await sessions.refresh(db, text)
    assert await caller(db, tokens)


async def test_an_access_token_is_no_refresh_token(db: Database, person: Any) -> None:
    tokens = await sign_in(db, person)
    with pytest.raises(SessionOver):
        await sessions.refresh(db, tokens.access_token)
    with pytest.raises(Unauthenticated):
        await staff_caller(db, tokens.refresh_token)


async def test_a_session_ends_a_week_after_its_sign_in_however_often_refreshed(
    db: Database, person: Any
) -> None:
    start = clock.now()
    with at(start):
        tokens = await sign_in(db, person)
    with at(start + FAMILY_LIFETIME - timedelta(seconds=1)):
        with pytest.raises(TokenExpired):
            await caller(db, tokens)
        tokens = await sessions.refresh(db, tokens.refresh_token)
        assert await caller(db, tokens)
    with at(start + FAMILY_LIFETIME), pytest.raises(SessionOver):
        await sessions.refresh(db, tokens.refresh_token)


async def test_signing_out_here(db: Database, person: Any) -> None:
    here, there = await sign_in(db, person), await sign_in(db, person)
    session = (await caller(db, here)).session
    async with db.transaction() as connection:
        await sessions.sign_out(connection, person.account_id, session, everywhere=False)
    assert await is_over(db, here)
    assert await caller(db, there)


async def test_signing_out_everywhere(db: Database, person: Any) -> None:
    here, there = await sign_in(db, person), await sign_in(db, person)
    async with db.transaction() as connection:
        session = (await caller(db, here)).session
        await sessions.sign_out(connection, person.account_id, session, everywhere=True)
    assert await is_over(db, here)
    assert await is_over(db, there)
    assert await caller(db, await sign_in(db, person))


async def test_tokens_from_before_a_moment_are_refused(db: Database, person: Any) -> None:
    before = await sign_in(db, person)
    async with db.transaction() as connection:
        await repository.refuse_tokens_before(connection, person.account_id, clock.now())
    with pytest.raises(SessionOver):
        await caller(db, before)
    assert await caller(db, await sessions.refresh(db, before.refresh_token))


async def test_what_is_over_is_deleted(db: Database, person: Any) -> None:
    start = clock.now()
    await sign_in(db, person)
    with pytest.raises(InvalidCredentials):
        await sign_in(db, person, "wrong")
    async with db.transaction() as connection:
        assert await service.purge_expired(connection, start) == 0
        assert await service.purge_expired(connection, start + timedelta(minutes=16)) == 1
        assert await service.purge_expired(connection, start + FAMILY_LIFETIME + timedelta(minutes=1)) == 1


async def test_one_refresh_token_eight_times_at_once(real_db: Database, real_person: Any) -> None:
    first = await sign_in(real_db, real_person)
    answers = await asyncio.gather(
        *(sessions.refresh(real_db, first.refresh_token) for _ in range(8)), return_exceptions=True
    )
    given = [answer for answer in answers if isinstance(answer, Tokens)]
    assert len(given) == 1
    assert all(isinstance(answer, Tokens | SessionOver) for answer in answers)
    assert await is_over(real_db, given[0])


async def test_failures_at_once_are_all_counted(real_db: Database) -> None:
    throttle = Throttle(real_db, NETWORK)
    await asyncio.gather(*(throttle.failed("login", "aigul@energy") for _ in range(20)))
    async with real_db.read() as connection:
        assert await connection.fetchval("SELECT sum(count) FROM attempt") == 20


async def test_signing_out_while_refreshing_leaves_nothing(real_db: Database, real_person: Any) -> None:
    for _ in range(5):
        tokens = await sign_in(real_db, real_person)
        session = (await caller(real_db, tokens)).session

        async def leave(session: Any = session) -> None:
            async with real_db.transaction() as connection:
                await sessions.sign_out(connection, real_person.account_id, session, everywhere=False)

        await asyncio.gather(sessions.refresh(real_db, tokens.refresh_token), leave(), return_exceptions=True)
        async with real_db.read() as connection:
            assert await connection.fetchval("SELECT count(*) FROM refresh_token") == 0
