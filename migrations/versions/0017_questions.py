"""questions: the FAQ with its versions, and whom it helped

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ROLE = "ls_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "faq_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_faq_entry_agency_id_agency")),
        sa.ForeignKeyConstraint(["topic"], ["topic.code"], name=op.f("fk_faq_entry_topic_topic")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faq_entry")),
        sa.UniqueConstraint("code", name=op.f("uq_faq_entry_code")),
    )
    op.create_index("ix_faq_entry_agency_id", "faq_entry", ["agency_id"])
    op.create_index("ix_faq_entry_topic", "faq_entry", ["topic"])
    _version()
    op.create_table(
        "faq_help",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("helped", sa.Integer(), nullable=False),
        sa.Column("not_helped", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["faq_entry.id"], name=op.f("fk_faq_help_entry_id_faq_entry")),
        sa.PrimaryKeyConstraint("entry_id", "day", name=op.f("pk_faq_help")),
    )
    op.execute(f"GRANT SELECT, INSERT ON faq_entry, faq_version TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON faq_help TO {ROLE}")


def _version() -> None:
    op.create_table(
        "faq_version",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("texts", postgresql.JSONB(), nullable=False),
        sa.Column("title", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("body", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_faq_version_valid_period")),
        sa.CheckConstraint("texts ?& ARRAY['kk', 'ru']", name=op.f("ck_faq_version_both_languages")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["faq_entry.id"], name=op.f("fk_faq_version_entry_id_faq_entry")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["staff_account.id"], name=op.f("fk_faq_version_author_id_staff_account")
        ),
        sa.PrimaryKeyConstraint("entry_id", "version", name=op.f("pk_faq_version")),
    )
    op.create_index("ix_faq_version_title", "faq_version", ["title"], postgresql_using="gin")
    op.create_index("ix_faq_version_body", "faq_version", ["body"], postgresql_using="gin")
    op.create_index("ix_faq_version_author_id", "faq_version", ["author_id"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("faq_help", "faq_version", "faq_entry"):
        op.drop_table(table)
