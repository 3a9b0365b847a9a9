"""Files that come with a form of the pages, one after the other as they arrive.

Works as a plain form; the script (assets/files.js) sends the same form once for each file and shows how far
it is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from fastapi import Request

from app.attachments import types
from app.attachments.api import WHOLE, in_time
from app.attachments.errors import LARGEST, MEGABYTE, MOST, TooManyAttachments
from app.attachments.keeping import Keeper, Kept
from app.attachments.limits import FILES
from app.attachments.waiting import Waiting
from app.core import multipart
from app.core.edge import Network
from app.core.errors import AppError, Malformed
from app.core.i18n import Language, t
from app.core.multipart import Part
from app.staff.limits import limiter
from app.web.forms import TOKEN, Form, Mistake, own_site

FIELD, KEPT_FIELD = "file", "kept"
# A form that was sent without a script brings all its files at once, and a little more.
FORM_LIMIT = MOST * LARGEST + 2 * MEGABYTE
BODY_LIMITS = {
    "/write/files": FORM_LIMIT,
    "/appeals/*/supplements": FORM_LIMIT,
    "/office/cases/*/answer": FORM_LIMIT,
    "/office/cases/*/draft": FORM_LIMIT,
}


@dataclass(slots=True)
class Sent:
    """`kept`: files of an earlier try that the form names again, and those that came now."""

    fields: dict[str, str] = field(default_factory=dict)
    kept: list[UUID] = field(default_factory=list)
    wrong: list[Mistake] = field(default_factory=list)

    @property
    def form(self) -> Form:
        fields = {name: value for name, value in self.fields.items() if name != TOKEN}
        return Form(fields, self.fields.get(TOKEN, ""))


Taken = Callable[[Kept], Awaitable[None]]


async def received(
    request: Request, network: Network, lang: Language, *, before: int = 0, taken: Taken | None = None
) -> Sent:
    """Read the form. `before`: so many files are there already; `taken` is called for each file once it is
    safe. A file that is not taken is a mistake beside its field, and the others are taken all the same.

    Raises Forbidden for what another site sent, Malformed for what is no form, broke off or took too long.
    """
    own_site(request)
    sent = Sent()
    if not multipart.is_form(request):
        form = await Form.of(request)
        sent.fields = form.fields | {TOKEN: form.token}
        return sent
    try:
        async with asyncio.timeout(WHOLE):
            async for part in multipart.parts(request):
                if part.filename is None:
                    await _take_field(part, sent)
                elif part.filename:
                    await _take_file(request, network, lang, part, sent, before, taken)
    except TimeoutError:
        raise Malformed from None
    return sent


async def _take_field(part: Part, sent: Sent) -> None:
    value = await part.text()
    if part.name != KEPT_FIELD:
        sent.fields[part.name] = value
    elif (id_ := as_id(value)) and len(sent.kept) < MOST:
        sent.kept.append(id_)


async def _take_file(
    request: Request,
    network: Network,
    lang: Language,
    part: Part,
    sent: Sent,
    before: int,
    taken: Taken | None,
) -> None:
    try:
        if before + len(sent.kept) >= MOST:
            raise TooManyAttachments
        kept = await _keep(request, network, part)
    except AppError as error:
        sent.wrong.append(_refused(part, error, lang))
        return
    sent.kept.append(kept.id)
    if taken:
        await taken(kept)


async def _keep(request: Request, network: Network, part: Part) -> Kept:
    keeper: Keeper = request.app.state.keeper
    db = request.app.state.db
    await (await limiter(request)).count(FILES, network)
    return await keeper.keep(db, in_time(part), name=part.filename, declared_type=part.type)


def _refused(part: Part, error: AppError, lang: Language) -> Mistake:
    why = error.as_json(lang)["detail"]
    return Mistake(FIELD, t("files.refused", lang, name=part.filename, why=why), t("files.label", lang))


def as_id(typed: str) -> UUID | None:
    try:
        return UUID(typed[:40])
    except ValueError:
        return None


# What is shown


@dataclass(frozen=True, slots=True)
class Listed:
    id: UUID
    name: str
    size: str
    state: str


def listed(found: Collection[Waiting], lang: Language) -> list[Listed]:
    return [
        Listed(one.id, one.name, size(one.size, lang), t(f"files.state.{one.state}", lang)) for one in found
    ]


def size(bytes_: int, lang: Language) -> str:
    """As people say it: kilobytes, or megabytes to one decimal."""
    if bytes_ < MEGABYTE:
        return t("files.kilobytes", lang, number=max(1, round(bytes_ / 1024)))
    number = f"{bytes_ / MEGABYTE:.1f}"
    return t("files.megabytes", lang, number=number if lang == "en" else number.replace(".", ","))


def limits() -> dict[str, object]:
    """What a page says of files before any is chosen."""
    endings: Sequence[str] = types.extensions()
    return {
        "accept": ",".join(f".{ending}" for ending in endings),
        "endings": ", ".join(endings),
        "most": MOST,
        "largest": LARGEST,
        "megabytes": LARGEST // MEGABYTE,
    }
