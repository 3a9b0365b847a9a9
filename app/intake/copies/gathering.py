"""What is held on an appeal, as its author may have it: nothing of others, and no official's name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import asyncpg

from app.appeals import repository
from app.appeals.codes import EventKind
from app.attachments.listing import Attached, Files, served
from app.core import clock
from app.core.cipher import cipher
from app.core.i18n import Language, t
from app.intake import sent, tracking
from app.intake.citizen import CitizenCaller
from app.intake.copies.schemas import (
    CopyOut,
    HeldApplicantOut,
    HeldFileOut,
    HeldNoticeOut,
    HeldTextOut,
)
from app.settings import Settings

# With these came what the author wrote or was told; other texts are the officials' own work.
TOLD = sent.GIVEN | {
    EventKind.CORRECTION_REQUESTED,
    EventKind.HEARING_SET,
    EventKind.RATED,
    EventKind.SPLIT_OFF,
    EventKind.WITHDRAWN,
}
# Of what came with a text: who took it in, and to whom else it went, are other people.
_SAID = ("text", "subject", "incident_address", "addressee", "legal_basis", "language", "outcome")
_FIELDS = tuple(HeldApplicantOut.model_fields)
_APPLICANT = f"SELECT {', '.join(_FIELDS)} FROM applicant WHERE appeal_id = $1"
_NOTICES = """
SELECT n.not_before AS at, n.kind, d.way, d.state FROM notice n
LEFT JOIN delivery d ON d.notice_id = n.id AND d.way <> 'webhook'
WHERE n.appeal_id = $1 AND n.audience = 'applicant' ORDER BY n.id, d.id
"""


@dataclass(frozen=True, slots=True)
class Gathered:
    """`files`: those that can be given out, by their name in the archive."""

    copy: CopyOut
    files: dict[str, Attached]


async def gather(
    connection: asyncpg.Connection, caller: CitizenCaller, lang: Language, settings: Settings
) -> Gathered:
    """Of the whole appeal, whichever part was named. Raises AppealNotFound."""
    whole = CitizenCaller(replace(caller.number, part=0))
    shown = await tracking.track(whole, connection, lang, settings)
    events = await repository.events(connection, whole.appeal_id)
    seen = await sent.seen(connection, whole, events, settings)
    files = _named(seen)
    return Gathered(
        CopyOut(
            made_at=clock.now(),
            appeal=shown,
            applicant=_applicant(await connection.fetchrow(_APPLICANT, whole.appeal_id)),
            texts=_texts(events, await repository.contents(connection, whole.appeal_id)),
            notices=[HeldNoticeOut(**dict(row)) for row in await connection.fetch(_NOTICES, whole.appeal_id)],
            files=_files(seen, files, lang),
            left_out=t("copy.left_out", lang),
        ),
        files,
    )


def _applicant(row: asyncpg.Record | None) -> HeldApplicantOut | None:
    if row is None:
        return None
    lock = cipher()
    return HeldApplicantOut(
        **{name: lock.decrypt_optional(row[name], f"applicant.{name}") for name in _FIELDS}
    )


def _texts(events: Sequence[asyncpg.Record], said: Sequence[repository.Said]) -> list[HeldTextOut]:
    bodies = {one.hash: one.body for one in said}
    return [
        HeldTextOut(
            at=event["at"], event=event["kind"], part=event["part"], said=_said(bodies[event["content_hash"]])
        )
        for event in events
        if event["kind"] in TOLD and event["content_hash"] in bodies
    ]


def _said(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in _SAID if name in body}


def _named(seen: Files) -> dict[str, Attached]:
    """Two files may have one name: a number makes each its own."""
    given = [one for one in seen.found.values() if served(one, seen.settings)]
    return {f"files/{n:02} {one.name or one.id}": one for n, one in enumerate(given, start=1)}


def _files(seen: Files, named: dict[str, Attached], lang: Language) -> list[HeldFileOut]:
    inside = {one.id: name for name, one in named.items()}
    found = []
    for one in seen.found.values():
        out = one.out("", lang, served=one.id in inside)
        found.append(
            HeldFileOut(
                name=out.name,
                size=out.size,
                type=out.type,
                state=out.state,
                sentence=out.sentence,
                inside=inside.get(one.id),
            )
        )
    return found
