"""what is kept no more: the day on a holding, and the function that erases

Works with the code that ran before it: that writes no such day and calls no such function.
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

ROLE = "ls_app"

# The app's role deletes nothing of the record. This does it for the role, of appeals alone that have ended, not
# within the last year, and of which the history says that they are erased. Public answers go with their texts.
ERASE = """
CREATE FUNCTION erase_appeals(ids bigint[]) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    WITH gone AS (
        SELECT p.appeal_id FROM applicant p
        WHERE p.appeal_id = ANY (ids)
          AND EXISTS (SELECT FROM event e WHERE e.appeal_id = p.appeal_id AND e.kind = 'erased')
          AND NOT EXISTS (
            SELECT FROM holding h WHERE h.appeal_id = p.appeal_id
              AND (h.closed_on IS NULL OR h.closed_on > (now() - interval '1 year')::date))
    ), nobody AS (
        DELETE FROM applicant USING gone WHERE applicant.appeal_id = gone.appeal_id
    ), no_files AS (
        DELETE FROM attachment USING gone WHERE attachment.appeal_id = gone.appeal_id
    ), nothing AS (
        DELETE FROM content USING gone WHERE content.appeal_id = gone.appeal_id
    ), no_drafts AS (
        DELETE FROM draft USING holding h JOIN gone ON gone.appeal_id = h.appeal_id WHERE draft.holding_id = h.id
    ), nothing_public AS (
        DELETE FROM publication USING gone WHERE publication.appeal_id = gone.appeal_id
    ), no_sender AS (
        UPDATE mail SET sender_hash = NULL FROM gone WHERE mail.appeal_id = gone.appeal_id
    ), no_words AS (
        UPDATE quality_verdict v SET note = NULL
        FROM quality_case c JOIN holding h ON h.id = c.holding_id JOIN gone ON gone.appeal_id = h.appeal_id
        WHERE v.case_id = c.id
    )
    SELECT count(*)::int FROM gone;
END
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("holding", sa.Column("erased_on", sa.Date(), nullable=True))
    op.execute(ERASE)
    op.execute("REVOKE ALL ON FUNCTION erase_appeals FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION erase_appeals TO {ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION erase_appeals")
    op.drop_column("holding", "erased_on")
