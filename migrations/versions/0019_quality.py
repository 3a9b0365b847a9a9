"""samples of answers, and what two people say of each

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "quality_sample",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("per_agency", sa.Integer(), nullable=False),
        sa.Column("form", sa.Date(), nullable=False),
        sa.Column("drawn_by", sa.BigInteger(), nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=False),
        sa.CheckConstraint("first <= last", name=op.f("ck_quality_sample_period")),
        sa.ForeignKeyConstraint(
            ["drawn_by"], ["staff_account.id"], name=op.f("fk_quality_sample_drawn_by_staff_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_sample")),
    )
    op.create_index("ix_quality_sample_drawn_by", "quality_sample", ["drawn_by"])
    op.create_table(
        "quality_case",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sample_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("holding_id", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_quality_case_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["holding_id"], ["holding.id"], name=op.f("fk_quality_case_holding_id_holding")
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["quality_sample.id"], name=op.f("fk_quality_case_sample_id_quality_sample")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_case")),
    )
    op.create_index("uq_quality_case_sample_id_place", "quality_case", ["sample_id", "place"], unique=True)
    op.create_index("ix_quality_case_holding_id", "quality_case", ["holding_id"])
    op.create_index("ix_quality_case_agency_id", "quality_case", ["agency_id"])
    op.create_table(
        "quality_verdict",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("judge_id", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("marks", JSONB(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("place BETWEEN 1 AND 2", name=op.f("ck_quality_verdict_two")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["quality_case.id"], name=op.f("fk_quality_verdict_case_id_quality_case")
        ),
        sa.ForeignKeyConstraint(
            ["judge_id"], ["staff_account.id"], name=op.f("fk_quality_verdict_judge_id_staff_account")
        ),
        sa.PrimaryKeyConstraint("case_id", "place", name=op.f("pk_quality_verdict")),
    )
    op.create_index(
        "uq_quality_verdict_case_id_judge_id", "quality_verdict", ["case_id", "judge_id"], unique=True
    )
    op.create_index("ix_quality_verdict_judge_id", "quality_verdict", ["judge_id"])
    op.execute("GRANT SELECT, INSERT ON quality_sample, quality_case, quality_verdict TO ls_app")
    op.execute("GRANT UPDATE ON quality_case TO ls_app")  # to lock the row while one judges


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("quality_verdict", "quality_case", "quality_sample"):
        op.drop_table(table)
