"""How many different appeals are behind the holdings of a period, without looking at either.

Of an appeal's holdings one is the first that counts, by the day of opening; all others count it again. What
is kept is when they do, for appeals with several holdings alone, as pairs of days:

- `received`: opened on `y`, and the latest of the earlier ones on `x`. In a period it counts again when both
  days are in it.
- `active`: opened on `y`, and the last of the earlier ones closed on `x` (infinity: open). Among what was
  open in a period it counts again when it opened by the end and that other had not closed before.
- `ended`: corrects the above by what closed before the period and would have counted again: +1 on the day on
  which a holding closed, -1 on the day on which it and all earlier ones had.

A fold works this out anew for the appeals of its deltas, from their holdings as they are then; a reader does
so for those of the deltas that are not folded yet, in place of what is kept of them.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.oversight.cells import ABOUT, SLICES, TAIL
from app.oversight.reading import Statement, slices_of

ALL = 0
"""The scope of all bodies together; else a body's id: again with the same body."""

_ABOUT = ", ".join(ABOUT)
_KEY = f"agency_id, what, x, y, {_ABOUT}"

# One by one, as everything here that begins with deltas: how many are not folded yet no planner can tell, and
# for the many that it takes them for it would read all holdings.
TOUCHED = """
SELECT DISTINCT h.appeal_id FROM counter_delta d
CROSS JOIN LATERAL (SELECT h.appeal_id FROM holding h WHERE h.id = d.holding_id OFFSET 0) h
WHERE {which}
"""

# `{appeals}`: a query for their ids, each once.
NOW = f"""
SELECT appeal_id, pair.agency_id, pair.what, pair.x, pair.y, pair.count, {_ABOUT}
FROM (
    SELECT h.*, max(h.registered_on) OVER before AS last_opened, max(h.closed) OVER before AS last_closed,
           max(h.closed) OVER so_far AS all_closed
    FROM (
        SELECT h.id, h.appeal_id, scope.agency_id, h.registered_on,
               coalesce(h.closed_on, 'infinity') AS closed, {", ".join(f"h.{name}" for name in ABOUT)}
        FROM ({{appeals}}) told
        CROSS JOIN LATERAL (
            SELECT * FROM holding h WHERE h.appeal_id = told.appeal_id AND h.stands_for IS NULL OFFSET 0
        ) h
        CROSS JOIN LATERAL (VALUES ({ALL}::bigint), (h.agency_id)) AS scope(agency_id)
    ) h
    WINDOW before AS (PARTITION BY h.appeal_id, h.agency_id ORDER BY h.registered_on, h.id
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
           so_far AS (PARTITION BY h.appeal_id, h.agency_id ORDER BY h.registered_on, h.id
                      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
) h
CROSS JOIN LATERAL (VALUES
    (h.agency_id, 'received', h.last_opened, h.registered_on, 1),
    (h.agency_id, 'active', h.last_closed, h.registered_on, 1),
    (h.agency_id, 'ended', nullif(h.closed, h.all_closed), nullif(h.closed, h.all_closed), 1),
    (h.agency_id, 'ended', CASE WHEN h.closed <> h.all_closed THEN nullif(h.all_closed, 'infinity') END,
     h.all_closed, -1)
) AS pair(agency_id, what, x, y, count)
WHERE pair.x IS NOT NULL
"""

# What is kept of the appeals is taken away, what they are now is put in its place, and the difference added.
FOLD = """
WITH touched AS MATERIALIZED (
    {appeals}
), before AS (
    DELETE FROM again a WHERE a.appeal_id = ANY (ARRAY(SELECT appeal_id FROM touched))
    RETURNING a.agency_id, a.what, a.x, a.y, a.count, {about_a}
), now AS MATERIALIZED (
    {now}
), kept AS (
    INSERT INTO again (appeal_id, agency_id, what, x, y, count, {about})
    SELECT appeal_id, agency_id, what, x, y, count, {about} FROM now
), change AS (
    SELECT {key}, sum(count) AS count FROM (
        SELECT {key}, count FROM now UNION ALL SELECT {key}, -count FROM before
    ) both_sides GROUP BY {key} HAVING sum(count) <> 0
)
INSERT INTO rollup_again AS r (slice, agency_id, what, x, y, count)
SELECT slice, agency_id, what, x, y, sum(count) FROM change {slices} GROUP BY 1, 2, 3, 4, 5
HAVING sum(count) <> 0 ORDER BY 1, 2, 3, 4, 5
ON CONFLICT (slice, agency_id, what, x, y) DO UPDATE SET count = r.count + excluded.count
"""


