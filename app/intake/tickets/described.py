"""What OpenAPI says of the bodies that routes read themselves, and the examples in it."""

from typing import Any

from pydantic import BaseModel

from app.core.stream import MOST_ITEMS, NDJSON

Examples = dict[str, Any]

EXAMPLES: Examples = {
    "light": {
        "summary": "Taken by telephone, in Kazakh",
        "value": {
            "external_id": "109-2026-000123",
            "channel": "call_centre",
            "kind": "statement",
            "language": "kk",
            "text": "Көшемізде бір аптадан бері жарық жоқ, кешке балалар мектептен қараңғыда қайтады.",
            "topic": "utilities",
            "applicant": {
                "name": "Үлгібек Сынақбаев",
                "phone": "+7 700 000 00 01",
                "address": "Түркістан қ., Мысал көшесі, 5",
            },
            "caller": "оператор 17",
        },
    },
    "question": {
        "summary": "A question, in Russian",
        "value": {
            "external_id": "109-2026-000124",
            "channel": "call_centre",
            "kind": "inquiry",
            "language": "ru",
            "text": "Когда откроют новую поликлинику в нашем микрорайоне?",
            "topic": "health",
        },
    },
}
CONSULTATIONS: Examples = {
    "answered": {
        "summary": "A call that was answered on the spot",
        "value": {
            "external_id": "109-call-884100",
            "at": "2026-11-23T09:41:00+05:00",
            "topic": "utilities",
            "language": "kk",
            "seconds": 140,
        },
    }
}


def one_of(model: type[BaseModel], examples: Examples) -> dict[str, Any]:
    """`openapi_extra` of a route that takes one."""
    content = {"application/json": {"schema": _schema(model), "examples": examples}}
    return {"requestBody": {"required": True, "content": content}}


def array_or_lines(model: type[BaseModel], examples: Examples) -> dict[str, Any]:
    """`openapi_extra` of a route that takes many."""
    all_ = [example["value"] for example in examples.values()]
    content = {
        "application/json": {
            "schema": {"type": "array", "items": _schema(model), "maxItems": MOST_ITEMS},
            "examples": {"array": {"summary": "An array", "value": all_}},
        },
        NDJSON: {"schema": {"type": "string", "description": "one of them a line"}},
    }
    return {"requestBody": {"required": True, "content": content}}


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """What it refers to is in the document already: the citizens' calls use it too."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return schema
