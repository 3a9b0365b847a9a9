"""HTML pages: templates, the security headers they go out with, and the files that they refer to."""

import hashlib
from datetime import datetime
from functools import cache, lru_cache, partial
from importlib import resources
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.appeals import numbers
from app.core import clock
from app.core.edge import LANGUAGE_COOKIE, language_of
from app.core.errors import AppError, NotFound
from app.core.i18n import LANGUAGES, Language, long_date, t
from app.staff.access import public

HERE = Path(__file__).parent
SWAGGER = "fastapi_swagger.resources"
# Name under /assets/, its media type, and the package that it comes from when it is not ours.
ASSETS: dict[str, tuple[str, str | None]] = {
    "site.css": ("text/css; charset=utf-8", None),
    "icon.svg": ("image/svg+xml", None),
    "files.js": ("text/javascript; charset=utf-8", None),
    "office.css": ("text/css; charset=utf-8", None),
    "administration.css": ("text/css; charset=utf-8", None),
    "office.js": ("text/javascript; charset=utf-8", None),
    "live.js": ("text/javascript; charset=utf-8", None),
    "docs.js": ("text/javascript; charset=utf-8", None),
    "docs.css": ("text/css; charset=utf-8", None),
    "swagger-ui.css": ("text/css; charset=utf-8", SWAGGER),
    "swagger-ui-bundle.js": ("text/javascript; charset=utf-8", SWAGGER),
}
KEPT_SECONDS = 31_536_000
KEPT = "public, max-age=31536000, immutable"
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# A page that has a script of ours and talks to us.
SCRIPTED_POLICY = f"{PAGE_POLICY}; script-src 'self'; connect-src 'self'"
LANGUAGE_NAMES: dict[Language, str] = {"kk": "Қазақша", "ru": "Русский", "en": "English"}

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])


@cache
def asset(name: str) -> tuple[bytes, str]:
    """A file's bytes and the hash that stands in its address. Raises KeyError for a name not listed."""
    package = ASSETS[name][1]
    folder = resources.files(package) if package else HERE / "assets"
    content = (folder / name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:16]


def asset_url(name: str) -> str:
    return f"/assets/{name}?v={asset(name)[1]}"


@router.get("/assets/{name}")
async def asset_file(name: str, v: str = "") -> Response:
    """Kept for a year under the address of its present content; under any other, asked for each time."""
    if name not in ASSETS:
        raise NotFound
    content, version = asset(name)
    headers = {"Cache-Control": KEPT if v == version else "no-cache", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=ASSETS[name][0], headers=headers)


_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals["asset_url"] = asset_url


@lru_cache(maxsize=4096)
def shown_number(number: str) -> str:
    """As people read it; addresses and fields keep the API's form. Anything else stays as typed."""
    whole, rest = (number[:-2], number[-2:]) if number.endswith(".0") else (number, "")
    try:
        return numbers.parse(whole).display() + rest
    except numbers.NumberError:
        return number


_templates.filters["shown"] = shown_number


class Keeps(Protocol):
    """Who keeps a cookie by an answer."""

    def keep(self, response: Response) -> None: ...


def page(
    request: Request,
    template: str,
    lang: Language,
    *,
    status: int = 200,
    policy: str = PAGE_POLICY,
    headers: dict[str, str] | None = None,
    private: bool = False,
    visitor: Keeps | None = None,
    **shown: Any,
) -> HTMLResponse:
    """A page in one language. `t` in a template is the sentence in that language. `private`: it stays on no
    disk. `visitor`: whose forms are on it; their token is good with the cookie that goes along."""

    html = _templates.get_template(template).render(
        **_words(lang),
        languages=_switch(request, lang),
        here=request.url.path,
        visitor=visitor,
        **shown,
    )
    answer = HTMLResponse(
        html,
        status,
        headers={
            "Content-Security-Policy": policy,
            "Content-Language": lang,
            "Vary": "Accept-Language, Cookie",
            "Cache-Control": "no-store" if private else "no-cache",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            **(headers or {}),
        },
    )
    if visitor:
        visitor.keep(answer)
    return keep_language(request, answer)


def fragment(template: str, lang: Language, **shown: Any) -> Markup:
    """A piece of a page, to be put into one."""
    return Markup(_templates.get_template(template).render(**_words(lang), **shown))


@cache
def _words(lang: Language) -> dict[str, Any]:
    """By which a template says something in this language."""

    def say(key: str, **params: object) -> str:
        return t(key, lang, **params)

    return {
        "lang": lang,
        "t": say,
        "long_date": partial(long_date, language=lang),
        "moment": partial(moment, language=lang),
        "hour": hour,
    }


A = TypeVar("A", bound=Response)


def keep_language(request: Request, answer: A) -> A:
    """A language that was chosen in the address is that of the next pages too."""
    if request.query_params.get("lang") == language_of(request):
        lang = language_of(request)
        answer.set_cookie(LANGUAGE_COOKIE, lang, max_age=KEPT_SECONDS, samesite="lax", httponly=True)
    return answer


def moment(at: datetime, language: Language) -> str:
    """An instant in civil time: the day in words, hours and minutes."""
    civil = at.astimezone(clock.ZONE)
    return f"{long_date(civil.date(), language)}, {civil:%H:%M}"


def hour(at: datetime) -> str:
    return f"{at.astimezone(clock.ZONE):%H:%M}"


def problem_page(error: AppError, request: Request) -> Response:
    """An error of a page, as a page."""
    lang = language_of(request)
    said = error.as_json(lang)
    return page(
        request,
        "error.html",
        lang,
        status=error.status,
        headers=error.headers,
        private=True,
        title=said["title"],
        detail=said["detail"],
    )


def _switch(request: Request, lang: Language) -> list[dict[str, Any]]:
    """The same page in each language, as links."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return [
        {
            "code": code,
            "name": LANGUAGE_NAMES[code],
            "url": f"?{urlencode([*kept, ('lang', code)])}",
            "current": code == lang,
        }
        for code in LANGUAGES
    ]
