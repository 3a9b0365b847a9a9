"""what people change in the reference data

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

ROLE = "ls_app"
WHAT = (
    *("agency_new", "agency_names", "agency_settings", "agency_end", "region_names"),
    *("topic_names", "channel_names", "source_names", "competence"),
)
OLD_ACTS = (
    *("account_created", "account_closed", "account_opened", "password_set"),
    *("client_created", "client_closed", "client_opened", "key_rotated", "calendar_ordered"),
)
ACTS = (*OLD_ACTS, "account_changed", "directory_changed", "directory_taken_back")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "directory_files",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("rows", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_directory_files_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_files")),
    )
    op.create_table(
        "directory_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("said", postgresql.JSONB(), nullable=False),
        sa.Column("was", postgresql.JSONB(), nullable=False),
        sa.Column("files", postgresql.JSONB(), nullable=False),
        sa.Column("takes_back", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(_one_of("what", WHAT), name=op.f("ck_directory_change_what")),
        sa.CheckConstraint("takes_back < id", name=op.f("ck_directory_change_takes_back_older")),
        sa.ForeignKeyConstraint(
            ["by_id"], ["staff_account.id"], name=op.f("fk_directory_change_by_id_staff_account")
        ),
        sa.ForeignKeyConstraint(
            ["takes_back"],
            ["directory_change.id"],
            name=op.f("fk_directory_change_takes_back_directory_change"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_change")),
        sa.UniqueConstraint("takes_back", name=op.f("uq_directory_change_takes_back")),
    )
    for name in ("by_id", "code"):
        op.create_index(f"ix_directory_change_{name}", "directory_change", [name])
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON directory_files TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT ON directory_change TO {ROLE}")
    _acts(ACTS)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _acts(OLD_ACTS)
    op.drop_table("directory_change")
    op.drop_table("directory_files")


def _one_of(column: str, codes: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(code) for code in codes)})"


def _acts(codes: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_audit_entry_act"), "audit_entry")
    op.create_check_constraint(op.f("ck_audit_entry_act"), "audit_entry", _one_of("act", codes))
