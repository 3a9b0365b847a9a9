"""Which days of people are listed, by each rule, and to whom."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.core import clock
from app.core.db import Database
from app.core.i18n import LANGUAGES, Language
from app.oversight.looking.rules import PersonDay, Why, rules, unusual
from app.readings import keeping
from app.readings.codes import Way
from app.staff.permissions import Role
from tests.casework.people import Office
from tests.web.administration.room import entered

MONDAY = date(2026, 11, 23)


def day(account: int, cases: int, n: int = 0, **more: Any) -> PersonDay:
    return PersonDay(account, 1, more.pop("role", "operator"), MONDAY + timedelta(days=n), cases, **more)


COLLEAGUES = [day(account, 10 + account % 3, n) for account in range(2, 6) for n in range(5)]


def listed(*days: PersonDay) -> list[tuple[int, Why, int]]:
    return [(one.of.account_id, one.why, one.count) for one in unusual(days, rules())]


def test_far_more_cases_than_colleagues() -> None:
    assert listed(day(1, 40), *COLLEAGUES) == [(1, Why.MANY, 40)]
    assert listed(day(1, 29), *COLLEAGUES) == []


def test_who_reads_much_among_people_who_do_is_usual() -> None:
    busy = [day(account, 35 + account, n) for account in range(2, 6) for n in range(5)]
    assert listed(day(1, 44), *busy) == []
    assert listed(day(1, 45), *busy)[:1] == [(1, Why.MANY, 45)]


def test_one_is_not_compared_with_oneself_nor_with_another_role_nor_with_few() -> None:
    assert listed(*(day(1, 50, n) for n in range(3)), *COLLEAGUES) == [(1, Why.MANY, 50)] * 3
    assert listed(day(1, 40, role="head"), *COLLEAGUES) == []
    assert listed(day(1, 40), *COLLEAGUES[:9]) == []


@pytest.mark.parametrize("why", [Why.ODD_HOURS, Why.CLOSED, Why.SEARCHES])
def test_each_other_rule_begins_at_its_number(why: Why) -> None:
    least = getattr(rules(), why).at_least
    assert listed(day(1, 1, **{why.value: least})) == [(1, why, least)]
    assert listed(day(1, 1, **{why.value: least - 1})) == []


def test_night_goes_over_midnight() -> None:
    assert rules().odd_hours.hours == [0, 1, 2, 3, 4, 5, 22, 23]


async def read(db: Database, login: str, office: Office, cases: range, at: datetime) -> None:
    person = await office.person(login)
    async with db.transaction() as connection:
        agency = await connection.fetchval(
            "SELECT agency_id FROM staff_account WHERE id = $1", person.account_id
        )
        await keeping.keep(connection, person.account_id, agency, [(n, 0) for n in cases], Way.CASE, at)


async def asked(office: Office, login: str = "admin@administration", **params: Any) -> httpx.Response:
    return await office.get(login, "/admin/readings/unusual", **params)


async def test_what_was_read_is_what_is_listed(db: Database, client: httpx.AsyncClient) -> None:
    office = Office(db, client)
    await office.file()
    night = datetime(2026, 11, 24, 22, 30, tzinfo=clock.ZONE).astimezone(UTC)
    sunday = datetime(2026, 11, 22, 12, tzinfo=clock.ZONE).astimezone(UTC)
    await read(db, "operator@energy", office, range(6), night)
    await read(db, "operator@energy", office, range(6), night + timedelta(minutes=5))
    await read(db, "head@health", office, range(9), sunday)
    await read(db, "head@energy", office, range(9), sunday + timedelta(days=1))
    params = {"from": "2026-11-01", "to": "2026-11-28", "lang": "en"}
    answer = await asked(office, **params)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert [(one["day"], one["person"]["login"], one["rule"], one["count"]) for one in shown["items"]] == [
        ("2026-11-24", "operator@energy", "odd_hours", 6),
        ("2026-11-22", "head@health", "odd_hours", 9),
    ]
    assert shown["items"][0]["why"] == "Read 6 cases at night or on a day off."
    assert shown["rules"]["odd_hours"]["at_least"] == 5
    assert "number" not in shown["items"][0]


async def test_what_was_closed_long_before_and_searches_by_person(
    db: Database, client: httpx.AsyncClient
) -> None:
    office = Office(db, client)
    person = await office.person("operator@energy")
    noon = datetime(2026, 11, 25, 12, tzinfo=clock.ZONE)
    numbers = [(await office.file(noon - timedelta(days=40))).appeal_id for _ in range(10)]
    async with db.transaction() as connection:
        await connection.execute(
            "INSERT INTO desk_lookup (account_id, agency_id, at, by, sought, found) "
            "SELECT $1, 1, $2, by, '', 0 FROM unnest($3::text[]) AS by",
            person.account_id,
            noon,
            ["iin"] * 8 + ["phone"] * 7 + ["number"] * 9,
        )
        await keeping.keep(connection, person.account_id, 1, [(n, 0) for n in numbers], Way.FILE, noon)
    assert [one["rule"] for one in (await asked(office)).json()["items"]] == ["searches"]
    for number in numbers:
        await withdrawn(db, number, noon - timedelta(days=31))
    found = (await asked(office)).json()["items"]
    assert [(one["rule"], one["count"]) for one in found] == [("searches", 15), ("closed", 10)]


async def withdrawn(db: Database, appeal_id: int, at: datetime) -> None:
    async with db.transaction() as connection:
        await connection.execute(
            "UPDATE holding SET closed_at = $2, closed_on = $3, close = 'answered', "
            "status = 'withdrawn' WHERE appeal_id = $1",
            appeal_id,
            at,
            at.date(),
        )


async def test_only_who_keeps_people_sees_it(db: Database, client: httpx.AsyncClient) -> None:
    office = Office(db, client)
    for login in ("operator@energy", "head@energy", "controller@administration"):
        assert (await asked(office, login)).status_code == 403
    for wrong in ({"from": "2026-01-01"}, {"from": "x"}, {"from": "2026-11-20", "to": "2026-11-01"}):
        assert (await asked(office, **wrong)).status_code == 422, wrong


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_page_shows_the_same(db: Database, client: httpx.AsyncClient, lang: Language) -> None:
    office = Office(db, client)
    at = datetime.combine(clock.today() - timedelta(days=1), datetime.min.time(), clock.ZONE)
    await read(db, "operator@energy", office, range(7), at.replace(hour=23))
    browser = await entered(client, db, Role.ADMIN)
    shown = await browser.get(f"/office/administration/readings?lang={lang}")
    (item,) = (await asked(office, lang=lang)).json()["items"]
    assert item["why"] in shown
    assert item["agency"]["name"] in shown
    assert "summary" in await browser.get("/office/administration/readings?from=2026-01-01", 422)
