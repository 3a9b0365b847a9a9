"""What is read of a case, as far as its reader sees it (case.py), and that they read it, by one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from app.appeals import walls
from app.attachments import listing
from app.attachments.listing import Attached
from app.casework import reach, templates, undelivered
from app.casework.case import Found
from app.core import clock
from app.core.nested import Nested, Row
from app.directory.registry import Directory
from app.readings import keeping
from app.readings.codes import Way
from app.staff.access import StaffCaller

# An act belongs to the holding that it was done on, so what came after a holding has a higher holding's id.
EVENTS = Nested("""
SELECT e.part, e.at, e.kind, e.actor_kind, e.actor_id, account.name AS actor_name, e.data, e.content_hash,
       e.previous, e.hash, c.kind AS content_kind, c.body
FROM event e
LEFT JOIN content c ON c.appeal_id = e.appeal_id AND c.hash = e.content_hash
LEFT JOIN staff_account account ON account.id = e.actor_id AND e.actor_kind = 'staff'
WHERE e.appeal_id = $1 AND e.part = $2 AND e.holding_id <= $3
ORDER BY e.id
""")

# A draft stays with the holding it was written in; one that was refused as an answer may be in an older one.
DRAFTS = Nested("""
SELECT DISTINCT ON (d.author_id) d.author_id, account.name AS author, d.version, d.body, d.updated_at
FROM draft d LEFT JOIN staff_account account ON account.id = d.author_id
WHERE d.holding_id = ANY ($5::bigint[])
ORDER BY d.author_id, d.holding_id DESC
""")
NOTICES = Nested(undelivered.OF_CASE.format(appeal="$1", part="$2", holding="$3"))
FILES = Nested(listing.LIST.format(appeals="ARRAY[$1::bigint]"))
TEMPLATES = Nested(templates.OF.format(agencies="$10::bigint[]", topic="$11::text", language="$12::text"))

_NOT_WALLED = walls.condition(
    me="$7",
    agencies="$8",
    head="$9",
    appeal="w.appeal_id",
    under_review="""EXISTS (SELECT FROM holding review WHERE review.appeal_id = w.appeal_id
                            AND review.closed_at IS NULL AND review.stage = 'review')""",
)
_READ = "(SELECT $1::bigint AS appeal_id, $2::smallint AS part) read"
HISTORY = f"WITH kept AS ({keeping.keep_with(_READ, 4)}) {EVENTS.statement}"

# `$3`: the holding shown, `$4`: the first of this part, whose opening says whether a complaint came too late,
# `$5`: those of the reader's bodies, `$6`: these bodies.
CONTENT = f"""
WITH kept AS ({keeping.keep_with(_READ, 13)})
SELECT a.received_at, a.registered_on, a.language, a.route, a.missing, p.name, p.iin, p.bin, p.address,
       p.phone, p.email,
       (SELECT c.body FROM content c WHERE c.appeal_id = a.id AND c.kind = 'appeal') AS body,
       (SELECT jsonb_agg(jsonb_build_array(encode(l.event_hash, 'hex'), l.facts) ORDER BY l.id)
        FROM ledger l WHERE l.holding_id = $3) AS ledger,
       (SELECT l.facts -> 0 -> 'data' -> 'filed_late' FROM ledger l WHERE l.holding_id = $4
        ORDER BY l.id LIMIT 1) AS filed_late,
       (SELECT jsonb_agg(jsonb_build_array(w.appeal_id, filed.applicant_type) ORDER BY w.appeal_id)
        FROM complaint w JOIN appeal filed ON filed.id = w.appeal_id
        WHERE w.about_id = a.id AND w.about_part = $2 AND {_NOT_WALLED}
          AND EXISTS (SELECT FROM holding held WHERE held.appeal_id = w.appeal_id
                      AND held.agency_id = ANY ($6::bigint[]))) AS complaints,
       {EVENTS} AS events, {DRAFTS} AS drafts, {NOTICES} AS notices, {FILES} AS files,
       {TEMPLATES} AS templates
FROM appeal a LEFT JOIN applicant p ON p.appeal_id = a.id
WHERE a.id = $1
"""


@dataclass(frozen=True, slots=True)
class Content:
    """Texts and names are encrypted. `files`: by their hash. `templates`: those that were asked for."""

    head: asyncpg.Record
    events: Sequence[Row]
    drafts: Sequence[Row]
    notices: Sequence[Row]
    files: Mapping[bytes, Attached]
    templates: Sequence[Row]


async def read(
    connection: asyncpg.Connection,
    caller: StaffCaller,
    found: Found,
    directory: Directory,
    way: Way | None,
    offered_by: Sequence[int] = (),
) -> Content:
    """`way`: how it is read, which is kept with it; None: that is kept already, as an act's. `offered_by`:
    whose templates for an answer are wanted, the nearest body first."""
    shown = found.shown
    row = await connection.fetchrow(
        CONTENT,
        *(found.appeal_id, found.part, shown["id"], found.holdings[0]["id"], found.own),
        sorted(reach.visible(caller, directory)),
        *reach.onlooker(caller, directory).values(),
        *(list(offered_by), shown["topic"], shown["language"]),
        *keeping.values(caller.account_id, caller.agency_id, way, clock.now()),
    )
    assert row is not None
    events = EVENTS.rows(row["events"])
    attached = (listing.attached_of(one) for one in FILES.rows(row["files"]))
    return Content(
        head=row,
        events=events,
        drafts=DRAFTS.rows(row["drafts"]),
        notices=NOTICES.rows(row["notices"]),
        files=listing.among(attached, events),
        templates=TEMPLATES.rows(row["templates"]),
    )


async def events(
    connection: asyncpg.Connection, caller: StaffCaller, found: Found, way: Way
) -> Sequence[asyncpg.Record]:
    """What happened alone, with the texts that belong to it; that it is read is kept with it."""
    kept = keeping.values(caller.account_id, caller.agency_id, way, clock.now())
    rows: Sequence[asyncpg.Record] = await connection.fetch(
        HISTORY, found.appeal_id, found.part, found.shown["id"], *kept
    )
    return rows
