"""keys that outlive the secret, and with which one a file is sealed

Works with the code that ran before it: that makes these keys of the secret, which has not changed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

ROLE = "ls_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "lasting_key",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_lasting_key")),
    )
    op.execute(f"GRANT SELECT, INSERT ON lasting_key TO {ROLE}")
    op.add_column("stored_object", sa.Column("sealed_with", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("stored_object", "sealed_with")
    op.drop_table("lasting_key")
