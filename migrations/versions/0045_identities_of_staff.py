"""who a person of the staff is at the provider through which they sign in

Works with the code that ran before it, which knows of none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

ROLE = "ls_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "staff_identity",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text()),
        sa.Column("subject", sa.Text()),
        sa.Column("linked_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("name = lower(name)", name=op.f("ck_staff_identity_name_lower")),
        sa.CheckConstraint(
            "num_nonnulls(issuer, subject, linked_at) IN (0, 3)", name=op.f("ck_staff_identity_link_whole")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["staff_account.id"], name=op.f("fk_staff_identity_account_id_staff_account")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_staff_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_staff_identity_issuer_subject")),
        sa.UniqueConstraint("name", name=op.f("uq_staff_identity_name")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON staff_identity TO {ROLE}")


def downgrade() -> None:
    op.drop_table("staff_identity")
