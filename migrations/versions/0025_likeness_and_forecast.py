"""marks of answers, by which near-identical ones are found; how far the forecast of each body is to be trusted

Works with the code that ran before it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ROLE = "ls_app"


class Xid8(sa.types.UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _prints()
    op.create_table(
        "forecast_trial",
        sa.Column("agency_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("samples", "judged", "predicted", "late", "hits", "errors")
        ),
        sa.Column("error_days", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_forecast_trial")),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON forecast_trial TO {ROLE}")


def _prints() -> None:
    op.create_index(
        "ix_event_answered", "event", ["xid", "id"], postgresql_where=sa.text("kind = 'answered'")
    )
    op.create_table(
        "answer_print",
        sa.Column("content_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("holding_id", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("likeness", sa.SmallInteger(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=True),
        sa.Column("bands", ARRAY(sa.BigInteger()), nullable=True),
        sa.ForeignKeyConstraint(
            ["content_id"],
            ["content.id"],
            name=op.f("fk_answer_print_content_id_content"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_answer_print")),
    )
    op.create_index(
        "ix_answer_print_agency_id_day",
        "answer_print",
        ["agency_id", "day"],
        postgresql_include=["first", "holding_id"],
    )
    op.create_index(
        "ix_answer_print_bands",
        "answer_print",
        ["bands"],
        postgresql_using="gin",
        postgresql_where=sa.text("bands IS NOT NULL"),
    )
    op.create_table(
        "answers_read",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("xid", Xid8(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers_read")),
    )
    op.execute("INSERT INTO answers_read (id, xid, event_id) VALUES (1, '0', 0)")
    op.execute(f"GRANT SELECT, INSERT ON answer_print TO {ROLE}")
    op.execute(f"GRANT SELECT, UPDATE ON answers_read TO {ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("forecast_trial", "answers_read", "answer_print"):
        op.drop_table(table)
    op.drop_index("ix_event_answered", "event")
