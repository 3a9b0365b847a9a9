"""terms that stand, move and are watched; complaints and what they are about

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROLE = "ls_app"
OUTCOMES = "'satisfied', 'partly_satisfied', 'refused', 'explained', 'taken_note'"
DECISIONS = "'cancelled', 'replaced', 'obliged', 'upheld_act', 'left_unconsidered'"
CONTENT = "'appeal', 'supplement', 'note', 'answer', 'reason', 'comment'"
NEW_CONTENT = "'part', 'request', 'preliminary'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("holding", sa.Column("stage", sa.Text(), nullable=True))
    op.add_column("holding", sa.Column("wait_until", sa.Date(), nullable=True))
    op.add_column("holding", sa.Column("warned", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_holding_stage"), "holding", "stage IN ('handover', 'review')")
    _check("holding", "outcome", f"{OUTCOMES}, {DECISIONS}")
    _check("content", "kind", f"{CONTENT}, {NEW_CONTENT}")
    op.create_index(
        "ix_holding_watched",
        "holding",
        ["due_on", "id"],
        postgresql_where=sa.text("closed_at IS NULL AND running AND warned < 3"),
    )
    op.create_index(
        "ix_holding_wait_until", "holding", ["wait_until"], postgresql_where=sa.text("wait_until IS NOT NULL")
    )
    op.add_column(
        "notice", sa.Column("audience", sa.Text(), server_default=sa.text("'applicant'"), nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_notice_audience"), "notice", "audience IN ('applicant', 'operator', 'head')"
    )
    op.add_column("agency", sa.Column("warn_operator", sa.SmallInteger(), nullable=True))
    op.add_column("agency", sa.Column("warn_head", sa.SmallInteger(), nullable=True))
    op.create_check_constraint(op.f("ck_agency_warnings"), "agency", "warn_operator >= 0 AND warn_head >= 0")
    _complaint()
    _recalculation()
    op.execute(f"GRANT SELECT, INSERT ON complaint TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON recalculation TO {ROLE}")


def _check(table: str, column: str, codes: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({codes})")


def _complaint() -> None:
    op.create_table(
        "complaint",
        sa.Column("appeal_id", sa.BigInteger(), nullable=False),
        sa.Column("about_id", sa.BigInteger(), nullable=False),
        sa.Column("about_part", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("respondent_id", sa.BigInteger(), nullable=False),
        sa.Column("signers", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("reviewer_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("reviewer IN ('body', 'head', 'court')", name=op.f("ck_complaint_reviewer")),
        sa.ForeignKeyConstraint(["about_id"], ["appeal.id"], name=op.f("fk_complaint_about_id_appeal")),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_complaint_appeal_id_appeal")),
        sa.PrimaryKeyConstraint("appeal_id", name=op.f("pk_complaint")),
    )
    op.create_index("ix_complaint_about_id", "complaint", ["about_id"])


def _recalculation() -> None:
    op.create_table(
        "recalculation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("days", postgresql.ARRAY(sa.Date()), nullable=False),
        sa.Column("law", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("pass_began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_at", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("moved", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cause IN ('calendar', 'rules')", name=op.f("ck_recalculation_cause")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recalculation")),
    )
    op.create_index(
        "ix_recalculation_unfinished",
        "recalculation",
        ["id"],
        postgresql_where=sa.text("finished_at IS NULL"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("recalculation")
    op.drop_table("complaint")
    op.drop_column("agency", "warn_head")
    op.drop_column("agency", "warn_operator")
    op.drop_column("notice", "audience")
    op.drop_index("ix_holding_wait_until", "holding")
    op.drop_index("ix_holding_watched", "holding")
    _check("content", "kind", CONTENT)
    _check("holding", "outcome", OUTCOMES)
    op.drop_column("holding", "warned")
    op.drop_column("holding", "wait_until")
    op.drop_column("holding", "stage")
