"""Keeping the FAQ, searching it, and counting whom it helped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

import asyncpg

from app.appeals import reach
from app.core import clock
from app.core.errors import FieldError, Forbidden, Invalid
from app.core.i18n import DEFAULT, Language
from app.core.words import stemmed
from app.directory.registry import Directory
from app.directory.values import Agency
from app.intake.shown import agency_out
from app.questions import repository
from app.questions.errors import FaqChanged, FaqNotFound
from app.questions.ranking import Document, ranked
from app.questions.schemas import (
    FaqHistoryOut,
    FaqNewIn,
    FaqOut,
    FaqTextsIn,
    FaqVersionOut,
    FaqWordsIn,
)
from app.staff.access import StaffCaller

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Search:
    """`agencies`, `topic`: of these alone. `language`: of the texts that are shown."""

    words: str
    agencies: Sequence[int] | None
    topic: str | None
    language: Language
    limit: int


async def search(connection: asyncpg.Connection, asked: Search, directory: Directory) -> list[FaqOut]:
    """What fits, the best first; without words what there is, the newest first."""
    today = clock.today()
    if not asked.words.strip():
        rows = await repository.newest(connection, today, asked.agencies, asked.topic, asked.limit)
    else:
        words = stemmed(asked.words)
        found = await repository.having(connection, words, today, asked.agencies, asked.topic)
        documents = [Document(row["id"], set(row["title"]), set(row["body"])) for row in found]
        total = found[0]["total"] if found else 0
        ids = ranked(words, documents, total)[: asked.limit]
        rows = await repository.shown(connection, ids)
    return [_out(row, asked.language, directory) for row in rows]


async def one(connection: asyncpg.Connection, id_: int, language: Language, directory: Directory) -> FaqOut:
    """Raises FaqNotFound, also for what is retired or not valid today."""
    row = await _current(connection, id_)
    if not _valid(row, clock.today()):
        raise FaqNotFound
    return _out(row, language, directory)


def _out(row: asyncpg.Record, asked: Language, directory: Directory) -> FaqOut:
    texts: Mapping[str, Mapping[str, str]] = row["texts"]
    language = asked if asked in texts else DEFAULT
    return FaqOut(
        id=row["id"],
        agency=_agency(row["agency_id"], asked, directory),
        topic=row["topic"],
        language=language,
        languages=[known for known in get_args(Language) if known in texts],
        question=texts[language]["question"],
        answer=texts[language]["answer"],
        revised_on=clock.civil_day(row["at"]),
    )


def _agency(agency_id: int, language: Language, directory: Directory) -> Any:
    return agency_out(directory, directory.agency_by_id(agency_id).code, clock.today(), language)


async def _current(connection: asyncpg.Connection, id_: int) -> asyncpg.Record:
    rows = await repository.shown(connection, [id_]) if 0 < id_ <= LARGEST_ID else []
    if not rows:
        raise FaqNotFound
    return rows[0]


def _valid(row: asyncpg.Record, on: date) -> bool:
    begun = row["valid_from"] <= on and (row["valid_to"] is None or on <= row["valid_to"])
    return begun and not row["retired"]


# Keeping it


async def create(
    connection: asyncpg.Connection, caller: StaffCaller, said: FaqNewIn, directory: Directory
) -> FaqHistoryOut:
    """Raises Invalid, Forbidden for another body's."""
    wrong = []
    for field, typed, known in (
        ("agency", said.agency, directory.find_agency(said.agency)),
        ("topic", said.topic, directory.has_topic(said.topic)),
    ):
        if not known:
            near = ", ".join(directory.near(field, typed)) or "—"
            wrong.append(FieldError(field, "unknown_code", {"near": near}))
    agency = directory.find_agency(said.agency)
    if wrong or agency is None:
        raise Invalid(errors=wrong)
    if agency.id not in _kept_by(caller, directory):
        raise Forbidden
    id_ = await repository.add(connection, agency.id, said.topic)
    await repository.write(connection, [_row(id_, 1, said, caller.account_id)])
    return await history(connection, caller, id_, directory)


async def revise(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    id_: int,
    version: int,
    said: FaqWordsIn,
    directory: Directory,
) -> FaqHistoryOut:
    """New words for an entry, also for one that was retired. Raises FaqNotFound, FaqChanged, Invalid."""
    await _kept(connection, caller, id_, directory)
    await _write(connection, id_, version, _row(id_, version + 1, said, caller.account_id))
    return await history(connection, caller, id_, directory)


