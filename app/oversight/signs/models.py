"""Marks of answers, by which near-identical ones are found. Made by the worker from the events of answers."""

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from app.core.columns import Xid8
from app.core.db import Table


class AnswerPrint(Table, table=True):
    """Gone with the text that it is of. The first of those that are alike has `marks` and `bands`, the others
    point to it: `first` is its content's id, its own for itself."""

    __tablename__ = "answer_print"
    __table_args__ = (
        Index(
            "ix_answer_print_agency_id_day", "agency_id", "day", postgresql_include=["first", "holding_id"]
        ),
        Index(
            "ix_answer_print_bands",
            "bands",
            postgresql_using="gin",
            postgresql_where=text("bands IS NOT NULL"),
        ),
    )

    content_id: int = Field(
        sa_type=BigInteger,
        sa_column_args=[ForeignKey("content.id", ondelete="CASCADE")],
        primary_key=True,
        nullable=False,
        sa_column_kwargs={"autoincrement": False},
    )
    holding_id: int = Field(sa_type=BigInteger)
    agency_id: int = Field(sa_type=BigInteger)
    day: date
    first: int = Field(sa_type=BigInteger)
    likeness: int = Field(sa_type=SmallInteger, description="to the first, per cent")
    marks: bytes | None = Field(default=None, sa_type=LargeBinary)
    bands: list[int] | None = Field(default=None, sa_type=ARRAY(BigInteger))


class AnswersRead(Table, table=True):
    """One row: up to which event of an answer, in the order of transactions, there are prints."""

    __tablename__ = "answers_read"

    id: int = Field(sa_type=SmallInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    xid: int = Field(sa_type=Xid8, nullable=False)
    event_id: int = Field(sa_type=BigInteger)
