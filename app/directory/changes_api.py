"""The administrator's calls about reference data: names, bodies, who answers on a topic; each change kept."""

from datetime import time
from typing import Annotated, Any, Literal

import asyncpg
from fastapi import APIRouter, Path, Query
from pydantic import Field

from app.core import clock, paging
from app.core.db import Database
from app.core.edge import Db, Moment
from app.core.errors import Forbidden, Invalid, NotFound, problems
from app.core.schema import Code, Schema
from app.directory import changing, laying, snapshot
from app.directory.changes import LANGUAGES, SETTINGS, Change, Row, What, subject
from app.directory.changes_schemas import (
    ChangeOut,
    ChangesOut,
    CompetenceIn,
    CompetenceOut,
    DatedNamesIn,
    EndIn,
    NameOut,
    NamesIn,
    NewAgencyIn,
    SettingsIn,
    SettingsOut,
    ThingOut,
)
from app.directory.changing import ChangeOver, DirectoryContradiction, DirectoryMoved, State
from app.staff.access import Curator, StaffCaller

router = APIRouter(prefix="/api/v1/admin/directory", tags=["administration"])

Thing = Annotated[str, Path(max_length=100, examples=["energy"])]
Kind = Literal["agency", "region", "topic", "channel", "source"]
Id = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[1])]
CHANGING = problems(Forbidden, NotFound, DirectoryMoved, DirectoryContradiction, Invalid)
MOST = 200


class ChangesIn(Schema):
    kind: Kind | None = None
    code: Code | None = None
    cursor: Code | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50


@router.get(
    "/changes",
    summary="What people changed in the reference data",
    description="With `files_say` where the data files say another thing since: take the change back, or "
    "leave it.",
    responses=problems(Forbidden, Invalid),
)
async def list_changes(_: Curator, asked: Annotated[ChangesIn, Query()], connection: Moment) -> ChangesOut:
    before = paging.after(asked.cursor) if asked.cursor else paging.LARGEST_ID
    rows = await changing.newest(connection, before, asked.limit + 1, asked.kind, asked.code)
    now = await changing.state(connection)
    against = {one.id: dict(said) for one, said in laying.differing(now.files, now.changes)}
    items = [_change(row, against.get(row["id"])) for row in rows[: asked.limit]]
    more = paging.cursor(items[-1].id) if len(rows) > asked.limit else None
    return ChangesOut(items=items, next_cursor=more)


@router.post(
    "/changes/{id}/take-back",
    summary="Take a change back",
    description="From then on it is as the data files or an earlier change say. A body that was made is "
    "closed instead.",
    responses=problems(Forbidden, NotFound, ChangeOver, DirectoryContradiction, Invalid),
)
async def take_back(caller: Curator, id: Id, db: Db) -> ChangesOut:
    async with db.transaction() as connection:
        await changing.take_back(connection, id, caller.account_id, clock.now())
        (row,) = await changing.newest(connection, id + 1, 1)
    await snapshot.refresh(db)
    return ChangesOut(items=[_change(row, None)], next_cursor=None)


@router.get(
    "/{kind}/{code}",
    summary="One thing of the directory, with its version",
    responses=problems(Forbidden, NotFound, Invalid),
)
async def read_thing(_: Curator, kind: Kind, code: Thing, connection: Moment) -> ThingOut:
    return shown(await changing.state(connection), kind, code)


@router.post("/agency", summary="Make a body under another", status_code=201, responses=CHANGING)
async def make_agency(caller: Curator, said: NewAgencyIn, db: Db) -> ThingOut:
    usual = SettingsIn(version="new")
    row = {name: _json(getattr(usual, name)) for name in SETTINGS} | {
        "kind": said.kind.value,
        "parent": said.parent,
        "region": said.region,
        "from": said.from_.isoformat(),
        **_names(said),
    }
    return await _made(db, caller, Change(What.AGENCY_NEW, said.code, row), None)


@router.post(
    "/{kind}/{code}/names",
    summary="Name a topic, channel or source anew",
    responses=CHANGING,
)
async def rename(
    caller: Curator, kind: Literal["topic", "channel", "source"], code: Thing, said: NamesIn, db: Db
) -> ThingOut:
    return await _made(db, caller, Change(What(f"{kind}_names"), code, _names(said)), said.version)


