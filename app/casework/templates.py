"""Templates of answers: by topic and language, with fields that a case fills. Heads keep them for their body;
everybody of that body, and of the bodies under it, writes with them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from string import Formatter

import asyncpg

from app.appeals import numbers
from app.casework.schemas import AgencyOut, CaseOut, TemplateIn, TemplateOut
from app.core import clock
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import Language, long_date
from app.core.nested import Row
from app.directory.registry import Directory
from app.staff.access import StaffCaller

FIELDS = ("number", "name", "registered_on", "due_on", "today", "agency")
MOST = 500

_COLUMNS = "t.id, t.agency_id, t.topic, t.language, t.name, t.text, t.version, t.updated_at"
# The nearest body's first, then those for the topic.
OF = f"""
SELECT {_COLUMNS} FROM unnest({{agencies}}) WITH ORDINALITY AS mine(agency_id, near)
JOIN letter_template t USING (agency_id)
WHERE ({{topic}} IS NULL OR t.topic IS NULL OR t.topic = {{topic}})
  AND ({{language}} IS NULL OR t.language = {{language}})
ORDER BY t.topic IS NULL, mine.near, t.name, t.id LIMIT {MOST}
"""
_OF = OF.format(agencies="$1::bigint[]", topic="$2::text", language="$3::text")
_ONE = f"SELECT {_COLUMNS} FROM letter_template t WHERE t.id = $1 AND t.agency_id = ANY ($2::bigint[])"
_ADD = f"""
INSERT INTO letter_template AS t (agency_id, topic, language, name, text, author_id, version, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7)
RETURNING {_COLUMNS}
"""
_CHANGE = f"""
UPDATE letter_template AS t SET topic = $3, language = $4, name = $5, text = $6, author_id = $7,
       version = t.version + 1, updated_at = $8
WHERE t.id = $1 AND t.agency_id = $2 AND ($9::bigint IS NULL OR t.version = $9) RETURNING {_COLUMNS}
"""
_REMOVE = """
DELETE FROM letter_template
WHERE id = $1 AND agency_id = $2 AND ($3::bigint IS NULL OR version = $3) RETURNING id
"""
_VERSION = "SELECT version FROM letter_template WHERE id = $1 AND agency_id = $2"


class TemplateNotFound(NotFound):
    code = "template_not_found"


class TemplateMoved(Conflict):
    """Another head changed it since it was read; `version` is its newest."""

    code = "template_moved"


def check(said: TemplateIn, directory: Directory) -> None:
    """Raises Invalid for a topic that is not there, and for fields that no case fills."""
    if said.topic is not None and not directory.has_topic(said.topic):
        raise Invalid.of("topic", "unknown_code", near=", ".join(directory.near("topic", said.topic)) or "—")
    try:
        named = [name for _, name, spec, turned in Formatter().parse(said.text) if name is not None]
        plain = all(not spec and not turned for _, name, spec, turned in Formatter().parse(said.text))
    except ValueError:
        raise Invalid.of("text", "template_braces") from None
    unknown = [name for name in named if name not in FIELDS]
    if unknown or not plain:
        raise Invalid.of(
            "text",
            "template_field",
            unknown=", ".join(f"{{{name}}}" for name in unknown) or "…",
            known=", ".join(f"{{{name}}}" for name in FIELDS),
        )


def of_whom(caller: StaffCaller, directory: Directory) -> list[int]:
    """The caller's body and those above it, the nearest first."""
    found = [directory.agency_by_id(caller.agency_id)]
    while (above := directory.parent(found[-1])) is not None:
        found.append(above)
    return [agency.id for agency in found]


async def listed(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    directory: Directory,
    lang: Language,
    topic: str | None = None,
    language: str | None = None,
) -> Sequence[TemplateOut]:
    rows = await connection.fetch(_OF, of_whom(caller, directory), topic, language)
    return [out(row, caller, directory, lang) for row in rows]


async def one(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    template_id: int,
    directory: Directory,
    lang: Language,
) -> TemplateOut:
    """Raises TemplateNotFound."""
    row = await connection.fetchrow(_ONE, template_id, of_whom(caller, directory))
    if row is None:
        raise TemplateNotFound
    return out(row, caller, directory, lang)


async def add(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    said: TemplateIn,
    directory: Directory,
    lang: Language,
    now: datetime,
) -> TemplateOut:
    check(said, directory)
    row = await connection.fetchrow(
        _ADD, caller.agency_id, said.topic, said.language, said.name, said.text, caller.account_id, now
    )
    assert row is not None
    return out(row, caller, directory, lang)


async def change(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    template_id: int,
    said: TemplateIn,
    directory: Directory,
    lang: Language,
    now: datetime,
    seen: int | None,
) -> TemplateOut:
    """Only of one's own body. `seen`: the version that the caller saw; None: whatever it is now. Raises
    TemplateNotFound, TemplateMoved, Invalid."""
    check(said, directory)
    values = (said.topic, said.language, said.name, said.text, caller.account_id, now, seen)
    row = await connection.fetchrow(_CHANGE, template_id, caller.agency_id, *values)
    if row is None:
        raise await _why_not(connection, caller, template_id)
    return out(row, caller, directory, lang)


async def remove(
    connection: asyncpg.Connection, caller: StaffCaller, template_id: int, seen: int | None
) -> None:
    """`seen` as for a change. Raises TemplateNotFound, TemplateMoved."""
    if await connection.fetchval(_REMOVE, template_id, caller.agency_id, seen) is None:
        raise await _why_not(connection, caller, template_id)


async def _why_not(
    connection: asyncpg.Connection, caller: StaffCaller, template_id: int
) -> TemplateNotFound | TemplateMoved:
    version = await connection.fetchval(_VERSION, template_id, caller.agency_id)
    return TemplateNotFound() if version is None else TemplateMoved(extra={"version": version})


def filled(template: TemplateOut, case: CaseOut, directory: Directory) -> str:
    """The text for this case, in the template's language. A name that is not known leaves its place empty."""
    lang: Language = template.language.value
    values: Mapping[str, str] = {
        "number": numbers.parse(case.number).display(),
        "name": case.applicant.name or "",
        "registered_on": long_date(case.registered_on, lang),
        "due_on": long_date(case.due_on, lang),
        "today": long_date(clock.today(), lang),
        "agency": directory.agency(case.agency.code).name(lang, clock.today()),
    }
    return template.text.format_map(values)


def out(row: Row, caller: StaffCaller, directory: Directory, lang: Language) -> TemplateOut:
    agency = directory.agency_by_id(row["agency_id"])
    return TemplateOut(
        id=row["id"],
        agency=AgencyOut(code=agency.code, name=agency.name(lang, clock.today())),
        own=row["agency_id"] == caller.agency_id,
        topic=row["topic"],
        language=row["language"],
        name=row["name"],
        text=row["text"],
        version=row["version"],
        updated_at=row["updated_at"],
    )
