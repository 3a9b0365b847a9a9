"""what a body closed in a period, and what was suspended: where signs are looked for

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(
        "ix_holding_closed",
        "holding",
        ["agency_id", "closed_on", "id"],
        postgresql_where=sa.text("closed_on IS NOT NULL"),
        postgresql_include=["close", "outcome", "kind", "due_on", "closed_at"],
    )
    op.create_index("ix_event_suspended", "event", ["at"], postgresql_where=sa.text("kind = 'suspended'"))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_event_suspended", "event")
    op.drop_index("ix_holding_closed", "holding")