@router.post(
    "/{kind}/{code}/dated-names",
    summary="Name a body or region from a day on",
    description="Before that day it keeps the name that it had.",
    responses=CHANGING,
)
async def rename_from(
    caller: Curator, kind: Literal["agency", "region"], code: Thing, said: DatedNamesIn, db: Db
) -> ThingOut:
    names = {"from": said.from_.isoformat(), **_names(said)}
    return await _made(db, caller, Change(What(f"{kind}_names"), code, names), said.version)


@router.post(
    "/agency/{code}/settings",
    summary="Whose part a body is, its hours, its warnings, how it is reached",
    responses=CHANGING,
)
async def set_up(caller: Curator, code: Thing, said: SettingsIn, db: Db) -> ThingOut:
    """Only what is given and differs is kept as changed: in all else later data files count."""
    async with db.moment() as connection:
        now = await changing.state(connection)
    row = next(iter(subject(now.rows, "agency", code)["agency"]), {})
    given = {name: _json(getattr(said, name)) for name in SETTINGS if name in said.model_fields_set}
    new = {name: new for name, new in given.items() if new != row.get(name)}
    return await _made(db, caller, Change(What.AGENCY_SETTINGS, code, new), said.version)


@router.post(
    "/agency/{code}/end",
    summary="Close a body, and say who takes over",
    description="It is never deleted. On what it answered on, its successor answers from the day after on.",
    responses=CHANGING,
)
async def end(caller: Curator, code: Thing, said: EndIn, db: Db) -> ThingOut:
    return await _made(db, caller, end_of(code, said), said.version)


@router.post(
    "/topic/{code}/competence",
    summary="Who answers on a topic from a day on",
    description="Everywhere, or in one region. Appeals that are registered from that day on go there; "
    "those that somebody holds stay with them.",
    responses=CHANGING,
)
async def answer(caller: Curator, code: Thing, said: CompetenceIn, db: Db) -> ThingOut:
    return await _made(db, caller, competence_of(code, said), said.version)


def end_of(code: str, said: EndIn) -> Change:
    row = {"last_day": said.last_day.isoformat(), "successor": said.successor}
    return Change(What.AGENCY_END, code, row)


def competence_of(topic: str, said: CompetenceIn) -> Change:
    row = {"region": said.region, "agency": said.agency, "from": said.from_.isoformat()}
    return Change(What.COMPETENCE, topic, row)


async def _made(db: Database, caller: StaffCaller, made: Change, seen: str | None) -> ThingOut:
    async with db.transaction() as connection:
        now = await changing.change(connection, made, seen, caller.account_id, clock.now(), clock.today())
    await snapshot.refresh(db)  # the others see it within seconds
    return shown(now, made.what.kind, made.code)


def shown(now: State, kind: str, code: str) -> ThingOut:
    """Raises NotFound."""
    seen = now.version(kind, code)
    own = subject(now.rows, kind, code)
    (whole,) = own[kind]
    dated = [*own.get("agency_name", ()), *own.get("region_name", ())]
    heir = (link["successor"] for link in own.get("agency_successor", ()) if link["topics"] is None)
    return ThingOut(
        code=code,
        version=seen,
        names=[_name(row) for row in sorted(dated, key=_first_day)] or [_name(whole)],
        valid_from=whole.get("valid_from"),
        valid_to=whole.get("valid_to"),
        settings=SettingsOut(**whole) if kind == "agency" else None,
        successor=next(heir, None),
        competence=[
            CompetenceOut(
                region=row["region"], agency=row["agency"], from_=row["valid_from"], to=row["valid_to"]
            )
            for row in sorted(own.get("competence", ()), key=_first_day)
        ],
    )


def _first_day(row: Row) -> str:
    return str(row["valid_from"])


def _name(row: Row) -> NameOut:
    names = {lang: row[lang] for lang in LANGUAGES}
    return NameOut(from_=row.get("valid_from"), to=row.get("valid_to"), **names)


def _names(said: NamesIn | NewAgencyIn) -> dict[str, Any]:
    return {lang: getattr(said, lang) for lang in LANGUAGES}


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, time) else value


def _change(row: asyncpg.Record, files_say: dict[str, Any] | None) -> ChangeOut:
    return ChangeOut(**dict(row), files_say=files_say, in_force=row["taken_back_at"] is None)
