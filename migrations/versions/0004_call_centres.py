"""call centres: what sources follow, what was refused, declarations, consultations; limits of clients

Works with the code that ran before it. What that code does to a ticket while both run is told to the ticket's
source with the next change.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROLE = "ls_app"
FOLLOWED = sa.text("source_id IS NOT NULL")
INNER = (
    "'assigned', 'note_added', 'linked', 'rated', 'unmasked', 'deadline_near', 'control_taken', "
    "'control_lifted', 'control_overdue'"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _events()
    op.create_index(
        "ix_appeal_source_id_received_at",
        "appeal",
        ["source_id", "received_at"],
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.add_column(
        "source", sa.Column("late_days", sa.SmallInteger(), server_default=sa.text("3"), nullable=False)
    )
    op.create_check_constraint(op.f("ck_source_late_days"), "source", "late_days BETWEEN 0 AND 31")
    op.add_column(
        "api_client",
        sa.Column("requests_per_minute", sa.Integer(), server_default=sa.text("600"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_api_client_requests_per_minute"), "api_client", "requests_per_minute > 0"
    )
    _client_use()
    _refused_ticket()
    _declaration()
    _consultation()
    op.execute(f"GRANT SELECT, INSERT ON declaration, consultation TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON refused_ticket TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON client_use TO {ROLE}")


def _events() -> None:
    op.add_column("event", sa.Column("source_id", sa.BigInteger(), nullable=True))
    op.add_column("event", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        f"""UPDATE event SET source_id = appeal.source_id, changed_at = event.at
            FROM appeal WHERE appeal.id = event.appeal_id AND appeal.external_id IS NOT NULL
            AND event.kind NOT IN ({INNER})"""
    )
    op.create_index("ix_event_followed", "event", ["source_id", "xid", "id"], postgresql_where=FOLLOWED)
    op.create_index(
        "ix_event_followed_since",
        "event",
        ["source_id", "changed_at"],
        postgresql_where=FOLLOWED,
        postgresql_include=["xid"],
    )


def _client_use() -> None:
    op.create_table(
        "client_use",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_client.id"], name=op.f("fk_client_use_client_id_api_client")
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_use")),
        prefixes=["UNLOGGED"],
    )


def _refused_ticket() -> None:
    op.create_table(
        "refused_ticket",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_refused_ticket_source_id_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_ticket")),
        sa.UniqueConstraint(
            "source_id",
            "day",
            "external_id",
            "code",
            name=op.f("uq_refused_ticket_source_id_day_external_id_code"),
            postgresql_nulls_not_distinct=True,
        ),
    )


def _declaration() -> None:
    op.create_table(
        "declaration",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("external_ids", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("count >= 0", name=op.f("ck_declaration_count")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_declaration_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
    )
    op.create_index("ix_declaration_source_id_day_id", "declaration", ["source_id", "day", "id"])


def _consultation() -> None:
    op.create_table(
        "consultation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.CheckConstraint("language IN ('kk', 'ru', 'en')", name=op.f("ck_consultation_language")),
        sa.CheckConstraint("seconds >= 0", name=op.f("ck_consultation_seconds")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_consultation_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation")),
        sa.UniqueConstraint("source_id", "external_id", name=op.f("uq_consultation_source_id_external_id")),
    )
    op.create_index(
        "ix_consultation_day",
        "consultation",
        ["day", "source_id"],
        postgresql_include=["region", "channel"],
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("consultation", "declaration", "refused_ticket", "client_use"):
        op.drop_table(table)
    op.drop_column("api_client", "requests_per_minute")
    op.drop_column("source", "late_days")
    op.drop_index("ix_appeal_source_id_received_at", "appeal")
    op.drop_column("event", "changed_at")
    op.drop_column("event", "source_id")
