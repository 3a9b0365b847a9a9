"""The index as a sheet: a row a body, with the numbers of each component and the figures behind them."""

from app.core.i18n import Language, t
from app.oversight.exports.sheet import Column, Kind, Row, Sheet, at_once, column, figure
from app.oversight.exports.words import told, whose
from app.oversight.index.definition import RECEIVED
from app.oversight.index.schemas import ComponentDefinitionOut, ComponentOut, IndexIn, IndexOut

OF_A_COMPONENT = (
    ("value", Kind.SHARE),
    ("of", Kind.NUMBER),
    ("points", Kind.DECIMAL),
    ("contribution", Kind.DECIMAL),
)


def index(asked: IndexIn, found: IndexOut, lang: Language) -> Sheet:
    made = found.definition
    bands = {band.code: band.name for band in made.bands}
    beside = asked.beside is not None and found.closed_at is not None
    columns = [
        *whose(lang),
        column("level", Kind.NUMBER, lang),
        column("band", Kind.CODE, lang, bands),
        column("rank", Kind.NUMBER, lang, said="index_rank"),
        column("of", Kind.NUMBER, lang, said="index_of"),
        column("total", Kind.DECIMAL, lang, said="index_total"),
        column("received", Kind.NUMBER, lang, said="index_received"),
        column("counted_weight", Kind.SHARE, lang),
        column("unranked", Kind.TEXT, lang),
        *([column("total_now", Kind.DECIMAL, lang, said="index_total_now")] if beside else []),
        *(one for component in made.components for one in _component(component, lang)),
        *(figure(code, lang) for code in _inputs(found)),
    ]
    rows: list[Row] = []
    for row in found.rows:
        parts: dict[str, ComponentOut] = {one.code: one for one in row.components}
        place = (row.level, row.band, row.rank, row.of, row.total, row.received, row.counted_weight)
        values = [
            getattr(parts[one.code], name) if one.code in parts else None
            for one in made.components
            for name, _ in OF_A_COMPONENT
        ]
        why = row.unranked.sentence if row.unranked else None
        now = [row.now.total if row.now else None] if beside else []
        inputs = {one.figure: one.value for part in row.components for one in part.inputs}
        figures = [inputs[code] for code in _inputs(found)]
        rows.append([row.agency.code, row.agency.name, *place, why, *now, *values, *figures])
    return Sheet(
        f"index-{found.from_}-{found.to}",
        t("export.sheet.index", lang),
        [*told(asked, (found.from_, found.to), lang), _state(found, lang)],
        columns,
        at_once(rows),
    )


def _inputs(found: IndexOut) -> list[str]:
    """The figures that the components are made from, each once; what was received has its column already."""
    made = found.definition.components
    used = dict.fromkeys(code for one in made for code in (*one.part, *one.less, *one.of))
    return [code for code in used if code != RECEIVED]


def _state(found: IndexOut, lang: Language) -> tuple[str, str]:
    return t("export.asked.state", lang), t(f"export.index.{found.state}", lang)


def _component(of: ComponentDefinitionOut, lang: Language) -> list[Column]:
    """Its numbers, told apart by their titles; they all mean what the component does."""
    return [
        Column(
            f"{of.code}_{name}",
            kind,
            t(f"export.component.{name}", lang, component=of.title, weight=round(100 * of.weight)),
            of.means,
        )
        for name, kind in OF_A_COMPONENT
    ]
