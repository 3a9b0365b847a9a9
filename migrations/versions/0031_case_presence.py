"""who looks at a case now

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ROLE = "ls_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "case_presence",
        sa.Column("appeal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("appeal_id", "part", "account_id", name=op.f("pk_case_presence")),
        prefixes=["UNLOGGED"],
    )
    # The same few rows are written again and again: in their own page.
    op.execute("ALTER TABLE case_presence SET (fillfactor = 50)")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON case_presence TO {ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("case_presence")
