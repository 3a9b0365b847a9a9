"""Who may judge what, what is shown for it, and what was said."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from app.appeals.masking import masked, own
from app.core import clock
from app.core.cipher import cipher
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.oversight.quality.forms import Form, form_on
from app.oversight.quality.models import JUDGES
from app.oversight.quality.schemas import Mark, VerdictIn
from app.readings import keeping
from app.readings.codes import Way

NOTE = "quality_verdict.note"

# Nobody of the agency that is judged, nor who wrote or approved the answer ($1: account, $2: agency).
MAY_JUDGE = """
q.agency_id <> $2 AND NOT EXISTS (
    SELECT FROM event signed
    WHERE signed.holding_id = q.holding_id AND signed.actor_kind = 'staff' AND signed.actor_id = $1
      AND signed.kind IN ('answered', 'answer_proposed'))
"""
_ANSWER = f"""
SELECT q.id, h.appeal_id, h.part AS of_part, q.agency_id, s.form, h.registered_on, h.due_on,
       h.closed_on, h.outcome, a.language, asked.body AS asked, part.body AS part, said.body AS said,
       person.*
FROM quality_case q
JOIN quality_sample s ON s.id = q.sample_id
JOIN holding h ON h.id = q.holding_id
JOIN appeal a ON a.id = h.appeal_id
JOIN applicant person ON person.appeal_id = h.appeal_id
LEFT JOIN content asked ON asked.appeal_id = h.appeal_id AND asked.kind = 'appeal'
LEFT JOIN content part ON part.appeal_id = h.appeal_id AND part.part = h.part AND part.kind = 'part'
LEFT JOIN content said ON said.appeal_id = h.appeal_id AND said.kind = 'answer' AND said.hash = q.answer
WHERE q.id = $3 AND {MAY_JUDGE}
"""
_TURN = (
    f"SELECT q.id, s.form FROM quality_case q JOIN quality_sample s ON s.id = q.sample_id "
    f"WHERE q.id = $3 AND {MAY_JUDGE} FOR UPDATE OF q"
)
_VERDICTS = """
SELECT v.*, account.name AS judge FROM quality_verdict v JOIN staff_account account ON account.id = v.judge_id
WHERE v.case_id = $1 ORDER BY v.place
"""
_GIVE = """
INSERT INTO quality_verdict (case_id, place, judge_id, at, marks, note) VALUES ($1, $2, $3, $4, $5, $6)
"""


class JudgedAlready(Conflict):
    """The caller has judged this answer, or two others have."""

    code = "judged_already"


async def answer(
    connection: asyncpg.Connection, case_id: int, account_id: int, agency_id: int
) -> Mapping[str, Any]:
    """What is judged, with texts in clear but for the applicant's own data; a reading, and kept as that.
    Raises NotFound."""
    row = await connection.fetchrow(_ANSWER, account_id, agency_id, case_id)
    if row is None:
        raise NotFound
    read = [(row["appeal_id"], row["of_part"])]
    await keeping.keep(connection, account_id, agency_id, read, Way.QUALITY, clock.now())
    personal = own(row)
    asked, said = _opened(row["part"] or row["asked"]), _opened(row["said"])
    return dict(row) | {
        "appeal": masked(asked.get("text"), personal),
        "answer": masked(said.get("text"), personal),
        "legal_basis": masked(said.get("legal_basis"), personal),
    }


def _opened(body: bytes | None) -> dict[str, Any]:
    return orjson.loads(cipher().decrypt(body, "content.body")) if body else {}


async def verdicts(connection: asyncpg.Connection, case_id: int) -> Sequence[asyncpg.Record]:
    return await connection.fetch(_VERDICTS, case_id)


async def judge(
    connection: asyncpg.Connection,
    case_id: int,
    account_id: int,
    agency_id: int,
    said: VerdictIn,
    now: datetime,
) -> None:
    """Of two who judge at once the second waits. Raises NotFound, JudgedAlready, and Invalid for marks that
    are not those of the form."""
    row = await connection.fetchrow(_TURN, account_id, agency_id, case_id)
    if row is None:
        raise NotFound
    _check(said.marks, form_on(row["form"]))
    given = await verdicts(connection, case_id)
    if len(given) == JUDGES or any(one["judge_id"] == account_id for one in given):
        raise JudgedAlready
    note = cipher().encrypt_optional(said.note, NOTE)
    await connection.execute(_GIVE, case_id, len(given) + 1, account_id, now, said.marks, note)


def _check(marks: Mapping[str, Mark], form: Form) -> None:
    missing = [FieldError(f"marks.{code}", "missing") for code in form.codes if code not in marks]
    near = ", ".join(form.codes)
    unknown = [
        FieldError(f"marks.{code[:50]}", "unknown_code", {"near": near})
        for code in marks
        if code not in form.codes
    ]
    if missing or unknown:
        raise Invalid(errors=[*missing, *unknown])
