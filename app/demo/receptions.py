"""The demo's receptions: two published half-years of 2021, and this quarter and the next at some bodies.

Everything goes through the services of app/reception at its own moment: schedules are drafted and published,
people book, come or do not, and what came of each visit is recorded.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID

import asyncpg

from app.appeals.codes import LanguageCode
from app.core import clock
from app.core.db import Database
from app.core.i18n import Language
from app.demo.stages import begins
from app.demo.texts import Texts
from app.directory.registry import Directory
from app.directory.values import Agency, AgencyKind
from app.reception import booking, calling_off, schedule, visits
from app.reception.codes import Mode, Through, VisitOutcome
from app.reception.quarters import Quarter
from app.reception.schemas import (
    BookingIn,
    ContactIn,
    LeaderIn,
    OralIn,
    PersonIn,
    ReceptionIn,
    TextsIn,
    VisitIn,
)
from app.staff import repository
from app.staff.access import StaffCaller
from app.staff.permissions import Role

STAGE = "receptions"
LIVING = ("labour", "health", "energy", "digital", "akimat-turkistan", "akimat-mangystau", "akimat-astana")
CALLED_OFF = "health"
# What is registered has a term of its own: only of the last days, so that it still runs.
LATELY = timedelta(days=9)

_SLOTS = """
SELECT s.id, s.begins_at, s.ends_at, r.id AS reception_id, r.day, r.through FROM reception_slot s
JOIN reception r ON r.id = s.reception_id JOIN reception_schedule q ON q.id = r.schedule_id
WHERE q.agency_id = $1 AND q.year = $2 AND q.quarter = $3 ORDER BY s.begins_at, s.id
"""
_VISITORS = "SELECT id FROM visitor WHERE booking_id = $1 ORDER BY id"


@dataclass(frozen=True, slots=True)
class HalfYear:
    """A line of the letter: so many persons, of them so many through the party's reception room."""

    agency: str
    resolved: int
    explained: int
    through: int

    @property
    def persons(self) -> int:
        return self.resolved + self.explained


PUBLISHED = (
    HalfYear("culture-sport", resolved=2, explained=26, through=12),
    HalfYear("industry", resolved=6, explained=70, through=12),
)
HALF_YEAR = (Quarter(2021, 1), Quarter(2021, 2))

_SUBJECTS: Mapping[Language, Sequence[str]] = {
    "kk": ("Баспана кезегі", "Жер учаскесін рәсімдеу", "Жәрдемақы тағайындау", "Ауыз су", "Жол жөндеу"),
    "ru": ("Очередь на жильё", "Оформление участка", "Назначение пособия", "Питьевая вода", "Ремонт дороги"),
}
_NOTES: Mapping[Language, str] = {
    "kk": "Қолданыстағы тәртіп түсіндірілді.",
    "ru": "Разъяснён действующий порядок.",
}
_MATTERS: Mapping[Language, Sequence[str]] = {
    "kk": ("Ауылға ауыз су құбырын тартуды сұрайды.", "Көше жарығын жөндеуді сұрайды."),
    "ru": ("Просит провести в село водопровод.", "Просит починить уличное освещение."),
}
_OF_MINISTRY = (
    TextsIn(kk="Министр", ru="Министр", en="Minister"),
    TextsIn(kk="Вице-министр", ru="Вице-министр", en="Vice-minister"),
)
_OF_AKIMAT = (
    TextsIn(kk="Әкім", ru="Аким", en="Akim"),
    TextsIn(kk="Әкімнің орынбасары", ru="Заместитель акима", en="Deputy akim"),
)
_AT_BODY = TextsIn(
    kk="Мысал даңғылы, 8, азаматтарды қабылдау бөлмесі",
    ru="пр. Мысал, 8, кабинет приёма граждан",
    en="8 Mysal Avenue, room for receptions",
)
_AT_PARTY = TextsIn(
    kk="Партияның қоғамдық қабылдау бөлмесі, Мысал көшесі, 12",
    ru="Общественная приёмная партии, ул. Мысал, 12",
    en="The party's public reception room, 12 Mysal Street",
)
_ON_JOURNEY = TextsIn(
    kk="Үлгілі ауданы, мәдениет үйі",
    ru="Улгилинский район, дом культуры",
    en="Ulgili district, house of culture",
)


