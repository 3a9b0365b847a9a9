"""a notice names the request that it comes from, so that the log can be followed from intake to notice

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("notice", sa.Column("request_id", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("notice", "request_id")
