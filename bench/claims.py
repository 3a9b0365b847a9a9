"""Claims and answers of one body's operators over HTTP, beside pgbench of the statements that they send."""

import asyncio
import json
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from math import ceil
from multiprocessing import get_context
from pathlib import Path
from uuid import UUID, uuid4

import click
import uvloop
from fastapi import Response

from app.appeals import reach
from app.casework import api
from app.casework.acts import Doing
from app.casework.inputs import AnswerIn
from app.core import sight
from app.core.db import Database, DatabaseUrls, Login
from app.core.embedded_config import WEB
from app.directory import snapshot
from app.settings import Settings
from app.staff import access, tokens
from app.staff import service as staff
from app.staff.permissions import Role
from app.staff.repository import NewAccount
from bench import service, turns
from bench.client import PATIENCE, ClientRun
from bench.figures import Sample, table
from bench.lines import Lines, request
from bench.multiplied import REGISTERED, multiplied
from bench.overheard import Overheard, Spoken, script
from bench.pgbench import PLANNING
from bench.service import Say, own_folder
from bench.turns import CONNECTIONS, PROCESSES, SETTLE, Miscounted, Outcome, Site, column

BAR = 0.5
BODY = "energy"
OPERATORS = CONNECTIONS
WARM_UP = 2.0
MOST_A_SECOND = 600
"""Pairs: for so many there are cases."""
SAID = {"outcome": "satisfied", "text": "Жылу қосылды.", "language": "kk", "legal_basis": "ӘРПК 76-бап"}

# Numbers that occur nowhere else, so that they are known again in what is overheard.
_APART = """
SELECT setval(pg_get_serial_sequence('holding', 'id'), 7000000),
       setval(pg_get_serial_sequence('staff_account', 'id'), 80000000)
"""
_SIGNED_IN = """
INSERT INTO refresh_token (token_hash, family, account_id, expires_at)
SELECT sha256(int8send(id)), $1, id, now() + interval '1 day' FROM staff_account
WHERE login LIKE 'claims%' RETURNING account_id
"""
_ANSWERED = "SELECT count(*) FROM event WHERE kind = 'answered'"


@click.command("claims")
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option("--seconds", type=click.IntRange(1, 600), default=7, show_default=True, help="Of each turn.")
def claims(rounds: int, seconds: int) -> None:
    """Claims and answers of 32 operators of one body, over HTTP and by pgbench, in turns."""
    with own_folder() as folder:
        click.echo(report(measure(folder, rounds=rounds, seconds=seconds, say=partial(click.echo, err=True))))


def measure(folder: Path, *, rounds: int, seconds: float, say: Say) -> Outcome:
    """On a database of its own in the folder. Raises Miscounted."""
    in_all = rounds * (2 * (SETTLE + seconds) + PLANNING) + WARM_UP
    cases = REGISTERED * (1 + ceil(in_all * MOST_A_SECOND / REGISTERED))
    with service.database(folder, say=say) as (cluster, urls):
        service.ask(cluster.owner_url, _APART)
        say(f"bench: claims: {cases} open cases of one body")
        signed_in, source, options = asyncio.run(_prepared(urls, cases))
        service.ask(cluster.owner_url, "ANALYZE")
        with service.web(urls, folder, processes=PROCESSES) as web:
            load = partial(_elsewhere, web.port, signed_in)
            here = Site(cluster, web, source, load, _ANSWERED, "claims and answers", WEB, options)
            return turns.measure(here, warm_up=min(WARM_UP, seconds), rounds=rounds, seconds=seconds, say=say)


# the operators


def _elsewhere(port: int, signed_in: Sequence[str], seconds: float) -> ClientRun:
    """All of them in a process of their own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_loaded, port, list(signed_in), seconds).result()


def _loaded(port: int, signed_in: Sequence[str], seconds: float) -> ClientRun:
    before = time.process_time()
    run = uvloop.run(_load(port, signed_in, seconds))
    run.cpu = time.process_time() - before
    return run


async def _load(port: int, signed_in: Sequence[str], seconds: float) -> ClientRun:
    run = ClientRun(begun=time.perf_counter())
    end = run.begun + seconds
    await asyncio.gather(*(_working(port, token, place, run, end) for place, token in enumerate(signed_in)))
    return run


async def _working(port: int, token: str, place: int, run: ClientRun, end: float) -> None:
    """An operator: the next case, its answer, and so on. What goes wrong is an error and the end of it."""
    await asyncio.sleep(place * 0.005)  # at once, they would all land on one of the processes
    lines = Lines(port)
    try:
        async with asyncio.timeout_at(asyncio.get_running_loop().time() + end - run.begun + PATIENCE):
            while (begun := time.perf_counter()) < end:
                await _pair(lines, port, token)
                run.created += 1
                run.samples.append(Sample(now := time.perf_counter(), now - begun))
    except (OSError, TimeoutError, Miscounted):
        run.errors += 1
    lines.close()


async def _pair(lines: Lines, port: int, token: str) -> None:
    """Raises Miscounted for anything but one case and its answer."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    taken = await lines.ask(request(port, "POST", "/api/v1/queue/claim", headers, b"{}"))
    items = json.loads(taken.body)["items"] if taken.status == 200 else []
    if len(items) != 1:
        raise Miscounted(f"{taken.status}: {taken.body[:200]!r}")
    seen = headers | {"If-Match": f'"{items[0]["version"]}"'}
    address = f"/api/v1/cases/{items[0]['number']}/answer"
    answered = await lines.ask(request(port, "POST", address, seen, json.dumps(SAID).encode()))
    if answered.status != 200:
        raise Miscounted(f"{answered.status}: {answered.body[:200]!r}")


