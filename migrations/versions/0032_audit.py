"""what administrators changed

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

ROLE = "ls_app"
ACTS = (
    *("account_created", "account_closed", "account_opened", "password_set"),
    *("client_created", "client_closed", "client_opened", "key_rotated", "calendar_ordered"),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            f"act IN ({', '.join(repr(act) for act in ACTS)})", name=op.f("ck_audit_entry_act")
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["staff_account.id"], name=op.f("fk_audit_entry_by_id_staff_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_by_id", "audit_entry", ["by_id"])
    op.execute(f"GRANT SELECT, INSERT ON audit_entry TO {ROLE}")


def downgrade() -> None:
    op.drop_table("audit_entry")