async def load(db: Database, directory: Directory, texts: Texts) -> None:
    """Once, in one transaction."""
    now = clock.now()
    async with db.transaction() as connection:
        if not await begins(connection, STAGE, now):
            return
        accounts = await repository.ids_by_login(connection)
        for half_year in PUBLISHED:
            agency = directory.agency(half_year.agency)
            desk = _Desk(connection, directory, texts, agency, accounts, Random(f"receptions {agency.code}"))
            await _half_year(desk, half_year)
        for code in LIVING:
            agency = directory.agency(code)
            desk = _Desk(connection, directory, texts, agency, accounts, Random(f"receptions now {code}"))
            await _living(desk, now)


class _Desk:
    """One body's people, doing what they do at a moment that is told."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        directory: Directory,
        texts: Texts,
        agency: Agency,
        accounts: Mapping[str, int],
        rng: Random,
    ) -> None:
        self.connection, self.directory, self.texts, self.agency, self.rng = (
            connection,
            directory,
            texts,
            agency,
            rng,
        )
        login = f"operator@{agency.code}"
        self.operator = StaffCaller(
            accounts[login], login, login, Role.OPERATOR, agency.id, agency.code, UUID(int=0)
        )
        self.head = accounts[f"head@{agency.code}"]
        posts = _OF_MINISTRY if agency.kind is AgencyKind.MINISTRY else _OF_AKIMAT
        self.leaders = [LeaderIn(post=post, name=TextsIn(kk=texts.person(rng, "kk").name)) for post in posts]

    async def publish(self, quarter: Quarter, receptions: Sequence[ReceptionIn]) -> list[asyncpg.Record]:
        """Its slots, in order of time."""
        at = datetime.combine(quarter.first - timedelta(days=10), time(11), clock.ZONE)
        await schedule.save(self.connection, self.agency, quarter, receptions, self.directory)
        await schedule.publish(self.connection, self.agency, quarter, self.head, at)
        rows = await self.connection.fetch(_SLOTS, self.agency.id, quarter.year, quarter.number)
        return list(rows)

    async def book(self, slot: asyncpg.Record, at: datetime) -> tuple[int, Language]:
        """An invented person books; the visitor's id."""
        lang: Language = "kk" if self.rng.random() < 0.62 else "ru"
        who = self.texts.person(self.rng, lang)
        wanted = BookingIn(
            slot=slot["id"],
            persons=[PersonIn(name=who.name or "", iin=who.iin, address=who.address)],
            subject=self.rng.choice(_SUBJECTS[lang]),
            language=LanguageCode(lang),
            contact=ContactIn(phone=who.phone, email=who.email),
        )
        made = await booking.book(self.connection, wanted, None, at)
        return await self.connection.fetchval(_VISITORS, made.id), lang

    async def record(self, visitor: int, visit: VisitIn, at: datetime) -> None:
        await visits.record(self.connection, self.operator, visitor, visit, self.directory, at)


# The half-year of 2021


async def _half_year(desk: _Desk, line: HalfYear) -> None:
    slots: list[asyncpg.Record] = []
    for quarter in HALF_YEAR:
        slots += await desk.publish(quarter, list(_of_2021(desk, quarter)))
    by_party = [slot for slot in slots if slot["through"] == Through.PARTY]
    by_body = [slot for slot in slots if slot["through"] == Through.BODY]
    chosen = [
        *desk.rng.sample(by_party, line.through),
        *desk.rng.sample(by_body, line.persons - line.through),
    ]
    outcomes = [VisitOutcome.RESOLVED] * line.resolved + [VisitOutcome.EXPLAINED] * line.explained
    desk.rng.shuffle(outcomes)
    for slot, outcome in zip(chosen, outcomes, strict=True):
        visitor, lang = await desk.book(slot, slot["begins_at"] - timedelta(days=desk.rng.randint(1, 8)))
        note = _NOTES[lang] if outcome is VisitOutcome.EXPLAINED else None
        await desk.record(visitor, VisitIn(came=True, outcome=outcome, note=note), slot["ends_at"])


