"""Are the rows of the record as they were sealed?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

import asyncpg

from app.appeals import history
from app.seals import tree
from app.seals.findings import Finding, local
from app.seals.heads import Head
from app.seals.rows import Leaf


def changed_events(events: Sequence[asyncpg.Record]) -> Iterator[Finding]:
    for event in events:
        if history.event_hash(**history.described(event)) != event["hash"]:
            yield Finding("event", event["id"], "event")


def of_seal(head: Head, stored: bytes, found: Sequence[Leaf]) -> Iterator[Finding]:
    """How the rows differ from those that a seal is of; `stored`: the hashes that are kept with it."""
    hashes = [one.hash for one in found]
    if tree.root(hashes) == head.root:
        if b"".join(hashes) != stored:
            yield Finding("seal", head.number, "leaves")
        return
    sealed = [stored[place : place + tree.HASH] for place in range(0, len(stored), tree.HASH)]
    if tree.root(sealed) != head.root:
        yield Finding("seal", head.number, "leaves")
    yield from _differences(head, sealed, found, hashes)


def _differences(
    head: Head, sealed: Sequence[bytes], found: Sequence[Leaf], hashes: Sequence[bytes]
) -> Iterator[Finding]:
    told = {"seal": head.number, "at": local(head.at)}
    gone, new = Counter(sealed) - Counter(hashes), Counter(hashes) - Counter(sealed)
    others = [leaf for leaf, hash_ in zip(found, hashes, strict=True) if hash_ in new]
    for leaf in islice(others, gone.total()):
        yield Finding(leaf.table, leaf.id, "changed", told)
    for leaf in others[gone.total() :]:
        yield Finding(leaf.table, leaf.id, "added", told)
    if gone.total() > len(others):
        yield _removed(told, sealed, gone, dict(zip(hashes, found, strict=True)))
    if not gone and not new:
        yield Finding("seal", head.number, "order", told)


def _removed(
    told: dict[str, object], sealed: Sequence[bytes], gone: Counter[bytes], there: dict[bytes, Leaf]
) -> Finding:
    """Named by the row that stood before the first one that is gone."""
    place = next(place for place, hash_ in enumerate(sealed) if hash_ in gone and hash_ not in there)
    before = there.get(sealed[place - 1]) if place else None
    if before is None:
        return Finding("seal", told["seal"], "removed_first", told)
    return Finding(before.table, before.id, "removed_after", told)
