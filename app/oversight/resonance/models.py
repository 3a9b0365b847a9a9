"""Appeals by the hour, the rises found in them, and systemic issues."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Float, Index, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from app.core.columns import TIMESTAMP, Encrypted, identity, one_of
from app.core.db import Table
from app.oversight.resonance.steps import State, Step


class AppealHour(Table, table=True):
    """How many appeals were received in an hour on a topic, in a region, first held by an agency.

    The worker counts the last two days anew each hour; what came by then with an earlier moment is in it.
    """

    __tablename__ = "appeal_hour"

    hour: datetime = Field(sa_type=TIMESTAMP, primary_key=True, nullable=False)
    topic: str = Field(sa_type=Text, primary_key=True)
    region: str = Field(sa_type=Text, primary_key=True, description="empty when none was named")
    agency_id: int = Field(
        sa_type=BigInteger, primary_key=True, nullable=False, sa_column_kwargs={"autoincrement": False}
    )
    appeals: int = Field(sa_type=Integer, nullable=False)


class HoursCounted(Table, table=True):
    """One row: from which hour on, and up to which, the hours are counted; null before the first time."""

    __tablename__ = "hours_counted"

    id: int = Field(sa_type=SmallInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    counted_from: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    counted_to: datetime | None = Field(default=None, sa_type=TIMESTAMP)


class Rise(Table, table=True):
    """Far more appeals of one topic and region than usual, until a day goes by without. Told once, to the
    head of `agency_id`, which holds most of them."""

    __tablename__ = "rise"
    __table_args__ = (
        Index("ix_rise_cell", "topic", "region", "last_hour"),
        Index("ix_rise_agency_id", "agency_id"),
        Index("ix_rise_acknowledged_by", "acknowledged_by"),
        Index("ix_rise_open", "id", postgresql_where=text("acknowledged_at IS NULL")),
        CheckConstraint("first_hour <= last_hour", name="hours_in_order"),
        CheckConstraint(
            "num_nonnulls(acknowledged_at, acknowledged_by, word) IN (0, 3)", name="acknowledged_whole"
        ),
    )

    id: int = identity()
    topic: str = Field(sa_type=Text)
    region: str = Field(sa_type=Text)
    agency_id: int = Field(sa_type=BigInteger, foreign_key="agency.id")
    first_hour: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    last_hour: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    told_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    acknowledged_at: datetime | None = Field(default=None, sa_type=TIMESTAMP)
    acknowledged_by: int | None = Field(default=None, sa_type=BigInteger, foreign_key="staff_account.id")
    word: str | None = Field(default=None, sa_type=Encrypted("rise.word"))


class RiseHour(Table, table=True):
    """An hour of a rise, with the appeals that were counted in it."""

    __tablename__ = "rise_hour"
    __table_args__ = (Index("ix_rise_hour_rise_id", "rise_id"),)

    hour: datetime = Field(sa_type=TIMESTAMP, primary_key=True, nullable=False)
    topic: str = Field(sa_type=Text, primary_key=True)
    region: str = Field(sa_type=Text, primary_key=True)
    rise_id: int = Field(sa_type=BigInteger, foreign_key="rise.id", nullable=False)
    appeal_ids: list[int] = Field(sa_type=ARRAY(BigInteger), nullable=False)
    expected: float = Field(sa_type=Float, nullable=False)
    chance: float = Field(sa_type=Float, nullable=False, description="of so many or more in a usual hour")


class SystemicIssue(Table, table=True):
    """A group of appeals seen as one matter: those on a topic or of a region, or those that are listed."""

    __tablename__ = "systemic_issue"
    __table_args__ = (
        *(Index(f"ix_systemic_issue_{name}", name) for name in ("agency_id", "owner_id", "opened_by")),
        one_of("state", State),
        CheckConstraint("num_nonnulls(topic, region, appeal_ids) > 0", name="a_group"),
    )

    id: int = identity()
    topic: str | None = Field(default=None, sa_type=Text)
    region: str | None = Field(default=None, sa_type=Text)
    agency_id: int | None = Field(
        default=None,
        sa_type=BigInteger,
        foreign_key="agency.id",
        description="with this body and those below",
    )
    appeal_ids: list[int] | None = Field(default=None, sa_type=ARRAY(BigInteger))
    owner_id: int = Field(sa_type=BigInteger, foreign_key="staff_account.id")
    instruction: str = Field(sa_type=Encrypted("systemic_issue.instruction"), nullable=False)
    due_on: date
    opened_on: date = Field(description="the civil day: before it is before, and from it on after")
    opened_by: int = Field(sa_type=BigInteger, foreign_key="staff_account.id")
    state: str = Field(sa_type=Text, sa_column_kwargs={"server_default": text("'open'")})


class SystemicIssueStep(Table, table=True):
    """Who did what with an issue, and said what; append only."""

    __tablename__ = "systemic_issue_step"
    __table_args__ = (
        Index("ix_systemic_issue_step_issue_id", "issue_id"),
        Index("ix_systemic_issue_step_by_id", "by_id"),
        one_of("step", Step),
    )

    id: int = identity()
    issue_id: int = Field(sa_type=BigInteger, foreign_key="systemic_issue.id")
    step: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    by_id: int = Field(sa_type=BigInteger, foreign_key="staff_account.id")
    word: str | None = Field(default=None, sa_type=Encrypted("systemic_issue_step.word"))
