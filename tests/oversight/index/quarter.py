"""A quarter in which a few bodies did enough to be ranked, and one did not."""

from app.appeals.codes import Kind
from tests.oversight.desk import Desk

PERIOD = "2026-Q1"
DAYS = {"from": "2026-01-01", "to": "2026-03-31"}


async def lived(desk: Desk) -> None:
    """Energy 40 cases: 36 answered, 6 late, 4 overdue. Health 33, all in time, 3 of them by a department of
    Turkistan's akimat, which is none of health's. Justice 5: too few."""
    energy = await desk.file_many("2026-01-12 10:00", 40, "energy")
    await desk.answer("2026-01-20 12:00", *energy[:30])
    await desk.answer("2026-03-20 12:00", *energy[30:36])
    health = await desk.file_many("2026-01-13 10:00", 33, "health", kind=Kind.MESSAGE)
    await desk.answer("2026-01-15 12:00", *health)
    justice = await desk.file_many("2026-02-02 10:00", 5, "justice")
    await desk.answer("2026-02-05 12:00", *justice)
    part = await desk.file_many("2026-02-02 10:00", 3, "ecology-dept-turkistan")
    await desk.answer("2026-02-05 12:00", *part)
    whole = await desk.file_many("2026-02-02 10:00", 31, "ecology")
    await desk.answer("2026-02-05 12:00", *whole)
