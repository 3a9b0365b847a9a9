"""The question in words, and words for the codes of a sheet."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from app.appeals.codes import ApplicantType, Close, Decision, Kind, Origin, Outcome, Status
from app.core import clock
from app.core.i18n import Language, known, long_date, t
from app.directory import snapshot
from app.oversight.columns import BY_CODE
from app.oversight.compliance_schemas import NO_REGION
from app.oversight.exports.sheet import Column, column
from app.oversight.exports.sheet import Kind as Value
from app.oversight.resonance.steps import State
from app.oversight.schemas import Asked
from app.oversight.stated.codes import Measure

Told = list[tuple[str, str]]
# Closed lists: the codes, and the sentences of each.
_LISTS: Mapping[str, tuple[type[StrEnum], str]] = {
    "kind": (Kind, "export.kinds"),
    "applicant_type": (ApplicantType, "export.types"),
    "origin": (Origin, "export.origin"),
    "status": (Status, "office.status"),
    "close": (Close, "figure"),
    "state": (State, "administration.issues.state"),
    "measure": (Measure, "stated.measure"),
}


def words(of: str, lang: Language) -> dict[str, str]:
    """What people call the codes of `of`, as they are called today."""
    directory, today = snapshot.current(), clock.today()
    if of in _LISTS:
        codes, sentences = _LISTS[of]
        return {code: t(f"{sentences}.{code}", lang) for code in codes}
    if of == "outcome":
        return {code: t(f"outcome.{code}", lang) for code in (*Outcome, *Decision)}
    if of == "topic":
        return {one.code: one.name(lang) for one in directory.topics()}
    if of == "channel":
        return {one.code: one.name(lang) for one in directory.channels()}
    if of == "region":
        none = {NO_REGION: t("export.no_region", lang)}
        return none | {one.code: one.name(lang, today) for one in directory.regions()}
    return {}


def coded(of: str, lang: Language) -> Column:
    """A column of codes of `of`."""
    return column(of, Value.CODE, lang, words(of, lang))


def whose(lang: Language) -> list[Column]:
    """A body by its code and its name."""
    return [column("agency", Value.TEXT, lang), column("agency_name", Value.TEXT, lang)]


def told(asked: Asked, days: tuple[date, date] | date | None, lang: Language) -> Told:
    """The question: the days that it came to, and every filter that was set."""
    said: Told = []
    if isinstance(days, tuple):
        period = t("export.asked.days", lang, first=days[0], last=days[1])
        said.append((t("export.asked.period", lang), period))
    elif days is not None:
        said.append((t("export.asked.on", lang), long_date(days, lang)))
    told_already = {"from_", "to"} if days else set()
    given = asked.model_dump(exclude_none=True, exclude={"lang"} | told_already)
    return said + [(_field(name, lang), _said(name, value, lang)) for name, value in given.items()]


def _field(name: str, lang: Language) -> str:
    return t(f"export.asked.{name}", lang)


def _said(name: str, value: object, lang: Language) -> str:
    if isinstance(value, bool):
        return t(f"export.{'yes' if value else 'no'}", lang)
    if isinstance(value, date):
        return long_date(value, lang)
    code = str(value)
    if name == "agency":
        return snapshot.current().agency(code).name(lang, clock.today())
    if name == "figure":
        return BY_CODE[code].title(lang) if code in BY_CODE else t("export.judged", lang)
    if name == "region" and code != NO_REGION:
        code = code.upper()
    if name == "by" and known(f"export.asked.{code}"):
        return _field(code, lang)
    sentence = f"export.{name}.{code}"
    return t(sentence, lang) if known(sentence) else words(name, lang).get(code, code)
