"""Every route of the running app, walked by everybody: the answers are those of the table of who may do what.

The routes are those of the app, so that a new one is walked from its first day. What a person may not see is
looked for in every answer too: each case has a word, a number and a telephone that stand nowhere else.
"""

import itertools
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import Response
from fastapi.routing import RouteContext

from app.appeals.access_code import access_code
from app.appeals.numbers import parse
from app.core.db import Database
from app.directory import snapshot
from app.intake.submission import Person as Applicant
from app.staff import service
from app.staff.access import Asks, asks_of
from app.staff.permissions import SEE, TABLE, Relation, Role, Scope, relations
from app.staff.sessions import Tokens
from app.web.office import signed_in
from app.web.visitor import COOKIE as VISITOR_COOKIE
from app.web.visitor import Visitor
from tests.casework.people import ANSWER, Office
from tests.repository.test_routes import DOCUMENT, ROUTES, examples, name
from tests.support import app_of

COMMITTEE, MINISTRY, OTHER = "ecology-regulation-committee", "ecology", "energy"
AUTHOR, COLLEAGUE, HEAD = f"asel@{COMMITTEE}", f"operator@{COMMITTEE}", f"head@{COMMITTEE}"
REVIEWER, ABOVE = f"operator@{MINISTRY}", f"head@{MINISTRY}"
STRANGER, STRANGE_HEAD = f"operator@{OTHER}", f"head@{OTHER}"
CONTROLLER, ADMIN = "controller@administration", "admin@administration"
STAFF = (AUTHOR, COLLEAGUE, HEAD, REVIEWER, ABOVE, STRANGER, STRANGE_HEAD, CONTROLLER, ADMIN)


def role_of(login: str) -> Role:
    return Role(login.partition("@")[0]) if login.partition("@")[0] in set(Role) else Role.OPERATOR


ONE_OF_EACH = {
    Role.OPERATOR: COLLEAGUE,
    Role.HEAD: STRANGE_HEAD,
    Role.CONTROLLER: CONTROLLER,
    Role.ADMIN: ADMIN,
}

# How each stands to each case, said here by hand; whoever is not named is a stranger to it. `own` is with the
# committee, `left` went from it to another ministry, `answered` is complained about, and that complaint,
# `walled`, is under review at the ministry above the committee.
HOLDER, BELOW, HELD, REVIEWED = Relation.HOLDER, Relation.BELOW, Relation.HELD, Relation.REVIEWED
STANDS: Mapping[str, Mapping[str, Relation]] = {
    "own": {AUTHOR: HOLDER, COLLEAGUE: HOLDER, HEAD: HOLDER, ABOVE: BELOW},
    "left": {
        AUTHOR: HELD,
        COLLEAGUE: HELD,
        HEAD: HELD,
        ABOVE: HELD,
        STRANGER: HOLDER,
        STRANGE_HEAD: HOLDER,
    },
    "answered": {AUTHOR: HOLDER, COLLEAGUE: HOLDER, HEAD: HOLDER, ABOVE: BELOW, REVIEWER: REVIEWED},
    "walled": {COLLEAGUE: HELD, REVIEWER: HOLDER, ABOVE: HOLDER},  # neither its signer nor their head
    "missing": {},
}
MISSING = "JT-2026-09999999"
# What a refusal says when it is for who one is, and no other.
WHO_ONE_IS = {"unauthenticated", "forbidden", "scope_missing", "api_key_invalid", "access_code_missing"}
# What stands in addresses beside a case number: mostly of what is not there.
GIVEN = {
    "id": "999999999",
    "entry": "999999999",
    "slot": "999999999",
    "name": "none",
    "sign": "none",
    "day": "2026-11-27",
    "quarter": "2026-Q4",
    "code": "energy",
    "external_id": "none",
    "ending": "json",
    "token": "none",
    "typed": MISSING,
    "turn": "close",
    "step": "close",
    "lang": "kk",
    "id_": "none",
    "kind": "agency",
    "what": "names",
    "form": "csv",
    "act": "note",
    "agency": "energy",
}
UUIDS = ("attachments", "files")
NUMBERED = "{number}"
# The browser whose forms are sent, with what forms ask for.
VISITOR = Visitor("0" * 32, known=True, secure=False)
FILLED = {"text": "Көрдім", "purpose": "Хабарласу үшін", "act": "claim", "view": "all"}


