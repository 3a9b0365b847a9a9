"""Other tables of oversight as sheets: signs, the forecast, and what everybody may read."""

from datetime import date

from app.core.i18n import Language, t
from app.oversight.exports.sheet import Column, Kind, Row, Sheet, at_once, column, figure
from app.oversight.exports.words import coded, told, whose
from app.oversight.forecast.schemas import ForecastOfIn, ForecastOut
from app.oversight.quality.schemas import AgreementOut, SampleOut
from app.oversight.schemas import FiguresOut, MonthsIn, MonthsOut, StatisticsIn, StatisticsOut
from app.oversight.signs.codes import Sign
from app.oversight.signs.schemas import PeriodIn, SignsOut
from app.oversight.stated.schemas import StatedIn, StatedListOut, StatedOut
from app.oversight.statistics import NAMES, Basis

MONTH, CHANNEL = "month", "channel"


def signs(asked: PeriodIn, found: SignsOut, lang: Language) -> Sheet:
    columns = [
        *whose(lang),
        column("closed", Kind.NUMBER, lang, said="closed_all"),
        column("small", Kind.MARK, lang, said="closed_small"),
        *(one for sign in Sign for one in _sign(sign, lang)),
    ]
    rows: list[Row] = []
    for row in found.rows:
        counts = [row.signs[sign] for sign in Sign]
        shown = [value for one in counts for value in (one.items, one.cases, one.share)]
        rows.append([row.agency.code, row.agency.name, row.closed, row.small, *shown])
    return Sheet(
        f"signs-{found.from_}-{found.to}",
        t("export.sheet.signs", lang),
        told(asked, (found.from_, found.to), lang),
        columns,
        at_once(rows),
        [found.note],
    )


def _sign(sign: Sign, lang: Language) -> list[Column]:
    """Its three numbers."""
    name, means = t(f"administration.sign.{sign}", lang), t(f"signs.what.{sign}", lang)
    kinds = (("items", Kind.NUMBER), ("cases", Kind.NUMBER), ("share", Kind.SHARE))
    return [
        Column(f"{sign}_{of}", kind, t(f"export.sign.{of}", lang, sign=name), means) for of, kind in kinds
    ]


def forecast(asked: ForecastOfIn, found: ForecastOut, lang: Language) -> Sheet:
    columns = [
        *whose(lang),
        *(
            column(name, Kind.NUMBER, lang, said=f"forecast_{name}")
            for name in ("will_be_late", "open", "overdue", "closed", "working_days")
        ),
        column("pace", Kind.DECIMAL, lang, said="forecast_pace"),
        column("judged", Kind.NUMBER, lang, said="forecast_judged"),
        column("precision", Kind.SHARE, lang, said="forecast_precision"),
        column("recall", Kind.SHARE, lang, said="forecast_recall"),
        column("mean_error_days", Kind.DECIMAL, lang, said="forecast_error"),
        column("small", Kind.MARK, lang, said="forecast_small"),
        column("made_on", Kind.DAY, lang, said="forecast_made_on"),
    ]
    rows: list[Row] = []
    for row in found.rows:
        work = (row.will_be_late, row.open, row.overdue, row.closed, row.working_days, row.pace)
        tried = row.backtest
        trust: Row = [None] * 6
        if tried:
            trust = [
                tried.judged,
                tried.precision,
                tried.recall,
                tried.mean_error_days,
                tried.small,
                tried.made_on,
            ]
        rows.append([row.agency.code, row.agency.name, *work, *trust])
    return Sheet(
        f"forecast-{found.on}",
        t("export.sheet.forecast", lang),
        told(asked, found.on, lang),
        columns,
        at_once(rows),
        [found.note],
    )


def agreement(sample: SampleOut, found: AgreementOut, lang: Language) -> Sheet:
    """A row a criterion."""
    columns = [
        column("criterion", Kind.TEXT, lang),
        column("criterion_text", Kind.TEXT, lang),
        column("pairs", Kind.NUMBER, lang),
        column("agreed", Kind.NUMBER, lang),
        column("agreed_share", Kind.SHARE, lang),
        column("kappa", Kind.DECIMAL, lang),
        column("met", Kind.SHARE, lang),
    ]
    rows: list[Row] = [
        [one.criterion, one.text, one.pairs, one.agreed, one.share, one.kappa, one.met]
        for one in found.criteria
    ]
    period = t("export.asked.days", lang, first=sample.from_, last=sample.to)
    said = [
        (t("export.asked.period", lang), period),
        (t("export.asked.seed", lang), sample.seed),
        (t("export.asked.drawn", lang), str(found.drawn)),
        (t("export.asked.complete", lang), str(found.complete)),
    ]
    title = t("export.sheet.agreement", lang)
    return Sheet(f"agreement-{sample.id}", title, said, columns, at_once(rows))


