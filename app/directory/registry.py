"""The whole directory as one immutable object, shared by everybody in the process. PURE."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeVar

from app.deadlines.calendar import Calendar, Override
from app.directory.near import NameIndex
from app.directory.values import (
    Agency,
    AgencyService,
    Blog,
    Channel,
    CompetenceRow,
    Region,
    Service,
    Source,
    SuccessorLink,
    Topic,
    holds,
)

# The body that holds what comes of tests. Nobody works there, and it is in no list.
SANDBOX = "sandbox"

Named = Literal["agency", "region", "topic", "channel", "source", "blog"]
T = TypeVar("T")
K = TypeVar("K")


class UnknownCode(KeyError):
    """`kind` has nothing of the code `typed`."""

    def __init__(self, kind: Named, typed: str) -> None:
        super().__init__(f"{kind} {typed[:100]!r}")
        self.kind: Named = kind
        self.typed = typed


@dataclass(frozen=True, slots=True)
class Facts:
    """What a directory is made of. Names are ordered by day; the order of the rest is the order shown."""

    version: int
    content_hash: str
    agencies: Sequence[Agency]
    links: Sequence[SuccessorLink]
    regions: Sequence[Region]
    topics: Sequence[Topic]
    channels: Sequence[Channel]
    sources: Sequence[Source]
    competence: Sequence[CompetenceRow]
    overrides: Sequence[Override] = ()
    blogs: Sequence[Blog] = ()
    services: Sequence[Service] = ()
    agency_services: Sequence[AgencyService] = ()


class Directory:
    """Look-ups by code raise UnknownCode (a KeyError)."""

    def __init__(self, facts: Facts) -> None:
        self.version = facts.version
        self.content_hash = facts.content_hash
        self.calendar = Calendar(facts.overrides)
        self._agencies = {agency.code: agency for agency in facts.agencies if agency.code != SANDBOX}
        self._agencies_by_id = {agency.id: agency for agency in facts.agencies}
        self._regions = {region.code: region for region in facts.regions}
        self._topics = {topic.code: topic for topic in facts.topics}
        self._channels = {channel.code: channel for channel in facts.channels}
        self._sources_by_id = _with_settings(facts.sources)
        self._sources = {source.code: source for source in self._sources_by_id.values()}
        self._blogs = {blog.code: blog for blog in facts.blogs}
        self._children = _grouped(facts.agencies, lambda agency: agency.parent_id)
        self._subtrees = {agency.id: frozenset(self._descend(agency.id)) for agency in facts.agencies}
        self._links_from = _grouped(facts.links, lambda link: link.agency_id)
        self._links_to = _grouped(facts.links, lambda link: link.successor_id)
        self._competence = _grouped(facts.competence, lambda row: (row.topic, row.region))
        self._services = tuple(facts.services)
        self._agency_services = {(row.agency_id, row.service): row for row in facts.agency_services}
        self._names: dict[str, NameIndex] = _name_indexes(facts)

    def agency(self, code: str) -> Agency:
        return _get(self._agencies, code, "agency")

    def has_agency(self, code: str) -> bool:
        return code in self._agencies

    def agency_by_id(self, id_: int) -> Agency:
        return self._agencies_by_id[id_]

    def find_agency(self, typed: str) -> Agency | None:
        """By code or by any name it has or had, in any of the languages and any case."""
        if typed in self._agencies:
            return self._agencies[typed]
        code = self._names["agency"].exact(typed)
        return None if code is None else self._agencies[code]

    def agencies(self, on: date | None = None) -> Sequence[Agency]:
        """All there are or were, or those that exist on a day."""
        return [agency for agency in self._agencies.values() if on is None or agency.valid(on)]

    def children(self, code: str) -> Sequence[Agency]:
        return self._children.get(self.agency(code).id, ())

    @property
    def sandbox_id(self) -> int:
        """Of the agency that holds what comes of tests. Raises UnknownCode where the data name none."""
        for agency in self._agencies_by_id.values():
            if agency.code == SANDBOX:
                return agency.id
        raise UnknownCode("agency", SANDBOX)

    def parent(self, agency: Agency) -> Agency | None:
        return None if agency.parent_id is None else self._agencies_by_id[agency.parent_id]

    def subtree_ids(self, agency_id: int) -> frozenset[int]:
        """The agency and everything under it."""
        return self._subtrees[agency_id]

    def region(self, code: str) -> Region:
        """By ISO code in any case."""
        return _get(self._regions, code.upper(), "region")

    def has_region(self, code: str) -> bool:
        return code.upper() in self._regions

    def regions(self, on: date | None = None) -> Sequence[Region]:
        return [region for region in self._regions.values() if on is None or region.valid(on)]

    def topic(self, code: str) -> Topic:
        return _get(self._topics, code, "topic")

    def has_topic(self, code: str) -> bool:
        return code in self._topics

    def topics(self) -> Sequence[Topic]:
        return tuple(self._topics.values())

    def channel(self, code: str) -> Channel:
        return _get(self._channels, code, "channel")

    def has_channel(self, code: str) -> bool:
        return code in self._channels

    def channels(self) -> Sequence[Channel]:
        return tuple(self._channels.values())

    def source(self, code: str) -> Source:
        return _get(self._sources, code, "source")

    def source_by_id(self, id_: int) -> Source:
        return self._sources_by_id[id_]

    def sources(self) -> Sequence[Source]:
        """All but the sandboxes."""
        return tuple(source for source in self._sources.values() if not source.sandbox)

    def blog(self, code: str) -> Blog:
        return _get(self._blogs, code, "blog")

    def has_blog(self, code: str) -> bool:
        return code in self._blogs

    def blogs(self, on: date | None = None) -> Sequence[Blog]:
        return [blog for blog in self._blogs.values() if on is None or blog.valid(on)]

    def services(self, agency: Agency | None = None) -> Sequence[Service]:
        """Those of the online reception room; of an agency: what it offers, under its own names."""
        if agency is None:
            return self._services
        own = ((one, self._agency_services.get((agency.id, one.code))) for one in self._services)
        return [
            Service(one.code, row.names) if row and row.names else one
            for one, row in own
            if row is None or row.offered
        ]

    def competence(self, topic: str, region: str | None, on: date) -> CompetenceRow | None:
        """The row that decides: the region's own, else the national one."""
        for place in (region.upper(), None) if region else (None,):
            for row in self._competence.get((topic, place), ()):
                if holds(row, on):
                    return row
        return None

    def competent(self, topic: str, region: str | None, on: date) -> Agency | None:
        row = self.competence(topic, region, on)
        return None if row is None else self._agencies_by_id[row.agency_id]

    def successors(self, agency: Agency) -> Sequence[tuple[Agency, SuccessorLink]]:
        """Who took over from an agency or was formed out of it, in the order of the files."""
        links = self._links_from.get(agency.id, ())
        return [(self._agencies_by_id[link.successor_id], link) for link in links]

    def predecessors(self, agency: Agency) -> Sequence[Agency]:
        return [self._agencies_by_id[link.agency_id] for link in self._links_to.get(agency.id, ())]

    def holder(self, agency: Agency, topic: str | None, on: date) -> Agency:
        """Who does this agency's work on that day: itself, a successor, or who did it before it existed."""
        if on < agency.valid_from:
            return self.predecessor(agency, on)
        return self.successor(agency, topic, on)

    def successor(self, agency: Agency, topic: str | None, on: date) -> Agency:
        """Follow the links until one exists on that day; the topic chooses among several.

        Ends because every successor outlives the one it succeeds (the loader refuses other data).
        """
        while agency.valid_to is not None and agency.valid_to < on:
            links = self._links_from[agency.id]
            default = next(link for link in links if link.topics is None)
            chosen = next((link for link in links if topic in (link.topics or ())), default)
            agency = self._agencies_by_id[chosen.successor_id]
        return agency

    def predecessor(self, agency: Agency, on: date) -> Agency:
        """Whose matters they were: what the agency was formed from, else the body that it is part of."""
        while on < agency.valid_from:
            before = self.predecessors(agency)
            older = before[0] if before else self.parent(agency)
            if older is None:
                break
            agency = older
        return agency

    def near(self, kind: str, typed: str, limit: int = 5) -> list[str]:
        """Codes like what was typed, likest first. `kind`: agency, region, topic, channel, source or blog."""
        return self._names[kind].near(typed, limit)

    def matching(self, kind: str, typed: str) -> frozenset[str]:
        """Codes in whose names every typed word begins a word."""
        return self._names[kind].matching(typed)

    def _descend(self, agency_id: int) -> Iterable[int]:
        yield agency_id
        for child in self._children.get(agency_id, ()):
            yield from self._descend(child.id)