# before the first turn


async def _prepared(urls: DatabaseUrls, cases: int) -> tuple[list[str], str, str]:
    """The operators' tokens, the script of a pair, and the settings of its sessions."""
    db = await Database.open(urls, pool_size=2)
    try:
        await snapshot.refresh(db)
        family = uuid4()
        accounts = await _operators(db, family)
        async with db.transaction() as connection:
            await multiplied(connection, cases, texts=True, addressee=BODY, kind="statement")
    finally:
        await db.close()
    signed_in = [tokens.issue(account, family) for account in accounts]
    source, limited = await _overheard(urls, signed_in[0], accounts[0])
    return signed_in, source, f"-c {sight.SETTING}={limited} -c jit=off"


async def _operators(db: Database, family: UUID) -> list[int]:
    body = snapshot.current().agency(BODY)
    people = [NewAccount(f"claims{n}@{BODY}", f"Сынақ {n}", Role.OPERATOR, body.id) for n in range(OPERATORS)]
    await staff.ensure_accounts(db, people, "nobody signs in with this")
    async with db.transaction() as connection:
        return sorted(row["account_id"] for row in await connection.fetch(_SIGNED_IN, family))


async def _overheard(urls: DatabaseUrls, token: str, account: int) -> tuple[str, str]:
    """A pair by the calls' own functions, as the web side has them; and what its people see."""
    access.limits_by(reach.sight_of)
    opened = await Database.open(urls, Login.WEB, pool_size=1)
    db = Overheard(opened._pool, urls, limited=True)
    for _ in range(2):  # at first the driver asks for types, too
        await asyncio.sleep(0)  # statements are told of a moment later
        db.heard = []
        await _one_pair(db, token)
    await asyncio.sleep(0)
    spoken = await db.spoken()
    await opened.close()
    return _script(spoken, account), str(sight.present())


async def _one_pair(db: Database, token: str) -> None:
    caller = await access.staff_caller(db, token)
    (taken,) = (await api.taken(db, caller, 1, "kk")).items
    caller = await access.staff_caller(db, token)
    doing = Doing(caller, taken.number, taken.version, db, "kk", Settings(), Response())
    await api.answer(doing, AnswerIn(**SAID))


def _script(spoken: Sequence[Spoken], account: int) -> str:
    """The first statement that locks finds the next case and says which holding that is."""
    locks = next(n for n, one in enumerate(spoken) if "FOR NO KEY UPDATE" in one.statement)
    appeal_id, holding_id = _taken(spoken)
    varying = {appeal_id: "next_appeal_id", holding_id: "next_holding_id", account: "me"}
    said = script(spoken, varying, {locks: "next_"})
    return f"\\set me :client_id + {account}\n{said}"


def _taken(spoken: Sequence[Spoken]) -> tuple[int, int]:
    """The appeal and the holding of the first act."""
    changed = next(one.values[0] for one in spoken if "UPDATE holding" in one.statement)
    happened = next(one.values[3] for one in spoken if "UPDATE holding" in one.statement)
    return happened[0]["appeal_id"], changed[0]["id"]


def report(outcome: Outcome) -> str:
    limit, http = column(outcome.limit), column(outcome.http)
    rows = [(name.replace("a second", "pairs a second"), limit[name], http[name]) for name in limit]
    verdict = "over the bar" if outcome.ratio >= BAR else "UNDER THE BAR"
    head = (
        "a claim and its answer",
        "pgbench, the same statements",
        f"HTTP, {PROCESSES} processes",
    )
    return f"{table(head, rows)}\n\nRatio {outcome.ratio:.2f}: {verdict} (bar {BAR:.2f})."
