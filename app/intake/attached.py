"""What submissions bring with them: looked at before they are registered, written with them.

Submissions without attachments cost nothing here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from app.appeals import record
from app.attachments import linking
from app.attachments.errors import MOST, AttachmentUsed, TooManyAttachments
from app.attachments.linking import Locked, Named, Remote
from app.attachments.models import GivenBy
from app.core import clock
from app.intake.submission import Submission


@dataclass
class Known:
    """The uploads that these submissions name. `repeated`: keys under which something is registered, of
    those that name what is used. `given`: to which key of these submissions each upload went."""

    locked: Mapping[UUID, Locked] = field(default_factory=dict)
    repeated: frozenset[bytes] = frozenset()
    given: dict[UUID, bytes | None] = field(default_factory=dict)


async def read(connection: asyncpg.Connection, submissions: Sequence[Submission], now: datetime) -> Known:
    """Waits for whoever registers the same uploads at this moment."""
    with_some = {place: ids for place, said in enumerate(submissions) if (ids := uploads(said))}
    if not with_some:
        return Known()
    locked = await linking.lock(connection, {id_ for ids in with_some.values() for id_ in ids}, now)
    doubtful = [
        key
        for place, ids in with_some.items()
        if (key := submissions[place].key)
        and any(id_ not in locked or locked[id_].appeal_id is not None for id_ in ids)
    ]
    repeated = await record.known(connection, doubtful) if doubtful else set()
    return Known(locked, frozenset(repeated))


def uploads(said: Submission) -> list[UUID]:
    return [one for one in said.attachments if isinstance(one, UUID)]


def decide(said: Submission, known: Known) -> tuple[Named, ...]:
    """What its event names. Nothing of a repeat, whose first answer stands. Raises TooManyAttachments,
    AttachmentUsed, Invalid."""
    if not said.attachments or said.key in known.repeated:
        return ()
    if len(said.attachments) > MOST:
        raise TooManyAttachments
    return tuple(
        linking.remote(one) if isinstance(one, Remote) else _upload(place, one, said.key, known)
        for place, one in enumerate(dict.fromkeys(said.attachments))
    )


def _upload(place: int, id_: UUID, key: bytes | None, known: Known) -> Named:
    found = known.locked.get(id_)
    if found is None:
        raise linking.unknown(place)
    another = id_ in known.given and (key is None or known.given[id_] != key)
    if found.appeal_id is not None or another:
        raise AttachmentUsed
    return found.named


def give(said: Submission, named: Sequence[Named], known: Known) -> None:
    """It is decided that it is registered with these: another of the same batch can no longer have them."""
    for one in named:
        known.given.setdefault(one.id, said.key)


async def write(connection: asyncpg.Connection, named: Mapping[int, Sequence[Named]]) -> None:
    """`named`: by the id of the appeal."""
    pairs = [(appeal_id, one) for appeal_id, ones in named.items() for one in ones]
    if pairs:
        await linking.link(connection, pairs, GivenBy.APPLICANT, clock.now())
