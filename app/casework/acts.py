"""Doing something to a case: who may, with which version in hand, and what the answer then is."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import asyncpg
from fastapi import Depends, Header, Path, Request, Response

from app.appeals import drafts, service
from app.appeals.commands import (
    ActNotAllowed,
    Answering,
    CaseNotFound,
    Command,
    Deciding,
    Done,
    Leasing,
    Payload,
    Unmasking,
    Writing,
)
from app.appeals.drafts import Draft
from app.appeals.lifecycle import Act
from app.casework import case, page, reach
from app.casework.case import Found
from app.casework.inputs import DraftIn
from app.casework.intents import Asking, Intent, following
from app.casework.queue import LEASE, actor
from app.casework.schemas import CaseOut
from app.core import clock
from app.core.db import Database
from app.core.edge import database_of, language_of, settings_of
from app.core.errors import AppError, Conflict, Forbidden, Invalid, VersionMissing
from app.core.i18n import Language
from app.directory import snapshot
from app.directory.registry import Directory
from app.readings.codes import Way
from app.settings import Settings
from app.staff.access import StaffCaller, staff_of

NOT_STORED = "no-store"

_VERSION = re.compile(r'(?:W/)?"([0-9]{1,18})"|([0-9]{1,18})')


IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description='The ETag that was seen: `"3"`; `*` for whatever it is now. Without it: 428',
        examples=['"3"'],
    ),
]


def version_seen(if_match: str | None) -> int | None:
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
    settings: Settings
    response: Response

    async def perform(self, act: Act, payload: Payload | Intent = None) -> CaseOut:
        """Carry out the act and give the case as it is then, committed. Raises whatever refuses it."""
        directory, now = snapshot.current(), clock.now()
        async with self.db.transaction() as connection:
            found = await self._found(connection, act, directory)
            asking = Asking(connection, self.caller, found, directory, now)
            if isinstance(payload, Intent):
                payload = await payload.meant(asking)
            done = await self._done(asking, act, payload)
            if isinstance(done, Done):
                if act is Act.SEND_BACK:
                    await drafts.restore(connection, found.appeal_id, found.part, now)
                clear = payload.field if isinstance(payload, Unmasking) else None
                found = await case.again(connection, self.caller, found, directory, done)
                return await self._answer(connection, found, directory, clear)
            await case.keep(connection, self.caller, found, Way.ACT)
        # Nothing else was written.
        draft = _draft_of(act, payload)
        if draft is not None and isinstance(done, Conflict) and found.shown["id"] in found.own:
            await self._keep(draft, found, done, now)
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
            lease, soon = None, now + LEASE * 2 / 3
            if (found.shown["lease_until"] or soon) < soon:
                lease = await drafts.prolong_lease(connection, found.shown["id"], me, now + LEASE, soon)
            changes = said.model_dump(mode="json", exclude_unset=True, exclude={"version"})
            await drafts.save(connection, found.own, me, changes, seen=said.version, now=now)
            found = case.changed(found, self.caller, directory, {"lease_until": lease} if lease else {})
            return await self._answer(connection, found, directory)

    async def _found(self, connection: asyncpg.Connection, act: Act, directory: Directory) -> Found:
        """Raises CaseNotFound for what the caller may not see, Forbidden for what their role may not do."""
        found = await case.find(connection, self.caller, self.number, directory)
        if not reach.agencies(self.caller, act, directory):
            raise Forbidden
        return found

    async def _done(self, asking: Asking, act: Act, payload: Payload) -> Done | AppError:
        found, directory = asking.found, asking.directory
        command = Command(
            act,
            found.appeal_id,
            actor(self.caller),
            asking.now,
            part=found.part,
            agencies=reach.agencies(self.caller, act, directory),
            version=self.version,
            payload=payload,
        )
        more = await following(asking, payload)
        done = (await service.act(asking.connection, [command, *more], directory, together=True))[0]
        if more and isinstance(done, ActNotAllowed) and done.act is not act:
            # What was to follow is done already: somebody was quicker.
            done = (await service.act(asking.connection, [command], directory))[0]
        if isinstance(done, CaseNotFound):
            # The caller sees it, so it was theirs and is now with somebody else.
            return ActNotAllowed(act, found.shown["status"], ())
        return done

    async def _answer(
        self, connection: asyncpg.Connection, found: Found, directory: Directory, clear: str | None = None
    ) -> CaseOut:
        shown = await page.read(
            connection, self.caller, found, directory, self.language, self.settings, Way.ACT, clear
        )
        mark(self.response, shown.version)
        return shown

    async def _keep(self, draft: Draft, found: Found, refused: Conflict, now: datetime) -> None:
        """Keep the refused text as its author's draft, in a transaction of its own, and say so."""
        async with self.db.transaction() as connection:
            version = await drafts.keep(connection, found.shown["id"], self.caller.account_id, draft, now)
        refused.extra |= {"draft_kept": True, "draft_version": version}


def _draft_of(act: Act, payload: Payload) -> Draft | None:
    """What was written to be sent to the applicant, as a draft."""
    match payload:
        case Answering():
            return Draft(payload.text, payload.outcome, payload.language, payload.legal_basis)
        case Deciding():
            return Draft(payload.text, language=payload.language)
        case Writing() if act is Act.SELF_CORRECT:
            return Draft(payload.text)
        case _:
            return None


def mark(response: Response, version: int) -> None:
    """A case is named by its version, and no cache may keep it."""
    response.headers.update({"ETag": f'"{version}"', "Cache-Control": NOT_STORED})


Number = Annotated[
    str,
    Path(
        max_length=40,
        description="in either script; `.2` for a part, `.0` for what was not split off",
        examples=["JT-2026-00000123"],
    ),
]


async def doing(number: Number, request: Request, response: Response, seen: IfMatch = None) -> Doing:
    """Of a route that declares its caller (`routes.act`)."""
    caller = await staff_of(request)
    db, language = database_of(request), language_of(request)
    return Doing(caller, number, version_seen(seen), db, language, settings_of(request), response)


Asked = Annotated[Doing, Depends(doing)]


def lease(asked: Doing) -> Leasing:
    return Leasing(asked.caller.account_id, clock.now() + LEASE)
