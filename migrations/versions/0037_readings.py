"""who read which case

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

ROLE = "ls_app"
WAYS = ("case", "history", "file", "act", "lookup", "quality")

# The app's role deletes no reading. This does it for the role, of those alone that are older than any term that
# readings may be kept for.
FORGET = """
CREATE FUNCTION forget_readings(before date, most int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    WITH gone AS (
        DELETE FROM case_reading WHERE (appeal_id, part, account_id, agency_id, day, hour, way) IN (
            SELECT appeal_id, part, account_id, agency_id, day, hour, way FROM case_reading
            WHERE day < least(before, (now() - interval '1 year')::date) ORDER BY day LIMIT most)
        RETURNING 1
    )
    SELECT count(*)::int FROM gone;
END
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "case_reading",
        sa.Column("appeal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("agency_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            f"way IN ({', '.join(repr(way) for way in WAYS)})", name=op.f("ck_case_reading_way")
        ),
        sa.PrimaryKeyConstraint(
            *("appeal_id", "part", "account_id", "agency_id", "day", "hour", "way"),
            name=op.f("pk_case_reading"),
        ),
    )
    op.create_index("ix_case_reading_day", "case_reading", ["day"])
    # A row is counted on within its hour: in its own page.
    op.execute("ALTER TABLE case_reading SET (fillfactor = 90)")
    op.execute(f"GRANT SELECT, INSERT, UPDATE (last_at, times) ON case_reading TO {ROLE}")
    op.execute(FORGET)
    op.execute("REVOKE ALL ON FUNCTION forget_readings FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION forget_readings TO {ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION forget_readings")
    op.drop_table("case_reading")
