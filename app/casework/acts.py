"""Doing something to a case: who may, with which version in hand, and what the answer then is."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, Header, Path, Response

from app.appeals import drafts, service
from app.appeals.commands import (
    ActNotAllowed,
    Answering,
    CaseNotFound,
    Command,
    Done,
    Forwarding,
    Leasing,
    Payload,
)
from app.appeals.drafts import Draft
from app.appeals.lifecycle import Act
from app.casework import case, reach
from app.casework.case import Found
from app.casework.queue import LEASE, actor
from app.casework.schemas import CaseOut, DraftIn, ForwardIn
from app.core import clock
from app.core.db import Database
from app.core.edge import Db, Lang
from app.core.errors import AppError, Conflict, FieldError, Forbidden, Invalid, VersionMissing
from app.core.i18n import Language
from app.directory import snapshot
from app.directory.registry import Directory
from app.directory.values import Agency
from app.staff.access import Staff, StaffCaller

# A head's assignment lasts longer than a lease: the colleague may be out today.
ASSIGNED_FOR = timedelta(days=3)
NOT_STORED = "no-store"

_COLLEAGUE = """
SELECT id FROM staff_account
WHERE login = lower($1) AND agency_id = $2 AND active AND role IN ('operator', 'head')
"""
_VERSION = re.compile(r'(?:W/)?"([0-9]{1,18})"|([0-9]{1,18})')


@dataclass(frozen=True, slots=True)
class Assigning:
    """To whom; becomes a lease once the case's agency is known."""

    login: str


def version_seen(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description='The ETag that was seen: `"3"`; `*` for whatever it is now. Without it: 428',
            examples=['"3"'],
        ),
    ] = None,
) -> int | None:
    """None for `*`. Raises VersionMissing, or Invalid for what is no version."""
    if if_match is None:
        raise VersionMissing
    if if_match.strip() == "*":
        return None
    found = _VERSION.fullmatch(if_match.strip())
    if found is None:
        raise Invalid.of("If-Match", "if_match")
    return int(found[1] or found[2])


@dataclass(frozen=True, slots=True)
class Doing:
    """An act as it is asked for: by whom, on which case, having seen which version (None: any)."""

    caller: StaffCaller
    number: str
    version: int | None
    db: Database
    language: Language
    response: Response

    async def perform(self, act: Act, payload: Payload | Assigning = None) -> CaseOut:
        """Carry out the act and give the case as it is then, committed. Raises whatever refuses it."""
        directory, now = snapshot.current(), clock.now()
        async with self.db.transaction() as connection:
            found = await self._found(connection, act, directory)
            done = await self._done(connection, act, payload, found, directory, now)
            if isinstance(done, Done):
                await self._tidy_drafts(connection, act, found, now)
                return await self._answer(connection, directory)
        # Nothing was written.
        if isinstance(payload, Answering) and isinstance(done, Conflict):
            await self._keep(payload, found, done, now)
        raise done

    async def save_draft(self, said: DraftIn) -> CaseOut:
        """Drafts are nobody else's business: no event, no version of the case."""
        directory, now = snapshot.current(), clock.now()
        async with self.db.transaction() as connection:
            found = await self._found(connection, Act.DRAFT, directory)
            acts = case.acts(self.caller, found, directory)
            if Act.DRAFT not in acts:
                raise ActNotAllowed(Act.DRAFT, found.shown["status"], acts)
            me = self.caller.account_id
            # The holding before the draft, as in every other act: nobody waits for each other in a ring.
            await drafts.prolong_lease(connection, found.shown["id"], me, now + LEASE, now + LEASE * 2 / 3)
            changes = said.model_dump(mode="json", exclude_unset=True, exclude={"version"})
            await drafts.save(connection, found.own, me, changes, seen=said.version, now=now)
            return await self._answer(connection, directory)

    async def _found(self, connection: asyncpg.Connection, act: Act, directory: Directory) -> Found:
        """Raises CaseNotFound for what the caller may not see, Forbidden for what their role may not do."""
        found = await case.find(connection, self.caller, self.number, directory)
        if not reach.agencies(self.caller, act, directory):
            raise Forbidden
        return found

    async def _done(
        self,
        connection: asyncpg.Connection,
        act: Act,
        payload: Payload | Assigning,
        found: Found,
        directory: Directory,
        now: datetime,
    ) -> Done | AppError:
        if isinstance(payload, Assigning):
            payload = await _assignment(connection, payload, found, now)
        command = Command(
            act,
            found.appeal_id,
            actor(self.caller),
            now,
            part=found.part,
            agencies=reach.agencies(self.caller, act, directory),
            version=self.version,
            payload=payload,
        )
        done = (await service.act(connection, [command], directory))[0]
        if isinstance(done, CaseNotFound):
            # The caller sees it, so it was theirs and is now with somebody else.
            return ActNotAllowed(act, found.shown["status"], ())
        return done

    async def _tidy_drafts(
        self, connection: asyncpg.Connection, act: Act, found: Found, now: datetime
    ) -> None:
        if act is Act.ANSWER:
            await drafts.forget(connection, found.appeal_id, found.part, self.caller.account_id)
        elif act is Act.SEND_BACK:
            await drafts.restore(connection, found.appeal_id, found.part, now)

    async def _answer(self, connection: asyncpg.Connection, directory: Directory) -> CaseOut:
        found = await case.find(connection, self.caller, self.number, directory)
        shown = await case.read(connection, self.caller, found, directory, self.language)
        mark(self.response, shown.version)
        return shown

    async def _keep(self, answer: Answering, found: Found, refused: Conflict, now: datetime) -> None:
        """Keep the refused answer as its author's draft, in a transaction of its own, and say so."""
        draft = Draft(answer.text, answer.outcome, answer.language, answer.legal_basis)
        async with self.db.transaction() as connection:
            version = await drafts.keep(connection, found.shown["id"], self.caller.account_id, draft, now)
        refused.extra |= {"draft_kept": True, "draft_version": version}


