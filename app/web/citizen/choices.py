"""What a person may choose from on the pages, in their language and in its alphabet's order."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.appeals.codes import Kind
from app.core import clock
from app.core.i18n import Language, sort_key, t
from app.directory import snapshot
from app.directory.values import AgencyKind
from app.routing.likely import likely_topics
from app.web.citizen.steps import STEPS

# The order in which people think of them, not the law's.
KINDS = (Kind.STATEMENT, Kind.COMPLAINT, Kind.MESSAGE, Kind.INQUIRY, Kind.PROPOSAL, Kind.RESPONSE)
LANGUAGE_NAMES: Mapping[str, str] = {"kk": "Қазақша", "ru": "Русский", "en": "English"}


@dataclass(frozen=True, slots=True)
class Choice:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    choices: list[Choice]


def regions(lang: Language) -> list[Choice]:
    on = clock.today()
    there = snapshot.current().regions(on)
    return _sorted([Choice(region.code, region.name(lang, on)) for region in there], lang)


def topics(text: str, lang: Language) -> tuple[list[Choice], list[Choice]]:
    """Those that the text is probably about, and the others."""
    names = {topic.code: topic.name(lang) for topic in snapshot.current().topics()}
    likely = [code for code in likely_topics(text) if code in names]
    last = ["other"] if "other" in names and "other" not in likely else []
    others = _sorted([Choice(c, n) for c, n in names.items() if c not in {*likely, *last}], lang)
    return [Choice(code, names[code]) for code in likely], [*others, *(Choice(c, names[c]) for c in last)]


def topic_choices(lang: Language) -> list[Choice]:
    return _sorted([Choice(it.code, it.name(lang)) for it in snapshot.current().topics()], lang)


_GROUPS: Mapping[str, frozenset[AgencyKind]] = {
    "ministries": frozenset({AgencyKind.MINISTRY, AgencyKind.OFFICE, AgencyKind.ADMINISTRATION}),
    "akimats": frozenset({AgencyKind.AKIMAT}),
    "others": frozenset(AgencyKind)
    - {AgencyKind.MINISTRY, AgencyKind.OFFICE, AgencyKind.ADMINISTRATION, AgencyKind.AKIMAT},
}


def bodies(lang: Language) -> list[Group]:
    on = clock.today()
    there = snapshot.current().agencies(on)

    def of(kinds: frozenset[AgencyKind]) -> list[Choice]:
        found = [Choice(agency.code, agency.name(lang, on)) for agency in there if agency.kind in kinds]
        return _sorted(found, lang)

    return [Group(t(f"write.bodies.{name}", lang), of(kinds)) for name, kinds in _GROUPS.items()]


def channels(lang: Language) -> list[Choice]:
    return _sorted([Choice(it.code, it.name(lang)) for it in snapshot.current().channels()], lang)


def _sorted(found: list[Choice], lang: Language) -> list[Choice]:
    return sorted(found, key=lambda choice: sort_key(choice.name, lang))


# What was answered, to be read once more


@dataclass(frozen=True, slots=True)
class Answered:
    """`step`: where it can be changed."""

    step: str
    question: str
    answer: str


def answers(typed: Mapping[str, str], lang: Language) -> list[Answered]:
    """Every question with what was answered; what was left out says so."""
    found = []
    for step in STEPS:
        for field in step.fields:
            if field in _hidden(typed):
                continue
            said = typed.get(field, "").strip()
            answer = _in_words(field, said, lang) if said else t("write.check.nothing", lang)
            found.append(Answered(step.name, t(f"write.field.{field}", lang), answer))
    return found


def _hidden(typed: Mapping[str, str]) -> frozenset[str]:
    organisation = typed.get("applicant.type") == "legal_entity"
    return frozenset({"addressee", "applicant.iin" if organisation else "applicant.bin"})


def _in_words(field: str, said: str, lang: Language) -> str:
    directory = snapshot.current()
    match field:
        case "kind":
            return t(f"write.kind.{said}", lang) if said in set(Kind) else said
        case "applicant.type":
            return t(f"write.type.{said}", lang) if said in {"individual", "legal_entity"} else said
        case "language":
            return LANGUAGE_NAMES.get(said, said)
        case "topic" if directory.has_topic(said):
            return directory.topic(said).name(lang)
        case "region" if directory.has_region(said):
            return directory.region(said).name(lang, clock.today())
    return said
