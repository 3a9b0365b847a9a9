"""The quality check: a sample that anybody can draw again, judged by two who do not know of each other."""

from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import httpx
import pytest
import time_machine

from app.core.db import Database
from app.core.i18n import LANGUAGES
from app.directory.files import DataError
from app.intake.submission import Person
from app.oversight.quality.agreement import Agreement, agreement
from app.oversight.quality.forms import form_on, forms, read
from app.staff.permissions import Role
from tests.casework.people import ANSWER, Office, make_person

FIRST, SECOND, THIRD = (f"controller{n}@administration" for n in ("", "2", "3"))
NOW = "2026-11-24T10:00+05:00"
PERIOD = {"from": "2026-11-01", "to": "2026-11-30"}
GOOD = dict.fromkeys(form_on(date(2026, 11, 24)).codes, "yes")


@dataclass
class Checking(Office):
    answered: dict[str, list[str]] = field(default_factory=dict)

    async def people_come(self) -> None:
        for login in (FIRST, SECOND, THIRD):
            self.people[login] = await make_person(self.db, login, Role.CONTROLLER, f"Сынақ {login}")

    async def answers(self, agency: str, count: int, **changes: Any) -> None:
        for _ in range(count):
            filed = await self.file(addressee=agency, kind="message", **changes)
            await self.act(f"head@{agency}", filed.number, "answer", **ANSWER)
            self.answered.setdefault(agency, []).append(filed.number)

    async def draw(
        self, per_agency: int = 2, seed: str = "2026-Q4", period: dict[str, str] = PERIOD
    ) -> dict[str, Any]:
        body = period | {"per_agency": per_agency, "seed": seed}
        answer = await self.send("POST", "/samples", FIRST, **body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def send(self, method: str, path: str, login: str, **body: Any) -> httpx.Response:
        headers = (await self.person(login)).headers
        return await self.client.request(method, f"/api/v1/quality{path}", headers=headers, json=body)

    async def lots(self, sample: int, login: str = FIRST) -> list[dict[str, Any]]:
        answer = await self.get(login, f"/quality/samples/{sample}")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def read(self, login: str, id_: int) -> dict[str, Any]:
        answer = await self.get(login, f"/quality/answers/{id_}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def judge(self, login: str, id_: int, **marks: str) -> httpx.Response:
        return await self.send("PUT", f"/answers/{id_}/verdict", login, marks=GOOD | marks)

    async def drawn(self, sample: int) -> list[int]:
        async with self.db.read() as connection:
            rows = await connection.fetch(
                "SELECT holding_id FROM quality_case WHERE sample_id = $1 ORDER BY place", sample
            )
        return [row["holding_id"] for row in rows]


@pytest.fixture
async def here(
    db: Database, client: httpx.AsyncClient, time_machine: time_machine.TimeMachineFixture
) -> Checking:
    time_machine.move_to(datetime.fromisoformat(NOW), tick=False)
    found = Checking(db, client)
    await found.people_come()
    return found


# the draw


async def test_so_many_of_each_agency_or_all_it_has(here: Checking) -> None:
    await here.answers("energy", 5)
    await here.answers("health", 1)
    sample = await here.draw(per_agency=3)
    assert (sample["drawn"], sample["agencies"], sample["complete"]) == (4, 2, 0)
    agencies = [lot["agency"]["code"] for lot in await here.lots(sample["id"])]
    assert sorted(agencies) == ["energy", "energy", "energy", "health"]


async def test_the_same_seed_draws_the_same_and_another_another(here: Checking) -> None:
    await here.answers("energy", 12)
    first = await here.drawn((await here.draw(4))["id"])
    assert await here.drawn((await here.draw(4))["id"]) == first
    others = [await here.drawn((await here.draw(4, seed=f"seed {n}"))["id"]) for n in range(3)]
    assert any(set(other) != set(first) for other in others)
    await here.answers("health", 2)  # what others answer changes nothing of an agency's own
    again = await here.drawn((await here.draw(4))["id"])
    assert [id_ for id_ in again if id_ in first] == [id_ for id_ in first if id_ in again]
    assert set(first) <= set(again)


async def test_anybody_can_draw_it_again(here: Checking) -> None:
    """As the API describes it: the lowest SHA-256 of `seed/appeal/part/holding`."""
    await here.answers("energy", 8)
    async with here.db.read() as connection:
        rows = await connection.fetch("SELECT id, appeal_id, part FROM holding WHERE close = 'answered'")
    lots = {
        sha256(f"public/{row['appeal_id']}/{row['part']}/{row['id']}".encode()).hexdigest(): row["id"]
        for row in rows
    }
    expected = [lots[lot] for lot in sorted(lots)[:3]]
    assert await here.drawn((await here.draw(3, seed="public"))["id"]) == expected


async def test_the_list_that_was_drawn_stays(here: Checking) -> None:
    await here.answers("energy", 3)
    sample = (await here.draw(2))["id"]
    before = await here.drawn(sample)
    await here.answers("energy", 5)
    assert await here.drawn(sample) == before


async def test_answers_of_the_period_alone(here: Checking) -> None:
    await here.answers("energy", 1)
    assert (await here.draw(period={"from": "2026-12-01", "to": "2026-12-31"}))["drawn"] == 0
    open_one = await here.file(addressee="energy")
    assert open_one.number
    assert (await here.draw())["drawn"] == 1


# judging


async def test_neither_sees_the_other_until_both_are_in(here: Checking) -> None:
    await here.answers("energy", 1)
    (lot,) = await here.lots((await here.draw())["id"])
    assert (await here.judge(FIRST, lot["id"], facts="no")).status_code == 200
    seen = await here.read(SECOND, lot["id"])
    assert (seen["verdicts"], seen["complete"]) == ([], False)
    own = await here.read(FIRST, lot["id"])
    assert [verdict["marks"]["facts"] for verdict in own["verdicts"]] == ["no"]
    answer = await here.judge(SECOND, lot["id"])
    assert [verdict["marks"]["facts"] for verdict in answer.json()["verdicts"]] == ["no", "yes"]
    assert (await here.read(FIRST, lot["id"]))["complete"]
    assert [(one["judged"], one["mine"]) for one in await here.lots((await here.draw())["id"])] == [
        (0, False)
    ]


async def test_once_for_good_and_by_two_alone(here: Checking) -> None:
    await here.answers("energy", 1)
    (lot,) = await here.lots((await here.draw())["id"])
    assert (await here.judge(FIRST, lot["id"])).status_code == 200
    again = await here.judge(FIRST, lot["id"], facts="no")
    assert (again.status_code, again.json()["code"]) == (409, "judged_already")
    assert (await here.judge(SECOND, lot["id"])).status_code == 200
    third = await here.judge(THIRD, lot["id"])
    assert (third.status_code, third.json()["code"]) == (409, "judged_already")


async def test_nobody_judges_their_own_agency_or_what_they_signed(here: Checking) -> None:
    await here.answers("administration", 1)
    await here.answers("energy", 1)
    sample = (await here.draw())["id"]
    (lot,) = await here.lots(sample)
    assert lot["agency"]["code"] == "energy"
    async with here.db.transaction() as connection:
        own = await connection.fetchval("SELECT id FROM quality_case WHERE id <> $1", lot["id"])
        await connection.execute(
            "UPDATE staff_account SET role = 'controller', agency_id = (SELECT agency_id FROM staff_account "
            "WHERE login = $2) WHERE login = $1",
            "head@energy",
            FIRST,
        )
    assert (await here.get(FIRST, f"/quality/answers/{own}")).status_code == 404
    assert (await here.judge(FIRST, own)).status_code == 404
    assert await here.lots(sample, "head@energy") == []  # who signed it has become a controller
    assert (await here.judge("head@energy", lot["id"])).status_code == 404


async def test_the_texts_are_there_without_the_applicants_own_data(here: Checking) -> None:
    who = Person(name="Айгүл Серікова", phone="+77012345678")
    text = "Мен, Айгүл Серікова, тел. +7 701 234 56 78, үйде жылу жоқ"
    await here.answers("energy", 1, text=text, applicant=who)
    (lot,) = await here.lots((await here.draw())["id"])
    shown = await here.read(FIRST, lot["id"])
    assert "үйде жылу жоқ" in shown["appeal"]
    assert shown["answer"] == ANSWER["text"]
    assert shown["legal_basis"] == ANSWER["legal_basis"]
    whole = str(shown)
    assert "Айгүл" not in whole
    assert "234" not in whole
    assert [one["code"] for one in shown["form"]["criteria"]] == list(GOOD)


@pytest.mark.parametrize(
    ("marks", "field"),
    [
        ({"facts": "perhaps"}, "marks.facts"),
        ({"beauty": "yes"}, "marks.beauty"),
        ({"facts": None}, "marks.facts"),
    ],
)
async def test_marks_are_those_of_the_form(here: Checking, marks: dict[str, Any], field: str) -> None:
    await here.answers("energy", 1)
    (lot,) = await here.lots((await here.draw())["id"])
    given = {name: mark for name, mark in (GOOD | marks).items() if mark is not None}
    answer = await here.send("PUT", f"/answers/{lot['id']}/verdict", FIRST, marks=given)
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}


# agreement


async def test_agreement_by_criterion(here: Checking) -> None:
    await here.answers("energy", 4)
    sample = (await here.draw(4))["id"]
    lots = await here.lots(sample)
    firsts, seconds = ("yes", "yes", "no", "no"), ("yes", "no", "no", "no")
    for lot, one, two in zip(lots, firsts, seconds, strict=True):
        assert (await here.judge(FIRST, lot["id"], facts=one)).status_code == 200
        assert (await here.judge(SECOND, lot["id"], facts=two)).status_code == 200
    answer = await here.get(FIRST, f"/quality/samples/{sample}/agreement", lang="ru")
    found = {one["criterion"]: one for one in answer.json()["criteria"]}
    facts = found["facts"]
    assert (facts["pairs"], facts["agreed"], facts["share"], facts["kappa"]) == (4, 3, 0.75, 0.5)
    assert facts["met"] == 0.375
    assert (found["tone"]["share"], found["tone"]["kappa"], found["tone"]["met"]) == (1.0, None, 1.0)
    assert (await here.get(FIRST, "/quality/samples")).json()["items"][0]["complete"] == 4


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # The textbook's: 20 both yes, 5 and 10 apart, 15 both no.
        ({"yy": 20, "yn": 5, "ny": 10, "nn": 15}, Agreement(50, 35, 0.7, 0.4)),
        ({"yy": 45, "yn": 15, "ny": 25, "nn": 15}, Agreement(100, 60, 0.6, 0.1304)),
        ({"yn": 5, "ny": 5}, Agreement(10, 0, 0.0, -1.0)),
        ({"yy": 5, "nn": 5, "aa": 2}, Agreement(12, 12, 1.0, 1.0)),
        ({"yy": 7}, Agreement(7, 7, 1.0, None)),
        ({"yn": 7}, Agreement(7, 0, 0.0, 0.0)),
        ({}, Agreement(0, 0, None, None)),
    ],
)
def test_kappa(counts: dict[str, int], expected: Agreement) -> None:
    marks = [(pair[0], pair[1]) for pair, count in counts.items() for _ in range(count)]
    assert agreement(marks) == expected


