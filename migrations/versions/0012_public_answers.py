"""questions and answers that everybody may read

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROLE = "ls_app"
MOMENT = sa.DateTime(timezone=True)
BEFORE = "fields <@ ARRAY['description', 'address', 'media_url', 'coordinates']"
AFTER = "fields <@ ARRAY['description', 'address', 'media_url', 'coordinates', 'answer']"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint(op.f("ck_publication_fields_known"), "publication")
    op.create_check_constraint(op.f("ck_publication_fields_known"), "publication", AFTER)
    op.create_table(
        "public_answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("appeal_id", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.SmallInteger(), nullable=False),
        sa.Column("holding_id", sa.BigInteger(), nullable=False),
        sa.Column("question_id", sa.BigInteger(), nullable=False),
        sa.Column("answer_id", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("blog", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=True),
        sa.Column("question", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("tokens", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=False),
        sa.Column("released_at", MOMENT, nullable=False),
        sa.CheckConstraint("language IN ('kk', 'ru', 'en')", name=op.f("ck_public_answer_language")),
        *_references(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_answer")),
        sa.UniqueConstraint("appeal_id", "part", name=op.f("uq_public_answer_appeal_id_part")),
    )
    for columns in (["holding_id"], ["question_id"], ["answer_id"], ["agency_id", "id"], ["blog", "id"]):
        op.create_index(f"ix_public_answer_{'_'.join(columns)}", "public_answer", columns)
    op.create_index("ix_public_answer_tokens", "public_answer", ["tokens"], postgresql_using="gin")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON public_answer TO {ROLE}")


def _references() -> list[sa.ForeignKeyConstraint]:
    """Whoever erases a text erases it here too."""
    return [
        sa.ForeignKeyConstraint(
            [column],
            [f"{table}.{key}"],
            name=op.f(f"fk_public_answer_{column}_{table}"),
            ondelete="CASCADE" if table == "content" else None,
        )
        for column, table, key in (
            ("appeal_id", "appeal", "id"),
            ("holding_id", "holding", "id"),
            ("question_id", "content", "id"),
            ("answer_id", "content", "id"),
            ("agency_id", "agency", "id"),
            ("blog", "blog", "code"),
        )
    ]


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("public_answer")
    op.drop_constraint(op.f("ck_publication_fields_known"), "publication")
    op.execute("UPDATE publication SET fields = array_remove(fields, 'answer')")
    op.create_check_constraint(op.f("ck_publication_fields_known"), "publication", BEFORE)
