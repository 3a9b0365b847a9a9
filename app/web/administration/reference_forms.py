"""The forms of one thing of the reference data."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.core import clock
from app.core.i18n import LANGUAGES, Language, t
from app.directory import snapshot
from app.directory.changes import CONTACT, SETTINGS
from app.directory.changes_schemas import ThingOut
from app.directory.values import AgencyKind
from app.web.administration import reference_words as words
from app.web.administration.parts import Asking, Field
from app.web.citizen.choices import Choice, Group, bodies, regions
from app.web.forms import Form

DATED = ("agency", "region")
_KINDS = {"parent": "choice", "approval_required": "check"}
# What the body itself goes by; how people reach it is a form of its own.
_INNER = tuple(name for name in SETTINGS if name not in CONTACT)
_NUMBERS = ("week", "warn_operator", "warn_head")
VERSION = Field("version", "hidden")


def of(kind: str, one: ThingOut, page: str, lang: Language) -> list[Asking]:
    found = [_names(kind, one, page, lang)]
    if kind == "agency":
        found += [_settings(one, page, lang), _contact(one, page, lang), _end(one, page, lang)]
    if kind == "topic":
        found.append(_competence(one, page, lang))
    return found


def new_agency(page: str, lang: Language) -> Asking:
    kinds = [Choice(kind, t(f"reference.kind.{kind}", lang)) for kind in AgencyKind]
    fields = [
        Field("code"),
        *(Field(language) for language in LANGUAGES),
        Field("kind", "choice", kinds),
        Field("parent", "choice", _bodies(lang)),
        Field("region", "choice", regions(lang)),
        Field("from", "day"),
    ]
    said = t("reference.new", lang)
    typed = {"from": clock.today().isoformat()}
    return Asking("new", page, fields, t("reference.make", lang), typed, folded=said)


def contact_of(form: Form) -> dict[str, Any]:
    """How a body is reached, a blank as none."""
    return {name: form.get(name).strip() or None for name in CONTACT} | {"version": form.get("version")}


def settings_of(form: Form) -> dict[str, Any]:
    """Every other setting, a blank one as none."""
    said: dict[str, Any] = {name: form.get(name).strip() or None for name in _INNER}
    said["approval_required"] = bool(said["approval_required"])
    for name in _NUMBERS:
        text = said[name]
        if text is not None and text.isascii() and text.isdigit() and len(text) < 10:
            said[name] = int(text)
    return said | {"version": form.get("version")}


def _names(kind: str, one: ThingOut, page: str, lang: Language) -> Asking:
    dated = kind in DATED
    fields = [Field(language) for language in LANGUAGES]
    typed: dict[str, str] = {name: getattr(one.names[-1], name) for name in LANGUAGES}
    typed["version"] = one.version
    if dated:
        fields.append(Field("from", "day"))
        typed["from"] = clock.today().isoformat()
    title = t(f"reference.names.{'from' if dated else 'topic'}", lang)
    return Asking(
        "names", f"{page}/names", [*fields, VERSION], t("reference.save", lang), typed, folded=title
    )


def _settings(one: ThingOut, page: str, lang: Language) -> Asking:
    assert one.settings is not None
    values = one.settings.model_dump(mode="json")
    typed = {name: words.hour(str(values[name])) for name in _INNER if values[name] not in (None, False)}
    choices = _bodies(lang, one.code)
    fields = [
        Field(name, _KINDS.get(name, "number" if name in _NUMBERS else "line"), choices) for name in _INNER
    ]
    return Asking(
        "settings",
        f"{page}/settings",
        [*fields, VERSION],
        t("reference.save", lang),
        typed | {"version": one.version},
        folded=t("reference.settings", lang),
    )


def _contact(one: ThingOut, page: str, lang: Language) -> Asking:
    assert one.settings is not None
    values = one.settings.model_dump()
    return Asking(
        "contact",
        f"{page}/contact",
        [*map(Field, CONTACT), VERSION],
        t("reference.save", lang),
        {name: values[name] or "" for name in CONTACT} | {"version": one.version},
        folded=t("reference.contact", lang),
    )


def _end(one: ThingOut, page: str, lang: Language) -> Asking:
    fields = [
        Field("last_day", "day"),
        Field("successor", "choice", _bodies(lang, one.code)),
        VERSION,
    ]
    typed = {"version": one.version, "last_day": str(one.valid_to or ""), "successor": one.successor or ""}
    return _tried(
        "end", page, fields, typed, lang, does=t("reference.close", lang), title=t("reference.end", lang)
    )


def _tried(
    name: str,
    page: str,
    fields: Sequence[Field],
    typed: Mapping[str, str],
    lang: Language,
    *,
    does: str,
    title: str,
) -> Asking:
    """A form whose first button shows what it would do, and whose second does it."""
    return Asking(
        name,
        f"{page}/{name}/preview",
        fields,
        t("reference.try", lang),
        typed,
        folded=title,
        also=(f"{page}/{name}", does),
    )


def _competence(one: ThingOut, page: str, lang: Language) -> Asking:
    fields = [
        Field("region", "choice", regions(lang)),
        Field("agency", "choice", _bodies(lang), t("administration.head.body", lang)),
        Field("from", "day"),
        VERSION,
    ]
    typed = {"version": one.version, "from": clock.today().isoformat()}
    return _tried(
        "competence",
        page,
        fields,
        typed,
        lang,
        does=t("reference.save", lang),
        title=t("reference.competence.change", lang),
    )


def _bodies(lang: Language, but: str = "") -> list[Group]:
    """Those that are not over, without one."""
    there = snapshot.current()
    return [
        Group(
            group.name,
            [it for it in group.choices if it.code != but and there.agency(it.code).valid_to is None],
        )
        for group in bodies(lang)
    ]