# the form, who may, what is wrong


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_form_in_each_language(here: Checking, lang: str) -> None:
    found = (await here.get(FIRST, "/quality/form", lang=lang)).json()
    assert [one["code"] for one in found["criteria"]] == list(GOOD)
    assert len({one["text"] for one in found["criteria"]}) == len(GOOD)


def test_forms_by_their_days() -> None:
    assert form_on(date(2007, 1, 1)) == forms()[0]
    later = read(_form("2021-07-01", "a") + _form("2027-01-01", "b"))
    assert [one.codes for one in later] == [["a"], ["b"]]
    for wrong in (_form("2027-01-01", "a") + _form("2021-07-01", "b"), _form("2021-07-01", "a", "a")):
        with pytest.raises(DataError):
            read(wrong)


def _form(day: str, *codes: str) -> str:
    criteria = [f'[[form.criterion]]\ncode = "{code}"\nkk = "к"\nru = "р"\nen = "e"\n' for code in codes]
    return f"[[form]]\nfrom = {day}\n" + "".join(criteria)


@pytest.mark.parametrize("login", ["operator@energy", "head@energy", "admin@administration"])
async def test_controllers_alone(here: Checking, login: str) -> None:
    sample = (await here.draw())["id"]
    for path in ("/form", "/samples", f"/samples/{sample}", f"/samples/{sample}/agreement", "/answers/1"):
        assert (await here.get(login, f"/quality{path}")).status_code == 403
    assert (await here.send("POST", "/samples", login, **PERIOD)).status_code == 403
    assert (await here.send("PUT", "/answers/1/verdict", login, marks=GOOD)).status_code == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"from": "2026-12-01"}, "to"),
        ({"per_agency": 0}, "per_agency"),
        ({"per_agency": 1000}, "per_agency"),
        ({"seed": " "}, "seed"),
        ({"to": "1999-01-01"}, "to"),
    ],
)
async def test_bad_samples(here: Checking, changes: dict[str, Any], field: str) -> None:
    body = PERIOD | {"per_agency": 2, "seed": "x"} | changes
    answer = await here.send("POST", "/samples", FIRST, **body)
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}


async def test_samples_and_answers_that_there_are_not(here: Checking) -> None:
    for path in ("/samples/999999", "/samples/999999/agreement", "/answers/999999"):
        assert (await here.get(FIRST, f"/quality{path}")).status_code == 404
    assert (await here.judge(FIRST, 999999)).status_code == 404