@dataclass
class Walk:
    office: Office
    numbers: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, list[str]] = field(default_factory=dict)
    keys: dict[Scope, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    steps: int = 0
    forms: set[str] = field(default_factory=set)
    """Those that changed something, and nothing without their token."""

    async def ask(
        self, route: RouteContext, case: str = "", headers: Mapping[str, str] | None = None, **query: str
    ) -> httpx.Response:
        """One request with the first example of its body; whatever it does is undone."""
        self.steps += 1
        client = self.office.client
        client.cookies.clear()
        method = sorted(route.methods or {"GET"})[0]
        with_body = body_of(route, method)
        asked: dict[str, Any] = {
            "url": path_of(route, self.numbers[case] if case else MISSING),
            "headers": {"if-match": "*", "accept": "application/json"} | dict(headers or {}),
            "params": query,
        }
        form = is_page(route) and method == "POST" and name(route) not in self.forms
        before = await self._written() if form else 0
        async with self._undone(method):
            answer = await client.request(method, **asked, **with_body)
            changed = form and await self._written() > before
        if changed:
            await self._without_token(route, asked)
        self.wrong += [f"{name(route)}: {why}" for why in unlawful(answer)]
        return answer

    async def _without_token(self, route: RouteContext, asked: Mapping[str, Any]) -> None:
        """The same form from elsewhere, where nobody knows its token, changes nothing."""
        before = await self._written()
        async with self._undone("POST"):
            answer = await self.office.client.post(**asked, data=FILLED)
            self.expect(f"{name(route)} without its token", await self._written() == before, answer)
        self.forms.add(name(route))

    async def _written(self) -> int:
        """Rows that were written in this transaction, but for who looked."""
        async with self.office.db.read() as connection:
            rows: int = await connection.fetchval(
                "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_xact_user_tables "
                "WHERE relname NOT IN ('case_reading', 'case_presence')"
            )
        return rows

    @asynccontextmanager
    async def _undone(self, method: str) -> AsyncIterator[None]:
        if method == "GET":
            yield
            return
        await self._say("SAVEPOINT step")
        yield
        await self._say("ROLLBACK TO step")

    async def _say(self, statement: str) -> None:
        async with self.office.db.read() as connection:
            await connection.execute(statement)

    def expect(self, what: str, good: bool, answer: httpx.Response) -> None:
        if not good:
            self.wrong.append(f"{what}: {answer.status_code} {answer.text[:160]!r}")

    def nothing_of(self, cases: Iterator[str], what: str, answer: httpx.Response) -> None:
        """That nothing of these cases stands in an answer; nor a number that is to be masked, of any."""
        for case in cases:
            for secret in self.secrets.get(case, ()):
                if secret in answer.text:
                    self.wrong.append(f"{what}: tells {secret!r} of {case}")

    def staff(self, login: str, route: RouteContext) -> dict[str, str]:
        if is_page(route):
            return {"cookie": f"{signed_in.COOKIE}={self.cookies[login]}; {VISITOR_COOKIE}={VISITOR.id}"}
        return self.office.people[login].headers


def is_page(route: RouteContext) -> bool:
    return not str(route.path).startswith(("/api/", "/open311/"))


# What a page may not have: anything of its own that is a script or a style, anything from elsewhere.
INLINE = re.compile(r"<style|\sstyle=\"|\son[a-z]+=\"|<script(?![^>]* src=\"/)|javascript:")
FOREIGN = re.compile(r"<(?:link|script|img|form|iframe)[^>]*(?:src|href|action)=\"(?:https?:)?//[^\"]*")


def unlawful(answer: httpx.Response) -> Iterator[str]:
    """What is wrong with a page and its cookies, whoever asks for it."""
    for cookie in answer.headers.get_list("set-cookie"):
        taken_back = "Max-Age=0" in cookie
        if not taken_back and not re.search(r"(?i)httponly.*samesite=(lax|strict)", cookie):
            yield f"a cookie that scripts or other sites have: {cookie}"
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return
    policy = answer.headers.get("content-security-policy", "")
    if not policy.startswith("default-src 'none'") or "unsafe" in policy or "http" in policy:
        yield f"its policy is {policy!r}"
    yield from INLINE.findall(answer.text)
    yield from FOREIGN.findall(answer.text)


def path_of(route: RouteContext, number: str) -> str:
    path = str(route.path).replace("{external_id:path}", "none").replace(NUMBERED, number)
    for key, value in GIVEN.items():
        if key in ("id", "id_") and any(f"/{word}/{{{key}}}" in path for word in UUIDS):
            value = "00000000-0000-4000-8000-000000000000"
        path = path.replace(f"{{{key}}}", value)
    assert "{" not in path, f"say what to put into {route.path}"
    return path


def body_of(route: RouteContext, method: str) -> dict[str, Any]:
    if method == "GET":
        return {}
    if is_page(route) or "/open311/v2" in str(route.path):
        return {"data": {"form": VISITOR.form_token} | FILLED}
    operation = DOCUMENT["paths"].get(route.path_format, {}).get(method.lower(), {})
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        for example in examples(content):
            if media == "application/json":
                return {"json": example}
            return {"content": example if isinstance(example, str) else json.dumps(example)}
    return {}


def code_of(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("code", ""))
    except (ValueError, AttributeError):
        return ""


def at_the_door(answer: httpx.Response) -> bool:
    """Not signed in: an API's 401, a page's way to its door."""
    return answer.status_code == 401 or (
        answer.status_code == 303
        and answer.headers["location"].startswith(signed_in.SIGN_IN)
        and "next=" in answer.headers["location"]
    )


def refused(answer: httpx.Response) -> bool:
    """For who one is: the role's 403; or one is not known at all."""
    return at_the_door(answer) or (
        answer.status_code == 403 and (code_of(answer) in WHO_ONE_IS or "<html" in answer.text)
    )


@pytest.fixture
async def walk(db: Database, client: httpx.AsyncClient) -> Walk:
    office = Office(db, client)
    app_of(client).state.live.let_go()  # a stream would go on for minutes
    found = Walk(office)
    for login in STAFF:
        person = await office.person(login)
        found.cookies[login] = session_cookie(person.headers["authorization"].removeprefix("Bearer "))
    for place, case in enumerate(("own", "left", "answered", "walled")):
        phone, iin = f"+7 701 555 {place}1 37", f"90010130000{place}"
        who = Applicant(name="Үлгібек Сынақбаев", iin=iin, phone=phone)
        said: dict[str, Any] = {"text": f"құпия{case} мәтін", "subject": f"тақырып{case}", "applicant": who}
        if case == "walled":
            said |= {"complaint_about": parse(found.numbers["answered"]), "addressee": None, "topic": None}
        else:
            said |= {"addressee": COMMITTEE, "kind": "statement"}
        found.numbers[case] = (await office.file(**said)).number
        found.secrets[case] = [f"құпия{case}", f"тақырып{case}"]
        found.secrets[f"{case} in full"] = [iin, phone, "".join(filter(str.isdigit, phone))]
        if case == "answered":
            await office.act(AUTHOR, found.numbers[case], "answer", **ANSWER)
    await office.act(COLLEAGUE, found.numbers["left"], "forward", to=OTHER, reason="сіздердікі")
    await office.act(COLLEAGUE, found.numbers["walled"], "forward", to=MINISTRY, reason="сіз қарайсыз")
    found.secrets["walled"].append(found.numbers["walled"])
    found.numbers["missing"] = MISSING
    source = snapshot.current().source("109-mangystau").id
    channels = [channel.code for channel in snapshot.current().channels()]
    for scope in Scope:
        found.keys[scope] = await service.create_client(office.db, source, scope, [scope], channels)
    return found


def session_cookie(access_token: str) -> str:
    response = Response()
    signed_in.begin(response, Tokens(access_token, "", 0), VISITOR)
    return response.headers["set-cookie"].partition("=")[2].partition(";")[0]


def sees(login: str, case: str) -> bool:
    how = relations(role_of(login), SEE)
    if Relation.ANY in how:
        return case != "missing"
    return STANDS[case].get(login) in how


def may_act(login: str, case: str, act: str) -> bool:
    how = relations(role_of(login), act)
    return Relation.ANY in how or STANDS[case].get(login) in how


def unseen(login: str) -> Iterator[str]:
    """The cases of which nothing may be told; and nobody's numbers in full."""
    for case in STANDS:
        if not sees(login, case):
            yield case
        yield f"{case} in full"


def asked_of(route: RouteContext, kind: str) -> Asks | None:
    """The narrowest of what a route asks of this kind of caller."""
    found = [one for one in asks_of(route.dependant) if one.kind == kind]
    return max(found, key=lambda one: bool(one.act or one.scope), default=None)


# The walks


async def of_cases(walk: Walk, route: RouteContext, asked: Asks) -> None:
    """A route about a case, as each of the staff with each case."""
    act = GIVEN["act"] if "{act}" in str(route.path) else asked.act
    for case, login in itertools.product(STANDS, STAFF):
        if case == "missing" and login not in ONE_OF_EACH.values():
            continue
        answer = await walk.ask(route, case, walk.staff(login, route))
        what = f"{name(route)} of {case} as {login}"
        if not sees(login, case):
            good = answer.status_code == 404
        elif may_act(login, case, act):
            good = not refused(answer) and (answer.status_code != 404 or of_a_file(route))
        else:  # the role never does it, or does it only with what its body has now
            done_before = act in of_role(login)  # by its state, or by what else it names
            good = answer.status_code in ({409, 422} if done_before else {403})
        walk.expect(what, good, answer)
        if act != "unmask" or not may_act(login, case, act):
            walk.nothing_of(unseen(login), what, answer)


def of_a_file(route: RouteContext) -> bool:
    """Made up, so it is not there: and that is all that is said."""
    return any(f"/{word}/{{id}}" in str(route.path) for word in UUIDS)


def of_role(login: str) -> set[str]:
    return {act for act in TABLE if relations(role_of(login), act)}


async def of_rooms(walk: Walk, route: RouteContext, asked: Asks) -> None:
    for role, login in ONE_OF_EACH.items():
        answer = await walk.ask(route, "own", walk.staff(login, route))
        what = f"{name(route)} as {login}"
        may = role in TABLE[asked.act].who
        walk.expect(what, refused(answer) is not may, answer)
        walk.nothing_of(unseen(login), what, answer)
    for login in (AUTHOR, STRANGER) if "GET" in (route.methods or ()) else ():
        if role_of(login) in TABLE[asked.act].who:
            answer = await walk.ask(route, "walled", walk.staff(login, route))
            walk.nothing_of(unseen(login), f"{name(route)} as {login}", answer)


async def of_others(walk: Walk, route: RouteContext, kinds: set[str]) -> None:
    """Nobody; programs, of every scope; staff where only programs or applicants come; applicants."""
    api = not is_page(route)
    answer = await walk.ask(route, "own")
    what = f"{name(route)} as nobody"
    if "public" in kinds:
        walk.expect(what, not refused(answer), answer)
    else:
        walk.expect(what, no_key(route, answer), answer)
    walk.nothing_of(iter(walk.secrets), what, answer)
    if api and kinds == {"staff"}:
        answer = await walk.ask(route, "own", {"x-api-key": walk.keys[Scope.TICKETS_READ]})
        walk.expect(f"{name(route)} as a program", at_the_door(answer), answer)
        code = access_code(parse(walk.numbers["own"]).appeal_id)
        answer = await walk.ask(route, "own", {"x-access-code": code})
        walk.expect(f"{name(route)} with an access code", at_the_door(answer), answer)


async def of_clients(walk: Walk, route: RouteContext, asked: Asks) -> None:
    for scope, key in walk.keys.items():
        answer = await walk.ask(route, headers={"x-api-key": key})
        what = f"{name(route)} with {scope}"
        lacks = code_of(answer) == "scope_missing" or (
            "/open311/v2" in str(route.path) and answer.status_code == 403
        )
        walk.expect(what, lacks is (scope != asked.scope), answer)
        walk.nothing_of(iter(walk.secrets), what, answer)
    if asked_of(route, "staff") is None:
        answer = await walk.ask(route, headers=walk.office.people[HEAD].headers)
        walk.expect(f"{name(route)} as staff", no_key(route, answer), answer)


def no_key(route: RouteContext, answer: httpx.Response) -> bool:
    """GeoReport has no 401: a key that is missing is its 403."""
    return at_the_door(answer) or ("/open311/v2" in str(route.path) and answer.status_code == 403)


async def of_applicants(walk: Walk, route: RouteContext) -> None:
    """With the code of another appeal, with one's own, and as staff of the body that has it."""
    own, other = (access_code(parse(walk.numbers[case]).appeal_id) for case in ("own", "left"))
    answer = await walk.ask(route, "own", {"x-access-code": other})
    what = name(route)
    walk.expect(f"{what} with another's code", answer.status_code == 404, answer)
    walk.nothing_of(iter(walk.secrets), what, answer)
    answer = await walk.ask(route, "missing", {"x-access-code": own})
    walk.expect(f"{what} of nothing", answer.status_code == 404, answer)
    answer = await walk.ask(route, "own", walk.office.people[HEAD].headers)
    walk.expect(f"{what} as staff", answer.status_code == 401, answer)
    if "bookings" not in str(route.path):
        answer = await walk.ask(route, "own", {"x-access-code": own})
        opened = not refused(answer) and code_of(answer) != "appeal_not_found"
        walk.expect(f"{what} with the code", opened, answer)


async def test_every_route_answers_everybody_as_the_table_says(walk: Walk) -> None:
    for route in ROUTES:
        kinds = {one.kind for one in asks_of(route.dependant)}
        await of_others(walk, route, kinds)
        if staff := asked_of(route, "staff"):
            await (of_cases if staff.of_case else of_rooms)(walk, route, staff)
        if client := asked_of(route, "client"):
            await of_clients(walk, route, client)
        if "citizen" in kinds:
            await of_applicants(walk, route)
    assert not walk.wrong, f"{len(walk.wrong)} of {walk.steps}:\n" + "\n".join(walk.wrong[:60])
    assert len(walk.forms) > 3, walk.forms
    assert walk.steps > 1500  # nobody made it short by leaving routes out


async def test_a_page_is_told_of_no_case_that_its_reader_may_not_see(walk: Walk) -> None:
    for case, login in itertools.product(STANDS, STAFF):
        cookie = f"{signed_in.COOKIE}={walk.cookies[login]}"
        answer = await walk.office.client.get(
            "/office/live/poll", params={"case": walk.numbers[case]}, headers={"cookie": cookie}
        )
        expected = 403 if login == ADMIN else 200 if sees(login, case) else 404
        walk.expect(f"{case} as {login}", answer.status_code == expected, answer)
    assert not walk.wrong


async def test_a_bad_message_says_nothing_of_a_case(walk: Walk) -> None:
    """What was sent is read before the case is looked for: of whatever case, the answer is the same."""
    for case in STANDS:
        answer = await walk.office.try_act(STRANGER, walk.numbers[case], "note", text="")
        assert (answer.status_code, code_of(answer)) == (422, "invalid"), case


async def test_a_desk_finds_by_telephone_and_shows_no_number(walk: Walk) -> None:
    """As the desk of the committee, of another body, and of the committee's head who may not see one."""
    for case, login, found in (("own", COLLEAGUE, 1), ("own", STRANGER, 0), ("walled", HEAD, 0)):
        answer = await walk.office.client.post(
            "/api/v1/desk/earlier",
            headers=walk.office.people[login].headers,
            json={"phone": walk.secrets[f"{case} in full"][1]},
        )
        assert len(answer.json()["items"]) == found, (case, login)
        walk.nothing_of(unseen(login), f"{case} as {login}", answer)
    assert not walk.wrong


async def test_a_queue_shows_no_number_that_stands_in_a_text(walk: Walk) -> None:
    said = "Маған 8 701 555 44 33 нөміріне қоңырау шалыңыз, ЖСН 900101300999"
    number = (await walk.office.file(text=said, subject="ЖСН 900101300999", addressee=OTHER)).number
    answer = await walk.office.get(STRANGER, "/queue", view="all")
    (shown,) = (item for item in answer.json()["items"] if item["number"] == number)
    assert shown["beginning"].startswith("Маған … нөміріне")
    assert not {"900101300999", "555 44 33"} & set(re.findall(r"900101300999|555 44 33", answer.text))
    opened = await walk.office.case(STRANGER, number)
    assert opened["text"] == said  # as it was written, because that is what is answered
