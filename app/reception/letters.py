"""Notices about a booking in words, in the person's language: where and when, what to bring, what is next.

Delivery asks here for what is about a booking (decision 0011). A video link is in the letter of a booking
that stands, and in no other.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import asyncpg

from app.appeals.letters import Letter
from app.core import clock
from app.core.i18n import Language, t
from app.delivery import deliver
from app.directory.registry import Directory
from app.reception import shown
from app.reception.codes import BookingNotice
from app.reception.numbers import display, format_number
from app.reception.said import bring, said, when

_WHERE_TO_COME = frozenset({BookingNotice.CONFIRMED, BookingNotice.REMINDER, BookingNotice.MOVED})


async def letters_of(
    connection: asyncpg.Connection, notices: Sequence[asyncpg.Record], directory: Directory
) -> list[Letter]:
    found = await shown.bookings(connection, [notice["booking_id"] for notice in notices], clock.now())
    return [_letter(notice, found[notice["booking_id"]], directory) for notice in notices]


def _letter(notice: asyncpg.Record, booking: asyncpg.Record, directory: Directory) -> Letter:
    lang, kind = notice["language"], BookingNotice(notice["kind"])
    number = format_number(booking["id"]) if lang == "en" else display(booking["id"])
    at = when(booking["begins_at"], lang)
    agency = directory.agency_by_id(booking["agency_id"]).name(lang, booking["day"])
    subject = t(f"reception.{kind}.subject", lang, number=number, when=at)
    happened = t(f"reception.{kind}.happened", lang, number=number, when=at, agency=agency)
    paragraphs = [t("reception.greeting", lang), happened]
    if kind in _WHERE_TO_COME:
        paragraphs += [
            "\n".join(_where(booking, lang)),
            "\n".join(bring(booking["mode"], booking["bring"], lang)),
        ]
    if kind is BookingNotice.CALLED_OFF:
        paragraphs += _after_calling_off(notice, booking, lang)
    paragraphs.append(t("reception.foot", lang))
    return Letter(subject, "\n\n".join(paragraphs), short=_short(kind, subject, booking, lang))


def _where(booking: asyncpg.Record, lang: Language) -> Iterator[str]:
    yield t("reception.leader", lang, post=said(booking["post"], lang), name=said(booking["name"], lang))
    if booking["place"]:
        yield t("reception.place", lang, place=said(booking["place"], lang))
    if link := shown.video_link(booking):
        yield t("reception.video_link", lang, url=link)


def _after_calling_off(notice: asyncpg.Record, booking: asyncpg.Record, lang: Language) -> Iterator[str]:
    if booking["reason"]:
        yield t("reception.reason", lang, reason=booking["reason"])
    if offered := notice["params"].get("next_at"):
        yield t("reception.next", lang, when=when(datetime.fromisoformat(offered), lang))
    else:
        yield t("reception.no_next", lang)


def _short(kind: BookingNotice, subject: str, booking: asyncpg.Record, lang: Language) -> str:
    """For a telephone: what it is, and where."""
    if kind in _WHERE_TO_COME and booking["place"]:
        return f"{subject}. {said(booking['place'], lang)}."
    return f"{subject}."


deliver.words("booking", letters_of)
