"""rollups of whole years

Works with the code that ran before it: that reads none of it. What a worker of before folds after this is not
in the years until `stats rebuild`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ROLE = "ls_app"
ROLLED = (
    *("received", "forwarded_in", "reopened", "answered", "answered_late", "answered_last_day"),
    *("satisfied", "partly_satisfied", "refused", "explained", "taken_note", "decided"),
    *("forwarded_out", "forwarded_late", "chained", "closed_otherwise", "closed_late"),
    *("extended", "suspended", "corrections", "repeated", "complaints", "complaints_upheld"),
    *("ratings", "rating_sum", "resolved", "overdue"),
)
YEARS = "date_trunc('year', opened_on::timestamp)::date, date_trunc('year', day::timestamp)::date"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SELECT FROM folding FOR UPDATE")
    _table("rollup_year", (), ROLLED, nullable=True)
    _table("rollup_took_year", ("working_days",), ("answered",), nullable=False)
    _fill("rollup_year", "rollup_month", (), ROLLED)
    _fill("rollup_took_year", "rollup_took_month", ("working_days",), ("answered",))
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON rollup_year, rollup_took_year TO {ROLE}")


def _table(name: str, more: tuple[str, ...], figures: tuple[str, ...], *, nullable: bool) -> None:
    op.create_table(
        name,
        sa.Column("slice", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *(sa.Column(column, sa.SmallInteger(), autoincrement=False, nullable=False) for column in more),
        *(sa.Column(figure, sa.Integer(), nullable=nullable) for figure in figures),
        sa.PrimaryKeyConstraint("slice", "opened_on", "day", "agency_id", *more, name=op.f(f"pk_{name}")),
    )


def _fill(name: str, finer: str, more: tuple[str, ...], figures: tuple[str, ...]) -> None:
    key = ", ".join(("agency_id", *more))
    sums = ", ".join(f"sum({figure})" for figure in figures)
    op.execute(
        f"INSERT INTO {name} (slice, opened_on, day, {key}, {', '.join(figures)}) "
        f"SELECT slice, {YEARS}, {key}, {sums} FROM {finer} "
        f"GROUP BY {', '.join(str(place + 1) for place in range(4 + len(more)))}"
    )


def downgrade() -> None:
    op.drop_table("rollup_took_year")
    op.drop_table("rollup_year")
