"""blogs: whose they are, what platforms sign with, which messages they have signed

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROLE = "ls_app"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _blog()
    _client_secret()
    _signed_message()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON client_secret TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON blog, signed_message TO {ROLE}")


def _blog() -> None:
    op.create_table(
        "blog",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("kk", sa.Text(), nullable=False),
        sa.Column("ru", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_blog_valid_period")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_blog_agency_id_agency")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_blog")),
    )
    op.create_index("ix_blog_agency_id", "blog", ["agency_id"])


def _client_secret() -> None:
    op.create_table(
        "client_secret",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("previous_secret", sa.LargeBinary(), nullable=True),
        sa.Column("previous_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(previous_secret IS NULL) = (previous_until IS NULL)",
            name=op.f("ck_client_secret_previous_secret_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_client.id"], name=op.f("fk_client_secret_client_id_api_client")
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_secret")),
    )


def _signed_message() -> None:
    op.create_table(
        "signed_message",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("message_hash", sa.LargeBinary(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_client.id"], name=op.f("fk_signed_message_client_id_api_client")
        ),
        sa.PrimaryKeyConstraint("client_id", "message_hash", name=op.f("pk_signed_message")),
    )
    op.create_index("ix_signed_message_at", "signed_message", ["at"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("signed_message")
    op.drop_table("client_secret")
    op.drop_table("blog")
