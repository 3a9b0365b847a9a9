"""systemic issues: groups of appeals with an owner, an instruction and a due day

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ROLE = "ls_app"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "systemic_issue",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("agency_id", sa.BigInteger(), nullable=True),
        sa.Column("appeal_ids", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("instruction", sa.LargeBinary(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.CheckConstraint("state IN ('open', 'done', 'closed')", name=op.f("ck_systemic_issue_state")),
        sa.CheckConstraint(
            "num_nonnulls(topic, region, appeal_ids) > 0", name=op.f("ck_systemic_issue_a_group")
        ),
        *_references(
            "systemic_issue", agency_id="agency", owner_id="staff_account", opened_by="staff_account"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_systemic_issue")),
    )
    for name in ("agency_id", "owner_id", "opened_by"):
        op.create_index(f"ix_systemic_issue_{name}", "systemic_issue", [name])
    _step()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON systemic_issue TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT ON systemic_issue_step TO {ROLE}")


def _step() -> None:
    op.create_table(
        "systemic_issue_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("word", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "step IN ('opened', 'done', 'sent_back', 'closed')", name=op.f("ck_systemic_issue_step_step")
        ),
        *_references("systemic_issue_step", issue_id="systemic_issue", by_id="staff_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_systemic_issue_step")),
    )
    for name in ("issue_id", "by_id"):
        op.create_index(f"ix_systemic_issue_step_{name}", "systemic_issue_step", [name])


def _references(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [f"{to}.id"], name=op.f(f"fk_{table}_{name}_{to}"))
        for name, to in columns.items()
    ]


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("systemic_issue_step", "systemic_issue"):
        op.drop_table(table)
