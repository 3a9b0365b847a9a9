"""The citizen's forms as a browser without a script sends them."""

import re

import httpx

from app.core.i18n import Language


def token(page: httpx.Response) -> str:
    """What stands in every form of a page."""
    return found(r'name="form" value="([0-9a-f]+)"', page)


async def begun(client: httpx.AsyncClient, lang: Language = "kk") -> str:
    """A visitor who reads this language; gives the token of their forms."""
    client.headers["Accept-Language"] = lang
    return token(await client.get("/write"))


def found(pattern: str, page: httpx.Response) -> str:
    match = re.search(pattern, page.text)
    assert match, page.text
    return str(match[1])
