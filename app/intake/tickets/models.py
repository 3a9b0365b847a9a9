"""What is kept of a source's messages beside the appeals that came of them."""

from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, Integer, Text, UniqueConstraint
from sqlmodel import Field

from app.appeals.codes import LanguageCode
from app.core.columns import TIMESTAMP, identity, one_of
from app.core.db import Table

SOURCE_FK = "source.id"


def _source_id() -> int:
    return Field(sa_type=BigInteger, foreign_key=SOURCE_FK)  # type: ignore[no-any-return]


class RefusedTicket(Table, table=True):
    """Why a source's message was not taken: codes and names of our own fields, never what it said.

    The same refusal of the same message again is counted in `times`.
    """

    __tablename__ = "refused_ticket"
    __table_args__ = (
        UniqueConstraint("source_id", "day", "external_id", "code", postgresql_nulls_not_distinct=True),
    )

    id: int = identity()
    source_id: int = _source_id()
    external_id: str | None = Field(default=None, sa_type=Text, description="null: it could not be read")
    day: date = Field(description="civil day of received_at, or of the arrival where none can be read")
    code: str = Field(sa_type=Text, description="of the error")
    fields: list[str] = Field(sa_type=ARRAY(Text), nullable=False, description="as `field:code`")
    times: int = Field(sa_type=Integer)
    first_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    at: datetime = Field(sa_type=TIMESTAMP, nullable=False, description="the last time")


class Declaration(Table, table=True):
    """What a source says that it sent on a day; the newest counts, the older ones stay."""

    __tablename__ = "declaration"
    __table_args__ = (
        Index("ix_declaration_source_id_day_id", "source_id", "day", "id"),
        CheckConstraint("count >= 0", name="count"),
    )

    id: int = identity()
    source_id: int = _source_id()
    day: date
    count: int = Field(sa_type=Integer)
    external_ids: list[str] | None = Field(default=None, sa_type=ARRAY(Text), nullable=True)
    client_id: int = Field(sa_type=BigInteger)
    declared_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)


class Consultation(Table, table=True):
    """A call that was answered on the spot. Nothing is kept of who called and what was said."""

    __tablename__ = "consultation"
    __table_args__ = (
        UniqueConstraint("source_id", "external_id"),
        # Calls are counted by day; the rest is there so that the table need not be read.
        Index("ix_consultation_day", "day", "source_id", postgresql_include=["region", "channel"]),
        one_of("language", LanguageCode),
        CheckConstraint("seconds >= 0", name="seconds"),
    )

    id: int = identity()
    source_id: int = _source_id()
    external_id: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
    day: date = Field(description="civil day of the call")
    channel: str = Field(sa_type=Text)
    topic: str | None = Field(default=None, sa_type=Text)
    region: str = Field(sa_type=Text, description="ISO 3166-2 code, empty when none is known")
    language: str | None = Field(default=None, sa_type=Text)
    seconds: int | None = Field(default=None, sa_type=Integer)
