"""Samples of answers, the answers drawn, and what was said of each."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.core.columns import TIMESTAMP, Encrypted, identity
from app.core.db import Table

JUDGES = 2


class QualitySample(Table, table=True):
    """What was drawn from: answers of the days `first` to `last`, so many an agency, by this seed."""

    __tablename__ = "quality_sample"
    __table_args__ = (
        Index("ix_quality_sample_drawn_by", "drawn_by"),
        CheckConstraint("first <= last", name="period"),
    )

    id: int = identity()
    seed: str = Field(sa_type=Text)
    first: date
    last: date
    per_agency: int = Field(sa_type=Integer)
    form: date = Field(description="from which day the form is that it is checked against")
    drawn_by: int = Field(sa_type=BigInteger, foreign_key="staff_account.id")
    drawn_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)


class QualityCase(Table, table=True):
    """One answer. `place`: in the order of the draw. `answer`: what the answer's event commits to."""

    __tablename__ = "quality_case"
    __table_args__ = (
        Index("uq_quality_case_sample_id_place", "sample_id", "place", unique=True),
        Index("ix_quality_case_holding_id", "holding_id"),
        Index("ix_quality_case_agency_id", "agency_id"),
    )

    id: int = identity()
    sample_id: int = Field(
        sa_type=BigInteger, sa_column_args=[ForeignKey("quality_sample.id")], nullable=False
    )
    place: int = Field(sa_type=Integer)
    agency_id: int = Field(sa_type=BigInteger, foreign_key="agency.id")
    holding_id: int = Field(sa_type=BigInteger, foreign_key="holding.id")
    answer: bytes = Field(sa_type=LargeBinary)


class QualityVerdict(Table, table=True):
    """What one of the two said; never changed. `place`: who was first and who second."""

    __tablename__ = "quality_verdict"
    __table_args__ = (
        Index("uq_quality_verdict_case_id_judge_id", "case_id", "judge_id", unique=True),
        Index("ix_quality_verdict_judge_id", "judge_id"),
        CheckConstraint(f"place BETWEEN 1 AND {JUDGES}", name="two"),
    )

    case_id: int = Field(
        sa_type=BigInteger,
        sa_column_args=[ForeignKey("quality_case.id")],
        primary_key=True,
        nullable=False,
        sa_column_kwargs={"autoincrement": False},
    )
    place: int = Field(
        sa_type=SmallInteger, primary_key=True, nullable=False, sa_column_kwargs={"autoincrement": False}
    )
    judge_id: int = Field(sa_type=BigInteger, foreign_key="staff_account.id")
    at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    marks: dict[str, str] = Field(sa_type=JSONB, nullable=False)
    note: str | None = Field(default=None, sa_type=Encrypted("quality_verdict.note"))