def statistics(asked: StatisticsIn, found: StatisticsOut, lang: Language) -> Sheet:
    """The public table, with what it hides: hidden cells are empty and their rows marked."""
    names = [name for name in NAMES if name != "carried_in" or found.basis is Basis.ACTIVITY]
    columns = [
        *whose(lang),
        *(figure(name, lang) for name in names),
        figure("on_time_share", lang),
        column("suppressed", Kind.MARK, lang),
    ]

    def values(row: FiguresOut) -> Row:
        return [*(getattr(row, name) for name in names), row.on_time_share, row.suppressed]

    rows: list[Row] = [[row.agency.code, row.agency.name, *values(row)] for row in found.rows]
    rows.append([None, t("web.figures.total", lang), *values(found.total)])
    appeals = "" if found.total.appeals is None else str(found.total.appeals)
    return Sheet(
        f"statistics-{found.from_}-{found.to}",
        t("export.sheet.agencies", lang),
        [*told(asked, (found.from_, found.to), lang), (t("export.asked.appeals", lang), appeals or "—")],
        columns,
        at_once(rows),
        [t("export.note.hidden", lang), *([found.note] if found.note else [])],
    )


def months(asked: MonthsIn, found: MonthsOut, lang: Language) -> Sheet:
    """Two ways to tell the same apart, one under the other: add up rows of one of them."""
    names = {code: t(f"export.by.{code}", lang) for code in (MONTH, CHANNEL)}
    columns = [
        column("by", Kind.CODE, lang, names),
        column("code", Kind.TEXT, lang, said="flow_code"),
        column("name", Kind.TEXT, lang, said="flow_name"),
        figure("received", lang),
        figure("answered", lang),
    ]
    rows: list[Row] = [[MONTH, one.month, None, one.received, one.answered] for one in found.months]
    rows += [[CHANNEL, one.code, one.name, one.received, one.answered] for one in found.channels]
    days = (found.from_, found.to)
    return Sheet(
        f"months-{found.from_}-{found.to}",
        t("export.sheet.months", lang),
        told(asked, days, lang),
        columns,
        at_once(rows),
    )


def stated(asked: StatedIn, found: StatedListOut, base: str, on: date, lang: Language) -> Sheet:
    """A row for each total, and after it one for each part that the statement names."""
    columns = [
        *whose(lang),
        coded("measure", lang),
        column("of", Kind.TEXT, lang, said="stated_of"),
        column("from", Kind.DAY, lang),
        column("to", Kind.DAY, lang),
        column("period_as_stated", Kind.TEXT, lang),
        column("part", Kind.TEXT, lang, said="stated_part"),
        column("stated", Kind.NUMBER, lang),
        column("parts_total", Kind.NUMBER, lang),
        column("difference", Kind.NUMBER, lang),
        column("notes", Kind.TEXT, lang),
        column("source", Kind.TEXT, lang, said="stated_source"),
        column("counted_url", Kind.LINK, lang),
    ]
    rows = [row for one in found.rows for row in _stated(one, base)]
    title = t("export.sheet.stated", lang)
    return Sheet(f"stated-{on}", title, told(asked, None, lang), columns, at_once(rows))


def _stated(one: StatedOut, base: str) -> list[Row]:
    about = [
        one.agency.code,
        one.agency.name,
        one.measure,
        one.scope,
        one.from_,
        one.to,
        one.period_as_stated,
    ]
    notes = " ".join(note.sentence for note in one.notes) or None
    url = f"{base}{one.counted_url}" if one.counted_url else None
    total: Row = [*about, None, one.total, one.parts_total, one.difference, notes, one.source, url]
    parts: list[Row] = [
        [*about, part.name, part.count, None, None, None, one.source, None] for part in one.parts
    ]
    return [total, *parts]
