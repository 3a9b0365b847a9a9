"""The statements that find signs. Each walks the closings of an asked agency in the period by an index.

A sign's rows: `agency_id`, `day`, `key` (with `day` unique in the sign), `holdings`, the ids of its cases,
`why`, a code of the sentence, and `said`, the numbers in it. What a wall hides is in no list and in no count.

Days and hours are the service's calendar's and come as `mark`: for each profile (a week and an hour of
closing) and day when the day begins and ends, when its last working hour begins, and the next working day.
"""

from app.oversight.reach import not_walled
from app.oversight.signs.codes import ENOUGH, FAR, FAR_ERRORS, GROUP, LOW_SCORE, Sign

ASKED = """
WITH asked AS (
    SELECT * FROM unnest($1::bigint[], $2::int[]) AS a(agency_id, profile)
), mark AS (
    SELECT * FROM unnest($3::int[], $4::date[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[],
                         $8::date[]) AS m(profile, day, begins, ends, last_hour, next_day)
), asker AS (
    SELECT $9::bigint AS me, $10::bigint[] AS agencies, $11::boolean AS head, $12::date, $13::date
), peer AS (
    SELECT * FROM unnest($14::bigint[], $15::int[]) AS p(agency_id, kind)
)
"""
_SEEN = not_walled(9)

# In each agency's part the newest come first from the index, so that a page reads what it shows and what the
# condition passes over.
_CLOSED = """
SELECT found.* FROM asked a CROSS JOIN LATERAL (
    SELECT h.agency_id, h.closed_on AS day, h.id AS key, ARRAY[h.id] AS holdings, {why} AS why, {said} AS said
    FROM {joined}
    WHERE h.agency_id = a.agency_id AND h.closed_on BETWEEN $12 AND $13 AND {condition} AND {seen}{{after}}
    {{page}}
) found
"""


def _closed(condition: str, why: str, said: str = "'{}'::jsonb", joined: str = "holding h") -> str:
    escaped = {
        name: part.replace("{", "{{").replace("}", "}}") for name, part in (("said", said), ("why", why))
    }
    return _CLOSED.format(condition=condition, joined=joined, seen=_SEEN, **escaped)


