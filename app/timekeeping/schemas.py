"""What an administrator sends and gets back about days and terms: numbers and days, never a text."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.core.schema import Day, FullLine, Out, Schema
from app.timekeeping.models import Cause

MOST_DAYS = 100
MOST_ITEMS = 10_000


class State(StrEnum):
    WAITING = "waiting"
    """For the worker to begin."""
    RUNNING = "running"
    FINISHED = "finished"


class DayIn(Schema):
    day: Day = Field(examples=["2027-07-05"])
    working: bool = Field(examples=[False], description="whether people work on it by this order")
    exchanged_with: Day | None = Field(
        None, examples=["2027-07-10"], description="the day that is worked, or free, in its place"
    )


class OrderIn(Schema):
    act: FullLine = Field(
        examples=["Қаулы № 1234"],
        description="the order, as citizens will read it: number and date, in the words of the act itself",
    )
    days: Annotated[list[DayIn], Field(min_length=1, max_length=MOST_DAYS)] = Field(
        examples=[
            [
                {"day": "2059-07-07", "working": False, "exchanged_with": "2059-07-12"},
                {"day": "2059-07-12", "working": True, "exchanged_with": "2059-07-07"},
            ]
        ]
    )
    limit: Annotated[int, Field(ge=1, le=MOST_ITEMS, strict=True)] = Field(
        1000, description="so many of those that move are listed by a preview; all are counted"
    )


class OrderOut(Out):
    day: date
    working: bool
    exchanged_with: date | None
    act: str
    valid_from: date = Field(description="the day on which it was announced")
    in_force: bool = Field(description="false once a later order about the day has taken its place")


class OrdersOut(Out):
    items: list[OrderOut]


class AgencyOut(Out):
    code: str = Field(examples=["energy"])
    name: str


class MoveOut(Out):
    number: str = Field(examples=["JT-2026-00000123"])
    agency: AgencyOut
    before: date
    after: date


class PreviewOut(Out):
    looked_at: int = Field(description="open cases that these days, or the rule, could concern")
    moved: int
    items: list[MoveOut]


class RecalculationOut(Out):
    id: int
    cause: Cause
    act: str = Field(description="empty for a change of rules")
    days: list[date]
    state: State
    requested_at: datetime
    finished_at: datetime | None
    looked_at: int = Field(description="open cases that it has looked at")
    left: int = Field(description="open cases that it has still before it")
    moved_so_far: int = Field(description="cases whose due day moved")


class RecalculationsOut(Out):
    items: list[RecalculationOut]
