"""row-level security: what a request sees of cases is said at the beginning of its transaction

Works with the code that ran before it: that is the role ls_app itself, which goes on seeing everything.
"""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

ROLE, WEB, INTAKE, WORKER = "ls_app", "ls_web", "ls_intake", "ls_worker"

# With one login for all, a process takes its role on each connection. Where the roles were made by somebody
# else, they have logins of their own, and nothing more is needed. What is given to ls_app its members may do;
# none of them may take another's place.
MAKE_ROLES = f"""
DO $do$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['{WEB}', '{INTAKE}', '{WORKER}'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            END IF;
            IF NOT pg_has_role(current_user, name, 'SET') THEN
                EXECUTE format('GRANT %I TO current_user WITH INHERIT FALSE, SET TRUE', name);
            END IF;
        EXCEPTION WHEN insufficient_privilege THEN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
                RAISE EXCEPTION 'role % is missing and % may not create it', name, current_user
                    USING HINT = 'docs/operations.md, "Logins of the database", has what a superuser says.';
            END IF;
        END;
    END LOOP;
    IF NOT (pg_has_role('{WEB}', '{ROLE}', 'USAGE') AND pg_has_role('{WORKER}', '{ROLE}', 'USAGE')) THEN
        GRANT {ROLE} TO {WEB}, {WORKER} WITH INHERIT TRUE, SET FALSE;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION '% may not give {ROLE} to {WEB} and {WORKER}', current_user
        USING HINT = 'docs/operations.md, "Logins of the database", has what a superuser says.';
END
$do$
"""

# What a transaction may see: `all`, `listed`, or a kind and ids (app/core/sight.py).
SCOPE = (
    f"""
CREATE FUNCTION scope_all() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(current_setting('app.scope', true), '') = 'all' OR current_user = '{ROLE}'
""",
    """
CREATE FUNCTION scope_ids(kind text) RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN split_part(current_setting('app.scope', true), ':', 1) = kind
        THEN string_to_array(split_part(current_setting('app.scope', true), ':', 2), ',')::bigint[] END
""",
)

# Asked for one row after another, as the owner, whom no policy binds. As expressions in the policies these
# would be planned anew for each table of each statement, which took ten times what the statement did.
_ASKED = (
    "LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER COST 10 SET search_path = pg_catalog, pg_temp"
)
CASES = (
    f"""
CREATE FUNCTION case_in_scope(appeal bigint) RETURNS boolean {_ASKED} AS $do$
DECLARE
    scope text := current_setting('app.scope', true);
    ids bigint[] := string_to_array(split_part(scope, ':', 2), ',')::bigint[];
BEGIN
    RETURN CASE split_part(scope, ':', 1)
        WHEN 'agency' THEN
            EXISTS (SELECT FROM public.holding h WHERE h.appeal_id = appeal AND h.agency_id = ANY (ids))
            OR EXISTS (SELECT FROM public.complaint c JOIN public.holding h ON h.appeal_id = c.appeal_id
                       WHERE c.about_id = appeal AND h.agency_id = ANY (ids)
                         AND h.stage = 'review' AND h.closed_at IS NULL)
        WHEN 'appeal' THEN appeal = ANY (ids)
        WHEN 'source' THEN
            EXISTS (SELECT FROM public.appeal a WHERE a.id = appeal AND a.source_id = ANY (ids))
        WHEN 'listed' THEN EXISTS (SELECT FROM public.appeal a WHERE a.id = appeal AND a.listed)
        WHEN 'all' THEN true
        ELSE false
        END;
END
$do$
""",
    f"""
CREATE FUNCTION holding_in_scope(holding bigint) RETURNS boolean {_ASKED} AS $do$
BEGIN
    RETURN (SELECT public.case_in_scope(h.appeal_id) FROM public.holding h WHERE h.id = holding);
END
$do$
""",
    # The number and the kind of what a complaint is about belong to the complaint, and the other way round.
    f"""
CREATE FUNCTION head_in_scope(appeal bigint) RETURNS boolean {_ASKED} AS $do$
BEGIN
    RETURN EXISTS (SELECT FROM public.complaint c
                   WHERE c.about_id = appeal AND public.case_in_scope(c.appeal_id))
        OR EXISTS (SELECT FROM public.complaint c
                   WHERE c.appeal_id = appeal AND public.case_in_scope(c.about_id));
END
$do$
""",
)

