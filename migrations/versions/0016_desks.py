"""desks: what an official is, and who looked for whose earlier appeals

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ROLE = "ls_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "staff_account",
        sa.Column("position", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_staff_account_position_by_language"), "staff_account", "jsonb_typeof(position) = 'object'"
    )
    op.create_table(
        "desk_lookup",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("sought", sa.LargeBinary(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["staff_account.id"], name=op.f("fk_desk_lookup_account_id_staff_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_lookup")),
    )
    op.create_index("ix_desk_lookup_account_id_at", "desk_lookup", ["account_id", "at"])
    op.create_index("ix_desk_lookup_sought", "desk_lookup", ["sought"])
    op.execute(f"GRANT SELECT, INSERT ON desk_lookup TO {ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("desk_lookup")
    op.drop_column("staff_account", "position")
