"""The day before: who has booked is reminded, once, however many workers there are and however often they
start. Where the worker was away the whole day before, in the morning of the day itself."""

import logging
from datetime import datetime, time, timedelta

from app.core import clock
from app.core.db import Database
from app.reception.booking import KEYS_LAST_DAYS, forget_keys

log = logging.getLogger("listening_state.reception")

HOUR = time(9)
"""Nobody is reminded before this hour of the day."""

# That there is one reminder of a booking is held by an index; who booked today for today needs none.
_REMIND = """
INSERT INTO notice (booking_id, kind, language, params, not_before)
SELECT b.id, 'booking.reminder', b.language, jsonb_build_object('day', r.day), $1
FROM booking b JOIN reception_slot s ON s.id = b.slot_id JOIN reception r ON r.id = s.reception_id
WHERE b.state = 'booked' AND b.begins_at > $1 AND b.begins_at < $2
  AND (b.begins_at >= $3 OR b.booked_at < $4)
  AND NOT EXISTS (SELECT FROM notice n WHERE n.booking_id = b.id AND n.kind = 'booking.reminder')
ON CONFLICT (booking_id) WHERE kind = 'booking.reminder' DO NOTHING
RETURNING id
"""


async def remind(db: Database) -> None:
    now = clock.now()
    if now < _at(now, 0, HOUR):
        return
    async with db.transaction() as connection:
        today, tomorrow, day_after = (_at(now, days, time()) for days in (0, 1, 2))
        done = await connection.fetch(_REMIND, now, day_after, tomorrow, today)
    if done:
        log.info("receptions: %d reminders", len(done))


async def forget(db: Database) -> None:
    """Keys of bookings that are old enough not to be repeated."""
    async with db.transaction() as connection:
        await forget_keys(connection, clock.now() - clock.days(KEYS_LAST_DAYS))


def _at(now: datetime, days: int, hour: time) -> datetime:
    """An hour of the civil day so many days from now."""
    return datetime.combine(clock.civil_day(now) + timedelta(days=days), hour, clock.ZONE)