def mark(response: Response, version: int) -> None:
    """A case is named by its version, and no cache may keep it."""
    response.headers.update({"ETag": f'"{version}"', "Cache-Control": NOT_STORED})


Number = Annotated[
    str,
    Path(max_length=40, description="in either script; `.2` for a part", examples=["JT-2026-00000123"]),
]


async def doing(
    caller: Staff,
    number: Number,
    version: Annotated[int | None, Depends(version_seen)],
    db: Db,
    language: Lang,
    response: Response,
) -> Doing:
    return Doing(caller, number, version, db, language, response)


Asked = Annotated[Doing, Depends(doing)]


def lease(asked: Doing) -> Leasing:
    return Leasing(asked.caller.account_id, clock.now() + LEASE)


async def _assignment(
    connection: asyncpg.Connection, assigning: Assigning, found: Found, now: datetime
) -> Leasing:
    account_id = await connection.fetchval(_COLLEAGUE, assigning.login, found.shown["agency_id"])
    if account_id is None:
        raise Invalid.of("to", "unknown_colleague")
    return Leasing(account_id, now + ASSIGNED_FOR)


class _WrongTarget(Invalid):
    """`agencies`: what may have been meant; shown with their names in the caller's language."""

    def __init__(self, code: str, agencies: list[Agency], **extra: Any) -> None:
        super().__init__(extra=extra)
        self.field_code, self.agencies = code, agencies

    def as_json(self, language: Language) -> dict[str, Any]:
        today = clock.today()
        listed = ", ".join(f"{agency.code} ({agency.name(language, today)})" for agency in self.agencies)
        self.errors = [FieldError("to", self.field_code, {"near": listed or "—"})]
        return super().as_json(language)


def forwarding(said: ForwardIn) -> Forwarding:
    """Raises Invalid for a body that nobody is, or that does not exist today; it names whom to send to."""
    directory, today = snapshot.current(), clock.today()
    named = directory.find_agency(said.to)
    if named is None:
        near = [directory.agency(code) for code in directory.near("agency", said.to)]
        raise _WrongTarget("unknown_code", near, near=[agency.code for agency in near])
    if not named.valid(today):
        holder = directory.holder(named, None, today)
        raise _WrongTarget("agency_ended", [holder], successor=holder.code)
    return Forwarding(named.code, said.reason)
