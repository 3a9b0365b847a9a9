"""who looked at numbers in full is found without reading every event

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index("ix_event_unmasked", "event", ["id"], postgresql_where=sa.text("kind = 'unmasked'"))


def downgrade() -> None:
    op.drop_index("ix_event_unmasked", "event")
