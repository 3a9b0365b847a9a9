"""By what rows of the record are found: hashes of what the applicant gave, words of what was written."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlmodel import Field

from app.core.columns import Encrypted, SearchHash


def hash_of(name: str, normal: Callable[[str], str | None] = str) -> Any:
    """The column of the applicant's `name`, an encrypted column beside it."""
    return Field(default=None, sa_type=SearchHash(Encrypted(f"applicant.{name}"), name, normal))


def words_of(said: Mapping[str, str | None]) -> str:
    """What is searched in a content: `register` and `Change.said` take the words of the same text."""
    body = json.loads(said["body"] or "{}")
    return f"{body.get('subject') or ''} {body.get('text') or ''}"
