"""what the index of a closed period was computed from, and what came of it

Works with the code that ran before it; but a worker of that time seals without these rows, so let it end before
one of this time begins.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

ROLE = "ls_app"


class Xid8(sa.types.UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def _xid() -> "sa.Column[int]":
    return sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "index_period",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        _xid(),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("definition", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_period")),
    )
    op.create_index("uq_index_period_period", "index_period", ["period"], unique=True)
    op.create_index("ix_index_period_xid", "index_period", ["xid"])
    op.create_table(
        "index_score",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        _xid(),
        sa.Column("period_id", sa.BigInteger(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["period_id"], ["index_period.id"], name=op.f("fk_index_score_period_id_index_period")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_score")),
    )
    op.create_index("uq_index_score_period_id_agency", "index_score", ["period_id", "agency"], unique=True)
    op.create_index("ix_index_score_xid", "index_score", ["xid"])
    op.execute(f"GRANT SELECT, INSERT ON index_period, index_score TO {ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("index_score", "index_period"):
        op.drop_table(table)
