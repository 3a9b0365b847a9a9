"""feeds: platforms that only publish, and are read

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ROLE = "ls_app"
MOMENT = sa.DateTime(timezone=True)
RESULTS = (
    *("read", "unchanged", "cut", "malformed", "redirect", "refused", "gone", "unreachable", "timeout"),
    *("address", "broken"),
)
LIVING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    listed = ", ".join(f"'{result}'" for result in RESULTS)
    op.create_table(
        "feed",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("blog", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("every", sa.SmallInteger(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("failures", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("code", sa.SmallInteger(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(f"result IN ({listed})", name=op.f("ck_feed_result")),
        sa.CheckConstraint("every >= 1", name=op.f("ck_feed_every")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_feed_source_id_source")),
        sa.ForeignKeyConstraint(["blog"], ["blog.code"], name=op.f("fk_feed_blog_blog")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
    )
    op.create_index("uq_feed_url", "feed", ["source_id", "url"], unique=True, postgresql_where=LIVING)
    op.create_index("ix_feed_blog", "feed", ["blog"])
    op.create_index("ix_feed_due", "feed", ["next_at"], postgresql_where=LIVING)
    op.create_index("ix_feed_source_id", "feed", ["source_id"])
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON feed TO {ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("feed")
