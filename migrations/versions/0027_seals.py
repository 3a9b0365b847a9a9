"""seals over the record, and the salt of what an event says of an applicant

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ROLE = "ls_app"


class Xid8(sa.types.UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "seal_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("introduced_by", sa.Text(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_key")),
    )
    op.create_table(
        "seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("upto_xid", Xid8(), nullable=False),
        sa.Column("upto_id", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("leaves", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["seal_key.id"], name=op.f("fk_seal_key_id_seal_key")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seal")),
    )
    op.create_index("ix_seal_upto", "seal", ["upto_xid", "upto_id"], unique=True)
    op.create_index("ix_seal_key_id", "seal", ["key_id"])
    # Hashes do not get shorter; a piece of them can be read alone.
    op.execute("ALTER TABLE seal ALTER COLUMN leaves SET STORAGE EXTERNAL")
    op.execute(f"GRANT SELECT, INSERT ON seal, seal_key TO {ROLE}")
    op.add_column("applicant", sa.Column("salt", sa.LargeBinary(), nullable=True))
    op.create_index("ix_event_xid", "event", ["xid", "id"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_event_xid", "event")
    op.drop_column("applicant", "salt")
    op.drop_table("seal")
    op.drop_table("seal_key")
