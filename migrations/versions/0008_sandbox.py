"""the sandbox: twins of sources, holdings that play an agency's part, serials of its own

Works with the code that ran before it, which knows no sandbox and makes none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROLE = "ls_app"
YEARS = range(2007, 2061)
FIRST, LAST = 90_000_000, 99_999_999
TEST = sa.text(f"appeal_id % 100000000 >= {FIRST}")

# The app's role may delete nothing that somebody wrote. This does it for the role, of tests alone: of those to
# which nothing has happened since `before`, at most so many.
ERASE = f"""
CREATE FUNCTION erase_sandbox(before timestamptz, most int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    WITH old AS (
        SELECT DISTINCT c.appeal_id FROM content c
        WHERE c.appeal_id % 100000000 >= {FIRST} AND NOT EXISTS (
            SELECT FROM event e
            WHERE e.appeal_id = c.appeal_id AND coalesce(e.changed_at, e.at) >= before)
        LIMIT most
    ), nobody AS (
        DELETE FROM applicant USING old WHERE applicant.appeal_id = old.appeal_id
    ), nothing AS (
        DELETE FROM content USING old WHERE content.appeal_id = old.appeal_id
    )
    SELECT count(*)::int FROM old;
END
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("source", sa.Column("sandbox_of", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_source_sandbox_of_source"), "source", "source", ["sandbox_of"], ["id"])
    op.create_unique_constraint(op.f("uq_source_sandbox_of"), "source", ["sandbox_of"])
    op.create_check_constraint(op.f("ck_source_sandbox_of_other"), "source", "sandbox_of <> id")
    op.add_column("holding", sa.Column("stands_for", sa.BigInteger(), nullable=True))
    op.create_index("ix_content_sandbox", "content", ["appeal_id"], postgresql_where=TEST)
    for year in YEARS:
        op.execute(f"ALTER SEQUENCE appeal_serial_{year} MAXVALUE {FIRST - 1}")
        op.execute(f"CREATE SEQUENCE appeal_serial_{year}_sandbox MINVALUE {FIRST} MAXVALUE {LAST}")
        op.execute(f"GRANT USAGE ON SEQUENCE appeal_serial_{year}_sandbox TO {ROLE}")
    op.execute(ERASE)
    op.execute("REVOKE ALL ON FUNCTION erase_sandbox FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION erase_sandbox TO {ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION erase_sandbox")
    for year in YEARS:
        op.execute(f"DROP SEQUENCE appeal_serial_{year}_sandbox")
        op.execute(f"ALTER SEQUENCE appeal_serial_{year} MAXVALUE {LAST}")
    op.drop_index("ix_content_sandbox", "content")
    op.drop_column("holding", "stands_for")
    op.drop_constraint(op.f("ck_source_sandbox_of_other"), "source")
    op.drop_constraint(op.f("uq_source_sandbox_of"), "source")
    op.drop_constraint(op.f("fk_source_sandbox_of_source"), "source")
    op.drop_column("source", "sandbox_of")
