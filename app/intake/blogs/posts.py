"""A post as a submission, whichever way it comes: its key, what makes two the same, its bounds."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from app.appeals.codes import ActorKind
from app.core.db import Database
from app.core.errors import Invalid
from app.core.i18n import DEFAULT, guessed
from app.core.outbound import NOTHING_INSIDE, Allowed
from app.directory.values import Source
from app.intake.blogs.schemas import PostIn
from app.intake.submission import Person, Submission, source_key
from app.intake.tickets import ticket
from app.intake.tickets.lines import Legible

CHANNEL = "blog"
legible = partial(Legible.of, id_field="post_id", moment_field="published_at")


def submission(
    post: PostIn,
    source: Source,
    request_hash: bytes,
    now: datetime,
    client_id: int | None = None,
    allowed: Allowed = NOTHING_INSIDE,
) -> Submission:
    """`request_hash`: what tells a repeat from another post under its id. `allowed`: what lies inside and may
    be fetched from. Raises Invalid for a moment in the future or before the record begins, and for a URL that
    will not be called."""
    if post.published_at is not None:
        ticket.check_moment("published_at", post.published_at, now)
    return Submission(
        kind=post.kind,
        language=post.language.value if post.language else guessed(post.text) or DEFAULT,
        text=post.text,
        subject=post.title,
        applicant=Person(**post.author.model_dump()) if post.author else Person(),
        blog=post.blog,
        topic=post.topic,
        region=post.region,
        channel=CHANNEL,
        source=source.code,
        received_at=post.published_at.astimezone(UTC) if post.published_at else now,
        arrived_at=now if post.published_at else None,
        external_id=post.post_id,
        key=source_key(source.code, post.post_id),
        request_hash=request_hash,
        listed=post.public if post.may_publish is None else post.may_publish,
        details={"public": post.public} | ({"url": post.url} if post.url else {}),
        actor_kind=ActorKind.SOURCE,
        actor_id=client_id,
        attachments=ticket.files(post.attachments, allowed),
    )


async def too_late(
    db: Database, source: Source, said: Mapping[int, Submission], now: datetime
) -> dict[int, Invalid]:
    """Those that were published before what the source may still bring; see `ticket.too_late`."""
    return await ticket.too_late(db, source, said, now, "published_at")
