"""resonance: appeals by the hour, and the rises found in them

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ROLE = "ls_app"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index("ix_appeal_received_at", "appeal", ["received_at"])
    op.create_table(
        "appeal_hour",
        sa.Column("hour", MOMENT, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("appeals", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "topic", "region", "agency_id", name=op.f("pk_appeal_hour")),
    )
    op.create_table(
        "hours_counted",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("counted_from", MOMENT, nullable=True),
        sa.Column("counted_to", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hours_counted")),
    )
    op.execute("INSERT INTO hours_counted (id) VALUES (1)")
    _rise()
    _rise_hour()
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON appeal_hour TO {ROLE}")
    op.execute(f"GRANT SELECT, UPDATE ON hours_counted TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON rise, rise_hour TO {ROLE}")


def _rise() -> None:
    op.create_table(
        "rise",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("first_hour", MOMENT, nullable=False),
        sa.Column("last_hour", MOMENT, nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.Column("acknowledged_by", sa.BigInteger(), nullable=True),
        sa.Column("word", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("first_hour <= last_hour", name=op.f("ck_rise_hours_in_order")),
        sa.CheckConstraint(
            "num_nonnulls(acknowledged_at, acknowledged_by, word) IN (0, 3)",
            name=op.f("ck_rise_acknowledged_whole"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_rise_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["staff_account.id"], name=op.f("fk_rise_acknowledged_by_staff_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rise")),
    )
    op.create_index("ix_rise_cell", "rise", ["topic", "region", "last_hour"])
    op.create_index("ix_rise_agency_id", "rise", ["agency_id"])
    op.create_index("ix_rise_acknowledged_by", "rise", ["acknowledged_by"])
    op.create_index("ix_rise_open", "rise", ["id"], postgresql_where=sa.text("acknowledged_at IS NULL"))


def _rise_hour() -> None:
    op.create_table(
        "rise_hour",
        sa.Column("hour", MOMENT, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("rise_id", sa.BigInteger(), nullable=False),
        sa.Column("appeal_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("chance", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["rise_id"], ["rise.id"], name=op.f("fk_rise_hour_rise_id_rise")),
        sa.PrimaryKeyConstraint("hour", "topic", "region", name=op.f("pk_rise_hour")),
    )
    op.create_index("ix_rise_hour_rise_id", "rise_hour", ["rise_id"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("rise_hour", "rise", "hours_counted", "appeal_hour"):
        op.drop_table(table)
    op.drop_index("ix_appeal_received_at", "appeal")
