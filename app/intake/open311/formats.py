"""XML and JSON of the same values, by the conventions of the standard.

A value is an object (a dict) or a list of them under a name. In XML the name is the root and each member of
a list has a name of its own; JSON drops both (Spark): a list is a bare array, an object a bare object.
"""

import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from xml.etree import ElementTree

import orjson
from fastapi import Request
from fastapi.responses import Response

from app.core.edge import language_of as of_the_edge
from app.core.i18n import LANGUAGES, Language

Value = Mapping[str, Any] | list[dict[str, Any]]

MEMBER = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
}
# What XML 1.0 cannot carry, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Format(StrEnum):
    XML = "xml"
    JSON = "json"


MEDIA = {Format.XML: "text/xml", Format.JSON: "application/json"}


def format_of(request: Request) -> Format:
    """By the path's ending; where that is none of ours, by `Accept`, else XML, which everybody reads."""
    ending = request.scope["path"].rpartition(".")[2]
    if ending in set(Format):
        return Format(ending)
    return Format.JSON if "json" in request.headers.get("accept", "") else Format.XML


def language_of(request: Request) -> Language:
    """`?locale=` as well as `?lang=` and `Accept-Language`; `kk-KZ` and `ru_RU` are understood."""
    asked = request.query_params.get("locale", "")[:2].lower()
    for known in LANGUAGES:
        if asked == known:
            return known
    return of_the_edge(request)


def respond(
    request: Request,
    name: str,
    value: Value,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    lang: Language | None = None,
) -> Response:
    """`value` as an answer. What is read may be read by pages of any site, and need not be sent twice."""
    format_ = format_of(request)
    body = as_xml(name, value) if format_ is Format.XML else orjson.dumps(value)
    sent = {
        "Content-Type": f"{MEDIA[format_]}; charset=utf-8",
        "Content-Language": lang or language_of(request),
        "Vary": "Accept, Accept-Language",
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
        **(headers or {}),
    }
    if request.method == "GET":
        sent["Access-Control-Allow-Origin"] = "*"
        sent["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if status == 200 and sent["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=sent)
    return Response(body, status, headers=sent)


def as_xml(name: str, value: Value) -> bytes:
    root = _element(name, value)
    found: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return found


def _element(name: str, value: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(value, Mapping):
        element.extend(_element(key, inner) for key, inner in value.items())
    elif isinstance(value, list):
        element.extend(_element(MEMBER[name], inner) for inner in value)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = _NOT_XML.sub("\ufffd", str(value))
    return element
