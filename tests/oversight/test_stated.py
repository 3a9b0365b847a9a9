"""What agencies stated of the time before: as they stated it, beside what is counted, never in it."""

from typing import Any

import httpx
import pytest

from app.core.db import Database
from app.core.i18n import LANGUAGES
from app.directory import snapshot
from app.directory.files import DataError
from app.oversight.stated.files import stated
from app.oversight.stated.load import load_stated

PATH = "/api/v1/statistics/stated"
ENTRY = """
[sources.s]
kk = "а"
ru = "б"
en = "c"
[[stated]]
agency = "health"
measure = "appeals"
from = 2019-01-01
to = 2019-12-31
source = "s"
total = 3
"""


@pytest.fixture
async def loaded(db: Database) -> Database:
    await load_stated(db)
    return db


async def asked(client: httpx.AsyncClient, **params: str) -> list[dict[str, Any]]:
    response = await client.get(PATH, params=params)
    assert response.status_code == 200, response.text
    rows: list[dict[str, Any]] = response.json()["rows"]
    return rows


async def test_health_is_shown_with_its_six_sources_and_the_difference(
    loaded: Database, client: httpx.AsyncClient
) -> None:
    """The published figures of 2020: the sources add up to 297 more than the total."""
    rows = await asked(client, agency="health", measure="appeals", lang="en")
    assert [(row["from"], row["to"], row["total"]) for row in rows] == [
        ("2019-01-01", "2019-12-31", 10224),
        ("2020-01-01", "2020-12-30", 18573),
    ]
    counts = [part["count"] for part in rows[1]["parts"]]
    assert counts == [1426, 194, 733, 2248, 3888, 10381]
    assert (rows[1]["parts_total"], rows[1]["difference"]) == (18870, 297)
    assert [note["code"] for note in rows[1]["notes"]] == ["ends_early", "parts_differ"]
    assert (rows[0]["parts_total"], rows[0]["difference"]) == (None, None)


@pytest.mark.parametrize(
    ("agency", "measure", "totals"),
    [
        ("labour", "appeals", [9727, 28772, 32345]),
        ("labour", "persons_received", [115, 594, 119]),
        ("agriculture", "draft_acts", [96]),
        ("agriculture", "persons_received", [33]),
        ("akimat-turkistan", "appeals", [1873]),
        ("akimat-turkistan", "calls", [154145]),
        ("akimat-turkistan", "applications_processed", [2851]),
        ("justice", "persons_received", [None]),
        ("energy", "participants", [386]),
        ("digital", "persons_received", [41]),
        ("health", "persons_received", [97]),
        ("health", "receptions", [16]),
    ],
)
async def test_what_was_stated_is_there(
    loaded: Database, client: httpx.AsyncClient, agency: str, measure: str, totals: list[int | None]
) -> None:
    assert [row["total"] for row in await asked(client, agency=agency, measure=measure)] == totals


async def test_what_is_strange_in_a_statement_is_kept_and_said(
    loaded: Database, client: httpx.AsyncClient
) -> None:
    first = (await asked(client, agency="labour", measure="persons_received"))[0]
    assert (first["from"], first["period_as_stated"]) == ("2018-01-01", "2019")
    assert [note["code"] for note in first["notes"]] == ["year_repeated"]
    (acts,) = await asked(client, agency="agriculture", measure="draft_acts")
    assert (acts["parts_total"], acts["difference"], acts["from"]) == (94, -2, None)
    (calls,) = await asked(client, agency="akimat-turkistan", measure="calls")
    assert (calls["from"], calls["to"]) == ("2020-03-23", "2021-05-01")
    (received,) = await asked(client, agency="justice", measure="persons_received")
    assert (received["total"], received["parts_total"], received["difference"]) == (None, 908, None)


async def test_they_are_in_no_counted_figure(loaded: Database, client: httpx.AsyncClient) -> None:
    row = (await asked(client, agency="health", measure="appeals"))[0]
    counted = (await client.get(row["counted_url"])).json()
    assert counted["total"]["received"] == 0
    assert all(row["counted_url"] is None for row in await asked(client, measure="calls"))


async def test_by_period(loaded: Database, client: httpx.AsyncClient) -> None:
    period = {"from": "2019-06-01", "to": "2019-07-01"}
    found = await asked(client, agency="labour", measure="appeals", **period)
    assert [row["total"] for row in found] == [28772]


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_word_of_it_in_each_language(
    loaded: Database, client: httpx.AsyncClient, lang: str
) -> None:
    rows = await asked(client, lang=lang)
    assert len(rows) == len(stated())
    said = [sentence for row in rows for sentence in (row["what"], row["source"], row["agency"]["name"])]
    said += [note["sentence"] for row in rows for note in row["notes"]]
    assert all(said)
    assert not [sentence for sentence in said if sentence.startswith("stated.")]


@pytest.mark.parametrize(
    ("field", "value"),
    [("agency", "helth"), ("measure", "people"), ("from", "2021-13-01"), ("to", "1999-01-01"), ("more", "1")],
)
async def test_bad_questions(loaded: Database, client: httpx.AsyncClient, field: str, value: str) -> None:
    response = await client.get(PATH, params={field: value})
    assert response.status_code == 422
    assert {error["field"] for error in response.json()["errors"]} == {field}


async def test_loading_again_changes_nothing_and_a_change_is_taken(db: Database) -> None:
    assert await load_stated(db) == len(stated())
    assert await load_stated(db) == 0
    assert await load_stated(db, ENTRY) == 1
    assert await load_stated(db, ENTRY.replace("total = 3", "total = 4")) == 1
    async with db.read() as connection:
        assert [row["total"] for row in await connection.fetch("SELECT total FROM stated_total")] == [4]


def test_every_entry_is_about_an_agency_that_there_is(db: Database) -> None:
    for row in stated():
        snapshot.current().agency(row["agency"])


def one_of(text: str) -> str:
    return text.partition("[[stated]]")[2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text + "[[stated]]" + one_of(text), "stated twice"),
        (
            lambda text: text + "[[stated]]" + one_of(text).replace("2019-12-31", "2019-12-30"),
            "2019 a second time",
        ),
        (lambda text: text.replace('source = "s"', 'source = "t"'), "no source"),
        (lambda text: text.replace("total = 3", ""), "neither"),
        (lambda text: text.replace("to = 2019-12-31", "to = 2018-12-31"), "both ends"),
        (lambda text: text.replace("to = 2019-12-31", ""), "both ends"),
        (lambda text: text.replace("total = 3", "total = -3"), "total"),
        (lambda text: text.replace("appeals", "people"), "measure"),
        (
            lambda text: text + 'parts = [{ count = 4, kk = "а", ru = "б", en = "c" }]',
            "parts - total = 1",
        ),
    ],
)
def test_data_that_contradict_themselves_are_refused(change: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        stated(change(ENTRY))
