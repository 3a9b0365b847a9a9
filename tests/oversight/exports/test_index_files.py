"""The index as files: the call's own numbers, for the same callers."""

import httpx
import pytest

from app.core.db import Database
from app.core.i18n import LANGUAGES
from app.oversight.index.closing import close_now
from app.staff.permissions import Role
from tests.casework.people import Person, make_person
from tests.oversight.desk import Desk
from tests.oversight.exports.reading import workbook
from tests.oversight.exports.test_compliance_files import both, file, number
from tests.oversight.index.quarter import PERIOD, lived
from tests.oversight.index.test_index import get


async def test_the_file_is_what_the_call_says(desk: Desk, db: Database, controller: Person) -> None:
    await lived(desk)
    await close_now(db, PERIOD)
    answer = await get(desk.client, controller, period=PERIOD, beside="now")
    rows, cells = await both(desk.client, controller, "index", period=PERIOD, beside="now")
    assert [row["agency"] for row in rows] == [row["agency"]["code"] for row in answer["rows"]]
    for said, row, cell in zip(answer["rows"], rows, cells, strict=True):
        for name in ("total", "rank", "of", "level", "counted_weight"):
            assert number(row[name]) == said[name] == cell[name]
        assert (row["band"] or None) == said["band"]
        assert number(row["total_now"]) == said["now"]["total"]
        assert row["unranked"] == (said["unranked"]["sentence"] if said["unranked"] else "")
        for one in said["components"]:
            for of in ("value", "points", "contribution"):
                assert number(row[f"{one['code']}_{of}"]) == one[of] == cell[f"{one['code']}_{of}"]
            assert {number(row[input_["figure"]]) == input_["value"] for input_ in one["inputs"]} == {True}


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_workbook_in_each_language(desk: Desk, controller: Person, lang: str) -> None:
    await lived(desk)
    book = workbook(await file(desk.client, controller, "index.xlsx", period=PERIOD, lang=lang))
    told = " ".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    assert "export." not in told


async def test_a_head_gets_the_own_rows(desk: Desk, db: Database, client: httpx.AsyncClient) -> None:
    await lived(desk)
    head = await make_person(db, "head@ecology", Role.HEAD, "Басшы")
    rows, _ = await both(client, head, "index", period=PERIOD)
    assert {row["agency"] for row in rows} == {"ecology", "ecology-dept-turkistan"}
    assert "total_now" not in rows[0]
