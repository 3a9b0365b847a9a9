"""The quality check: a sample is drawn, two judge each answer by the form, and how far they agree."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse

from app.core.edge import FIGURES, Db, Lang
from app.core.i18n import Language, known, long_date, t
from app.oversight.quality import api
from app.oversight.quality.schemas import (
    AgreementOut,
    AnswerOut,
    LotOut,
    Mark,
    SampleIn,
    SampleOut,
    VerdictIn,
)
from app.web import figures
from app.web.administration import files, period
from app.web.administration.parts import (
    Asking,
    Cell,
    Field,
    Grid,
    Section,
    Tried,
    attempt,
    heads,
    sections_page,
    typed,
)
from app.web.administration.room import ROOM
from app.web.citizen.choices import Choice
from app.web.forms import Form, read
from app.web.office.signed_in import Worker, requires
from app.web.pages import moment

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

PAGE = f"{ROOM}/quality"
Judging = Annotated[Worker, Depends(requires("quality"))]
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
MARK = "marks."


@router.get(PAGE)
async def samples(request: Request, me: Judging, db: Db, lang: Lang) -> HTMLResponse:
    return await _samples(request, me, db, lang)


@router.post(PAGE)
async def draw(request: Request, me: Judging, db: Db, lang: Lang) -> Response:
    async def act(form: Form) -> str:
        said = typed(SampleIn, form, numbers_=("per_agency",))
        async with db.transaction() as connection:
            drawn = await api.draw(me.caller, said, connection)
        return f"{PAGE}/{drawn.id}?done=drawn"

    done = await attempt(request, me, lang, "draw", act)
    return done if isinstance(done, Response) else await _samples(request, me, db, lang, done)


async def _samples(
    request: Request, me: Worker, db: Db, lang: Language, tried: Tried | None = None
) -> HTMLResponse:
    async with db.read() as connection:
        found = (await api.samples(me.caller, connection)).items
    grid = Grid(
        t("administration.quality.samples", lang),
        heads(lang, "period", "seed", "drawn#", "bodies#", "complete#", "drawn_by"),
        [_sample(one, lang) for one in found],
        t("administration.quality.none", lang),
    )
    asking = Asking(
        "draw",
        PAGE,
        [Field("from", "day"), Field("to", "day"), Field("per_agency", "number"), Field("seed")],
        t("administration.quality.draw", lang),
        typed=period.usual() | {"per_agency": "20"},
        folded=t("administration.quality.new", lang),
    )
    return sections_page(
        request,
        lang,
        me,
        t("administration.page.quality", lang),
        [Section(grid=grid, forms=[asking])],
        lead=t("administration.quality.lead", lang),
        tried=tried,
    )


def _sample(one: SampleOut, lang: Language) -> list[Cell]:
    return [
        Cell(figures.days(one.from_, one.to, lang), f"{PAGE}/{one.id}"),
        Cell(one.seed),
        Cell(figures.number(one.drawn, lang)),
        Cell(figures.number(one.agencies, lang)),
        Cell(figures.number(one.complete, lang)),
        Cell(one.drawn_by, note=moment(one.drawn_at, lang)),
    ]


@router.get(f"{PAGE}/{{id}}")
async def sample(request: Request, id: Id, me: Judging, db: Db, lang: Lang) -> HTMLResponse:
    async with db.read() as connection:
        lots = (await api.lots(me.caller, id, lang, connection)).items
        agreed = await api.agreed(me.caller, id, lang, connection)
    listed = Grid(
        t("administration.quality.answers", lang),
        heads(lang, "answer", "body", "judged#", "mine"),
        [_lot(one, lang) for one in lots],
        t("administration.quality.no_answers", lang),
    )
    return sections_page(
        request,
        lang,
        me,
        t("administration.quality.sample", lang, count=agreed.drawn),
        [
            Section(
                t("administration.quality.agreement", lang),
                grid=_agreement(agreed, lang),
                files=files.links("agreement", {"id": id}),
            ),
            Section(t("administration.quality.answers", lang), grid=listed),
        ],
        lead=t("administration.quality.complete", lang, complete=agreed.complete, drawn=agreed.drawn),
        back=(PAGE, t("administration.page.quality", lang)),
    )


def _agreement(agreed: AgreementOut, lang: Language) -> Grid:
    return Grid(
        t("administration.quality.kappa", lang),
        heads(lang, "criterion", "pairs#", "agreed#", "kappa#", "met#"),
        [
            [
                Cell(one.text),
                Cell(figures.number(one.pairs, lang)),
                Cell(figures.share(one.share, lang)),
                Cell(figures.number(one.kappa if one.kappa is None else round(one.kappa, 2), lang)),
                Cell(figures.share(one.met, lang)),
            ]
            for one in agreed.criteria
        ],
        t("administration.empty", lang),
    )


def _lot(one: LotOut, lang: Language) -> list[Cell]:
    name = t("administration.quality.lot", lang, place=one.place)
    mine = "yes" if one.mine else "no"
    return [
        Cell(name, f"{PAGE}/answers/{one.id}"),
        Cell(one.agency.name),
        Cell(figures.number(one.judged, lang)),
        Cell(t(f"administration.{mine}", lang)),
    ]


@router.get(f"{PAGE}/answers/{{id}}")
async def answer(request: Request, id: Id, me: Judging, db: Db, lang: Lang) -> HTMLResponse:
    return await _answer(request, id, me, db, lang)


@router.post(f"{PAGE}/answers/{{id}}")
async def judge(request: Request, id: Id, me: Judging, db: Db, lang: Lang) -> Response:
    async def act(form: Form) -> str:
        marks = {name.removeprefix(MARK): mark for name, mark in form.fields.items() if name.startswith(MARK)}
        note = form.get("note").strip()
        said = read(VerdictIn, {"marks": marks} | ({"note": note} if note else {}))
        async with db.transaction() as connection:
            await api.judge(me.caller, id, said, lang, connection)
        return f"{PAGE}/answers/{id}?done=judged"

    done = await attempt(request, me, lang, "verdict", act)
    return done if isinstance(done, Response) else await _answer(request, id, me, db, lang, done)


async def _answer(
    request: Request, id_: int, me: Worker, db: Db, lang: Language, tried: Tried | None = None
) -> HTMLResponse:
    async with db.read() as connection:
        found = await api.answer(me.caller, id_, lang, connection)
    gone = t("office.erased", lang)
    outcome = f"outcome.{found.outcome}"
    facts = [
        (t("administration.head.body", lang), found.agency.name),
        (t("administration.head.registered", lang), long_date(found.registered_on, lang)),
        (t("administration.head.due", lang), long_date(found.due_on, lang)),
        (t("administration.head.answered", lang), long_date(found.answered_on, lang)),
        (t("office.outcome", lang), t(outcome, lang) if known(outcome) else figures.NOTHING),
        (t("office.legal_basis", lang), found.legal_basis or figures.NOTHING),
    ]
    judged = bool(found.verdicts) or found.complete
    return sections_page(
        request,
        lang,
        me,
        t("administration.quality.answer", lang),
        [
            Section(facts=facts),
            Section(t("office.text", lang), letter=(found.appeal or gone, found.language)),
            Section(t("office.answer", lang), letter=(found.answer or gone, found.language)),
            *(_verdict(found, place, lang) for place in range(len(found.verdicts))),
            *(
                []
                if judged
                else [Section(t("administration.quality.form", lang), forms=[_form(found, lang)])]
            ),
        ],
        back=(PAGE, t("administration.page.quality", lang)),
        tried=tried,
    )


def _form(found: AnswerOut, lang: Language) -> Asking:
    marks = [Choice(mark, t(f"administration.mark.{mark}", lang)) for mark in found.form.marks]
    return Asking(
        "verdict",
        f"{PAGE}/answers/{found.id}",
        [
            *(Field(f"{MARK}{one.code}", "one", marks, one.text) for one in found.form.criteria),
            Field("note", "area"),
        ],
        t("administration.quality.judge", lang),
    )


def _verdict(found: AnswerOut, place: int, lang: Language) -> Section:
    verdict = found.verdicts[place]
    return Section(
        t("administration.quality.verdict", lang, judge=verdict.judge, moment=moment(verdict.at, lang)),
        words=[verdict.note] if verdict.note else [],
        facts=[
            (one.text, t(f"administration.mark.{verdict.marks.get(one.code, Mark.NOT_APPLICABLE)}", lang))
            for one in found.form.criteria
        ],
    )
