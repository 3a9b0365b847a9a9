"""rollups of the counter deltas

Works with the code that ran before it: that reads the deltas and no rollup. The new indexes are made while
nobody writes; with millions of deltas that takes some minutes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROLE = "ls_app"
FIGURES = (
    *("received", "answered", "answered_late", "forwarded_out", "forwarded_late"),
    *("closed_otherwise", "closed_late", "extended", "overdue"),
)
ABOUT = ("channel", "applicant_type", "kind", "topic", "region")
PLACE = ("opened_on", "day", "agency_id")
SLICED = ("rollup_month", "rollup_opened", "rollup_acted")
TYPES = {"opened_on": sa.Date(), "day": sa.Date(), "agency_id": sa.BigInteger()}
MOMENT = sa.DateTime(timezone=True)


class Xid8(sa.types.UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _deltas()
    for name in SLICED:
        _rollup(name, ("slice", *PLACE), FIGURES)
    _rollup("rollup_cube", (*ABOUT, *PLACE), FIGURES)
    _rollup("rollup_due", (*PLACE, *ABOUT), ())
    op.add_column("rollup_due", sa.Column("overdue", sa.Integer(), nullable=False))
    op.create_index(
        "ix_rollup_due_nothing", "rollup_due", ["opened_on"], postgresql_where=sa.text("overdue = 0")
    )
    _folding()
    written = ", ".join((*SLICED, "rollup_cube", "rollup_due"))
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {written} TO {ROLE}")
    op.execute(f"GRANT SELECT, UPDATE ON folding TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON figure_fault TO {ROLE}")


def _deltas() -> None:
    op.drop_index("ix_counter_delta_agency_id_opened_on", "counter_delta")
    op.create_index(
        "ix_counter_delta_agency_id_opened_on_day", "counter_delta", ["agency_id", "opened_on", "day"]
    )
    op.create_index("ix_counter_delta_day", "counter_delta", ["day"])
    op.create_index("ix_counter_delta_xid", "counter_delta", ["xid"])


def _rollup(name: str, key: tuple[str, ...], figures: tuple[str, ...]) -> None:
    op.create_table(
        name,
        *(sa.Column(column, TYPES.get(column, sa.Text()), nullable=False) for column in key),
        *(sa.Column(figure, sa.Integer(), nullable=True) for figure in figures),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")),
    )


def _folding() -> None:
    op.create_table(
        "folding",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("below", Xid8(), nullable=False),
        sa.Column("folded_at", MOMENT, nullable=True),
        sa.Column("checked_month", sa.Date(), nullable=True),
        sa.Column("checked_agency_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folding")),
    )
    op.execute("INSERT INTO folding (id, below) VALUES (1, '0')")
    op.create_table(
        "figure_fault",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("cleared_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_fault")),
    )
    op.create_index(
        "ix_figure_fault_open",
        "figure_fault",
        ["agency_id", "month"],
        postgresql_where=sa.text("cleared_at IS NULL"),
    )


def downgrade() -> None:
    for name in ("figure_fault", "folding", "rollup_due", "rollup_cube", *reversed(SLICED)):
        op.drop_table(name)
    for columns in ("xid", "day", "agency_id_opened_on_day"):
        op.drop_index(f"ix_counter_delta_{columns}", "counter_delta")
    op.create_index("ix_counter_delta_agency_id_opened_on", "counter_delta", ["agency_id", "opened_on"])
