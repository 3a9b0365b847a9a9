"""how people reach a body: telephone, e-mail, address

Works with the code that ran before it, which says nothing of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

COLUMNS = ("phone", "email", "address_kk", "address_ru", "address_en")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in COLUMNS:
        op.add_column("agency", sa.Column(name, sa.Text()))
    op.create_check_constraint(
        op.f("ck_agency_address_whole"),
        "agency",
        "num_nonnulls(address_kk, address_ru, address_en) IN (0, 3)",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_agency_address_whole"), "agency")
    for name in COLUMNS:
        op.drop_column("agency", name)
