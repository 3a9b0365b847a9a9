"""The index as a sheet: a row a body, with the three numbers of each component."""

from app.core.i18n import Language, t
from app.oversight.exports.sheet import Column, Kind, Row, Sheet, at_once, column
from app.oversight.exports.words import told, whose
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
        *(one for component in made.components for one in _component(component, lang)),
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
        rows.append([row.agency.code, row.agency.name, *place, why, *values])
    return Sheet(
        f"index-{found.from_}-{found.to}",
        t("export.sheet.index", lang),
        [*told(asked, (found.from_, found.to), lang), _state(found, lang)],
        columns,
        at_once(rows),
    )


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
