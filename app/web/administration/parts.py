"""What a page of the room is made of: sections with a grid, a form, a chart or words.

One template shows them all, and one macro every form."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup
from pydantic import BaseModel

from app.appeals import numbers
from app.core.errors import AppError
from app.core.i18n import Language, known, t
from app.web import figures
from app.web.administration.room import room_page
from app.web.citizen.choices import Choice, Group
from app.web.forms import Form, Mistake, expired, read, said_of
from app.web.office import signed_in
from app.web.office.signed_in import Worker

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Cell:
    """`note`: in small letters under it. `posts`: a button beside it, as its address and words."""

    text: str
    url: str = ""
    late: bool = False
    note: str = ""
    posts: tuple[str, str] | None = None
    drawn: str = ""
    """A chart."""
    links: Sequence["Cell"] = ()

    @property
    def void(self) -> bool:
        return self.text == figures.NOTHING and not (self.note or self.posts or self.drawn or self.links)


def case(number: str) -> Cell:
    """A case by its number, as people read it."""
    parsed = numbers.parse(number)
    return Cell(parsed.display(), f"{signed_in.ROOM}/cases/{parsed.format()}")


@dataclass(frozen=True, slots=True)
class Head:
    name: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; the first cell of a row names it. `empty`: what is said when there are no rows."""

    caption: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    empty: str
    more: str = ""
    more_words: str = ""
    """Instead of "more"."""


@dataclass(frozen=True, slots=True)
class Field:
    """`kind`: line, area, day, number, choice, one (of a few, as buttons), many (of a few: `chosen`),
    password, check or hidden. What it is called is `administration.field.<name>`, and `.hint` behind it where
    there is one."""

    name: str
    kind: str = "line"
    choices: Sequence[Choice | Group] = ()
    label: str = ""
    rows: int = 3


@dataclass(frozen=True, slots=True)
class Asking:
    """A form. `name`: what its fields' ids begin with. `folded`: opens by its title, and is `opened` already
    with what somebody typed."""

    name: str
    action: str
    fields: Sequence[Field]
    button: str
    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Sequence[Mistake] = ()
    folded: str = ""
    opened: bool = False
    also: tuple[str, str] | None = None
    """A second button: where it sends the same form, and its words."""


@dataclass(frozen=True, slots=True)
class Section:
    title: str = ""
    words: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    letter: tuple[str, str] | None = None
    """A text of somebody's, and its language."""
    chart: tuple[str, Markup, str] | None = None
    """What it shows, the chart, and its source."""
    grid: Grid | None = None
    files: Sequence[Mapping[str, str]] = ()
    """The same as files (`files.links`)."""
    forms: Sequence[Asking] = ()
    more: str = ""
    folded: bool = False
    """Opens by its title."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that was not taken: which, what was typed, and what is wrong with it."""

    name: str
    typed: Mapping[str, str]
    wrong: Sequence[Mistake]

    def put(self, form: Asking) -> Asking:
        """The form with what was typed, if it is this one."""
        if form.name != self.name:
            return form
        named = [
            replace(one, field=f"{form.name}-{one.field}" if one.field else "", label="")
            for one in self.wrong
        ]
        return replace(form, typed={**form.typed, **self.typed}, wrong=named, opened=True)


async def attempt(
    request: Request, me: Worker, lang: Language, name: str, act: Callable[[Form], Awaitable[str]]
) -> RedirectResponse | Tried:
    """Do what a form asks; `act` gives the address to go on to. What refuses it is told beside the form."""
    form = await Form.of(request)
    if not me.visitor.sent(form.token):
        return Tried(name, form.fields, [expired(lang)])
    try:
        return RedirectResponse(await act(form), 303)
    except AppError as error:
        if error.status == 404:
            raise
        return Tried(name, form.fields, said_of(error, lang))


def typed(schema: type[S], form: Form, numbers_: Sequence[str] = ()) -> S:
    """What the form says, blanks left out; `numbers_` are fields that are numbers. Raises Invalid."""
    names = [info.alias or name for name, info in schema.model_fields.items()]
    said: dict[str, object] = {name: form.get(name) for name in names if form.get(name).strip()}
    for name in numbers_:
        text = str(said.get(name, "")).strip()
        if text.isascii() and text.isdigit() and len(text) < 10:
            said[name] = int(text)
    return read(schema, said)


def chosen(form: Form, name: str) -> list[str]:
    """The codes that are ticked of a field of many."""
    return [field.removeprefix(f"{name}.") for field in form.fields if field.startswith(f"{name}.")]


def sections_page(
    request: Request,
    lang: Language,
    me: Worker,
    title: str,
    sections: Sequence[Section],
    *,
    lead: str = "",
    back: tuple[str, str] | None = None,
    tried: Tried | None = None,
    wrong: Sequence[Mistake] = (),
    period: Mapping[str, Any] | None = None,
    template: str = "sections.html",
    **shown: Any,
) -> HTMLResponse:
    """`back`: the page above, as its address and name. `period`: `period.shown`, for a page of days.
    `template`: one that says more around the sections, of what is `shown`."""
    if tried is not None:
        sections = [replace(one, forms=[tried.put(form) for form in one.forms]) for one in sections]
        if all(form.name != tried.name for one in sections for form in one.forms):
            # Somebody was quicker, and the form is not there any more; what was typed into it is.
            wrong = [*wrong, *(replace(one, field="") for one in tried.wrong)]
            words = [said for said in tried.typed.values() if said.strip()]
            yours = t("administration.yours", lang)
            sections = [*([Section(yours, words)] if words else []), *sections]
    sections = [replace(one, forms=[_named(form, lang) for form in one.forms]) for one in sections]
    mistakes = [*wrong, *(mistake for one in sections for form in one.forms for mistake in form.wrong)]
    done = f"administration.done.{request.query_params.get('done', '')[:40]}"
    return room_page(
        request,
        template,
        lang,
        me,
        status=422 if mistakes else 200,
        title=title,
        lead=lead,
        back=back,
        period=period,
        sections=sections,
        wrong=mistakes,
        done=t(done, lang) if known(done) else "",
        label_of=partial(_label, lang=lang),
        hint_of=lambda name: _hint(f"administration.field.{name}.hint", lang),
        **shown,
    )


def _label(field: Field, lang: Language) -> str:
    return field.label or t(f"administration.field.{field.name}", lang)


def _named(form: Asking, lang: Language) -> Asking:
    """Each mistake with its field's name; what is about several fields stands at the first of them."""
    at = {f"{form.name}-{one.name}": one for one in form.fields}

    def found(mistake: Mistake) -> Mistake:
        ids = (one for one in at if one == mistake.field or one.startswith(f"{mistake.field}."))
        place = next(ids, "") if mistake.field else ""
        return replace(mistake, field=place, label=_label(at[place], lang)) if place else mistake

    return replace(form, wrong=[found(one) for one in form.wrong])


def _hint(key: str, lang: Language) -> str:
    return t(key, lang) if known(key) else ""


def heads(lang: Language, *names: str) -> list[Head]:
    """By key; a name that ends with `#` is of a column of numbers."""
    return [Head(t(f"administration.head.{name.rstrip('#')}", lang), name.endswith("#")) for name in names]
