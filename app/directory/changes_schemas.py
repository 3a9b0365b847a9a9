"""What an administrator says of the reference data, and what is told of it."""

from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import Field

from app.core.schema import Code, Day, Email, FullLine, Out, Schema, TimeOfDay
from app.directory.changes import What
from app.directory.files import BodyPhone, RegionCode, Slug, WarningDistance
from app.directory.values import AgencyKind

Version = Annotated[Code, Field(description="of the thing as it was read", examples=["3f2a9c0d1b7e4a55"])]
From = Annotated[Day, Field(alias="from", description="the first day", examples=["2027-01-01"])]


class NamesIn(Schema):
    kk: FullLine = Field(examples=["Энергетика министрлігі"])
    ru: FullLine = Field(examples=["Министерство энергетики"])
    en: FullLine = Field(examples=["Ministry of Energy"])
    version: Version


class DatedNamesIn(NamesIn):
    """A name from a day on; with the day on which a name begins that one is put right."""

    from_: From


class SettingsIn(Schema):
    """What is left out stays as it is."""

    parent: Slug | None = Field(None, description="the body that it is part of", examples=["justice"])
    approval_required: bool = Field(False, description="an operator's answer waits for the head")
    opens: TimeOfDay = Field(time(9), description="office hours, Asia/Almaty", examples=["09:00"])
    closes: TimeOfDay = Field(time(18, 30), examples=["18:30"])
    week: int = Field(5, ge=5, le=6, description="working days a week")
    warn_operator: WarningDistance | None = Field(
        None, description="working days before a due day; null: the usual ones"
    )
    warn_head: WarningDistance | None = None
    phone: BodyPhone | None = Field(None, description="for people; null: none", examples=["1414"])
    email: Email | None = Field(None, examples=["kense@energy.example"])
    address_kk: FullLine | None = Field(
        None, description="where people come or write to, in all three or none"
    )
    address_ru: FullLine | None = None
    address_en: FullLine | None = None
    version: Version


class EndIn(Schema):
    last_day: Day = Field(examples=["2027-06-30"])
    successor: Slug = Field(description="who answers from the day after on", examples=["digital"])
    version: Version


class NewAgencyIn(Schema):
    code: Slug = Field(examples=["justice-dept-ulytau"])
    kind: AgencyKind = Field(examples=["territorial_department"])
    parent: Slug = Field(examples=["justice"])
    region: RegionCode | None = Field(None, examples=["KZ-62"])
    from_: From
    kk: FullLine = Field(examples=["Ұлытау облысының Әділет департаменті"])
    ru: FullLine = Field(examples=["Департамент юстиции области Ұлытау"])
    en: FullLine = Field(examples=["Department of Justice of Ulytau Region"])


class CompetenceIn(Schema):
    region: RegionCode | None = Field(None, description="null: wherever no region has its own say")
    agency: Slug | None = Field(
        None,
        description="who answers from the day on; null: the region has no say of its own any more",
        examples=["energy"],
    )
    from_: From
    version: Version


class NameOut(Out):
    from_: date | None = Field(serialization_alias="from", description="null: always")
    to: date | None
    kk: str
    ru: str
    en: str


class CompetenceOut(Out):
    region: str | None
    agency: str
    from_: date = Field(serialization_alias="from")
    to: date | None


class SettingsOut(Out):
    kind: AgencyKind
    region: str | None
    parent: str | None
    approval_required: bool
    opens: TimeOfDay
    closes: TimeOfDay
    week: int
    warn_operator: int | None
    warn_head: int | None
    phone: str | None = None
    email: str | None = None
    address_kk: str | None = None
    address_ru: str | None = None
    address_en: str | None = None


class ThingOut(Out):
    """An agency, region, topic, channel or source as an administrator keeps it."""

    code: str
    version: str = Field(description="to be sent back with a change")
    names: list[NameOut] = Field(description="by day; of what has one name only, that one")
    valid_from: date | None = Field(None, description="of an agency or region")
    valid_to: date | None = None
    settings: SettingsOut | None = Field(None, description="of an agency")
    successor: str | None = Field(None, description="of an agency that ends")
    competence: list[CompetenceOut] = Field([], description="of a topic: who answers, where and when")


class ChangeOut(Out):
    id: int
    at: datetime
    by_name: str
    what: What
    code: str
    said: dict[str, Any]
    was: dict[str, Any]
    files_say: dict[str, Any] | None = Field(
        description="what the data files say since; null while they do not speak against it"
    )
    in_force: bool


class ChangesOut(Out):
    items: list[ChangeOut] = Field(description="the newest first")
    next_cursor: str | None