def _with_settings(sources: Sequence[Source]) -> dict[int, Source]:
    """By id; a sandbox has whatever the source has that it is the twin of."""
    found = {source.id: source for source in sources}
    for source in sources:
        if source.sandbox_of is not None:
            twin = found[source.sandbox_of]
            found[source.id] = replace(twin, id=source.id, code=source.code, sandbox_of=twin.id)
    return found


def _get(found: Mapping[str, T], code: str, kind: Named) -> T:
    try:
        return found[code]
    except KeyError:
        raise UnknownCode(kind, code) from None


def _grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, tuple[T, ...]]:
    groups: dict[K, list[T]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return {name: tuple(members) for name, members in groups.items()}


def _name_indexes(facts: Facts) -> dict[str, NameIndex]:
    def of_all_days(item: Agency | Region) -> list[str]:
        return [text for dated in reversed(item.names) for text in dated.names.all()]

    return {
        "agency": NameIndex(
            {agency.code: of_all_days(agency) for agency in facts.agencies if agency.code != SANDBOX}
        ),
        "region": NameIndex({region.code: of_all_days(region) for region in facts.regions}),
        "topic": NameIndex({topic.code: topic.names.all() for topic in facts.topics}),
        "channel": NameIndex({channel.code: channel.names.all() for channel in facts.channels}),
        "source": NameIndex(
            {source.code: source.names.all() for source in facts.sources if not source.sandbox}
        ),
        "blog": NameIndex({blog.code: blog.names.all() for blog in facts.blogs}),
    }
