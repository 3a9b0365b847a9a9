"""what compliance is judged by: more figures in the counter deltas and their rollups

Works with the code that ran before it: that writes and reads the figures that there were. What was counted
before is completed from the events by `stats rebuild`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ROLE = "ls_app"
FIGURES = (
    *("forwarded_in", "reopened", "answered_last_day"),
    *("satisfied", "partly_satisfied", "refused", "explained", "taken_note", "decided"),
    *("chained", "suspended", "corrections", "repeated", "complaints", "complaints_upheld"),
    *("ratings", "rating_sum", "resolved"),
)
ROLLUPS = ("rollup_month", "rollup_opened", "rollup_acted", "rollup_cube")
TOOK = ("rollup_took_month", "rollup_took")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    nothing = sa.text("0")
    for figure in FIGURES:
        op.add_column(
            "counter_delta", sa.Column(figure, sa.SmallInteger(), server_default=nothing, nullable=False)
        )
    op.add_column("counter_delta", sa.Column("working_days", sa.SmallInteger(), nullable=True))
    op.add_column("counter_delta", sa.Column("holding_id", sa.BigInteger(), nullable=True))
    for rollup in ROLLUPS:
        for figure in FIGURES:
            op.add_column(rollup, sa.Column(figure, sa.Integer(), nullable=True))
    for name in TOOK:
        op.create_table(
            name,
            sa.Column("slice", sa.Text(), nullable=False),
            sa.Column("opened_on", sa.Date(), nullable=False),
            sa.Column("day", sa.Date(), nullable=False),
            sa.Column("agency_id", sa.BigInteger(), nullable=False),
            sa.Column("working_days", sa.SmallInteger(), autoincrement=False, nullable=False),
            sa.Column("answered", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint(
                "slice", "opened_on", "day", "agency_id", "working_days", name=op.f(f"pk_{name}")
            ),
        )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(TOOK)} TO {ROLE}")


def downgrade() -> None:
    for name in TOOK:
        op.drop_table(name)
    for rollup in ROLLUPS:
        for figure in FIGURES:
            op.drop_column(rollup, figure)
    for column in ("holding_id", "working_days", *FIGURES):
        op.drop_column("counter_delta", column)
