"""when an appeal with several holdings is counted again

Works with the code that ran before it: that reads none of it. What was folded before is completed by `stats
rebuild`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ROLE = "ls_app"
ABOUT = ("channel", "applicant_type", "kind", "topic", "region")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "again",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("appeal_id", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("x", sa.Date(), nullable=False),
        sa.Column("y", sa.Date(), nullable=False),
        sa.Column("count", sa.SmallInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ABOUT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_again")),
    )
    op.create_index("ix_again_appeal_id", "again", ["appeal_id"])
    op.create_table(
        "rollup_again",
        sa.Column("slice", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("x", sa.Date(), nullable=False),
        sa.Column("y", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slice", "agency_id", "what", "x", "y", name=op.f("pk_rollup_again")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON again, rollup_again TO {ROLE}")


def downgrade() -> None:
    op.drop_table("rollup_again")
    op.drop_table("again")
