"""statistics are kept of what is asked by alone: not of JSON, which nobody searches and which is dear to compare

Half of what ANALYZE of events took, and of appeals, was sorting it, and requests waited meanwhile.
"""

from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

COLUMNS = (("event", "data"), ("appeal", "route"), ("ledger", "facts"), ("notice", "params"))


def _keep(target: int) -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, column in COLUMNS:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS {target}")


def upgrade() -> None:
    _keep(0)


def downgrade() -> None:
    _keep(-1)
