"""What is said in words that only the case makes an act of: a colleague's login, another appeal's number."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from app.appeals import numbers
from app.appeals.codes import Decision, Likeness, Status
from app.appeals.commands import (
    Answering,
    CaseNotFound,
    Command,
    Deciding,
    Forwarding,
    Leasing,
    Linking,
    Payload,
    Splitting,
    Writing,
)
from app.appeals.lifecycle import Act, allowed
from app.attachments import linking
from app.casework import case
from app.casework.case import Found, SeveralParts
from app.casework.inputs import DecideIn, ForwardIn, SplitIn
from app.casework.queue import actor
from app.casework.reach import Onlooker
from app.core import clock, sight
from app.core.errors import FieldError, Invalid
from app.core.i18n import Language, t
from app.core.limited import seeing
from app.deadlines.regimes import Stage
from app.directory import snapshot
from app.directory.registry import Directory
from app.directory.values import Agency
from app.staff.access import StaffCaller
from app.staff.permissions import Role, roles

# A head's assignment lasts longer than a lease: the colleague may be out today.
ASSIGNED_FOR = timedelta(days=3)

_COLLEAGUE = """
SELECT id, role FROM staff_account
WHERE login = lower($1) AND agency_id = $2 AND active AND role = ANY ($3)
"""

# In the order in which acts lock: two appeals that are made duplicates of each other at once do not wait in
# a ring, and the second of them sees what the first has done.
_BOTH = "SELECT FROM holding WHERE appeal_id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE"

# What the appeal `$1` was merged into, and what that was; a case that was reopened since is its own again.
_MERGED = """
WITH RECURSIVE merged AS (
    SELECT $1::bigint AS appeal_id
    UNION
    SELECT split_part(e.data ->> 'to', '-', 2)::bigint * 100000000
           + split_part(split_part(e.data ->> 'to', '-', 3), '.', 1)::bigint
    FROM merged JOIN event e ON e.appeal_id = merged.appeal_id AND e.kind = 'merged'
    WHERE NOT EXISTS (SELECT FROM holding later WHERE later.appeal_id = e.appeal_id
                      AND later.part = e.part AND later.id > e.holding_id)
)
SELECT EXISTS (SELECT FROM merged WHERE appeal_id = $2)
"""

_NEWEST = """
SELECT h.status, h.stage, h.closed_at IS NOT NULL AS closed, a.language
FROM holding h JOIN appeal a ON a.id = h.appeal_id
WHERE h.appeal_id = $1 AND h.part = $2 ORDER BY h.id DESC LIMIT 1
"""

# C08: what was decided there is to be decided again.
REOPENS = frozenset({Decision.CANCELLED, Decision.OBLIGED})


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, of which case, and when."""

    connection: asyncpg.Connection
    caller: StaffCaller
    found: Found
    directory: Directory
    now: datetime


class Intent(ABC):
    @abstractmethod
    async def meant(self, asking: Asking) -> Payload:
        """Raises Invalid."""


@dataclass(frozen=True, slots=True)
class Assigning(Intent):
    login: str

    async def meant(self, asking: Asking) -> Leasing:
        agency_id = asking.found.shown["agency_id"]
        row = await asking.connection.fetchrow(_COLLEAGUE, self.login, agency_id, roles(Act.CLAIM))
        if row is None or not _may_see(row, asking, agency_id):
            raise Invalid.of("to", "unknown_colleague")
        return Leasing(row["id"], asking.now + ASSIGNED_FOR)


def _may_see(colleague: asyncpg.Record, asking: Asking, agency_id: int) -> bool:
    """A complaint is not given to whom it is walled off from."""
    complaint = asking.found.complaint
    if complaint is None:
        return True
    looker = Onlooker.of(colleague["id"], Role(colleague["role"]), agency_id, asking.directory)
    return looker.sees(complaint, under_review=asking.found.stage is Stage.REVIEW)


@dataclass(frozen=True, slots=True)
class WithFiles(Intent):
    """An answer with files: uploads that nobody else has, or files of this case."""

    answering: Answering
    ids: Sequence[UUID]

    async def meant(self, asking: Asking) -> Answering:
        named = await linking.take(asking.connection, self.ids, asking.found.appeal_id, asking.now)
        return replace(self.answering, attachments=named)


