"""what was said at a personal reception ends: the day on it, and the function that erases

Works with the code that ran before it: that writes all columns which may now be empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

ALLOWED = {
    "ban-drop-not-null": "empty are only the names of receptions that ended five years ago, which the code "
    "before this shows to nobody but who asks for a day so far back"
}

ROLE = "ls_app"

# Records of visits are only ever added to by the app's role; this takes the words out of them, of receptions that
# are over for a year at least. What came of a visit and who received the person stay.
ERASE = """
CREATE FUNCTION erase_receptions(before date, today date, at_once int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    WITH over AS (
        UPDATE reception SET erased_on = today, video_link = NULL
        WHERE id IN (
            SELECT r.id FROM reception r
            WHERE r.erased_on IS NULL AND r.day < least(before, (now() - interval '1 year')::date)
            ORDER BY r.day, r.id LIMIT at_once)
        RETURNING id
    ), nobody AS (
        UPDATE visitor v SET name = NULL, iin = NULL, iin_hash = NULL, address = NULL, phone = NULL,
               email = NULL, subject = NULL, key = NULL, request_hash = NULL
        FROM over WHERE v.reception_id = over.id
    ), no_matter AS (
        UPDATE booking b SET subject = NULL, phone = NULL, email = NULL, phone_hash = NULL, key = NULL,
               request_hash = NULL
        FROM reception_slot s JOIN over ON over.id = s.reception_id WHERE b.slot_id = s.id
    ), no_words AS (
        UPDATE visit_record c SET note = NULL FROM over WHERE c.reception_id = over.id
    )
    SELECT count(*)::int FROM over;
END
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("reception", sa.Column("erased_on", sa.Date(), nullable=True))
    op.alter_column("visitor", "name", nullable=True)
    op.alter_column("booking", "subject", nullable=True)
    op.execute(ERASE)
    op.execute("REVOKE ALL ON FUNCTION erase_receptions FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION erase_receptions TO {ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION erase_receptions")
    op.drop_column("reception", "erased_on")
    op.alter_column("visitor", "name", nullable=False)
    op.alter_column("booking", "subject", nullable=False)
