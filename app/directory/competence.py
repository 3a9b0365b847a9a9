"""Who answers on what, where and when: the compact entries of the data files expanded to dated rows. PURE."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from app.directory.files import DataError, DepartmentEntry, LocalEntry, NationalEntry, Placed
from app.directory.periods import Period, first_gap, layered
from app.directory.reference import RECORD_BEGINS, Reference
from app.directory.values import Agency, AgencyKind, CompetenceRow, Region

# What fits nowhere is read at the triage desk, so no agency is competent for it.
WITHOUT_COMPETENCE = "other"


def competence_rows(reference: Reference) -> list[CompetenceRow]:
    """Every topic on every day, everywhere and in each region that has a say. Raises DataError for a gap."""
    ids = {agency.code: agency.id for agency in reference.facts.agencies}
    table = _Table(reference)
    return [
        CompetenceRow(topic, region, ids[period.value], period.valid_from, period.valid_to)
        for topic, region, periods in (*table.national(), *table.regional())
        for period in periods
    ]


Rows = tuple[str, str | None, list[Period]]


class _Table:
    def __init__(self, reference: Reference) -> None:
        facts, written = reference.facts, reference.written
        self._reference = reference
        self._topics = [topic.code for topic in facts.topics if topic.code != WITHOUT_COMPETENCE]
        self._agencies = {agency.code: agency for agency in facts.agencies}
        self._regions = {region.code: region for region in facts.regions}
        self._akimats = _akimats(facts.agencies)
        self._local = {
            self._topic(topic, p.where): p.where
            for p in written.of("local", LocalEntry)
            for topic in p.entry.topics
        }
        self._departments = self._read_departments(list(written.of("department", DepartmentEntry)))

    def national(self) -> Iterator[Rows]:
        entries: dict[str, Placed[NationalEntry]] = {}
        for placed in self._reference.written.of("national", NationalEntry):
            topic = self._topic(placed.entry.topic, placed.where)
            if topic in entries:
                raise DataError(placed.where, f"the topic is written already ({entries[topic].where})")
            entries[topic] = placed
        for topic in self._topics:
            if topic not in entries:
                raise self._reference.refuse("topic", topic, "no [[national]] entry says who answers on it")
            placed = entries[topic]
            periods = layered([[self._life(code, placed.where)] for code in placed.entry.agencies])
            _refuse_gap(periods, placed.where, f"topic '{topic}'")
            yield topic, None, periods

    def regional(self) -> Iterator[Rows]:
        for topic in self._topics:
            for region in self._regions.values():
                periods = layered(list(self._layers(topic, region)))
                if topic in self._local:
                    _refuse_gap(periods, self._local[topic], f"topic '{topic}' in {region.code}")
                if periods:
                    yield topic, region.code, periods

    def _layers(self, topic: str, region: Region) -> Iterator[list[Period]]:
        """The region's department, its akimat, and before it existed those of the region it was part of."""
        yield self._departments.get((region.code, topic), [])
        if topic in self._local:
            yield self._akimats.get(region.code, [])
        if region.formed_from is not None:
            yield from self._layers(topic, self._regions[region.formed_from])

    def _read_departments(
        self, entries: Sequence[Placed[DepartmentEntry]]
    ) -> Mapping[tuple[str, str], list[Period]]:
        found: dict[tuple[str, str], list[Period]] = defaultdict(list)
        for placed in entries:
            if placed.entry.region not in self._regions:
                raise DataError(placed.where, f"there is no region '{placed.entry.region}'")
            for topic in placed.entry.topics:
                key = (placed.entry.region, self._topic(topic, placed.where))
                found[key].append(self._life(placed.entry.agency, placed.where))
        return found

    def _life(self, code: str, where: str) -> Period:
        if code not in self._agencies:
            raise DataError(where, f"there is no agency '{code}'")
        return _life(self._agencies[code])

    def _topic(self, code: str, where: str) -> str:
        if code not in self._topics:
            raise DataError(where, f"there is no topic '{code}' that anybody could be competent for")
        return code


def _life(agency: Agency) -> Period:
    return Period(agency.valid_from, agency.valid_to, agency.code)


def _akimats(agencies: Sequence[Agency]) -> Mapping[str, list[Period]]:
    found: dict[str, list[Period]] = defaultdict(list)
    for agency in agencies:
        if agency.kind is AgencyKind.AKIMAT and agency.region_code is not None:
            found[agency.region_code].append(_life(agency))
    return found


def _refuse_gap(periods: Sequence[Period], where: str, what: str) -> None:
    gap = first_gap(periods, RECORD_BEGINS)
    if gap is not None:
        raise DataError(where, f"{what}: nobody is competent from {gap}")
