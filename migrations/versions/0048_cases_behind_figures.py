"""the cases behind a figure, and words in a long queue, are found without reading all there is

A body's acts of which something is to be said are few: an index holds them alone. Words are searched by a plan made
for them: one that is made for any words looks through all that is open.
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

INDEX = "ix_counter_delta_amiss"
AMISS = (
    *("reopened", "answered_late", "forwarded_late", "chained", "closed_late", "corrections", "repeated"),
    *("complaints", "complaints_upheld"),
)
SAYING = "holdings_saying(bigint, bigint[])"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"ALTER FUNCTION {SAYING} SET plan_cache_mode = force_custom_plan")
    with op.get_context().autocommit_block():
        # What was broken off is there and of no use.
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        op.create_index(
            INDEX,
            "counter_delta",
            ["agency_id", "day"],
            postgresql_where=sa.text(" OR ".join(f"{name} <> 0" for name in AMISS)),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index(INDEX, "counter_delta")
    op.execute(f"ALTER FUNCTION {SAYING} RESET plan_cache_mode")