def _of_2021(desk: _Desk, quarter: Quarter) -> Iterator[ReceptionIn]:
    """Each month the first leader by video, as it was then, and a deputy in the party's room."""
    for month in quarter.months:
        first, second = (desk.directory.calendar.roll(date(quarter.year, month, day)) for day in (10, 21))
        yield ReceptionIn(
            leader=desk.leaders[0],
            day=first,
            begins="10:00",
            ends="13:00",
            mode=Mode.VIDEO,
            video_link=f"https://video.example.kz/{desk.agency.code}/{quarter}-{month}",
        )
        yield ReceptionIn(
            leader=desk.leaders[1],
            day=second,
            begins="15:00",
            ends="16:00",
            slot_minutes=20,
            place=_AT_PARTY,
            through=Through.PARTY,
        )


# This quarter and the next


async def _living(desk: _Desk, now: datetime) -> None:
    this = Quarter.of(clock.civil_day(now))
    for quarter in (this, this.next()):
        slots = await desk.publish(quarter, list(_of_now(desk, quarter)))
        for slot in slots:
            if slot["begins_at"] < now:
                await _held(desk, slot, now)
            elif desk.rng.random() < 0.4:
                await desk.book(slot, now - timedelta(minutes=desk.rng.randint(5, 3000)))
    if desk.agency.code == CALLED_OFF:
        await _call_off(desk, slots, now)


def _of_now(desk: _Desk, quarter: Quarter) -> Iterator[ReceptionIn]:
    """Each month three: the first leader, a deputy by video, and one elsewhere."""
    akimat = desk.agency.kind is AgencyKind.AKIMAT
    for month in quarter.months:
        days = [desk.directory.calendar.roll(date(quarter.year, month, day)) for day in (5, 13, 22)]
        first, deputy = desk.leaders
        yield ReceptionIn(
            leader=first,
            day=days[0],
            begins="10:00",
            ends="12:00",
            slot_minutes=20,
            capacity=4,
            group_max=4,
            place=_AT_BODY,
        )
        yield ReceptionIn(
            leader=deputy,
            day=days[1],
            begins="15:00",
            ends="16:30",
            mode=Mode.VIDEO,
            video_link=f"https://video.example.kz/{desk.agency.code}/{quarter}-{month}",
        )
        yield ReceptionIn(
            leader=deputy,
            day=days[2],
            begins="11:00",
            ends="12:30",
            slot_minutes=30,
            capacity=2,
            group_max=2,
            place=_ON_JOURNEY if akimat else _AT_PARTY,
            through=Through.TRAVELLING if akimat else Through.PARTY,
            region=desk.agency.region_code,
        )


async def _held(desk: _Desk, slot: asyncpg.Record, now: datetime) -> None:
    """Two of three slots had somebody; one in ten did not come."""
    if desk.rng.random() > 0.66:
        return
    visitor, lang = await desk.book(slot, slot["begins_at"] - timedelta(days=desk.rng.randint(1, 9)))
    at = min(slot["ends_at"], now)
    await desk.record(visitor, _visit(desk, lang, lately=slot["ends_at"] > now - LATELY), at)


def _visit(desk: _Desk, lang: Language, *, lately: bool) -> VisitIn:
    chance = desk.rng.random()
    if chance < 0.1:
        return VisitIn(came=False)
    if chance < 0.4 and lately:
        oral = OralIn(text=desk.rng.choice(_MATTERS[lang]), topic="utilities")
        return VisitIn(came=True, outcome=VisitOutcome.REGISTERED, appeal=oral)
    if chance < 0.5:
        return VisitIn(came=True, outcome=VisitOutcome.RESOLVED)
    return VisitIn(came=True, outcome=VisitOutcome.EXPLAINED, note=_NOTES[lang])


async def _call_off(desk: _Desk, slots: Sequence[asyncpg.Record], now: datetime) -> None:
    """The first slot of the next quarter, with somebody who booked it."""
    slot = slots[0]
    await desk.book(slot, now - timedelta(minutes=4))
    await calling_off.call_off_slot(desk.connection, desk.agency.id, slot["id"], "Министр іссапарда", now)
