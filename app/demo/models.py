"""What the demo has loaded already."""

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from app.core.columns import TIMESTAMP
from app.core.db import Table


class DemoLoad(Table, table=True):
    __tablename__ = "demo_load"

    stage: str = Field(sa_type=Text, primary_key=True)
    loaded_at: datetime = Field(sa_type=TIMESTAMP, nullable=False)
