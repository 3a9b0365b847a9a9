"""what agencies stated of the time before the service

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MEASURES = (
    "appeals", "calls", "applications_processed", "persons_received", "receptions", "participants",
    "draft_acts", "public_events", "publications", "share_percent",
)  # fmt: skip


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    listed = ", ".join(f"'{code}'" for code in MEASURES)
    op.create_table(
        "stated_total",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("first", sa.Date(), nullable=True),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("parts", JSONB(), nullable=False),
        sa.Column("notes", ARRAY(sa.Text()), nullable=False),
        sa.Column("source", JSONB(), nullable=False),
        sa.CheckConstraint(f"measure IN ({listed})", name=op.f("ck_stated_total_measure")),
        sa.CheckConstraint("first <= last", name=op.f("ck_stated_total_period")),
        sa.CheckConstraint("total IS NOT NULL OR parts <> '[]'", name=op.f("ck_stated_total_something")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stated_total")),
    )
    op.create_index(
        "uq_stated_total_once",
        "stated_total",
        ["agency", "measure", "scope", "first", "last"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON stated_total TO ls_app")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("stated_total")