@dataclass(frozen=True, slots=True)
class Dividing(Intent):
    said: SplitIn

    async def meant(self, asking: Asking) -> Splitting:
        found = [_Target(part.to, f"parts.{n}.to") for n, part in enumerate(self.said.parts)]
        if wrong := [target for target in found if target.wrong]:
            raise _WrongTarget(wrong)
        if max(row["part"] for row in asking.found.rows) + len(found) > numbers.MAX_PART:
            raise Invalid.of("parts", "too_many_parts", most=numbers.MAX_PART)
        own = asking.found.shown["agency_id"]
        errors = [FieldError(target.field, "part_to_self") for target in found if target.agency.id == own]
        if errors:
            raise Invalid(errors=errors)
        texts = [part.text for part in self.said.parts]
        parts = [(target.agency.code, text) for target, text in zip(found, texts, strict=True)]
        return Splitting(tuple(parts), self.said.keeps)


@dataclass(frozen=True, slots=True)
class LinkingTo(Intent):
    to: str
    as_: Likeness

    async def meant(self, asking: Asking) -> Linking:
        number = await self._visible(asking)
        appeal_id = numbers.parse(number).appeal_id
        if appeal_id == asking.found.appeal_id:
            raise Invalid.of("to", "same_appeal")
        if self.as_ is Likeness.DUPLICATE:
            await self._not_in_a_ring(asking, appeal_id)
        return Linking(number, self.as_)

    async def _visible(self, asking: Asking) -> str:
        try:
            other = await case.find(asking.connection, asking.caller, self.to, asking.directory)
        except CaseNotFound:
            raise Invalid.of("to", "unknown_case") from None
        except SeveralParts:
            return numbers.parse(self.to).format()  # any of them will do
        return other.number

    async def _not_in_a_ring(self, asking: Asking, other_id: int) -> None:
        connection, appeal_id = asking.connection, asking.found.appeal_id
        await connection.execute(_BOTH, [appeal_id, other_id])
        async with seeing(connection, sight.EVERYTHING):  # a ring may go through another body
            ring = await connection.fetchval(_MERGED, other_id, appeal_id)
        if ring:
            raise Invalid.of("to", "merged_into_this")


@dataclass(frozen=True, slots=True)
class Judging(Intent):
    said: DecideIn

    async def meant(self, asking: Asking) -> Deciding:
        said = self.said
        appeals: Language = asking.found.shown["language"]
        return Deciding(said.outcome, said.text, said.language.value if said.language else appeals)


async def following(asking: Asking, payload: Payload) -> list[Command]:
    """What an act brings with it elsewhere: a decision may reopen what the complaint was about (C08), with
    the agency that answered it."""
    complaint = asking.found.complaint
    if complaint is None or not isinstance(payload, Deciding) or payload.outcome not in REOPENS:
        return []
    about = await asking.connection.fetchrow(_NEWEST, complaint.about_id, complaint.about_part)
    assert about is not None
    stage = Stage(about["stage"]) if about["stage"] else None
    if Act.REOPEN not in allowed(Status(about["status"]), closed=about["closed"], stage=stage):
        return []
    why = t(
        "reason.reopened_by_complaint", about["language"], number=numbers.parse(asking.found.number).display()
    )
    return [
        Command(
            Act.REOPEN,
            complaint.about_id,
            actor(asking.caller),
            asking.now,
            part=complaint.about_part,
            payload=Writing(why),
        )
    ]


class _Target:
    """The body that was named, or what is wrong with it: `agencies` are those that may have been meant."""

    def __init__(self, typed: str, field: str) -> None:
        directory, today = snapshot.current(), clock.today()
        self.field, self.wrong = field, ""
        self.agencies: list[Agency] = []
        named = directory.find_agency(typed)
        if named is None:
            self.wrong = "unknown_code"
            self.agencies = [directory.agency(code) for code in directory.near("agency", typed)]
        elif not named.valid(today):
            self.wrong = "agency_ended"
            self.agencies = [directory.holder(named, None, today)]
        else:
            self.agency = named

    def error(self, language: Language) -> FieldError:
        today = clock.today()
        listed = ", ".join(f"{agency.code} ({agency.name(language, today)})" for agency in self.agencies)
        return FieldError(self.field, self.wrong, {"near": listed or "—"})


class _WrongTarget(Invalid):
    """Names who may have been meant, in the caller's language."""

    def __init__(self, targets: Sequence[_Target], **extra: Any) -> None:
        super().__init__(extra=extra)
        self.targets = targets

    def as_json(self, language: Language) -> dict[str, Any]:
        self.errors = [target.error(language) for target in self.targets]
        return super().as_json(language)


def forwarding(said: ForwardIn) -> Forwarding:
    """Raises Invalid for a body that nobody is, or that does not exist today; it names whom to send to."""
    target = _Target(said.to, "to")
    codes = [agency.code for agency in target.agencies]
    if target.wrong == "agency_ended":
        raise _WrongTarget([target], successor=codes[0])
    if target.wrong:
        raise _WrongTarget([target], near=codes)
    return Forwarding(target.agency.code, said.reason)
