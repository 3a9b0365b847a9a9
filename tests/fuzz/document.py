"""The OpenAPI document as the fuzzing reads it: what is there is named beside what may be."""

import copy
from typing import Any


def with_known(document: dict[str, Any], known: dict[str, list[Any]]) -> dict[str, Any]:
    """Fields and parameters of these names are, more often than by chance, of something that is there. What
    is allowed stays the same."""
    found = copy.deepcopy(document)
    for path in found["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _wider(parameter["name"], parameter["schema"], known)
    for schema in found["components"]["schemas"].values():
        properties = schema.get("properties", {})
        for name, of in properties.items():
            properties[name] = _wider(name, of, known)
    return found


def _wider(name: str, schema: dict[str, Any], known: dict[str, list[Any]]) -> dict[str, Any]:
    kinds = {"string": str, "integer": int}
    values = [one for one in known.get(name, ()) if isinstance(one, kinds.get(str(schema.get("type")), ()))]
    if not values or "enum" in schema:
        return schema
    return {"anyOf": [{"type": schema["type"], "enum": values}, schema]}
