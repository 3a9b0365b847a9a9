"""Posts in: signed, verified before anything of them is read, once by their ids."""

import hashlib
from typing import Any

from fastapi import APIRouter, Request, Response

from app.attachments.errors import AttachmentUsed, TooManyAttachments
from app.core import clock, stream
from app.core.db import Database
from app.core.edge import Db, Lang
from app.core.errors import Invalid, Malformed, TooLarge, UnsupportedMedia, problems
from app.core.stream import WrongEncoding
from app.directory import snapshot
from app.intake.api import registration_out
from app.intake.blogs import messages, posts
from app.intake.blogs.schemas import BlogRef, PostIn, PostOut, SigningSecretOut
from app.intake.gatherer import Gatherer
from app.intake.register import KeyReused, look
from app.intake.submission import Registration
from app.intake.tickets import refused
from app.intake.tickets.api import inside
from app.intake.tickets.callers import Desk, Writer
from app.intake.tickets.described import one_of
from app.intake.tickets.errors import ChannelForbidden
from app.intake.tickets.lines import parsed
from app.staff import signing
from app.staff.access import ClientCaller
from app.staff.errors import SignatureInvalid, SigningSecretMissing, TimestampRefused

router = APIRouter(prefix="/api/v1/blog", tags=["integrations"])

# What comes before anything is known of the message itself.
NOT_SIGNED = (WrongEncoding, SignatureInvalid, TimestampRefused, SigningSecretMissing, UnsupportedMedia)
EXAMPLES: dict[str, Any] = {
    "light": {
        "summary": "A public post, in Kazakh",
        "value": {
            "post_id": "4711",
            "blog": "energy",
            "author": {"name": "Үлгібек Сынақбаев", "address": "Түркістан қ., Мысал көшесі, 5"},
            "title": "Көшедегі жарық",
            "text": "Құрметті министр, көшемізде бір аптадан бері жарық жоқ.",
            "published_at": "2026-11-23T09:41:00+05:00",
            "public": True,
        },
    },
}


@router.post(
    "/posts",
    summary="Bring a post from a head's blog",
    description=(
        "What an author wrote on a blog of a head. The headers `webhook-id`, `webhook-timestamp` and "
        "`webhook-signature` sign the bytes of the body as "
        "[Standard Webhooks](https://www.standardwebhooks.com) say, with the secret that belongs to your "
        "key; nothing is read before they are found good. `(source, post_id)` is one appeal for ever: the "
        "same bytes again, signed anew, give 200 and the first answer; other bytes under that `post_id`, or "
        "under that `webhook-id`, give 409. The blog decides which body answers. docs/integrating.md has an "
        "example to copy."
    ),
    status_code=201,
    response_model=PostOut,
    openapi_extra=one_of(PostIn, EXAMPLES),
    responses={
        200: {"description": "The same post again: its first answer", "model": PostOut},
        **problems(
            Malformed,
            *NOT_SIGNED,
            ChannelForbidden,
            KeyReused,
            AttachmentUsed,
            TooManyAttachments,
            TooLarge,
            Invalid,
        ),
    },
)
async def bring_post(caller: Writer, db: Db, lang: Lang, request: Request, response: Response) -> PostOut:
    raw = await _signed(request, db, caller)
    desk = Desk.of(caller)
    async with refused.kept(db, caller.source_id, stream.value(raw), posts.legible):
        desk.check_channel(posts.CHANNEL)
        post = parsed(PostIn, stream.value(raw))
        registration = await _brought(request, db, desk, post, raw)
    response.status_code = 201 if registration.created else 200
    blog = desk.directory.blog(post.blog)
    return PostOut(
        post_id=post.post_id,
        blog=BlogRef(code=blog.code, name=blog.name(lang)),
        **dict(registration_out(registration, lang)),
    )


async def _signed(request: Request, db: Database, caller: ClientCaller) -> bytes:
    raw = await stream.raw(request)
    await signing.check(db, caller.client_id, raw, request.headers)
    return raw


async def _brought(request: Request, db: Database, desk: Desk, post: PostIn, raw: bytes) -> Registration:
    now = clock.now()
    body_hash = hashlib.sha256(raw).digest()
    said = posts.submission(post, desk.source, body_hash, now, desk.caller.client_id, inside(request))
    look(said, snapshot.current())  # a message that will not do does not take the id
    for late in (await posts.too_late(db, desk.source, {0: said}, now)).values():
        raise late
    await messages.take_id(db, desk.caller.client_id, request.headers["webhook-id"], body_hash, now)
    registrar: Gatherer = request.app.state.gatherer
    return await registrar.register(said)


@router.post(
    "/secret",
    summary="Another secret to sign with",
    description=(
        "Signed with the present one, so that the key alone is not enough; the body is `{}`. For a day both "
        "are good. The first secret is made by an administrator."
    ),
    status_code=201,
    response_model=SigningSecretOut,
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}},
    responses=problems(Malformed, *NOT_SIGNED, TooLarge, Invalid),
)
async def rotate_signing_secret(caller: Writer, db: Db, request: Request) -> SigningSecretOut:
    await _signed(request, db, caller)
    async with db.transaction() as connection:
        secret, until = await signing.put(connection, caller.client_id, clock.now())
    return SigningSecretOut(secret=secret, previous_secret_until=until)
