"""The demo is real input: the published figures come out of the statistics call."""

from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from app.appeals.codes import Decision, EventKind, Outcome, Status
from app.core import clock
from app.core.db import Database
from app.demo import living, receptions
from app.demo.accounts import ensure_secret
from app.demo.load import load_demo
from app.demo.published import PUBLISHED
from app.directory import snapshot
from app.oversight.cli import verified
from app.settings import Settings

HALF_YEAR = {"from": "2021-01-01", "to": "2021-06-30", "as_of": "2021-06-30"}
STATISTICS = "/api/v1/statistics/agencies"

pytestmark = pytest.mark.xdist_group("demo")


async def figures(caller: httpx.AsyncClient, **asked: str) -> dict[str, Any]:
    answer = await caller.get(STATISTICS, params={**HALF_YEAR, **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["total"]
    return found


async def received(caller: httpx.AsyncClient, **asked: str) -> dict[str, Any]:
    """How many people leaders received in the half-year, and what came of it."""
    period = {name: HALF_YEAR[name] for name in ("from", "to")}
    answer = await caller.get("/api/v1/statistics/receptions", params={**period, **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("agency", "channel", "received", "answered", "pending"),
    [
        ("culture-sport", "blog", 289, 287, 2),
        ("ecology", "blog", 274, 248, 26),
        ("digital", "blog", 788, 725, 63),
        ("agriculture", "open_government", 426, 417, 9),
        ("digital", "virtual_reception", 38, 37, 1),
        ("justice", None, 8110, 7607, 503),
    ],
)
async def test_a_published_line_comes_out(
    caller: httpx.AsyncClient, agency: str, channel: str | None, received: int, answered: int, pending: int
) -> None:
    found = await figures(caller, agency=agency, **({"channel": channel} if channel else {}))
    assert (found["received"], found["answered"], found["pending"]) == (received, answered, pending)
    assert found["appeals"] == received


@pytest.mark.parametrize(("applicant_type", "received"), [("individual", 6756), ("legal_entity", 1354)])
async def test_justice_by_type_of_applicant(
    caller: httpx.AsyncClient, applicant_type: str, received: int
) -> None:
    assert (await figures(caller, agency="justice", applicant_type=applicant_type))["received"] == received


async def test_nothing_else_was_registered_in_that_half_year(caller: httpx.AsyncClient) -> None:
    assert (await figures(caller))["received"] == sum(group.received for group in PUBLISHED)


async def test_what_was_pending_is_answered_later_that_year(caller: httpx.AsyncClient) -> None:
    found = await figures(caller, as_of="2021-12-31")
    assert (found["pending"], found["answered"]) == (0, found["received"])


async def test_call_centres_answer_more_calls_than_they_pass_on(caller: httpx.AsyncClient) -> None:
    for source in ("109-turkistan", "109-mangystau", "109-west-kazakhstan"):
        answer = await caller.get("/api/v1/statistics/calls", params={"source": source, "from": "2024-01-01"})
        found = answer.json()
        assert found["registered"] > 10
        assert found["consultations"] == 53 * found["registered"]


async def test_one_day_of_a_call_centre_differs(
    caller: httpx.AsyncClient, demo: Database, demo_settings: Settings
) -> None:
    keys = (await load_demo(demo, demo_settings, lambda done, all_: None)).clients
    async with demo.read() as connection:
        day = await connection.fetchval("SELECT day FROM declaration")
    answer = await caller.get(f"/api/v1/reconciliation/{day}", headers={"x-api-key": keys["call-centre"]})
    found = answer.json()
    assert (found["clean"], found["missing"]) == (False, ["demo:lost-on-the-way"])
    assert found["registered"] == found["sent"] - 1 > 0
    assert found["consultations"] > 0


async def test_the_blogs_secret_signs_what_its_key_brings(
    caller: httpx.AsyncClient, demo: Database, demo_settings: Settings
) -> None:
    key = (await load_demo(demo, demo_settings, lambda done, all_: None)).clients["blog"]
    secret = await ensure_secret(demo, key)
    assert secret == await ensure_secret(demo, key), "the same at every start"
    at, said = clock.now(), '{"post_id": "demo-1", "blog": "ecology", "text": "Ауа лас"}'
    headers = {
        "x-api-key": key,
        "content-type": "application/json",
        "webhook-id": "msg_demo",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_demo", at, said),
    }
    answer = await caller.post("/api/v1/blog/posts", content=said.encode(), headers=headers)
    assert (answer.status_code, answer.json()["agency"]["code"]) == (201, "ecology"), answer.text


@pytest.mark.parametrize(
    ("agency", "persons", "resolved", "explained", "through"),
    [("culture-sport", 28, 2, 26, 12), ("industry", 76, 6, 70, 12)],
)
async def test_a_published_line_of_receptions_comes_out(
    caller: httpx.AsyncClient, agency: str, persons: int, resolved: int, explained: int, through: int
) -> None:
    found = await received(caller, agency=agency)
    assert [found[name] for name in ("persons", "resolved", "explained", "registered", "through")] == [
        persons,
        resolved,
        explained,
        0,
        through,
    ]
    assert found["receptions"] > 6


async def test_nobody_else_was_received_in_that_half_year(caller: httpx.AsyncClient) -> None:
    assert (await received(caller))["persons"] == sum(line.persons for line in receptions.PUBLISHED)


async def test_the_figures_of_receptions_are_what_was_recorded(
    caller: httpx.AsyncClient, demo: Database
) -> None:
    async with demo.read() as connection:
        rows = await connection.fetch(
            "SELECT DISTINCT ON (visitor_id) came, outcome FROM visit_record ORDER BY visitor_id, id DESC"
        )
    found = await received(caller, **{"from": "2007-01-01", "to": "2060-12-31"})
    assert found["persons"] == sum(row["came"] for row in rows)
    for outcome in ("resolved", "explained", "registered"):
        assert found[outcome] == sum(row["outcome"] == outcome for row in rows) > 0


async def test_bodies_receive_in_the_coming_weeks(caller: httpx.AsyncClient, demo: Database) -> None:
    for agency in receptions.LIVING:
        answer = await caller.get("/api/v1/receptions/schedule", params={"agency": agency, "lang": "kk"})
        slots = [slot for one in answer.json()["items"] for slot in one["slots"] if not slot["called_off"]]
        assert any(slot["free"] for slot in slots)
        assert any(slot["free"] < slot["capacity"] for slot in slots)
    async with demo.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM booking WHERE state = 'called_off'") >= 1


async def test_answers_of_blogs_are_there_to_read(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/api/v1/blog/answers", headers={"accept-language": "en"})
    items = answer.json()["items"]
    assert len(items) > 3
    assert all(item["question"] and item["answer"] and item["blog"]["name"] for item in items)


async def test_loading_again_changes_nothing(demo: Database, demo_settings: Settings) -> None:
    count = """SELECT (SELECT count(*) FROM appeal) + (SELECT count(*) FROM event) * 100000
                      + (SELECT count(*) FROM booking) * 10000000000"""
    async with demo.read() as connection:
        before = await connection.fetchval(count)
    await load_demo(demo, demo_settings, lambda done, all_: None)
    async with demo.read() as connection:
        assert await connection.fetchval(count) == before


async def test_the_last_weeks_have_every_channel_and_every_state(demo: Database) -> None:
    async with demo.read() as connection:
        rows = await connection.fetch(
            "SELECT DISTINCT channel, status FROM holding WHERE registered_on > '2022-01-01'"
        )
        overdue = await connection.fetchval(
            "SELECT count(*) FROM holding WHERE closed_at IS NULL AND running AND due_on < $1", clock.today()
        )
    channels = {channel.code for channel in snapshot.current().channels()}
    assert {row["channel"] for row in rows} == channels
    assert {row["status"] for row in rows} == set(Status)
    assert 3 <= overdue <= living.COUNT / 10


async def test_everything_that_can_happen_has_happened(demo: Database) -> None:
    """But for a recalculation: it follows upon an order about the calendar, and the demo gives none."""
    async with demo.read() as connection:
        events = await connection.fetch("SELECT DISTINCT kind FROM event WHERE at > '2022-01-01'")
        decided = await connection.fetch(
            "SELECT DISTINCT outcome FROM holding WHERE registered_on > '2022-01-01'"
        )
        drafts = await connection.fetchval("SELECT count(*) FROM draft")
    assert {row["kind"] for row in events} == set(EventKind) - {EventKind.RECALCULATED, EventKind.ERASED}
    assert {row["outcome"] for row in decided} == {None, *Outcome, *Decision}
    assert drafts > 0


async def test_events_are_in_order_and_none_is_in_the_future(demo: Database) -> None:
    async with demo.read() as connection:
        wrong = await connection.fetchval(
            """SELECT count(*) FROM event e LEFT JOIN event before ON before.hash = e.previous
               WHERE before.at > e.at OR e.at > $1""",
            clock.now(),
        )
    assert wrong == 0


async def test_complaints_are_everywhere_they_can_be(demo: Database) -> None:
    async with demo.read() as connection:
        rows = await connection.fetch(
            """SELECT DISTINCT c.reviewer, h.stage, h.closed_at IS NULL AS open, about.origin
               FROM complaint c JOIN holding h ON h.appeal_id = c.appeal_id
               JOIN LATERAL (SELECT origin FROM holding WHERE appeal_id = c.about_id
                             ORDER BY id DESC LIMIT 1) about ON true"""
        )
    places = {(row["reviewer"], row["stage"], row["open"]) for row in rows}
    kept = {("court", "handover", True), ("court", "handover", False)}
    moving = {(who, stage, open_) for who in ("body", "head") for stage, open_ in _WAY}
    assert places >= kept | moving
    assert "reopened" in {row["origin"] for row in rows}


_WAY = (("handover", False), ("review", True), ("review", False))


async def test_a_split_appeal_has_parts_answered_and_parts_open(demo: Database) -> None:
    async with demo.read() as connection:
        rows = await connection.fetch(
            """SELECT bool_or(part = 0 AND close = 'forwarded_out') AS whole,
                      count(*) FILTER (WHERE close = 'answered') AS answered,
                      count(*) FILTER (WHERE closed_at IS NULL) AS open, count(DISTINCT agency_id) AS bodies
               FROM holding WHERE appeal_id IN (SELECT appeal_id FROM holding WHERE part > 0)
               GROUP BY appeal_id"""
        )
    assert all(row["bodies"] >= 3 for row in rows)
    assert any(row["answered"] and row["open"] and not row["whole"] for row in rows)
    assert any(row["answered"] and row["open"] and row["whole"] for row in rows)
    assert any(row["answered"] == 3 and not row["open"] for row in rows)


async def test_the_figures_are_what_the_events_say(demo: Database) -> None:
    assert await verified(demo, lambda done, all_: None) == []


async def test_everybody_is_there_with_one_password(caller: httpx.AsyncClient, demo: Database) -> None:
    logins = [
        f"{role}@{agency.code}" for agency in snapshot.current().agencies() for role in ("operator", "head")
    ]
    async with demo.read() as connection:
        found = await connection.fetch("SELECT login, password_hash FROM staff_account")
    assert {row["login"] for row in found} == {*logins, "controller@administration", "admin@administration"}
    assert len({row["password_hash"] for row in found}) == 1
    sign_in = {"username": "head@justice", "password": "шырша-2021"}
    assert (await caller.post("/api/v1/auth/token", data=sign_in)).status_code == 200


async def test_every_appeal_has_words_in_its_language(demo: Database) -> None:
    async with demo.read() as connection:
        rows = await connection.fetch("SELECT language, count(*) AS appeals FROM appeal GROUP BY language")
    assert {row["language"] for row in rows} == {"kk", "ru"}
    assert min(row["appeals"] for row in rows) > 2000


# What was sent down


async def test_the_virtual_reception_reads_back_what_is_executed(
    demo: Database, caller: httpx.AsyncClient, demo_settings: Settings
) -> None:
    """38 of Digital: 37 executed, 1 in execution, as of the end of that half-year; all of them today."""
    keys = (await load_demo(demo, demo_settings, lambda done, all_: None)).clients
    key = {"x-api-key": keys["virtual-reception"]}
    asked = {**HALF_YEAR, "agency": "digital"}
    counts = (await caller.get("/api/v1/higher/counts", params=asked, headers=key)).json()
    assert (counts["sent"], counts["executed"], counts["in_execution"]) == (38, 37, 1)
    waiting = await caller.get(
        "/api/v1/higher/appeals", params=asked | {"state": "in_execution"}, headers=key
    )
    (item,) = waiting.json()["items"]
    assert item["outgoing_number"]
    assert item["appeal"]["agency"]["code"] == "digital"
    today = {"from": "2021-01-01", "to": "2021-06-30", "agency": "digital"}
    now = (await caller.get("/api/v1/higher/counts", params=today, headers=key)).json()
    assert (now["executed"], now["in_execution"]) == (38, 0)


async def test_the_higher_bodies_have_keys_and_something_sent(
    demo: Database, caller: httpx.AsyncClient, demo_settings: Settings
) -> None:
    keys = (await load_demo(demo, demo_settings, lambda done, all_: None)).clients
    answer = await caller.get("/api/v1/higher/counts", headers={"x-api-key": keys["administration"]})
    assert answer.json()["sent"] > 0
    assert {"call-centre", "blog", "reception-room", "pm-office"} <= keys.keys()


async def test_the_questions_of_the_demo_are_answered(caller: httpx.AsyncClient) -> None:
    found = await caller.get("/api/v1/faq", params={"q": "ауежай"}, headers={"accept-language": "kk"})
    assert "Әуежай" in found.json()["items"][0]["question"]
