"""notices out: subscriptions, deliveries, the proof of each attempt

Works with the code that ran before it: that writes notices as before and reads none.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROLE = "ls_app"
OPEN = sa.text("state IN ('pending', 'failed')")
TASK = sa.text("task_at IS NOT NULL AND settled_at IS NULL AND state <> 'delivered'")
UNSENT = sa.text("subscription_id IS NOT NULL AND state <> 'delivered'")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _outbox()
    _subscription()
    _delivery()
    _attempt()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON subscription, delivery TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT ON delivery_attempt TO {ROLE}")


def _outbox() -> None:
    """What is in it was told to nobody; of what is older than 30 days nobody is told now either."""
    op.drop_constraint(op.f("ck_notice_state"), "notice")
    op.create_check_constraint(op.f("ck_notice_state"), "notice", "state IN ('pending', 'taken')")
    op.drop_index("ix_notice_pending", "notice")
    op.create_index("ix_notice_pending", "notice", ["id"], postgresql_where=sa.text("state = 'pending'"))
    op.drop_column("notice", "attempts")
    op.execute(f"REVOKE UPDATE ON notice FROM {ROLE}")
    op.execute(f"GRANT UPDATE (state) ON notice TO {ROLE}")


def _subscription() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("previous_secret", sa.LargeBinary(), nullable=True),
        sa.Column("previous_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(previous_secret IS NULL) = (previous_until IS NULL)",
            name=op.f("ck_subscription_previous_secret_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_client.id"], name=op.f("fk_subscription_client_id_api_client")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
    )
    op.create_index(
        "uq_subscription_url",
        "subscription",
        ["client_id", "url"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("appeal_id", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("know_by", sa.Date(), nullable=True),
        sa.Column("task_at", MOMENT, nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("settled_by", sa.BigInteger(), nullable=True),
        sa.Column("settled_how", sa.Text(), nullable=True),
        sa.CheckConstraint("way IN ('email', 'sms', 'webhook')", name=op.f("ck_delivery_way")),
        sa.CheckConstraint(
            "state IN ('pending', 'failed', 'delivered', 'given_up')", name=op.f("ck_delivery_state")
        ),
        sa.CheckConstraint(
            "settled_how IN ('letter', 'telephone', 'in_person', 'not_needed')",
            name=op.f("ck_delivery_settled_how"),
        ),
        sa.CheckConstraint(
            "(way = 'webhook') = (subscription_id IS NOT NULL)", name=op.f("ck_delivery_subscription")
        ),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_delivery_notice_id_notice")),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_delivery_appeal_id_appeal")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_delivery_subscription_id_subscription")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index("uq_delivery_notice_id_lane", "delivery", ["notice_id", "lane"], unique=True)
    op.create_index("ix_delivery_due", "delivery", ["lane", "next_at", "id"], postgresql_where=OPEN)
    op.create_index("ix_delivery_order", "delivery", ["appeal_id", "lane", "id"], postgresql_where=OPEN)
    op.create_index("ix_delivery_appeal_id", "delivery", ["appeal_id"])
    op.create_index("ix_delivery_subscription_id", "delivery", ["subscription_id", "id"])
    op.create_index("ix_delivery_unsent", "delivery", ["subscription_id"], postgresql_where=UNSENT)
    op.create_index("ix_delivery_task_at", "delivery", ["task_at"], postgresql_where=TASK)


def _attempt() -> None:
    op.create_table(
        "delivery_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("code", sa.SmallInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "result IN ('delivered', 'refused', 'unreachable', 'timeout', 'address', 'broken')",
            name=op.f("ck_delivery_attempt_result"),
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_attempt_delivery_id_delivery")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_attempt")),
    )
    op.create_index("ix_delivery_attempt_delivery_id", "delivery_attempt", ["delivery_id"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("delivery_attempt")
    op.drop_table("delivery")
    op.drop_table("subscription")
    op.execute(f"REVOKE UPDATE (state) ON notice FROM {ROLE}")
    op.execute(f"GRANT UPDATE ON notice TO {ROLE}")
    op.add_column(
        "notice", sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.drop_index("ix_notice_pending", "notice")
    op.create_index(
        "ix_notice_pending", "notice", ["not_before", "id"], postgresql_where=sa.text("state = 'pending'")
    )
    op.drop_constraint(op.f("ck_notice_state"), "notice")
    op.execute("UPDATE notice SET state = 'delivered' WHERE state = 'taken'")
    op.create_check_constraint(
        op.f("ck_notice_state"), "notice", "state IN ('pending', 'delivered', 'failed')"
    )
