"""what may stand in public lists, and what of it a moderator has released

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROLE = "ls_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("appeal", sa.Column("listed", sa.Boolean(), server_default="false", nullable=False))
    op.execute("UPDATE appeal SET listed = true WHERE channel = 'open311'")
    op.create_index("ix_appeal_listed", "appeal", ["received_at", "id"], postgresql_where=sa.text("listed"))
    op.create_table(
        "publication",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("appeal_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "fields <@ ARRAY['description', 'address', 'media_url', 'coordinates']",
            name=op.f("ck_publication_fields_known"),
        ),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_publication_appeal_id_appeal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
    )
    op.create_index("ix_publication_appeal_id_id", "publication", ["appeal_id", "id"])
    op.execute(f"GRANT SELECT, INSERT ON publication TO {ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("publication")
    op.drop_index("ix_appeal_listed", "appeal")
    op.drop_column("appeal", "listed")
