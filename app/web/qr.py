"""QR codes."""

import io
from typing import Any

import segno


def qr(address: str) -> str:
    """An inline SVG that is as large as its place; it has no style of its own, which the page's policy would
    refuse."""
    drawn = io.BytesIO()
    options: dict[str, Any] = {"border": 4, "xmldecl": False, "svgns": True, "nl": False, "omitsize": True}
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", light="#fff", **options)
    return drawn.getvalue().decode()
