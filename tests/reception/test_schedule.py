"""The schedule of a quarter: drafted, published, seen by everybody, added to."""

from datetime import date, timedelta
from typing import Any

import pytest

from app.core import clock
from app.directory import snapshot
from app.reception.quarters import Quarter
from tests.reception.desk import DEPUTY, LINK, PLACE, ROOT, Desk, reception, working_day

NEXT = Quarter.of(clock.today()).next()


def days_of_next_quarter(*months: int) -> list[date]:
    """A working day in each of these months of it: 0, 1, 2."""
    calendar = snapshot.current().calendar
    return [calendar.roll(date(NEXT.year, NEXT.months[month], 10)) for month in months]


async def test_a_draft_is_nobodys_business_until_it_is_published(desk: Desk) -> None:
    drafted = await desk.draft([reception()], Quarter.of(working_day()))
    assert drafted["state"] == "draft"
    assert (await desk.timetable())["items"] == []
    (one,) = await desk.publish()
    (shown,) = (await desk.timetable())["items"]
    assert shown == one
    assert [slot["free"] for slot in shown["slots"]] == [2, 2]
    assert shown["leader"] == {"post": "Minister", "name": "Сынақбаев Арман Үлгіұлы"}
    assert shown["place"] == PLACE["kk"], "English was not given"


async def test_a_draft_is_replaced_as_a_whole(desk: Desk) -> None:
    quarter = Quarter.of(working_day())
    await desk.draft([reception(), reception(leader=DEPUTY)], quarter)
    drafted = await desk.draft([reception(begins="14:00", ends="15:00")], quarter)
    assert [one["begins"] for one in drafted["receptions"]] == ["14:00"]
    again = await desk.draft([reception(begins="14:00", ends="15:00")], quarter)
    assert len(again["receptions"]) == 1


async def test_the_head_is_warned_of_a_month_without_a_reception(desk: Desk) -> None:
    days = days_of_next_quarter(0, 2)
    await desk.draft([reception(day) for day in days], NEXT)
    answer = await desk.call("head", "POST", f"/schedules/{NEXT}/publication")
    found = answer.json()
    assert (answer.status_code, found["state"]) == (200, "published")
    months = [f"{NEXT.year}-{month:02}" for month in NEXT.months]
    assert [one["month"] for one in found["warnings"]] == [months[1]]
    assert "once a month" in found["warnings"][0]["message"]
    (middle,) = days_of_next_quarter(1)
    for _ in range(2):  # the same again is not added again
        answer = await desk.call(
            "head", "POST", f"/schedules/{NEXT}/receptions", {"receptions": [reception(middle)]}
        )
        assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["warnings"], len(found["receptions"])) == ([], 3)


async def test_a_month_whose_receptions_were_called_off_has_none(desk: Desk) -> None:
    await desk.draft([reception(day) for day in days_of_next_quarter(0, 1, 2)], NEXT)
    found = (await desk.call("head", "POST", f"/schedules/{NEXT}/publication")).json()
    assert found["warnings"] == []
    path = f"/{found['receptions'][1]['id']}/cancellation"
    answer = await desk.call("operator", "POST", path, {"reason": "Іссапар"})
    assert answer.json() == {"slots": 2, "bookings": 0}
    found = (await desk.call("head", "GET", f"/schedules/{NEXT}")).json()
    assert [one["month"] for one in found["warnings"]] == [f"{NEXT.year}-{NEXT.months[1]:02}"]


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"day": "2026-99-01"}, "day", None),
        ({"day": "2031-01-15"}, "day", "outside_quarter"),
        ({"begins": "25:00"}, "begins", "time_of_day"),
        ({"begins": 36000}, "begins", "time_of_day"),
        ({"ends": "10:00"}, "ends", "period_reversed"),
        ({"ends": "10:10"}, "slot_minutes", "no_slot"),
        ({"slot_minutes": 0}, "slot_minutes", "greater_than_equal"),
        ({"capacity": 1, "group_max": 2}, "group_max", "less_than_equal"),
        ({"place": None}, "place", "missing"),
        ({"mode": "video"}, "video_link", "missing"),
        ({"mode": "video", "video_link": "http://video.example.kz"}, "video_link", "video_link"),
        ({"region": "KZ-99"}, "region", "unknown_code"),
        ({"leader": {"post": {}, "name": {"kk": "Б"}}}, "leader.post", "no_language"),
        ({"through": "friends"}, "through", "enum"),
        ({"colour": 1}, "colour", "extra_forbidden"),
    ],
)
async def test_what_is_wrong_is_named_row_by_row(
    desk: Desk, changed: dict[str, Any], field: str, code: str | None
) -> None:
    quarter = Quarter.of(working_day())
    body = {"receptions": [reception(leader=DEPUTY), reception(**changed)]}
    answer = await desk.call("operator", "PUT", f"/schedules/{quarter}", body)
    assert answer.status_code == 422, answer.text
    found = {error["field"]: error["code"] for error in answer.json()["errors"]}
    assert list(found) == [f"receptions.1.{field}"]
    assert code in (None, *found.values())
    assert (await desk.call("operator", "GET", f"/schedules/{quarter}")).status_code == 404


