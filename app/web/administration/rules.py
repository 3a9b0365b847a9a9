"""The rules that terms rest on, and what another value of one would move. Nothing is changed here."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.core import clock
from app.core.edge import FIGURES, Db, Lang
from app.core.errors import AppError
from app.core.i18n import Language, t
from app.deadlines.explain import period
from app.deadlines.regimes import GROUPS, Unit
from app.timekeeping import rules as api
from app.timekeeping.rules import RuleIn, RuleOut
from app.timekeeping.schemas import PreviewOut
from app.web import figures
from app.web.administration.calendar import Administering, moves
from app.web.administration.parts import (
    Asking,
    Cell,
    Field,
    Grid,
    Section,
    Tried,
    heads,
    sections_page,
    typed,
)
from app.web.administration.reference_data import days
from app.web.administration.room import ROOM
from app.web.citizen.choices import Choice
from app.web.forms import Form, expired, said_of
from app.web.office.signed_in import Worker

router = APIRouter(include_in_schema=False, dependencies=[FIGURES])

PAGE = f"{ROOM}/rules"


@router.get(PAGE)
async def rules(request: Request, me: Administering, lang: Lang) -> HTMLResponse:
    return await _page(request, me, lang)


@router.post(f"{PAGE}/preview")
async def preview(request: Request, me: Administering, db: Db, lang: Lang) -> HTMLResponse:
    """What the rule would move if it were so."""
    form = await Form.of(request)
    if not me.visitor.sent(form.token):
        return await _page(request, me, lang, Tried("rule", form.fields, [expired(lang)]))
    try:
        said = typed(RuleIn, form, numbers_=("amount",))
        found = await api.preview_rule(me.caller, said, db, lang)
    except AppError as error:
        return await _page(request, me, lang, Tried("rule", form.fields, said_of(error, lang)))
    return await _page(request, me, lang, Tried("rule", form.fields, []), found)


async def _page(
    request: Request, me: Worker, lang: Language, tried: Tried | None = None, found: PreviewOut | None = None
) -> HTMLResponse:
    there = (await api.rules(me.caller, lang)).items
    shown = [moves(found, lang)] if found is not None else []
    return sections_page(
        request,
        lang,
        me,
        t("administration.page.rules", lang),
        [Section(forms=[_asking(there, lang)]), *shown, *(_group(name, there, lang) for name in GROUPS)],
        lead=t("rules.lead", lang),
        tried=tried,
    )


def _group(name: str, there: list[RuleOut], lang: Language) -> Section:
    rows = [_rule(one, lang) for one in there if one.matter in GROUPS[name]]
    grid = Grid(
        t("rules.count", lang, count=len(rows)),
        heads(lang, "rule", "said_in", "period", "from", "until", "evidence"),
        rows,
        t("administration.empty", lang),
    )
    return Section(t(f"rules.group.{name}", lang), grid=grid, folded=True)


def _asking(there: list[RuleOut], lang: Language) -> Asking:
    """Of each rule once: its newest row."""
    varied = {one.id: one for one in there if one.unit or one.readings}
    choices = [Choice(one.id, f"{one.id}. {one.sentence}") for one in varied.values()]
    readings = sorted({reading for one in varied.values() for reading in one.readings})
    return Asking(
        "rule",
        f"{PAGE}/preview",
        [
            Field("id", "choice", choices, t("administration.head.rule", lang)),
            Field("amount", "number"),
            Field("unit", "choice", [Choice(unit, t(f"rules.unit.{unit}", lang)) for unit in Unit]),
            Field("reading", "choice", [Choice(one, t(f"rules.reading.{one}", lang)) for one in readings]),
            Field("from", "day", label=t("rules.received_from", lang)),
        ],
        t("rules.try", lang),
        {"from": clock.today().isoformat()},
        folded=t("rules.try.title", lang),
    )


def _rule(one: RuleOut, lang: Language) -> list[Cell]:
    said = period(one.amount, one.unit, lang) if one.unit and one.amount else figures.NOTHING
    reading = t(f"rules.reading.{one.reading}", lang) if one.reading else ""
    return [
        Cell(one.id, note=one.sentence),
        Cell(one.source),
        Cell(said, note=reading),
        *days(one.valid_from, one.valid_to, lang),
        Cell(t(f"rules.evidence.{one.evidence}", lang)),
    ]
