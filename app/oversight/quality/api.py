"""The Administration's samples of answers: drawn, judged by two, their agreement."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, Path

from app.core import clock
from app.core.cipher import cipher
from app.core.edge import FIGURES, Lang, Read, Tx
from app.core.errors import Forbidden, Invalid, NotFound, problems
from app.core.i18n import Language
from app.directory import snapshot
from app.oversight.asked import wrong_days
from app.oversight.quality import drawing, judging
from app.oversight.quality.agreement import agreement
from app.oversight.quality.drawing import Wanted
from app.oversight.quality.forms import Form, form_on
from app.oversight.quality.judging import MAY_JUDGE, NOTE, JudgedAlready
from app.oversight.quality.models import JUDGES
from app.oversight.quality.schemas import (
    AgreedOut,
    AgreementOut,
    AnswerOut,
    CriterionOut,
    FormOut,
    LotOut,
    LotsOut,
    Mark,
    SampleIn,
    SampleOut,
    SamplesOut,
    VerdictIn,
    VerdictOut,
)
from app.oversight.schemas import AgencyRef
from app.staff.access import StaffCaller, require

router = APIRouter(prefix="/api/v1/quality", tags=["control"], dependencies=[FIGURES])

Judging = Annotated[StaffCaller, Depends(require("quality"))]
Id = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[1])]

_SAMPLES = """
SELECT s.*, account.name AS drawer, count(q.id) AS drawn, count(DISTINCT q.agency_id) AS agencies,
       count(second.case_id) AS complete
