"""personal reception: schedules, slots, bookings, visits; notices about a booking; services of the reception room

Works with the code that ran before it: that writes notices about appeals as before. While both run, an old
worker leaves notices about bookings in the outbox, if it is the one that reads it, without a delivery: migrate
when no reception is published yet.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ROLE = "ls_app"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _service()
    _agency_service()
    _reception_schedule()
    _reception()
    _reception_slot()
    _booking()
    _visitor()
    _visit_record()
    _notices()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON reception_schedule, booking, visitor TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON reception, reception_slot TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT ON visit_record TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON service, agency_service TO {ROLE}")


def _service() -> None:
    op.create_table(
        "service",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("kk", sa.Text(), nullable=False),
        sa.Column("ru", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_service")),
    )


def _agency_service() -> None:
    op.create_table(
        "agency_service",
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("kk", sa.Text(), nullable=True),
        sa.Column("ru", sa.Text(), nullable=True),
        sa.Column("en", sa.Text(), nullable=True),
        sa.CheckConstraint("num_nonnulls(kk, ru, en) IN (0, 3)", name=op.f("ck_agency_service_name_whole")),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_agency_service_agency_id_agency")
        ),
        sa.ForeignKeyConstraint(
            ["service"], ["service.code"], name=op.f("fk_agency_service_service_service")
        ),
        sa.PrimaryKeyConstraint("agency_id", "service", name=op.f("pk_agency_service")),
    )
    op.create_index("ix_agency_service_service", "agency_service", ["service"])


def _reception_schedule() -> None:
    op.create_table(
        "reception_schedule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("quarter", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'published') = (published_at IS NOT NULL)",
            name=op.f("ck_reception_schedule_published_whole"),
        ),
        sa.CheckConstraint("state IN ('draft', 'published')", name=op.f("ck_reception_schedule_state")),
        sa.CheckConstraint("quarter BETWEEN 1 AND 4", name=op.f("ck_reception_schedule_quarter")),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_reception_schedule_agency_id_agency")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reception_schedule")),
        sa.UniqueConstraint(
            "agency_id", "year", "quarter", name=op.f("uq_reception_schedule_agency_id_year_quarter")
        ),
    )


def _reception() -> None:
    op.create_table(
        "reception",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("schedule_id", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("begins", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("slot_minutes", sa.SmallInteger(), nullable=False),
        sa.Column("capacity", sa.SmallInteger(), nullable=False),
        sa.Column("group_max", sa.SmallInteger(), nullable=False),
        sa.Column("post", postgresql.JSONB(), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("place", postgresql.JSONB(), nullable=True),
        sa.Column("video_link", sa.LargeBinary(), nullable=True),
        sa.Column("bring", postgresql.JSONB(), nullable=True),
        sa.Column("through", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.CheckConstraint("mode IN ('in_person', 'video')", name=op.f("ck_reception_mode")),
        sa.CheckConstraint("through IN ('body', 'party', 'travelling')", name=op.f("ck_reception_through")),
        sa.CheckConstraint("ends > begins", name=op.f("ck_reception_hours")),
        sa.CheckConstraint("group_max BETWEEN 1 AND capacity", name=op.f("ck_reception_group_max")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_reception_agency_id_agency")),
        sa.ForeignKeyConstraint(["region"], ["region.code"], name=op.f("fk_reception_region_region")),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["reception_schedule.id"],
            name=op.f("fk_reception_schedule_id_reception_schedule"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reception")),
    )
    op.create_index("ix_reception_agency_id_day", "reception", ["agency_id", "day"])
    op.create_index("ix_reception_region", "reception", ["region"])
    op.create_index("ix_reception_schedule_id", "reception", ["schedule_id"])


def _reception_slot() -> None:
    op.create_table(
        "reception_slot",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("reception_id", sa.BigInteger(), nullable=False),
        sa.Column("begins_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("capacity", sa.SmallInteger(), nullable=False),
        sa.Column("taken", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("called_off_at", MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("taken BETWEEN 0 AND capacity", name=op.f("ck_reception_slot_taken")),
        sa.ForeignKeyConstraint(
            ["reception_id"], ["reception.id"], name=op.f("fk_reception_slot_reception_id_reception")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reception_slot")),
        sa.UniqueConstraint(
            "reception_id", "begins_at", name=op.f("uq_reception_slot_reception_id_begins_at")
        ),
    )


def _booking() -> None:
    op.create_table(
        "booking",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("slot_id", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("begins_at", MOMENT, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("persons", sa.SmallInteger(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("booked_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("moved_to", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("request_hash", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(state = 'booked') = (ended_at IS NULL)", name=op.f("ck_booking_ended_whole")),
        sa.CheckConstraint("(state = 'moved') = (moved_to IS NOT NULL)", name=op.f("ck_booking_moved_whole")),
        sa.CheckConstraint("language IN ('kk', 'ru', 'en')", name=op.f("ck_booking_language")),
        sa.CheckConstraint(
            "state IN ('booked', 'cancelled', 'moved', 'called_off')", name=op.f("ck_booking_state")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_booking_agency_id_agency")),
        sa.ForeignKeyConstraint(["moved_to"], ["booking.id"], name=op.f("fk_booking_moved_to_booking")),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["reception_slot.id"], name=op.f("fk_booking_slot_id_reception_slot")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
    )
    op.create_index("ix_booking_agency_id", "booking", ["agency_id"])
    op.create_index(
        "ix_booking_begins_at", "booking", ["begins_at"], postgresql_where=sa.text("state = 'booked'")
    )
    op.create_index("ix_booking_moved_to", "booking", ["moved_to"])
    op.create_index("ix_booking_slot_id", "booking", ["slot_id"])
    op.create_index(
        "uq_booking_key", "booking", ["key"], unique=True, postgresql_where=sa.text("key IS NOT NULL")
    )
    op.create_index(
        "uq_booking_phone",
        "booking",
        ["agency_id", "begins_at", "phone_hash"],
        unique=True,
        postgresql_where=sa.text("state = 'booked' AND phone_hash IS NOT NULL"),
    )


def _visitor() -> None:
    op.create_table(
        "visitor",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("reception_id", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=True),
        sa.Column("begins_at", MOMENT, nullable=True),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("iin", sa.LargeBinary(), nullable=True),
        sa.Column("iin_hash", sa.LargeBinary(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("subject", sa.LargeBinary(), nullable=True),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("request_hash", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("language IN ('kk', 'ru', 'en')", name=op.f("ck_visitor_language")),
        sa.CheckConstraint(
            "(booking_id IS NULL) = (begins_at IS NULL)", name=op.f("ck_visitor_booked_whole")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_visitor_agency_id_agency")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_visitor_booking_id_booking")),
        sa.ForeignKeyConstraint(
            ["reception_id"], ["reception.id"], name=op.f("fk_visitor_reception_id_reception")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitor")),
    )
    op.create_index("ix_visitor_agency_id", "visitor", ["agency_id"])
    op.create_index("ix_visitor_booking_id", "visitor", ["booking_id"])
    op.create_index("ix_visitor_reception_id", "visitor", ["reception_id"])
    op.create_index(
        "uq_visitor_key", "visitor", ["key"], unique=True, postgresql_where=sa.text("key IS NOT NULL")
    )
    op.create_index(
        "uq_visitor_person",
        "visitor",
        ["agency_id", "begins_at", "iin_hash"],
        unique=True,
        postgresql_where=sa.text("stands AND begins_at IS NOT NULL AND iin_hash IS NOT NULL"),
    )


def _visit_record() -> None:
    op.create_table(
        "visit_record",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("visitor_id", sa.BigInteger(), nullable=False),
        sa.Column("supersedes", sa.BigInteger(), nullable=True),
        sa.Column("reception_id", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("came", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("through", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("appeal_id", sa.BigInteger(), nullable=True),
        sa.Column("accepted_name", sa.Text(), nullable=False),
        sa.Column("accepted_post", sa.Text(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "coalesce(outcome = 'registered', false) = (appeal_id IS NOT NULL)",
            name=op.f("ck_visit_record_registered_whole"),
        ),
        sa.CheckConstraint("mode IN ('in_person', 'video')", name=op.f("ck_visit_record_mode")),
        sa.CheckConstraint(
            "outcome IN ('resolved', 'explained', 'registered')", name=op.f("ck_visit_record_outcome")
        ),
        sa.CheckConstraint(
            "through IN ('body', 'party', 'travelling')", name=op.f("ck_visit_record_through")
        ),
        sa.CheckConstraint("came = (outcome IS NOT NULL)", name=op.f("ck_visit_record_outcome_of_who_came")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_visit_record_agency_id_agency")),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_visit_record_appeal_id_appeal")),
        sa.ForeignKeyConstraint(
            ["reception_id"], ["reception.id"], name=op.f("fk_visit_record_reception_id_reception")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes"], ["visit_record.id"], name=op.f("fk_visit_record_supersedes_visit_record")
        ),
        sa.ForeignKeyConstraint(
            ["visitor_id"], ["visitor.id"], name=op.f("fk_visit_record_visitor_id_visitor")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_record")),
        sa.UniqueConstraint("supersedes", name=op.f("uq_visit_record_supersedes")),
    )
    op.create_index("ix_visit_record_agency_id_day", "visit_record", ["agency_id", "day"])
    op.create_index("ix_visit_record_appeal_id", "visit_record", ["appeal_id"])
    op.create_index("ix_visit_record_day", "visit_record", ["day"])
    op.create_index("ix_visit_record_reception_id", "visit_record", ["reception_id"])
    op.create_index("ix_visit_record_visitor_id", "visit_record", ["visitor_id"])
    op.create_index(
        "uq_visit_record_first",
        "visit_record",
        ["visitor_id"],
        unique=True,
        postgresql_where=sa.text("supersedes IS NULL"),
    )


def _notices() -> None:
    """About an appeal or about a booking."""
    for table in ("notice", "delivery"):
        op.add_column(table, sa.Column("booking_id", sa.BigInteger(), nullable=True))
        op.alter_column(table, "appeal_id", existing_type=sa.BigInteger(), nullable=True)
        op.create_index(
            f"ix_{table}_booking_id",
            table,
            ["booking_id"],
            postgresql_where=sa.text("booking_id IS NOT NULL"),
        )
        op.create_foreign_key(
            op.f(f"fk_{table}_booking_id_booking"), table, "booking", ["booking_id"], ["id"]
        )
        op.create_check_constraint(
            op.f(f"ck_{table}_one_subject"), table, "num_nonnulls(appeal_id, booking_id) = 1"
        )
    op.alter_column("notice", "event_hash", existing_type=sa.LargeBinary(), nullable=True)
    op.create_check_constraint(
        op.f("ck_notice_event_of_appeal"), "notice", "(appeal_id IS NULL) = (event_hash IS NULL)"
    )
    op.create_index(
        "uq_notice_reminder",
        "notice",
        ["booking_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'booking.reminder'"),
    )


def downgrade() -> None:
    """What was said about bookings goes with them."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        "DELETE FROM delivery_attempt a USING delivery d WHERE d.id = a.delivery_id AND d.booking_id IS NOT NULL"
    )
    op.execute("DELETE FROM delivery WHERE booking_id IS NOT NULL")
    op.execute("DELETE FROM notice WHERE booking_id IS NOT NULL")
    op.drop_index("uq_notice_reminder", "notice")
    op.drop_constraint(op.f("ck_notice_event_of_appeal"), "notice")
    op.alter_column("notice", "event_hash", existing_type=sa.LargeBinary(), nullable=False)
    for table in ("notice", "delivery"):
        op.drop_constraint(op.f(f"ck_{table}_one_subject"), table)
        op.drop_column(table, "booking_id")
        op.alter_column(table, "appeal_id", existing_type=sa.BigInteger(), nullable=False)
    for table in (
        "visit_record",
        "visitor",
        "booking",
        "reception_slot",
        "reception",
        "reception_schedule",
        "agency_service",
        "service",
    ):
        op.drop_table(table)
