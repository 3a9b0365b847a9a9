"""pages: what a visitor is writing, and links that can be called back

Works with the code that ran before it, which reads and writes neither table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ROLE = "ls_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "web_draft",
        sa.Column("visitor", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("visitor", name=op.f("pk_web_draft")),
    )
    op.create_index("ix_web_draft_updated_at", "web_draft", ["updated_at"])
    op.create_table(
        "appeal_link",
        sa.Column("appeal_id", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_appeal_link_appeal_id_appeal")),
        sa.PrimaryKeyConstraint("appeal_id", name=op.f("pk_appeal_link")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON web_draft TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON appeal_link TO {ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("appeal_link")
    op.drop_table("web_draft")
