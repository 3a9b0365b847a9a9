"""What the service sends to the database for one request, overheard and made a pgbench script.

The statements and their values are the service's own. What differs from one run to the next, as the case
that is taken and who takes it, pgbench puts in: from what a statement before gave, or the client's number.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from app.core.db import Database, to_json
from app.core.pool import Suits
from bench.pgbench import literal

_PARAMETER = re.compile(r"\$(\d+)")
_WORD = re.compile(r"\b(BEGIN|COMMIT)\b")


@dataclass(frozen=True, slots=True)
class Spoken:
    """`types`: of its parameters, as PostgreSQL has them."""

    statement: str
    values: Sequence[Any]
    types: Sequence[str]


class Overheard(Database):
    """A database whose statements are noted. For the tasks of one connection."""

    heard: list[tuple[str, Sequence[Any]]]

    @asynccontextmanager
    async def _connection(self, suits: Suits | None = None) -> AsyncIterator[asyncpg.Connection]:
        async with super()._connection(suits) as connection:
            with connection.query_logger(lambda said: self.heard.append((said.query, said.args))):
                yield connection

    async def spoken(self) -> list[Spoken]:
        """All that was heard, in order; what limits a transaction is left to the session."""
        async with super()._connection() as connection:
            found = []
            for statement, values in self.heard:
                word = _WORD.search(statement)
                prepared = None if word else await connection.prepare(statement)
                types = [one.name for one in prepared.get_parameters()] if prepared else []
                found.append(Spoken(word[1] if word else statement, values or (), types))
            return found


def script(spoken: Sequence[Spoken], varying: Mapping[int, str], given: Mapping[int, str]) -> str:
    """`varying`: by a value that was overheard, the variable that stands in its place. `given`: by a
    statement's place, the prefix of the variables that its row becomes."""
    lines = []
    for place, one in enumerate(spoken):
        values = [_value(value, kind, varying) for value, kind in zip(one.values, one.types, strict=True)]
        text = _PARAMETER.sub(lambda found, values=values: values[int(found[1]) - 1], one.statement).strip()  # type: ignore[misc]
        lines.append(f"{text} \\gset {given[place]}" if place in given else f"{text};")
    return "\n".join([*lines, ""])


def _value(value: Any, kind: str, varying: Mapping[int, str]) -> str:
    if kind in ("json", "jsonb"):
        return f"({_json(value, varying)})::{kind}"
    if isinstance(value, list | tuple):
        return f"ARRAY[{', '.join(_one(item, varying) for item in value)}]::{kind}"
    return f"({_one(value, varying)})::{kind}"


def _one(value: Any, varying: Mapping[int, str]) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value in varying:
        return f":{varying[value]}"
    return literal(str(value) if isinstance(value, UUID) else value)


def _json(value: Any, varying: Mapping[int, str]) -> str:
    """The text with marks where something varies, and what PostgreSQL puts there."""
    if value is None:
        return "NULL"
    found = literal(to_json(_marked(value, varying)))
    for name in varying.values():
        if f'"@{name}"' in found:
            found = f"replace({found}, '\"@{name}\"', :{name}::text)"
    return found


def _marked(value: Any, varying: Mapping[int, str]) -> Any:
    if isinstance(value, dict):
        return {name: _marked(item, varying) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_marked(item, varying) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and value in varying:
        return f"@{varying[value]}"
    return value
