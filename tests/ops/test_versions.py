"""The code from before the newest migration works on the schema after it, beside the code of now.

It is taken from the history; where there is none (a copy, or a clone without depth) this is skipped, and
tests/repository/test_migrations.py alone holds the rule.
"""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.core import migrate
from app.core.db import Database, DatabaseUrls
from app.oversight.cli import verified
from app.staff.permissions import Role
from tests.casework.people import ANSWER, make_person
from tests.ops.served import Served
from tests.ops.test_full import SAID
from tests.warm import without_ours


def git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=migrate.ROOT, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree as it was before the newest migration came."""
    newest = f"migrations/versions/{migrate.head()}_*.py"
    try:
        came = git("log", "--diff-filter=A", "--format=%H", "-1", "--", newest).decode().strip()
        tree = git("archive", f"{came}^")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("there is no history here to take the code before from")
    folder = tmp_path_factory.mktemp("before")
    subprocess.run(["tar", "-x", "-C", folder], input=tree, check=True)
    assert not list(folder.glob(newest))
    return folder


class Older(Served):
    """Its own code, started as it is started. It may hold the newer schema for one that it does not know."""

    root: Path

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.older = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "serve"],
                cwd=self.root,
                env=self.environment | {"PYTHONPATH": str(self.root)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        self.older.kill()
        self.older.wait()


@pytest.fixture
def both(real_urls: DatabaseUrls, tmp_path: Path, before: Path) -> Iterator[tuple[Served, Older]]:
    folders = [tmp_path / "newer", tmp_path / "older"]
    for folder in folders:
        folder.mkdir()
    newer, older = Served(real_urls, folders[0]), Older(real_urls, folders[1])
    older.root = before
    try:
        older.start()
        newer.start()
        yield newer, older
    finally:
        older.kill()
        newer.kill()


async def test_old_and_new_side_by_side_on_the_new_schema(
    both: tuple[Served, Older], real_db: Database
) -> None:
    newer, older = both
    person = await make_person(real_db, "operator@energy", Role.OPERATOR, "Сынақ")
    async with (
        httpx.AsyncClient(base_url=f"{newer.url}/api/v1", timeout=60) as new,
        httpx.AsyncClient(base_url=f"{older.url}/api/v1", timeout=60) as old,
    ):
        await _answers(old)
        for here, there, key in ((old, new, "from-old-to-new-1"), (new, old, "from-new-to-old-1")):
            filed = await here.post("/appeals", json=SAID, headers={"idempotency-key": key})
            assert filed.status_code == 201, filed.text
            again = await there.post("/appeals", json=SAID, headers={"idempotency-key": key})
            assert (again.status_code, again.json()) == (200, filed.json()), "a repeat may come to the other"
            claimed = await there.post("/queue/claim", json={}, headers=person.headers)
            assert claimed.status_code == 200, claimed.text
            (case,) = claimed.json()["items"]
            seen = person.headers | {"if-match": f'"{case["version"]}"'}
            answered = await here.post(f"/cases/{case['number']}/answer", json=ANSWER, headers=seen)
            assert answered.status_code == 200, answered.text
            code = {"x-access-code": filed.json()["access_code"]}
            shown = await there.get(f"/appeals/{filed.json()['number']}", headers=code)
            assert (shown.status_code, shown.json()["status"]) == (200, "answered")
        figures = [(await one.get("/statistics/agencies")).json()["total"] for one in (old, new)]
        assert figures[0]["answered"] == figures[1]["answered"] == 2
    assert await verified(real_db, lambda done, all_: None) == []


async def _answers(client: httpx.AsyncClient) -> None:
    for _ in range(6_000):
        try:
            if (await client.get("/directory/channels")).status_code == 200:
                return
        except httpx.TransportError:
            await asyncio.sleep(0.1)
    raise AssertionError("the older code never answers")


OWN_TESTS = ("tests/casework/test_journey.py", "tests/ops/test_worker.py")
"""The whole way of an appeal, and every job of the worker."""


def test_the_tests_of_the_code_before_pass_on_the_new_schema(before: Path) -> None:
    """Its own tests, in databases of their own, made from our template: the schema of now."""
    conftest = before / "tests" / "conftest.py"
    text = conftest.read_text(encoding="utf-8")
    assert 'f"ls_{worker_id}_test"' in text
    conftest.write_text(text.replace('f"ls_{worker_id}_test"', '"ls_before_test"'), encoding="utf-8")
    there = without_ours() | {"LS_TEST_SERVER": os.environ["LS_TEST_SERVER"], "PYTHONPATH": str(before)}
    for name in [name for name in there if name.startswith("PYTEST_")]:
        del there[name]
    asked = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "0", *OWN_TESTS]
    done = subprocess.run(asked, cwd=before, env=there, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    assert re.search(r"\d+ passed", done.stdout)
