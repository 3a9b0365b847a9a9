"""From the data files to the facts: what a person may leave out is filled in, compact entries are expanded.

Ids are places in the files; the database has its own. Raises DataError, which names the file and the entry.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from app.deadlines.calendar import OfficeHours
from app.directory.files import (
    AgencyEntry,
    AgencyServiceEntry,
    BlogEntry,
    ChannelEntry,
    DataError,
    DatedNameEntry,
    Placed,
    RegionalBlogEntry,
    RegionalSourceEntry,
    RegionEntry,
    ServiceEntry,
    SourceEntry,
    TopicEntry,
    Written,
    read_files,
)
from app.directory.periods import ONE_DAY
from app.directory.registry import Facts
from app.directory.values import (
    Agency,
    AgencyKind,
    AgencyService,
    Blog,
    Channel,
    Contact,
    DatedName,
    Names,
    Region,
    Service,
    Source,
    SuccessorLink,
    Topic,
)

# The earliest day that an appeal may have. What is older than it has no beginning here.
RECORD_BEGINS = date(2007, 1, 1)


C = TypeVar("C", AgencyEntry, RegionEntry, TopicEntry, ChannelEntry, ServiceEntry, SourceEntry, BlogEntry)


@dataclass(frozen=True, slots=True)
class Reference:
    """`where` tells by (kind, code) which file and entry a fact came from. `facts` have no competence yet."""

    facts: Facts
    where: Mapping[tuple[str, str], str]
    written: Written

    def refuse(self, kind: str, code: str, what: str) -> DataError:
        return DataError(self.where[kind, code], what)


def read_reference(written: Written | None = None) -> Reference:
    """Facts but for competence, not yet checked against one another."""
    written = written or read_files()
    where: dict[tuple[str, str], str] = {}
    agency_entries = list(_unique("agency", written.of("agency", AgencyEntry), where))
    ids = {placed.entry.code: place for place, placed in enumerate(agency_entries, 1)}
    agencies = [_agency(placed, ids) for placed in agency_entries]
    regions = [_region(placed) for placed in _unique("region", written.of("region", RegionEntry), where)]
    topics = _unique("topic", written.of("topic", TopicEntry), where)
    channels = _unique("channel", written.of("channel", ChannelEntry), where)
    services = [
        Service(p.entry.code, p.entry.names())
        for p in _unique("service", written.of("service", ServiceEntry), where)
    ]
    facts = Facts(
        version=0,
        content_hash="",
        agencies=agencies,
        links=[link for placed in agency_entries for link in _links(placed, agencies, ids)],
        regions=regions,
        topics=[Topic(p.entry.code, p.entry.names()) for p in topics],
        channels=[Channel(p.entry.code, p.entry.names()) for p in channels],
        sources=_sources(written, where, agencies, regions),
        competence=[],
        blogs=_blogs(written, where, agencies, regions),
        services=services,
        agency_services=list(_agency_services(written, {one.code for one in services}, ids)),
    )
    return Reference(facts, where, written)


def _unique(
    kind: str, entries: Iterable[Placed[C]], where: dict[tuple[str, str], str]
) -> Iterator[Placed[C]]:
    """The entries as they come, their places noted. Raises DataError when a code comes twice."""
    for placed in entries:
        key = (kind, placed.entry.code)
        if key in where:
            raise DataError(placed.where, f"the code is used already ({where[key]})")
        where[key] = placed.where
        yield placed


def _agency(placed: Placed[AgencyEntry], ids: Mapping[str, int]) -> Agency:
    entry = placed.entry
    begins = entry.valid_from or RECORD_BEGINS
    if entry.kind is AgencyKind.AKIMAT and entry.region is None:
        raise DataError(placed.where, "region: an akimat has one")
    if entry.warn_operator is not None and (entry.warn_head or 0) > entry.warn_operator:
        raise DataError(placed.where, "warn_head: the operator is warned first")
    return Agency(
        id=ids[entry.code],
        code=entry.code,
        kind=entry.kind,
        parent_id=None if entry.parent is None else _id(ids, entry.parent, "parent", placed.where),
        region_code=entry.region,
        names=dated_names(entry.names, begins, entry.valid_to, placed.where),
        valid_from=begins,
        valid_to=entry.valid_to,
        approval_required=entry.approval_required,
        hours=OfficeHours(entry.opens, entry.closes, entry.week),
        warn_operator=entry.warn_operator,
        warn_head=entry.warn_head,
        contact=Contact(entry.phone, entry.email, entry.address.names() if entry.address else None),
    )


def _id(ids: Mapping[str, int], code: str, field: str, where: str) -> int:
    if code not in ids:
        raise DataError(where, f"{field}: there is no agency '{code}'")
    return ids[code]


def _region(placed: Placed[RegionEntry]) -> Region:
    entry = placed.entry
    begins = entry.valid_from or RECORD_BEGINS
    return Region(
        code=entry.code,
        names=dated_names(entry.names, begins, entry.valid_to, placed.where),
        valid_from=begins,
        valid_to=entry.valid_to,
        formed_from=entry.formed_from,
    )


def dated_names(
    entries: Sequence[DatedNameEntry], begins: date, ends: date | None, where: str
) -> tuple[DatedName, ...]:
    """Names that follow one another without a gap or an overlap over the whole life of their owner."""
    found: list[DatedName] = []
    for place, entry in enumerate(entries):
        follower = entries[place + 1] if place + 1 < len(entries) else None
        first = entry.valid_from or (begins if place == 0 else None)
        if first is None:
            raise DataError(where, f"names: '{entry.en}' needs the day it is valid from")
        last = entry.valid_to or (follower.valid_from - ONE_DAY if follower and follower.valid_from else None)
        found.append(DatedName(entry.names(), first, last if follower else entry.valid_to or ends))
    _check_names(found, begins, ends, where)
    return tuple(found)


def _check_names(found: Sequence[DatedName], begins: date, ends: date | None, where: str) -> None:
    expected: date | None = begins
    for name in found:
        if name.valid_to is not None and name.valid_to < name.valid_from:
            raise DataError(where, f"names: '{name.names.en}' ends before it begins")
        if expected is None or name.valid_from < expected:
            raise DataError(where, f"names: '{name.names.en}' overlaps with another name")
        if name.valid_from > expected:
            raise DataError(where, f"names: there is none from {expected} to {name.valid_from - ONE_DAY}")
        expected = None if name.valid_to is None else name.valid_to + ONE_DAY
    if found[-1].valid_to != ends:
        raise DataError(where, f"names: the last one must end with its owner ({ends or 'open'})")


def _links(
    placed: Placed[AgencyEntry], agencies: Sequence[Agency], ids: Mapping[str, int]
) -> Iterator[SuccessorLink]:
    """Links to those who took over and from those that it was formed out of, which go on living."""
    entry, own_id = placed.entry, ids[placed.entry.code]
    if entry.successors and entry.valid_to is None:
        raise DataError(placed.where, "successors: it has no last day (valid_to)")
    if entry.valid_to is not None and not entry.successors:
        raise DataError(placed.where, "successors: it has a last day and nobody takes over")
    for place, successor in enumerate(entry.successors):
        if (successor.topics is None) != (place == 0):
            raise DataError(placed.where, f"successors: '{successor.code}': all but the first name topics")
        since = (entry.valid_to or RECORD_BEGINS) + ONE_DAY
        topics = None if successor.topics is None else frozenset(successor.topics)
        yield SuccessorLink(own_id, _id(ids, successor.code, "successors", placed.where), since, topics)
    for code in entry.formed_from:
        older = _id(ids, code, "formed_from", placed.where)
        yield SuccessorLink(older, own_id, agencies[own_id - 1].valid_from, frozenset())


def _sources(
    written: Written,
    where: dict[tuple[str, str], str],
    agencies: Sequence[Agency],
    regions: Sequence[Region],
) -> list[Source]:
    entries = list(written.of("source", SourceEntry))
    for placed in written.of("source_in_each_region", RegionalSourceEntry):
        entries += [Placed(entry, placed.where) for entry in _in_each_region(placed, agencies, regions)]
    ids = {agency.code: agency.id for agency in agencies}
    return [
        Source(
            id=place,
            code=p.entry.code,
            channels=tuple(p.entry.channels),
            agency_id=None if p.entry.agency is None else _id(ids, p.entry.agency, "agency", p.where),
            region=p.entry.region,
            names=p.entry.names(),
            late_days=p.entry.late_days,
        )
        for place, p in enumerate(_unique("source", entries, where), 1)
    ]


def _agency_services(
    written: Written, services: Collection[str], ids: Mapping[str, int]
) -> Iterator[AgencyService]:
    seen: set[tuple[str, str]] = set()
    for placed in written.of("agency_service", AgencyServiceEntry):
        entry = placed.entry
        if entry.service not in services:
            raise DataError(placed.where, f"service: there is no '{entry.service}'")
        for code in entry.agencies:
            if (code, entry.service) in seen:
                raise DataError(placed.where, f"agencies: '{code}' is said twice")
            seen.add((code, entry.service))
            agency_id = _id(ids, code, "agencies", placed.where)
            yield AgencyService(agency_id, entry.service, entry.offered, entry.names())


def _blogs(
    written: Written,
    where: dict[tuple[str, str], str],
    agencies: Sequence[Agency],
    regions: Sequence[Region],
) -> list[Blog]:
    entries = list(written.of("blog", BlogEntry))
    for placed in written.of("blog_in_each_region", RegionalBlogEntry):
        entries += [
            Placed(_akims_blog(akimat, names), placed.where)
            for akimat, names in _akimats(placed, agencies, regions)
        ]
    by_code = {agency.code: agency for agency in agencies}
    return [_blog(placed, by_code) for placed in _unique("blog", entries, where)]


def _akims_blog(akimat: Agency, names: Names) -> BlogEntry:
    return BlogEntry(code=akimat.code, agency=akimat.code, kk=names.kk, ru=names.ru, en=names.en)


def _blog(placed: Placed[BlogEntry], agencies: Mapping[str, Agency]) -> Blog:
    entry = placed.entry
    if entry.agency not in agencies:
        raise DataError(placed.where, f"agency: there is no agency '{entry.agency}'")
    agency = agencies[entry.agency]
    return Blog(
        code=entry.code,
        agency_id=agency.id,
        names=entry.names(),
        valid_from=entry.valid_from or agency.valid_from,
        valid_to=entry.valid_to or agency.valid_to,
    )


def _akimats(
    placed: Placed[RegionalSourceEntry] | Placed[RegionalBlogEntry],
    agencies: Sequence[Agency],
    regions: Sequence[Region],
) -> Iterator[tuple[Agency, Names]]:
    """The akimat of each region, with the entry's names filled."""
    akimats = {agency.region_code: agency for agency in agencies if agency.kind is AgencyKind.AKIMAT}
    for region in regions:
        if region.code not in akimats:
            raise DataError(placed.where, f"region {region.code} has no akimat to be named by")
        yield akimats[region.code], _filled(placed.entry.names(), region.names[-1].names)


def _in_each_region(
    placed: Placed[RegionalSourceEntry], agencies: Sequence[Agency], regions: Sequence[Region]
) -> Iterator[SourceEntry]:
    entry = placed.entry
    for akimat, names in _akimats(placed, agencies, regions):
        yield SourceEntry(
            code=f"{entry.prefix}-{akimat.code.removeprefix('akimat-')}",
            channels=entry.channels,
            region=akimat.region_code,
            late_days=entry.late_days,
            kk=names.kk,
            ru=names.ru,
            en=names.en,
        )


def _filled(pattern: Names, region: Names) -> Names:
    return Names(
        kk=pattern.kk.format(region=region.kk),
        ru=pattern.ru.format(region=region.ru),
        en=pattern.en.format(region=region.en),
    )
