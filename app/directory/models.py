"""Who and what exists: reference data, changed by data and dated, so that an old appeal keeps what was true.

`valid_to` is the last day of validity, inclusive; null while it lasts.
"""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.core.columns import identity, one_of, utc
from app.core.db import Table
from app.directory.changes import What
from app.directory.values import AgencyKind

AGENCY_FK = "agency.id"
REGION_FK = "region.code"
TOPIC_FK = "topic.code"


def _dated() -> CheckConstraint:
    return CheckConstraint("valid_to >= valid_from", name="valid_period")


def _text_list(*, nullable: bool) -> list[str]:
    return Field(sa_type=ARRAY(Text), nullable=nullable)  # type: ignore[no-any-return]


class Region(Table, table=True):
    __tablename__ = "region"
    __table_args__ = (
        _dated(),
        CheckConstraint("code ~ '^KZ-[0-9]{2}$'", name="iso_code"),
        Index("ix_region_formed_from", "formed_from"),
    )

    code: str = Field(sa_type=Text, primary_key=True, description="ISO 3166-2")
    formed_from: str | None = Field(default=None, sa_type=Text, foreign_key=REGION_FK)
    valid_from: date
    valid_to: date | None = None


class RegionName(Table, table=True):
    __tablename__ = "region_name"
    __table_args__ = (_dated(),)

    region: str = Field(sa_type=Text, primary_key=True, foreign_key=REGION_FK)
    valid_from: date = Field(primary_key=True)
    valid_to: date | None = None
    kk: str = Field(sa_type=Text)
    ru: str = Field(sa_type=Text)
    en: str = Field(sa_type=Text)


class Topic(Table, table=True):
    __tablename__ = "topic"

    code: str = Field(sa_type=Text, primary_key=True)
    kk: str = Field(sa_type=Text)
    ru: str = Field(sa_type=Text)
    en: str = Field(sa_type=Text)


class Channel(Table, table=True):
    __tablename__ = "channel"

    code: str = Field(sa_type=Text, primary_key=True)
    kk: str = Field(sa_type=Text)
    ru: str = Field(sa_type=Text)
    en: str = Field(sa_type=Text)


class Agency(Table, table=True):
    __tablename__ = "agency"
    __table_args__ = (
        UniqueConstraint("code"),
        _dated(),
        one_of("kind", AgencyKind),
        CheckConstraint("code ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="code_slug"),
        CheckConstraint("parent_id <> id", name="parent_other"),
        CheckConstraint("closes > opens", name="office_hours"),
        CheckConstraint("week IN (5, 6)", name="week"),
        CheckConstraint("warn_operator >= 0 AND warn_head >= 0", name="warnings"),
        CheckConstraint("num_nonnulls(address_kk, address_ru, address_en) IN (0, 3)", name="address_whole"),
        Index("ix_agency_parent_id", "parent_id"),
        Index("ix_agency_region", "region"),
    )

    id: int = identity()
    code: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    parent_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key=AGENCY_FK)
    region: str | None = Field(default=None, sa_type=Text, foreign_key=REGION_FK)
    valid_from: date
    valid_to: date | None = None
    approval_required: bool = Field(description="an operator's answer waits for the head")
    opens: time = Field(description="office hours, Asia/Almaty")
    closes: time
    week: int = Field(sa_type=SmallInteger, description="working days a week")
    warn_operator: int | None = Field(
        default=None, sa_type=SmallInteger, description="working days before a due day; null: the usual ones"
    )
    warn_head: int | None = Field(default=None, sa_type=SmallInteger)
    phone: str | None = Field(default=None, sa_type=Text, description="for people who have a question")
    email: str | None = Field(default=None, sa_type=Text)
    address_kk: str | None = Field(default=None, sa_type=Text)
    address_ru: str | None = Field(default=None, sa_type=Text)
    address_en: str | None = Field(default=None, sa_type=Text)


class AgencyName(Table, table=True):
    __tablename__ = "agency_name"
    __table_args__ = (_dated(),)

    agency_id: int = Field(sa_type=BigInteger, primary_key=True, foreign_key=AGENCY_FK)
    valid_from: date = Field(primary_key=True)
    valid_to: date | None = None
    kk: str = Field(sa_type=Text)
    ru: str = Field(sa_type=Text)
    en: str = Field(sa_type=Text)


class AgencySuccessor(Table, table=True):
    """Who took matters over. Without topics: the default one; an empty list: never chosen by topic."""

    __tablename__ = "agency_successor"
    __table_args__ = (
        CheckConstraint("successor_id <> agency_id", name="successor_other"),
        Index(
            "uq_agency_successor_default", "agency_id", unique=True, postgresql_where=text("topics IS NULL")
        ),
        Index("ix_agency_successor_successor_id", "successor_id"),
    )

    agency_id: int = Field(sa_type=BigInteger, primary_key=True, foreign_key=AGENCY_FK)
    successor_id: int = Field(sa_type=BigInteger, primary_key=True, foreign_key=AGENCY_FK)
    since: date
    topics: list[str] | None = _text_list(nullable=True)