FROM quality_sample s
JOIN staff_account account ON account.id = s.drawn_by
LEFT JOIN quality_case q ON q.sample_id = s.id
LEFT JOIN quality_verdict second ON second.case_id = q.id AND second.place = 2
WHERE $1::bigint IS NULL OR s.id = $1
GROUP BY s.id, account.name ORDER BY s.id DESC LIMIT 200
"""
_LOTS = f"""
SELECT q.id, q.place, q.agency_id, count(v.place) AS judged, coalesce(bool_or(v.judge_id = $1), false) AS mine
FROM quality_case q LEFT JOIN quality_verdict v ON v.case_id = q.id
WHERE q.sample_id = $3 AND {MAY_JUDGE}
GROUP BY q.id ORDER BY q.place
"""
_PAIRS = """
SELECT one.marks AS first, two.marks AS second
FROM quality_case q
JOIN quality_verdict one ON one.case_id = q.id AND one.place = 1
JOIN quality_verdict two ON two.case_id = q.id AND two.place = 2
WHERE q.sample_id = $1
"""


@router.get(
    "/form",
    summary="What an answer is checked for",
    description="The form that a sample drawn today is checked against.",
    responses=problems(Forbidden),
)
async def form(_: Judging, lang: Lang) -> FormOut:
    return _form(form_on(clock.today()), lang)


@router.post(
    "/samples",
    summary="Draw a sample of answers",
    description=(
        "At random, `per_agency` of each agency that answered in the period, or all where it has fewer. The "
        "same seed, period and record draw the same answers; what was drawn is kept.\n\n"
        "The lot of an answer is the SHA-256 of `seed/appeal/part/holding` in hexadecimal; the lowest are "
        "drawn."
    ),
    status_code=201,
    responses=problems(Forbidden, Invalid),
)
async def draw(caller: Judging, said: SampleIn, connection: Tx) -> SampleOut:
    if wrong := list(wrong_days({"from": said.from_, "to": said.to}, said.from_, said.to)):
        raise Invalid(errors=wrong)
    wanted = Wanted(said.seed, said.from_, said.to, said.per_agency)
    id_ = await drawing.draw(connection, wanted, caller.account_id, clock.now(), clock.today())
    return (await _samples(connection, id_))[0]


@router.get(
    "/samples", summary="Samples of answers", description="The newest 200.", responses=problems(Forbidden)
)
async def samples(_: Judging, connection: Read) -> SamplesOut:
    return SamplesOut(items=await _samples(connection, None))


@router.get(
    "/samples/{id}",
    summary="The answers of a sample",
    description="Without those that the caller may not judge: of their own agency, or signed by them.",
    responses=problems(Forbidden, NotFound),
)
async def lots(caller: Judging, id: Id, lang: Lang, connection: Read) -> LotsOut:
    await known(connection, id)
    rows = await connection.fetch(_LOTS, caller.account_id, caller.agency_id, id)
    return LotsOut(
        items=[
            LotOut(
                id=row["id"],
                place=row["place"],
                agency=_agency(row["agency_id"], clock.today(), lang),
                judged=row["judged"],
                mine=row["mine"],
            )
            for row in rows
        ]
    )


@router.get(
    "/answers/{id}",
    summary="An answer to be judged",
    description=(
        "What was asked and answered, without the applicant's own data, and the form. What the other judge "
        "says is shown once both have judged."
    ),
    responses=problems(Forbidden, NotFound),
)
async def answer(caller: Judging, id: Id, lang: Lang, connection: Read) -> AnswerOut:
    return await _shown(connection, id, caller, lang)


@router.put(
    "/answers/{id}/verdict",
    summary="Judge an answer",
    description="Once, and for good, by the first two who do. A mark for each criterion of the form.",
    responses=problems(Forbidden, NotFound, JudgedAlready, Invalid),
)
async def judge(caller: Judging, id: Id, said: VerdictIn, lang: Lang, connection: Tx) -> AnswerOut:
    await judging.judge(connection, id, caller.account_id, caller.agency_id, said, clock.now())
    return await _shown(connection, id, caller, lang)


@router.get(
    "/samples/{id}/agreement",
    summary="How far the two judges agree",
    description="For each criterion, of the answers that both have judged.",
    responses=problems(Forbidden, NotFound),
)
async def agreed(_: Judging, id: Id, lang: Lang, connection: Read) -> AgreementOut:
    sample = await known(connection, id)
    pairs = await connection.fetch(_PAIRS, id)
    criteria = [_agreed(one, pairs, lang) for one in form_on(sample.form).criteria]
    return AgreementOut(drawn=sample.drawn, complete=len(pairs), criteria=criteria)


def _agreed(criterion: Any, pairs: Sequence[asyncpg.Record], lang: Language) -> AgreedOut:
    marks = [(pair["first"][criterion.code], pair["second"][criterion.code]) for pair in pairs]
    found, all_ = agreement(marks), [mark for pair in marks for mark in pair]
    yes, no = all_.count(Mark.YES), all_.count(Mark.NO)
    return AgreedOut(
        criterion=criterion.code,
        text=criterion.text(lang),
        pairs=found.pairs,
        agreed=found.agreed,
        share=found.share,
        kappa=found.kappa,
        met=round(yes / (yes + no), 4) if yes + no else None,
    )


async def known(connection: asyncpg.Connection, id_: int) -> SampleOut:
    """Raises NotFound."""
    found = await _samples(connection, id_)
    if not found:
        raise NotFound
    return found[0]


async def _samples(connection: asyncpg.Connection, id_: int | None) -> list[SampleOut]:
    names = ("id", "per_agency", "seed", "form", "drawn_at", "drawn", "agencies", "complete")
    return [
        SampleOut(
            **{name: row[name] for name in names},
            **{"from": row["first"]},
            to=row["last"],
            drawn_by=row["drawer"],
        )
        for row in await connection.fetch(_SAMPLES, id_)
    ]


async def _shown(connection: asyncpg.Connection, id_: int, caller: StaffCaller, lang: Language) -> AnswerOut:
    row = await judging.answer(connection, id_, caller.account_id, caller.agency_id)
    given = await judging.verdicts(connection, id_)
    complete = len(given) == JUDGES
    names = ("id", "language", "registered_on", "due_on", "outcome", "legal_basis", "appeal", "answer")
    return AnswerOut(
        **{name: row[name] for name in names},
        agency=_agency(row["agency_id"], row["closed_on"], lang),
        answered_on=row["closed_on"],
        form=_form(form_on(row["form"]), lang),
        verdicts=[_verdict(one) for one in given if complete or one["judge_id"] == caller.account_id],
        complete=complete,
    )


def _verdict(row: asyncpg.Record) -> VerdictOut:
    note = cipher().decrypt_optional(row["note"], NOTE)
    return VerdictOut(judge=row["judge"], at=row["at"], marks=row["marks"], note=note)


def _form(found: Form, lang: Language) -> FormOut:
    criteria = [
        CriterionOut(code=one.code, text=one.text(lang), rule=one.rule or None) for one in found.criteria
    ]
    return FormOut(**{"from": found.first}, criteria=criteria, marks=list(Mark))


def _agency(id_: int, on: date, lang: Language) -> AgencyRef:
    agency = snapshot.current().agency_by_id(id_)
    return AgencyRef(code=agency.code, name=agency.name(lang, on))