async def retire(
    connection: asyncpg.Connection, caller: StaffCaller, id_: int, version: int, directory: Directory
) -> FaqHistoryOut:
    """It is found no more; its words stay. Raises FaqNotFound, FaqChanged."""
    row = await _kept(connection, caller, id_, directory)
    values = {name: row[name] for name in ("texts", "title", "body", "valid_from", "valid_to")}
    retired = repository.Version(
        entry_id=id_,
        version=version + 1,
        retired=True,
        author_id=caller.account_id,
        at=clock.now(),
        **values,
    )
    await _write(connection, id_, version, retired)
    return await history(connection, caller, id_, directory)


async def _write(connection: asyncpg.Connection, id_: int, seen: int, version: repository.Version) -> None:
    now = (await _current(connection, id_))["version"]
    if now != seen or not await repository.write(connection, [version]):
        raise FaqChanged(extra={"version": (await _current(connection, id_))["version"]})


async def history(
    connection: asyncpg.Connection, caller: StaffCaller, id_: int, directory: Directory
) -> FaqHistoryOut:
    """Raises FaqNotFound, also for another body's."""
    row = await _kept(connection, caller, id_, directory)
    helped, not_helped = await repository.helped(connection, id_)
    return FaqHistoryOut(
        id=id_,
        agency=_agency(row["agency_id"], DEFAULT, directory),
        topic=row["topic"],
        helped=helped,
        not_helped=not_helped,
        versions=[FaqVersionOut(**dict(one)) for one in await repository.versions(connection, id_)],
    )


async def _kept(
    connection: asyncpg.Connection, caller: StaffCaller, id_: int, directory: Directory
) -> asyncpg.Record:
    row = await _current(connection, id_)
    if row["agency_id"] not in _kept_by(caller, directory):
        raise FaqNotFound
    return row


def _kept_by(caller: StaffCaller, directory: Directory) -> frozenset[int]:
    """The agencies whose answers the caller keeps: an administrator all, a head those below."""
    found = reach.agencies(caller.role, caller.agency_id, "keep-faq", directory)
    return frozenset(agency.id for agency in directory.agencies()) if found is None else found


def _row(id_: int, version: int, said: FaqWordsIn, author_id: int | None) -> repository.Version:
    valid_from = said.valid_from or clock.today()
    if said.valid_to is not None and said.valid_to < valid_from:
        raise Invalid.of("valid_to", "period_reversed")
    return worded(
        id_, version, said.texts, author_id=author_id, valid_from=valid_from, valid_to=said.valid_to
    )


def worded(
    id_: int,
    version: int,
    said: FaqTextsIn,
    *,
    author_id: int | None,
    valid_from: date,
    valid_to: date | None = None,
) -> repository.Version:
    """A version with what it is found by."""
    texts = said.model_dump(exclude_none=True)
    return repository.Version(
        entry_id=id_,
        version=version,
        texts=texts,
        title=_stems(text["question"] for text in texts.values()),
        body=_stems(text["answer"] for text in texts.values()),
        valid_from=valid_from,
        valid_to=valid_to,
        retired=False,
        author_id=author_id,
        at=clock.now(),
    )


def _stems(texts: Any) -> list[str]:
    return sorted({stem for text in texts for word in stemmed(text) for stem in word})


# Whom it helped


async def vote(connection: asyncpg.Connection, id_: int, *, helped: bool) -> None:
    """Raises FaqNotFound for what is not there to be read today."""
    if not _valid(await _current(connection, id_), clock.today()):
        raise FaqNotFound
    await repository.count(connection, id_, clock.today(), helped=helped)


def known(agency: str | None, topic: str | None, directory: Directory) -> Agency | None:
    """The agency that is named. Raises Invalid for a code or a name that there is not."""
    found = directory.find_agency(agency) if agency else None
    wrong: Sequence[FieldError] = [
        FieldError(field, "unknown_code", {"near": ", ".join(directory.near(field, typed)) or "—"})
        for field, typed, known in (
            ("agency", agency or "", not agency or found),
            ("topic", topic or "", not topic or directory.has_topic(topic)),
        )
        if not known
    ]
    if wrong:
        raise Invalid(errors=list(wrong))
    return found


def answering(agency: Agency | None, topic: str | None, directory: Directory) -> Sequence[int] | None:
    """Whose answers are meant: the body's, and those of who does its work now."""
    if agency is None:
        return None
    return sorted({agency.id, directory.holder(agency, topic, clock.today()).id})
