"""A listed appeal as the standard shows it. Nothing of a person is in it.

The text, the address, what was attached and the place on the map stay empty until a moderator has released
them; and in what is released, what looks like a person's own data is masked all the same.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

import asyncpg

from app.appeals import repository
from app.appeals.codes import ApplicantType, Status
from app.appeals.masking import masked, own
from app.appeals.numbers import format_number
from app.core import clock
from app.core.i18n import Language, t
from app.directory.registry import Directory
from app.intake.open311.models import Released
from app.intake.parts import is_open, newest, speaking


def request_out(row: asyncpg.Record, directory: Directory, lang: Language) -> dict[str, Any]:
    holdings = [_holding(stored) for stored in row["holdings"]]
    parts = newest(holdings)
    main = speaking(parts)
    topic = directory.topic(row["topic"])
    due_on: date = main["due_on"]
    closed = not any(is_open(part) for part in parts)
    return {
        "service_request_id": format_number(row["id"], ApplicantType(row["applicant_type"])),
        "status": "closed" if closed else "open",
        "status_notes": _notes(main, lang),
        "service_name": topic.name(lang),
        "service_code": topic.code,
        **_released(row),
        "agency_responsible": directory.agency_by_id(main["agency_id"]).name(lang, row["registered_on"]),
        "service_notice": None if closed else t("open311.notice.due", lang, due_on=due_on),
        "requested_datetime": moment(row["received_at"]),
        "updated_datetime": moment(row["updated_at"]),
        "expected_datetime": moment(end_of(due_on)),
        "zipcode": None,
    }


def moment(at: datetime) -> str:
    """To the second, in Kazakhstan's time with its offset."""
    return at.astimezone(clock.ZONE).isoformat(timespec="seconds")


def end_of(day: date) -> datetime:
    """The last second of a day in Kazakhstan: until then an answer is in time."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=clock.ZONE)


def _holding(stored: Mapping[str, Any]) -> dict[str, Any]:
    closed_at = stored["closed_at"]
    return {
        **stored,
        "due_on": date.fromisoformat(stored["due_on"]),
        "closed_at": datetime.fromisoformat(closed_at) if closed_at else None,
    }


def _notes(main: Mapping[str, Any], lang: Language) -> str:
    said = t(f"status.{main['status']}", lang)
    if main["status"] == Status.ANSWERED and main["outcome"]:
        outcome = t(f"outcome.{main['outcome']}", lang)
        return f"{said}: {outcome}"
    return said


def _released(row: asyncpg.Record) -> dict[str, Any]:
    """The fields that were released, the others empty; all are, once the text is erased."""
    shown: dict[str, Any] = dict.fromkeys(
        ("description", "address", "address_id", "lat", "long", "media_url")
    )
    fields = frozenset(row["fields"] or ())
    if not fields or row["body"] is None:
        return shown
    said = repository.opened(row["body"])
    details: Mapping[str, Any] = said.get("details") or {}
    personal = own(row)
    if Released.DESCRIPTION in fields:
        shown["description"] = masked(said.get("text"), personal)
    if Released.ADDRESS in fields:
        shown["address"] = masked(said.get("incident_address"), personal)
        shown["address_id"] = details.get("address_id")
    if Released.COORDINATES in fields:
        shown |= {"lat": details.get("lat"), "long": details.get("long")}
    if Released.MEDIA_URL in fields:
        shown["media_url"] = next(iter(details.get("media_url") or ()), None)
    return shown
