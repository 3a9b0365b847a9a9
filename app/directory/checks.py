"""What must be true of the facts together, so that look-ups always end in a body that exists. PURE."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from app.directory.competence import competence_rows
from app.directory.files import DataError, Written
from app.directory.near import fold
from app.directory.periods import ONE_DAY
from app.directory.reference import RECORD_BEGINS, Reference, read_reference
from app.directory.registry import Facts
from app.directory.values import Agency, Dated, holds

TRIAGE = "administration"


def checked_facts(written: Written | None = None) -> Facts:
    """The facts of the data files, complete. Raises DataError, which names the file and the entry."""
    reference = read_reference(written)
    check(reference)
    return replace(reference.facts, competence=competence_rows(reference))


def check(reference: Reference) -> None:
    """All but competence. Raises DataError, which names the entry."""
    facts = reference.facts
    by_id = {agency.id: agency for agency in facts.agencies}
    for agency in facts.agencies:
        _check_period("agency", agency.code, agency.valid_from, agency.valid_to, reference)
        _check_tree(agency, by_id, reference)
    _check_succession(by_id, reference)
    _check_agency_names(reference)
    _check_regions(reference)
    _check_sources(reference)
    _check_blogs(by_id, reference)
    _check_triage(reference)


def _check_period(kind: str, code: str, begins: date, ends: date | None, reference: Reference) -> None:
    if ends is not None and ends < begins:
        raise reference.refuse(kind, code, f"its last day {ends} is before its first {begins}")


def _check_tree(agency: Agency, by_id: Mapping[int, Agency], reference: Reference) -> None:
    """No cycle, and nothing lives longer than what it is part of."""
    seen = {agency.id}
    child = agency
    while child.parent_id is not None:
        if child.parent_id in seen:
            raise reference.refuse("agency", agency.code, "parent: it would be part of itself")
        seen.add(child.parent_id)
        parent = by_id[child.parent_id]
        if parent.valid_from > child.valid_from or not _outlives(parent, child):
            raise reference.refuse("agency", child.code, f"parent: '{parent.code}' does not live as long")
        child = parent


def _outlives(parent: Dated, child: Dated) -> bool:
    return parent.valid_to is None or (child.valid_to is not None and child.valid_to <= parent.valid_to)


def _check_succession(by_id: Mapping[int, Agency], reference: Reference) -> None:
    """Every link joins two bodies of which one ends where the other stands; so following links ends."""
    topics = {topic.code for topic in reference.facts.topics}
    taken: set[tuple[int, str]] = set()
    seen: set[tuple[int, int]] = set()
    for link in reference.facts.links:
        older, younger = by_id[link.agency_id], by_id[link.successor_id]
        if (older.id, younger.id) in seen:
            raise reference.refuse("agency", younger.code, f"is linked twice with '{older.code}'")
        seen.add((older.id, younger.id))
        if not holds(younger, link.since) or not holds(older, link.since - ONE_DAY):
            raise reference.refuse("agency", younger.code, f"and '{older.code}' do not meet on {link.since}")
        for topic in link.topics or ():
            if topic not in topics:
                raise reference.refuse("agency", older.code, f"successors: there is no topic '{topic}'")
            if (older.id, topic) in taken:
                raise reference.refuse("agency", older.code, f"successors: two of them take '{topic}'")
            taken.add((older.id, topic))
    _check_origins(by_id, reference)


def _check_origins(by_id: Mapping[int, Agency], reference: Reference) -> None:
    known = {link.successor_id for link in reference.facts.links}
    for agency in by_id.values():
        if agency.valid_from > RECORD_BEGINS and agency.parent_id is None and agency.id not in known:
            raise reference.refuse("agency", agency.code, "formed_from: whose matters were these before?")


def _check_agency_names(reference: Reference) -> None:
    """A name means one body, because an addressee may be given by name."""
    owners: dict[str, str] = {}
    for agency in reference.facts.agencies:
        for text in _texts(agency):
            other = owners.setdefault(fold(text), agency.code)
            if other != agency.code:
                raise reference.refuse("agency", agency.code, f"names: '{text}' is '{other}' too")


def _texts(agency: Agency) -> Iterator[str]:
    yield agency.code
    for dated in agency.names:
        yield from dated.names.all()


def _check_regions(reference: Reference) -> None:
    regions = {region.code: region for region in reference.facts.regions}
    for region in regions.values():
        _check_period("region", region.code, region.valid_from, region.valid_to, reference)
        if region.formed_from is None:
            if region.valid_from > RECORD_BEGINS:
                raise reference.refuse("region", region.code, "formed_from: what was it part of before?")
            continue
        older = regions.get(region.formed_from)
        if older is None or not holds(older, region.valid_from - ONE_DAY):
            raise reference.refuse("region", region.code, f"formed_from: no '{region.formed_from}' then")
    for agency in reference.facts.agencies:
        if agency.region_code is not None and agency.region_code not in regions:
            raise reference.refuse("agency", agency.code, f"region: there is no '{agency.region_code}'")


def _check_sources(reference: Reference) -> None:
    channels = {channel.code for channel in reference.facts.channels}
    regions = {region.code for region in reference.facts.regions}
    for source in reference.facts.sources:
        for channel in source.channels:
            if channel not in channels:
                raise reference.refuse("source", source.code, f"channels: there is no '{channel}'")
        if source.region is not None and source.region not in regions:
            raise reference.refuse("source", source.code, f"region: there is no '{source.region}'")


def _check_blogs(by_id: Mapping[int, Agency], reference: Reference) -> None:
    for blog in reference.facts.blogs:
        _check_period("blog", blog.code, blog.valid_from, blog.valid_to, reference)
        agency = by_id[blog.agency_id]
        if blog.valid_from < agency.valid_from or not _outlives(agency, blog):
            raise reference.refuse("blog", blog.code, f"agency: '{agency.code}' does not live as long")


def _check_triage(reference: Reference) -> None:
    desk = next((agency for agency in reference.facts.agencies if agency.code == TRIAGE), None)
    if desk is None:
        raise DataError("agencies", f"there is no '{TRIAGE}', where what fits nowhere is read")
    if desk.valid_from > RECORD_BEGINS or desk.valid_to is not None:
        raise reference.refuse("agency", TRIAGE, "the triage desk is always there")
