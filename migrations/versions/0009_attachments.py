"""attachments: contents by their address, what was sent, what is to be fetched

Works with the code that ran before it: that knows nothing of these tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROLE = "ls_app"
MOMENT = sa.DateTime(timezone=True)
FIRST_TEST = 90_000_000
# As 0008 made it, and with it the files.
ERASE = """
CREATE OR REPLACE FUNCTION erase_sandbox(before timestamptz, most int) RETURNS int
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    WITH old AS (
        SELECT DISTINCT c.appeal_id FROM content c
        WHERE c.appeal_id %% 100000000 >= %(first)s AND NOT EXISTS (
            SELECT FROM event e
            WHERE e.appeal_id = c.appeal_id AND coalesce(e.changed_at, e.at) >= before)
        LIMIT most
    ), nobody AS (
        DELETE FROM applicant USING old WHERE applicant.appeal_id = old.appeal_id
    ), %(files)s nothing AS (
        DELETE FROM content USING old WHERE content.appeal_id = old.appeal_id
    )
    SELECT count(*)::int FROM old;
END
"""
FILES = "no_files AS (DELETE FROM attachment USING old WHERE attachment.appeal_id = old.appeal_id),"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _stored_object()
    _attachment()
    _fetch()
    op.create_table(
        "upload_use",
        sa.Column("network", sa.LargeBinary(), nullable=False),
        sa.Column("hour", MOMENT, nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("network", name=op.f("pk_upload_use")),
        prefixes=["UNLOGGED"],
    )
    tables = "stored_object, attachment, attachment_fetch, upload_use"
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {ROLE}")
    op.execute(ERASE % {"first": FIRST_TEST, "files": FILES})


def _stored_object() -> None:
    op.create_table(
        "stored_object",
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("stored_at", MOMENT, nullable=False),
        sa.Column("touched_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'clean', 'infected', 'failed')", name=op.f("ck_stored_object_state")
        ),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_stored_object")),
    )
    op.create_index(
        "ix_stored_object_to_scan",
        "stored_object",
        ["next_at"],
        postgresql_where=sa.text("state IN ('waiting', 'failed')"),
    )


def _attachment() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("appeal_id", sa.BigInteger(), nullable=True),
        sa.Column("given_by", sa.Text(), nullable=True),
        sa.CheckConstraint("given_by IN ('applicant', 'staff')", name=op.f("ck_attachment_given_by")),
        sa.CheckConstraint("(appeal_id IS NULL) = (given_by IS NULL)", name=op.f("ck_attachment_given")),
        sa.CheckConstraint(
            "address IS NOT NULL OR appeal_id IS NOT NULL", name=op.f("ck_attachment_somewhere")
        ),
        sa.ForeignKeyConstraint(
            ["address"], ["stored_object.address"], name=op.f("fk_attachment_address_stored_object")
        ),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_attachment_appeal_id_appeal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(
        "ix_attachment_appeal_id",
        "attachment",
        ["appeal_id"],
        postgresql_where=sa.text("appeal_id IS NOT NULL"),
    )
    op.create_index("ix_attachment_address", "attachment", ["address"])
    op.create_index(
        "ix_attachment_expires_at",
        "attachment",
        ["expires_at"],
        postgresql_where=sa.text("appeal_id IS NULL"),
    )


def _fetch() -> None:
    op.create_table(
        "attachment_fetch",
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.LargeBinary(), nullable=False),
        sa.Column("lane", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'given_up')", name=op.f("ck_attachment_fetch_state")),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["attachment.id"],
            name=op.f("fk_attachment_fetch_attachment_id_attachment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_attachment_fetch")),
    )
    op.create_index(
        "ix_attachment_fetch_due",
        "attachment_fetch",
        ["next_at"],
        postgresql_where=sa.text("state = 'pending'"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(ERASE % {"first": FIRST_TEST, "files": ""})
    for table in ("upload_use", "attachment_fetch", "attachment", "stored_object"):
        op.drop_table(table)
