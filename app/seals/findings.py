"""What `listening-state verify` finds, and how it is said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.core import clock
from app.core.i18n import Language, t


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that is not as it was: its table, its id there, and what is wrong with it (`seals.wrong.…`)."""

    table: str
    id: object
    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, lang: Language) -> str:
        what = t(f"seals.wrong.{self.code}", lang, **self.params)
        return t("seals.found", lang, table=self.table, id=self.id, what=what)


def local(at: datetime) -> str:
    """A moment in civil time, for a person."""
    return at.astimezone(clock.ZONE).strftime("%d.%m.%Y %H:%M")
