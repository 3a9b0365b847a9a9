"""How far the forecast of each body is to be trusted. Made by the worker once a day."""

from datetime import date

from sqlalchemy import BigInteger
from sqlmodel import Field

from app.core.db import Table


class ForecastTrial(Table, table=True):
    """The latest backtest of a body; what is counted: `backtest.Trial`."""

    __tablename__ = "forecast_trial"

    agency_id: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    made_on: date
    samples: int
    judged: int
    predicted: int
    late: int
    hits: int
    errors: int
    error_days: int = Field(sa_type=BigInteger)
