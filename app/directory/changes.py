"""What people change in the reference data, laid over what the files say (decision 0015). PURE.

Rows are those of `load.facts_as_rows`: by table, joined by codes, days and hours as ISO text. A change names
its subject by code and says the new values; over rows that do not have the subject any more it says nothing.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]
LANGUAGES = ("kk", "ru", "en")
CONTACT = ("phone", "email", "address_kk", "address_ru", "address_en")
SETTINGS = ("parent", "approval_required", "opens", "closes", "week", "warn_operator", "warn_head", *CONTACT)
_DAY = timedelta(days=1)


class What(StrEnum):
    AGENCY_NEW = "agency_new"
    AGENCY_NAMES = "agency_names"
    AGENCY_SETTINGS = "agency_settings"
    AGENCY_END = "agency_end"
    REGION_NAMES = "region_names"
    TOPIC_NAMES = "topic_names"
    CHANNEL_NAMES = "channel_names"
    SOURCE_NAMES = "source_names"
    COMPETENCE = "competence"

    @property
    def kind(self) -> str:
        """The kind of thing that the code names."""
        return "topic" if self is What.COMPETENCE else self.value.partition("_")[0]


# The tables that say all of a thing, each with the column that names it.
ABOUT: Mapping[str, Mapping[str, str]] = {
    "agency": {"agency": "code", "agency_name": "agency", "agency_successor": "agency"},
    "region": {"region": "code", "region_name": "region"},
    "topic": {"topic": "code", "competence": "topic"},
    "channel": {"channel": "code"},
    "source": {"source": "code"},
}


@dataclass(frozen=True, slots=True)
class Change:
    """`said`: what is to be so, as rows say it. Of a name and of competence, `from` is the first day."""

    what: What
    code: str
    said: Mapping[str, Any]


def replay(rows: Rows, changes: Sequence[Change]) -> Rows:
    """The rows with every change on them, in the order in which they were made. Of the ends of one agency
    only the last counts."""
    ends = {it.code: it for it in changes if it.what is What.AGENCY_END}
    for change in changes:
        if change.what is not What.AGENCY_END or ends[change.code] is change:
            rows = _laid(rows, change)
    return rows


def subject(rows: Rows, kind: str, code: str) -> Mapping[str, Sequence[Row]]:
    """All that the rows say of a thing; the first table has no row when there is no such thing."""
    return {table: [row for row in rows[table] if row[by] == code] for table, by in ABOUT[kind].items()}


def version(rows: Rows, kind: str, code: str) -> str:
    """Differs when anything that is said of the thing does."""
    whole = json.dumps(subject(rows, kind, code), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def value(rows: Rows, change: Change) -> dict[str, Any]:
    """What the rows say of that which the change says; empty when they do not have it."""
    own = subject(rows, change.what.kind, change.code)
    whole = next(iter(own[change.what.kind]), None)
    if whole is None or change.what is What.AGENCY_NEW:
        return {}
    if change.what is What.AGENCY_SETTINGS:
        return {name: whole.get(name) for name in change.said}
    if change.what is What.AGENCY_END:
        default = (link["successor"] for link in own["agency_successor"] if link["topics"] is None)
        return {"last_day": whole["valid_to"], "successor": next(default, None)}
    if change.what is What.COMPETENCE:
        dated = [row for row in own["competence"] if row["region"] == change.said["region"]]
        found = _on(dated, change.said["from"])
        return {
            "region": change.said["region"],
            "agency": found["agency"] if found else None,
            "from": found["valid_from"] if found else None,
        }
    if change.what in DATED:
        found = _on(own[DATED[change.what]], change.said["from"])
        return {"from": found["valid_from"], **_names(found)} if found else {}
    return _names(whole)


def otherwise(rows: Rows, change: Change, then: Mapping[str, Any]) -> dict[str, Any]:
    """What the files say now, if it is another than they said when the change was made (`then`) and than the
    change says; else empty."""
    now = value(rows, change)
    return {} if now in (dict(then), dict(change.said)) else now


DATED = {What.AGENCY_NAMES: "agency_name", What.REGION_NAMES: "region_name"}


def _laid(rows: Rows, change: Change) -> Rows:
    there = any(row["code"] == change.code for row in rows[change.what.kind])
    if there is (change.what is What.AGENCY_NEW):
        return rows
    if change.what is What.AGENCY_NEW:
        return _new_agency(rows, change.code, change.said)
    if change.what is What.AGENCY_END:
        return _ended(rows, change.code, change.said)
    if change.what is What.COMPETENCE:
        return _answered_by(rows, change.code, change.said)
    if change.what in DATED:
        return _renamed(rows, DATED[change.what], change.what.kind, change.code, change.said)
    table = change.what.kind
    return {
        **rows,
        table: [{**row, **change.said} if row["code"] == change.code else row for row in rows[table]],
    }


def _new_agency(rows: Rows, code: str, said: Mapping[str, Any]) -> Rows:
    days = {"valid_from": said["from"], "valid_to": None}
    row = {"code": code, **days, **{name: said[name] for name in ("kind", "region", *SETTINGS)}}
    return {
        **rows,
        "agency": [*rows["agency"], row],
        "agency_name": [*rows["agency_name"], {"agency": code, **days, **_names(said)}],
    }


def _renamed(rows: Rows, table: str, owner: str, code: str, said: Mapping[str, Any]) -> Rows:
    """From a day on until the next name; a name that begins on this very day is another from the start."""
    found = _on([row for row in rows[table] if row[owner] == code], said["from"])
    if found is None:
        return rows
    new = {**found, "valid_from": said["from"], **_names(said)}
    cut = [] if found["valid_from"] == said["from"] else [{**found, "valid_to": _before(said["from"])}]
    return {**rows, table: [it for row in rows[table] for it in ([*cut, new] if row is found else [row])]}


def _ended(rows: Rows, code: str, said: Mapping[str, Any]) -> Rows:
    """The successor answers on what the agency answered on; names and blogs end with it."""
    last, heir = said["last_day"], said["successor"]

    def of(row: Row, by: str) -> bool:
        return bool(row[by] == code)

    links = [r for r in rows["agency_successor"] if not (of(r, "agency") and r["topics"] is None)]
    link = {"agency": code, "successor": heir, "since": _after(last), "topics": None}
    names = [r for r in rows["agency_name"] if not (of(r, "agency") and r["valid_from"] > last)]
    return {
        **rows,
        "agency": [{**r, "valid_to": last} if of(r, "code") else r for r in rows["agency"]],
        "agency_name": [_cut(r, last) if of(r, "agency") else r for r in names],
        "agency_successor": [*links, link],
        "competence": [
            it for r in rows["competence"] for it in (_handed_on(r, last, heir) if of(r, "agency") else [r])
        ],
        "blog": [_cut(r, last) if of(r, "agency") else r for r in rows["blog"]],
    }


def _handed_on(row: Row, last: str, heir: str) -> Iterator[Row]:
    """A row of competence, with whom it is after the day."""
    if row["valid_from"] <= last:
        yield _cut(row, last)
    if row["valid_to"] is None or row["valid_to"] > last:
        yield {**row, "agency": heir, "valid_from": max(row["valid_from"], _after(last))}


def _answered_by(rows: Rows, topic: str, said: Mapping[str, Any]) -> Rows:
    """From the day on this agency answers there, and after it whoever takes over from it; without an agency
    the region has no say of its own any more."""
    first, place = said["from"], (topic, said["region"])
    kept: list[Row] = []
    for row in rows["competence"]:
        if (row["topic"], row["region"]) != place:
            kept.append(row)
        elif row["valid_from"] < first:
            kept.append(_cut(row, _before(first)))
    new = [
        {"topic": topic, "region": said["region"], "agency": agency, "valid_from": begins, "valid_to": ends}
        for agency, begins, ends in _one_after_another(rows, said["agency"], first)
    ]
    return {**rows, "competence": [*kept, *new]}


def _one_after_another(rows: Rows, code: str | None, first: str) -> Iterator[tuple[str, str, str | None]]:
    """The agency and its successors, each with its days from the first day on."""
    agencies = {row["code"]: row for row in rows["agency"]}
    heirs = {link["agency"]: link["successor"] for link in rows["agency_successor"] if link["topics"] is None}
    while code is not None and code in agencies:
        last = agencies[code]["valid_to"]
        if last is None or last >= first:
            yield code, first, last
        if last is None:
            return
        first, code = max(first, _after(last)), heirs.get(code)


def _names(row: Row) -> dict[str, Any]:
    return {language: row[language] for language in LANGUAGES}


def _on(dated: Iterable[Row], day: str) -> Row | None:
    """ISO days are in order as text is."""
    return next(
        (r for r in dated if r["valid_from"] <= day and (r["valid_to"] is None or day <= r["valid_to"])), None
    )


def _cut(row: Row, last: str) -> Row:
    return row if row["valid_to"] is not None and row["valid_to"] <= last else {**row, "valid_to": last}


def _before(day: str) -> str:
    return (date.fromisoformat(day) - _DAY).isoformat()


def _after(day: str) -> str:
    return (date.fromisoformat(day) + _DAY).isoformat()