async def test_a_day_off_needs_to_be_meant(desk: Desk) -> None:
    sunday = working_day()
    while sunday.weekday() != 6:
        sunday += timedelta(days=1)
    quarter = Quarter.of(sunday)
    body = {"receptions": [reception(sunday)]}
    answer = await desk.call("operator", "PUT", f"/schedules/{quarter}", body)
    assert [error["code"] for error in answer.json()["errors"]] == ["day_off"]
    drafted = await desk.draft([reception(sunday, on_day_off=True)], quarter)
    assert len(drafted["receptions"]) == 1


async def test_nobody_receives_at_two_places_at_once(desk: Desk) -> None:
    quarter = Quarter.of(working_day())
    body = {"receptions": [reception(), reception(begins="10:30", ends="12:00"), reception(leader=DEPUTY)]}
    answer = await desk.call("operator", "PUT", f"/schedules/{quarter}", body)
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
        ("receptions.1.begins", "at_once")
    ]


async def test_what_is_published_is_not_replaced(desk: Desk) -> None:
    await desk.publish()
    quarter = Quarter.of(working_day())
    answer = await desk.call("operator", "PUT", f"/schedules/{quarter}", {"receptions": []})
    assert (answer.status_code, answer.json()["code"]) == (409, "schedule_published")
    again = await desk.call("head", "POST", f"/schedules/{quarter}/publication")
    assert (again.status_code, len(again.json()["receptions"])) == (200, 1)


async def test_who_may_do_what(desk: Desk) -> None:
    quarter = Quarter.of(working_day())
    await desk.draft([reception()], quarter)
    answer = await desk.call("operator", "POST", f"/schedules/{quarter}/publication")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    other = Desk(desk.office, "health")
    assert (await other.call("head", "GET", f"/schedules/{quarter}")).status_code == 404
    assert (await other.call("head", "POST", f"/schedules/{quarter}/publication")).status_code == 404
    assert (await desk.client.get(f"{ROOT}/schedules/{quarter}")).status_code == 401
    await desk.draft([], quarter)
    empty = await desk.call("head", "POST", f"/schedules/{quarter}/publication")
    assert (empty.status_code, empty.json()["code"]) == (409, "schedule_empty")
    draft = await desk.call("head", "POST", f"/schedules/{quarter}/receptions", {"receptions": [reception()]})
    assert (draft.status_code, draft.json()["code"]) == (409, "schedule_draft")
    wrong = await desk.call("head", "GET", "/schedules/2026-Q7")
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "quarter")


async def test_a_video_link_is_not_in_what_everybody_sees(desk: Desk) -> None:
    await desk.publish(reception(mode="video", place=None, video_link=LINK))
    answer = await desk.client.get(f"{ROOT}/schedule", params={"agency": desk.agency})
    assert LINK not in answer.text
    assert answer.json()["items"][0]["mode"] == "video"
    async with desk.office.db.read() as connection:
        stored = await connection.fetchval("SELECT video_link FROM reception")
    assert LINK.encode() not in stored


async def test_pages_visit_each_reception_once(desk: Desk) -> None:
    day = working_day()
    rows = [reception(day, begins=f"{hour:02}:00", ends=f"{hour + 1:02}:00") for hour in range(9, 16)]
    await desk.publish(*rows, reception(day, leader=DEPUTY))
    seen, cursor = [], ""
    while True:
        page = await desk.timetable(limit="3", **({"cursor": cursor} if cursor else {}))
        seen += [(one["begins"], one["id"]) for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 8
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"agency": "labor"}, "agency"),
        ({"from": "2026-12-31", "to": "2026-01-01"}, "to"),
        ({"cursor": "bm90aGluZw"}, "cursor"),
        ({"limit": "1000"}, "limit"),
        ({"from": "yesterday"}, "from"),
    ],
)
async def test_a_timetable_that_cannot_be_given(desk: Desk, asked: dict[str, str], field: str) -> None:
    answer = await desk.client.get(f"{ROOT}/schedule", params=asked)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_days_at_the_end_of_the_calendar(desk: Desk) -> None:
    assert (await desk.timetable(**{"from": "9999-12-31"}))["items"] == []
