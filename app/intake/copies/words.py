"""The same copy to be read by people: a text in the language that was asked for."""

from collections.abc import Iterator
from datetime import datetime

from app.appeals import numbers
from app.core import clock
from app.core.i18n import Language, t
from app.intake.copies.schemas import CopyOut


def in_words(copy: CopyOut, lang: Language) -> str:
    return "\n".join(_lines(copy, lang)) + "\n"


def _lines(copy: CopyOut, lang: Language) -> Iterator[str]:
    number = numbers.parse(copy.appeal.number)
    yield t("copy.title", lang, number=number.format() if lang == "en" else number.display())
    yield t("copy.made", lang, at=_moment(copy.made_at))
    if copy.appeal.erased_on:
        yield t("track.erased", lang, day=copy.appeal.erased_on)
    for name, lines in (
        ("applicant", _applicant(copy, lang)),
        ("texts", _texts(copy)),
        ("timeline", (f"{_moment(one.at)}  {one.sentence}" for one in copy.appeal.timeline)),
        ("looked", (f"{one.day}  {one.agency.name}" for one in copy.appeal.looked)),
        ("notices", _notices(copy, lang)),
        ("files", (f"{one.inside or one.name or '—'}: {one.sentence}" for one in copy.files)),
    ):
        yield from _section(name, lang, lines)
    yield ""
    yield copy.left_out


def _section(name: str, lang: Language, lines: Iterator[str]) -> Iterator[str]:
    yield ""
    yield f"== {t(f'copy.{name}', lang)}"
    yield from list(lines) or [t("copy.none", lang)]


def _applicant(copy: CopyOut, lang: Language) -> Iterator[str]:
    for name, value in copy.applicant.model_dump().items() if copy.applicant else ():
        if value is not None:
            yield f"{t(f'copy.of.{name}', lang)}: {value}"


def _texts(copy: CopyOut) -> Iterator[str]:
    sentences = {(one.at, one.event, one.part): one.sentence for one in copy.appeal.timeline}
    for one in copy.texts:
        yield f"-- {_moment(one.at)}  {sentences.get((one.at, one.event, one.part), '')}".rstrip()
        yield from (str(one.said[name]) for name in ("subject", "text", "legal_basis") if one.said.get(name))


def _notices(copy: CopyOut, lang: Language) -> Iterator[str]:
    for one in copy.notices:
        way = t(f"copy.way.{one.way or 'page'}", lang)
        state = f", {t(f'copy.state.{one.state}', lang)}" if one.state else ""
        yield f"{_moment(one.at)}  {t(f'copy.notice.{_group(one.kind)}', lang)} ({way}{state})"


def _group(kind: str) -> str:
    """What a notice was about, roughly: its very words are in the history above."""
    known = {"appeal.registered": "registered", "appeal.answered": "answered"}
    return known.get(kind, "deadline" if kind.startswith("deadline.") else "changed")


def _moment(at: datetime) -> str:
    return at.astimezone(clock.ZONE).strftime("%Y-%m-%d %H:%M")
