"""e-mail in: mailboxes, and what became of each e-mail

Works with the code that ran before it, which knows nothing of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROLE = "ls_app"
MOMENT = sa.DateTime(timezone=True)
FIRST = sa.text("result NOT IN ('refused', 'repeated')")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _mailbox()
    _mail()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON mailbox TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE (result, reason, appeal_id, at) ON mail TO {ROLE}")


def _mailbox() -> None:
    def zero(name: str) -> sa.Column:
        return sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)

    op.create_table(
        "mailbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password", sa.LargeBinary(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("marking", sa.Text(), nullable=False),
        sa.Column("registered_folder", sa.Text(), nullable=False),
        sa.Column("refused_folder", sa.Text(), nullable=False),
        sa.Column("automatic_folder", sa.Text(), nullable=False),
        sa.Column("auth_server", sa.Text(), nullable=True),
        sa.Column("everything", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=True),
        zero("last_uid"),
        zero("lease"),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("next_at", MOMENT, nullable=False),
        zero("failures"),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_ok_at", MOMENT, nullable=True),
        sa.CheckConstraint("code ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name=op.f("ck_mailbox_code_slug")),
        sa.CheckConstraint("address = lower(address)", name=op.f("ck_mailbox_address_lower")),
        sa.CheckConstraint("marking IN ('move', 'flag')", name=op.f("ck_mailbox_marking")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_mailbox_source_id_source")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_mailbox_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox")),
        sa.UniqueConstraint("code", name=op.f("uq_mailbox_code")),
        sa.UniqueConstraint("address", name=op.f("uq_mailbox_address")),
    )
    op.create_index("ix_mailbox_source_id", "mailbox", ["source_id"])
    op.create_index("ix_mailbox_agency_id", "mailbox", ["agency_id"])


def _mail() -> None:
    op.create_table(
        "mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("mailbox_id", sa.BigInteger(), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sender_hash", sa.LargeBinary(), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("appeal_id", sa.BigInteger(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "result IN ('registered', 'supplement', 'repeated', 'automatic', 'bounce', 'refused')",
            name=op.f("ck_mail_result"),
        ),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_mail_mailbox_id_mailbox")),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_mail_appeal_id_appeal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    op.create_index("uq_mail_place", "mail", ["mailbox_id", "uid_validity", "uid"], unique=True)
    op.create_index("uq_mail_key_hash", "mail", ["key_hash"], unique=True, postgresql_where=FIRST)
    op.create_index("ix_mail_mailbox_id_day", "mail", ["mailbox_id", "day"])
    op.create_index(
        "ix_mail_appeal_id", "mail", ["appeal_id"], postgresql_where=sa.text("appeal_id IS NOT NULL")
    )
    op.create_index(
        "ix_mail_sender_hash_at",
        "mail",
        ["sender_hash", "at"],
        postgresql_where=sa.text("result = 'registered'"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("mail")
    op.drop_table("mailbox")