_MARKED = "holding h JOIN mark m ON m.profile = a.profile AND m.day = h.closed_on"
_LAST_HOUR = _closed(
    "h.closed_on = h.due_on AND h.close <> 'forwarded_out' AND h.closed_at >= m.last_hour",
    "CASE WHEN h.closed_at <= m.last_hour + interval '1 hour' THEN 'last_hour' ELSE 'after_hours' END",
    joined=_MARKED,
)
# A complaint that is handed over to its reviewer goes where it has to.
_LATE_FORWARD = _closed(
    "h.close = 'forwarded_out' AND h.stage IS DISTINCT FROM 'handover' "
    "AND h.due_on BETWEEN h.closed_on AND m.next_day",
    "CASE WHEN h.due_on = h.closed_on THEN 'forward_last_day' ELSE 'forward_day_before' END",
    joined=_MARKED,
)
_RATINGS = _closed(
    f"h.outcome = 'satisfied' AND ((e.data->>'score')::int <= {LOW_SCORE} OR e.data->>'resolved' = 'false')",
    "CASE WHEN e.data->>'resolved' = 'false' THEN 'not_resolved' ELSE 'low_score' END",
    "jsonb_build_object('score', (e.data->>'score')::int)",
    joined="holding h JOIN event e ON e.holding_id = h.id AND e.kind = 'rated'",
)
# Peers: bodies of the same kind, all of them, whoever asks.
_SHARES = """
SELECT * FROM (
    SELECT agency_id, explained, decided,
           sum(explained) OVER kin - explained AS peers_explained,
           sum(decided) OVER kin - decided AS peers_decided
    FROM (
        SELECT h.agency_id, p.kind, count(*) AS decided,
               count(*) FILTER (WHERE h.outcome = 'explained') AS explained
        FROM peer p JOIN holding h ON h.agency_id = p.agency_id
        WHERE h.closed_on BETWEEN $12 AND $13 AND h.close = 'answered'
          AND h.kind IN ('statement', 'complaint')
        GROUP BY h.agency_id, p.kind
    ) one WINDOW kin AS (PARTITION BY kind)
) beside WHERE decided >= {enough} AND peers_decided >= {enough}
"""
_FAR = f"""
SELECT shares.* FROM ({_SHARES.format(enough=ENOUGH)}) shares
CROSS JOIN LATERAL (
    SELECT explained::float / decided - peers_explained::float / peers_decided AS by,
           (explained + peers_explained)::float / (decided + peers_decided) AS pooled
) d
WHERE d.by >= {FAR}
  AND d.by >= {FAR_ERRORS} * sqrt(d.pooled * (1 - d.pooled) * (1.0 / decided + 1.0 / peers_decided))
"""
_EXPLAINED = _closed(
    "h.close = 'answered' AND h.outcome = 'explained' AND h.kind IN ('statement', 'complaint')",
    "'explained'",
    "jsonb_build_object('explained', far.explained, 'decided', far.decided, "
    "'peers_explained', far.peers_explained, 'peers_decided', far.peers_decided)",
    joined=f"holding h JOIN ({_FAR}) far ON far.agency_id = h.agency_id",
)
# Suspensions are few: by their own index all of the period's, then those of the asked bodies.
_SUSPENSIONS = f"""
SELECT * FROM (
    WITH suspended AS MATERIALIZED (
        SELECT e.holding_id, e.at, (e.data->>'due_on')::date AS due_on FROM event e
        WHERE e.kind = 'suspended' AND e.at >= (SELECT min(begins) FROM mark)
          AND e.at < (SELECT max(ends) FROM mark)
    )
    SELECT h.agency_id, date_trunc('week', m.day::timestamp)::date AS day, h.agency_id AS key,
           array_agg(DISTINCT h.id) AS holdings, 'suspensions' AS why,
           jsonb_build_object('cases', count(DISTINCT h.id)) AS said
    FROM asked a
    JOIN mark m ON m.profile = a.profile
    JOIN suspended s ON s.at >= m.begins AND s.at < m.ends
    JOIN holding h ON h.id = s.holding_id AND h.agency_id = a.agency_id
    WHERE s.due_on BETWEEN m.day AND m.next_day AND {_SEEN}
    GROUP BY h.agency_id, 2
    HAVING count(DISTINCT h.id) >= {GROUP}
) h WHERE true {{after}} {{page}}
"""
_SAME_ANSWER = f"""
SELECT * FROM (
    SELECT p.agency_id, max(p.day) AS day, p.first AS key, array_agg(h.id ORDER BY h.id) AS holdings,
           'same_answer' AS why, jsonb_build_object('answers', count(*), 'percent', min(p.likeness)) AS said
    FROM asked a
    JOIN answer_print p ON p.agency_id = a.agency_id
    JOIN holding h ON h.id = p.holding_id
    WHERE p.day BETWEEN $12 AND $13 AND {_SEEN}
    GROUP BY p.agency_id, p.first
    HAVING count(DISTINCT h.appeal_id) >= {GROUP}
) h WHERE true {{after}} {{page}}
"""
FOUND = {
    Sign.LAST_HOUR: _LAST_HOUR,
    Sign.EXPLAINED: _EXPLAINED,
    Sign.LATE_FORWARD: _LATE_FORWARD,
    Sign.SUSPENSIONS: _SUSPENSIONS,
    Sign.RATINGS: _RATINGS,
    Sign.SAME_ANSWER: _SAME_ANSWER,
}
GROUPS = frozenset({Sign.SUSPENSIONS, Sign.SAME_ANSWER})
"""Those whose items are groups of cases."""

_PAGE = """
{asked}, page AS (
    SELECT * FROM ({found}) f ORDER BY day DESC, key DESC LIMIT $16
)
SELECT page.agency_id, page.day, page.key, page.why, page.said,
       cardinality(page.holdings) AS cases, named.cases AS named
FROM page CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
               'appeal_id', h.appeal_id, 'part', h.part, 'applicant_type', h.applicant_type, 'kind', h.kind,
               'topic', h.topic, 'registered_on', h.registered_on, 'due_on', h.due_on,
               'closed_at', h.closed_at, 'outcome', h.outcome) ORDER BY h.id) AS cases
    FROM holding h WHERE h.id = ANY (page.holdings[1:$17])
) named
ORDER BY page.day DESC, page.key DESC
"""


def page_of(sign: Sign, *, after: bool) -> str:
    """$16: how many, $17: how many cases of a group; with `after`, $18 and $19: behind which day and key."""
    day, key = ("h.day", "h.key") if sign in GROUPS else ("h.closed_on", "h.id")
    behind = f" AND ({day}, {key}) < ($18::date, $19::bigint)" if after else ""
    order = f"ORDER BY {day} DESC, {key} DESC LIMIT $16"
    return _PAGE.format(asked=ASKED, found=FOUND[sign].format(after=behind, page=order))


OVERVIEW = f"{ASKED} " + " UNION ALL ".join(
    f"SELECT '{sign}' AS sign, agency_id, count(*) AS items, sum(cardinality(holdings)) AS cases "
    f"FROM ({found.format(after='', page='')}) f GROUP BY agency_id"
    for sign, found in FOUND.items()
)
VOLUMES = """
SELECT h.agency_id, count(*) AS closed FROM holding h
WHERE h.agency_id = ANY ($1::bigint[]) AND h.closed_on BETWEEN $2 AND $3 GROUP BY h.agency_id
"""
