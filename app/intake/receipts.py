"""The receipt of an appeal (rule R05), as data and as a text to be printed. It is the same at any time: it
says what was so when the appeal was registered. Its proof grows with the seals and the answers.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg
from fastapi import APIRouter

from app.appeals import numbers, repository
from app.appeals.access_code import access_code
from app.appeals.codes import ApplicantType
from app.core import clock
from app.core.edge import Lang, Read
from app.core.errors import Invalid, problems
from app.core.i18n import Language, t
from app.deadlines.facts import read_facts
from app.deadlines.ledger import compute
from app.deadlines.term import Term
from app.directory import snapshot
from app.directory.registry import Directory
from app.intake.citizen import NOT_OPENED, AppealNotFound, Citizen, CitizenCaller
from app.intake.schemas import AcceptedByOut, ComplaintOut, ReceiptOut
from app.intake.shown import Whereabouts, agency_out, complaint_out, deadline_out
from app.intake.submission import Filed
from app.seals import proofs

router = APIRouter(prefix="/api/v1", tags=["citizens"])

# In a submission's `details`: who accepted it, as the receipt names them.
ACCEPTED_BY = "accepted_by"


@router.get(
    "/receipts/{number}",
    summary="The receipt of an appeal",
    description="Number, date and time, who accepted it (rule R05), and by which day the answer is due, with "
    "the reasons, as it was registered; `text` is the same, to be printed. `proof` shows to anybody, without "
    "us, that it was registered then and answered so: it is there a minute or two after the registration "
    "(`state` `waiting` until then), and `listening-state verify receipt.json` follows it.",
    response_model=ReceiptOut,
    responses=problems(*NOT_OPENED, Invalid),
)
async def receipt(caller: Citizen, connection: Read, lang: Lang) -> ReceiptOut:
    found = await printed(caller, connection, lang)
    return found.model_copy(update={"proof": await proofs.proof(connection, caller.appeal_id, lang)})


async def printed(caller: CitizenCaller, connection: asyncpg.Connection, lang: Language) -> ReceiptOut:
    """The receipt as it was from the first moment, without its proof. Raises AppealNotFound."""
    found = await of(connection, caller.appeal_id, snapshot.current(), lang)
    if found is None or numbers.parse(found.number).applicant_type != caller.number.applicant_type:
        raise AppealNotFound
    return found


async def of(
    connection: asyncpg.Connection, appeal_id: int, directory: Directory, lang: Language
) -> ReceiptOut | None:
    """None when there is no such appeal."""
    row = await repository.registered(connection, appeal_id)
    if row is None:
        return None
    number = numbers.Number.of(appeal_id, ApplicantType(row["applicant_type"]))
    term = _term(row, directory)
    agency = agency_out(directory, row["data"]["agency"], row["registered_on"], lang)
    person = _accepted_by(row)
    source = directory.source_by_id(row["source_id"]).name(lang)
    local = row["received_at"].astimezone(clock.ZONE)
    text = _text(
        lang,
        number=number.display(),
        day=local.date(),
        time=local.strftime("%H:%M"),
        accepted_by=", ".join((person.name, person.position, person.agency)) if person else source,
        agency=agency.name,
        due_on=term.due_on,
        code=access_code(appeal_id),
    )
    return ReceiptOut(
        number=number.format(),
        received_at=row["received_at"],
        registered_on=row["registered_on"],
        accepted_by=source,
        accepted_by_person=person,
        channel=row["channel"],
        agency=agency,
        due_on=term.due_on,
        deadline=deadline_out(term, lang),
        complaint=_complaint(row, directory, lang),
        text=text,
        sandbox=number.sandbox,
        erased_on=row["erased_on"],
    )


def _term(row: asyncpg.Record, directory: Directory) -> Term:
    return compute(read_facts([(row["event_hash"], row["facts"])]), directory.calendar)


def _accepted_by(row: asyncpg.Record) -> AcceptedByOut | None:
    """None for what no person took in, and once it is erased."""
    said: dict[str, Any] = repository.opened(row["body"]) if row["body"] else {}
    person = (said.get("details") or {}).get(ACCEPTED_BY)
    return AcceptedByOut(**person) if person else None


def _complaint(row: asyncpg.Record, directory: Directory, lang: Language) -> ComplaintOut | None:
    if "complaint" not in row["data"]:
        return None
    filed = Filed.from_json(row["data"]["complaint"])
    term = _term(row, directory)
    at = Whereabouts(filed.stage, row["data"]["agency"], term.due_on, first_due=term.due_on)
    return complaint_out(filed, at, row["registered_on"], directory, lang)


_LINES: Sequence[str] = (
    "title",
    "number",
    "date",
    "time",
    "accepted_by",
    "agency",
    "due_on",
    "code",
    "follow",
)


def _text(lang: Language, **words: object) -> str:
    return "\n".join(t(f"receipt.{line}", lang, **words) for line in _LINES)
