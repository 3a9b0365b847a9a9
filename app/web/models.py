"""What the pages keep for a visitor: an appeal that is being written."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field

from app.core.columns import Encrypted, utc
from app.core.db import Table


class WebDraft(Table, table=True):
    """One a visitor; `visitor` is a hash of the cookie. Forgotten after a week without a change."""

    __tablename__ = "web_draft"
    __table_args__ = (Index("ix_web_draft_updated_at", "updated_at"),)

    visitor: bytes = Field(sa_type=LargeBinary, primary_key=True)
    body: str = Field(sa_type=Encrypted("web_draft.body"), nullable=False)
    updated_at: datetime = utc()
