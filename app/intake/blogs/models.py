"""What is kept of blog platforms beside the appeals that came of their posts."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from app.appeals.codes import LanguageCode
from app.core.columns import Encrypted, Words, identity, one_of, utc
from app.core.db import Table


class SignedMessage(Table, table=True):
    """Under which `webhook-id` a client has sent which bytes, as hashes, for a month: an id of other bytes is
    a mistake of the sender's."""

    __tablename__ = "signed_message"
    __table_args__ = (Index("ix_signed_message_at", "at"),)

    client_id: int = Field(sa_type=BigInteger, foreign_key="api_client.id", primary_key=True)
    message_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    body_hash: bytes = Field(sa_type=LargeBinary)
    at: datetime = utc()


def _content_id() -> int:
    return Field(  # type: ignore[no-any-return]
        sa_type=BigInteger, sa_column_args=[ForeignKey("content.id", ondelete="CASCADE")], nullable=False
    )


def _searched(said: Mapping[str, str | None]) -> str:
    return " ".join(filter(None, (said[name] for name in ("title", "question", "answer"))))


class PublicAnswer(Table, table=True):
    """A question and its answer as a moderator released them, for everybody to read.

    It is gone when the release is taken back, or when either text is erased. Of an answer that is no longer
    the newest of its part nothing is shown.
    """

    __tablename__ = "public_answer"
    __table_args__ = (
        UniqueConstraint("appeal_id", "part"),
        Index("ix_public_answer_holding_id", "holding_id"),
        Index("ix_public_answer_question_id", "question_id"),
        Index("ix_public_answer_answer_id", "answer_id"),
        Index("ix_public_answer_agency_id_id", "agency_id", "id"),
        Index("ix_public_answer_blog_id", "blog", "id"),
        Index("ix_public_answer_tokens", "tokens", postgresql_using="gin"),
        one_of("language", LanguageCode),
    )

    id: int = identity()
    appeal_id: int = Field(sa_type=BigInteger, foreign_key="appeal.id")
    part: int = Field(sa_type=SmallInteger)
    holding_id: int = Field(sa_type=BigInteger, foreign_key="holding.id")
    question_id: int = _content_id()
    answer_id: int = _content_id()
    agency_id: int = Field(sa_type=BigInteger, foreign_key="agency.id")
    blog: str | None = Field(default=None, sa_type=Text, foreign_key="blog.code")
    language: str = Field(sa_type=Text, description="of the answer")
    title: str | None = Field(default=None, sa_type=Encrypted("public_answer.title"))
    question: str = Field(sa_type=Encrypted("public_answer.question"), nullable=False)
    answer: str = Field(sa_type=Encrypted("public_answer.answer"), nullable=False)
    tokens: list[int] = Field(sa_type=Words(_searched), nullable=False, description="keyed words")
    answered_at: datetime = utc()
    released_at: datetime = utc()


class Reading(StrEnum):
    """What came of asking for a feed. `cut`: it was longer than is read at once; its beginning was taken."""

    READ = "read"
    UNCHANGED = "unchanged"
    CUT = "cut"
    MALFORMED = "malformed"
    REDIRECT = "redirect"
    REFUSED = "refused"
    GONE = "gone"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    ADDRESS = "address"
    BROKEN = "broken"


class Feed(Table, table=True):
    """A platform that only publishes: where its entries are read, how often, and how that went last.

    `leased_until`: while a worker reads it; also what tells that worker's end from a later one's.
    """

    __tablename__ = "feed"
    __table_args__ = (
        Index("uq_feed_url", "source_id", "url", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_feed_blog", "blog"),
        Index("ix_feed_due", "next_at", postgresql_where=text("ended_at IS NULL")),
        Index("ix_feed_source_id", "source_id"),
        one_of("result", Reading),
        CheckConstraint("every >= 1", name="every"),
    )

    id: int = identity()
    source_id: int = Field(sa_type=BigInteger, foreign_key="source.id")
    blog: str = Field(sa_type=Text, foreign_key="blog.code")
    url: str = Field(sa_type=Text)
    every: int = Field(sa_type=SmallInteger, description="minutes")
    etag: str | None = Field(default=None, sa_type=Text)
    last_modified: str | None = Field(default=None, sa_type=Text)
    next_at: datetime = utc()
    leased_until: datetime | None = utc(nullable=True, default=None)
    failures: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": text("0")})
    read_at: datetime | None = utc(nullable=True, default=None)
    result: str | None = Field(default=None, sa_type=Text)
    code: int | None = Field(default=None, sa_type=SmallInteger, description="HTTP's")
    created_at: datetime = utc()
    ended_at: datetime | None = utc(nullable=True, default=None)
