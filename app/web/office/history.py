"""What happened to a case, as those who work on it read it: when, who, and one sentence an event."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.appeals.codes import ActorKind
from app.core import clock
from app.core.i18n import Language, t
from app.core.nested import Row
from app.directory.registry import Directory
from app.intake import timeline
from app.web.pages import moment

VOICE = "history"


@dataclass(frozen=True, slots=True)
class Told:
    when: str
    who: str
    sentence: str


def told(events: Sequence[Row], directory: Directory, lang: Language) -> list[Told]:
    """The newest first."""
    return [_told(event, directory, lang) for event in reversed(events)]


def _told(event: Row, directory: Directory, lang: Language) -> Told:
    applicant = t("office.applicant", lang) if event["actor_kind"] == ActorKind.CITIZEN else ""
    on = clock.civil_day(event["at"])
    return Told(
        when=moment(event["at"], lang),
        who=event["actor_name"] or applicant,
        sentence=timeline.sentence(event["kind"], event["data"], on, directory, lang, VOICE),
    )
