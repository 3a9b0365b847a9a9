"""The keys that outlive the secret."""

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from app.core.columns import TIMESTAMP, Encrypted
from app.core.db import Table


class LastingKey(Table, table=True):
    """The key of a purpose of `cipher.LASTING`, in hexadecimal, under the newest secret."""

    __tablename__ = "lasting_key"

    purpose: str = Field(sa_type=Text, primary_key=True)
    key: str = Field(sa_type=Encrypted("lasting_key.key"), nullable=False)
    since: datetime = Field(sa_type=TIMESTAMP, nullable=False)