class Competence(Table, table=True):
    """Who answers on a topic: in one region, or (region null) wherever no region's row says otherwise."""

    __tablename__ = "competence"
    __table_args__ = (
        _dated(),
        UniqueConstraint("topic", "region", "valid_from", postgresql_nulls_not_distinct=True),
        Index("ix_competence_region", "region"),
        Index("ix_competence_agency_id", "agency_id"),
    )

    id: int = identity()
    topic: str = Field(sa_type=Text, foreign_key=TOPIC_FK)
    region: str | None = Field(default=None, sa_type=Text, foreign_key=REGION_FK)
    agency_id: int = Field(sa_type=BigInteger, foreign_key=AGENCY_FK)
    valid_from: date
    valid_to: date | None = None


class Source(Table, table=True):
    """One particular integration or desk. With an agency: what it brings is that agency's."""

    __tablename__ = "source"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("cardinality(channels) > 0", name="channels_named"),
        CheckConstraint("late_days BETWEEN 0 AND 31", name="late_days"),
        UniqueConstraint("sandbox_of"),
        CheckConstraint("sandbox_of <> id", name="sandbox_of_other"),
        Index("ix_source_agency_id", "agency_id"),
        Index("ix_source_region", "region"),
    )

    id: int = identity()
    code: str = Field(sa_type=Text)
    agency_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key=AGENCY_FK)
    region: str | None = Field(default=None, sa_type=Text, foreign_key=REGION_FK)
    channels: list[str] = _text_list(nullable=False)
    late_days: int = Field(
        default=3,
        sa_type=SmallInteger,
        sa_column_kwargs={"server_default": text("3")},
        description="so many days after a message came to the source it may still bring it",
    )
    sandbox_of: int | None = Field(
        default=None,
        sa_type=BigInteger,
        foreign_key="source.id",
        description="the source that this one is the sandbox of, whose settings it has",
    )
    kk: str = Field(sa_type=Text)
    ru: str = Field(sa_type=Text)
    en: str = Field(sa_type=Text)


class Blog(Table, table=True):
    """A head's blog: what is written there is for the agency."""

    __tablename__ = "blog"
    __table_args__ = (_dated(), Index("ix_blog_agency_id", "agency_id"))

    code: str = Field(sa_type=Text, primary_key=True)
    agency_id: int = Field(sa_type=BigInteger, foreign_key=AGENCY_FK)
    valid_from: date
    valid_to: date | None = None
    kk: str = Field(sa_type=Text)
    ru: str = Field(sa_type=Text)
    en: str = Field(sa_type=Text)


class Service(Table, table=True):
    """A service of the online reception room, under the name that it has where a body has no own for it."""

    __tablename__ = "service"

    code: str = Field(sa_type=Text, primary_key=True)
    place: int = Field(sa_type=SmallInteger, description="in the order shown")
    kk: str = Field(sa_type=Text)
    ru: str = Field(sa_type=Text)
    en: str = Field(sa_type=Text)


class AgencyService(Table, table=True):
    """What one body calls a service, or that it does not offer it."""

    __tablename__ = "agency_service"
    __table_args__ = (
        CheckConstraint("num_nonnulls(kk, ru, en) IN (0, 3)", name="name_whole"),
        Index("ix_agency_service_service", "service"),
    )

    agency_id: int = Field(sa_type=BigInteger, primary_key=True, foreign_key=AGENCY_FK)
    service: str = Field(sa_type=Text, primary_key=True, foreign_key="service.code")
    offered: bool
    kk: str | None = Field(default=None, sa_type=Text)
    ru: str | None = Field(default=None, sa_type=Text)
    en: str | None = Field(default=None, sa_type=Text)


class DirectoryVersion(Table, table=True):
    """One row: moves with every change of the directory, so that each process knows when to read it again."""

    __tablename__ = "directory_version"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: int = Field(sa_type=SmallInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    version: int = Field(sa_type=BigInteger)
    content_hash: str = Field(sa_type=Text, description="of the data files that were loaded last")


class DirectoryFiles(Table, table=True):
    """One row: what the data files said when they were loaded last, on which people's changes are laid."""

    __tablename__ = "directory_files"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: int = Field(sa_type=SmallInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    rows: dict[str, Any] = Field(sa_type=JSONB, nullable=False)


class DirectoryChange(Table, table=True):
    """What a person changed in the reference data, append only. One that takes another back says no more."""

    __tablename__ = "directory_change"
    __table_args__ = (
        one_of("what", What),
        CheckConstraint("takes_back < id", name="takes_back_older"),
        UniqueConstraint("takes_back"),
        Index("ix_directory_change_by_id", "by_id"),
        Index("ix_directory_change_code", "code"),
    )

    id: int = identity()
    at: datetime = utc()
    by_id: int = Field(sa_type=BigInteger, foreign_key="staff_account.id")
    what: str = Field(sa_type=Text)
    code: str = Field(sa_type=Text)
    said: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    was: dict[str, Any] = Field(sa_type=JSONB, nullable=False, description="what was so before")
    files: dict[str, Any] = Field(sa_type=JSONB, nullable=False, description="what the files said then")
    takes_back: int | None = Field(default=None, sa_type=BigInteger, foreign_key="directory_change.id")


class CalendarOverride(Table, table=True):
    """A day that an order made working or free, above the calendar that is known to the code; append only."""

    __tablename__ = "calendar_override"
    __table_args__ = (CheckConstraint("valid_from <= day", name="known_before"),)

    day: date = Field(primary_key=True)
    valid_from: date = Field(primary_key=True, description="the first day on which the order is in force")
    working: bool
    act: str = Field(sa_type=Text, description="the order that says so")
    exchanged_with: date | None = None
