"""The demo's public answers: what was answered on blogs in the last weeks, released by the body's head."""

from app.core import clock
from app.core.cipher import cipher
from app.core.db import Database
from app.demo.stages import begins
from app.intake.blogs import answers
from app.intake.blogs.answers import Texts
from app.intake.blogs.posts import CHANNEL
from app.intake.open311 import release, repository
from app.intake.open311.models import Released

STAGE = "public-answers"
REASON = "Сұрақ көпке ортақ, мәтінде жеке деректер жоқ."
_FIELDS = [Released.DESCRIPTION.value, Released.ANSWER.value]
_ANSWERED = """
SELECT a.id, h.agency_id, head.id AS account_id
FROM appeal a
JOIN LATERAL (SELECT * FROM holding WHERE appeal_id = a.id ORDER BY id DESC LIMIT 1) h
    ON h.status = 'answered'
JOIN staff_account head ON head.agency_id = h.agency_id AND head.role = 'head'
WHERE a.channel = $1 AND a.listed ORDER BY h.closed_at
"""


async def load(db: Database) -> None:
    """Once."""
    now = clock.now()
    async with db.transaction() as connection:
        first = await begins(connection, STAGE, now)
        for row in await connection.fetch(_ANSWERED, CHANNEL) if first else ():
            reason = cipher().encrypt(REASON, release.REASON)
            decided = (row["id"], now, row["account_id"], row["agency_id"], _FIELDS, reason)
            await connection.fetchval(repository.RELEASE, *decided)
            await answers.publish(connection, row["id"], Texts(), now)
