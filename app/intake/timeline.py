"""What happened to an appeal, as the applicant is told it: one sentence an event."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from app.appeals import numbers
from app.appeals.codes import EventKind
from app.core import clock
from app.core.i18n import Language, known, t
from app.core.nested import Row
from app.deadlines.regimes import Stage
from app.directory.registry import Directory
from app.intake.schemas import TimelineOut

# The rest is the agency's inner work.
TOLD = frozenset(
    {
        EventKind.REGISTERED,
        EventKind.CLAIMED,
        EventKind.SUPPLEMENTED,
        EventKind.ANSWERED,
        EventKind.FORWARDED,
        EventKind.RECEIVED,
        EventKind.WITHDRAWN,
        EventKind.REOPENED,
        EventKind.RATED,
        EventKind.SPLIT,
        EventKind.SPLIT_OFF,
        EventKind.CORRECTION_REQUESTED,
        EventKind.CORRECTED,
        EventKind.RETURNED,
        EventKind.SUSPENDED,
        EventKind.RESUMED,
        EventKind.EXTENDED,
        EventKind.HEARING_SET,
        EventKind.HEARING_EXEMPTED,
        EventKind.TERMINATED,
        EventKind.MERGED,
        EventKind.SELF_CORRECTED,
        EventKind.DECIDED,
        EventKind.RECALCULATED,
        EventKind.DEADLINE_PASSED,
        EventKind.UNMASKED,
        EventKind.ERASED,
    }
)
_DAYS = ("due_on", "registered_on", "until", "on", "decide_from", "object_by", "before", "after")


def timeline(events: Iterable[Row], directory: Directory, lang: Language) -> list[TimelineOut]:
    return [
        TimelineOut(
            at=event["at"],
            event=event["kind"],
            part=event["part"],
            sentence=sentence(event["kind"], event["data"], clock.civil_day(event["at"]), directory, lang),
        )
        for event in events
        if event["kind"] in TOLD
    ]


def sentence(
    kind: str, data: Mapping[str, Any], on: date, directory: Directory, lang: Language, voice: str = "event"
) -> str:
    """An event in words, with the names that bodies had on its day. `voice`: whose sentences are taken where
    there are any; else those that the applicant is told."""
    variant = _variant(kind, data)
    names = (f"{voice}.{variant}", f"{voice}.{kind}")
    key = next(filter(known, names), f"event.{variant}")
    return t(key, lang, **_words(kind, data, on, directory, lang))


def _variant(kind: str, data: Mapping[str, Any]) -> str:
    """Some events have another sentence for what is particular about them."""
    match kind:
        case EventKind.REGISTERED:
            filed = data.get("complaint")
            return "registered.complaint" if filed and filed["stage"] == Stage.HANDOVER else "registered.with"
        case EventKind.FORWARDED if data.get("handover"):
            return "forwarded.complaint"
        case EventKind.SUSPENDED if "until" in data:
            return "suspended.until"
        case EventKind.RESUMED if "due_on" in data:
            return "resumed.due_on"
        case EventKind.TERMINATED if data.get("ground") == "court_only":
            return "terminated.court_only"
        case EventKind.UNMASKED if "agency" in data:
            return "unmasked.by"
    return kind


def _words(
    kind: str, data: Mapping[str, Any], on: date, directory: Directory, lang: Language
) -> dict[str, object]:
    words: dict[str, object] = {name: date.fromisoformat(data[name]) for name in _DAYS if name in data}
    codes = {"agency": data.get("agency"), "from_agency": data.get("from")}
    if kind in {EventKind.MERGED, EventKind.LINKED}:
        number = numbers.parse(data["to"])
        words["number"] = number.format() if lang == "en" else number.display()
    elif kind == EventKind.FORWARDED:
        codes["to_agency"] = data["to"]
    words |= {word: directory.agency(code).name(lang, on) for word, code in codes.items() if code}
    if "ground" in data:
        words["ground"] = t(f"ground.{data['ground']}", lang)
    if "outcome" in data:
        words["outcome"] = t(f"outcome.{data['outcome']}", lang)
    if "score" in data:
        words["score"] = data["score"]
    return words
