"""The index as it is answered: every component with its inputs, and the addresses of their cases."""

from collections.abc import Mapping, Sequence

from app.core.i18n import Language, t
from app.oversight.columns import BY_CODE
from app.oversight.compliance_answer import cases_url
from app.oversight.index.definition import RECEIVED, Component, Version
from app.oversight.index.kept import KeptComponent, KeptRow
from app.oversight.index.periods import Span
from app.oversight.index.schemas import (
    BandOut,
    ChangedOut,
    ComponentDefinitionOut,
    ComponentOut,
    DefinitionOut,
    IndexRowOut,
    InputOut,
    NowOut,
    UnrankedOut,
)
from app.oversight.reading import Days
from app.oversight.schemas import AgencyRef
from app.oversight.statistics import Filters


def definition_out(version: Version, lang: Language) -> DefinitionOut:
    return DefinitionOut(
        **{"from": version.first},
        closes_after_days=version.closes_after_days,
        least_cases=version.least_cases,
        least_weight=float(version.least_weight),
        bands=[BandOut(code=one.code, name=one.names().in_(lang), least=one.least) for one in version.bands],
        components=[_defined(one, lang) for one in version.components],
    )


def _defined(one: Component, lang: Language) -> ComponentDefinitionOut:
    return ComponentDefinitionOut(
        code=one.code,
        title=one.title.names().in_(lang),
        means=one.means.names().in_(lang),
        weight=float(one.weight),
        part=list(one.part),
        less=list(one.less),
        of=list(one.of),
        floor=float(one.floor),
        target=float(one.target),
        good="more" if one.more_is_better else "less",
    )


def rows_out(
    rows: Sequence[KeptRow],
    version: Version,
    span: Span,
    lang: Language,
    today: Mapping[str, KeptRow] | None = None,
) -> list[IndexRowOut]:
    """`today`: of a closed period the rows of today's figures, by code."""
    return [_row(row, version, span, lang, today) for row in rows]


def _row(
    row: KeptRow, version: Version, span: Span, lang: Language, today: Mapping[str, KeptRow] | None
) -> IndexRowOut:
    why = row.unranked
    return IndexRowOut(
        agency=AgencyRef(code=row.agency, name=row.names[lang]),
        level=row.level,
        band=row.band,
        received=row.figures[RECEIVED],
        total=row.total,
        rank=row.rank,
        of=row.of,
        unranked=UnrankedOut(code=why, sentence=_why(row, version, lang)) if why else None,
        counted_weight=row.counted,
        components=[
            _component(one, definition, row, version, span, lang)
            for one, definition in zip(row.components, version.components, strict=True)
        ],
        now=_now(row, today.get(row.agency)) if today is not None else None,
    )


def _why(row: KeptRow, version: Version, lang: Language) -> str:
    return t(
        f"index.unranked.{row.unranked}",
        lang,
        received=row.figures[RECEIVED],
        least=version.bands[0].least,
        share=f"{100 * version.least_weight:.0f}",
    )


def _component(
    one: KeptComponent,
    definition: Component,
    row: KeptRow,
    version: Version,
    span: Span,
    lang: Language,
) -> ComponentOut:
    few = None
    if one.points is None:
        few = t("index.left_out", lang, of=one.of, least=version.least_cases)
    return ComponentOut(
        **one.model_dump(exclude={"part"}),
        left_out=few,
        inputs=[
            InputOut(
                figure=figure,
                counts=counts,
                value=row.figures[figure],
                cases_url=figure_url(figure, row.agency, span),
            )
            for counts in ("part", "less", "of")
            for figure in getattr(definition, counts)
        ],
    )


def figure_url(figure: str, agency: str, span: Span) -> str:
    return cases_url(BY_CODE[figure], Days(span.first, span.last), agency, True, Filters())


def _now(kept: KeptRow, now: KeptRow | None) -> NowOut:
    """A body of which nothing is counted any more has zeros."""
    figures = now.figures if now else dict.fromkeys(kept.figures, 0)
    total = now.total if now else None
    both = total is not None and kept.total is not None
    return NowOut(
        total=total,
        difference=round((total or 0) - (kept.total or 0), 2) if both else None,
        band=now.band if now else None,
        rank=now.rank if now else None,
        of=now.of if now else None,
        figures=[
            ChangedOut(figure=code, kept=was, now=figures[code], difference=figures[code] - was)
            for code, was in kept.figures.items()
            if figures[code] != was
        ],
    )
