"""The whole life of one appeal, over HTTP, on the days of 2026, with every date that the law gives it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import httpx
import pytest
import time_machine

from app.core import clock
from app.core.db import Database
from app.deadlines.calendar import ZONE
from app.timekeeping.recalculation import recalculate
from app.timekeeping.watching import elapse, watch
from tests.casework.people import ANSWER, Office

FIRST, BODY, ABOVE = "culture-information", "health-medical-control-committee", "health"
APPEAL: dict[str, Any] = {
    "kind": "statement",
    "language": "ru",
    "text": "Прошу проверить поликлинику: запись к врачу открыта только на бумаге.",
    "addressee": FIRST,
    "topic": "health",
    "region": "KZ-61",
    "applicant": {"name": "Үлгібек Сынақбаев", "address": "Мысал ауылы, 5"},
}
REFUSAL = ANSWER | {"outcome": "refused", "language": "ru", "text": "Нарушений не найдено."}


@dataclass
class Life:
    """One appeal and the calls about it, each as of the moment that `at` set."""

    office: Office
    client: httpx.AsyncClient
    numbers: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def at(self, moment: str) -> Iterator[None]:
        """`2026-02-02 19:10` in Kazakhstan; everybody signs in anew, as tokens are short."""
        self.office.people.clear()
        with time_machine.travel(datetime.fromisoformat(moment).replace(tzinfo=ZONE), tick=False):
            yield

    async def file(self, path: str, headers: dict[str, str] | None = None, **body: Any) -> dict[str, Any]:
        answer = await self.client.post(path, json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        self.numbers[found["number"]] = found["access_code"]
        return found

    def key(self, number: str) -> dict[str, str]:
        return {"x-access-code": self.numbers[number], "accept-language": "en"}

    async def track(self, number: str) -> dict[str, Any]:
        answer = await self.client.get(f"/api/v1/appeals/{number}", headers=self.key(number))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        assert found["deadline"]["due_on"] == found["due_on"]
        return found

    async def refused(self, login: str, number: str, act: str, **body: Any) -> tuple[int, str]:
        answer = await self.office.try_act(login, number, act, **body)
        problem = answer.json()
        if answer.status_code == 422:
            (error,) = problem["errors"]
            return 422, f"{error['field']} {error['code']}"
        return answer.status_code, problem.get("reason", problem["code"])


@pytest.fixture
def life(office: Office, client: httpx.AsyncClient) -> Life:
    return Life(office, client)


OPERATOR, HEAD, CLERK = f"operator@{BODY}", f"head@{BODY}", f"clerk@{BODY}"


async def test_the_whole_life_of_one_appeal(life: Life, db: Database) -> None:
    number = await comes_in(life)
    await is_corrected(life, number)
    await stands(life, number, db)
    await is_extended(life, number, db)
    await is_heard_and_refused(life, number)
    complaint = await is_complained_of(life, number)
    await is_reviewed(life, number, complaint)
    with life.at("2026-08-07 10:00"):
        satisfied = REFUSAL | {"outcome": "satisfied", "text": "Запись открыта онлайн."}
        await life.office.act(HEAD, number, "answer", **satisfied)
        seen = await life.track(number)
        assert (seen["status"], seen["answer"]["outcome"]) == ("answered", "satisfied")
        assert [step["event"] for step in seen["timeline"]] == [
            *("registered", "forwarded", "received", "correction_requested", "corrected", "suspended"),
            *("resumed", "extended", "hearing_set", "answered", "reopened", "answered"),
        ]
        await the_figures(life)


async def comes_in(life: Life) -> str:
    with life.at("2026-02-02 19:10"):  # a Monday, after hours
        filed = await life.file("/api/v1/appeals", **APPEAL)
        number: str = filed["number"]
        assert (filed["registered_on"], filed["due_on"]) == ("2026-02-03", "2026-02-24")
    with life.at("2026-02-05 10:00"):  # the second of the three days to pass it on
        left = await life.office.act(f"operator@{FIRST}", number, "forward", to=BODY, reason="Ведёт комитет.")
        assert (left["past"], left["due_on"]) == (True, "2026-02-24")
        seen = await life.track(number)
        assert (seen["registered_on"], seen["due_on"]) == ("2026-02-03", "2026-02-26")
        assert (seen["agency"]["code"], seen["parts"][0]["registered_on"]) == (BODY, "2026-02-05")
    return number


async def is_corrected(life: Life, number: str) -> None:
    what = "Назовите поликлинику."
    with life.at("2026-02-09 11:00"):
        asked = await life.office.act(OPERATOR, number, "request-correction", what=what, until="2026-02-12")
        assert (asked["status"], asked["due_on"]) == ("awaiting_correction", "2026-02-26")
        assert (await life.track(number))["correction"] == {"until": "2026-02-12", "what": what}
    with life.at("2026-02-11 12:00"):
        answer = await life.client.post(
            f"/api/v1/appeals/{number}/supplements", json={"text": "№ 5."}, headers=life.key(number)
        )
        assert (answer.status_code, answer.json()["status"]) == (201, "in_progress")


async def stands(life: Life, number: str, db: Database) -> None:
    with life.at("2026-02-13 15:00"):
        stopped = await life.office.act(OPERATOR, number, "suspend", ground="court")
        assert (stopped["status"], stopped["due_on"]) == ("suspended", "2026-02-26")
    for moment in ("2026-03-01 12:00", "2026-03-01 12:01"):  # nothing is overdue, nobody is warned
        with life.at(moment):
            await recalculate(db)
            await watch(db)
            await elapse(db)
            assert (await life.track(number))["overdue"] is False
            assert (await life.office.case(OPERATOR, number))["status"] == "suspended"
    with life.at("2026-03-02 10:00"):  # it stood for eleven working days, 16 February to 2 March
        resumed = await life.office.act(OPERATOR, number, "resume")
        assert (resumed["status"], resumed["due_on"]) == ("in_progress", "2026-03-16")


async def is_extended(life: Life, number: str, db: Database) -> None:
    office, reason = life.office, "Ждём ответа лаборатории."
    with life.at("2026-03-11 09:30"):  # three working days before it: once
        await watch(db)
        await watch(db)
        kinds = [event["kind"] for event in await history(office, OPERATOR, number)]
        assert kinds.count("deadline_near") == 1
        far = await life.refused(HEAD, number, "extend", until="2026-05-20", reason=reason)
        assert far == (422, "until beyond_cap")
        not_theirs = await life.refused(OPERATOR, number, "extend", until="2026-03-31", reason=reason)
        assert not_theirs == (403, "forbidden")
        longer = await office.act(HEAD, number, "extend", until="2026-03-31", reason=reason)
        # The cap: two months from 5 February, and the eleven days that the clock stood.
        assert (longer["due_on"], longer["extendable_until"]) == ("2026-03-31", "2026-04-21")
        (notice,) = [
            step["sentence"]
            for step in (await life.track(number))["deadline"]["steps"]
            if step["code"] == "extension_notice"
        ]
        assert "16 March 2026" in notice  # three working days after the decision


async def is_heard_and_refused(life: Life, number: str) -> None:
    office, view = life.office, "Нарушений не видим."
    with life.at("2026-03-17 10:00"):
        assert await life.refused(OPERATOR, number, "answer", **REFUSAL) == (409, "hearing_required")
        heard = await office.act(OPERATOR, number, "hearing", on="2026-03-20", preliminary=view)
        assert (heard["status"], heard["hearing"]["decide_from"]) == ("hearing", "2026-03-20")
        invited = (await life.track(number))["hearing"]
        assert invited == {"on": "2026-03-20", "preliminary": view, "object_by": "2026-03-19"}
    with life.at("2026-03-18 10:00"):
        assert await life.refused(OPERATOR, number, "answer", **REFUSAL) == (409, "hearing_not_over")
    with life.at("2026-03-26 10:00"):  # after Nauryz, 21 to 25 March
        proposed = await office.act(OPERATOR, number, "answer", **REFUSAL)
        assert proposed["status"] == "awaiting_approval"
        assert (await office.act(HEAD, number, "approve"))["status"] == "answered"
        seen = await life.track(number)
        assert (seen["answer"]["outcome"], seen["answer"]["may_complain_until"]) == ("refused", "2026-06-26")
        assert seen["age"]["days"] == (date(2026, 3, 26) - date(2026, 2, 2)).days


async def is_complained_of(life: Life, number: str) -> str:
    office, path = life.office, f"/api/v1/appeals/{number}/complaint"
    with life.at("2026-06-29 10:00"):  # three days late: taken all the same, and marked
        filed = await life.file(path, life.key(number), text="Комиссия в поликлинику не приходила.")
        about: str = filed["number"]
        assert about != number
        assert (filed["agency"]["code"], filed["registered_on"]) == (BODY, "2026-06-29")
        assert (filed["due_on"], filed["complaint"]["about"]) == ("2026-07-02", number)
        assert filed["complaint"]["filed_late"] is True
        assert filed["complaint"]["reviewer"]["agency"]["code"] == ABOVE
        for login in (OPERATOR, HEAD):  # who wrote and who approved what it is about
            assert (await office.get(login, f"/cases/{about}")).status_code == 404
            assert about not in await office.queue(login, view="all")
    with life.at("2026-07-01 10:00"):
        assert await life.refused(CLERK, about, "answer", **REFUSAL) == (409, "act_not_allowed")
        elsewhere = await life.refused(CLERK, about, "forward", to="justice", reason="…")
        assert elsewhere == (422, "to not_the_reviewer")
        handed = await office.act(CLERK, about, "forward", to=ABOVE, reason="Передаём с материалами.")
        assert handed["past"] is True
    return about


async def is_reviewed(life: Life, number: str, about: str) -> None:
    office, reviewer = life.office, f"head@{ABOVE}"
    with life.at("2026-07-20 10:00"):
        review = await office.case(f"operator@{ABOVE}", about)
        # Twenty working days from 1 July; the 6th is a holiday.
        assert (review["complaint"]["stage"], review["due_on"]) == ("review", "2026-07-30")
        assert (await office.case(f"operator@{ABOVE}", number))["past"] is True  # what it is about
        assert await life.refused(reviewer, about, "answer", **REFUSAL) == (409, "act_not_allowed")
        decided = await office.act(reviewer, about, "decide", outcome="obliged", text="Проверить на месте.")
        assert (decided["status"], decided["answer"]["outcome"]) == ("answered", "obliged")
        again = await office.case(OPERATOR, number)
        assert (again["status"], again["due_on"]) == ("registered", "2026-08-10")
        assert again["registered_on"] == "2026-07-20"


async def history(office: Office, login: str, number: str) -> list[dict[str, Any]]:
    answer = await office.get(login, f"/cases/{number}/events")
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def the_figures(life: Life) -> None:
    """Everything above, as it is counted."""
    answer = await life.client.get("/api/v1/statistics/agencies?from=2026-01-01&to=2026-12-31")
    rows = {row["agency"]["code"]: row for row in answer.json()["rows"]}

    def counted(agency: str) -> dict[str, int]:
        wanted = ("received", "answered", "forwarded_out", "pending", "overdue", "extended", "answered_late")
        return {name: rows[agency][name] for name in wanted if rows[agency][name]}

    assert counted(FIRST) == {"received": 1, "forwarded_out": 1}
    # The appeal twice, and the complaint that was handed over.
    assert counted(BODY) == {"received": 3, "answered": 2, "forwarded_out": 1, "extended": 1}
    assert counted(ABOVE) == {"received": 1, "answered": 1}
    assert answer.json()["total"]["appeals"] == 2
    assert clock.today() == date(2026, 8, 7)
