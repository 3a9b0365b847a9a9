"""a client's key before, good for a day after its rotation

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("api_client", sa.Column("previous_key_hash", sa.LargeBinary(), nullable=True))
    op.add_column("api_client", sa.Column("previous_key_until", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_api_client_previous_key_whole"),
        "api_client",
        "(previous_key_hash IS NULL) = (previous_key_until IS NULL)",
    )
    op.create_index(
        "uq_api_client_previous_key_hash",
        "api_client",
        ["previous_key_hash"],
        unique=True,
        postgresql_where=sa.text("previous_key_hash IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_api_client_previous_key_hash", "api_client")
    op.drop_column("api_client", "previous_key_until")
    op.drop_column("api_client", "previous_key_hash")
