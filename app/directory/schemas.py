"""What the directory tells the world."""

from datetime import date
from typing import Annotated

from pydantic import Field

from app.core.i18n import Language
from app.core.schema import Out, TimeOfDay

FirstDay = Annotated[date, Field(description="first day it exists", examples=["2023-09-02"])]
LastDay = Annotated[
    date | None, Field(description="last day it exists, if it has one", examples=["2023-09-01"])
]


class SuccessorOut(Out):
    code: str = Field(examples=["industry-construction"])
    name: str = Field(examples=["Ministry of Industry and Construction"])
    since: date = Field(examples=["2023-09-02"])
    topics: list[str] | None = Field(description="topics it took over; null: everything the others did not")


class ContactOut(Out):
    """How people reach a body."""

    phone: str | None = Field(examples=["1414"])
    email: str | None = Field(examples=["kense@energy.example"])
    address: str | None = Field(
        description="in the asked language", examples=["19 Kabanbay Batyr Avenue, Astana"]
    )
    opens: TimeOfDay = Field(description="office hours, Asia/Almaty", examples=["09:00"])
    closes: TimeOfDay = Field(examples=["18:30"])
    week: int = Field(description="working days a week, from Monday on", examples=[5])


class AgencyOut(Out):
    code: str = Field(examples=["energy"])
    name: str = Field(description="of the asked day, or the nearest one", examples=["Ministry of Energy"])
    kind: str = Field(examples=["ministry"])
    parent: str | None = Field(description="code of the body it is part of", examples=["justice"])
    region: str | None = Field(description="ISO 3166-2", examples=["KZ-61"])
    valid_from: FirstDay
    valid_to: LastDay
    successors: list[SuccessorOut] = Field(description="who took over, once it is abolished")
    predecessors: list[str] = Field(description="codes of the bodies whose matters these were before")
    contact: ContactOut


class RegionOut(Out):
    code: str = Field(description="ISO 3166-2", examples=["KZ-61"])
    name: str = Field(examples=["Turkistan Region"])
    valid_from: FirstDay
    valid_to: LastDay
    formed_from: str | None = Field(description="the region it was part of before", examples=["KZ-63"])


class TopicOut(Out):
    code: str = Field(examples=["utilities"])
    name: str = Field(examples=["Utilities"])


class ChannelOut(Out):
    code: str = Field(examples=["call_centre"])
    name: str = Field(examples=["Call centre"])


class BlogOut(Out):
    code: str = Field(examples=["energy"])
    name: str = Field(examples=["Blog of the Minister of Energy"])
    agency: str = Field(description="code of the body that answers there", examples=["energy"])
    valid_from: FirstDay
    valid_to: LastDay


class ServiceOut(Out):
    code: str = Field(examples=["reception"])
    name: str = Field(description="as the body calls it", examples=["Schedule of receptions"])


class Listing(Out):
    version: int = Field(description="moves with every change of the directory", examples=[7])
    language: Language
    on: date = Field(description="the day that names are of", examples=["2026-03-02"])


class AgenciesOut(Listing):
    items: list[AgencyOut]


class RegionsOut(Listing):
    items: list[RegionOut]


class TopicsOut(Listing):
    items: list[TopicOut]


class ChannelsOut(Listing):
    items: list[ChannelOut]


class BlogsOut(Listing):
    items: list[BlogOut]


class ServicesOut(Listing):
    agency: str | None = Field(description="whose services these are; null: under their usual names")
    items: list[ServiceOut] = Field(description="in the order in which a page shows them")