# By table: which of its rows are seen, beside who sees all.
SEEN = {
    "holding": "agency_id = ANY ((SELECT scope_ids('agency'))::bigint[]) OR case_in_scope(appeal_id)",
    "appeal": "case_in_scope(id) OR head_in_scope(id)",
    "complaint": "case_in_scope(appeal_id) OR case_in_scope(about_id)",
    # What waits for its appeal belongs to who knows its random id, a notice about a booking to no case.
    **dict.fromkeys(("attachment", "notice", "delivery"), "appeal_id IS NULL OR case_in_scope(appeal_id)"),
    **dict.fromkeys(
        ("applicant", "appeal_link", "case_presence", "case_reading", "content", "event", "publication"),
        "case_in_scope(appeal_id)",
    ),
    **dict.fromkeys(("answer_print", "draft", "ledger", "quality_case"), "holding_in_scope(holding_id)"),
    "quality_verdict": "EXISTS (SELECT FROM quality_case q WHERE q.id = case_id)",
    "attachment_fetch": "EXISTS (SELECT FROM attachment a WHERE a.id = attachment_id)",
    "delivery_attempt": "EXISTS (SELECT FROM delivery d WHERE d.id = delivery_id)",
}

# Registering: it writes, and reads what a repeat, a complaint and a file that waits need; no text, no person.
INTAKE_WRITES = (
    "appeal", "applicant", "attachment", "attachment_fetch", "complaint", "content", "counter_delta", "event",
    "holding", "intake_key", "ledger", "notice",
)  # fmt: skip
INTAKE_READS = {
    "appeal": "id, received_at, applicant_type, missing, route",
    "holding": "id, appeal_id, part, agency_id, stands_for, due_on, status, stage, topic, region, "
    "applicant_type, running, closed_at, close",
    "event": "id, appeal_id, holding_id, kind, actor_kind, actor_id, data",
    "attachment": "id, hash, appeal_id, expires_at, given_by",
    "intake_key": "key, appeal_id, request_hash",
    "staff_account": "id, agency_id, role, active",
    "agency_successor": "agency_id, successor_id",
}
YEARS = range(2007, 2061)

# Words are searched in an index that a policy would keep from being used. It gives ids of what the transaction
# may see anyway, and takes nothing from the caller's search path.
SEARCH = (
    """
CREATE FUNCTION holdings_saying(agency bigint, words bigint[]) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT DISTINCT h.id FROM public.content said
    JOIN public.holding h ON h.appeal_id = said.appeal_id AND h.part = said.part
    WHERE said.tokens OPERATOR(pg_catalog.@>) words AND h.agency_id = agency AND h.closed_at IS NULL
      AND (public.scope_all() OR agency = ANY (public.scope_ids('agency')));
END
""",
    "REVOKE EXECUTE ON FUNCTION holdings_saying FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION holdings_saying TO {ROLE}",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in (MAKE_ROLES, *SCOPE, *CASES, *SEARCH):
        op.execute(statement)
    _intake()
    for table, seen in SEEN.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY in_scope ON {table} TO {ROLE} USING ((SELECT scope_all()) OR {seen})"
            " WITH CHECK (true)"
        )
        op.execute(f"CREATE POLICY worker ON {table} TO {WORKER} USING (true) WITH CHECK (true)")


def _intake() -> None:
    op.execute(f"GRANT USAGE ON SCHEMA public TO {INTAKE}")
    op.execute(f"GRANT INSERT ON {', '.join(INTAKE_WRITES)} TO {INTAKE}")
    op.execute(f"GRANT UPDATE (appeal_id, given_by) ON attachment TO {INTAKE}")
    for table, columns in INTAKE_READS.items():
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO {INTAKE}")
    for year in YEARS:
        op.execute(f"GRANT USAGE ON appeal_serial_{year}, appeal_serial_{year}_sandbox TO {INTAKE}")
    for table in (table for table in INTAKE_WRITES if table in SEEN):
        op.execute(f"CREATE POLICY intake ON {table} TO {INTAKE} USING (true) WITH CHECK (true)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in SEEN:
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        for policy in ("in_scope", "worker", "intake"):
            op.execute(f"DROP POLICY IF EXISTS {policy} ON {table}")
    op.execute("DROP FUNCTION holdings_saying")
    op.execute("DROP FUNCTION head_in_scope, holding_in_scope, case_in_scope, scope_ids, scope_all")
    op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {INTAKE}")
    op.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {INTAKE}")
    op.execute(f"REVOKE USAGE ON SCHEMA public FROM {INTAKE}")