def fold(appeals: str) -> str:
    """The statement that brings these appeals (a query) up to date."""
    return FOLD.format(
        appeals=appeals,
        now=NOW.format(appeals="SELECT appeal_id FROM touched"),
        key=_KEY,
        about=_ABOUT,
        about_a=", ".join(f"a.{name}" for name in ABOUT),
        slices=SLICES,
    )


# Compared or made anew by the id of the appeal, from $1 up to but not with $2.
_SOME = """
SELECT appeal_id FROM holding WHERE appeal_id >= $1 AND appeal_id < $2 GROUP BY appeal_id HAVING count(*) > 1
UNION
SELECT appeal_id FROM again WHERE appeal_id >= $1 AND appeal_id < $2
"""
DIFFERENCES = f"""
SELECT appeal_id, {_KEY}, sum(count) AS count FROM (
    {NOW.format(appeals=_SOME)}
    UNION ALL
    SELECT appeal_id, agency_id, what, x, y, -count, {_ABOUT}
    FROM again WHERE appeal_id >= $1 AND appeal_id < $2
) both_sides
WHERE appeal_id NOT IN ({TOUCHED.format(which=TAIL)})
GROUP BY appeal_id, {_KEY} HAVING sum(count) <> 0
"""
REBUILD = fold(_SOME)
SUMS = f"""
SELECT slice, agency_id, what, x, y, sum(count) AS count FROM (
    SELECT slice, agency_id, what, x, y, count FROM again {SLICES}
    UNION ALL SELECT slice, agency_id, what, x, y, -count FROM rollup_again
) both_sides GROUP BY 1, 2, 3, 4, 5 HAVING sum(count) <> 0
"""
SUM_ANEW = f"""
INSERT INTO rollup_again (slice, agency_id, what, x, y, count)
SELECT slice, agency_id, what, x, y, sum(count) FROM again {SLICES} GROUP BY 1, 2, 3, 4, 5
HAVING sum(count) <> 0
"""


def counted_again(statement: Statement, given: Mapping[str, Any], agency_id: int | None, since: date) -> str:
    """How often appeals are counted again among the holdings of the statement's window, in SQL.

    `since`: the first day of the period, or the day after its end where that comes before. On the received
    basis of a window that begins then; on the other of what was open from then on.
    """
    window = statement.window
    first, last = statement.bind(since, "date"), statement.bind(window.opened_to, "date")
    if window.opened_from == date.min:
        value = "CASE WHEN a.what = 'ended' THEN -a.count ELSE a.count END"
        again = f"a.what = 'active' AND a.x >= {first} AND a.y <= {last}"
        when = f"({again}) OR (a.what = 'ended' AND a.y < {first})"
    else:
        value, when = "a.count", f"a.what = 'received' AND a.x >= {first} AND a.y <= {last}"
    scope = f"a.agency_id = {statement.bind(agency_id or ALL, 'bigint')}"
    about = "".join(
        f" AND a.{name} = {statement.bind(given[name], 'text')}" for name in ABOUT if name in given
    )
    slices = slices_of(given)
    if slices is None:
        kept = f"again a WHERE true{about}"
    else:
        kept = f"rollup_again a WHERE a.slice = ANY ({statement.bind(slices, 'text[]')})"
    tail = TOUCHED.format(which=TAIL)
    return f"""
WITH late AS MATERIALIZED ({tail})
SELECT coalesce(sum(a.count), 0) FROM (
    SELECT {value} AS count FROM {kept} AND {scope} AND ({when})
    UNION ALL
    SELECT -({value}) FROM late
    CROSS JOIN LATERAL (SELECT * FROM again a WHERE a.appeal_id = late.appeal_id OFFSET 0) a
    WHERE {scope} AND ({when}){about}
    UNION ALL
    SELECT {value} FROM ({NOW.format(appeals="SELECT appeal_id FROM late")}) a
    WHERE {scope} AND ({when}){about}
) a
"""
