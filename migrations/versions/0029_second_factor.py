"""the second factor of people who decide

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ROLE = "ls_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "staff_totp",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["staff_account.id"], name=op.f("fk_staff_totp_account_id_staff_account")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_staff_totp")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON staff_totp TO {ROLE}")


def downgrade() -> None:
    op.drop_table("staff_totp")
