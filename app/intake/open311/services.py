"""Topics as services, with what a request about each may say beside its text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from app.appeals.codes import Kind
from app.core.i18n import Language, known, t
from app.directory.registry import Directory
from app.directory.values import Topic

GROUPS = {
    "city": ("land", "construction", "housing", "utilities", "transport", "ecology"),
    "people": ("social", "employment", "health", "education"),
    "economy": ("agriculture", "tax", "digital"),
    "law": ("law-order", "justice"),
}


class Datatype(StrEnum):
    STRING = "string"
    NUMBER = "number"
    DATETIME = "datetime"
    TEXT = "text"
    SINGLE = "singlevaluelist"
    MULTI = "multivaluelist"


@dataclass(frozen=True, slots=True)
class Attribute:
    """`values`: the keys that may be chosen, named by sentences; those of regions are the directory's."""

    code: str
    datatype: Datatype
    values: tuple[str, ...] = ()
    required: bool = False


KIND, REGION = "kind", "region"
_COMMON = (Attribute(KIND, Datatype.SINGLE, tuple(Kind)), Attribute(REGION, Datatype.SINGLE))
_OWN: dict[str, tuple[Attribute, ...]] = {
    "utilities": (
        Attribute("supply", Datatype.MULTI, ("heating", "water", "electricity", "gas", "sewerage", "waste")),
    ),
    "transport": (Attribute("transport", Datatype.SINGLE, ("road", "bus", "railway", "air")),),
    "digital": (Attribute("since", Datatype.DATETIME),),
    "tax": (Attribute("payer", Datatype.SINGLE, ("individual", "entrepreneur", "company"), required=True),),
}


def attributes(topic: str) -> Sequence[Attribute]:
    return (*_OWN.get(topic, ()), *_COMMON)


def keys(attribute: Attribute, directory: Directory, on: date) -> Sequence[str]:
    """What may be chosen."""
    if attribute.code == REGION:
        return [region.code for region in directory.regions(on)]
    return attribute.values


def service_out(topic: Topic, lang: Language) -> dict[str, Any]:
    return {
        "service_code": topic.code,
        "service_name": topic.name(lang),
        "description": _said(topic, "description", lang),
        "metadata": True,
        "type": "realtime",
        "keywords": _said(topic, "keywords", lang),
        "group": t(f"open311.group.{_group(topic.code)}", lang),
    }


def _said(topic: Topic, what: str, lang: Language) -> str:
    """A topic that is newer than the sentences speaks by its name."""
    key = f"open311.service.{topic.code}.{what}"
    return t(key, lang) if known(key) else topic.name(lang)


def _group(code: str) -> str:
    return next((group for group, codes in GROUPS.items() if code in codes), "other")


def definition_out(topic: Topic, directory: Directory, on: date, lang: Language) -> dict[str, Any]:
    return {
        "service_code": topic.code,
        "attributes": [
            _attribute(attribute, place, _named(attribute, directory, on, lang), lang)
            for place, attribute in enumerate(attributes(topic.code), 1)
        ],
    }


def _attribute(
    attribute: Attribute, order: int, values: list[dict[str, Any]], lang: Language
) -> dict[str, Any]:
    listed = attribute.datatype in (Datatype.SINGLE, Datatype.MULTI)
    return {
        "variable": True,
        "code": attribute.code,
        "datatype": attribute.datatype.value,
        "required": attribute.required,
        "datatype_description": t(f"open311.datatype.{attribute.datatype}", lang),
        "order": order,
        "description": t(f"open311.attribute.{attribute.code}", lang),
        **({"values": values} if listed else {}),
    }


def _named(attribute: Attribute, directory: Directory, on: date, lang: Language) -> list[dict[str, Any]]:
    name: Callable[[str], str]
    if attribute.code == REGION:
        name = lambda key: directory.region(key).name(lang, on)  # noqa: E731
    else:
        name = lambda key: t(f"open311.value.{attribute.code}.{key}", lang)  # noqa: E731
    return [{"key": key, "name": name(key)} for key in keys(attribute, directory, on)]
