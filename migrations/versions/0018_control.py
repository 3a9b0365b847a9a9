"""orders of control, and the list of what is on control

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "control_order",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("agency_id", sa.BigInteger(), nullable=True),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("given_by", sa.BigInteger(), nullable=False),
        sa.Column("given_at", moment, nullable=False),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("released_at", moment, nullable=True),
        sa.Column("taken", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lifted", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "ended_at IS NOT NULL OR released_at IS NULL", name=op.f("ck_control_order_released_after_end")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_control_order_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["given_by"], ["staff_account.id"], name=op.f("fk_control_order_given_by_staff_account")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["staff_account.id"], name=op.f("fk_control_order_ended_by_staff_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_order")),
    )
    op.create_index(
        "ix_control_order_unfinished",
        "control_order",
        ["id"],
        postgresql_where=sa.text("released_at IS NULL"),
    )
    for name in ("agency_id", "given_by", "ended_by"):
        op.create_index(f"ix_control_order_{name}", "control_order", [name])
    op.create_index(
        "ix_holding_on_control", "holding", ["due_on", "id"], postgresql_where=sa.text("on_control")
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON control_order TO ls_app")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_holding_on_control", "holding")
    op.drop_table("control_order")
